#!/usr/bin/env bash
# Chooses a temporary folder and free ports for a bank of a program's own, and prints where that bank's parts will be: NAME=value, one a line.
#   place.sh NAME [OFFSET]
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/rehearsal.sh"

begin_rehearsal "${1:?a name for the folder}"
BANK_PORT_OFFSET=${2:-$BANK_PORT_OFFSET}
. "$(dirname "${BASH_SOURCE[0]}")/all.sh"
export_cluster_settings
for name in REHEARSAL_DIR BANK_RUN_DIR BANK_PORT_OFFSET PID_DIR LOG_DIR DATA_DIR GRAPHQL_PORT PACE_PORT POSTGRES_PORT REGISTRY_PORT SCHEMA_REGISTRY_URL DB_USER DB_PASSWORD; do
  printf '%s=%s\n' "$name" "${!name}"
done
for node in 1 2 3; do printf 'BROKER_%s_PORT=%s\n' "$node" "$(broker_port "$node")"; done
for module in "${MODULES[@]}"; do
  variable=${module^^}_ADMIN_PORT
  printf '%s=%s\n' "${variable//-/_}" "$(admin_port "$module")"
done
