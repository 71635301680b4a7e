#!/usr/bin/env bash
# Makes the image that the others are based on from the distribution's own packages, where it is not there yet and no registry of images is within reach. As root; takes half a minute.
#   base.sh
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../lib/all.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../lib/containers.sh"

[[ ${1:-} != --help && ${1:-} != -h ]] || { show_help "$0"; exit 0; }
choose_engine
! "$ENGINE" image inspect "$DEBIAN_IMAGE" >/dev/null 2>&1 || exit 0
((EUID == 0)) || die "debootstrap needs root" "let the engine pull $DEBIAN_IMAGE instead"
started_ms=$(now_ms)
release=${DEBIAN_IMAGE##*:}
release=${release%-slim}
root=$(mktemp -d "${TMPDIR:-/tmp}/bank-base-XXXXXXXX")
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase "$release" "$root/base" >"$root/log" 2>&1 || { tail -n 20 "$root/log" >&2; die "debootstrap failed"; }
rm -rf "$root"/base/var/cache/apt/archives/*.deb
tar -C "$root/base" -c . | "$ENGINE" import - "$DEBIAN_IMAGE" >/dev/null
report_step "base image $DEBIAN_IMAGE, by debootstrap" "$started_ms"
