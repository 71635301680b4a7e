# What every broker of this bank has, however it runs: kafka.sh and the container's entrypoint add who and where they are.
# shellcheck shell=bash

# kafka_shared_settings BROKERS
kafka_shared_settings() {
  local replicas=$(($1 < 3 ? $1 : 3)) in_sync=$(($1 < 3 ? 1 : 2))
  cat <<CONF
process.roles=broker,controller
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
# The synchronizer makes the topics; a misspelt name must not.
auto.create.topics.enable=false
default.replication.factor=$replicas
min.insync.replicas=$in_sync
offsets.topic.replication.factor=$replicas
offsets.topic.num.partitions=5
transaction.state.log.replication.factor=$replicas
transaction.state.log.min.isr=$in_sync
transaction.state.log.num.partitions=3
share.coordinator.state.topic.replication.factor=$replicas
share.coordinator.state.topic.min.isr=$in_sync
# A bank that was off for weeks goes on where it stopped (the default forgets offsets after 7 days).
offsets.retention.minutes=525600
group.initial.rebalance.delay.ms=0
# A killed broker may register again after this time; the default of 9 s makes a restart wait.
broker.session.timeout.ms=6000
broker.heartbeat.interval.ms=1000
num.network.threads=2
num.io.threads=4
# The default takes 128 MiB of the heap; only small topics are compacted here.
log.cleaner.dedupe.buffer.size=8388608
log.segment.bytes=268435456
CONF
}

# kafka_java_options HEAP_MB: sets KAFKA_JAVA_OPTIONS.
kafka_java_options() {
  # shellcheck disable=SC2034  # for those who source this
  KAFKA_JAVA_OPTIONS=("-Xmx${1}m" "-Xms${1}m" -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError -Xlog:disable -Xlog:all=error:stderr
    -Djava.awt.headless=true -Dorg.slf4j.simpleLogger.showDateTime=true
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS" -Dorg.slf4j.simpleLogger.showThreadName=false)
}

# 16 random bytes in URL-safe base64, as Kafka writes its ids; not starting with a dash, as Kafka demands.
kafka_random_id() {
  local id=-
  while [[ $id == -* ]]; do id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '='); done
  printf '%s' "$id"
}
