# Everything in a virtual environment of its own; needs Python 3.10 to 3.13 and PyPI only.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH := build/bench-venv
OUT ?= cluster.json
export DAGSTER_HOME ?= $(CURDIR)/.dagster
export DATAHUB_TELEMETRY_ENABLED := false
# What is compiled is kept: the hundred processes that the tests start would each compile it anew.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help

help: ## what there is to make
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 12

# The environment is made anew when PYTHON is another one than made it: a stamp named after the version.
MADE_BY := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
FITS := 3.10 3.11 3.12 3.13

$(VENV)/made-by-$(MADE_BY):
ifeq ($(MADE_BY),)
	@echo "there is no $(PYTHON) here; say which Python to use: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1
else ifeq ($(filter $(MADE_BY),$(FITS)),)
	@echo "$(PYTHON) is Python $(MADE_BY), and Python 3.10 to 3.13 is needed: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1
else
	@echo "$(VENV): a virtual environment of Python $(MADE_BY)"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@touch $@
endif

$(BIN)/installed: pyproject.toml requirements-dev.lock $(VENV)/made-by-$(MADE_BY)
	@echo "$(VENV): installing this project and what it needs, which takes two or three minutes"
	@$(BIN)/pip install -q --disable-pip-version-check -c requirements-dev.lock -e '.[test,dev,browser]'
	@touch $@

$(DAGSTER_HOME)/dagster.yaml: dagster.yaml
	@mkdir -p $(DAGSTER_HOME)
	@# a dagster.yaml in a DAGSTER_HOME of the user's own is theirs
	@[ "$(origin DAGSTER_HOME)" = environment ] && [ -e $@ ] || cp dagster.yaml $@

setup: $(BIN)/installed $(DAGSTER_HOME)/dagster.yaml ## virtual environment and DAGSTER_HOME

demo: setup ## run the main job: the saved demo cluster to DataHub Lite
	$(BIN)/kc-lineage demo

test: setup ## all fast tests, on every core
	$(BIN)/python -m pytest -n auto --dist loadfile

slow: setup ## whole runs searched for secrets, processes and commands as users start them, property tests with all examples
	HYPOTHESIS_PROFILE=whole $(BIN)/python -m pytest -n auto --dist loadfile -m '(slow or hypothesis) and not postgres'

fuzz: setup ## the property tests with examples that no run has tried before
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest $(shell grep -rl hypothesis tests --include='test_*.py')

# Both sets of tests; what needs more than PyPI is left out, as in them.
COVERED := not (browser or live or postgres or machines or deploy or image or package)
coverage: setup ## which lines neither fast nor slow tests reach, processes that tests start counted; ten minutes
	rm -rf build/coverage
	$(BIN)/coverage run -m pytest -n auto --dist loadfile -m '$(COVERED)'
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

lint: setup ## ruff and mypy
	$(BIN)/ruff check kc_lineage_dagster tests tools
	$(BIN)/ruff format --check kc_lineage_dagster tests tools
	$(BIN)/mypy

lock: setup ## requirements-dev.lock, newest versions that fit pyproject.toml
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --universal --upgrade --python-version 3.10 --no-emit-index-url --no-annotate --no-header \
	  --extra test --extra dev --extra browser --extra docs -o requirements-dev.lock pyproject.toml

docs: setup ## what is written by tools: docs/coverage.md, docs/cli.md, tables of docs/recipe.md, the keys that lineage reads
	$(BIN)/python -m tools.coverage docs/coverage.md
	$(BIN)/python -m tools.recipe_reference docs/recipe.md
	$(BIN)/python -m tools.command_reference docs/cli.md
	$(BIN)/python -m tools.lineage_keys

site: setup ## the documentation as a site in build/site; every link and anchor is checked
	$(BIN)/pip install -q --disable-pip-version-check -c requirements-dev.lock mkdocs mkdocs-material
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "build/site/index.html; to search in it: python3 -m http.server -d build/site"

doctor: setup ## try Connect, DataHub and the state path of every recipe
	$(BIN)/kc-lineage doctor

record: setup ## save a cluster's answers, redacted: make record URL=http://connect:8083 OUT=cluster.json
	$(BIN)/kc-lineage record $(URL) -o $(OUT)

browser: setup ## the web interface, driven by headless Chromium
	$(BIN)/python -m pytest -m browser tests/browser

postgres: setup ## the state on a real PostgreSQL
	$(BIN)/python -m pytest -m postgres tests

# What further extras bring, installed once: targets that run side by side find it as it is.
$(BIN)/with-%: $(BIN)/installed
	$(BIN)/pip install -q --disable-pip-version-check -c requirements-dev.lock -e '.[test,$*]'
	touch $@

machines: setup $(BIN)/with-machines ## a Dagster deployment of several machines (PostgreSQL, Redis, two Celery workers)
	$(BIN)/python -m pytest -m machines tests/machines

deploy-check: setup $(BIN)/with-deploy ## image, compose and Kubernetes files: linters, schemas, the commands they name
	$(BIN)/python -m pytest -m deploy tests/deploy

image: setup $(BIN)/with-machines ## deploy/Dockerfile built and run (root, Debian's buildah, debootstrap and PostgreSQL), four minutes
	$(BIN)/python -m pytest -m image tests/image

# What meets the dependencies; left out are tests/properties and most of tests/defs, minutes that try our own rules.
LOWEST := $(addprefix tests/,cli recipe state run emit connect catalog derive transforms java_regex page families \
  defs/test_component.py defs/test_sync_job.py test_structure.py test_lab.py)
lowest: build/lowest/installed ## the tests that meet the dependencies, with the lowest versions that pyproject.toml allows
	build/lowest/bin/python -m pytest -n auto --dist loadfile -o filterwarnings=default -p no:cacheprovider $(LOWEST)

build/lowest/installed: pyproject.toml
	rm -rf build/lowest
	$(PYTHON) -m venv build/lowest
	build/lowest/bin/pip install -q --disable-pip-version-check uv
	build/lowest/bin/uv pip install -q -p build/lowest/bin/python --resolution lowest-direct -e '.[test]'
	touch $@

package: setup ## sdist and wheel: built, installed, tried
	$(BIN)/python -m pytest -m package tests/packaging

live: setup ## a real Kafka Connect worker (Java, Maven, PostgreSQL)
	$(BIN)/python -m pytest -m live tests/live

$(BENCH)/installed: requirements-dev.lock
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/pip install -q --disable-pip-version-check 'acryl-datahub[kafka-connect]'
	touch $@

bench: setup $(BENCH)/installed ## speed beside `datahub ingest`: make bench ARGS="--sizes 10,100 --latency 5"; writes bench/results.md and the README's figures
	$(BIN)/pip install -q --disable-pip-version-check -c requirements-dev.lock dagster-postgres
	$(BIN)/python -m bench --datahub $(BENCH)/bin/python $(ARGS)

bench-fleet: setup $(BIN)/with-machines ## ten clusters at once on 1, 2 and 4 workers: make bench-fleet ARGS="--workers 1,2 --connectors 100"
	$(BIN)/python -m bench.fleet $(ARGS)

side-by-side: setup $(BENCH)/installed ## lineage of a recorded cluster beside that of `datahub ingest`
	$(BIN)/python -m bench.lab --datahub $(BENCH)/bin/python

# In DAGSTER_HOME, because Dagster warns of a dagster.yaml in the current folder that it does not use.
RECIPES = $(abspath $(or $(KC_LINEAGE_RECIPES),$(wildcard recipes)))
ui: setup ## dagster dev with the demo recipe
	cd $(DAGSTER_HOME) && $(if $(RECIPES),KC_LINEAGE_RECIPES=$(RECIPES)) \
	  PYTHONWARNINGS='ignore:Function `dev_command` is superseded' \
	  $(abspath $(BIN))/dagster dev -m kc_lineage_dagster.definitions

clean: ## forget the environment and all state
	rm -rf $(VENV) $(DAGSTER_HOME)

.PHONY: help setup demo test slow fuzz coverage lint lock docs site doctor record browser package lowest postgres machines deploy-check image live bench bench-fleet side-by-side ui clean
