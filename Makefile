# make run: install, then the default study, to a table and reports/digits/index.html.
PYTHON ?= python3
STUDY ?= digits
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q

.DEFAULT_GOAL := help
.PHONY: help run denoiser upscaler colourizer test lint bench lock clean

help:  ## List the targets.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 16
	@echo "Studies for make run STUDY=…: $$(ls conf/study | sed 's/\.yaml//' | tr '\n' ' ')"

run: $(VENV)/.run  ## Install, then run a study through DVC: make run STUDY=reuters for another one.
	@$(BIN)/narrows study $(STUDY)

denoiser: $(VENV)/.run  ## Train a network that takes noise off pictures (about half an hour); see narrows restore.
upscaler: $(VENV)/.run  ## Train one that makes pictures twice as large (about an hour).
colourizer: $(VENV)/.run  ## Train one that colours pictures (about an hour).
denoiser upscaler colourizer:
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m dvc repro measure_restoration@$@
	@$(BIN)/python pipelines/measure_restoration.py --show $@

test: $(VENV)/.dev  ## Install what tests need, then check the code and run the tests.
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check . && $(BIN)/pyright
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup

bench: $(VENV)/.run  ## Measure the speed of training, encoding and a study; writes benchmarks/results.
	@$(BIN)/python benchmarks/loop.py
	@$(BIN)/python benchmarks/study.py
	@$(BIN)/python benchmarks/prepare.py
	@$(BIN)/python benchmarks/scale.py
	@$(BIN)/python benchmarks/mapped.py

lint: $(VENV)/.dev  ## Format the code and mend what can be mended.
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

lock:  ## Renew constraints.txt from pyproject.toml.
	@$(PYTHON) -m venv .venv-lock && .venv-lock/bin/pip install -q uv
	@PATH="$(CURDIR)/.venv-lock/bin:$$PATH" sh .ci/lock

clean:  ## Remove work folders and stage outputs; reports and the environment stay.
	@rm -rf runs build data .dvc/cache .dvc/tmp

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "narrows needs Python 3.11 or newer; name one: make run PYTHON=python3.12"; exit 2; }
	@echo "making the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing (about two minutes and 1.3 GB; more with a GPU)"
	@$(PIP) install -e . -c constraints.txt
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing, with what tests need (about two minutes and 1.4 GB; more with a GPU)"
	@$(PIP) install -e '.[dev]' -c constraints.txt
	@touch $@ $(VENV)/.run
