# Messages: plain lines on standard output, warnings and failures on standard error.
# shellcheck shell=bash

say() { printf '%s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }

# Ends the script. Says what is wrong and what to do about it, in that order.
die() {
  printf 'error: %s\n' "$1" >&2
  shift
  local line
  for line in "$@"; do printf '       %s\n' "$line" >&2; done
  exit 1
}

# Asks on the terminal, and ends the script unless the answer is yes.
ask_to_go_on() {
  local answer
  read -r -p "Go on? [y/N] " answer
  [[ $answer == [yY]* ]] || { say "Nothing was changed"; exit 1; }
}

# Milliseconds since 1970. EPOCHREALTIME has the locale's decimal sign, so anything but digits goes.
now_ms() { local us=${EPOCHREALTIME//[!0-9]/}; printf '%s' "$((us / 1000))"; }

seconds_since() { local ms=$(($(now_ms) - $1)); printf '%d.%02d s' "$((ms / 1000))" "$((ms % 1000 / 10))"; }

# report_step WHAT STARTED_MS: one line per finished step, with how long it took.
report_step() { printf '  %-46s %9s\n' "$1" "$(seconds_since "$2")"; }

# human_size BYTES
human_size() {
  local kib=$(($1 / 1024))
  if ((kib >= 10485760)); then printf '%d GiB' "$((kib / 1048576))"
  elif ((kib >= 10240)); then printf '%d MiB' "$((kib / 1024))"
  else printf '%d KiB' "$kib"; fi
}

# show_help SCRIPT: the comment at its top is its help.
show_help() { sed -n '2,${/^#/!q;s/^# \{0,1\}//;p}' "$1"; }
