# Apache Kafka in KRaft mode, one or three brokers that are their own controllers, on loopback.
# shellcheck shell=bash

. "$(dirname "${BASH_SOURCE[0]}")/kafka-settings.sh"

KAFKA_HEAP_MB=${BANK_KAFKA_HEAP_MB:-$KAFKA_HEAP_MB}

kafka_data_dir() { printf '%s/kafka-%s' "$DATA_DIR" "$1"; }

# kafka_settings NODE. BANK_KAFKA_DETOUR=LISTEN:TOLD gives the first broker one more listener, whose clients are told another port: that of a proxy before it.
kafka_settings() {
  local brokers voters=() node listen='' told='' protocol=''
  if [[ -n ${BANK_KAFKA_DETOUR:-} && $1 == 1 ]]; then
    listen=,DETOUR://127.0.0.1:${BANK_KAFKA_DETOUR%:*}
    told=,DETOUR://127.0.0.1:${BANK_KAFKA_DETOUR#*:}
    protocol=,DETOUR:PLAINTEXT
  fi
  brokers=$(broker_count)
  for ((node = 1; node <= brokers; node++)); do voters+=("$node@127.0.0.1:$(controller_port "$node")"); done
  kafka_shared_settings "$brokers"
  cat <<CONF
node.id=$1
controller.quorum.voters=$(IFS=,; printf '%s' "${voters[*]}")
listeners=PLAINTEXT://127.0.0.1:$(broker_port "$1"),CONTROLLER://127.0.0.1:$(controller_port "$1")$listen
advertised.listeners=PLAINTEXT://127.0.0.1:$(broker_port "$1")$told
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT$protocol
log.dirs=$(kafka_data_dir "$1")
CONF
}

# Sets KAFKA_JAVA, the command in front of a class's name. The jars are sorted: a class archive holds for one order of them only.
kafka_java() {
  local jars=("$KAFKA_HOME"/*.jar) KAFKA_JAVA_OPTIONS
  kafka_java_options "$KAFKA_HEAP_MB"
  KAFKA_JAVA=(java "${KAFKA_JAVA_OPTIONS[@]}" "$(class_archive_option kafka)" -cp "$(IFS=:; printf '%s' "${jars[*]}")")
}

# One cluster id for all nodes, drawn anew with new data: the handler tells by it that its topics are gone.
kafka_cluster_id() {
  local kept=$DATA_DIR/kafka-cluster-id
  mkdir -p "$DATA_DIR"
  [[ -s $kept ]] || kafka_random_id >"$kept"
  cat "$kept"
}

# What formatting writes beside meta.properties: the features' versions, the same for every node. prepare.sh keeps it, which spares each start a Java program.
KAFKA_FORMATTED=$KAFKA_HOME-bootstrap.checkpoint

# kafka_format NODE SETTINGS: makes the node's storage where it has none. Uses KAFKA_JAVA.
kafka_format() {
  local data log=$LOG_DIR/kafka-$1-format.log
  data=$(kafka_data_dir "$1")
  [[ ! -s $data/meta.properties ]] || return 0
  if [[ -s $KAFKA_FORMATTED ]]; then
    mkdir -p "$data"
    cp "$KAFKA_FORMATTED" "$data/bootstrap.checkpoint"
    printf 'version=1\ncluster.id=%s\nnode.id=%s\ndirectory.id=%s\n' "$(kafka_cluster_id)" "$1" "$(kafka_random_id)" >"$data/meta.properties"
    return 0
  fi
  "${KAFKA_JAVA[@]}" -XX:TieredStopAtLevel=1 kafka.tools.StorageTool format -t "$(kafka_cluster_id)" -c "$2" >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    die "formatting the storage of kafka-$1 failed"
  }
}

# kafka_start NODE
kafka_start() {
  local name=kafka-$1 settings=$RUN_DIR/kafka-$1.properties KAFKA_JAVA
  mkdir -p "$LOG_DIR" "$DATA_DIR"
  kafka_settings "$1" >"$settings"
  kafka_java
  kafka_format "$1" "$settings"
  start_process "$name" "${KAFKA_JAVA[@]}" kafka.Kafka "$settings"
}

kafka_is_up() { grep -q 'Kafka Server started' "$LOG_DIR/kafka-$1.log"; }
kafka_wait() { wait_until "Kafka at localhost:$(broker_port "$1")" "kafka-$1" 90 kafka_is_up "$1"; }
