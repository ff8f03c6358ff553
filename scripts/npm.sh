#!/usr/bin/env bash
# The packages' dependencies, by `npm ci` from the committed lockfile. No install script of a package runs. Nothing is done
# when they are there already.
set -euo pipefail
cd "$(dirname "$0")/.."

installed=node_modules/.lia-lockfile
cmp -s package-lock.json "$installed" && exit
echo "Installing the packages' dependencies from npm"
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
cp package-lock.json "$installed"
