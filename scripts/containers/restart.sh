#!/usr/bin/env bash
# Brings the bank up in containers, with the engine and the compose that are there (docker compose, else podman-compose; BANK_ENGINE=docker or podman chooses).
#   restart.sh --docker               with empty topics and databases; on a terminal it asks before it removes data
#   restart.sh --docker --yes         the same, without asking
#   restart.sh --docker --keep-data   go on with the topics and databases that are there
#   restart.sh --docker --brokers 3   three Kafka brokers (1 if not given)
# BANK_PORT_OFFSET=100 adds 100 to every published port and makes another bank. BATCH_SIZE and SLEEP_TIME_MS set the pace of made-up customers.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../lib/all.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../lib/containers.sh"

keep_data='' agreed='' brokers=''
while (($# > 0)); do
  case $1 in
    --docker) shift ;;
    --keep-data) keep_data=yes; shift ;;
    --yes | -y) agreed=yes; shift ;;
    --brokers) [[ ${2:-} == [13] ]] || die "--brokers takes 1 or 3"; brokers=$2; shift 2 ;;
    --help | -h) show_help "$0"; exit 0 ;;
    *) die "unknown argument '$1'" "see $0 --help" ;;
  esac
done
choose_engine
mkdir -p "$RUN_DIR" "$LOG_DIR"
exec {lock}>"$RUN_DIR/lock"
flock -n "$lock" || die "another restart.sh is at work on $RUN_DIR"
say "With $ENGINE, by ${COMPOSE[*]}, as $PROJECT"

before=$(broker_count)
if [[ -n $keep_data && -n $brokers && $brokers != "$before" ]] && has_volumes; then
  die "the data that is there belongs to $before broker(s): --keep-data cannot go with --brokers $brokers" "leave one of the two away"
fi
[[ -n $keep_data ]] || brokers=${brokers:-1}
# A wrong port is told before anything is stopped. The containers of a bank of before end with it; those that this one adds count too.
(
  # shellcheck disable=SC2317  # container_services calls it
  broker_count() { printf '%s' "${brokers:-$before}"; }
  require_free_published_ports
)
if [[ -z $keep_data && -z $agreed && -t 0 ]] && has_volumes; then
  say "This removes the data of the bank in containers (--keep-data keeps it)"
  ask_to_go_on
fi
has_images || "$BANK_ROOT/scripts/containers/build.sh" {lock}>&-

undo() {
  local code=$?
  trap - EXIT
  if ((code != 0)); then
    warn "not started (exit code $code): stopping what was"
    compose stop >>"$LOG_DIR/compose.log" 2>&1 || true
  fi
  exit "$code"
}

began_ms=$(now_ms) step_ms=$(now_ms)
trap undo EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
: >"$LOG_DIR/compose.log"
options=(-v)
[[ -z $keep_data ]] || options=()
compose down "${options[@]}" >>"$LOG_DIR/compose.log" 2>&1 {lock}>&- || true
mark_measurement
[[ -z $brokers ]] || printf '%s\n' "$brokers" >"$RUN_DIR/brokers"
report_step "stopping and clearing" "$step_ms"

step() {
  local what=$1
  shift
  step_ms=$(now_ms)
  "$@" {lock}>&-
  report_step "$what" "$step_ms"
}
kafka=()
for ((node = 1; node <= $(broker_count); node++)); do kafka+=("kafka-$node"); done
step "PostgreSQL and ${#kafka[@]} broker(s)" bring_up postgres "${kafka[@]}"
step "databases" run_once databases
step "schema registry" bring_up registry
step "topics and schemas" run_once synchronizer
step "the bank" bring_up "${MODULES[@]}" frontend
note_processes
trap - EXIT INT TERM
report_step "all ready" "$began_ms"
cat <<TEXT

The bank          http://localhost:$PAGES_PORT/
GraphQL           http://localhost:$GRAPHQL_PORT/graphql   ws://localhost:$GRAPHQL_PORT/graphql-ws
Pace              http://localhost:$PACE_PORT/pace
Kafka             $(kafka_brokers)
Schema registry   $REGISTRY_URL
PostgreSQL        localhost:$POSTGRES_PORT, user $DB_USER, databases balancedb and transactiondb

What is up:  ${OFFSET_PREFIX}scripts/status.sh --docker
To stop:     ${OFFSET_PREFIX}scripts/clean.sh --docker          (with --data it also removes the data)
TEXT
