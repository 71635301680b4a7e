#!/usr/bin/env bash
# Stops what up.sh started (and modules, which cannot live without it). Data stays.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/../clean.sh" "$@"
