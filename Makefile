# Two commands: `make dataset` builds the dataset and the explorer, which takes seconds, and prints the vague provisions;
# `make test` tests it all.
# Each sets up what it needs. The Label Studio server has a virtual environment of its own.

PYTHON ?= python3
BIN := .venv/bin
CHROMIUM ?= /usr/bin/chromium
PIP_INSTALL := install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: dataset test lint baselines bench docs label-studio chromium postgresql clean

dataset: .venv/.core
	$(BIN)/safeguards build
	$(BIN)/safeguards site build
	$(BIN)/safeguards vague

# The official texts, where they lie beside the project, so that no test of them is skipped.
TEXTS := ../shared/treaties

test: .venv/.dev .venv-label-studio/.done chromium postgresql lint
	@test ! -d $(TEXTS) || $(BIN)/safeguards fetch --from $(TEXTS)
	$(BIN)/safeguards build
	$(BIN)/safeguards check
	$(BIN)/python -m pytest

lint: .venv/.dev
	$(BIN)/ruff format --check scripts tests
	$(BIN)/ruff check scripts tests
	$(BIN)/mypy

# What a model has to beat: annotations/baselines.jsonl, measured anew.
baselines: .venv/.dev
	@test ! -d $(TEXTS) || $(BIN)/safeguards fetch --from $(TEXTS)
	$(BIN)/safeguards build
	$(BIN)/safeguards baselines --measure

bench: .venv/.dev .venv-bench/.done
	PYTHONPATH=tests $(BIN)/python -m bench

# bluebell, which the benchmark compares with, is LGPL: it has a virtual environment of its own. So has
# another version of pyarrow, with which the dataset must have the same content.
.venv-bench/.done:
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --upgrade pip
	.venv-bench/bin/pip install --quiet 'bluebell-akn==3.1.1'
	.venv-bench/bin/pip install --quiet --no-deps --target .venv-bench/pyarrow 'pyarrow==24.0.0'
	touch $@

# Refresh what is generated in README.md and DATASHEET.md.
docs: .venv/.dev
	$(BIN)/safeguards build
	$(BIN)/cog -r README.md DATASHEET.md

label-studio: .venv-label-studio/.done .venv/.labelstudio

.venv/bin/python:
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip

.venv/.core: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/pip $(PIP_INSTALL) --editable .
	touch $@

.venv/.dev: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/pip $(PIP_INSTALL) --editable '.[dask,labelstudio,ml,dev]'
	touch .venv/.core $@

.venv/.labelstudio: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/pip $(PIP_INSTALL) --editable '.[labelstudio]'
	touch .venv/.core $@

.venv-label-studio/.done:
	$(PYTHON) -m venv .venv-label-studio
	.venv-label-studio/bin/pip install --quiet --upgrade pip
	.venv-label-studio/bin/pip install --quiet 'label-studio==1.23.2'
	touch $@

chromium:
	@test -x $(CHROMIUM) || { test "$$(id -u)" = 0 && apt-get update -qq && \
	apt-get install --yes -qq chromium >/dev/null; } || \
	{ echo "chromium is missing; install it with: apt-get install chromium" >&2; exit 1; }

# The programs alone: without createcluster.conf, Debian would make a database and start it.
postgresql:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { test "$$(id -u)" = 0 && \
	apt-get update -qq && apt-get install --yes -qq postgresql-common >/dev/null && \
	echo "create_main_cluster = false" >>/etc/postgresql-common/createcluster.conf && \
	apt-get install --yes -qq postgresql >/dev/null; } || \
	{ echo "PostgreSQL is missing; install it with: apt-get install postgresql" >&2; exit 1; }

clean:
	rm -rf dist .venv .venv-bench .venv-label-studio
