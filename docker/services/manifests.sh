#!/bin/sh
# Copies what decides which crates are built, with an empty source in the place of each of ours.
#   manifests.sh OUT
set -eu
out=$1
mkdir -p "$out"
cp -R Cargo.toml Cargo.lock rust-toolchain.toml clippy.toml rustfmt.toml "$out"
# .cargo/config.toml, where a site has one, says where crates come from.
[ ! -d .cargo ] || cp -R .cargo "$out"
find . -path ./target -prune -o -mindepth 2 -name Cargo.toml -print | while read -r manifest; do
  crate=$(dirname "$manifest")
  mkdir -p "$out/$crate"
  cp "$manifest" "$out/$crate/"
  find "$crate" \( -path '*/src/lib.rs' -o -path '*/src/main.rs' -o -path '*/src/bin/*.rs' -o -path '*/tests/*.rs' -o -path '*/benches/*.rs' -o -path '*/examples/*.rs' \) -print | while read -r source; do
    mkdir -p "$out/$(dirname "$source")"
    case $source in
      */lib.rs) : >"$out/$source" ;;
      *) echo 'fn main() {}' >"$out/$source" ;;
    esac
  done
done
