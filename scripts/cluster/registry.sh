# The schema registry, Apicurio with its Confluent-compatible API; it keeps its schemas in the database `registry`.
# shellcheck shell=bash

registry_start() {
  local jars=("$REGISTRY_HOME"/apicurio-registry-app-*-runner.jar)
  [[ -r ${jars[0]} ]] || die "the schema registry is not in $REGISTRY_HOME" "get it with scripts/prepare.sh"
  mkdir -p "$DATA_DIR/registry-tmp"
  QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT=$REGISTRY_PORT QUARKUS_HTTP_ACCESS_LOG_ENABLED=false \
    APICURIO_STORAGE_KIND=sql APICURIO_STORAGE_SQL_KIND=postgresql \
    APICURIO_DATASOURCE_URL=jdbc:postgresql://localhost:$POSTGRES_PORT/registry \
    APICURIO_DATASOURCE_USERNAME=$DB_USER APICURIO_DATASOURCE_PASSWORD=$DB_PASSWORD \
    start_process registry java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError -Xlog:disable -Xlog:all=error:stderr \
    "$(class_archive_option registry)" "-Djava.io.tmpdir=$DATA_DIR/registry-tmp" -jar "${jars[0]}"
}

registry_is_up() { curl -sf -m 2 "$REGISTRY_URL/subjects"; }
registry_wait() { wait_until "the schema registry at $REGISTRY_URL" registry 90 registry_is_up; }
