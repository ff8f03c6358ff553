#!/usr/bin/env bash
# The documents are kept true where a machine can tell: every relative link leads to a file, and every limit of
# crates/protocol/src/limits.rs stands in docs/promises.md.
set -euo pipefail
cd "$(dirname "$0")/.."
code=0

while IFS=: read -r file link; do
  to=$(dirname "$file")/${link%%#*}
  [ -e "$to" ] || { echo "$file: the link $link leads nowhere" && code=1; }
done < <(git ls-files '*.md' | xargs grep -oE '\]\([^)]+\)' | sed -E 's/\]\(([^)]*)\)/\1/' | grep -vE ':(https?:|mailto:|#)')

for limit in $(sed -n 's/^pub const \([A-Z0-9_]*\):.*/\1/p' crates/protocol/src/limits.rs); do
  grep -q "^| \`$limit\` |" docs/promises.md || { echo "docs/promises.md: the limit $limit is missing" && code=1; }
done
exit "$code"
