#!/usr/bin/env bash
# Starts Kafka, PostgreSQL and the schema registry, side by side, and makes the role and the databases. Starts no module of the bank.
#   up.sh [--brokers 1|3]
# Ports: those of scripts/restart.sh plus BANK_PORT_OFFSET. Data: .bank/run/<offset>, or BANK_RUN_DIR.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../lib/all.sh"

while (($# > 0)); do
  case $1 in
    --brokers) [[ ${2:-} == [13] ]] || die "--brokers takes 1 or 3"; mkdir -p "$RUN_DIR"; printf '%s\n' "$2" >"$RUN_DIR/brokers"; shift 2 ;;
    --help | -h) show_help "$0"; exit 0 ;;
    *) die "unknown argument '$1'" "see $0 --help" ;;
  esac
done
require_linux
mkdir -p "$PID_DIR" "$LOG_DIR" "$DATA_DIR"
printf '%s\n' "$(broker_count)" >"$RUN_DIR/brokers"

start_broker() {
  local started_ms
  started_ms=$(now_ms)
  kafka_start "$1"
  kafka_wait "$1"
  report_step "Kafka broker $1 at localhost:$(broker_port "$1")" "$started_ms"
}

# The registry keeps its schemas in PostgreSQL, so it comes after it.
start_databases_and_registry() {
  local started_ms
  started_ms=$(now_ms)
  start_part postgres
  wait_part postgres
  postgres_setup
  report_step "PostgreSQL at localhost:$POSTGRES_PORT" "$started_ms"
  started_ms=$(now_ms)
  start_part registry
  wait_part registry
  report_step "schema registry at localhost:$REGISTRY_PORT" "$started_ms"
}

kafka_cluster_id >/dev/null
# The folder is chosen once, before two starts could choose.
postgres_data_dir >/dev/null
start_part log-keeper
waited=()
for ((node = 1; node <= $(broker_count); node++)); do
  start_broker "$node" &
  waited+=($!)
done
start_databases_and_registry &
waited+=($!)
failed=0
for pid in "${waited[@]}"; do wait "$pid" || failed=1; done
exit "$failed"
