#!/usr/bin/env bash
# The benchmarks, on the release build. Arguments choose some of them: latency burst channels startup reads memory contract
# store; idle (1,000 sessions for half a minute) only when it is named.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
locked=(${CI:+--locked})

store=yes whole=()
if [ $# -gt 0 ]; then
  store=
  for name in "$@"; do
    if [ "$name" = store ]; then store=yes; else whole+=("$name"); fi
  done
fi

if [ $# -eq 0 ] || [ ${#whole[@]} -gt 0 ]; then
  crates/sidecar/build.sh "$target/release"
  scripts/npm.sh
  npm run build --workspace @lia/shared >/dev/null
  cargo build "${locked[@]}" --release --bin lia --bin scripted-agent --bin lia-bench
  "$target/release/lia-bench" "${whole[@]}"
fi
if [ -n "$store" ]; then
  cargo bench "${locked[@]}" -p lia-store
fi
