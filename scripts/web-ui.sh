#!/usr/bin/env bash
# Builds the web UI into packages/web-ui/dist, from where it goes into lia, and compresses its files there. Nothing is done
# when none of its sources changed since. Without Node.js the UI is left as it is: lia says on its page that it has none.
set -euo pipefail
cd "$(dirname "$0")/.."

dist=packages/web-ui/dist
stamp=$dist/.sources

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  [ -e "$dist/index.html" ] || echo "Node.js is missing: lia is built without its web UI (docs/install.md)." >&2
  exit 0
fi

# What the UI is made of, by content: a checkout changes times.
sources() {
  find package-lock.json scripts/web-ui.sh scripts/compress.js packages/shared packages/web-ui \
    \( -name node_modules -o -name dist -o -name docs -o -name test -o -name e2e -o -name '.*' \) -prune -o -type f -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum
}

now=$(sources)
if [ -e "$dist/index.html" ] && [ "$now" = "$(cat "$stamp" 2>/dev/null)" ]; then exit; fi

scripts/npm.sh
echo "Building the web UI"
rm -f "$stamp"
npm run build --workspace @lia/shared
npm run build --workspace @lia/web-ui
node scripts/compress.js "$dist"
printf '%s\n' "$now" >"$stamp"
