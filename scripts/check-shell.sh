#!/usr/bin/env bash
# Every shell script of the repository parses; shellcheck looks at them too where it is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t files < <({ git grep -lE -e "^#!.*[/ ](ba)?sh$" -- ":!*.md"; git ls-files "scripts/*.sh"; } | sort -u)
for file in "${files[@]}"; do
  bash -n "$file"
done
if command -v shellcheck >/dev/null; then
  shellcheck --severity=warning --shell=bash "${files[@]}"
fi
