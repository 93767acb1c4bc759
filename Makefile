# Needs only python3 (3.11 or later) and make; everything else is installed into $(VENV), pinned and checked by hash.
PYTHON ?= python3
VENV   ?= .venv
UV     ?= uv

BIN   := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP   := $(BIN)/python -m pip -qq --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help venv demo test browsers tamper faults fuzz lint check format golden freeze docs bench bench-large lock style clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

venv: $(STAMP) ## install everything into a virtual environment (VENV=.venv, PYTHON=python3)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; say which: make PYTHON=python3.11 ..." >&2; exit 1; }
	@echo "Installing into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -qq events projections ledger # as pip does for what is not editable
	@touch $@

demo: $(STAMP) ## load the bundled record of all forces into a new ledger and walk through it
	@$(BIN)/force-ledger demo

test: $(STAMP) ## run the tests, on all cores
	$(BIN)/python -m pytest -n auto

browsers: ## install Chromium and Firefox, and what drives them, for the tests of pages in real browsers (needs npm)
	@tests/browser/install

tamper: $(STAMP) ## change every cell, and every byte of a ledger's file, and see that verify finds it (minutes)
	$(BIN)/python -m tests.audit.damage

faults: $(STAMP) ## kill writers a thousand times, let system calls fail in turn, and see that nothing is lost (minutes)
	$(BIN)/python -m tests.faults

fuzz: $(STAMP) ## try the laws, and every parser, with new random examples (minutes)
	FORCE_LEDGER_TEST_TIMES=5 $(BIN)/python -m pytest -n auto tests/fuzz tests/properties

lint: $(STAMP) ## check style, formatting, types and the import chain
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

check: lint test ## lint, then test

format: $(STAMP) ## put the code into its one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: $(STAMP) ## write the golden files that new kinds of event lack
	$(BIN)/python -m tests.support.golden

freeze: $(STAMP) ## write the ledger of today's rules anew, and freeze it with the golden files: once for each number
	$(BIN)/python -m tests.support.corpus freeze

docs: $(STAMP) ## write docs/rules.md, docs/commands.md and the picture of the README anew
	$(BIN)/python docs/make_rules.py
	$(BIN)/python docs/make_commands.py
	$(BIN)/python docs/make_timeline.py
	$(BIN)/python docs/make_record.py

bench: $(STAMP) ## measure ours against limits and peers, side by side; writes benchmarks/results.md (SIZE=10000 to try, and write nothing)
	-$(PIP) install beancount beanquery duckdb umadb
	@$(BIN)/python -m compileall -qq events projections ledger
	$(BIN)/python -m benchmarks.bench bench $(SIZE)

bench-large: $(STAMP) ## append, log and verify to 10,000,000 entries (an hour); writes benchmarks/results-large.md
	$(BIN)/python -m benchmarks.bench bench-large $(SIZE)

lock: ## pin the dependencies anew, with uv (LOCK=--upgrade moves every pin)
	$(UV) pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" $(LOCK) --output-file requirements.lock pyproject.toml

style: ## compile the stylesheet of the public site (needs npm)
	cd styles && npm ci --silent && npm run --silent build

clean: ## remove the virtual environments and all caches
	rm -rf .venv .venv-* build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
