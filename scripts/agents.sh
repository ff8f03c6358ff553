#!/usr/bin/env bash
# The real agents of the tests: target/agents/<name>/<version>, each by `npm ci` from its committed lockfile, as
# `lia agents install` lays them out. No install script of a package runs. Nothing is done for what is there already.
set -euo pipefail
cd "$(dirname "$0")/.."

for lock in agents/*/package-lock.json; do
  [ -f "$lock" ] || continue
  from=$(dirname "$lock")
  name=$(basename "$from")
  version=$(sed -n 's/^  "version": "\(.*\)",\{0,1\}$/\1/p' "$from/package.json" | head -n 1)
  to=target/agents/$name/$version
  cmp -s "$lock" "$to/package-lock.json" && continue
  echo "Installing $name $version from npm, for the tests"
  new=target/agents/$name/.new
  rm -rf "$new" "$to"
  mkdir -p "$new"
  cp "$from/package.json" "$lock" "$new"
  (cd "$new" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  mv "$new" "$to"
done
