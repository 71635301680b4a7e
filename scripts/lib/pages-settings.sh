# Fills in the template of nginx's settings for the pages, for the bank with and without containers.
# shellcheck shell=bash

# pages_settings TEMPLATE LISTEN ROOT UPSTREAM [ENDPOINT]: the template says what they are.
pages_settings() {
  local text name connect_src='' endpoint=${5:-}
  [[ -z $endpoint ]] || connect_src=" $endpoint ws${endpoint#http}"
  local -A values=([LISTEN]=$2 [ROOT]=$3 [UPSTREAM]=$4 [ENDPOINT]=$endpoint [CONNECT_SRC]=$connect_src)
  text=$(<"$1")
  for name in "${!values[@]}"; do text=${text//"\${PAGES_$name}"/"${values[$name]}"}; done
  printf '%s\n' "$text"
}
