#!/usr/bin/env bash
# Brings the topics and schemas of the bank in containers to what topology says. Arguments go to the synchronizer, such as --dry-run.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../lib/all.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../lib/containers.sh"

[[ ${1:-} != --help && ${1:-} != -h ]] || { show_help "$0"; exit 0; }
arguments=()
for argument in "$@"; do [[ $argument == --docker ]] || arguments+=("$argument"); done
choose_engine
mkdir -p "$LOG_DIR"
compose run --rm --no-deps synchronizer "${arguments[@]}"
