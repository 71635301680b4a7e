#!/bin/sh
# Makes a root file system of each program: the program without its debug information, the libraries that it names, and who it runs as.
#   collect.sh FOLDER_OF_PROGRAMS OUT [NAME...]    those that images are made of, if none is named
set -eu
programs=$1 out=$2
shift 2
[ $# -gt 0 ] || set -- synchronizer heartbeat command-generator command-handler graphql-endpoint audit
for name; do
  root=$out/$name
  mkdir -p "$root/etc"
  strip -o "$root/$name" "$programs/$name"
  # "name => /path (address)" and, for the loader, "/path (address)".
  ldd "$programs/$name" | sed -n 's/.*=> *\(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p' | while read -r library; do
    mkdir -p "$root/$(dirname "$library")"
    cp -L "$library" "$root/$library"
  done
  echo 'bank:x:10001:10001::/:/nonexistent' >"$root/etc/passwd"
  echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
done
