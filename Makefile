# Requires only Python 3.11 or newer with venv: each target first installs the packages pinned in poetry.lock into .venv,
# if they are missing.

PYTHON ?= $(shell .ci/find_python)
VENV := .venv
LOCKED := $(VENV)/.locked
INSTALLED := $(VENV)/.installed
RUN := $(VENV)/bin/
PIP := $(RUN)pip --quiet --disable-pip-version-check
EXTRAS := local aws dlt openlineage slack spark agent init ui bench dev
GROUPS := docs

# Tests start hundreds of processes, each of which would otherwise compile the SDK again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install demo demo-aws check check-code test test-unit test-sdk test-terraform test-spark-3.5 bench bench-smoke docs \
	site links build clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9.-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) ## Create .venv with the packages pinned in poetry.lock

$(INSTALLED): $(LOCKED) pyproject.toml
	$(PIP) install --no-deps --no-compile --editable .
	@touch $@

$(LOCKED): poetry.lock .ci/locked_requirements.py
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is required: make PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(RUN)python .ci/locked_requirements.py $(EXTRAS) $(GROUPS) > $(VENV)/requirements.txt
	$(PIP) install --no-deps --no-compile --require-hashes --requirement $(VENV)/requirements.txt
	$(RUN)python -W ignore -m compileall -q -j 0 -x '/tests?/' $(VENV)/lib
	@touch $@

demo: $(INSTALLED) ## Load a year of New York flights into a lake and query it
	$(RUN)python demo/flights.py

demo-aws: $(INSTALLED) ## Deploy and run the platform on an emulated AWS account
	$(RUN)python -m demo.aws

check: $(INSTALLED) ## Lint, types, layers and unit tests
	$(MAKE) --jobs 2 check-code test-unit

check-code: $(INSTALLED) ## Lint, types and layers
	$(RUN)ruff check .
	$(RUN)ruff format --check .
	$(RUN)mypy
	$(RUN)lint-imports --no-cache

test-unit: $(INSTALLED) ## Run the unit tests
	$(RUN)pytest -q --numprocesses 2 --dist worksteal test/unit

test: check ## Everything: check, then the slower tests; those of Terraform run in parallel, since they mostly wait
	$(MAKE) --jobs 2 test-sdk test-terraform

test-sdk: $(INSTALLED) ## Run the slower tests of the SDK, on every platform and engine
	$(RUN)pytest -q --numprocesses 3 --dist worksteal test --ignore test/unit --ignore test/terraform

test-terraform: $(INSTALLED) ## Test the Terraform modules: apply and run them on the emulator, build images
	$(RUN)pytest -q --numprocesses 4 --dist loadscope --no-loadscope-reorder \
		--override-ini faulthandler_timeout=2400 test/terraform

test-spark-3.5: $(INSTALLED) ## Run the tests of Spark on Spark 3.5 and Python 3.11; takes ten minutes
	$(RUN)python -m test.spark_3_5

bench: $(INSTALLED) ## Compare with other libraries and write the summary into the READMEs; takes half an hour
	$(RUN)python -m benchmark.summary

bench-smoke: $(INSTALLED) ## Run each benchmark on a few rows
	$(RUN)pytest -q test/behavior/test_benchmarks.py

docs: $(INSTALLED) ## Regenerate the references, the output shown in pages, the images of README.md and the costs of the examples
	$(RUN)python -m doc_resources.cli_reference
	$(RUN)python -m doc_resources.terraform_reference
	$(RUN)python -m doc_resources.python_reference
	$(RUN)python -m doc_resources.page_blocks
	$(RUN)python -m doc_resources.page_account
	$(RUN)python -m doc_resources.environment_variables
	$(RUN)python -m doc_resources.architecture
	$(RUN)python -m doc_resources.pipeline_graph
	$(RUN)python -m doc_resources.terminal
	$(RUN)python -m doc_resources.dashboard
	$(RUN)python -m doc_resources.spark_settings
	$(RUN)python -m doc_resources.table_properties
	$(RUN)python -m doc_resources.contract_fields
	$(RUN)python -m doc_resources.athena_functions
	$(RUN)python -m doc_resources.error_catalogue
	$(RUN)python -m doc_resources.role_permissions
	$(RUN)python -m doc_resources.idle_costs
	$(RUN)python -m doc_resources.catalogue_pages

site: $(INSTALLED) ## Build the documentation site into site/html; a broken link is an error
	$(RUN)python -m doc_resources.site

links: $(INSTALLED) ## Request every external link of the pages and list those that fail
	$(RUN)python -m doc_resources.external_links

build: $(INSTALLED) ## Build the wheel into dist/
	$(RUN)python -m build --wheel --no-isolation --outdir dist .

clean: ## Remove .venv, caches and built files
	rm -rf $(VENV) dist site .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
