# PostgreSQL from the system's packages, with data of our own: the distribution's service is not used.
# shellcheck shell=bash

. "$(dirname "${BASH_SOURCE[0]}")/postgres-settings.sh"

POSTGRES_PASSWORD_FILE=$RUN_DIR/postgres-password

# The newest installed server's programs; Debian keeps them out of PATH.
postgres_bin() {
  local dir
  for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin | sort -rV) "$(dirname "$(command -v postgres || echo /none/postgres)")"; do
    if [[ -x $dir/postgres && -x $dir/initdb ]]; then printf '%s' "$dir"; return 0; fi
  done
  return 1
}

# PostgreSQL refuses to run as root, so root runs it as the user that the packages made.
as_postgres_user() { if ((EUID == 0)); then setpriv --reuid postgres --regid postgres --init-groups "$@"; else "$@"; fi; }

# The data's folder. Root's checkout may lie where the user postgres cannot enter; then the data lives in /var/tmp, under a name that is kept here.
postgres_data_dir() {
  local kept=$RUN_DIR/postgres-data
  if [[ ! -s $kept ]]; then
    mkdir -p "$DATA_DIR"
    if ((EUID != 0)) || (cd / && as_postgres_user test -x "$DATA_DIR"); then
      printf '%s\n' "$DATA_DIR/postgres" >"$kept"
    else
      mktemp -d /var/tmp/bank-postgres-XXXXXXXX >"$kept"
      chown postgres: "$(cat "$kept")"
    fi
  fi
  cat "$kept"
}

# What a fresh start has after initdb, the role, the databases and the registry's own tables: prepare.sh keeps it, since copying takes a tenth of the time.
postgres_template() { printf '%s/postgres-%s-registry-%s.tar' "$BANK_DOWNLOADS" "$("$(postgres_bin)/postgres" --version | awk '{ print $3 }')" "$REGISTRY_VERSION"; }

# postgres_keep_template: from this run's data, which must be stopped and without anybody's records.
postgres_keep_template() {
  local template
  template=$(postgres_template)
  (umask 077 && tar -C "$(postgres_data_dir)" -cf "$template.new" --exclude=./bank.conf . && cp "$POSTGRES_PASSWORD_FILE" "$template.password")
  mv "$template.new" "$template"
}

postgres_init() {
  local data template
  data=$(postgres_data_dir)
  template=$(postgres_template)
  [[ ! -s $data/PG_VERSION ]] || return 0
  mkdir -p "$data"
  chmod 700 "$data"
  # A template of another user cannot be read, and is not needed.
  if [[ -r $template && -r $template.password ]]; then
    tar -C "$data" --no-same-owner -xf "$template"
    (umask 077 && cp "$template.password" "$POSTGRES_PASSWORD_FILE")
    ((EUID != 0)) || chown -R postgres: "$data"
  else
    postgres_initdb "$data"
  fi
}

# postgres_initdb DIRECTORY
postgres_initdb() {
  local given
  ((EUID != 0)) || chown postgres: "$1"
  (umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$POSTGRES_PASSWORD_FILE")
  # The server's user cannot read ours.
  given=$(mktemp)
  cat "$POSTGRES_PASSWORD_FILE" >"$given"
  ((EUID != 0)) || chown postgres: "$given"
  # Not synced here: the first start's checkpoint does that, and a machine that fails in these seconds starts afresh.
  if ! (cd / && as_postgres_user "$(postgres_bin)/initdb" -D "$1" -U postgres --pwfile="$given" -A scram-sha-256 -E UTF8 \
    --locale=C.UTF-8 --no-sync --no-instructions) >"$LOG_DIR/initdb.log" 2>&1; then
    rm -f "$given"
    tail -n 20 "$LOG_DIR/initdb.log" >&2
    die "initdb failed"
  fi
  rm -f "$given"
}

postgres_settings() {
  cat <<CONF
listen_addresses = 'localhost'
port = $POSTGRES_PORT
# Clients come by TCP; a socket's path would have to be short and reachable for everyone.
unix_socket_directories = ''
CONF
  postgres_shared_settings "$(postgres_bin)/postgres"
}

# A new server refuses to start while a killed one's id is still taken, if only by a zombie, or its children, which all work in the data's folder, hold its memory.
postgres_await_end() {
  local deadline_ms=$(($(now_ms) + 10000)) pid
  [[ -s $1/postmaster.pid ]] || return 0
  read -r pid <"$1/postmaster.pid"
  while grep -qsx postgres "/proc/$pid/comm" || [[ -n $(find /proc -maxdepth 2 -path '/proc/[0-9]*/cwd' -lname "$1" -print -quit 2>/dev/null) ]]; do
    (($(now_ms) < deadline_ms)) || return 0
    sleep 0.05
  done
}

postgres_start() {
  local data
  mkdir -p "$LOG_DIR"
  postgres_init
  data=$(postgres_data_dir)
  postgres_await_end "$data"
  postgres_settings >"$data/bank.conf"
  ((EUID != 0)) || chown postgres: "$data/bank.conf"
  if ((EUID == 0)); then
    start_process postgres setpriv --reuid postgres --regid postgres --init-groups "$(postgres_bin)/postgres" -D "$data" -c "config_file=$data/bank.conf"
  else
    start_process postgres "$(postgres_bin)/postgres" -D "$data" -c "config_file=$data/bank.conf"
  fi
}

postgres_wait() { wait_until "PostgreSQL at localhost:$POSTGRES_PORT" postgres 60 "$(postgres_bin)/pg_isready" -q -h localhost -p "$POSTGRES_PORT"; }

# The role and the databases; what exists stays as it is.
postgres_setup() {
  PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE") postgres_databases "$(postgres_bin)/psql" -h localhost -p "$POSTGRES_PORT"
}
