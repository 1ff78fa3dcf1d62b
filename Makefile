# finopt: what a newcomer and CI run. Needs nothing but Python >= 3.11, pip and make.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: demo example test test-all lint smoke paper clean

demo: $(VENV)/.installed  ## the paper's scenario: the plan, then every method compared
	$(BIN)/finopt solve instances/paper/b-alexnet-cifar10.json
	@echo
	$(BIN)/finopt compare instances/paper/b-alexnet-cifar10.json

example: $(VENV)/.installed-test  ## an early-exit network measured, placed, cut and run on this machine
	$(BIN)/python instances/digits/example.py

test: $(VENV)/.installed-test  ## the test suite without its slow tests
	$(BIN)/pytest -n auto -m "not slow"

test-all: $(VENV)/.installed-test  ## the whole test suite
	$(BIN)/pytest -n auto

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

smoke: $(VENV)/.installed  ## the benchmark's smallest run
	$(BIN)/python benchmarks/scale.py --smoke

paper: $(VENV)/.installed-test  ## the papers' results: tables and pictures in benchmarks/results/paper
	$(BIN)/python benchmarks/paper.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-test: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[test,dev]"
	touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
