#!/usr/bin/env bash
# Keeps logs from growing without bound: one above the limit is cut, its last quarter kept as NAME.previous.log.
# Its writers append (O_APPEND), so they go on at the new end.
set -euo pipefail
log_dir=$1
max_bytes=$2

# A pipe that nobody writes to: waiting on it needs no sleep command, which a signal would leave behind.
exec {silence}<> <(:)
while [[ -d $log_dir ]]; do
  for log in "$log_dir"/*.log; do
    [[ $log == *.previous.log || ! -f $log ]] && continue
    if (($(stat -c %s "$log") > max_bytes)); then
      tail -c "$((max_bytes / 4))" "$log" >"${log%.log}.previous.log"
      : >"$log"
    fi
  done
  read -r -t 10 -u "$silence" || true
done
