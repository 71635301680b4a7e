#!/usr/bin/env bash
# Stops everything that was started for this bank, by process id: SIGTERM, and SIGKILL after 12 s.
#   clean.sh           stop; data, logs and downloads stay
#   clean.sh --data    stop, and remove this bank's data and logs (downloads and builds stay)
# Another bank's processes and data are never touched: BANK_PORT_OFFSET says which one is meant (0 if not set).
set -euo pipefail
[[ " $* " != *" --docker "* ]] || exec "$(dirname "${BASH_SOURCE[0]}")/containers/clean.sh" "$@"
. "$(dirname "${BASH_SOURCE[0]}")/lib/all.sh"

remove_data=
for argument in "$@"; do
  case $argument in
    --data) remove_data=yes ;;
    --help | -h) show_help "$0"; exit 0 ;;
    *) die "unknown argument '$argument'" "see $0 --help" ;;
  esac
done
require_linux

if [[ ! -d $RUN_DIR ]]; then
  say "Nothing to stop: no bank was started at $RUN_DIR"
  exit 0
fi
started_ms=$(now_ms)
running=$(running_parts | tr '\n' ' ')
if [[ -n $running ]]; then
  say "Stopping ${running% }"
  stop_all_parts
fi
[[ -z $(running_parts) ]] || die "still running: $(running_parts | tr '\n' ' ')" "were they started by another user?"
if [[ -n $remove_data ]]; then
  size_bytes=$(run_data_bytes)
  wipe_run
  rm -rf "$RUN_DIR"
  rmdir "$(dirname "$RUN_DIR")" 2>/dev/null || true
  say "Removed $(human_size "$size_bytes") of data and logs: $RUN_DIR"
fi
report_step stopped "$started_ms"
