#!/usr/bin/env bash
# Whether a port of this container takes connections, or, given a path, answers it with 200: health checks without another program.
#   answers.sh PORT [PATH]
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/$1"
[[ -n ${2:-} ]] || exit 0
printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$2" >&3
read -r -t 3 _ code _ <&3
[[ $code == 200 ]]
