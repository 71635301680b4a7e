#!/usr/bin/env bash
# Shows what of the bank in containers is up: each container's state, memory, and for the modules their lag. Exit code 1 when one is down or not healthy.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../lib/all.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../lib/containers.sh"

for argument in "$@"; do
  case $argument in
    --docker) ;;
    --help | -h) show_help "$0"; exit 0 ;;
    *) die "unknown argument '$argument'" "see $0 --help" ;;
  esac
done
choose_engine
note_processes
all_well=yes
printf '%-18s %14s %9s %8s  %s\n' service container memory lag state
for service in $(container_services); do
  id=$(container_of "$service") memory=- state=down part_lag=-
  if [[ -n $id && $(inspect "$service" '{{.State.Running}}') == true ]]; then
    memory=$("$ENGINE" stats --no-stream --format '{{.MemUsage}}' "$id" 2>/dev/null)
    memory=${memory%% /*}
    state='up, not healthy'
    ! is_healthy "$service" || state=healthy
    if [[ " ${MODULES[*]} " == *" $service "* ]]; then part_lag=$(lag "$service"); fi
  fi
  [[ $state == healthy ]] || all_well=
  printf '%-18s %14s %9s %8s  %s\n' "$service" "${id:--}" "$memory" "$part_lag" "$state"
done
[[ -n $all_well ]]
