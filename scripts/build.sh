#!/usr/bin/env bash
# Builds the web UI, which goes into lia, and beside it the sidecar (its own profile, fully static); then lia and the
# scripted agent, and lays them side by side in target/debug. With --tests everything that `make test` runs, in one go:
# the tests' own dependencies switch features on in shared ones, and programs that were built without them would be
# built once more.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/web-ui.sh &
ui=$!
crates/sidecar/build.sh
wait "$ui"
if [ "${1:-}" = --tests ]; then
  cargo build ${CI:+--locked} --bins --tests
else
  cargo build ${CI:+--locked} --bin lia --bin scripted-agent
fi
