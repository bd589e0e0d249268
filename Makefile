# Every habit of the project is a target; `make` lists them. All run from a fresh clone.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

TARGET := $(or $(CARGO_TARGET_DIR),target)
TOOLS := $(TARGET)/tools
CLIENTS := $(TARGET)/clients
PROFILES := openapi.yaml openapi-3.0.yaml

.PHONY: deb image register clean-data torture matrix forms help run demo test check bench openapi fmt setup lint release clients ocds fuzz fuzz-on-sqlite fuzz-on-postgres

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: export DATABASE_URL ?= sqlite:mutuals.db
run: export MUTUALS_OCDS_PREFIX ?= ocds-213czf
run: ## Build, load the sample register into an empty database, and serve it on http://127.0.0.1:8080
	@scripts/setup build
	@echo '1 of 3: build the program. The first time, this takes about five minutes on two cores; after that, seconds.'
	@cargo build --profile quick --locked --package api --bin mutuals
	@echo '2 of 3: load the sample register. This takes seconds. It changes nothing that is there already.'
	@$(TARGET)/quick/mutuals import-sample
	@key=$$($(TARGET)/quick/mutuals keys create --role admin --label 'make run' --expires-in 365 --if-first); \
	if [ -n "$$key" ] && [ -z "$${MUTUALS_SIGNING_KEY_FILE:-}" ] && [ ! -e mutuals.key ]; then $(TARGET)/quick/mutuals log make-key mutuals.key >/dev/null; fi; \
	echo; echo 'To follow the guide, paste these lines into a second terminal:'; echo; \
	echo '  export PATH="$(abspath $(TARGET)/quick):$$PATH"'; \
	if [ -n "$$key" ]; then echo "  export KEY=$$key"; echo; echo 'The key is shown only now. Copy it.'; \
	else echo "  export KEY=\$$(mutuals keys create --role admin --label 'my own' --expires-in 365)"; echo; \
		echo 'This register had a key already. The second line makes another one.'; fi; echo
	@[ "$$MUTUALS_OCDS_PREFIX" != ocds-213czf ] || echo 'Open contracting data has the prefix ocds-213czf of the standard'\''s examples. Do not publish it.'
	@echo '3 of 3: serve the register, until you press Ctrl-C.'
	@if [ -e mutuals.key ]; then export MUTUALS_SIGNING_KEY_FILE="$${MUTUALS_SIGNING_KEY_FILE:-mutuals.key}"; fi; exec $(TARGET)/quick/mutuals serve

# What `make run` and the commands of the guide leave in the folder they run in. docs/guide/check fails if a file is missing here.
DATA := $(foreach register,mutuals fresh moved other production restored witnessed,$(register).db $(register).db-shm $(register).db-wal $(register).db.lock) \
	mutuals.key copy.db auditor.key seed-a.key issuer-a.pem log-key.pem log-key-public.pem log.vkey log.ndjson long.ndjson new.ndjson operating.ndjson mutuals.csv \
	answer.json ballot.json ballot.json.bak blocked.csv by-arbiter.json contract.json decision.json draft.json edited.json manifest.json mutual.json mutuals.json new.json \
	seqol.json greeting.txt head.txt message.txt problems.txt progress.txt staff.csv competitions.csv \
	witness-key.pem witness-key.pem.state witness-key.pem.state.lock witness.vkey witnessed.txt \
	scrutineer.pem union.pem scrutineer-seed.key union-seed.key sundays-seed.key roll-a.json roll-b.json roll.json others-half.json papers.json receipt.json \
	opening.json bundle.json expected-roll.txt letters-a.csv letters-b.csv my-vote.txt receipts.txt union.txt entries.txt spends.txt changed.json \
	$(wildcard mutuals.db-ballot-*)

clean-data: SERVICE ?= http://127.0.0.1:8080
clean-data: ## Delete the register of `make run` and the files that the guide's commands made, to start over
	@if [ -n '$(SERVICE)' ] && curl -s --max-time 2 '$(SERVICE)/livez' >/dev/null 2>&1; then \
		echo 'clean-data: stop the service on $(SERVICE) first: it may use mutuals.db' >&2; exit 1; fi
	rm -f -- $(DATA)

demo: ## Play one spin-out through the API, with the refusals on the way, and a ballot that is checked afterwards
	@scripts/setup build demo
	cargo build --workspace --locked
	scripts/demo $(TARGET)/debug/mutuals

test: ## All tests but those in a browser, on SQLite and on a throw-away PostgreSQL
	@scripts/setup build test
	python3 tests/verify_ballot.py
	cargo build --workspace --locked
	tests/with-postgres cargo test --workspace --locked

# The dependency arrows, licences and sources of packages are tests, read from `cargo metadata`: tests/tests/workspace.rs. So is that
# the contract keeps what the last release promised: tests/tests/released.rs; and that files import each other in no circles, read from
# the sources: tests/tests/circles.rs. Known vulnerabilities are looked for where ADVISORY_DB names a copy of the RustSec database:
# tests/tests/advisories.rs. The pages are looked at in a browser here and not in `make test`, so that a change is looked at once:
# tests/cases/browser.rs.
check: $(TOOLS)/bin/cargo-machete ## Format, lints, documentation, contract, demo, pages in a browser, dependency arrows, licences, unused dependencies
	@scripts/setup build demo browser
	cargo fmt --all --check
	cargo fmt --manifest-path examples/rust/Cargo.toml --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --package tests --test torture --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked
	cargo build --workspace --locked
	diff -u openapi.yaml <($(TARGET)/debug/mutuals openapi) || { echo 'openapi.yaml is not what the code says: run make openapi'; exit 1; }
	diff -u openapi-3.0.yaml <($(TARGET)/debug/mutuals openapi --profile 3.0) || { echo 'openapi-3.0.yaml is not what the code says: run make openapi'; exit 1; }
	diff -u docs/guide/roles.md <($(TARGET)/debug/mutuals roles) || { echo 'docs/guide/roles.md is not what the code says: run make openapi'; exit 1; }
	docs/guide/check $(TARGET)/debug/mutuals
	scripts/demo $(TARGET)/debug/mutuals >$(TARGET)/demo.txt || { tail -n 40 $(TARGET)/demo.txt; exit 1; }
	$(MAKE) --no-print-directory lint
	cargo test --workspace --locked --test workspace --test circles --test released --test advisories
	cargo test --workspace --locked --test cases -- browser:: --ignored --nocapture --test-threads 2
	$(TOOLS)/bin/cargo-machete --skip-target-dir
	@if [ -n "$${ADVISORY_DB:-}" ]; then cargo test --locked --package tests --test advisories -- --ignored; \
	else echo 'NOT CHECKED: known vulnerabilities of the packages. Name a checkout of https://github.com/RustSec/advisory-db in ADVISORY_DB'; fi

# Spectral says "hint" of what it doesn't like least; nothing of it stays.
lint: export REDOCLY_TELEMETRY := off
lint: export REDOCLY_SUPPRESS_UPDATE_NOTICE := true
lint: $(TOOLS)/contract-lint/installed ## Both profiles of the contract, read by three linters
	$(TOOLS)/contract-lint/python/bin/openapi-spec-validator $(PROFILES)
	$(TOOLS)/contract-lint/node_modules/.bin/spectral lint --fail-severity hint --ruleset tools/contract-lint/spectral.yaml $(PROFILES)
	$(TOOLS)/contract-lint/node_modules/.bin/redocly lint --config tools/contract-lint/redocly.yaml $(PROFILES)

clients: $(CLIENTS)/tools/installed ## Generate a client in each language, compile it, and have it tell a story to the service
	@scripts/setup build clients
	cargo build --workspace --locked
	tests/with-service $(TARGET)/debug/mutuals examples/run $(CLIENTS)

# OCDS_SCHEMAS names a folder with the standard's schemas; without it they come from the network.
ocds: $(TOOLS)/ocds/installed ## Hold the open contracting data against the standard's own validator (OCDS_SCHEMAS)
	@scripts/setup build ocds
	cargo build --workspace --locked
	tests/with-service $(TARGET)/debug/mutuals $(TOOLS)/ocds/python/bin/python tools/ocds/check

# Both databases at once, each with a service of its own.
fuzz: $(TOOLS)/contract-fuzz/installed ## Have Schemathesis ask the service for what its contract promises (FUZZ_SEED, FUZZ_EXAMPLES)
	@scripts/setup build lint test
	cargo build --workspace --locked
	$(MAKE) --no-print-directory --jobs=2 --output-sync fuzz-on-sqlite fuzz-on-postgres

fuzz-on-sqlite fuzz-on-postgres: FUZZ = tests/with-service $(TARGET)/debug/mutuals tools/contract-fuzz/run $(TOOLS)/contract-fuzz
fuzz-on-sqlite:
	$(FUZZ) sqlite
fuzz-on-postgres:
	tests/with-postgres bash -c 'DATABASE_URL=$$TEST_DATABASE_URL $(FUZZ) postgres'

# Attacks in full, against the program as it is released but for link-time optimization. `TORTURE=--short` is what every change runs.
torture: TORTURE ?=
torture: ## Attack the running service, and tell in a table what a healthy caller sees (TORTURE='--short NAME...')
	@scripts/setup build test
	cargo build --profile quick --locked --package api --bin mutuals
	TEST_PROGRAM=$(abspath $(TARGET)/quick/mutuals) tests/with-postgres cargo test --locked --package tests --test torture -- $(TORTURE)

release: ## Keep the contract of this version as what later ones are held against
	KEEP_CONTRACT=1 cargo test --locked --package tests --test released the_contract_keeps_what_the_last_release_promised

# The manual and the completions come from the program's own options. They are written by a program of their own, so that the released
# one does not carry what makes them.
deb: $(TOOLS)/bin/cargo-deb ## Build the Debian package of the service, in target/debian
	@scripts/setup build
	@echo 'deb: build the released program. This takes about five minutes on two cores.'
	cargo build --release --locked --package api --bin mutuals
	rm -rf $(TARGET)/release/manual
	mkdir -p $(TARGET)/release/manual
	cargo run --quiet --locked --package api --example manual $(TARGET)/release/manual
	gzip --best --no-name $(TARGET)/release/manual/*.1
	rm -f $(TARGET)/debian/mutuals_*.deb
	$(TOOLS)/bin/cargo-deb --no-build --package api --output $(TARGET)/debian/
	@ls $(TARGET)/debian/mutuals_*.deb

# BASE names another image to build on, such as one that is on this machine already.
image: BUILDER ?= $(or $(shell command -v buildah),$(shell command -v podman),docker)
image: deb ## Build the container image `mutuals` from the Debian package (BUILDER, BASE)
	rm -rf $(TARGET)/image
	mkdir -p $(TARGET)/image
	cp $(TARGET)/debian/mutuals_*.deb $(TARGET)/image/mutuals.deb
	$(BUILDER) build --format docker $(if $(BASE),--build-arg BASE=$(BASE)) --tag mutuals --file Containerfile $(TARGET)/image

bench: ## Speed and memory beside a server without a database (BENCH_ROWS, BENCH_DATABASE: bench/README.md)
	@scripts/setup build bench
	bench/run

openapi: ## Write both profiles of the contract and the guide's page of roles anew
	@scripts/setup build
	cargo build --workspace --locked
	$(TARGET)/debug/mutuals openapi > openapi.yaml.new && mv openapi.yaml.new openapi.yaml
	$(TARGET)/debug/mutuals openapi --profile 3.0 > openapi-3.0.yaml.new && mv openapi-3.0.yaml.new openapi-3.0.yaml
	$(TARGET)/debug/mutuals roles > docs/guide/roles.md.new && mv docs/guide/roles.md.new docs/guide/roles.md

matrix: ## Write tests/role-matrix.txt anew: what each role is answered for each operation
	WRITE_ROLE_MATRIX=1 cargo test --locked --package tests --test cases role_matrix::on_sqlite::every_role

register: ## Store a register that this program makes, as what later ones must take over: make register NAME=0.2.0
	KEEP_REGISTER=$(or $(NAME),$(error name the version, as in make register NAME=0.2.0)) tests/with-postgres \
		cargo test --locked --package tests --test cases -- upgrade::keep_a_register --include-ignored

forms: ## Write the stored examples of every kind's current form anew: crates/document/tests/forms
	WRITE_FORMS=1 cargo test --locked --package document --test forms every_kind_has_examples
	cargo test --locked --package document --test forms

fmt: ## Format the code
	cargo fmt --all
	cargo fmt --manifest-path examples/rust/Cargo.toml

setup: ## Check for what is needed beside Rust; on Debian root gets it installed
	@scripts/setup build demo lint clients ocds browser test bench

# Tools of the project alone, in the build folder, so that nobody's own installation matters.
$(TOOLS)/contract-lint/installed: tools/install tools/contract-lint/package-lock.json tools/contract-lint/requirements.txt
	@scripts/setup lint
	tools/install tools/contract-lint $(TOOLS)/contract-lint

$(TOOLS)/contract-fuzz/installed: tools/install tools/contract-fuzz/requirements.txt
	@scripts/setup lint
	tools/install tools/contract-fuzz $(TOOLS)/contract-fuzz

$(TOOLS)/ocds/installed: tools/install tools/ocds/requirements.txt
	@scripts/setup ocds
	tools/install tools/ocds $(TOOLS)/ocds

$(CLIENTS)/tools/installed: tools/install examples/package-lock.json examples/requirements.txt
	@scripts/setup clients
	tools/install examples $(CLIENTS)/tools

$(TOOLS)/bin/cargo-machete:
	@scripts/setup build
	cargo install --locked --root $(TOOLS) --target-dir $(TOOLS)/build --version 0.9.2 cargo-machete
	rm -rf $(TOOLS)/build

$(TOOLS)/bin/cargo-deb:
	@scripts/setup build
	cargo install --locked --root $(TOOLS) --target-dir $(TOOLS)/build --version 3.8.0 cargo-deb
	rm -rf $(TOOLS)/build
