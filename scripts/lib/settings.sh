# Where things are and on which ports: the one place that knows BANK_PORT_OFFSET. Services get explicit settings.
# shellcheck shell=bash
# shellcheck disable=SC2034  # the names are read by the scripts that source this file

BANK_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
# Folders may be named from where this is called. Parts are started in the root folder and cargo in the repository's, so such a name is completed here.
for name in BANK_HOME BANK_DOWNLOADS BANK_RUN_DIR BANK_BIN_DIR BANK_PAGES_DIR CARGO_TARGET_DIR; do
  [[ -z ${!name:-} || ${!name} == /* ]] || printf -v "$name" '%s' "$PWD/${!name}"
done
BANK_HOME=${BANK_HOME:-$BANK_ROOT/.bank}
BANK_DOWNLOADS=${BANK_DOWNLOADS:-$BANK_HOME/downloads}
BANK_PORT_OFFSET=${BANK_PORT_OFFSET:-0}
# Above 7000 the ports would reach those that systems hand out to clients (from 32768).
BANK_PORT_OFFSET_MAX=7000
if [[ ! $BANK_PORT_OFFSET =~ ^[0-9]{1,4}$ ]] || ((10#$BANK_PORT_OFFSET > BANK_PORT_OFFSET_MAX)); then
  die "BANK_PORT_OFFSET is '$BANK_PORT_OFFSET'; a number from 0 to $BANK_PORT_OFFSET_MAX is allowed (multiples of 100 never collide)"
fi
BANK_PORT_OFFSET=$((10#$BANK_PORT_OFFSET))

# What to write before a command that is to mean this bank.
OFFSET_PREFIX=
((BANK_PORT_OFFSET == 0)) || OFFSET_PREFIX="BANK_PORT_OFFSET=$BANK_PORT_OFFSET "

RUN_DIR=${BANK_RUN_DIR:-$BANK_HOME/run/$BANK_PORT_OFFSET}
PID_DIR=$RUN_DIR/pid
LOG_DIR=$RUN_DIR/log
DATA_DIR=$RUN_DIR/data
# Each log is cut back to its last part when it reaches this size, and one earlier part is kept.
LOG_MAX_BYTES=${BANK_LOG_MAX_BYTES:-67108864}

# Versions and ports.
. "$BANK_ROOT/docker/.env"
for name in POSTGRES_PORT REGISTRY_PORT PAGES_PORT GRAPHQL_PORT PACE_PORT KAFKA_{1,2,3}_PORT {HEARTBEAT,COMMAND_GENERATOR,COMMAND_HANDLER,GRAPHQL_ENDPOINT}_ADMIN_PORT; do
  printf -v "$name" '%s' "$((${!name} + BANK_PORT_OFFSET))"
done
# Broker 1 to 3 each have a port for clients and the next one up for the controllers' quorum.
broker_port() { local name=KAFKA_$1_PORT; printf '%s' "${!name}"; }
controller_port() { printf '%s' "$(($(broker_port "$1") + 1))"; }

# Modules in the order in which they are started, and their admin ports.
MODULES=(command-handler graphql-endpoint command-generator heartbeat)
admin_port() {
  local name=${1^^}_ADMIN_PORT
  name=${name//-/_}
  [[ -n ${!name:-} ]] || die "there is no module '$1'" "modules: ${MODULES[*]}"
  printf '%s' "${!name}"
}

DB_USER=open-bank
DB_PASSWORD=${DB_PASSWORD:-open-bank}
DATABASES=(balancedb transactiondb registry)
REGISTRY_URL=http://localhost:$REGISTRY_PORT/apis/ccompat/v7

KAFKA_HOME=$BANK_DOWNLOADS/kafka-$KAFKA_VERSION
REGISTRY_HOME=$BANK_DOWNLOADS/apicurio-registry-$REGISTRY_VERSION

# What the tests of the containers take from PyPI.
CONTAINER_TOOLS=$BANK_DOWNLOADS/container-tools-$TEST_PODMAN_COMPOSE_VERSION-$TEST_HADOLINT_VERSION

# How many brokers this run has: what it was started with, until restart.sh is told otherwise.
broker_count() { if [[ -r $RUN_DIR/brokers ]]; then cat "$RUN_DIR/brokers"; else printf 1; fi; }

# The brokers' addresses as clients want them.
kafka_brokers() {
  local node list=
  for ((node = 1; node <= $(broker_count); node++)); do list+=${list:+,}localhost:$(broker_port "$node"); done
  printf '%s' "$list"
}

# Exports what every module, test and tool needs to find this cluster (docs/contract.md has the names).
export_cluster_settings() {
  KAFKA_BROKERS=$(kafka_brokers)
  export KAFKA_BROKERS SCHEMA_REGISTRY_URL=$REGISTRY_URL
  export DB_HOSTNAME=localhost DB_PORT=$POSTGRES_PORT DB_USER DB_PASSWORD
}
