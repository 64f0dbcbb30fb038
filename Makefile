# `make` lists the targets; each does all its own set-up.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
BIN := target/release/strongroom
# Where pip and cargo put the tools that `make tools` installs.
export PATH := $(HOME)/.local/bin:$(HOME)/.cargo/bin:$(PATH)

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: setup build ## Found a bank, run a business day of signed payments, verify it, keep serving
	$(BIN) demo

demo-once: setup build ## The same without serving at the end; one JSON object on standard output
	@$(BIN) demo --once -o json

build: ## Build the release binary
	cargo build --release --locked --bin strongroom

test: setup tools node ## Everything that must pass: format, lints, licences, spelling, all tests
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo fetch --locked --quiet # crates of other systems too, which the next one reads
	cargo deny --offline check bans licenses sources
	typos
	cargo nextest run --workspace --locked --no-fail-fast --test-threads $$((2 * $$(nproc))) # they wait as much as they compute
	cargo test --workspace --locked --doc
	scripts/console.sh # with the binary that the tests above were built with

console: node ## Build the console (web/dist, which is committed and embedded)
	cd web && npm ci --no-audit --no-fund && npm run build

console-test: setup tools node ## The console alone: types, lints, tests, that the build is the committed one, real browsers
	cargo build --locked --bin strongroom
	scripts/console.sh

quick: ## Tests of one crate: make quick CRATE=ledger
	cargo nextest run -p $(CRATE)

fuzz: ## Fuzz the parsers that face strangers, a minute each (make fuzz FUZZ_SECONDS=600)
	scripts/fuzz.sh $(or $(FUZZ_SECONDS),60)

dist: ## Build the binary that a bank runs (target/dist): slower to build than release, a tenth faster
	cargo build --profile dist --locked --bin strongroom

bench: setup dist ## Measure against pgbench in the same run (docs/benchmarks.md)
	target/dist/strongroom bench

bench-peers: setup dist ## The same beside double entry in plain SQL and cala-ledger, which is built for it
	cargo build --release --locked --manifest-path peers/Cargo.toml --target-dir target
	cp target/release/strongroom-peers target/dist/
	target/dist/strongroom bench --peers

torture: setup tools ## Kill, stop and mislead server and database under load, 200 times, and verify: make torture ROUNDS=50
	STRONGROOM_TORTURE_ROUNDS=$(or $(ROUNDS),200) cargo nextest run -p e2e --test torture --locked --release --no-capture

benches: ## What each pure step costs: verifying, reading, recording, posting, assessing, appending (criterion)
	cargo bench -p crypto -p intent -p ledger -p risk -p tlog

simulate: setup ## Two posters whose every question, death and clock a seed decides: make simulate SEEDS=5000, or SEED=17 again
	$(if $(SEED),STRONGROOM_SEED=$(SEED)) STRONGROOM_SEEDS=$(or $(SEEDS),2000) \
		cargo nextest run -p e2e --test simulation --locked --release --no-capture whatever_fails_or_dies

histories: setup ## Random histories over HTTP while the database fails at any question: make histories SEEDS=200, or SEED=17 again
	$(if $(SEED),STRONGROOM_SEED=$(SEED)) STRONGROOM_SEEDS=$(or $(SEEDS),1000) \
		cargo nextest run -p e2e --test histories --locked --release --no-capture random_histories_end_the_same

advisories: tools ## Check dependencies against the advisory database (needs the network)
	cargo deny check advisories

sqlx: setup ## Refresh .sqlx, the checked queries that builds use offline
	scripts/prepare-queries.sh

docs: ## Build the API documentation of all crates
	cargo doc --workspace --no-deps --document-private-items --locked

setup: ## Install what the product needs: a PostgreSQL server
	@scripts/setup.sh postgresql

node: ## Install what the console is built with: Node.js
	@scripts/setup.sh node

tools: ## Install what the checks need: cargo-nextest, cargo-deny, typos, oathtool, pdftotext, redis-server, SoftHSM, Chromium
	@scripts/setup.sh tools

.PHONY: help demo demo-once build dist test console console-test node quick fuzz bench bench-peers benches torture simulate histories advisories sqlx docs setup tools
