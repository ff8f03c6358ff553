#!/usr/bin/env bash
# scripts/needs.sh FOLDER: prints what this host could not run, from the files that tests left in FOLDER (one per need, a
# test's name per line) and the words of tests/needs.toml. Fails when a need does not stand there.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1

# value NEED KEY
value() {
  awk -v need="[$1]" -v key="$2" '
    /^\[/ { inside = ($0 == need); next }
    inside && index($0, key " = \"") == 1 { sub(/^[^"]*"/, ""); sub(/"$/, ""); print; exit }
  ' tests/needs.toml
}

echo
echo "What this host cannot run (tests/needs.toml):"
code=0
found=
for file in "$folder"/*; do
  [ -f "$file" ] || continue
  found=yes
  need=$(basename "$file")
  what=$(value "$need" what)
  if [ -z "$what" ]; then
    echo "  $need: does not stand in tests/needs.toml, so that these tests count as failed:"
    code=1
  else
    echo "  $need: $what"
    echo "    mend: $(value "$need" mend)"
  fi
  sort -u "$file" | sed 's/^/    - /'
done
[ -n "$found" ] || echo "  nothing: no test said that it lacked anything"
exit "$code"
