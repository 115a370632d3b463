# Every target stands alone on a fresh machine with Python >= 3.11, pip and make: what it needs, it installs
# into a virtual environment inside the clone, and installs again only when pyproject.toml changes.

PYTHON ?= python3
VENV ?= .venv
VENV_EXTRAS ?= $(VENV)-extras
PYTEST_FLAGS ?=
# PyTorch is held to one release, so that benchmarks stay comparable.
TORCH := torch==2.13.0

BIN := $(VENV)/bin
BIN_EXTRAS := $(VENV_EXTRAS)/bin
CORE := $(VENV)/.installed-core
DEV := $(VENV)/.installed-dev
DOCS := $(VENV)/.installed-docs
EXTRAS := $(VENV_EXTRAS)/.installed-extras
INSTALL := -m pip --disable-pip-version-check install -qq

# One BLAS thread for each test process: they share the cores, and BLAS threads that wait for each other spin.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

# The scripts among benchmarks/*.py; the other files there are what the scripts share.
BENCHMARKS = $(shell grep -l '^if __name__ == "__main__":' benchmarks/*.py 2>/dev/null)

# The tests that need PyTorch or JAX; where there are none, neither is installed.
MARKED := $(shell grep -rlE 'mark\.(torch|jax)\b' tests --include='*.py')

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help check-thread test lint types fix test-fast test-slow test-extras coverage docs bench clean

help: ## show this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /  \1	/' | expand -t 18

# ---- the main job ------------------------------------------------------------------------------------
# Status 1 is the verdict "wrong", which one of the two candidates in that file must get; any other status
# (0: the wrong line was let through, 2: unusable, 3: inconclusive) fails the target.
check-thread: $(CORE) ## settle the forum thread: which line is wrong, why, and the derivation
	@$(BIN)/gradproof check examples/thread.py --derivation; status=$$?; \
	if [ $$status -ne 1 ]; then echo "check-thread: expected exit status 1 (wrong), got $$status" >&2; exit 1; fi

# ---- checks ------------------------------------------------------------------------------------------
test: lint types ## ruff, mypy and the whole fast test suite
	$(ONE_THREAD) $(BIN)/python -m pytest -n auto $(PYTEST_FLAGS)

lint: $(DEV) ## ruff
	$(BIN)/ruff check .

types: $(DEV) ## mypy, strict, on src
	$(BIN)/mypy

fix: $(DEV) ## let ruff mend what it can
	$(BIN)/ruff check --fix .

test-fast: $(DEV) ## the fast tests on every core, stopping at the first failure
	$(ONE_THREAD) $(BIN)/python -m pytest -x -n auto $(PYTEST_FLAGS)

test-slow: $(DEV) ## the tests that take more than a few seconds
	$(ONE_THREAD) $(BIN)/python -m pytest -m slow $(PYTEST_FLAGS)

test-extras: $(if $(MARKED),$(EXTRAS)) ## the tests that need PyTorch or JAX
	$(if $(MARKED),$(ONE_THREAD) $(BIN_EXTRAS)/python -m pytest -m "torch or jax" $(PYTEST_FLAGS),@echo "no test is marked torch or jax")

coverage: $(DEV) ## the fast tests with branch coverage
	$(ONE_THREAD) $(BIN)/python -m pytest --cov --cov-report=term-missing $(PYTEST_FLAGS)

# ---- documentation and benchmarks --------------------------------------------------------------------
docs: $(DOCS) ## build docs/_build/html; a warning is an error
	$(BIN)/python -m sphinx --fail-on-warning --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: $(EXTRAS) ## run every script of benchmarks/ on one BLAS thread
	@test -n "$(BENCHMARKS)" || { echo "bench: benchmarks/ holds no script" >&2; exit 1; }
	@set -e; for script in $(BENCHMARKS); do echo "== $$script"; \
	$(ONE_THREAD) $(BIN_EXTRAS)/python $$script; done

clean: ## remove the environments and everything built
	rm -rf $(VENV) $(VENV_EXTRAS) docs/_build build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

# ---- environments ------------------------------------------------------------------------------------
# $(call new-venv,FOLDER): an empty environment, or a plain word about the Python that cannot make one.
define new-venv
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else \
	"gradproof needs Python 3.11 or newer, this is %s. fix: make PYTHON=python3.12" % sys.version.split()[0])'
	@echo "making $(1) (once; again when pyproject.toml changes)"
	@$(PYTHON) -m venv --clear $(1)
endef

$(CORE): pyproject.toml
	$(call new-venv,$(VENV))
	@$(BIN)/python $(INSTALL) --editable .
	@touch $@

$(DEV): $(CORE)
	@$(BIN)/python $(INSTALL) --editable '.[dev]'
	@touch $@

$(DOCS): $(CORE)
	@$(BIN)/python $(INSTALL) --editable '.[docs]'
	@touch $@

# A second environment, so that the first one keeps proving that neither framework is needed.
$(EXTRAS): pyproject.toml
	$(call new-venv,$(VENV_EXTRAS))
	@$(BIN_EXTRAS)/python $(INSTALL) $(TORCH) --editable '.[dev,bench]'
	@touch $@
