# Everything the project needs is set up here, from Python, make and a network alone: a virtual environment with the locked
# packages, Node from a Python wheel, the front end, and for the tests PostgreSQL and Chromium. No target needs root.

PYTHON ?= python3
WORKERS ?= 2

VENV := $(CURDIR)/.venv
FRONTEND := service/web/frontend
DIST := service/web/static/dist/.vite/manifest.json
BROWSER := tests/browser
BPMNLINT := tests/bpmnlint
PEERS := tests/peers
CATALOGUES := $(wildcard service/web/translations/*/LC_MESSAGES/*.po)
NPM_CI := npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

export PATH := $(VENV)/bin:$(PATH)
export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export npm_config_update_notifier := false
# `run` starts six processes and `test` more: what the first compiles, the others shall find.
unexport PYTHONDONTWRITEBYTECODE

# uv reads none of pip's settings, and many machines have a mirror there and nowhere else: hand them over. Empty is fine.
# `pip config get` reads one of pip's files only, `list` all of them.
pip_setting = $(shell $(PYTHON) -m pip config list 2>/dev/null | sed -n "s/^$(1)='\(.*\)'$$/\1/p")
ifndef UV_DEFAULT_INDEX
export UV_DEFAULT_INDEX := $(or $(PIP_INDEX_URL),$(call pip_setting,global.index-url))
endif
ifndef UV_INDEX
export UV_INDEX := $(or $(PIP_EXTRA_INDEX_URL),$(call pip_setting,global.extra-index-url))
endif
ifndef UV_FIND_LINKS
export UV_FIND_LINKS := $(or $(PIP_FIND_LINKS),$(call pip_setting,global.find-links))
endif
ifndef SSL_CERT_FILE
ifneq ($(or $(PIP_CERT),$(call pip_setting,global.cert)),)
export SSL_CERT_FILE := $(or $(PIP_CERT),$(call pip_setting,global.cert))
endif
endif
ifdef SSL_CERT_FILE
export NODE_EXTRA_CA_CERTS ?= $(SSL_CERT_FILE)
endif
# Every file is checked by its hash, so it may come from any of the indexes.
export UV_INDEX_STRATEGY := unsafe-best-match

.DEFAULT_GOAL := help
.PHONY: help setup run test lint bench proof lock catalogue clean chromium
.DELETE_ON_ERROR:

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/.runtime $(DIST) .venv/.catalogues ## everything `run` needs, without starting it

run: setup ## set up and serve web and clock with demonstration data
	shenbao serve --development

test: .venv/.dev $(DIST) .venv/.catalogues .venv/chromium/run $(BPMNLINT)/node_modules/.stamp $(PEERS)/node_modules/.stamp ## set up and run all tests, PostgreSQL and browser included
	CHROMIUM=$(VENV)/chromium/run pytest -n $(WORKERS) --dist loadgroup $(ARGS)

lint: .venv/.dev $(FRONTEND)/node_modules/.stamp $(BPMNLINT)/node_modules/.stamp ## style, types, contracts, diagrams, package hosts
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	cd $(FRONTEND) && npx --no-install tsc --noEmit
	node $(BPMNLINT)/lint.mjs
	pytest -q -p no:cacheprovider tests/architecture/test_package_hosts.py

bench: .venv/.dev .venv/.peers $(DIST) $(PEERS)/node_modules/.stamp ## the figures of bench/RESULTS.md
	python -m bench $(ARGS)

proof: .venv/.dev $(DIST) .venv/.catalogues .venv/chromium/run $(PEERS)/node_modules/.stamp ## the slow proofs: kills, long property runs, soak
	CHROMIUM=$(VENV)/chromium/run pytest -m proof -n $(WORKERS) --dist loadgroup $(ARGS)

lock: .venv/.runtime ## resolve the lock files anew
	uv pip compile -q --upgrade --universal --generate-hashes --no-annotate --no-header --no-emit-index-url \
	  --extra build pyproject.toml -o requirements.lock
	uv pip compile -q --upgrade --universal --generate-hashes --no-annotate --no-header --no-emit-index-url \
	  --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	uv pip compile -q --upgrade --universal --generate-hashes --no-annotate --no-header --no-emit-index-url \
	  --python-version 3.11 bench/peers.in -o bench/peers.lock
	for folder in $(FRONTEND) $(BROWSER) $(BPMNLINT) $(PEERS); do \
	  (cd $$folder && npm install --package-lock-only --loglevel=error && node $(CURDIR)/$(BROWSER)/strip-lock.mjs) || exit 1; done

catalogue: .venv/.runtime ## take new texts into the English catalogue
	mkdir -p build
	pybabel -q extract -F babel.cfg --no-location --sort-output -o build/messages.pot service
	pybabel -q update -N --no-wrap -i build/messages.pot -d service/web/translations

clean: ## remove everything the targets made, the database of `run` included
	rm -rf .venv build var $(FRONTEND)/node_modules $(BROWSER)/node_modules $(BPMNLINT)/node_modules $(PEERS)/node_modules service/web/static/dist
	rm -f service/web/translations/*/LC_MESSAGES/*.mo

# --- what the targets stand on -----------------------------------------------------------------------------------------------

# Without rm a half-made venv makes the second try install into the machine's own Python.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (PYTHON=…)"; exit 1; }
	$(PYTHON) -m venv .venv || { rm -rf .venv; echo "venv is missing: apt install python3-venv"; exit 1; }

.venv/.uv: .venv/bin/python
	.venv/bin/python -m pip install -q uv==0.13.8
	touch $@

# setuptools is in the lock, so that building our own package fetches nothing unhashed.
.venv/.runtime: requirements.lock pyproject.toml .venv/.uv
	uv pip install -q --require-hashes -r requirements.lock
	uv pip install -q --no-deps --no-build-isolation -e .
	touch $@

.venv/.dev: requirements-dev.lock .venv/.runtime
	uv pip install -q --require-hashes -r requirements-dev.lock
	touch $@

.venv/.catalogues: $(CATALOGUES) .venv/.runtime
	$(if $(CATALOGUES),pybabel -q compile -d service/web/translations)
	touch $@

# The other engines that `bench` measures beside ours, away from our own packages.
.venv/.peers: bench/peers.lock .venv/.uv
	$(PYTHON) -m venv .venv/peers
	uv pip install -q --require-hashes --python .venv/peers/bin/python -r bench/peers.lock
	touch $@

%/node_modules/.stamp: %/package-lock.json .venv/.runtime
	cd $* && $(NPM_CI)
	touch $@

$(DIST): $(FRONTEND)/node_modules/.stamp $(FRONTEND)/vite.config.ts $(wildcard $(FRONTEND)/src/*)
	cd $(FRONTEND) && npx --no-install vite build --logLevel warn
	touch $@

# The first that runs: $CHROMIUM, one on the PATH (Ubuntu's snap stub does not run in a container), the npm package.
chromium: .venv/chromium/run ## find or unpack a browser for the tests
.venv/chromium/run: $(BROWSER)/package-lock.json $(BROWSER)/chromium.sh $(BROWSER)/unpack.mjs .venv/.runtime
	$(BROWSER)/chromium.sh $(VENV)/chromium
ifdef CHROMIUM
.venv/chromium/run: always
endif
.PHONY: always
