#!/usr/bin/env bash
# The benchmarks, on the release build. Arguments choose some of them: latency burst startup reads memory.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
crates/sidecar/build.sh "$target/release"
cargo build ${CI:+--locked} --release --bin lia --bin scripted-agent --bin lia-bench
exec "$target/release/lia-bench" "$@"
