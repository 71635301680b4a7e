#!/usr/bin/env bash
# Makes the role and the databases in the PostgreSQL in its container where they are missing; what exists stays as it is.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../lib/all.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../lib/containers.sh"

[[ ${1:-} != --help && ${1:-} != -h ]] || { show_help "$0"; exit 0; }
choose_engine
mkdir -p "$LOG_DIR"
is_healthy postgres || die "this bank's PostgreSQL does not run" "start it: ${OFFSET_PREFIX}scripts/restart.sh --docker"
run_once databases
service_log databases 1 2>&1 | sed '/^---/d'
