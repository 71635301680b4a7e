#!/usr/bin/env bash
# Fills in nginx's settings, then becomes nginx.
# From the environment: UPSTREAM, host and port of graphql-endpoint.
set -euo pipefail
# shellcheck source=../../scripts/lib/pages-settings.sh
. /opt/bank/pages-settings.sh

home=/tmp/nginx
mkdir -p "$home/tmp"
cp /opt/bank/nginx/nginx.conf "$home/nginx.conf"
pages_settings /opt/bank/nginx/pages.conf.template 0.0.0.0:8181 /srv/pages "$UPSTREAM" >"$home/pages.conf"
exec nginx -p "$home" -c "$home/nginx.conf" -e stderr
