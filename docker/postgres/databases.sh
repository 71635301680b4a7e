#!/usr/bin/env bash
# Makes the role and the databases in the PostgreSQL whose socket is here.
# From the environment: DB_USER, DB_PASSWORD, DATABASES (names, with a space between them).
set -euo pipefail
# shellcheck source=../../scripts/cluster/postgres-settings.sh
. /opt/bank/postgres-settings.sh

read -ra DATABASES <<<"$DATABASES"
postgres_databases psql -h /run/postgresql
echo "Role $DB_USER and the databases ${DATABASES[*]} are there"
