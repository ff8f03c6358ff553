#!/usr/bin/env bash
# Starts the server in this terminal. On the first start of a data folder the tour runs beside it: one task of the scripted
# agent, so that a newcomer without any key sees a prompt become an answer.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
lia=${CARGO_TARGET_DIR:-target}/debug/lia
data=${LIA__SERVER__DATA_DIR:-lia-data}

[ ! -e "$data/admin.token" ] || exec "$lia" serve "$@"

# Passes on what the server prints, starts the tour at its link, and ends it with the server. Ctrl-C is the server's: what
# it says at its end still comes through.
beside() {
  trap '' INT
  local line tour=
  while IFS= read -r line; do
    printf '%s\n' "$line"
    if [[ -z $tour && $line == */login\?code=* ]]; then
      printf '\nThis is the first start: the tour runs beside the server. It is a task as any other, made by\n'
      printf '    %s spawn --template tour --yes "Show me what Lia is"\n\n' "$lia"
      "$lia" spawn --template tour --yes "Show me what Lia is" </dev/null &
      tour=$!
    fi
  done
  [ -z "$tour" ] || kill "$tour" 2>/dev/null
}

"$lia" serve "$@" | beside
