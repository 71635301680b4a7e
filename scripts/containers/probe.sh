#!/usr/bin/env bash
# Whether podman runs containers on this machine, with a network and a published port, in a storage of their own: says why not, with exit code 1.
#   probe.sh
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../lib/all.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../lib/containers.sh"

[[ ${1:-} != --help && ${1:-} != -h ]] || { show_help "$0"; exit 0; }
missing=$(missing_programs "${CONTAINER_PROGRAMS[@]}")
[[ -z $missing ]] || { say "missing programs: ${missing//$'\n'/ }"; exit 1; }
((EUID == 0)) || { say "the base image is made by debootstrap, which needs root"; exit 1; }
place=$(mktemp -d "${TMPDIR:-/tmp}/bank-probe-XXXXXXXX")
# podman leaves its storage mounted where it fails.
trap 'umount "$place/images/overlay" 2>/dev/null || true; rm -rf "$place"' EXIT
printf '[storage]\ndriver = "overlay"\ngraphroot = "%s/images"\nrunroot = "%s/images-run"\n' "$place" "$place" >"$place/storage.conf"
export CONTAINERS_STORAGE_CONF=$place/storage.conf BANK_ENGINE=podman
choose_engine
"$DOCKER_DIR/services/collect.sh" /bin "$place/root" true
if ! { tar -C "$place/root/true" -c . | podman import - bank-probe && podman run --rm --read-only --memory 64m -p 127.0.0.1::8181 bank-probe /true; } >"$place/log" 2>&1; then
  say "podman runs no container here: $(tail -n 1 "$place/log")"
  exit 1
fi
