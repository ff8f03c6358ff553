#!/usr/bin/env bash
# scripts/dev.sh: the server and the web UI side by side in mprocs (mprocs.yaml), each started anew when its sources change.
# scripts/dev.sh server, scripts/dev.sh ui: one of them, as mprocs does; also without mprocs, in two terminals.
#
# Open the printed link with the UI's port instead of the server's: it passes on to the server what is not its own.
set -euo pipefail
cd "$(dirname "$0")/.."

start() {
  cargo build --bin lia --bin scripted-agent
  exec scripts/run.sh
}

case ${1:-} in
  '')
    if ! command -v mprocs >/dev/null; then
      {
        echo "mprocs is missing. Install it with one of"
        echo "    cargo install mprocs --locked"
        echo "    npm install --global mprocs"
        echo "or run these in two terminals:"
        echo "    scripts/dev.sh server"
        echo "    scripts/dev.sh ui"
      } >&2
      exit 1
    fi
    exec mprocs --config mprocs.yaml
    ;;
  server)
    crates/sidecar/build.sh
    watched=(crates contract Cargo.toml Cargo.lock)
    if command -v watchexec >/dev/null; then
      exec watchexec --restart --stop-signal SIGINT "${watched[@]/#/--watch=}" -- scripts/dev.sh start
    elif command -v cargo-watch >/dev/null; then
      # shellcheck disable=SC2046 # words, one per folder
      exec cargo watch $(printf -- '--watch %s ' "${watched[@]}") --shell 'scripts/dev.sh start'
    fi
    echo "Neither watchexec nor cargo-watch is here: the server does not start anew when its sources change. To have that:" >&2
    echo "    cargo install watchexec-cli --locked" >&2
    start
    ;;
  start) start ;;
  ui)
    scripts/npm.sh
    npm run build --workspace @lia/shared
    exec npm run dev --workspace @lia/web-ui
    ;;
  *)
    echo "usage: scripts/dev.sh [server | ui]" >&2
    exit 2
    ;;
esac
