#!/usr/bin/env bash
# From the environment: REGISTRY_HEAP_MB, and how Apicurio finds its database.
set -euo pipefail
# shellcheck source=../../scripts/cluster/registry-settings.sh
. /opt/bank/registry-settings.sh

export QUARKUS_HTTP_HOST=0.0.0.0 QUARKUS_HTTP_PORT=8080
registry_settings postgres:5432
exec java "${REGISTRY_JAVA_OPTIONS[@]}" -Djava.io.tmpdir=/tmp -jar /opt/registry/apicurio-registry-app-*-runner.jar
