# daremo: the first verbs. POSIX sh; data in ./.daremo/, the environment in ./.venv/.
.POSIX:
SHELL = /bin/sh
VENV = .venv
PY = $(VENV)/bin/python
BUDGET = 12000000
# After the plan the service starts: auto stays in a terminal and only tries the start elsewhere; yes; no.
SERVE = auto
# Test processes side by side; 2 suits the smallest machine that we run on.
JOBS = 2
# A folder of wheels, to install without a network: make install WHEELS=dir
WHEELS =

.PHONY: help install demo test check bench docs wheels lock clean

help: ## show this list
	@echo 'make <what>:'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1	\2/p' Makefile

install: $(VENV)/.daremo-core ## make .venv/bin/daremo (WHEELS=dir: without a network)

$(VENV)/.daremo-core: requirements/core.txt requirements/build.txt pyproject.toml tools/install.sh
	@WHEELS='$(WHEELS)' sh tools/install.sh core

$(VENV)/.daremo-pdf: requirements/pdf.txt requirements/build.txt pyproject.toml tools/install.sh
	@WHEELS='$(WHEELS)' sh tools/install.sh pdf

$(VENV)/.daremo-web: requirements/web.txt requirements/build.txt pyproject.toml tools/install.sh
	@WHEELS='$(WHEELS)' sh tools/install.sh web

$(VENV)/.daremo-dev: requirements/dev.txt requirements/build.txt pyproject.toml tools/install.sh
	@WHEELS='$(WHEELS)' sh tools/install.sh dev

demo: $(VENV)/.daremo-web ## sample town, a plan with its proof, then the running service (BUDGET=yen SERVE=no)
	@$(PY) tools/demo.py --budget-yen '$(BUDGET)' --serve '$(SERVE)'

test: $(VENV)/.daremo-dev ## the whole test suite (JOBS=processes)
	@$(PY) -m pytest -n $(JOBS) --dist worksteal

check: $(VENV)/.daremo-dev ## ruff, mypy --strict, import-linter, docs and examples executed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PY) tools/reference.py --check
	$(PY) -m pytest -q --ds=daremo.web.settings --doctest-modules src/daremo tests/contract tests/cli/test_examples.py

bench: $(VENV)/.daremo-dev ## timings and comparisons, printed
	@$(PY) tools/bench.py

docs: $(VENV)/.daremo-dev ## the documentation as HTML in ./site/
	@$(PY) tools/reference.py
	@$(PY) tools/site.py site

wheels: $(VENV)/.daremo-core ## collect all packages into WHEELS=dir, for a machine without a network
	@test -n '$(WHEELS)' || { echo 'make wheels WHEELS=folder' >&2; exit 2; }
	@$(PY) -m pip download -q --require-hashes -d '$(WHEELS)' -r requirements/dev.txt
	@$(PY) -m pip download -q --require-hashes -d '$(WHEELS)' -r requirements/build.txt

lock: $(VENV)/.daremo-dev ## resolve requirements/*.txt, with hashes (UPGRADE=yes: newest of everything)
	@UPGRADE='$(UPGRADE)' sh tools/lock.sh

clean: ## remove the environment, caches and the built site (./.daremo/ stays)
	@rm -rf $(VENV) site build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo 'removed; your data in ./.daremo/ are untouched'
