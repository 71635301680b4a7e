#!/usr/bin/env bash
# Makes graphiql/assets anew from npm's packages: see README.md beside this file.
set -euo pipefail
cd "$(dirname "$0")"

for program in npm node gzip; do
  command -v "$program" >/dev/null || { echo "$program is missing; it is only needed to make these assets anew" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp package.json package-lock.json "$work/"
(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund)
modules=$work/node_modules

mkdir -p assets
pack() { gzip --best --no-name --stdout "$1" >"assets/$2.gz"; }
# The map of the sources is not part of this repository.
sed '/^\/\/# sourceMappingURL=/d' "$modules/graphiql/graphiql.min.js" >"$work/graphiql.js"
# The web fonts are most of the style sheet and only a matter of taste; the page uses the system's.
node -e '
  const fs = require("fs");
  const css = fs.readFileSync(process.argv[1], "utf8").replace(/@font-face\s*\{[^}]*\}/g, "");
  if (/url\((?!["\x27]?(?:data:|#))/.test(css)) throw new Error("the style sheet fetches something");
  fs.writeFileSync(process.argv[2], css);
' "$modules/graphiql/graphiql.min.css" "$work/graphiql.css"
pack "$work/graphiql.js" graphiql.js
pack "$work/graphiql.css" graphiql.css
pack "$modules/react/umd/react.production.min.js" react.js
pack "$modules/react-dom/umd/react-dom.production.min.js" react-dom.js

{
  echo "GraphiQL's page holds these packages of npm, each under its own licence."
  for folder in "$modules"/* "$modules"/@*/*; do
    [ -f "$folder/package.json" ] || continue
    licence=$(find "$folder" -maxdepth 1 -iname 'licen[cs]e*' | sort | head -n 1)
    printf '\n======== '
    node -e 'const p = require(process.argv[1]); console.log(`${p.name} ${p.version} (${p.license})`)' "$folder/package.json"
    [ -z "$licence" ] || cat "$licence"
  done
} >LICENSES.txt
ls -l assets
