#!/usr/bin/env bash
# Compares two implementations on this machine: their runs take turns, A B A B, so that what changes on the machine meanwhile meets both.
#   compare.sh ours "one-by-one=target/release/command-handler --one-by-one"             three runs each
#   compare.sh ours python=examples/python-handler/run.sh --runs 5
#   compare.sh ours theirs=/home/me/endpoint/run --module graphql-endpoint               another module than the command handler
#   compare.sh A B -- --step-seconds 10                                                  what follows -- goes to `benchmark browser`
# An implementation is a name, for this bank's own, or NAME=COMMAND, for another command handler (or --module) in its place. Results are kept as loop.sh keeps
# them, and runs that are there are not made again; --protocol and --results are loop.sh's too. At the end: ratios with 95 % confidence intervals.
# Each run begins with empty topics and databases: what the bank at this BANK_PORT_OFFSET has is removed. On a terminal it asks before, elsewhere it wants
# --yes; BANK_PORT_OFFSET=100 compare.sh A B measures beside your bank and leaves its data alone.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/all.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib/results.sh"

runs=3 protocol=geometric results=$BANK_HOME/benchmark options=() implementations=() agreed=() module=command-handler
while (($# > 0)); do
  case $1 in
    --help | -h) show_help "$0"; exit 0 ;;
    --runs) runs=${2:-}; shift 2 || die "--runs takes a number" ;;
    --protocol) protocol=${2:-}; shift 2 || die "--protocol takes original or geometric" ;;
    --module) module=${2:-}; shift 2 || die "--module takes the name of a module" ;;
    --results) results=${2:-}; shift 2 || die "--results takes a folder" ;;
    --yes | -y) agreed=(--yes); shift ;;
    --) shift; options=(-- "$@"); break ;;
    -*) die "unknown argument '$1'" "see $0 --help" ;;
    *) implementations+=("$1"); shift ;;
  esac
done
((${#implementations[@]} == 2)) || die "two implementations are wanted" "see $0 --help"
[[ $runs =~ ^[1-9][0-9]{0,2}$ ]] || die "'$runs' is no number of runs"
[[ ${implementations[0]%%=*} != "${implementations[1]%%=*}" ]] || die "both are called ${implementations[0]%%=*}"

files() { local run; for ((run = 1; run <= runs; run++)); do result_file "$results" "${1%%=*}" "$protocol" "$run"; printf '\n'; done; }
readarray -t first < <(files "${implementations[0]}")
readarray -t second < <(files "${implementations[1]}")

# runs_after N 0|1: how many are still missing once the N-th of the first (0) or of the second (1) is there.
runs_after() {
  local file missing=0
  for file in "${first[@]:$1}" "${second[@]:$(($1 - 1 + $2))}"; do is_whole_run "$file" || missing=$((missing + 1)); done
  printf '%s' "$missing"
}

# run_until N IMPLEMENTATION: those of its runs up to N that are not there yet.
run_until() {
  local stand_in=()
  [[ $2 != *=* ]] || stand_in=(--module "$module" --stand-in "${2#*=}")
  "$BANK_ROOT/scripts/loop.sh" "$1" "${2%%=*}" --protocol "$protocol" --results "$results" "${agreed[@]}" "${stand_in[@]}" "${options[@]}"
}

for ((run = 1; run <= runs; run++)); do
  BANK_RUNS_AFTER=$(runs_after "$run" 0) run_until "$run" "${implementations[0]}"
  BANK_RUNS_AFTER=$(runs_after "$run" 1) run_until "$run" "${implementations[1]}"
done
"$BANK_ROOT/scripts/benchmark.sh" compare --first "${first[@]}" --second "${second[@]}"
