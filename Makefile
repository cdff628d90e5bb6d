# Needs Python 3.11 or newer (with venv and pip), make and git. Every command sets up `.venv` itself.

PYTHON ?= python3
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
ARGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: help demo lab lessons test test-modes test-peers fuzz kill-test mutants lint format-check ruff types layers size check-js format docs bench clean

help: ## This list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

demo: $(VENV)/.with-demo ## Five networks train on the engine; a table of results and a report
	@$(BIN)/python -m chainrule demo $(ARGS)

lab: $(VENV)/.with-lab ## Pages in the browser on which one sees networks learn (ARGS="--page slope")
	@$(BIN)/python -m chainrule lab $(ARGS)

lessons: $(VENV)/.with-lessons ## The workshop: lessons whose exercises check themselves (ARGS="--list")
	@$(BIN)/python -m chainrule lessons $(ARGS)

test: $(VENV)/.with-test ## All tests, and every example in the docstrings and pages (ARGS="-k grad")
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

test-modes: $(VENV)/.with-test ## The tests compiled at first sight, evaluated only, and for a processor without AVX
	CHAINRULE_COMPILE=1 $(BIN)/python -m pytest -n $(WORKERS) tests $(ARGS)
	CHAINRULE_COMPILE=0 $(BIN)/python -m pytest -n $(WORKERS) tests $(ARGS)
	CHAINRULE_CPU=baseline $(BIN)/python -m pytest -n $(WORKERS) tests/engine tests/conformance tests/nn tests/optim tests/train $(ARGS)

test-peers: $(VENV)/.with-test $(VENV)/.with-peers ## Comparisons with JAX, PyTorch and autograd (installs them)
	$(BIN)/python -m pytest -n $(WORKERS) tests/peers $(ARGS)

fuzz: $(VENV)/.with-test ## Random graphs, compiled against evaluated (ARGS="--graphs 100000")
	$(BIN)/python -m tests.fuzz $(ARGS)

kill-test: $(VENV)/.with-test ## A training run killed 50 times at random moments, resumed to the same bits
	CHAINRULE_KILLS=50 $(BIN)/python -m pytest -q tests/train/test_kill.py $(ARGS)

mutants: $(VENV)/.with-test ## 10,000 damaged and malicious model files: each loads or fails cleanly
	CHAINRULE_MUTANTS=10000 $(BIN)/python -m pytest -q -s tests/export/test_mutants.py $(ARGS)

lint: format-check ruff types layers size check-js ## Format, lint, types, layers of imports, sizes of files

format-check: $(VENV)/.with-lint
	$(BIN)/ruff format --check .

ruff: $(VENV)/.with-lint
	$(BIN)/ruff check .

types: $(VENV)/.with-lint
	$(BIN)/mypy --strict src/chainrule/engine

layers: $(VENV)/.with-lint
	$(BIN)/lint-imports

size: $(VENV)/.with-lint
	$(BIN)/python scripts/check_size.py

# The lab's JavaScript needs no Node; its types are checked where Node is present.
TSC := build/node/node_modules/.bin/tsc
check-js:
	@if ! command -v npm >/dev/null; then echo "No Node here: the types of the JavaScript are not checked."; exit 0; fi; \
	test -x $(TSC) || npm install --silent --no-audit --no-fund --prefix build/node typescript@5.9 || exit 1; \
	$(TSC) -p tsconfig.json && echo "The types of the JavaScript hold."

format: $(VENV)/.with-lint ## Put the code into its format, and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.with-lessons $(VENV)/.with-docs ## The documentation, in build/docs/index.html
	$(BIN)/python -m sphinx -W --keep-going -q -b html -d build/doctrees docs build/docs
	@echo "The documentation is in build/docs/index.html"

bench: $(VENV)/.with-demo $(VENV)/.with-peers ## How fast, against C, JAX, PyTorch, ... (ARGS="line signs")
	@$(BIN)/python -m benchmarks $(ARGS)

clean: ## Remove the environment and everything that the commands made
	rm -rf $(VENV) build dist report docs/generated
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests scripts benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# One stamp for each extra of pyproject.toml.
$(VENV)/.with-%: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing what '$*' needs (constraints.txt) ..."
	@$(PIP) install -c constraints.txt -e '.[$*]'
	@$(BIN)/python -m compileall -q src/chainrule
	@touch $@

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { \
	    echo "No '$(PYTHON)' found. Install Python 3.11 or newer, or say: make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "$(PYTHON) is $$($(PYTHON) --version 2>&1), but 3.11 or newer is needed:"; \
	    echo "    make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	    echo "$(PYTHON) cannot make virtual environments: its venv module is missing."; \
	    echo "    Debian, Ubuntu: sudo apt install python3-venv"; exit 1; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
