# Stilldesk: everything that sets it up, runs it and checks it. `make help` lists the targets.
#
# Settings: VENV=.venv-3.13 and PYTHON=python3.13 for another environment, PORT=8001 for another
# port, ARGS="-k name" for pytest, DATABASE_URL=… for a PostgreSQL of yours.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV ?= .venv
PYTHON ?=
ARGS ?=
SOAK_FACTOR ?= 20
PY := $(VENV)/bin/python
SOURCES := manage.py config businesses staff patients appointments tests
SCHEMA := docs/api/openapi.json

# $(call debian,PACKAGE,PURPOSE): installs a Debian package, or says in a sentence who must.
define debian
	if [ "$$(id -u)" = 0 ]; then root=""; else root="sudo -n"; fi
	if ! command -v apt-get >/dev/null || ! $$root true 2>/dev/null; then
		echo "$(2) needs the package $(1); install it (Debian: sudo apt-get install $(1)) and try again." >&2
		exit 1
	fi
	echo "$(2): installing $(1) from Debian"
	export DEBIAN_FRONTEND=noninteractive
	$$root apt-get update -qq
	$$root apt-get install -qq -y --no-install-recommends $(1) >/dev/null
endef

# Reads .env as it stands, without expanding anything; what the environment says already wins.
define dotenv
	if [ -f .env ]; then
		while IFS= read -r line || [ -n "$$line" ]; do
			name="$${line%%=*}"
			[[ "$$name" =~ ^[A-Z_]+$$ ]] || continue
			[ -n "$${!name+set}" ] || export "$$line"
		done < .env
	fi
	export DEBUG="$${DEBUG-true}"
endef

.PHONY: help serve test soak bench check lint types imports templates migrations deploy schema \
	format lock openapi examples messages screenshots clean browser gettext

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- Set-up: each step leaves a stamp, so that it is done once --------------------------------

$(PY):
	@python="$(PYTHON)"
	for candidate in $${python:-python3 python3.14 python3.13 python3.12 python3.11}; do
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
			python="$$candidate"
			found=yes
			break
		fi
	done
	if [ -z "$${found-}" ]; then
		echo "Stilldesk needs Python 3.11 or newer; $${python:-python3} is missing or older." >&2
		exit 1
	fi
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then
		$(call debian,python3-venv,The Python environment)
	fi
	echo "1/4 Python environment: $(VENV), $$("$$python" --version)"
	"$$python" -m venv "$(VENV)"

$(VENV)/.stamp-serve: requirements.txt | $(PY)
	@echo "2/4 Dependencies: $$(grep -c == requirements.txt) packages, about a minute the first time"
	$(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip >/dev/null
	$(PY) -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.txt
	touch $@

$(VENV)/.stamp-test: requirements-dev.txt $(VENV)/.stamp-serve
	@echo "Test tools: $$(grep -c == requirements-dev.txt) packages, about a minute the first time"
	$(PY) -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

$(VENV)/.stamp-html: tests/browser/html/package-lock.json | $(PY)
	@if ! command -v npm >/dev/null; then
		$(call debian,nodejs npm,The HTML checker)
	fi
	echo "HTML checker: $$(grep -c '"node_modules/' $<) packages"
	mkdir -p "$(VENV)/html-validate"
	cp tests/browser/html/package.json $< "$(VENV)/html-validate"
	npm ci --prefix "$(VENV)/html-validate" --no-audit --no-fund --loglevel=error >/dev/null
	touch $@

browser:
	@command -v chromium >/dev/null && exit
	$(call debian,chromium,The browser for the tests)

gettext:
	@command -v xgettext >/dev/null && exit
	$(call debian,gettext,Translation)

# --- Running ----------------------------------------------------------------------------------

serve: $(VENV)/.stamp-serve  ## set up and run the site with a demo clinic; PORT=8000
	@$(dotenv)
	exec $(PY) manage.py serve

test: $(VENV)/.stamp-test $(VENV)/.stamp-html browser gettext  ## the whole suite; ARGS goes to pytest
	@export DEBUG=true
	$(PY) -m pytest $(ARGS)

soak: $(VENV)/.stamp-test $(VENV)/.stamp-html browser  ## races, crashes, properties, fuzzing at length; SOAK_FACTOR=20
	@export DEBUG=true SOAK_FACTOR="$(SOAK_FACTOR)"
	$(PY) -m pytest -m "soak or hypothesis" $(ARGS)

bench: $(VENV)/.stamp-test  ## speed of bookings, availability, reads, search and the day page beside floors
	@if ! command -v wrk >/dev/null; then
		$(call debian,wrk,The benchmark)
	fi
	export DEBUG=true
	$(PY) tests/load/bench.py $(ARGS)
	$(PY) tests/load/engine.py
	$(PY) tests/load/reads.py
	$(PY) tests/load/search.py
	$(PY) tests/load/desk.py

# --- Checking ---------------------------------------------------------------------------------

check: lint types imports templates migrations deploy schema  ## all that needs no test run
	@echo "All checks passed."

lint: $(VENV)/.stamp-test
	@echo "Style (ruff)"
	$(VENV)/bin/ruff check --quiet .
	$(VENV)/bin/ruff format --quiet --check . || {
		$(VENV)/bin/ruff format --diff . || true
		exit 1
	}

types: $(VENV)/.stamp-test
	@echo "Types (mypy)"
	DEBUG=true $(VENV)/bin/mypy --no-error-summary

imports: $(VENV)/.stamp-test
	@echo "Imports (import-linter)"
	report="$$($(VENV)/bin/lint-imports --no-logo)" || { echo "$$report" >&2; exit 1; }

templates: $(VENV)/.stamp-test
	@echo "Templates (djlint)"
	report="$$($(VENV)/bin/djlint --lint --check templates 2>&1)" || { echo "$$report" >&2; exit 1; }

migrations: $(VENV)/.stamp-test
	@echo "Migrations match the models"
	export DEBUG=true
	$(PY) manage.py makemigrations --check --dry-run

# As a clinic would run it: every warning of Django's deployment check counts.
deploy: $(VENV)/.stamp-test
	@echo "Deployment settings (manage.py check --deploy)"
	export DEBUG=false ALLOWED_HOSTS=clinic.example PUBLIC_URL=https://clinic.example BEHIND_PROXY=true
	export SECRET_KEY="$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(50))')"
	export DATABASE_URL=postgresql://stilldesk@127.0.0.1:5432/stilldesk
	$(PY) manage.py check --deploy --fail-level WARNING

schema: $(VENV)/.stamp-test
	@echo "The published OpenAPI schema matches the code"
	fresh="$$(mktemp)"
	trap 'rm -f "$$fresh"' EXIT
	DEBUG=true $(PY) manage.py spectacular --format openapi-json --validate --fail-on-warn --file "$$fresh"
	diff -u $(SCHEMA) "$$fresh" || { echo "Run make openapi and look at the difference." >&2; exit 1; }

# --- Changing ---------------------------------------------------------------------------------

format: $(VENV)/.stamp-test  ## put Python and templates into shape
	@$(VENV)/bin/ruff check --quiet --fix . || true
	$(VENV)/bin/ruff format .
	$(VENV)/bin/djlint --quiet --reformat templates || true

openapi: $(VENV)/.stamp-test  ## write the OpenAPI schema anew
	@DEBUG=true $(PY) manage.py spectacular --format openapi-json --validate --fail-on-warn --file $(SCHEMA)

examples: $(VENV)/.stamp-test  ## write anew what the examples of the schema are answered with
	@DEBUG=true RECORD_EXAMPLES=true $(PY) -m pytest -q tests/config/test_examples.py -k recorded

messages: $(VENV)/.stamp-serve gettext  ## collect what is to be translated, and compile what is
	@export DEBUG=true
	$(PY) manage.py makemessages --all
	$(PY) manage.py compilemessages --locale de --locale es

screenshots: $(VENV)/.stamp-test browser  ## take the pictures in docs/screenshots anew
	@export DEBUG=true
	$(PY) -m pytest -q tests/browser/screenshots.py

lock: $(VENV)/.stamp-test  ## compile the locked requirements; ARGS=--upgrade for newer releases
	@for name in requirements requirements-dev; do
		$(VENV)/bin/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
			--no-header $(ARGS) --output-file $$name.txt $$name.in
	done

clean:  ## remove caches and built files; the environment and the data stay
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache staticfiles test-results
	find $(SOURCES) -name __pycache__ -prune -exec rm -rf {} +
