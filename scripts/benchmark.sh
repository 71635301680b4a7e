#!/usr/bin/env bash
# Measures a running bank, see docs/benchmark.md. Builds the program and tells it where this bank is.
#   benchmark.sh make-accounts --count 10000
#   benchmark.sh commands --mode open --rate 1000 --seconds 60 --accounts 10000
#   benchmark.sh floor
#   benchmark.sh browser --protocol geometric
#   benchmark.sh report benchmark/results/browser/mapping.toml
#   benchmark.sh commands --help    every option
#   benchmark.sh --docker browser --protocol geometric    of the bank in containers
# BANK_PORT_OFFSET says which bank; BANK_BIN_DIR names programs that are built already.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/all.sh"
if [[ ${1:-} == --docker ]]; then
  . "$(dirname "${BASH_SOURCE[0]}")/lib/containers.sh"
  shift
  [[ " $* " != *" --stop"[\ =]* ]] || die "--stop does not know containers" "without it, the backlog is worked off while it is sent"
fi

case ${1:-} in --help | -h | '') show_help "$0"; exit 0 ;; esac
# What compares results needs no bank.
[[ $1 == report || $1 == compare || -d $PID_DIR ]] || die "no bank was started at $RUN_DIR" "start it: ${OFFSET_PREFIX}scripts/restart.sh"
if [[ -z ${BANK_BIN_DIR:-} ]]; then
  require_cargo
  build_programs
fi
export_cluster_settings
# Not the pages that somebody's shell has in mind.
export BANK_URL=http://localhost:$PAGES_PORT
export BANK_CLUSTER_VERSIONS=kafka=$KAFKA_VERSION,registry=$REGISTRY_VERSION
export BANK_RUN_DIR=$RUN_DIR BANK_PORT_OFFSET BANK_SCRIPTS_DIR=$BANK_ROOT/scripts
exec "$BIN_DIR/benchmark" "$@"
