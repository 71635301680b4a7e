# The schema registry, Apicurio with its Confluent-compatible API; it keeps its schemas in the database `registry`.
# shellcheck shell=bash

. "$(dirname "${BASH_SOURCE[0]}")/registry-settings.sh"

registry_start() (
  jars=("$REGISTRY_HOME"/apicurio-registry-app-*-runner.jar)
  [[ -r ${jars[0]} ]] || die "the schema registry is not in $REGISTRY_HOME" "get it with scripts/prepare.sh"
  mkdir -p "$DATA_DIR/registry-tmp"
  export QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT=$REGISTRY_PORT
  registry_settings "localhost:$POSTGRES_PORT"
  start_process registry java "${REGISTRY_JAVA_OPTIONS[@]}" "$(class_archive_option registry)" "-Djava.io.tmpdir=$DATA_DIR/registry-tmp" -jar "${jars[0]}"
)

registry_is_up() { curl -sf -m 2 "$REGISTRY_URL/subjects"; }
registry_wait() { wait_until "the schema registry at $REGISTRY_URL" registry 90 registry_is_up; }
