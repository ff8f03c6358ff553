#!/usr/bin/env bash
# What `make test` needs beyond `make run`: the programs that the tests run inside sandboxes, the real agents, what the
# virtual machines boot, and what the packages are built and tested with.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
. scripts/packages.sh

# A sandbox sees /usr and nothing of a home, so that a python3 of pyenv does not count.
need python3 "a client of the egress tests; probes of the escape tests" test -x /usr/bin/python3
need python3-pip "a client of the egress tests" test -x /usr/bin/pip3
need curl "a client of the egress tests" test -x /usr/bin/curl
need git "a client of the egress tests" test -x /usr/bin/git
need procps "ps, for what the tests find left over" has ps
need chromium "the browser that opens the web UI" test -x /usr/bin/chromium
need qemu-system-x86 "the virtual machines of the qemu runtime's tests" has qemu-system-x86_64
need cpio "the guest's first files" has cpio
install_missing
vm/build.sh

if ! has node || ! has npm; then
  echo "Node.js is missing: the tests of real agents and of the packages need node and npm (docs/install.md)." >&2
  exit 1
fi
scripts/agents.sh
scripts/npm.sh
