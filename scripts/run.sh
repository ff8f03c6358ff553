#!/usr/bin/env bash
# Starts the server in this terminal. When it says that this is the first start of its data folder, the tour runs beside
# it: one task of the scripted agent, so that a newcomer without any key sees a prompt become an answer.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
built=$(realpath "${CARGO_TARGET_DIR:-target}")/debug

# ./lia-data, unless the environment, .env or lia.toml names another data folder.
if ! grep -qs '^ *LIA__SERVER__DATA_DIR=' .env && ! grep -qs '^ *data_dir *=' lia.toml; then
  export LIA__SERVER__DATA_DIR=${LIA__SERVER__DATA_DIR:-$PWD/lia-data}
fi

begin_tour() {
  # shellcheck disable=SC2016 # for the reader's shell
  printf '\nFor `lia` in another terminal:\n    export PATH="%s:$PATH"' "$built"
  [ -z "${LIA__SERVER__DATA_DIR:-}" ] || printf ' LIA__SERVER__DATA_DIR="%s"' "$LIA__SERVER__DATA_DIR"
  printf '\n\nThe tour runs beside the server. It is a task as any other, made by\n'
  printf '    lia spawn --template tour --yes "Show me what Lia is"\n\n'
  "$built/lia" spawn --template tour --yes "Show me what Lia is" </dev/null &
  tour=$!
}

# Passes on what the server prints. Ctrl-C is the server's: what it says at its end still comes through.
beside() {
  trap '' INT
  local line first='' tour=''
  while IFS= read -r line; do
    printf '%s\n' "$line"
    case $line in
      'First start:'*) first=yes ;;
      */login\?code=*) [ -z "$first" ] || begin_tour ;;
    esac
  done
  [ -z "$tour" ] || kill "$tour" 2>/dev/null || true
}

"$built/lia" serve "$@" | beside
