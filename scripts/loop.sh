#!/usr/bin/env bash
# Measures an implementation N times in the browser, each time on a bank of its own, then makes the report of all results there are.
#   loop.sh 3                                                     this bank, three runs of the geometric protocol, some 10 minutes each
#   loop.sh 3 one-by-one --stand-in "target/release/command-handler --one-by-one"
#   loop.sh 3 python --stand-in examples/python-handler/run.sh    another command handler in the place of this bank's
#   loop.sh 3 theirs --module graphql-endpoint --stand-in ./run   another module than the command handler
#   loop.sh 1 ours --protocol original                            as Open Bank Mark did: up to 100 minutes
#   loop.sh 3 ours -- --step-seconds 10                           what follows -- goes to `benchmark browser`
#   loop.sh 3 containers --docker                                 the bank in containers
# --stand-in COMMAND puts a program with its arguments in the place of the command handler, or of --module (scripts/stand-in.sh); quotes within COMMAND keep blanks,
# as does a backslash. --results FOLDER keeps results elsewhere than in .bank/benchmark. A run that is there already is not made again: an interrupted loop goes on where it was.
# Each run begins with empty topics and databases: what the bank at this BANK_PORT_OFFSET has is removed. On a terminal it asks before, elsewhere it wants
# --yes; data that a run of loop.sh left is removed without asking. BANK_PORT_OFFSET=100 loop.sh 3 measures beside your bank and leaves its data alone.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/all.sh"
. "$(dirname "${BASH_SOURCE[0]}")/lib/results.sh"

count='' category=ours protocol=geometric results=$BANK_HOME/benchmark stand_in=() module=command-handler options=() docker=() agreed=''
words=()
while (($# > 0)); do
  case $1 in
    --help | -h) show_help "$0"; exit 0 ;;
    --stand-in)
      [[ ${2:-} == *[![:space:]]* ]] || die "--stand-in takes a command"
      # xargs knows quotes, and unlike eval runs nothing that it finds.
      command=$(xargs printf '%s\n' <<<"$2") || die "--stand-in '$2' cannot be taken apart" "a quote lacks its other half"
      readarray -t stand_in <<<"$command"
      shift 2
      ;;
    --module)
      [[ " ${MODULES[*]} " == *" ${2:-} "* ]] || die "there is no module '${2:-}'" "modules: ${MODULES[*]}"
      module=$2
      shift 2
      ;;
    --protocol) [[ ${2:-} == original || ${2:-} == geometric ]] || die "--protocol takes original or geometric"; protocol=$2; shift 2 ;;
    --results) results=${2:?--results takes a folder}; shift 2 ;;
    --docker) docker=(--docker); shift ;;
    --yes | -y) agreed=yes; shift ;;
    --) shift; options=("$@"); break ;;
    -*) die "unknown argument '$1'" "see $0 --help" ;;
    *) words+=("$1"); shift ;;
  esac
done
((${#words[@]} > 0)) || { show_help "$0"; exit 1; }
count=${words[0]} category=${words[1]:-ours}
[[ $count =~ ^[1-9][0-9]{0,3}$ ]] || die "'$count' is no number of runs"
[[ $module == command-handler ]] || ((${#stand_in[@]} > 0)) || die "--module says what --stand-in COMMAND takes the place of" "see $0 --help"
[[ $category =~ ^[a-z0-9][a-z0-9-]*$ ]] || die "'$category' is no name for a category" "small letters, digits and - make part of a file's name"
((${#words[@]} <= 2)) || die "unknown argument '${words[2]}'" "see $0 --help"
((${#docker[@]} == 0 || ${#stand_in[@]} == 0)) || die "--docker and --stand-in do not go together" "put your own image in the place of command-handler's: docs/containers.md"
require_linux
if ((${#docker[@]} > 0)); then
  . "$(dirname "${BASH_SOURCE[0]}")/lib/containers.sh"
  choose_engine
fi
# Before anything is removed.
has_program "${CHROMEDRIVER:-chromedriver}" || die "there is no ${CHROMEDRIVER:-chromedriver}, which drives the browser" "Debian: apt install chromium chromium-driver; elsewhere CHROMEDRIVER and CHROMIUM say where they are"
if ((${#stand_in[@]} > 0)) && [[ -z ${BANK_BIN_DIR:-} ]]; then
  # It may be one of this bank's own.
  require_cargo
  build_programs
fi
((${#stand_in[@]} == 0)) || type -P -- "${stand_in[0]}" >/dev/null || die "there is no program '${stand_in[0]}'" "name it by its path"
# A run until 6,600 a second leaves 1.3 GB: 2.2 kB per command. One until 33,000 has five times as many.
free=$(free_mib "$RUN_DIR")
((free >= 8192)) || warn "$free MiB are free for $RUN_DIR: a run until a fast bank breaks takes up to 8,000"
mkdir -p "$results"
results=$(realpath "$results")


# Whether there is data that no measurement made.
has_data_of_others() {
  [[ ! -e $(measurement_mark) ]] || return 1
  if ((${#docker[@]} > 0)); then has_volumes; else [[ -d $DATA_DIR ]]; fi
}

agree_to_wipe() {
  local whose="the bank's data in $RUN_DIR"
  has_data_of_others || return 0
  ((${#docker[@]} == 0)) || whose="the data of the bank in containers, $PROJECT"
  say "This removes $whose (BANK_PORT_OFFSET=$((BANK_PORT_OFFSET + 100)) measures beside it, and keeps it)"
  [[ -z $agreed ]] || return 0
  [[ -t 0 ]] || die "nobody can be asked here" "if that data may go, add --yes"
  ask_to_go_on
  agreed=yes
}

# bring_up_bank: one of its own, with nothing going on in it.
bring_up_bank() {
  local without=()
  agree_to_wipe
  ((${#stand_in[@]} == 0)) || without=(--without "$module")
  BATCH_SIZE=0 BANK_IS_MEASURED=yes "$BANK_ROOT/scripts/restart.sh" "${docker[@]}" --yes "${without[@]}" >"$results/restart.log" 2>&1 || {
    tail -n 30 "$results/restart.log" >&2
    die "the bank did not come up" "its whole log: $results/restart.log"
  }
  ((${#stand_in[@]} == 0)) || "$BANK_ROOT/scripts/stand-in.sh" "$module" "${stand_in[@]}"
}

# A mapping of all results there are, unless somebody has written one.
report() {
  local mapping=$results/mapping.toml file name
  local -A seen=()
  if [[ ! -e $mapping ]]; then
    mapping=$results/all.toml
    printf 'title = "What a person waits for, %s"\noriginal = "%s"\n' "$(date -u +%Y-%m-%d)" "$BANK_ROOT/frontend/public/results/original-2019.csv" >"$mapping"
    for file in "$results"/*-{original,geometric}-*.jsonl; do
      [[ -e $file ]] || continue
      name=$(basename "$file")
      name=${name%-*}
      [[ -z ${seen[$name]:-} ]] || continue
      seen[$name]=yes
      printf '\n[[category]]\nname = "%s"\nfiles = ["%s-*.jsonl"]\n' "$name" "$name" >>"$mapping"
    done
  fi
  "$BANK_ROOT/scripts/benchmark.sh" report "$mapping" --out "$results/report"
}

made=0 began=$SECONDS
# minutes_left RUNS, of which compare.sh may have more than we know of (BANK_RUNS_AFTER): by the runs made just now; before the first by one that is there, with its start and warm-up; else the most that its protocol takes.
minutes_left() {
  local file seconds how=about
  if ((made > 0)); then
    seconds=$(((SECONDS - began) / made))
  else
    for file in "$results/$category-$protocol"-*.jsonl; do
      ! is_whole_run "$file" || seconds=$(($(grep -o '"time_s":[0-9]*' "$file" | tail -n 1 | cut -d : -f 2) + 90))
    done
    if [[ -z ${seconds:-} ]]; then
      # Options may make it anything.
      ((${#options[@]} == 0)) || return 0
      how='at most' seconds=810
      [[ $protocol == geometric ]] || seconds=6060
    fi
  fi
  printf ', %s %d minutes left' "$how" $((seconds * $1 / 60 + 1))
}
for ((run = 1; run <= count; run++)); do
  file=$(result_file "$results" "$category" "$protocol" "$run")
  if is_whole_run "$file"; then
    say "Run $run of $count of $category: there already, $file"
    continue
  fi
  say "Run $run of $count of $category, $protocol protocol$(minutes_left $((count - run + 1 + ${BANK_RUNS_AFTER:-0})))"
  bring_up_bank
  "$BANK_ROOT/scripts/benchmark.sh" "${docker[@]}" browser --category "$category" --loop "$run" --protocol "$protocol" --out "$file" "${options[@]}"
  made=$((made + 1))
done
((made == 0)) || "$BANK_ROOT/scripts/clean.sh" "${docker[@]}"
report
