#!/usr/bin/env bash
# Makes the role and the databases in this bank's PostgreSQL where they are missing; what exists stays as it is.
# The tables are the modules' own: each brings them up to date when it starts.
set -euo pipefail
[[ " $* " != *" --docker "* ]] || exec "$(dirname "${BASH_SOURCE[0]}")/containers/setup-db.sh" "$@"
. "$(dirname "${BASH_SOURCE[0]}")/lib/all.sh"

case ${1:-} in
  '') ;;
  --help | -h) show_help "$0"; exit 0 ;;
  *) die "unknown argument '$1'" "see $0 --help" ;;
esac
require_linux
running_pid postgres >/dev/null || die "this bank's PostgreSQL does not run" "start it: scripts/cluster/up.sh, or the whole bank: scripts/restart.sh"
postgres_setup
say "Role $DB_USER and the databases ${DATABASES[*]} are there, at localhost:$POSTGRES_PORT"
