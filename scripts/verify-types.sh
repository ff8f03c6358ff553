#!/usr/bin/env bash
# The proof that Rust, JSON Schema, Zod and TypeScript say the same of every message: the Rust side that uses the contract
# is compiled, what is generated is fresh, the contract's own tests run (they leave a corpus of messages behind), then
# @lia/shared is built and tested, and every package of the workspace is type-checked.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "Node.js is missing: the types of packages/shared are proven with node and npm (docs/install.md)." >&2
  exit 1
fi
scripts/npm.sh
scripts/check-generated.sh

# The build above and this one are the same: the whole workspace, of which only the contract's tests are chosen.
if command -v cargo-nextest >/dev/null; then
  cargo nextest run ${CI:+--locked} -E 'package(lia-contract)'
else
  cargo test ${CI:+--locked} -p lia-contract
fi

npm run build --workspace @lia/shared
npm run test --workspaces --if-present
npm run typecheck --workspaces --if-present
