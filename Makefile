# Needs only Python 3.11 or newer and make. `make` or `make help` lists the targets.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell for name in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$name; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The lock is complete, so nothing is resolved here: every file that comes is one whose hash is written down.
LOCKED := install --no-deps --require-hashes

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "AdvisorJobs needs Python 3.11 or newer; found: $$(python3 --version 2>&1)." \
		"Install a newer one, or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "AdvisorJobs needs Python 3.11 or newer;" \
		"$(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; exit 2; }
	$(PYTHON) -m venv .venv

# One stamp per lock: a changed lock, or changed packaging, is installed again; else nothing is done.
.venv/%.stamp: requirements/%.txt requirements/build.txt pyproject.toml setup.cfg | .venv/bin/python
	$(PIP) $(LOCKED) -r requirements/build.txt
	$(PIP) $(LOCKED) -r requirements/$*.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

setup: .venv/dev.stamp ## make .venv with everything that developing needs

demo: .venv/all.stamp ## embedded Postgres, a worker and sample documents, watched live
	$(BIN)/advisorjobs demo

up: .venv/all.stamp ## everything on this machine: database, migrations, workers; until ctrl-c
	$(BIN)/advisorjobs up

lock: setup ## resolve the dependencies anew, with hashes and without addresses
	requirements/lock.sh

.PHONY: help setup demo up lock
