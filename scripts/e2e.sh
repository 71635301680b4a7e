#!/usr/bin/env bash
# The whole bank, as a newcomer has it: brings it up with restart.sh on free ports and in a temporary folder, sends transfers through the GraphQL WebSocket and
# through heartbeat, uses the pages in a browser, lets audit prove the books, does some of it again with a command handler in Python, and checks that clean.sh leaves nothing behind. A running bank is not touched.
#   e2e.sh [--transfers 200] [--beats 2000] [--crash | --docker]
# --docker does it with three brokers and the bank in containers, of images that it builds of what this machine has built already, in a storage of its own; there a
# service and a broker are killed, and the engine starts them again. As root, since the base image is made by debootstrap.
# --crash also kills handler, endpoint, generator and broker, one after another, while the beats come.
set -euo pipefail
SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$SCRIPTS/lib/rehearsal.sh"

transfers=200 beats=2000 crash='' docker=''
while (($# > 0)); do
  case $1 in
    --transfers) transfers=${2:?}; shift 2 ;;
    --beats) beats=${2:?}; shift 2 ;;
    --crash) crash=yes; shift ;;
    --docker) docker=yes; shift ;;
    --help | -h) show_help "$0"; exit 0 ;;
    *) die "unknown argument '$1'" "see $0 --help" ;;
  esac
done
require_linux

begin_rehearsal e2e
. "$SCRIPTS/lib/all.sh"
if [[ -n $docker ]]; then
  printf '[storage]\ndriver = "overlay"\ngraphroot = "%s/images"\nrunroot = "%s/images-run"\n' "$REHEARSAL_DIR" "$REHEARSAL_DIR" >"$REHEARSAL_DIR/storage.conf"
  export CONTAINERS_STORAGE_CONF=$REHEARSAL_DIR/storage.conf BANK_ENGINE=podman
  . "$SCRIPTS/lib/containers.sh"
  choose_engine
fi

# shellcheck disable=SC2317  # the trap calls it
finish() {
  local code=$? part
  trap - EXIT INT TERM
  end_stage
  if ((code != 0)); then
    warn "the end-to-end test failed (exit code $code); the ends of the logs:"
    for part in "$LOG_DIR"/*.log; do
      part=${part##*/}
      [[ ! -s $LOG_DIR/$part ]] || show_log "${part%.log}" 15
    done
    if [[ -n $docker ]]; then for part in $(container_services); do service_log "$part" 15; done; fi
  fi
  if [[ -n $docker ]]; then
    "$SCRIPTS/clean.sh" --docker --images >/dev/null 2>&1 || podman rm --all --force >/dev/null 2>&1 || true
    # podman leaves its storage mounted where it fails.
    umount "$REHEARSAL_DIR/images/overlay" 2>/dev/null || true
  fi
  end_rehearsal
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

set_pace() { curl -sf -m 5 -X PUT -H 'Content-Type: application/json' -d "{\"batch_size\": $1, \"sleep_time_ms\": $2}" "http://localhost:$PACE_PORT/pace"; }
beats_sent() { curl -sf -m 5 "http://localhost:$PACE_PORT/pace" | sed -n 's/.*"beats": *\([0-9]*\).*/\1/p'; }

# wait_for WHAT TIMEOUT_S COMMAND...
wait_for() {
  local what=$1 deadline_ms=$(($(now_ms) + $2 * 1000))
  shift 2
  until "$@"; do
    (($(now_ms) < deadline_ms)) || die "$what: not within the time"
    sleep 0.1
  done
}

sent_at_least() { local sent; sent=$(beats_sent) && ((${sent:-0} >= $1)); }

no_lag() {
  local module module_lag
  for module in command-generator command-handler graphql-endpoint; do
    module_lag=$(lag "$module")
    [[ $module_lag == 0 || $module_lag == - ]] || return 1
  done
}

# kill_and_start PART WHEN_SENT: once that many beats were sent.
kill_and_start() {
  wait_for "beat $2" 60 sent_at_least "$2"
  "$SCRIPTS/part.sh" kill "$1"
  "$SCRIPTS/part.sh" start "$1"
}

heartbeats() {
  local before wanted
  before=$(beats_sent)
  wanted=$((before + beats))
  set_pace 20 100 >/dev/null
  if [[ -n $crash ]]; then
    kill_and_start command-handler "$((before + beats / 10))"
    kill_and_start graphql-endpoint "$((before + beats * 2 / 10))"
    kill_and_start command-generator "$((before + beats * 3 / 10))"
    kill_and_start kafka-1 "$((before + beats * 4 / 10))"
  fi
  wait_for "$beats beats" 120 sent_at_least "$wanted"
  set_pace 0 1000 >/dev/null
  wait_for "lag 0" 60 no_lag
}

# browser_tests [FILE...]
browser_tests() (
  use_node
  cd "$BANK_ROOT/frontend"
  export BANK_URL=http://localhost:$PAGES_PORT
  if (($# == 0)); then exec npm run --silent e2e; else exec node --test --test-concurrency=1 "$@"; fi
)

# A step that cannot be quick enough ends the run, and is in its rows.
geometric_benchmark() {
  local rows=$REHEARSAL_DIR/geometric.jsonl quick=(--protocol geometric --first-load 50 --step-seconds 2 --interval-ms 211 --warm-up-seconds 1)
  "$SCRIPTS/benchmark.sh" browser "${quick[@]}" --p99-max-ms 1 --out "$rows"
  [[ $(grep -c '"kind":"interaction"' "$rows") == 10 ]] || die "a step of 2 s with a click every 211 ms has not ten interactions: $(cat "$rows")"
  grep -q '"kind":"step","load_per_s":50.0,"sent_per_s":[0-9.]*,"commands_per_s":[0-9.]*,.*"timeouts":0,.*"held":false' "$rows" || die "no step that was too slow: $(cat "$rows")"
  grep -q '"kind":"end","reason":"not-held","interactions":10,"timeouts":0,"highest_load_per_s":0.0' "$rows" || die "another end than that of a first step that did not hold: $(cat "$rows")"
}

# Each of the ten interactions once, each seen in the page, with the way of one of them; and what the disk takes by itself.
browser_benchmark() {
  local rows=$REHEARSAL_DIR/browser.jsonl
  "$SCRIPTS/benchmark.sh" ${docker:+--docker} browser --interactions 10 --journey-every 10 --out "$rows"
  (($(grep -c '"kind":"interaction".*"timed_out":false' "$rows") == 10)) || die "the browser benchmark did not see ten interactions: $(cat "$rows")"
  grep -q '"interaction":10,.*"hops_ms":{.*"projected"' "$rows" || die "the browser benchmark has no way of the tenth: $(tail -n 2 "$rows")"
  grep -q '"kind":"header",.*"disk_sync_us":\[[0-9]' "$rows" || die "the browser benchmark has not measured the disk: $(head -n 1 "$rows")"
}

# Two implementations in turn, each on a bank of its own; a run that was cut off is made again, and no other.
compared_and_resumed() {
  local results=$REHEARSAL_DIR/results first second kept again=(a b --runs 1 --results "$REHEARSAL_DIR/results" --yes -- --first-load 50 --step-seconds 2 --warm-up-seconds 1 --p99-max-ms 1)
  first=$results/a-geometric-1.jsonl second=$results/b-geometric-1.jsonl
  "$SCRIPTS/compare.sh" "${again[@]}"
  for run in "$first" "$second"; do grep -q '"kind":"end","reason":"not-held"' "$run" || die "$run was not finished: $(tail -n 1 "$run")"; done
  [[ -s $results/report/index.html ]] || die "there is no report"
  kept=$(sha256sum "$first")
  sed -i '$ d' "$second"
  "$SCRIPTS/compare.sh" "${again[@]}" | tee "$REHEARSAL_DIR/resumed.log"
  grep -q "^Run 1 of 1 of a: there already" "$REHEARSAL_DIR/resumed.log" || die "a run that was there was made again"
  sha256sum --check --status <<<"$kept" || die "a run that was there is another now"
  grep -q '"kind":"end"' "$second" || die "a run that was cut off was not made again"
  grep -q "b / a" "$REHEARSAL_DIR/resumed.log" || die "nothing was compared"
}

# Told twice to end, it puts the pace back; that its browser is gone is seen when the bank is.
interrupted_benchmark() {
  local rows=$REHEARSAL_DIR/interrupted.jsonl benchmark
  set_pace 3 1000 >/dev/null
  "$SCRIPTS/benchmark.sh" browser --protocol geometric --warm-up-seconds 1 --out "$rows" &
  benchmark=$!
  wait_for "its first interaction" 60 grep -qs '"kind":"interaction"' "$rows"
  # Two of the same kind may be one by the time they are seen.
  kill -INT "$benchmark"
  kill -TERM "$benchmark"
  ! wait "$benchmark" || die "an interrupted benchmark says that all is well"
  [[ $(curl -sf -m 5 "http://localhost:$PACE_PORT/pace") == '{"batch_size":3,"sleep_time_ms":1000,'* ]] || die "an interrupted benchmark leaves its pace behind"
  set_pace 0 1000 >/dev/null
}

# Somebody who may not look into the containers' processes sees their memory all the same: by their control groups.
costs_of_containers() {
  local program=$REHEARSAL_DIR/benchmark costs
  install -m 755 "$BIN_DIR/benchmark" "$program"
  as_nobody() { (cd / && BANK_RUN_DIR=$RUN_DIR setpriv --reuid 65534 --regid 65534 --clear-groups "$program" "$@"); }
  as_nobody make-accounts --count 20
  costs=$(as_nobody commands --mode open --rate 50 --seconds 3 --warm-up-seconds 0 --accounts 20 --json)
  [[ $(grep -o '"\(postgres\|kafka-1\|command-handler\)":{"cpu_s":[0-9.]*,"cpu_us_per_command":[0-9.]*,"peak_memory_mib":[0-9]' <<<"${costs//[[:space:]]/}" | wc -l) == 3 ]] ||
    die "parts in containers have no memory: $costs"
}

# Another program in the handler's place, killed under load: the example in Python.
another_handler() {
  local rows=$REHEARSAL_DIR/another.jsonl
  "$BANK_ROOT/examples/python-handler/run.sh" --install-only
  "$SCRIPTS/restart.sh" --yes --without command-handler
  "$SCRIPTS/stand-in.sh" command-handler "$BANK_ROOT/examples/python-handler/run.sh"
  "$WS_TRANSFERS" --url "ws://localhost:$GRAPHQL_PORT/graphql-ws" --count 20
  set_pace 5 100 >/dev/null
  kill_and_start command-handler 100
  (export_module_settings command-handler; "$BANK_ROOT/examples/python-handler/.venv/bin/python" "$BANK_ROOT/examples/python-handler/odd_commands.py")
  wait_for "300 beats" 60 sent_at_least 300
  set_pace 0 1000 >/dev/null
  # It has no metrics: its consumer group tells how far it is.
  "$SCRIPTS/benchmark.sh" browser --interactions 20 --interval-ms 250 --out "$rows"
  grep -q '"interaction":20,.*"lag":{"command-generator":[0-9]*,"command-handler":[0-9]*,"graphql-endpoint":[0-9]*}' "$rows" || die "no lag of a program that has no metrics: $(tail -n 2 "$rows")"
  # Which waits itself until every command is answered.
  "$BIN_DIR/audit" --topics-only
  # It publishes in transactions of Kafka's, whose markers nobody receives.
  wait_for "lag 0" 30 no_lag
}

# leaves_nothing: no process, no file, no port.
leaves_nothing() {
  local left port part
  "$SCRIPTS/clean.sh" --data
  left=$(processes_of_run "$BANK_RUN_DIR")
  # This script and what it just called have the folder in their environment too.
  for part in $left; do
    [[ $part == "$$" || $part == "$BASHPID" ]] && continue
    [[ -e /proc/$part ]] || continue
    [[ $(ps -o pgid= -p "$part" | tr -d ' ') == $(ps -o pgid= -p "$BASHPID" | tr -d ' ') ]] && continue
    die "clean.sh left a process behind: $(ps -o pid=,args= -p "$part")"
  done
  [[ ! -e $BANK_RUN_DIR ]] || die "clean.sh --data left files behind: $(find "$BANK_RUN_DIR" | head -n 5 | tr '\n' ' ')"
  for part in $(all_parts); do
    for port in $(part_ports "$part"); do ! port_is_taken "$port" || die "port $port is still taken by $part"; done
  done
}

# is_back SERVICE RESTARTS: whether it was started again more often than that, and is well.
is_back() { (($(inspect "$1" '{{.RestartCount}}') > $2)) && is_healthy "$1"; }

# kill_container SERVICE: its process is killed; the engine starts it again.
kill_container() {
  local restarts
  restarts=$(inspect "$1" '{{.RestartCount}}')
  kill -KILL "$(inspect "$1" '{{.State.Pid}}')"
  wait_for "$1 comes back" 90 is_back "$1" "$restarts"
}

# Half of the beats come while a service and a broker are killed.
killed_under_load() {
  local before
  before=$(beats_sent)
  set_pace 5 100 >/dev/null
  wait_for "100 beats" 60 sent_at_least $((before + 100))
  kill_container command-handler
  kill_container kafka-2
  wait_for "400 beats" 120 sent_at_least $((before + 400))
  set_pace 0 1000 >/dev/null
  wait_for "lag 0" 60 no_lag
}

# no_containers_left: no container, volume or network of this bank, no port, no file.
no_containers_left() {
  local port left
  "$SCRIPTS/clean.sh" --docker --images
  left=$("$ENGINE" ps -aq && "$ENGINE" volume ls -q && "$ENGINE" network ls -q --filter "label=com.docker.compose.project=$PROJECT")
  [[ -z $left ]] || die "a container, volume or network was left behind: $left"
  [[ ! -e $RUN_DIR ]] || die "files were left behind: $(find "$RUN_DIR" | head -n 5 | tr '\n' ' ')"
  for port in "$PAGES_PORT" "$GRAPHQL_PORT" "$PACE_PORT" "$REGISTRY_PORT" "$POSTGRES_PORT" "$KAFKA_1_PORT" "$KAFKA_2_PORT" "$KAFKA_3_PORT"; do
    ! port_is_taken "$port" || die "port $port is still taken"
  done
}

# What the images and the compose files look like to those who know.
look_through() {
  local profile
  hadolint --config "$BANK_ROOT/.hadolint.yaml" "$DOCKER_DIR"/*/Dockerfile
  mkdir -p "$RUN_DIR"
  for profile in 1 3; do
    printf '%s\n' "$profile" >"$RUN_DIR/brokers"
    compose config >"$REHEARSAL_DIR/compose-$profile.yml"
  done
}

step() {
  local what=$1 started_ms
  shift
  started_ms=$(now_ms)
  run_stage "$@"
  report_step "$what" "$started_ms"
}

if [[ -n $docker ]]; then
  step "Dockerfiles and compose files" look_through
  step "the base image" "$SCRIPTS/containers/base.sh"
  step "the images" "$SCRIPTS/prepare.sh" --docker --prebuilt
  step "the bank is up" "$SCRIPTS/restart.sh" --docker --yes --brokers 3
else
  step "the bank is up" "$SCRIPTS/restart.sh" --yes
fi
export_cluster_settings
# With the same features as the tests, so that nothing is built twice when they ran before.
step "load client built" cargo test --quiet --locked --workspace --no-run --manifest-path "$BANK_ROOT/Cargo.toml"
WS_TRANSFERS=${CARGO_TARGET_DIR:-$BANK_ROOT/target}/debug/examples/ws_transfers
step "$transfers transfers by GraphQL" "$WS_TRANSFERS" --url "ws://localhost:$GRAPHQL_PORT/graphql-ws" --count "$transfers"
step "$beats heartbeats${crash:+, with parts killed}" heartbeats
if [[ -n $docker ]]; then
  step "the pages in a browser" browser_tests e2e/contract.test.mjs e2e/employee.test.mjs e2e/serving.test.mjs
  step "the browser benchmark" browser_benchmark
  step "what containers cost" costs_of_containers
  step "a service and a broker killed" killed_under_load
  step "audit" env GRAPHQL_PORT="$GRAPHQL_PORT" "$BIN_DIR/audit"
  step "status" "$SCRIPTS/status.sh" --docker
  step "nothing is left behind" no_containers_left
  exit 0
fi
step "the pages in a browser" browser_tests
step "the browser benchmark" browser_benchmark
step "its geometric protocol" geometric_benchmark
step "interrupted" interrupted_benchmark
step "audit" env GRAPHQL_PORT="$GRAPHQL_PORT" "$BIN_DIR/audit"
step "status" "$SCRIPTS/status.sh"
step "another command handler, in Python, killed" another_handler
step "compare.sh, cut off and resumed" compared_and_resumed
step "clean.sh leaves nothing behind" leaves_nothing
