# Each target first installs its dependencies into .venv, from PyPI, at the versions of constraints.txt.
PYTHON ?= python3
BIN := .venv/bin
# Only tools of the virtual environment are used, none from elsewhere.
export PATH := $(CURDIR)/$(BIN):$(PATH)
unexport PYTHONPATH PYTHONHOME

.PHONY: help demo test test-broken test-slow test-examples mutants bench docs lint clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv/ready  ## classify handwritten digits on generated hardware
	$(BIN)/python examples/digits.py --out build/demo

test: .venv/ready  ## the test suite
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow and not broken and not examples"

test-broken: .venv/ready  ## benches detect deliberately broken designs
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "broken and not slow"

test-slow: .venv/ready  ## suites of several minutes: random designs, the largest array, mapped netlists
	$(BIN)/python -m pytest -n 2 --dist worksteal -m slow --timeout 1800

mutants: .venv/ready  ## damaged designs that each bench notices, into docs/mutants.json; NAME=uart: of one generator
	$(BIN)/python -m systola.gen.mutants $(NAME) --out docs

test-examples: .venv/ready  ## programs and packages of examples/: their tests, and the contract suite with the packages installed
	rm -rf build/examples
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --target build/examples examples/accelerator examples/format
	$(BIN)/python -m pytest -n 2 --dist worksteal tests/examples -m "not slow"
	PYTHONPATH=build/examples $(BIN)/python -m pytest -n 2 examples/accelerator/tests examples/format/tests
	PYTHONPATH=build/examples $(BIN)/python -m pytest tests/frame tests/gen/coverage -k dotter

bench: .venv/ready  ## measure every figure of the README, into docs/figures.md
	$(BIN)/python -m systola.gen.figures --out docs

docs: .venv/ready  ## the documentation, into build/docs/html; warnings are errors
	$(BIN)/python -m sphinx -W --keep-going -n -q -b html docs build/docs/html

lint: .venv/ready  ## ruff, pyright, and the prose lint of all pages and sources
	$(BIN)/ruff check .
	$(BIN)/python -m pyright --project pyproject.toml
	$(BIN)/python tests/prose/lint.py

.venv/ready: pyproject.toml constraints.txt
	@command -v g++ >/dev/null || { echo "g++ was not found: install it (Debian: apt-get install g++)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt setuptools
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -c constraints.txt -e '.[sim,synth,board,networks,draw,demo,docs,dev]'
	touch $@

clean:  ## remove all generated files
	rm -rf .venv build dist *.egg-info
