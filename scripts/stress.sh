#!/usr/bin/env bash
# The tests with long runs: more kills, more cases of each property. Arguments go to the runner. The counts can be given.
set -euo pipefail
cd "$(dirname "$0")/.."
export LIA_KILLS=${LIA_KILLS:-500}
export LIA_STORE_KILLS=${LIA_STORE_KILLS:-1000}
export PROPTEST_CASES=${PROPTEST_CASES:-10000}
export NEXTEST_PROFILE=${NEXTEST_PROFILE:-stress}
echo "kills of server and sidecar: $LIA_KILLS; of the store: $LIA_STORE_KILLS; cases of a property: $PROPTEST_CASES"
exec scripts/test.sh "$@"
