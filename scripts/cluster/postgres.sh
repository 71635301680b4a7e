# PostgreSQL from the system's packages, with data of our own: the distribution's service is not used.
# shellcheck shell=bash

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
postgres_template() { printf '%s/postgres-%s-registry-%s.tar' "$BANK_DOWNLOADS" "$("$(postgres_bin)/postgres" --version | awk '{ print $3 }')" "$(pinned_version registry)"; }

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

# postgres_settings: durability stays on (fsync, synchronous_commit, full_page_writes are PostgreSQL's defaults and must stay so).
postgres_settings() {
  local wal_compression=on
  # Cheaper than the method that every build has.
  ! ldd "$(postgres_bin)/postgres" 2>/dev/null | grep -q liblz4 || wal_compression=lz4
  cat <<CONF
listen_addresses = 'localhost'
port = $POSTGRES_PORT
# Clients come by TCP; a socket's path would have to be short and reachable for everyone.
unix_socket_directories = ''
max_connections = 200
shared_buffers = 512MB
effective_cache_size = 2GB
maintenance_work_mem = 128MB
# Large batches of COPY: fewer, spread checkpoints, and less to write.
wal_compression = $wal_compression
max_wal_size = 2GB
min_wal_size = 256MB
checkpoint_timeout = 10min
checkpoint_completion_target = 0.9
# A writer whose machine went away loses its connection, and with it the handler's lock, in seconds instead of hours.
tcp_keepalives_idle = 5
tcp_keepalives_interval = 2
tcp_keepalives_count = 3
tcp_user_timeout = 10000
client_connection_check_interval = 2000
idle_in_transaction_session_timeout = 60000
# No just-in-time compilation: statements here are small and many.
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %u@%d '
log_checkpoints = off
log_min_duration_statement = 2000
CONF
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

# psql_as_superuser ARGUMENTS...
psql_as_superuser() {
  PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE") PGOPTIONS='-c client_min_messages=warning' "$(postgres_bin)/psql" -X -q -v ON_ERROR_STOP=1 -h localhost -p "$POSTGRES_PORT" -U postgres "$@"
}

# The role and the databases; what exists stays as it is. The modules bring their own tables.
postgres_setup() {
  psql_as_superuser -d postgres -v role="$DB_USER" -v password="$DB_PASSWORD" -v databases="${DATABASES[*]}" <<'SQL'
SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
ALTER ROLE :"role" LOGIN CREATEDB PASSWORD :'password';
-- The handler ends a former writer's connection, and finds it in pg_stat_activity.
GRANT pg_signal_backend, pg_read_all_stats TO :"role";
SELECT format('CREATE DATABASE %I OWNER %I', wanted, :'role') FROM string_to_table(:'databases', ' ') wanted
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = wanted) \gexec
SQL
}
