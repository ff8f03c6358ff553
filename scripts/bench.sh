#!/usr/bin/env bash
# The benchmarks, on the release build. Arguments choose some of them: latency burst channels startup reads memory contract
# store web-ui (in a browser, against a development build); idle (1,000 sessions for half a minute) only when it is named.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
locked=(${CI:+--locked})

store=yes web_ui=yes whole=()
if [ $# -gt 0 ]; then
  store='' web_ui=''
  for name in "$@"; do
    case $name in
      store) store=yes ;;
      web-ui) web_ui=yes ;;
      *) whole+=("$name") ;;
    esac
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
if [ -n "$web_ui" ]; then
  scripts/build.sh
  cargo build "${locked[@]}" --bin model-server
  LIA_BENCH=1 npm run e2e --workspace @lia/web-ui -- speed
fi
