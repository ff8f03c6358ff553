# Lia's house. `make help` lists what can be asked for; the steps are in scripts/.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# rustup puts cargo where only a new login shell finds it.
export PATH := $(PATH):$(HOME)/.cargo/bin

# Where nobody watches, a stale Cargo.lock is an error.
CARGO_FLAGS := $(if $(CI),--locked)
STEP := scripts/step
# More arguments for the program that a target runs: make test ARGS='-p lia-store'.
ARGS ?=

.PHONY: help
help: ## Show this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS=$$'\t' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

.PHONY: run
run: ## Build what is new, start Lia on this machine, print its link (Ctrl-C ends the server; agents live on)
	@scripts/setup.sh
	@scripts/build.sh
	@scripts/run.sh $(ARGS)

.PHONY: dev
dev: ## Server and web UI side by side, each started anew when its sources change (mprocs)
	@scripts/setup.sh
	@scripts/dev.sh

.PHONY: build
build: ## Build lia with its web UI, its sidecar and the scripted agent
	@scripts/setup.sh
	@scripts/build.sh

.PHONY: test
test: ## Run every test; ARGS go to the runner
	@$(STEP) set-up scripts/setup-test.sh
	@$(STEP) build scripts/build.sh --tests
	@$(if $(ARGS),:,$(STEP) types scripts/verify-types.sh)
	@scripts/test.sh $(ARGS)

.PHONY: verify-types
verify-types: ## Prove that Rust, JSON Schema, Zod and TypeScript agree on every message
	@scripts/setup.sh
	@scripts/verify-types.sh

.PHONY: check
check: ## Format, shell scripts, documents, licences, lints, generated files
	@scripts/setup.sh
	@$(STEP) format cargo fmt --all --check
	@$(STEP) "shell scripts" scripts/check-shell.sh
	@$(STEP) documents scripts/check-docs.sh
	@$(STEP) licences scripts/licences.sh
	@$(STEP) "web UI" scripts/web-ui.sh
	@$(STEP) lints cargo clippy $(CARGO_FLAGS) --all-targets -- -D warnings
	@$(STEP) "generated files" scripts/check-generated.sh
	@$(STEP) "wire types" scripts/check-wire.sh
	@$(STEP) "packages" scripts/check-packages.sh

.PHONY: format
format: ## Format the code and make the generated files anew
	cargo fmt --all
	cargo run --quiet --bin xtask -- generate

.PHONY: stress
stress: ## The tests with long runs (LIA_KILLS, LIA_STORE_KILLS, PROPTEST_CASES say how long)
	@$(STEP) set-up scripts/setup-test.sh
	@$(STEP) build scripts/build.sh --tests
	@scripts/stress.sh $(ARGS)

.PHONY: bench
bench: ## Every promised figure beside its baseline; ARGS choose some (latency burst channels startup reads memory contract files store web-ui idle)
	@scripts/setup.sh
	@scripts/bench.sh $(ARGS)

.PHONY: bench-clone
bench-clone: ## How long a fresh clone takes to its printed link, cold and warm (minutes)
	@scripts/setup.sh
	@scripts/bench-clone.sh

.PHONY: fuzz
fuzz: ## Fuzz every parser that reads from outside, 60 s each (LIA_FUZZ_SECONDS); ARGS choose some; installs cargo-fuzz where it is missing
	@scripts/setup.sh
	@scripts/fuzz.sh $(ARGS)

.PHONY: deny
deny: ## Advisories, licences, bans and sources by cargo-deny (builds it first where it is missing: minutes)
	@command -v cargo-deny >/dev/null || cargo install cargo-deny --locked
	cargo deny --workspace check

.PHONY: vm-image
vm-image: ## Make what the qemu runtime boots, from Debian's packages: target/vm, or the folder in ARGS
	@vm/build.sh $(ARGS)

.PHONY: clean
clean: ## Remove what was built; the data folder stays
	cargo clean
