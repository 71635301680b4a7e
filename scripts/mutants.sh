#!/usr/bin/env bash
# Breaks the bank's rules one at a time (the mutants of service-kit/src/fault) and shows what notices each: a unit test, an integration test on a cluster of this script's
# own (free ports, a temporary folder), or, where no test does, audit after a fault of chaos. Fails when something broken is noticed by nothing. A test counts only where it
# passes without the mutant. A running bank is not touched, and nothing stays behind.
#   mutants.sh                 all of them
#   mutants.sh NAME...         only these
#   mutants.sh --audit [...]   asks audit also about those that a test notices
#   mutants.sh --list          their names, where each is, and what is tried first
set -euo pipefail
SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$SCRIPTS/lib/rehearsal.sh"

# Where each mutant is, the integration tests that are likely to notice it, and the faults of chaos that should make it harm the books.
mutants_table() {
  cat <<'TABLE'
no-dedupe                     command-handler  outcomes::repeats    repeats
hash-ignored                  command-handler  outcomes::repeats    same-id
negative-amounts              command-handler  outcomes             kill-handler
overdrafts                    command-handler  outcomes             kill-handler
counter-account-skipped       command-handler  outcomes             kill-handler
three-autocommits             command-handler  failures             postgres-immediate
commit-believed               command-handler  failures             postgres-immediate
state-kept                    command-handler  failures             postgres-immediate
flushed-through-high          command-handler  crashes              die-mid-flush
snapshot-not-caught-up        command-handler  crashes              kill-handler
published-backwards           command-handler  crashes              repeats
repeat-answered-differently   command-handler  outcomes::repeats    repeats
published-before-acknowledged command-handler  crashes              die-mid-publishing
no-recovery                   command-handler  crashes              die-mid-publishing
cut-log-ignored               command-handler  crashes              kafka-log-cut
rewritten-log-ignored         command-handler  lost_records         kafka-log-cut
offsets-first                 command-handler  failures             die-before-commit
offsets-before-acknowledged   command-handler  crashes              die-mid-publishing
no-lock                       command-handler  takeover             takeover-killed
no-fence                      command-handler  takeover             takeover-frozen
older-database-accepted       command-handler  takeover             postgres-older-backup
projection-without-positions  graphql-endpoint projection           kill-endpoint
projection-commit-believed    graphql-endpoint projection           postgres-immediate
repeats-projected             graphql-endpoint projection           die-mid-publishing
two-projectors                graphql-endpoint projection           kill-endpoint
fanout-before-commit          graphql-endpoint projection           kill-endpoint
after-off-by-one              graphql-endpoint streams              kill-endpoint
outcome-before-projection     graphql-endpoint transfers            slow-postgres
request-not-kept              graphql-endpoint transfers            kill-endpoint
id-reuse-believed             graphql-endpoint transfers            same-id
TABLE
}

# field NAME COLUMN
field() { mutants_table | awk -v name="$1" -v column="$2" '$1 == name { print $column }'; }

ask_audit='' wanted=()
while (($# > 0)); do
  case $1 in
    --audit) ask_audit=yes; shift ;;
    --list) mutants_table; exit 0 ;;
    --help | -h) show_help "$0"; exit 0 ;;
    -*) die "unknown argument '$1'" "see $0 --help" ;;
    *) [[ -n $(field "$1" 1) ]] || die "there is no mutant '$1'" "see $0 --list"; wanted+=("$1"); shift ;;
  esac
done
((${#wanted[@]} > 0)) || mapfile -t wanted < <(mutants_table | awk '{ print $1 }')
require_linux
began_ms=$(now_ms)
begin_rehearsal mutants
# What chaos keeps of a bank that it found broken is of no use here.
export TMPDIR=$REHEARSAL_DIR
# What a property test notes of a failure would be tried again by the next.
export PROPTEST_DISABLE_FAILURE_PERSISTENCE=1
. "$SCRIPTS/lib/all.sh"
require_cargo
cd "$BANK_ROOT"

# shellcheck disable=SC2317  # the trap calls it
finish() {
  local code=$?
  trap - EXIT INT TERM
  end_rehearsal
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Each mutant of the program is in the table, and the other way round.
check_table() {
  local program table
  program=$({ BANK_MUTANT='?' "$PROGRAMS/command-handler" 2>&1 || true; } | sed -n 's/.*there are: //p' | tr -d ' ' | tr ',' '\n' | sort)
  table=$(mutants_table | awk '{ print $1 }' | sort)
  [[ $program == "$table" ]] || die "the table of this script and that of service-kit/src/fault differ" "$(diff <(printf '%s\n' "$program") <(printf '%s\n' "$table"))"
}

# The tests' own programs, copied: whoever builds meanwhile changes nothing here.
get_tests() {
  local package built
  for package in command-handler graphql-endpoint; do
    built=$(cargo test --locked --no-run --quiet -p "$package" --lib --test integration --message-format json) || die "the tests of $package can't be built"
    cp "$(sed -n '/"kind":\["lib"\]/s/.*"executable":"\([^"]*\)".*/\1/p' <<<"$built" | tail -n 1)" "$REHEARSAL_DIR/$package-unit"
    cp "$(sed -n '/"name":"integration"/s/.*"executable":"\([^"]*\)".*/\1/p' <<<"$built" | tail -n 1)" "$REHEARSAL_DIR/$package-integration"
  done
}

# Each of these leaves what it found in FOUND. They run here, not in a subshell: the traps end what they started.

# first_failure PACKAGE unit|integration [FILTER]: runs tests until one fails, and finds its name. Fails when all pass.
first_failure() {
  local log=$REHEARSAL_DIR/tests.log code=0
  FOUND=
  set -m
  (cd "$BANK_ROOT/$1" && exec timeout 300 "$REHEARSAL_DIR/$1-$2" "${@:3}") >"$log" 2>&1 </dev/null &
  STAGE_PID=$!
  set +m
  while [[ -z $FOUND ]] && kill -0 "$STAGE_PID" 2>/dev/null; do
    sleep 0.1
    find_failed "$log"
  done
  if [[ -n $FOUND ]]; then
    end_stage
  else
    wait "$STAGE_PID" || code=$?
    find_failed "$log"
    ((code == 0)) || FOUND=${FOUND:-"all tests together (exit code $code)"}
  fi
  STAGE_PID=
  [[ -n $FOUND ]]
}

find_failed() { FOUND=$(sed -n 's/^test \(.*\) \.\.\. FAILED$/\1/p' "$1" | head -n 1); }

# caught_by_tests MUTANT: the first test that notices, looked for where it is likely first.
caught_by_tests() {
  local package kind test
  package=$(field "$1" 2)
  for kind in unit "integration $(field "$1" 3)" integration; do
    # shellcheck disable=SC2086  # kind and filter
    BANK_MUTANT=$1 first_failure "$package" $kind || continue
    test=$FOUND
    if first_failure "$package" "${kind%% *}" --exact "$test"; then warn "$test fails without $1, too"; continue; fi
    FOUND=$test
    return 0
  done
  FOUND=
}

# caught_by_audit MUTANT: what audit says of a bank with it.
caught_by_audit() {
  local log=$REHEARSAL_DIR/chaos.log faults
  FOUND=
  read -ra faults < <(mutants_table | awk -v name="$1" '$1 == name { $1 = $2 = $3 = ""; print }')
  if BANK_MUTANT=$1 run_stage timeout 300 "$PROGRAMS/chaos" run "${faults[@]}" --seed 1 --bin-dir "$PROGRAMS" --results "$REHEARSAL_DIR/results.jsonl" >"$log" 2>&1; then return; fi
  FOUND=$(sed -n 's/.*FAILED: \(.*\); [0-9.]* s$/\1/p; s/^error: /could not be run: /p' "$log" | head -n 1 | cut -c 1-160 | tr '|' '/')
  FOUND=${FOUND:-"chaos ended without a word"}
}

PROGRAMS=${CARGO_TARGET_DIR:-$BANK_ROOT/target}/debug
has_downloads || "$SCRIPTS/prepare.sh" --no-build
step_ms=$(now_ms)
get_tests
cargo build --locked --quiet --bins
check_table
report_step "built" "$step_ms"
"$SCRIPTS/cluster/up.sh"
export_cluster_settings

survived=() number=0
for mutant in "${wanted[@]}"; do
  step_ms=$(now_ms)
  number=$((number + 1))
  caught_by_tests "$mutant"
  tests=$FOUND audit=
  if [[ -z $tests || -n $ask_audit ]]; then caught_by_audit "$mutant"; audit=$FOUND; fi
  [[ -n $tests$audit ]] || survived+=("$mutant")
  printf '| %s | %s | %s |\n' "$mutant" "${tests:--}" "${audit:--}"
  printf '%s of %s, %s\n' "$number" "${#wanted[@]}" "$(seconds_since "$step_ms")" >&2
done
report_step "$((${#wanted[@]} - ${#survived[@]})) of ${#wanted[@]} mutants are noticed" "$began_ms"
((${#survived[@]} == 0)) || die "nothing notices: ${survived[*]}"
