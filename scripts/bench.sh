#!/usr/bin/env bash
# The benchmarks, on the release build. Arguments choose some of them: latency burst startup reads memory.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh
cargo build ${CI:+--locked} --release --bin lia --bin scripted-agent --bin lia-bench
cp --update target/debug/lia-sidecar target/release/
exec target/release/lia-bench "$@"
