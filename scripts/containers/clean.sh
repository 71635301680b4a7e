#!/usr/bin/env bash
# Stops and removes the containers of this bank.
#   clean.sh --docker            the data stays, in volumes
#   clean.sh --docker --data     removes the data too
#   clean.sh --docker --images   removes data and images
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../lib/all.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../lib/containers.sh"

data='' images=''
for argument in "$@"; do
  case $argument in
    --docker) ;;
    --data) data=yes ;;
    --images) data=yes images=yes ;;
    --help | -h) show_help "$0"; exit 0 ;;
    *) die "unknown argument '$argument'" "see $0 --help" ;;
  esac
done
choose_engine
started_ms=$(now_ms)
mkdir -p "$LOG_DIR"
options=()
[[ -z $data ]] || options=(-v)
compose down "${options[@]}" >>"$LOG_DIR/compose.log" 2>&1 || { tail -n 20 "$LOG_DIR/compose.log" >&2; die "not all could be removed"; }
if [[ -n $images ]]; then
  for image in "${IMAGES[@]}"; do "$ENGINE" rmi "open-bank-mark/$image:$IMAGE_TAG" >/dev/null 2>&1 || true; done
fi
rm -rf "$PID_DIR"
[[ -z $data ]] || rm -rf "$RUN_DIR"
report_step "stopped${data:+, and its data removed}" "$started_ms"
