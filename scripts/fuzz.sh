#!/usr/bin/env bash
# Fuzzes every parser that reads from outside, each for $LIA_FUZZ_SECONDS (60); arguments choose some. What is found new
# goes to a folder of its own under fuzz/target; the committed corpus in fuzz/corpus is only read, an input that breaks
# something is kept under fuzz/artifacts.
#
# libFuzzer wants the sanitizers of a nightly compiler; RUSTC_BOOTSTRAP=1 lets the stable one, which the whole project uses,
# have them too.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked
export RUSTC_BOOTSTRAP=1
seconds=${LIA_FUZZ_SECONDS:-60}

if [ $# -gt 0 ]; then
  targets=("$@")
else
  mapfile -t targets < <(cargo fuzz list)
fi
cargo fuzz build --sanitizer none
for target in "${targets[@]}"; do
  found=fuzz/target/found/$target
  mkdir -p "$found"
  printf '%s, %s s\n' "$target" "$seconds"
  cargo fuzz run --sanitizer none "$target" "$found" "fuzz/corpus/$target" -- -max_total_time="$seconds" -max_len=8192 -print_final_stats=0 -verbosity=0
done
printf 'Fuzzed: %s\n' "${targets[*]}"
