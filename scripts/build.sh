#!/usr/bin/env bash
# Builds the sidecar (its own profile, fully static), then the programs that `make run` starts, and lays them side by side
# in target/debug. With --tests also everything that `make test` runs. One selection of packages and one profile for both,
# so that nothing is built twice.
set -euo pipefail
cd "$(dirname "$0")/.."
flags=(${CI:+--locked})

crates/sidecar/build.sh
cargo build "${flags[@]}" --bin lia --bin scripted-agent
if [ "${1:-}" = --tests ]; then
  if command -v cargo-nextest >/dev/null; then
    cargo nextest run "${flags[@]}" --no-run
  else
    cargo test "${flags[@]}" --no-run
  fi
fi
