#!/usr/bin/env bash
# Builds the bank's images and prints how large they are.
#   prepare.sh --docker              from the sources, everything inside containers
#   prepare.sh --docker --prebuilt   from programs, pages and jars that this machine has built and downloaded already (BANK_BIN_DIR names other programs)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../lib/all.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../lib/containers.sh"

prebuilt=
for argument in "$@"; do
  case $argument in
    --docker) ;;
    --prebuilt) prebuilt=yes ;;
    --help | -h) show_help "$0"; exit 0 ;;
    *) die "unknown argument '$argument'" "see $0 --help" ;;
  esac
done
choose_engine
mkdir -p "$RUN_DIR" "$LOG_DIR"
say "Building images with $ENGINE"

# stage_prebuilt: a folder with just what the images take.
stage_prebuilt() {
  [[ -x $BIN_DIR/command-handler && -x $BIN_DIR/audit ]] || die "there are no built programs in $BIN_DIR" "cargo build --release --bins, or name another folder: BANK_BIN_DIR"
  has_downloads || die "Kafka and the registry are not in $BANK_DOWNLOADS" "scripts/prepare.sh gets them"
  [[ -s $PAGES_DIR/index.html ]] || die "the pages are not built" "(cd frontend && npm ci && npm run build)"
  rm -rf "$context"
  mkdir -p "$context"/{scripts,frontend,prebuilt}
  cp -R "$BANK_ROOT/docker" "$context/"
  cp -R "$BANK_ROOT/scripts/lib" "$BANK_ROOT/scripts/cluster" "$context/scripts/"
  cp -R "$BANK_ROOT/frontend/nginx" "$context/frontend/"
  "$DOCKER_DIR/services/collect.sh" "$BIN_DIR" "$context/prebuilt/programs"
  cp -R "$KAFKA_HOME" "$context/prebuilt/kafka"
  cp -R "$REGISTRY_HOME" "$context/prebuilt/registry"
  cp -R "$PAGES_DIR" "$context/prebuilt/pages"
}

# build IMAGE FOLDER [ARGUMENT=VALUE...]
build() {
  local image=$1 folder=$2 argument arguments=() started_ms
  shift 2
  started_ms=$(now_ms)
  for argument in "$@"; do arguments+=(--build-arg "$argument"); done
  # What is fetched comes the way that this machine fetches.
  "$ENGINE" build --network host -f "$context/docker/$folder/Dockerfile" --target "$([[ -z $prebuilt || $image == postgres ]] && printf %s "$image" || printf prebuilt)" -t "open-bank-mark/$image:$IMAGE_TAG" "${arguments[@]}" "$context" >"$LOG_DIR/build-$image.log" 2>&1 || {
    tail -n 40 "$LOG_DIR/build-$image.log" >&2
    die "the image $image could not be built" "its log: $LOG_DIR/build-$image.log"
  }
  report_step "$image" "$started_ms"
}

began_ms=$(now_ms)
context=$BANK_ROOT
if [[ -n $prebuilt ]]; then
  context=$RUN_DIR/context
  trap 'rm -rf "$context"' EXIT
  stage_prebuilt
fi
versions=(KAFKA_VERSION="$KAFKA_VERSION" REGISTRY_VERSION="$REGISTRY_VERSION" SLF4J_VERSION="$SLF4J_VERSION" JAVA_VERSION="$JAVA_VERSION")

build postgres postgres DEBIAN_IMAGE="$DEBIAN_IMAGE" POSTGRES_VERSION="$POSTGRES_VERSION"
build kafka kafka DEBIAN_IMAGE="$DEBIAN_IMAGE" "${versions[@]}"
build registry registry DEBIAN_IMAGE="$DEBIAN_IMAGE" "${versions[@]}"
build frontend frontend DEBIAN_IMAGE="$DEBIAN_IMAGE" NODE_IMAGE="$NODE_IMAGE"
for service in synchronizer heartbeat command-generator command-handler graphql-endpoint audit; do
  build "$service" services RUST_IMAGE="$RUST_IMAGE" PROGRAM="$service"
done
report_step "all images" "$began_ms"
say ""
for image in "${IMAGES[@]}"; do
  printf '%-20s %8s\n' "$image" "$(human_size "$("$ENGINE" image inspect --format '{{.Size}}' "open-bank-mark/$image:$IMAGE_TAG")")"
done
