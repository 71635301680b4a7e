# The results that loop.sh keeps.
# shellcheck shell=bash

# result_file FOLDER CATEGORY PROTOCOL RUN
result_file() { printf '%s/%s-%s-%s.jsonl' "$@"; }

# is_whole_run FILE: whether it was finished.
is_whole_run() { [[ -s $1 ]] && tail -n 1 "$1" | grep -q '"kind":"end"' && ! tail -n 1 "$1" | grep -q '"interrupted"'; }
