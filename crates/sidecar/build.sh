#!/bin/sh
# Builds the sidecar as it is shipped (small, fully static, no C) and lays it beside `lia`: target/debug/lia-sidecar,
# or into the folder given as the first argument.
set -eu
cd "$(dirname "$0")/../.."
arch=$(uname -m)
triple=$arch-unknown-linux-gnu
target=${CARGO_TARGET_DIR:-target}
to=${1:-$target/debug}
RUSTFLAGS="-C target-feature=+crt-static" cargo build --quiet --profile sidecar -p lia-sidecar --bin sidecar --target "$triple"
built=$target/$triple/sidecar/sidecar
mkdir -p "$to"
# A new file put in place at once: a running sidecar keeps the old one.
if ! cmp -s "$built" "$to/lia-sidecar"; then
    cp "$built" "$to/lia-sidecar.new"
    mv "$to/lia-sidecar.new" "$to/lia-sidecar"
fi
