# The pages: Node, which builds them, and nginx, which serves them.
# shellcheck shell=bash

. "$(dirname "${BASH_SOURCE[0]}")/pages-settings.sh"

PAGES_SOURCE=$BANK_ROOT/frontend
# BANK_PAGES_DIR names pages that are built already: nothing is built then.
PAGES_DIR=${BANK_PAGES_DIR:-$PAGES_SOURCE/dist}
[[ -z ${BANK_PAGES_DIR:-} || -s $BANK_PAGES_DIR/index.html ]] || die "BANK_PAGES_DIR is '$BANK_PAGES_DIR', where there is no index.html" "build the pages: (cd frontend && npm ci && npm run build)"
# shellcheck disable=SC2153  # settings.sh has PAGES_PORT
PAGES_URL=http://localhost:$PAGES_PORT/

# What Vite needs. A system whose own Node is older gets this one, from the npm registry, for the scripts only.
NODE_MIN=20.19.0
NODE_HOME=$BANK_DOWNLOADS/node-$NODE_VERSION

# node_is_new_enough [PROGRAM]
node_is_new_enough() {
  local version
  version=$("${1:-node}" --version 2>/dev/null) || return 1
  printf '%s\n%s\n' "$NODE_MIN" "${version#v}" | sort -C -V
}

# Puts the Node that prepare.sh got in front where the system's is too old.
use_node() {
  if ! node_is_new_enough && node_is_new_enough "$NODE_HOME/bin/node"; then PATH=$NODE_HOME/bin:$PATH; fi
}

require_node() {
  use_node
  node_is_new_enough || die "Node is $(node --version 2>/dev/null || printf missing); the pages need $NODE_MIN or newer to be built" \
    "scripts/prepare.sh gets it; or name pages that are built already: BANK_PAGES_DIR=/their/folder"
  command -v npm >/dev/null || die "npm is missing" "scripts/prepare.sh gets it"
}

# Whether what package-lock.json names is in node_modules. Packages for other systems are optional, and are not there.
has_node_modules() {
  (cd "$PAGES_SOURCE" && [[ -s node_modules/.package-lock.json ]] && node -e '
    const { readFileSync } = require("node:fs");
    const packages = (path) => JSON.parse(readFileSync(path, "utf8")).packages;
    const there = packages("node_modules/.package-lock.json");
    const missing = Object.entries(packages("package-lock.json")).some(([name, wanted]) => name && !wanted.optional && there[name]?.version !== wanted.version);
    process.exit(missing ? 1 : 0);')
}

# The packages that build and test the pages.
get_node_modules() {
  has_node_modules && return 0
  (cd "$PAGES_SOURCE" && npm ci --no-audit --no-fund --loglevel=error)
}

# Whether the pages are built, or can be, without a network.
can_build_pages() {
  [[ -n ${BANK_PAGES_DIR:-} ]] || (use_node && node_is_new_enough && command -v npm >/dev/null && has_node_modules)
}

# A hash over everything that the build reads.
pages_inputs() {
  (cd "$BANK_ROOT" && find frontend \( -name node_modules -o -name dist -o -name coverage -o -path frontend/e2e -o -path frontend/nginx \) -prune -o -type f -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
}

# Which inputs gave which index.html: it names every other file by its hash.
PAGES_BUILT=$BANK_HOME/pages-built
pages_built() { printf '%s %s\n' "$(pages_inputs)" "$(sha256sum <"$PAGES_DIR/index.html")"; }
pages_are_fresh() { [[ -s $PAGES_DIR/index.html && -s $PAGES_BUILT && $(pages_built) == "$(cat "$PAGES_BUILT")" ]]; }

# Builds the pages where they are not of these inputs. Two banks of one checkout take turns.
build_pages() (
  [[ -z ${BANK_PAGES_DIR:-} ]] || exit 0
  mkdir -p "$BANK_HOME"
  exec {building}>"$BANK_HOME/pages.lock"
  flock "$building"
  pages_are_fresh && exit 0
  started_ms=$(now_ms)
  get_node_modules
  (cd "$PAGES_SOURCE" && npm run --silent build) >"$BANK_HOME/pages-build.log" 2>&1 || { tail -n 30 "$BANK_HOME/pages-build.log" >&2; die "the pages could not be built"; }
  pages_built >"$PAGES_BUILT"
  report_step "the pages, built" "$started_ms"
)

# BANK_PAGES_ENDPOINT: whom the page talks to, `nginx` (which passes it on) or `direct`.
case ${BANK_PAGES_ENDPOINT:-nginx} in
  nginx) PAGES_ENDPOINT='' ;;
  direct) PAGES_ENDPOINT=http://localhost:$GRAPHQL_PORT ;;
  *) die "BANK_PAGES_ENDPOINT is '$BANK_PAGES_ENDPOINT'; nginx or direct is allowed" ;;
esac

nginx_program() { command -v nginx || { [[ -x /usr/sbin/nginx ]] && printf /usr/sbin/nginx; }; }

pages_start() {
  local home=$RUN_DIR/nginx as_user=()
  rm -rf "$home/pages"
  mkdir -p "$home/tmp" "$LOG_DIR" "$BANK_HOME"
  # A copy, so that a build does not take files away from pages that are open.
  [[ ! -d $PAGES_DIR ]] || flock "$BANK_HOME/pages.lock" cp -R "$PAGES_DIR" "$home/pages"
  cp "$PAGES_SOURCE/nginx/nginx.conf" "$home/nginx.conf"
  pages_settings "$PAGES_SOURCE/nginx/pages.conf.template" "127.0.0.1:$PAGES_PORT" "$home/pages" "127.0.0.1:$GRAPHQL_PORT" "$PAGES_ENDPOINT" >"$home/pages.conf"
  # Root's nginx would read the files as another user, who may not reach them. No other user may choose.
  ((EUID != 0)) || as_user=(-g 'user root;')
  start_process pages "$(nginx_program)" -p "$home" -c "$home/nginx.conf" -e stderr "${as_user[@]}"
}

pages_are_served() { curl -sf -m 2 "http://127.0.0.1:$PAGES_PORT/"; }
pages_wait() { wait_until "the pages at $PAGES_URL" pages 30 pages_are_served; }
