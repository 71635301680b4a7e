#!/usr/bin/env bash
# Starts Kafka, PostgreSQL and the schema registry, side by side, and makes the role and the databases. Starts no module of the bank.
#   up.sh [--brokers 1|3]
# Interrupted, it stops what it has started. Ports: those of scripts/restart.sh plus BANK_PORT_OFFSET. Data: .bank/run/<offset>, or BANK_RUN_DIR.
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
mark_measurement

# What runs in the background does not hear a Ctrl-C: it is told to end, and waited for, before what it started is stopped.
waited=() interrupted=''
# shellcheck disable=SC2317  # the trap calls it
end_starts() {
  local code=$?
  trap - EXIT
  if [[ -n $interrupted ]]; then
    # By name: what was started, the log keeper for one, is this shell's child too.
    if ((${#waited[@]} > 0)); then
      kill -TERM "${waited[@]}" 2>/dev/null || true
      wait "${waited[@]}" 2>/dev/null || true
    fi
    stop_all_parts
  fi
  exit "$code"
}
trap end_starts EXIT
trap 'interrupted=yes; exit 130' INT
trap 'interrupted=yes; exit 143' TERM

# start COMMAND...: told to end meanwhile, it first finishes this, so that what it started has its file with the process id.
start() {
  local told=''
  trap 'told=yes' TERM
  "$@"
  trap 'exit 143' TERM
  [[ -z $told ]] || exit 143
}

start_broker() {
  local started_ms
  started_ms=$(now_ms)
  start kafka_start "$1"
  kafka_wait "$1"
  report_step "Kafka broker $1 at localhost:$(broker_port "$1")" "$started_ms"
}

# The registry keeps its schemas in PostgreSQL, so it comes after it.
start_databases_and_registry() {
  local started_ms
  started_ms=$(now_ms)
  start start_part postgres
  wait_part postgres
  postgres_setup
  report_step "PostgreSQL at localhost:$POSTGRES_PORT" "$started_ms"
  started_ms=$(now_ms)
  start start_part registry
  wait_part registry
  report_step "schema registry at localhost:$REGISTRY_PORT" "$started_ms"
}

kafka_cluster_id >/dev/null
# The folder is chosen once, before two starts could choose.
postgres_data_dir >/dev/null
start_part log-keeper
for ((node = 1; node <= $(broker_count); node++)); do
  start_broker "$node" &
  waited+=($!)
done
start_databases_and_registry &
waited+=($!)
failed=0
for pid in "${waited[@]}"; do wait "$pid" || failed=1; done
exit "$failed"
