#!/usr/bin/env bash
# Brings this bank's topics and schemas to what topology says. Arguments go to the synchronizer, such as
#   synchronize.sh --dry-run           only show what would change (exit code 2 when something would)
#   synchronize.sh --delete-unknown    also delete topics that topology does not have
set -euo pipefail
[[ " $* " != *" --docker "* ]] || exec "$(dirname "${BASH_SOURCE[0]}")/containers/synchronize.sh" "$@"
. "$(dirname "${BASH_SOURCE[0]}")/lib/all.sh"

require_linux
if [[ ! -x $BIN_DIR/synchronizer ]]; then
  require_cargo
  build_programs
fi
export_cluster_settings
exec "$BIN_DIR/synchronizer" "$@"
