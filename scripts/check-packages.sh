#!/usr/bin/env bash
# The lints of the packages that have some.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "Node.js is missing: the packages are checked with node and npm (docs/install.md)." >&2
  exit 1
fi
scripts/npm.sh
npm run lint --workspaces --if-present
