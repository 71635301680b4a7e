#!/usr/bin/env bash
# Compares two implementations on this machine: their runs take turns, A B A B, so that what changes on the machine meanwhile meets both.
#   compare.sh ours "one-by-one=target/release/command-handler --one-by-one"             three runs each
#   compare.sh ours python=examples/python-handler/run.sh --runs 5
#   compare.sh A B -- --step-seconds 10                                                  what follows -- goes to `benchmark browser`
# An implementation is a name, for this bank's own command handler, or NAME=COMMAND, for another one in its place. Results are kept as loop.sh keeps
# them, and runs that are there are not made again; --protocol and --results are loop.sh's too. At the end: ratios with 95 % confidence intervals.
# Each run begins with empty topics and databases: what the bank at this BANK_PORT_OFFSET has is removed. On a terminal it asks before, elsewhere it wants
# --yes; BANK_PORT_OFFSET=100 compare.sh A B measures beside your bank and leaves its data alone.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/all.sh"

runs=3 protocol=geometric results=$BANK_HOME/benchmark options=() implementations=() agreed=()
while (($# > 0)); do
  case $1 in
    --help | -h) show_help "$0"; exit 0 ;;
    --runs) runs=${2:-}; shift 2 || die "--runs takes a number" ;;
    --protocol) protocol=${2:-}; shift 2 || die "--protocol takes original or geometric" ;;
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

# run_until N IMPLEMENTATION: those of its runs up to N that are not there yet.
run_until() {
  local stand_in=()
  [[ $2 != *=* ]] || stand_in=(--stand-in "${2#*=}")
  "$BANK_ROOT/scripts/loop.sh" "$1" "${2%%=*}" --protocol "$protocol" --results "$results" "${agreed[@]}" "${stand_in[@]}" "${options[@]}"
}

for ((run = 1; run <= runs; run++)); do
  for implementation in "${implementations[@]}"; do run_until "$run" "$implementation"; done
done
files() { for ((run = 1; run <= runs; run++)); do printf '%s\n' "$results/${1%%=*}-$protocol-$run.jsonl"; done; }
readarray -t first < <(files "${implementations[0]}")
readarray -t second < <(files "${implementations[1]}")
"$BANK_ROOT/scripts/benchmark.sh" compare --first "${first[@]}" --second "${second[@]}"
