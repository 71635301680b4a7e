#!/usr/bin/env bash
# Makes the data where there is none, then becomes PostgreSQL. Its superuser is reached by the socket alone, as the same user of the system; databases.sh does.
set -euo pipefail
# shellcheck source=../../scripts/cluster/postgres-settings.sh
. /opt/bank/postgres-settings.sh

data=/var/lib/postgresql/bank/data
if [[ ! -s $data/PG_VERSION ]]; then
  # What an initdb that was cut off has left is in the way of the next.
  rm -rf "$data"
  initdb -D "$data" -U postgres -A peer -E UTF8 --locale=C.UTF-8 --no-instructions
fi
cat >"$data/pg_hba.conf" <<CONF
local all postgres peer
host all $DB_USER all scram-sha-256
CONF
{
  printf "listen_addresses = '*'\nport = 5432\nunix_socket_directories = '/run/postgresql'\n"
  postgres_shared_settings "$(command -v postgres)"
} >"$data/bank.conf"
exec postgres -D "$data" -c "config_file=$data/bank.conf"
