#!/usr/bin/env bash
# Every type that crosses a wire stands in crates/protocol. A file elsewhere with types that derive Serialize or Deserialize
# (or implement them) must say in scripts/wire-types.txt why it is no second definition of one.
set -euo pipefail
cd "$(dirname "$0")/.."
code=0

# Of the files named on standard input those with such types.
with_types() {
  xargs grep -lPz '(?s)derive\([^)]*\b(Serialize|Deserialize)\b|impl\b[^{;]{0,80}\b(Serialize|Deserialize)\b(<[^{>]*>)?\s+for\b' || true
}

# A control: what must be found is found, what must not is not.
control=$(mktemp -d)
trap 'rm -rf "$control"' EXIT
printf '#[derive(\n    Clone,\n    serde::Deserialize,\n)]\nstruct Planted;\n' >"$control/derived.rs"
printf "impl<'de> Deserialize<'de> for Planted {}\n" >"$control/by_hand.rs"
printf '// What derives Serialize stands elsewhere.\n#[derive(Clone)]\nstruct Planted;\n' >"$control/none.rs"
seen=$(printf '%s\n' "$control"/*.rs | with_types | xargs -n 1 basename | sort | tr '\n' ' ')
if [ "$seen" != 'by_hand.rs derived.rs ' ]; then
  echo "this check is blind: of its planted types it sees: $seen" >&2
  exit 1
fi

allowed=$(sed -n 's/^\([^# ][^ ]*\)  .*/\1/p' scripts/wire-types.txt)
found=$(git ls-files --cached --others --exclude-standard 'crates/*/src/*.rs' 'xtask/src/*.rs' ':!crates/protocol/' | with_types)

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
