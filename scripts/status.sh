#!/usr/bin/env bash
# Shows what of this bank is up: each part's process, ports, memory, and for the modules whether they are ready, and their lag (records not yet taken in,
# from their own metrics). Exit code 1 when a part is down or not ready.
set -euo pipefail
[[ " $* " != *" --docker "* ]] || exec "$(dirname "${BASH_SOURCE[0]}")/containers/status.sh" "$@"
. "$(dirname "${BASH_SOURCE[0]}")/lib/all.sh"

case ${1:-} in
  '') ;;
  --help | -h) show_help "$0"; exit 0 ;;
  *) die "unknown argument '$1'" "see $0 --help" ;;
esac
require_linux
[[ -d $PID_DIR ]] || die "no bank was started at $RUN_DIR" "start it: ${OFFSET_PREFIX}scripts/restart.sh"

# Resident memory of the process and its children (PostgreSQL is many), in MiB. Shared pages count once: proportional set size.
memory_mib() {
  local pid kib=0 own
  for pid in "$1" $(ps -o pid= --ppid "$1" 2>/dev/null); do
    own=$(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup" 2>/dev/null) || true
    kib=$((kib + ${own:-0}))
  done
  printf '%d' "$((kib / 1024))"
}

readiness() {
  local answer
  answer=$(curl -s -m 2 "http://localhost:$(admin_port "$1")/readyz" 2>/dev/null) || { printf 'no answer'; return 0; }
  if [[ $answer =~ \"ready\":\ *true ]]; then printf 'ready'; else printf 'not ready: %s' "$answer"; fi
}

all_well=yes
printf '%-18s %8s  %-13s %8s %8s  %s\n' part process ports memory lag state
for part in $(all_parts); do
  if pid=$(running_pid "$part"); then
    state=up part_lag=-
    if is_left_out "$part"; then
      state='up, standing in'
    elif [[ " ${MODULES[*]} " == *" $part "* ]]; then
      state=$(readiness "$part") part_lag=$(lag "$part")
      [[ $state == ready ]] || all_well=
    fi
    printf '%-18s %8s  %-13s %4s MiB %8s  %s\n' "$part" "$pid" "$(part_ports "$part")" "$(memory_mib "$pid")" "${part_lag:--}" "$state"
  else
    all_well=
    printf '%-18s %8s  %-13s %8s %8s  %s\n' "$part" - "$(part_ports "$part")" - - "$(is_left_out "$part" && printf 'left out' || printf down)"
  fi
done
[[ -n $all_well ]]
