#!/usr/bin/env bash
# Brings the bank up on this machine: builds it, stops what an earlier run started, starts PostgreSQL, Kafka and the schema registry, makes topics and
# schemas, starts the modules and nginx with the pages, and waits until each is ready. All of it listens on loopback only.
#   restart.sh               with empty topics and databases; on a terminal it asks before it removes data
#   restart.sh --yes         the same, without asking
#   restart.sh --keep-data   go on with the topics and databases that are there
#   restart.sh --without command-handler   all but that module (more than one may be named), to put your own in its place: scripts/stand-in.sh
#   restart.sh --brokers 3   three Kafka brokers, each topic on all of them (1 if not given)
# BANK_PORT_OFFSET=100 adds 100 to every port and keeps other data, so that two banks can run side by side.
# BATCH_SIZE and SLEEP_TIME_MS set the pace of made-up customers: 5 beats, each 1000 ms, if not set.
set -euo pipefail
[[ " $* " != *" --docker "* ]] || exec "$(dirname "${BASH_SOURCE[0]}")/containers/restart.sh" "$@"
. "$(dirname "${BASH_SOURCE[0]}")/lib/all.sh"

keep_data='' agreed='' brokers='' without=()
while (($# > 0)); do
  case $1 in
    --keep-data) keep_data=yes; shift ;;
    --yes | -y) agreed=yes; shift ;;
    --brokers) [[ ${2:-} == [13] ]] || die "--brokers takes 1 or 3"; brokers=$2; shift 2 ;;
    --without)
      [[ " ${MODULES[*]} " == *" ${2:-} "* && -n ${2:-} ]] || die "--without takes the name of a module" "modules: ${MODULES[*]}"
      without+=("$2")
      shift 2
      ;;
    --help | -h) show_help "$0"; exit 0 ;;
    *) die "unknown argument '$1'" "see $0 --help" ;;
  esac
done

# Everything that can be known to be wrong is told here, before anything is stopped or started.
check_all() {
  local missing
  require_linux
  missing=$(missing_programs java postgres curl setsid flock ps nginx)
  if [[ -n $missing ]] || ! has_downloads || ! can_build_pages; then
    say "First start: getting what is missing (scripts/prepare.sh)"
    "$BANK_ROOT/scripts/prepare.sh" --no-build
  fi
  require_java
  require_postgres
  require_cargo
  [[ -n ${BANK_PAGES_DIR:-} ]] || require_node
  require_disk "$RUN_DIR" 2048 "topics, databases and logs"
  [[ -x $BIN_DIR/command-handler ]] || require_disk "$(dirname "$BIN_DIR")" 2048 "building"
  require_free_ports
}

choose_brokers() {
  local before
  before=$(broker_count)
  if [[ -n $keep_data && -n $brokers && -d $DATA_DIR && $brokers != "$before" ]]; then
    die "the data that is there belongs to $before broker(s): --keep-data cannot go with --brokers $brokers" "leave one of the two away"
  fi
  if [[ -n $keep_data ]]; then brokers=${brokers:-$before}; else brokers=${brokers:-1}; fi
}

agree_to_wipe() {
  [[ -z $keep_data && -d $DATA_DIR ]] || return 0
  say "This removes the bank's data, $(human_size "$(run_data_bytes)") in $RUN_DIR (--keep-data keeps it)"
  [[ -z $agreed && -t 0 ]] || return 0
  ask_to_go_on
}

# What this run started is stopped again when a step fails, so that nothing half started stays behind.
undo() {
  local code=$?
  trap - EXIT
  if ((code != 0)); then
    warn "not started (exit code $code): stopping what was; the logs are in $LOG_DIR"
    stop_all_parts
  fi
  exit "$code"
}

# After the topics are there: modules that wait for them ask a broker that is busy making them, and all takes longer.
start_modules() {
  local module step_ms waited=() pid failed=0
  for module in "${MODULES[@]}" pages; do is_left_out "$module" || start_part "$module"; done
  for module in "${MODULES[@]}" pages; do
    is_left_out "$module" && continue
    step_ms=$(now_ms)
    { wait_part "$module" && report_step "$module is ready" "$step_ms"; } &
    waited+=($!)
  done
  for pid in "${waited[@]}"; do wait "$pid" || failed=1; done
  return "$failed"
}

synchronize() {
  local step_ms options=()
  step_ms=$(now_ms)
  [[ -n $keep_data ]] || options=(--delete-unknown)
  "$BIN_DIR/synchronizer" "${options[@]}" >"$LOG_DIR/synchronizer.log" 2>&1 || {
    show_log synchronizer
    die "the topics and schemas are not as they should be"
  }
  report_step "topics and schemas" "$step_ms"
}

started_ms=$(now_ms)
# A second restart.sh waits for no one: it would stop what the first is starting. First the checks, which also tell what this run is asked.
mkdir -p "$RUN_DIR"
if command -v flock >/dev/null; then
  exec {lock}>"$RUN_DIR/lock"
  flock -n "$lock" || die "another restart.sh is at work on $RUN_DIR"
fi
choose_brokers
broker_count_before=$(broker_count)
check_all
agree_to_wipe
report_step "checks" "$started_ms"

# The pages are built beside the modules, in a process group of their own, so that they can be ended with this script.
trap 'kill -TERM -- "-$pages_building" 2>/dev/null || true' EXIT
set -m
build_pages {lock}>&- </dev/null &
pages_building=$!
set +m
if [[ -z ${BANK_BIN_DIR:-} ]]; then
  step_ms=$(now_ms)
  build_programs
  report_step "build" "$step_ms"
fi
wait "$pages_building"

step_ms=$(now_ms)
trap undo EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
if [[ -n $keep_data ]]; then
  stop_all_parts
else
  end_all_parts
  wipe_run
fi
mkdir -p "$PID_DIR" "$LOG_DIR" "$DATA_DIR"
printf '%s\n' "$brokers" >"$RUN_DIR/brokers"
for module in "${MODULES[@]}"; do rm -f "$(stand_in_file "$module")"; done
for module in "${without[@]}"; do : >"$(stand_in_file "$module")"; done
report_step "stopping and clearing" "$step_ms"
# More brokers than before need more ports.
((brokers <= broker_count_before)) || require_free_ports

# What is started must not hold the lock.
"$BANK_ROOT/scripts/cluster/up.sh" --brokers "$brokers" {lock}>&-

export_cluster_settings
synchronize {lock}>&-
start_modules {lock}>&-
trap - EXIT INT TERM
report_step "all ready" "$started_ms"
cat <<TEXT

The bank          $PAGES_URL
GraphiQL          http://localhost:$GRAPHQL_PORT/
GraphQL           http://localhost:$GRAPHQL_PORT/graphql   ws://localhost:$GRAPHQL_PORT/graphql-ws
Pace              http://localhost:$PACE_PORT/pace
Kafka             $KAFKA_BROKERS
Schema registry   $REGISTRY_URL
PostgreSQL        localhost:$POSTGRES_PORT, user $DB_USER, databases balancedb and transactiondb
Logs              $LOG_DIR

What is up:  ${OFFSET_PREFIX}scripts/status.sh
To stop:     ${OFFSET_PREFIX}scripts/clean.sh          (with --data it also removes the data)
TEXT
for module in "${without[@]}"; do
  cat <<TEXT

Left out: $module. Yours gets this environment:
$(module_environment "$module")
as  ${OFFSET_PREFIX}scripts/stand-in.sh $module COMMAND  starts it; see docs/swap-a-handler.md.
TEXT
done
