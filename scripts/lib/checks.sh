# What must hold before anything is started, each with a message that says what to do.
# shellcheck shell=bash

require_linux() {
  [[ $(uname -s) == Linux ]] && return 0
  die "these scripts are for Linux, not for $(uname -s)" \
    "docs/containers.md says how the bank comes up in containers there"
}

# What the tests of the containers need.
# shellcheck disable=SC2034  # for those who source this
CONTAINER_PROGRAMS=(podman runc netavark aardvark-dns iptables debootstrap)

# program_package PROGRAM: the Debian package that has it.
program_package() {
  case $1 in
    java) printf 'default-jre-headless' ;;
    mvn) printf 'maven' ;;
    cc | make) printf 'build-essential' ;;
    pkg-config | curl | shellcheck) printf '%s' "$1" ;;
    setsid | setpriv | flock) printf 'util-linux' ;;
    postgres) printf 'postgresql' ;;
    ps) printf 'procps' ;;
    node) printf 'nodejs' ;;
    chromedriver) printf 'chromium-driver' ;;
    *) printf '%s' "$1" ;;
  esac
}

has_program() {
  case $1 in
    postgres) postgres_bin >/dev/null ;;
    nginx) nginx_program >/dev/null ;;
    netavark | aardvark-dns) [[ -x /usr/lib/podman/$1 || -x /usr/libexec/podman/$1 ]] ;;
    debootstrap | iptables) command -v "$1" >/dev/null || [[ -x /usr/sbin/$1 ]] ;;
    # Debian's python3 cannot make virtual environments by itself.
    python3-venv) command -v python3 >/dev/null && python3 -c 'import ensurepip, venv' 2>/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# missing_programs PROGRAM...: those that are not there, one a line.
missing_programs() {
  local program
  for program in "$@"; do has_program "$program" || printf '%s\n' "$program"; done
}

JAVA_MIN=17
require_java() {
  local version
  version=$(java -version 2>&1 | sed -n '1s/.*version "\([0-9]*\).*/\1/p')
  ((${version:-0} >= JAVA_MIN)) || die "java is version ${version:-unknown}; Kafka and the registry need $JAVA_MIN or newer" \
    "apt install openjdk-17-jre-headless; where an older one is there too: update-alternatives --config java"
}

POSTGRES_MIN=15
require_postgres() {
  local version
  version=$("$(postgres_bin)/postgres" --version | sed -n 's/^[^0-9]*\([0-9]*\).*/\1/p')
  ((${version:-0} >= POSTGRES_MIN)) || die "PostgreSQL is version ${version:-unknown}; the bank needs $POSTGRES_MIN or newer" \
    "Debian 12 and Ubuntu 24.04 have it as postgresql; older ones get it from postgresql.org, 'Download'"
}

require_cargo() {
  command -v cargo >/dev/null || die "cargo is missing" \
    "install Rust by rustup (rust-lang.org, 'Install'; Debian 13 and newer: apt install rustup)" "rust-toolchain.toml then picks the version by itself"
  (cd "$BANK_ROOT" && cargo --version >/dev/null 2>&1) || die "cargo cannot run the toolchain that rust-toolchain.toml asks for" \
    "see what it says: (cd $BANK_ROOT && cargo --version)"
}

port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# port_holder PORT: who listens there, as far as this user may see.
port_holder() {
  local seen=
  command -v ss >/dev/null && seen=$(ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1 (process \2)/p' | head -n 1)
  printf '%s' "${seen:-a program of another user, or one that this system does not name}"
}

# Every port of a part that does not run yet must be free; all that are taken are told at once.
require_free_ports() {
  local part port taken=()
  for part in $(all_parts); do
    running_pid "$part" >/dev/null && continue
    for port in $(part_ports "$part"); do
      if port_is_taken "$port"; then taken+=("port $port, which $part needs: $(port_holder "$port")"); fi
    done
  done
  ((${#taken[@]} == 0)) || die "ports are taken" "${taken[@]}" "end that program, or run this bank on other ports: BANK_PORT_OFFSET=$((BANK_PORT_OFFSET + 100)) $0"
}

# free_mib DIRECTORY, which need not be there yet
free_mib() {
  local dir=$1
  while [[ ! -d $dir ]]; do dir=$(dirname "$dir"); done
  printf '%s' "$(($(df -Pk "$dir" | awk 'NR == 2 { print $4 }') / 1024))"
}

# require_disk DIRECTORY MIB WHAT_FOR
require_disk() {
  local free
  free=$(free_mib "$1")
  ((free >= $2)) || die "too little disk: $free MiB free for $1, $2 MiB wanted for $3" "make room there, or put .bank elsewhere: BANK_HOME=/another/folder"
}

has_downloads() { [[ -d $KAFKA_HOME && -d $REGISTRY_HOME ]]; }

# free_offset: an offset at which all ports of a bank with three brokers are free now.
free_offset() {
  local tries offset port
  for ((tries = 0; tries < 200; tries++)); do
    offset=$((100 * (RANDOM % 68 + 2)))
    for port in 8181 8888 17801 17802 17803 17804 17888 18081 19092 19093 19094 19095 19096 19097 25432; do
      port_is_taken "$((port + offset))" && continue 2
    done
    printf '%s' "$offset"
    return 0
  done
  die "found no offset with all ports free"
}
