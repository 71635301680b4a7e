#!/usr/bin/env bash
# Everything that is tested, as CI runs it: format, shellcheck, the pages (types, lint, component tests, size), clippy with warnings as errors, all Rust tests against a
# Kafka, registry and PostgreSQL of their own (on free ports, in a temporary folder), then the end-to-end test, also in a browser, and much of it again in containers. A running bank is not touched, and
# nothing stays behind. In between chaos breaks a bank on purpose in a dozen ways.
#   test.sh              all stages
#   test.sh STAGE...     only these: format, shellcheck, pages, clippy, rust, chaos, e2e, containers
#   test.sh --containers the same as: test.sh containers
# Arguments after -- go to cargo test, such as: test.sh rust -- -p command-handler
set -euo pipefail
SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$SCRIPTS/lib/rehearsal.sh"

stages=() cargo_arguments=(--workspace)
while (($# > 0)); do
  case $1 in
    format | shellcheck | pages | clippy | rust | chaos | e2e | containers) stages+=("$1"); shift ;;
    --containers) stages+=(containers); shift ;;
    --help | -h) show_help "$0"; exit 0 ;;
    --) shift; cargo_arguments=("$@"); break ;;
    *) die "unknown argument '$1'" "see $0 --help" ;;
  esac
done
asked=yes
((${#stages[@]} > 0)) || asked='' stages=(format shellcheck pages clippy rust chaos e2e containers)
require_linux
began_ms=$(now_ms)
begin_rehearsal test
. "$SCRIPTS/lib/all.sh"
cd "$BANK_ROOT"

PAGES_PID='' PAGES_MS=''
# shellcheck disable=SC2317  # the trap calls it
finish() {
  local code=$? name
  trap - EXIT INT TERM
  end_stage
  end_group "$PAGES_PID"
  if ((code != 0)) && [[ -d $LOG_DIR ]]; then
    for name in postgres kafka-1 registry; do show_log "$name" 10; done
  fi
  end_rehearsal
  if ((code == 0)); then report_step "test.sh: all stages passed (${stages[*]})" "$began_ms"
  else warn "test.sh failed after $(seconds_since "$began_ms") (exit code $code)${stage:+, in stage $stage}"; fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

check_format() { cargo fmt --all --check; }

check_shell() {
  local scripts=()
  mapfile -t scripts < <(find scripts docker examples .ci -type f \( -name '*.sh' -o -path '.ci/*' \) | sort)
  shellcheck "${scripts[@]}"
  say "${#scripts[@]} scripts"
}

check_pages() {
  local script
  use_node
  get_node_modules
  for script in types:check check lint test; do (cd frontend && npm run --silent "$script"); done
  build_pages
  (cd frontend && npm run --silent size)
}

# The stage of the pages goes on beside those of cargo, which leave a core idle now and then; it is shown before the end-to-end test, which needs its build.
start_pages() {
  PAGES_MS=$(now_ms)
  set -m
  check_pages </dev/null >"$REHEARSAL_DIR/pages.out" 2>&1 &
  PAGES_PID=$!
  set +m
}

finish_pages() {
  local stage=pages code=0
  [[ -n $PAGES_PID ]] || return 0
  say "== pages"
  wait "$PAGES_PID" || code=$?
  PAGES_PID=
  cat "$REHEARSAL_DIR/pages.out"
  ((code == 0)) || exit "$code"
  report_step "== pages passed" "$PAGES_MS"
}

check_clippy() {
  if [[ -n ${RUSTC_WORKSPACE_WRAPPER:-} ]]; then cargo build --workspace --all-targets --locked
  else cargo clippy --workspace --all-targets --locked -- -D warnings; fi
}

# The tests' fixture takes the cluster from the environment, and gives each test its own databases and topics. They wait for Kafka most of the time, so more of them
# than there are cores go on at once: the handler's take 99 s by six, 269 s by two.
test_rust() {
  cargo test --locked --no-run "${cargo_arguments[@]}"
  "$SCRIPTS/cluster/up.sh"
  export_cluster_settings
  RUST_TEST_THREADS=${RUST_TEST_THREADS:-6} cargo test --locked "${cargo_arguments[@]}"
  "$SCRIPTS/clean.sh" --data
}

# The programs that the tests were built with: they check themselves (overflow, assertions) and can be made to fail, and building all in release as well takes as long
# as all tests. cargo test alone builds no program that has no integration test, such as chaos.
use_tested_programs() {
  unset BANK_RUN_DIR BANK_PORT_OFFSET
  cargo build --locked --workspace --all-targets
  export BANK_BIN_DIR=${CARGO_TARGET_DIR:-$BANK_ROOT/target}/debug
}

# The same faults at the same moments each time; chaos by itself draws them.
test_chaos() (
  use_tested_programs
  export CHAOS_RESULTS=$REHEARSAL_DIR/chaos.jsonl
  exec "$BANK_BIN_DIR/chaos" selection --seed 1
)

# e2e.sh by itself takes the programs that users have; so does this one, told where they are.
test_end_to_end() (
  [[ -n ${BANK_BIN_DIR:-} ]] || use_tested_programs
  unset BANK_RUN_DIR BANK_PORT_OFFSET
  exec "$SCRIPTS/e2e.sh"
)

# The Dockerfiles and compose files are looked through, then images are built of the tested programs, kept apart from those that this machine has, and the
# end-to-end test runs against the bank in containers. Where containers cannot be run, as by an ordinary user, this is said; who asked for this stage is refused.
test_containers() (
  if ! reason=$("$SCRIPTS/containers/probe.sh"); then
    [[ -z $asked ]] || die "no containers can be run: $reason"
    warn "THE CONTAINERS ARE NOT TESTED: $reason"
    exit 0
  fi
  [[ -n ${BANK_BIN_DIR:-} ]] || use_tested_programs
  unset BANK_RUN_DIR BANK_PORT_OFFSET
  build_pages
  exec "$SCRIPTS/e2e.sh" --docker
)

# What is missing is got first: CI starts from a bare clone.
stage=prepare
if [[ -n $(missing_programs java postgres curl shellcheck setsid flock ps nginx chromium chromedriver python3-venv) ]] || ! has_downloads || ! can_build_pages || [[ ! -d $CONTAINER_TOOLS || -n $(missing_programs "${CONTAINER_PROGRAMS[@]}") ]]; then
  (unset BANK_RUN_DIR BANK_PORT_OFFSET && run_stage "$SCRIPTS/prepare.sh" --no-build --for-tests)
fi
require_cargo
require_node
# A clean clone is built once: what makes a second build quicker only costs time there, and clippy is the compiler of the programs that are tested. By itself it
# would compile all dependencies a second time, in a way that no program can be linked of. Where somebody develops, it would build all twice.
if [[ -n ${CI:-} ]]; then export CARGO_INCREMENTAL=0 RUSTC_WORKSPACE_WRAPPER=clippy-driver RUSTFLAGS="${RUSTFLAGS:-} -D warnings"; fi

for stage in "${stages[@]}"; do
  if [[ $stage == pages ]]; then start_pages; continue; fi
  [[ $stage != e2e && $stage != containers ]] || finish_pages
  say "== $stage"
  stage_ms=$(now_ms)
  case $stage in
    format) run_stage check_format ;;
    shellcheck) run_stage check_shell ;;
    clippy) run_stage check_clippy ;;
    rust) run_stage test_rust ;;
    chaos) run_stage test_chaos ;;
    e2e) run_stage test_end_to_end ;;
    containers) run_stage test_containers ;;
  esac
  report_step "== $stage passed" "$stage_ms"
done
finish_pages
stage=
