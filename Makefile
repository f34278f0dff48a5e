# Two commands do everything: `make demo` and `make test`. Both make .venv on first use.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: demo test test-all test-faults lint types contracts check clean

# A studio made by code, indexed, and opened in the terminal UI; without a terminal it prints what it found.
demo: $(INSTALLED)
	$(BIN)/archivist demo demo-studio

# The quick tests, on every core. `make test-all` adds those marked slow.
test: $(INSTALLED)
	$(BIN)/python -m pytest -n auto -m "not slow"

test-all: $(INSTALLED)
	$(BIN)/python -m pytest -n auto

# Runs of indexing killed by the hundred; tests/faults/ holds the quick ones too, which `make test` runs.
test-faults: $(INSTALLED)
	$(BIN)/python -m pytest -n auto -m faults

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

contracts: $(INSTALLED)
	$(BIN)/lint-imports

check: lint types contracts

# Tested versions stand in constraints.txt; what each package is for, in pyproject.toml.
$(INSTALLED): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check -q -c constraints.txt -e ".[dev,benchmark]"
	touch $@

clean:
	rm -rf .venv demo-studio
