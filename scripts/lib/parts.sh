# The parts of a running bank: how each is started, found ready and stopped.
# shellcheck shell=bash

# BANK_BIN_DIR names programs that are built already: restart.sh then builds nothing.
BIN_DIR=${BANK_BIN_DIR:-${CARGO_TARGET_DIR:-$BANK_ROOT/target}/release}

build_programs() { (cd "$BANK_ROOT" && cargo build --release --locked --bins); }

# Every part of this run, the brokers counted, in the order in which they may be started.
all_parts() {
  local node
  # shellcheck disable=SC2153  # settings.sh has MODULES
  printf 'log-keeper postgres'
  for ((node = 1; node <= $(broker_count); node++)); do printf ' kafka-%s' "$node"; done
  printf ' registry %s pages' "${MODULES[*]}"
}

# part_ports PART: the ports that it listens on.
# shellcheck disable=SC2153  # settings.sh has PAGES_PORT
part_ports() {
  case $1 in
    log-keeper) ;;
    postgres) printf '%s' "$POSTGRES_PORT" ;;
    registry) printf '%s' "$REGISTRY_PORT" ;;
    pages) printf '%s' "$PAGES_PORT" ;;
    kafka-*) printf '%s %s' "$(broker_port "${1#kafka-}")" "$(controller_port "${1#kafka-}")" ;;
    graphql-endpoint) printf '%s %s' "$GRAPHQL_PORT" "$(admin_port "$1")" ;;
    heartbeat) printf '%s %s' "$PACE_PORT" "$(admin_port "$1")" ;;
    *) admin_port "$1" ;;
  esac
}

start_part() {
  case $1 in
    log-keeper) start_process log-keeper bash "$BANK_ROOT/scripts/lib/keep-logs.sh" "$LOG_DIR" "$LOG_MAX_BYTES" ;;
    postgres) postgres_start ;;
    registry) registry_start ;;
    pages) pages_start ;;
    kafka-*) kafka_start "${1#kafka-}" ;;
    *) start_module "$1" ;;
  esac
}

# Modules are told everything: they know nothing of offsets. The pace is gentle, so that there is something to see.
export_module_settings() {
  export_cluster_settings
  export FLOW_SERVICES=${FLOW_SERVICES:-$(flow_services)}
  export ALLOWED_ORIGINS=${ALLOWED_ORIGINS:-http://localhost:$PAGES_PORT,http://127.0.0.1:$PAGES_PORT}
  export ADMIN_PORT GRAPHQL_PORT PACE_PORT BATCH_SIZE=${BATCH_SIZE:-5} SLEEP_TIME_MS=${SLEEP_TIME_MS:-1000}
  ADMIN_PORT=$(admin_port "$1")
  # What it frees it gives back at once: two thirds of the memory for a twentieth more processor time (docs/performance.md).
  [[ $1 != graphql-endpoint ]] || export MIMALLOC_PURGE_DELAY=${MIMALLOC_PURGE_DELAY:-0}
}

# What a module is told and somebody's own in its place has use for, to be read by a shell.
module_environment() (
  local name names=(KAFKA_BROKERS SCHEMA_REGISTRY_URL)
  case $1 in
    heartbeat) names+=(PACE_PORT BATCH_SIZE SLEEP_TIME_MS) ;;
    command-handler) names+=(DB_HOSTNAME DB_PORT DB_USER DB_PASSWORD) ;;
    graphql-endpoint) names+=(DB_HOSTNAME DB_PORT DB_USER DB_PASSWORD GRAPHQL_PORT ALLOWED_ORIGINS FLOW_SERVICES) ;;
  esac
  export_module_settings "$1"
  for name in "${names[@]}" ADMIN_PORT; do
    printf '  export %s=%q\n' "$name" "${!name}"
  done
)

start_module() (
  export_module_settings "$1"
  if is_left_out "$1"; then
    local command
    readarray -d '' -t command <"$(stand_in_file "$1")"
    ((${#command[@]} > 0)) || die "$1 was left out, and nothing stands in for it" "scripts/stand-in.sh $1 COMMAND"
    start_process "$1" "${command[@]}"
  else
    [[ -x $BIN_DIR/$1 ]] || die "there is no $BIN_DIR/$1" "build it: cargo build --release"
    start_process "$1" "$BIN_DIR/$1"
  fi
)

# A module that restart.sh --without left out has a file: the command that stands in for it, its words ended by NUL; empty without one.
stand_in_file() { printf '%s' "$RUN_DIR/stand-in-$1"; }
is_left_out() { [[ -e $(stand_in_file "$1") ]]; }

# Where the endpoint asks the modules how they are, for the flow page.
flow_services() {
  local module list=
  for module in "${MODULES[@]}"; do list+=${list:+,}$module=http://localhost:$(admin_port "$module"); done
  printf '%s' "$list"
}

module_is_ready() { curl -sf -m 2 "http://localhost:$(admin_port "$1")/readyz"; }

# lag MODULE: records that it has not taken in yet, the sum over its metric <module>_lag; a dash where it has none.
lag() {
  curl -sf -m 2 "http://localhost:$(admin_port "$1")/metrics" 2>/dev/null |
    awk -v name="${1//-/_}_lag" '$1 == name || index($1, name "{") == 1 { sum += $2; seen = 1 } END { if (seen) printf "%d", sum; else printf "-" }' || true
}

wait_part() {
  case $1 in
    log-keeper) ;;
    postgres) postgres_wait ;;
    registry) registry_wait ;;
    pages) pages_wait ;;
    kafka-*) kafka_wait "${1#kafka-}" ;;
    *)
      # Somebody's own need not say whether it is ready.
      is_left_out "$1" || wait_until "$1 at http://localhost:$(admin_port "$1")/readyz" "$1" 60 module_is_ready "$1"
      ;;
  esac
}

# stop_part PART...
stop_part() {
  local part
  for part in "$@"; do
    # SIGTERM would make PostgreSQL wait for its clients to leave by themselves.
    if [[ $part == postgres ]]; then stop_processes INT postgres; else stop_processes TERM "$part"; fi
  done
}

# Stops everything that was started for this run, what depends on others first.
stop_all_parts() {
  local name dependents=() brokers=()
  for name in "$PID_DIR"/*; do
    name=${name##*/}
    case $name in
      '*' | postgres) ;;
      kafka-* | registry) brokers+=("$name") ;;
      *) dependents+=("$name") ;;
    esac
  done
  stop_processes TERM "${dependents[@]}"
  stop_processes TERM "${brokers[@]}"
  stop_processes INT postgres
}

# The same at once, for a run whose data is removed next: nothing of it is worth the seconds of an orderly end.
end_all_parts() {
  local name others=()
  for name in "$PID_DIR"/*; do
    name=${name##*/}
    [[ $name == '*' || $name == postgres ]] || others+=("$name")
  done
  stop_processes KILL "${others[@]}"
  # Its children end with it by this signal; by SIGKILL they would be left behind.
  stop_processes QUIT postgres
}

# Names of what runs now.
running_parts() {
  local file
  for file in "$PID_DIR"/*; do
    [[ -e $file ]] && running_pid "${file##*/}" >/dev/null && printf '%s\n' "${file##*/}"
  done
  return 0
}

# What wipe_run would remove, in bytes.
run_data_bytes() {
  local places=("$RUN_DIR") postgres_data
  if [[ -s $RUN_DIR/postgres-data ]]; then
    postgres_data=$(cat "$RUN_DIR/postgres-data")
    [[ $postgres_data == "$RUN_DIR"/* ]] || places+=("$postgres_data")
  fi
  du -skc -- "${places[@]}" 2>/dev/null | awk 'END { printf "%.0f", $1 * 1024 }'
}

# There while the data is that of a measurement, which loop.sh removes without asking. Whatever else starts on the data takes it away.
measurement_mark() { printf '%s/of-a-measurement' "$RUN_DIR"; }

# For whatever starts: with BANK_IS_MEASURED, as loop.sh has it, the data is a measurement's from the first moment on.
mark_measurement() {
  if [[ -n ${BANK_IS_MEASURED:-} ]]; then : >"$(measurement_mark)"; else rm -f "$(measurement_mark)"; fi
}

# Removes this run's data, wherever PostgreSQL's had to go. Only what the scripts made: a path of another form is left and told.
wipe_run() {
  local postgres_data
  if [[ -s $RUN_DIR/postgres-data ]]; then
    postgres_data=$(cat "$RUN_DIR/postgres-data")
    case $postgres_data in
      "$RUN_DIR"/* | /var/tmp/bank-postgres-*) rm -rf -- "$postgres_data" ;;
      *) warn "left $postgres_data alone: not a place that these scripts choose" ;;
    esac
  fi
  rm -rf -- "$DATA_DIR" "$RUN_DIR/postgres-data" "$RUN_DIR/postgres-password" "$RUN_DIR/brokers"
}
