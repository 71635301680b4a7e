#!/usr/bin/env bash
# Stops, kills or starts one part of a running bank, to see what the others make of it.
#   part.sh stop|kill|start|restart PART
# Parts: postgres, registry, kafka-1 (to kafka-3), command-handler, graphql-endpoint, command-generator, heartbeat, pages.
# `kill` is SIGKILL; `start` waits until the part is ready; `restart` is stop, then start. Data stays.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/all.sh"

case ${1:-} in --help | -h | '') show_help "$0"; exit 0 ;; esac
(($# == 2)) || die "an action and a part are wanted" "see $0 --help"
action=$1
part=$2
require_linux
[[ -d $PID_DIR ]] || die "no bank was started at $RUN_DIR" "start it: scripts/restart.sh"
[[ " $(all_parts) " == *" $part "* ]] || die "there is no part '$part'" "parts: $(all_parts)"

started_ms=$(now_ms)
case $action in
  stop) stop_part "$part" ;;
  kill) stop_processes KILL "$part" ;;
  start) start_part "$part"; wait_part "$part" ;;
  restart) stop_part "$part"; start_part "$part"; wait_part "$part" ;;
  *) die "there is no action '$action'" "see $0 --help" ;;
esac
report_step "$action $part" "$started_ms"
