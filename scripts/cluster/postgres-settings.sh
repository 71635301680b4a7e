# What every PostgreSQL of this bank has, however it runs: postgres.sh and the container's scripts add where it is and how its superuser is reached.
# shellcheck shell=bash

# postgres_shared_settings PROGRAM: durability stays on (fsync, synchronous_commit, full_page_writes are PostgreSQL's defaults and must stay so).
postgres_shared_settings() {
  local wal_compression=on
  # Cheaper than the method that every build has.
  ! ldd "$1" 2>/dev/null | grep -q liblz4 || wal_compression=lz4
  cat <<CONF
max_connections = 200
shared_buffers = 512MB
effective_cache_size = 2GB
maintenance_work_mem = 128MB
# Large batches of COPY: fewer, spread checkpoints, and less to write.
wal_compression = $wal_compression
max_wal_size = 4GB
min_wal_size = 256MB
checkpoint_timeout = 30min
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
log_checkpoints = on
log_min_duration_statement = 2000
CONF
}

# postgres_databases PSQL...: the role and the databases, by that command; what exists stays as it is. The modules bring their own tables.
postgres_databases() {
  PGOPTIONS='-c client_min_messages=warning' "$@" -X -q -v ON_ERROR_STOP=1 -U postgres -d postgres \
    -v role="$DB_USER" -v password="$DB_PASSWORD" -v databases="${DATABASES[*]}" <<'SQL'
SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
ALTER ROLE :"role" LOGIN CREATEDB PASSWORD :'password';
-- The handler ends a former writer's connection, and finds it in pg_stat_activity.
GRANT pg_signal_backend, pg_read_all_stats TO :"role";
SELECT format('CREATE DATABASE %I OWNER %I', wanted, :'role') FROM string_to_table(:'databases', ' ') wanted
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = wanted) \gexec
SQL
}
