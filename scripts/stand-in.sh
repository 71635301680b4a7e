#!/usr/bin/env bash
# Starts a program of your own in the place of a module that restart.sh --without left out, with the environment that the module would get.
#   restart.sh --without command-handler
#   stand-in.sh command-handler examples/python-handler/run.sh
#   stand-in.sh command-handler target/release/command-handler --one-by-one
# It runs in the background like any part: status.sh shows it, part.sh stops, kills and starts it, `benchmark browser` counts what it uses, its
# log is beside the others. docs/swap-a-handler.md says what it must do.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/all.sh"

case ${1:-} in --help | -h | '') show_help "$0"; exit 0 ;; esac
(($# >= 2)) || die "a module and a command are wanted" "see $0 --help"
module=$1
shift
require_linux
[[ -d $PID_DIR ]] || die "no bank was started at $RUN_DIR" "start it: ${OFFSET_PREFIX}scripts/restart.sh --without $module"
[[ " ${MODULES[*]} " == *" $module "* ]] || die "there is no module '$module'" "modules: ${MODULES[*]}"
is_left_out "$module" || die "this bank has its own $module" "leave it out: ${OFFSET_PREFIX}scripts/restart.sh --without $module"
! pid=$(running_pid "$module") || die "$module runs already (process $pid)" "stop it: ${OFFSET_PREFIX}scripts/part.sh stop $module"
# It is started in the root folder. A link stays one: the python of a venv knows by its own path what it belongs to.
program=$(type -P -- "$1") || die "there is no program '$1'" "name it by its path"
shift
printf '%s\0' "$(realpath -s -- "$program")" "$@" >"$(stand_in_file "$module")"
start_part "$module"
# Long enough to see one that ends at once.
for ((look = 0; look < 10; look++)); do
  running_pid "$module" >/dev/null || { show_log "$module"; die "$program ended at once" "its log: $LOG_DIR/$module.log"; }
  sleep 0.1
done
say "$module: $program was started, and runs after a second; its log: $LOG_DIR/$module.log"
