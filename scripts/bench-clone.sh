#!/usr/bin/env bash
# From a fresh clone to the printed link, and the same again with everything built. Minutes, mostly of compiling.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone --quiet . "$work/lia"
cd "$work/lia"
unset CARGO_TARGET_DIR
export LIA__SERVER__PORT=${LIA_BENCH_PORT:-3999} LIA__SERVER__DATA_DIR=$work/data

# Seconds until `make run` prints its link; then the server is ended.
seconds_to_link() {
  local begin end
  mkfifo "$work/out"
  begin=$(date +%s%N)
  make run >"$work/out" 2>"$work/err" &
  if ! grep -m1 -q '/login?code=' "$work/out"; then
    cat "$work/err" >&2
    return 1
  fi
  end=$(date +%s%N)
  target/debug/lia down --quiet >/dev/null
  wait
  rm "$work/out"
  echo "$(((end - begin) / 1000000)) ms"
}

# On a line of its own: a failure inside ends the script.
cold=$(seconds_to_link)
warm=$(seconds_to_link)
echo "fresh clone to the printed link: $cold (goal: 600000 ms on two cores)"
echo "the same, warm:                  $warm (goal: 5000 ms)"
