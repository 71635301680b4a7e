#!/usr/bin/env bash
# Everything that is tested, as CI runs it: format, clippy with warnings as errors, shellcheck, all Rust tests against a Kafka, registry and PostgreSQL of their own
# (on free ports, in a temporary folder), then the end-to-end test. A running bank is not touched, and nothing stays behind.
#   test.sh              all stages
#   test.sh STAGE...     only these: format, shellcheck, clippy, rust, e2e
# Arguments after -- go to cargo test, such as: test.sh rust -- -p command-handler
set -euo pipefail
SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$SCRIPTS/lib/rehearsal.sh"

stages=() cargo_arguments=(--workspace)
while (($# > 0)); do
  case $1 in
    format | shellcheck | clippy | rust | e2e) stages+=("$1"); shift ;;
    --help | -h) show_help "$0"; exit 0 ;;
    --) shift; cargo_arguments=("$@"); break ;;
    *) die "unknown argument '$1'" "see $0 --help" ;;
  esac
done
((${#stages[@]} > 0)) || stages=(format shellcheck clippy rust e2e)
require_linux
began_ms=$(now_ms)
begin_rehearsal test
. "$SCRIPTS/lib/all.sh"
cd "$BANK_ROOT"

# shellcheck disable=SC2317  # the trap calls it
finish() {
  local code=$? name
  trap - EXIT INT TERM
  end_stage
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
  mapfile -t scripts < <(find scripts .ci -type f \( -name '*.sh' -o -path '.ci/*' \) | sort)
  shellcheck "${scripts[@]}"
  say "${#scripts[@]} scripts"
}

check_clippy() { cargo clippy --workspace --all-targets --locked -- -D warnings; }

# The tests' fixture takes the cluster from the environment, and gives each test its own databases and topics.
test_rust() {
  "$SCRIPTS/cluster/up.sh"
  export_cluster_settings
  cargo test --locked "${cargo_arguments[@]}"
  "$SCRIPTS/clean.sh" --data
}

test_end_to_end() (
  unset BANK_RUN_DIR BANK_PORT_OFFSET
  exec "$SCRIPTS/e2e.sh"
)

# What is missing is got first: CI starts from a bare clone.
stage=prepare
if [[ -n $(missing_programs java postgres curl shellcheck setsid flock ps) ]] || ! has_downloads; then
  (unset BANK_RUN_DIR BANK_PORT_OFFSET && run_stage "$SCRIPTS/prepare.sh" --no-build)
fi
require_cargo

for stage in "${stages[@]}"; do
  say "== $stage"
  stage_ms=$(now_ms)
  case $stage in
    format) run_stage check_format ;;
    shellcheck) run_stage check_shell ;;
    clippy) run_stage check_clippy ;;
    rust) run_stage test_rust ;;
    e2e) run_stage test_end_to_end ;;
  esac
  report_step "== $stage passed" "$stage_ms"
done
stage=
