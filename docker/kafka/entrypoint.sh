#!/usr/bin/env bash
# One broker that is its own controller: formats its storage where there is none, then becomes Kafka.
# From the environment: NODE_ID, BROKERS (1 or 3, named kafka-1 and so on), HOST_PORT (where clients outside the containers find this one, on localhost), KAFKA_HEAP_MB.
set -euo pipefail
# shellcheck source=../../scripts/cluster/kafka-settings.sh
. /opt/bank/kafka-settings.sh

data=/var/lib/kafka/data settings=/tmp/kafka.properties
voters=()
for ((node = 1; node <= BROKERS; node++)); do voters+=("$node@kafka-$node:9093"); done
{
  kafka_shared_settings "$BROKERS"
  cat <<CONF
node.id=$NODE_ID
controller.quorum.voters=$(IFS=,; printf '%s' "${voters[*]}")
listeners=PLAINTEXT://:9092,CONTROLLER://:9093,HOST://:$HOST_PORT
advertised.listeners=PLAINTEXT://kafka-$NODE_ID:9092,HOST://localhost:$HOST_PORT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,HOST:PLAINTEXT
log.dirs=$data
CONF
} >"$settings"

kafka_java_options "$KAFKA_HEAP_MB"
java=(java "${KAFKA_JAVA_OPTIONS[@]}" -cp '/opt/kafka/*')

if [[ ! -s $data/meta.properties ]]; then
  # One cluster id for all brokers: whoever comes first draws it. New data, new id: the handler tells by it that its topics are gone.
  id=/var/lib/cluster/id
  if [[ ! -s $id ]]; then
    kafka_random_id >"$id.$NODE_ID"
    ln "$id.$NODE_ID" "$id" 2>/dev/null || true
    rm -f "$id.$NODE_ID"
  fi
  "${java[@]}" -XX:TieredStopAtLevel=1 kafka.tools.StorageTool format -t "$(<"$id")" -c "$settings"
fi
exec "${java[@]}" kafka.Kafka "$settings"
