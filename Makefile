# The two commands a newcomer needs are `make demo` and `make test`; CONTRIBUTING.md explains the rest.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
RULELOOP := $(BIN)/ruleloop
DEMO_ARGS ?=
PYTEST := $(BIN)/python -m pytest

.PHONY: demo test check fast tools spark long lint types contracts smoke docs lock clean

# One sample organisation and this repository's own history, then the pages.
demo: $(VENV)/.run
	@scripts/demo $(DEMO_ARGS)

# Everything that needs no extra programs, then what the machine's browser and Java allow.
test: fast tools spark

check: lint types contracts fast smoke

fast: $(VENV)/.dev
	$(PYTEST) -m "not tools and not spark and not long"

tools: $(VENV)/.dev
	$(PYTEST) -m tools

spark: $(VENV)/.spark
	$(PYTEST) -m spark

long: $(VENV)/.dev
	$(PYTEST) -m long

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(BIN)/lint-imports

smoke: $(VENV)/.dev
	scripts/smoke

# Generated pages: docs/metrics.md, docs/tables.md, docs/cli.md. A test keeps them equal to the code.
docs: $(VENV)/.dev
	$(BIN)/python scripts/docs.py

lock:
	scripts/lock

clean:
	rm -rf $(VENV) .ruleloop-demo .ruleloop-aidev .mypy_cache .ruff_cache .pytest_cache dist

# --- environments: each stamp is newer than the lock it was installed from ---
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@test -e $(VENV)/.dev || { echo "installing (once; about a minute)"; \
	  $(PIP) install --require-hashes -r requirements.lock; \
	  $(PIP) install --no-deps --no-build-isolation -e .; }
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.run

# pyspark needs a Java; without one the tier is skipped with that reason.
$(VENV)/.spark: requirements-spark.lock $(VENV)/.dev
	@if command -v java >/dev/null; then $(PIP) install --require-hashes -r requirements-spark.lock; \
	  else echo "no Java: the Spark tier will be skipped"; fi
	@touch $@
