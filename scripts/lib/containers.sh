# The bank in containers: which engine and which compose there are, and what runs. What is said of a run (process ids, how many brokers) is kept apart from that of the
# bank without containers.
# shellcheck shell=bash

RUN_DIR=$RUN_DIR/containers
PID_DIR=$RUN_DIR/pid
LOG_DIR=$RUN_DIR/log
DOCKER_DIR=$BANK_ROOT/docker
# shellcheck disable=SC2153  # settings.sh has it
PROJECT=$COMPOSE_PROJECT_NAME$( ((BANK_PORT_OFFSET == 0)) || printf -- '-%s' "$BANK_PORT_OFFSET")
IMAGES=(kafka registry postgres synchronizer heartbeat command-generator command-handler graphql-endpoint audit frontend)

# podman-compose and hadolint, where prepare.sh --for-tests got them.
[[ ! -d $CONTAINER_TOOLS ]] || PATH=$PATH:$CONTAINER_TOOLS/bin

# Sets ENGINE and COMPOSE. BANK_ENGINE names the one that is wanted where both are there.
choose_engine() {
  require_linux
  case ${BANK_ENGINE:-} in
    '')
      if docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; then ENGINE=docker
      elif command -v podman >/dev/null && command -v podman-compose >/dev/null; then ENGINE=podman
      else
        die "there is no container engine with compose" "Docker with its compose plugin (docker.com, 'Install'), or podman and podman-compose (Debian: apt install podman runc netavark aardvark-dns; pip install podman-compose)" \
          "a docker program whose engine does not answer counts as none"
      fi
      ;;
    docker | podman) ENGINE=$BANK_ENGINE ;;
    *) die "BANK_ENGINE is '$BANK_ENGINE'; docker or podman is allowed" ;;
  esac
  if [[ $ENGINE == docker ]]; then COMPOSE=(docker compose); else COMPOSE=(podman-compose); fi
  [[ $ENGINE != podman ]] || fit_podman
}

# A podman that nobody has set up asks for more open files and processes than some machines give, and for a runtime that is not always there.
fit_podman() {
  local files processes limits='' runtime=runc
  [[ -z ${CONTAINERS_CONF:-} && ! -e /etc/containers/containers.conf && ! -e ${XDG_CONFIG_HOME:-$HOME/.config}/containers/containers.conf ]] || return 0
  files=$(ulimit -Hn) processes=$(ulimit -Hu)
  [[ $files == unlimited ]] || limits+="\"nofile=$files:$files\", "
  # Beneath the limit of this shell podman sets one of its own, between 30,000 and 60,000.
  [[ $processes == unlimited ]] || limits+="\"nproc=$((processes < 30000 ? processes : 30000)):$((processes < 30000 ? processes : 30000))\", "
  ! command -v crun >/dev/null || runtime=crun
  mkdir -p "$BANK_HOME"
  printf '[engine]\nruntime = "%s"\n[containers]\ndefault_ulimits = [%s]\n' "$runtime" "${limits%, }" >"$BANK_HOME/containers.conf"
  export CONTAINERS_CONF=$BANK_HOME/containers.conf
}

# compose ARGUMENTS...: with this bank's files, ports and number of brokers.
compose() (
  local file files=() node
  for file in cluster prep bank; do files+=(-f "$DOCKER_DIR/$file.yml"); done
  BROKERS=$(broker_count) CONTAINER_BROKERS=''
  for ((node = 1; node <= BROKERS; node++)); do CONTAINER_BROKERS+=${CONTAINER_BROKERS:+,}kafka-$node:9092; done
  COMPOSE_PROFILES=$( ((BROKERS == 1)) && printf light || printf full)
  NETWORK=${NETWORK%.*}.$((BANK_PORT_OFFSET / 100))
  export NETWORK BROKERS CONTAINER_BROKERS COMPOSE_PROFILES DB_USER DB_PASSWORD PAGES_PORT GRAPHQL_PORT PACE_PORT REGISTRY_PORT POSTGRES_PORT KAFKA_{1,2,3}_PORT \
    {HEARTBEAT,COMMAND_GENERATOR,COMMAND_HANDLER,GRAPHQL_ENDPOINT}_ADMIN_PORT
  cd "$DOCKER_DIR" || exit
  "${COMPOSE[@]}" --env-file "$DOCKER_DIR/.env" -p "$PROJECT" "${files[@]}" --profile "$COMPOSE_PROFILES" "$@"
)

# The services that keep running, in the order in which they are started.
container_services() {
  local node
  printf 'postgres'
  for ((node = 1; node <= $(broker_count); node++)); do printf ' kafka-%s' "$node"; done
  # shellcheck disable=SC2153  # settings.sh has MODULES
  printf ' registry %s frontend' "${MODULES[*]}"
}

# container_of SERVICE: its id, whether it runs or not.
container_of() {
  "$ENGINE" ps -aq --filter "label=com.docker.compose.project=$PROJECT" --filter "label=com.docker.compose.service=$1" | head -n 1
}

# Whether there are topics and databases of this bank, in volumes.
has_volumes() { [[ -n $("$ENGINE" volume ls -q --filter "label=com.docker.compose.project=$PROJECT") ]]; }

# inspect SERVICE FORMAT
inspect() {
  local id
  id=$(container_of "$1")
  [[ -n $id ]] && "$ENGINE" inspect --format "$2" "$id"
}

# Every port that this bank publishes, but for those of its containers that run, must be free; all that are taken are told at once.
require_free_published_ports() {
  local service part port taken=()
  for service in $(container_services); do
    [[ $(inspect "$service" '{{.State.Running}}') != true ]] || continue
    part=$service
    [[ $service != frontend ]] || part=pages
    for port in $(part_ports "$part"); do
      # A broker's second port, the controllers', is not published.
      [[ $service != kafka-* || $port == "$(broker_port "${service#kafka-}")" ]] || continue
      if port_is_taken "$port"; then taken+=("port $port, which $service needs: $(port_holder "$port")"); fi
    done
  done
  ((${#taken[@]} == 0)) || die "ports are taken" "${taken[@]}" "end that program, or run this bank on other ports: BANK_PORT_OFFSET=$((BANK_PORT_OFFSET + 100)) scripts/restart.sh --docker"
}

# is_healthy SERVICE. podman looks by itself only where systemd runs.
is_healthy() {
  local id
  if [[ $ENGINE == docker ]]; then [[ $(inspect "$1" '{{.State.Health.Status}}') == healthy ]]
  else id=$(container_of "$1") && [[ -n $id ]] && podman healthcheck run "$id" >/dev/null 2>&1; fi
}

# service_log SERVICE [LINES]
service_log() {
  local id
  id=$(container_of "$1")
  { printf -- '--- the end of what %s said\n' "$1"; [[ -z $id ]] || "$ENGINE" logs --tail "${2:-30}" "$id" 2>&1; printf -- '---\n'; } >&2
}

# wait_healthy TIMEOUT_S SERVICE...
wait_healthy() {
  local deadline_ms=$(($(now_ms) + $1 * 1000)) service
  shift
  for service in "$@"; do
    until is_healthy "$service"; do
      if (($(inspect "$service" '{{.RestartCount}}') >= 3)); then
        service_log "$service"
        die "$service ends each time it starts"
      fi
      if (($(now_ms) > deadline_ms)); then service_log "$service"; die "$service is not healthy in time"; fi
      sleep 0.2
    done
  done
}

# run_once SERVICE: to its end, which must be a good one.
run_once() {
  local code
  compose up -d --no-deps "$1" >>"$LOG_DIR/compose.log" 2>&1 || { tail -n 20 "$LOG_DIR/compose.log" >&2; die "$1 could not be started"; }
  code=$("$ENGINE" wait "$(container_of "$1")")
  ((code == 0)) || { service_log "$1"; die "$1 ended with exit code $code"; }
}

# bring_up SERVICE...: started, and healthy within 90 s.
bring_up() {
  compose up -d --no-deps "$@" >>"$LOG_DIR/compose.log" 2>&1 || { tail -n 20 "$LOG_DIR/compose.log" >&2; die "could not be started: $*"; }
  wait_healthy 90 "$@"
}

# Where the parts' processes and PostgreSQL's data are, for status.sh and `benchmark browser`, as for the bank without containers.
note_processes() {
  local service pid part
  mkdir -p "$PID_DIR"
  for service in $(container_services); do
    pid=$(inspect "$service" '{{.State.Pid}}') || continue
    part=$service
    [[ $service != frontend ]] || part=pages
    if ((${pid:-0} > 0)); then printf '%s %s\n' "$pid" "$(start_time "$pid")" >"$PID_DIR/$part"; else rm -f "$PID_DIR/$part"; fi
  done
  "$ENGINE" volume inspect --format '{{.Mountpoint}}' "${PROJECT}_postgres" >"$RUN_DIR/postgres-data"
}

has_images() {
  local image
  for image in "${IMAGES[@]}"; do "$ENGINE" image inspect "open-bank-mark/$image:$IMAGE_TAG" >/dev/null 2>&1 || return 1; done
}
