# For scripts that bring up a bank or a cluster of their own in a temporary folder, and must leave nothing behind however they end.
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/say.sh"
. "$(dirname "${BASH_SOURCE[0]}")/checks.sh"

# begin_rehearsal NAME: chooses folder and ports. To be called before all.sh is sourced, which takes them from here.
begin_rehearsal() {
  REHEARSAL_DIR=$(mktemp -d "${TMPDIR:-/tmp}/bank-$1-XXXXXXXX")
  # PostgreSQL's user must be able to enter.
  chmod 711 "$REHEARSAL_DIR"
  BANK_RUN_DIR=$REHEARSAL_DIR/run
  BANK_PORT_OFFSET=$(free_offset)
  export BANK_RUN_DIR BANK_PORT_OFFSET
}

end_rehearsal() {
  end_stage
  "$BANK_ROOT/scripts/clean.sh" --data >/dev/null 2>&1 || true
  rm -rf "$REHEARSAL_DIR"
}

# The processes that belong to a run in this folder: each of them inherited BANK_RUN_DIR.
processes_of_run() {
  local environ
  for environ in /proc/[0-9]*/environ; do
    { tr '\0' '\n' <"$environ"; } 2>/dev/null | grep -qxF "BANK_RUN_DIR=$1" && printf '%s ' "$(basename "$(dirname "$environ")")"
  done
  return 0
}

# run_stage COMMAND...: runs it in a process group of its own, so that it and its children can be ended at once when this script is told to stop.
STAGE_PID=
run_stage() {
  set -m
  "$@" </dev/null &
  STAGE_PID=$!
  set +m
  local code=0
  wait "$STAGE_PID" || code=$?
  STAGE_PID=
  return "$code"
}

# end_stage: ends the running stage.
end_stage() { end_group "$STAGE_PID"; }

# end_group [PROCESS]: what that process started in its group is asked to end, and gets 30 s to clean up after itself.
end_group() {
  local deadline_ms
  [[ -n ${1:-} ]] || return 0
  deadline_ms=$(($(now_ms) + 30000))
  kill -TERM -- "-$1" 2>/dev/null || return 0
  while kill -0 -- "-$1" 2>/dev/null && (($(now_ms) < deadline_ms)); do sleep 0.1; done
  kill -KILL -- "-$1" 2>/dev/null || true
}
