#!/usr/bin/env bash
# Runs every test of the workspace; arguments go to the runner. Then says what this host could not run, and last comes the
# runner's own summary. Without arguments the tests of sessions run first once more, in virtual machines: those that look
# at no process of the host, which for a machine's agents has none.
#
# A test that finds its host without something appends its own name, as a line, to the file $LIA_NEEDS_DIR/<need> and
# ends; <need> must stand in tests/needs.toml. Without that variable such a test fails: nothing is skipped in silence.
set -uo pipefail
shopt -s extglob
cd "$(dirname "$0")/.." || exit

# Some tests run once more as an ordinary user, who must be able to write there.
LIA_NEEDS_DIR=$(mktemp -d)
export LIA_NEEDS_DIR
chmod 1777 "$LIA_NEEDS_DIR"
trap 'rm -rf "$LIA_NEEDS_DIR"' EXIT
[ -t 1 ] && export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-always}
locked=()
[ -z "${CI:-}" ] || locked=(--locked)

run() {
  if command -v cargo-nextest >/dev/null; then
    cargo nextest run "${locked[@]}" --no-fail-fast "$@" 2>&1
  else
    cargo test "${locked[@]}" --no-fail-fast "$@" 2>&1
  fi
}

# Passes the runner's lines on and keeps its summary back until the needs are printed: all from nextest's "Summary" on,
# or cargo's last "test result".
results() {
  local line plain kept=() keep='' code=0
  flush() {
    [ ${#kept[@]} -eq 0 ] || printf '%s\n' "${kept[@]}"
    kept=()
  }
  while IFS= read -r line; do
    plain=${line//$'\e['*([0-9;])m/}
    if [[ $plain =~ ^\ *Summary\ \[ ]]; then
      keep=rest
    elif [[ $plain == 'test result: '* ]]; then
      flush
      keep=line
    elif [[ $keep == line && -n $plain ]]; then
      flush
      keep=''
    fi
    if [ -n "$keep" ]; then kept+=("$line"); else printf '%s\n' "$line"; fi
  done
  scripts/needs.sh "$LIA_NEEDS_DIR" || code=1
  printf '\nThe tests took %d s.\n\n' "$SECONDS"
  flush
  return "$code"
}

# The suite of sessions on the second runtime.
machines() {
  local suites='^(sessions|sessions_queue|sessions_templates|messages|channels|typescript)::'
  local more='^(sharing::(one_sleeps|a_session_does_not|a_runtime|a_session_that|one_set_up)|terminals::suspended|kill_sessions::queue)'
  export LIA_TEST_RUNTIME=qemu
  if command -v cargo-nextest >/dev/null; then
    run -E "package(lia-tests) and (test(/$suites/) or test(/$more/))"
  else
    run --test it -- sessions:: sessions_queue:: sessions_templates:: messages:: channels:: typescript::
  fi
}

first=0
if [ $# -eq 0 ]; then
  echo 'The tests of sessions, in virtual machines:'
  (machines) || first=$?
fi
run "$@" | results
code=("${PIPESTATUS[@]}" "$first")
for c in "${code[@]}"; do [ "$c" -eq 0 ] || exit "$c"; done
