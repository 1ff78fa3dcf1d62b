# finopt: what a newcomer and CI run. Needs nothing but Python >= 3.11, pip and make.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

# What is tried with other versions of the dependencies: each of them is used, in a few minutes.
QUICK  := $(wildcard tests/problem/test_*.py) tests/cli/test_main.py tests/formulations/test_backends.py tests/plotting tests/docs/test_readme.py \
	tests/docs/test_networks.py tests/docs/test_simulation.py tests/io/test_friendly_tables.py tests/io/test_application_files.py

# What runs the loops of *kernels.py on instances small enough for Python.
LOOPS := $(wildcard tests/graph/test_*.py) tests/heuristics/test_fin.py tests/heuristics/joint/test_k_cheapest.py \
	tests/heuristics/joint/test_undominated.py

.PHONY: demo example test test-all coverage pure-python test-oldest test-newest lint fuzz smoke paper docs tutorials pictures wheel-check lock clean

demo: $(VENV)/.installed  ## a phone on Wi-Fi: the plan, then every method compared
	$(BIN)/finopt solve instances/radio/b-resnet110-wifi.json
	@echo
	$(BIN)/finopt compare instances/radio/b-resnet110-wifi.json

example: $(VENV)/.installed-test  ## an early-exit network measured, placed, cut and run on this machine
	$(BIN)/python instances/digits/example.py

test: $(VENV)/.installed-test  ## the test suite without its slow tests
	$(BIN)/pytest -n auto -m "not slow"

test-all: $(VENV)/.installed-test  ## the whole test suite
	$(BIN)/pytest -n auto

coverage: $(VENV)/.installed-test  ## branches that the tests take, without the slow ones; TESTS=... for some
	mkdir -p build/coverage
	$(BIN)/pytest -n auto -m "not slow" --cov --cov-report=term --cov-report=html:build/coverage/html $(TESTS)

pure-python: $(VENV)/.installed-test  ## the loops that are compiled elsewhere, run as Python
	NUMBA_DISABLE_JIT=1 $(BIN)/pytest -n auto -m "not slow" $(LOOPS)

test-oldest: build/oldest/.installed  ## quick tests with the oldest versions that pyproject.toml allows
	build/oldest/bin/pytest -n auto -m "not slow" $(QUICK)

test-newest: $(VENV)/.installed-test  ## the same tests with the newest, which .venv has from then on
	$(BIN)/python -m pip install --quiet --upgrade --upgrade-strategy eager --editable ".[test,dev]"
	$(BIN)/pytest -n auto -m "not slow" $(QUICK)

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fuzz: $(VENV)/.installed-test  ## a million broken files of every kind that is read; COUNT=... for another number
	$(BIN)/python -m tests.fuzz $(or $(COUNT),1000000)

smoke: $(VENV)/.installed  ## the benchmark's smallest run
	$(BIN)/python benchmarks/scale.py --smoke

paper: $(VENV)/.installed-test  ## the papers' results: tables and pictures in benchmarks/results/paper
	$(BIN)/python benchmarks/paper.py

docs: tutorials  ## the documentation as a site in build/site; a broken link or a request elsewhere is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	$(BIN)/python docs/tools/check.py build/site

tutorials: $(VENV)/.installed-docs  ## run the tutorials and write their pages
	$(BIN)/python docs/tools/tutorials.py

pictures: $(VENV)/.installed-docs  ## draw the pictures of the documentation anew
	$(BIN)/python docs/tools/pictures.py

wheel-check: $(VENV)/.installed-test  ## build wheel and sdist and try them in an empty environment
	PYTHON=$(BIN)/python .ci/wheel_check

lock: $(VENV)/.installed-test $(VENV)/.installed-docs  ## write down the versions that are installed
	$(BIN)/python -m pip freeze --exclude-editable > requirements-dev.lock

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-test: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[test,dev]"
	touch $@ $(VENV)/.installed

$(VENV)/.installed-docs: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[docs]"
	touch $@ $(VENV)/.installed

build/oldest/.installed: pyproject.toml .ci/oldest.txt
	$(PYTHON) -m venv --clear build/oldest
	build/oldest/bin/python -m pip install --quiet --constraint .ci/oldest.txt \
		--editable ".[plot,table,networks,simulate,dask,onnx,report]" pytest pytest-xdist hypothesis jsonschema
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
