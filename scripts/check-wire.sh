#!/usr/bin/env bash
# Every type that crosses a wire stands in crates/protocol. A file elsewhere with types that derive Serialize or Deserialize
# (or implement them) must say in scripts/wire-types.txt why it is no second definition of one.
set -euo pipefail
cd "$(dirname "$0")/.."
code=0
allowed=$(sed -n 's/^\([^# ][^ ]*\)  .*/\1/p' scripts/wire-types.txt)
found=$(git ls-files --cached --others --exclude-standard 'crates/*/src/*.rs' 'xtask/src/*.rs' ':!crates/protocol/' |
  xargs grep -lPz '(?s)derive\([^)]*\b(Serialize|Deserialize)\b|impl\b[^{;]{0,80}\b(Serialize|Deserialize)\b(<[^{>]*>)?\s+for\b' || true)

while read -r file; do
  [ -n "$file" ] || continue
  echo "$file: has types that are written or read as data. What crosses a wire belongs into crates/protocol;" \
    "what does not is named, with the reason, in scripts/wire-types.txt"
  code=1
done < <(comm -23 <(sort <<<"$found") <(sort <<<"$allowed"))

while read -r file; do
  [ -n "$file" ] || continue
  echo "scripts/wire-types.txt: $file has no such type any more"
  code=1
done < <(comm -13 <(sort <<<"$found") <(sort <<<"$allowed"))
exit "$code"
