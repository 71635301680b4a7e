# What every script starts with.
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR
LIB_DIR=$(dirname "${BASH_SOURCE[0]}")
. "$LIB_DIR/say.sh"
. "$LIB_DIR/settings.sh"
. "$LIB_DIR/process.sh"
. "$LIB_DIR/../cluster/java.sh"
. "$LIB_DIR/../cluster/postgres.sh"
. "$LIB_DIR/../cluster/kafka.sh"
. "$LIB_DIR/../cluster/registry.sh"
. "$LIB_DIR/pages.sh"
. "$LIB_DIR/parts.sh"
. "$LIB_DIR/checks.sh"
