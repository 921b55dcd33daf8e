# klal: everything a developer or a visitor runs. Every target does its own set-up.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BENCH_PEERS := .venv-peers

.PHONY: demo test check bench docs lock clean

HOST ?= 127.0.0.1
PORT ?= 8000

# The demonstration: a conversation to take part in, on http://HOST:PORT/c/demo/, kept in KLAL_HOME (./klal-data if not set).
demo: $(READY)
	@$(BIN)/klal demo --host "$(HOST)" --port "$(PORT)"

test: $(READY)
	@sh tools/system-packages.sh
	$(BIN)/python tools/before_tests.py
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -n 3 --dist loadfile --no-loadscope-reorder
	$(BIN)/python -m coverage combine -q
	$(BIN)/python tools/coverage_floors.py

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	KLAL_SECRET_KEY=unused $(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry src
	$(BIN)/python tools/budgets.py

bench: $(READY) $(BENCH_PEERS)/.ready
	KLAL_BENCH_PEERS_PYTHON=$(BENCH_PEERS)/bin/python $(BIN)/python -m benchmarks --out docs/_tables

docs: $(READY)
	$(BIN)/python -m sphinx -W -b html docs docs/_build/html

# After a change of dependencies: pins and hashes, no registry named.
lock: $(READY)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group test --group check --group docs --group build --universal --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --quiet --output-file requirements/develop.lock
	$(BIN)/uv pip compile pyproject.toml --constraint requirements/develop.lock --universal --generate-hashes --no-annotate \
		--no-emit-index-url --no-emit-find-links --no-header --quiet --output-file requirements/klal.lock
	$(BIN)/uv pip compile --group build --constraint requirements/develop.lock --universal --generate-hashes --no-annotate \
		--no-emit-index-url --no-emit-find-links --no-header --quiet --output-file requirements/build.lock
	$(BIN)/uv pip compile requirements/peers.in --universal --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --quiet --output-file requirements/peers.lock

clean:
	rm -rf $(VENV) $(BENCH_PEERS) demo artefacts docs/_build

$(READY): requirements/develop.lock pyproject.toml
	@PYTHON="$(PYTHON)" sh tools/environment.sh $(VENV) requirements/develop.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(BENCH_PEERS)/.ready: requirements/peers.lock
	@PYTHON="$(PYTHON)" sh tools/environment.sh $(BENCH_PEERS) requirements/peers.lock
	@touch $@
