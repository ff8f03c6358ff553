#!/usr/bin/env bash
# What `make run` needs on a Debian 12 that has Rust and Node.js. Installs what is missing and nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/packages.sh

static_libc() { compgen -G '/usr/lib/*/libc.a'; }

need bubblewrap "makes the sandbox" has bwrap
need e2fsprogs "formats the disk of a sandbox (mkfs.ext4)" has mkfs.ext4
need util-linux "namespaces by hand, for lia doctor and the tests" has unshare
need git "brings repositories in and results out" has git
need ca-certificates "certificates of public authorities" test -s /etc/ssl/certs/ca-certificates.crt
need gcc "links; compiles SQLite and ring" has cc
need libc6-dev "C headers; libc.a for the static sidecar" static_libc
need make "runs this" has make
install_missing

# rustup puts cargo where only a new login shell finds it.
has cargo || PATH=$HOME/.cargo/bin:$PATH
if ! has cargo; then
  echo "Rust is missing. Install it from https://rustup.rs, open a new shell, and try again." >&2
  exit 1
fi
wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
found=$(rustc --version | cut -d' ' -f2)
if [ "$(printf '%s\n' "$wanted" "${found%%-*}" | sort -V | head -n 1)" != "$wanted" ]; then
  echo "Rust $found is too old; Lia needs $wanted. Run: rustup update stable" >&2
  exit 1
fi
if ! has node || ! has npm; then
  echo "Node.js is missing. The tour and the shell run without it; agents from npm do not (docs/install.md)." >&2
fi
