#!/usr/bin/env bash
# Fails when a generated file is stale, or the contract broke old clients without saying so. The program that tells comes
# out of the one build that `make test` runs too, so that nothing is built twice.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/web-ui.sh
cargo build ${CI:+--locked} --bins --tests
xtask=${CARGO_TARGET_DIR:-target}/debug/xtask
"$xtask" check
exec "$xtask" contract-diff
