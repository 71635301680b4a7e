# Processes that outlive the script that starts them: each has a file with its id and its start time, so that a number which the
# system has handed to somebody else's process since is never signalled.
# shellcheck shell=bash

STOP_TIMEOUT_MS=${BANK_STOP_TIMEOUT_MS:-12000}

# The kernel's start time of a process, in ticks since boot; empty when there is none.
start_time() {
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
  # The second field, the name in parentheses, may hold spaces.
  stat=${stat##*) }
  # shellcheck disable=SC2086  # split into fields on purpose
  set -- $stat
  # A zombie has ended already: its parent has not asked yet. With threads that still end it holds its ports.
  [[ $1 == Z && ${18} -le 1 ]] || printf '%s' "${20}"
}

# running_pid NAME: prints the process id and succeeds when what we started under that name still runs.
running_pid() {
  local pid started
  { read -r pid started <"$PID_DIR/$1"; } 2>/dev/null || return 1
  [[ $pid =~ ^[0-9]+$ && -n $started && $(start_time "$pid") == "$started" ]] || return 1
  printf '%s' "$pid"
}

# start_process NAME COMMAND...: in a session of its own (a Ctrl-C here does not reach it), its output appended to its log, so that the log
# can be cut while it runs. The log of the run before is kept as NAME.previous.log.
start_process() {
  local name=$1 log=$LOG_DIR/$1.log pid
  shift
  mkdir -p "$PID_DIR" "$LOG_DIR"
  if pid=$(running_pid "$name"); then die "$name runs already (process $pid)"; fi
  [[ -s $log ]] && mv -f "$log" "$LOG_DIR/$name.previous.log"
  (cd / && exec setsid "$@") >>"$log" 2>&1 </dev/null &
  pid=$!
  printf '%s %s\n' "$pid" "$(start_time "$pid")" >"$PID_DIR/$name"
}

# signal_process NAME SIGNAL. SIGKILL goes to its children too: nginx's would go on without it.
signal_process() {
  local pid
  pid=$(running_pid "$1") || return 0
  if [[ $2 == KILL ]] && kill -s KILL -- "-$pid" 2>/dev/null; then return 0; fi
  kill -s "$2" "$pid" 2>/dev/null || warn "could not send SIG$2 to $1 (process $pid): is it another user's?"
}

# stop_processes SIGNAL NAME...: asks all of them at once, waits, and kills what is left after STOP_TIMEOUT_MS.
stop_processes() {
  local signal=$1 name deadline_ms
  shift
  for name in "$@"; do signal_process "$name" "$signal"; done
  deadline_ms=$(($(now_ms) + STOP_TIMEOUT_MS))
  for name in "$@"; do
    while running_pid "$name" >/dev/null; do
      if (($(now_ms) > deadline_ms)); then
        warn "$name did not stop within $((STOP_TIMEOUT_MS / 1000)) s: killing it"
        signal_process "$name" KILL
        sleep 0.2
        break
      fi
      sleep 0.05
    done
    running_pid "$name" >/dev/null || rm -f "$PID_DIR/$name"
  done
}

# wait_until WHAT NAME TIMEOUT_S COMMAND...: polls COMMAND; gives up when the time is over or the process NAME ended, and shows why.
wait_until() {
  local what=$1 name=$2 timeout_s=$3 deadline_ms
  shift 3
  deadline_ms=$(($(now_ms) + timeout_s * 1000))
  until "$@" >/dev/null 2>&1; do
    if ! running_pid "$name" >/dev/null; then show_log "$name"; die "$what: $name ended while starting" "its log: $LOG_DIR/$name.log"; fi
    if (($(now_ms) > deadline_ms)); then show_log "$name"; die "$what: not there after $timeout_s s" "its log: $LOG_DIR/$name.log"; fi
    sleep 0.05
  done
}

# show_log NAME [LINES]: the end of its log, marked as such.
show_log() {
  local log=$LOG_DIR/$1.log
  [[ -s $log ]] || { printf -- '--- %s wrote no log\n' "$1" >&2; return 0; }
  { printf -- '--- the end of %s\n' "$log"; tail -n "${2:-30}" "$log"; printf -- '---\n'; } >&2
}
