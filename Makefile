# Needs only Python 3.11 or newer and make. `make` or `make help` lists the targets.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell for name in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$name; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The lock is complete, so nothing is resolved here: every file that comes is one whose hash is written down.
LOCKED := install --no-deps --require-hashes
POSTGRES := tests/postgres/node_modules
VERSIONS := 14 15 16 17 18
TESTS ?= tests
# Tests wait more than they compute: two processes on one database server, a file of tests in one of them.
PROCESSES ?= 2
# In which order they take files, tests/fixtures/turns.py says.
SIDE_BY_SIDE = -n $(PROCESSES) --dist loadfile --no-loadscope-reorder
DATABASE_TESTS = $(wildcard tests/database tests/engine tests/tenancy tests/faults)

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[1m%-13s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "AdvisorJobs needs Python 3.11 or newer; found: $$(python3 --version 2>&1)." \
		"Install a newer one, or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "AdvisorJobs needs Python 3.11 or newer;" \
		"$(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; exit 2; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "$(PYTHON) can't make a virtual environment (Debian: python3-venv)." \
		>&2; exit 2; }

# One stamp per lock: a changed lock, or changed packaging, is installed again; else nothing is done.
.venv/%.stamp: requirements/%.txt requirements/build.txt pyproject.toml setup.cfg | .venv/bin/python
	$(PIP) $(LOCKED) -r requirements/build.txt
	$(PIP) $(LOCKED) -r requirements/$*.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

setup: .venv/dev.stamp ## make .venv with everything that developing needs

demo: .venv/all.stamp ## a day at an invented practice: all nine queues, watched live
	$(BIN)/advisorjobs demo

up: .venv/all.stamp ## everything on this machine: database, migrations, workers; until ctrl-c
	$(BIN)/advisorjobs up

test: setup ## all tests, on the embedded Postgres (TEST_DATABASE_URL names another)
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(TESTS)

test-matrix: setup $(POSTGRES)/.stamp ## all tests on Postgres 14 to 18 (needs Node's npm, for the servers)
	for version in $(VERSIONS); do echo "--- Postgres $$version"; \
		TEST_POSTGRES_BIN=$(POSTGRES)/postgres-$$version/native/bin $(BIN)/python -m pytest $(SIDE_BY_SIDE) $(TESTS) || exit; done

test-oldest: setup $(POSTGRES)/.stamp ## what talks to the database, on the oldest Postgres
	TEST_POSTGRES_BIN=$(POSTGRES)/postgres-14/native/bin $(BIN)/python -m pytest $(DATABASE_TESTS)

# The lock holds a checksum for each package. Their install scripts only make symbolic links, which we do by name.
$(POSTGRES)/.stamp: tests/postgres/package-lock.json
	cd tests/postgres && npm ci --ignore-scripts --no-audit --no-fund --silent
	for package in $(POSTGRES)/postgres-*; do (cd $$package && node scripts/hydrate-symlinks.js) || exit; done
	@touch $@

chaos: setup ## the fault tests, and those of the API with arbitrary requests, at full length
	TEST_CHAOS=full $(BIN)/python -m pytest -m faults $(TESTS)
	TEST_CHAOS=full $(BIN)/python -m pytest tests/web/test_api_schema.py

chaos-control: setup ## the same situations against procrastinate's own worker: a table of what it fails
	$(BIN)/python -m ops.chaos.control

check: lint ## format, lint, types, direction of imports, sizes
	$(BIN)/python -m pytest --quiet tests/house -m "not slow"

lint: setup # `check` without the tests among it, which `test` has too
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: setup ## every figure beside the peers, in one run; BENCH="drain pickup" for some, BENCH=--help for more
	$(BIN)/python -m ops.bench $(BENCH)

lock: setup ## resolve the dependencies anew, with hashes and without addresses
	requirements/lock.sh

clean: ## remove what make made
	rm -rf .venv .bench build dist *.egg-info $(POSTGRES) .ruff_cache .mypy_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup demo up test test-matrix test-oldest chaos chaos-control check lint bench lock clean
