#!/usr/bin/env bash
# Runs the Python handler, after getting its packages into .venv beside this file. The bank's addresses come by the environment.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
if ! cmp -s requirements.txt .venv/installed; then
  python3 -m venv .venv || { echo "error: python3 cannot make a virtual environment; install it: apt install python3-venv" >&2; exit 1; }
  .venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements.txt
  cp requirements.txt .venv/installed
fi
[[ ${1:-} != --install-only ]] || exit 0
exec .venv/bin/python handler.py
