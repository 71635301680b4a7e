# What the registry has, however it runs: registry.sh and the container's entrypoint add where it listens.
# shellcheck shell=bash

# registry_settings DATABASE_HOST:PORT: exports what Apicurio reads, and sets REGISTRY_JAVA_OPTIONS.
registry_settings() {
  export QUARKUS_HTTP_ACCESS_LOG_ENABLED=false APICURIO_STORAGE_KIND=sql APICURIO_STORAGE_SQL_KIND=postgresql \
    APICURIO_DATASOURCE_URL=jdbc:postgresql://$1/registry APICURIO_DATASOURCE_USERNAME=$DB_USER APICURIO_DATASOURCE_PASSWORD=$DB_PASSWORD
  # shellcheck disable=SC2034  # for those who source this
  REGISTRY_JAVA_OPTIONS=("-Xmx${REGISTRY_HEAP_MB}m" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError -Xlog:disable -Xlog:all=error:stderr)
}
