# `make run` chats at once; `make test` proves it. Everything else: `make help`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export VAR ?= $(CURDIR)/var
export PORT ?= 8000

WHOLE := tests/faults tests/messaging/model tests/messaging/live/test_cancelled.py tests/messaging/moderation/test_admin.py \
  $(patsubst %,tests/e2e/test_%.py,accessibility anchor cuts long_room moderation power)

.PHONY: help run test soak bench screenshots services stop up observe lint format lock proto words clean

help:  ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: $(VENV)/run-stamp  ## the chat on http://127.0.0.1:$PORT, everything embedded, state in $VAR
	@exec $(BIN)/python manage.py serve --migrate --demo --port $(PORT)

test: $(VENV)/dev-stamp  ## all tests, embedded and against real MariaDB, Redis, Kafka and Chromium; ARGS= for pytest
	@$(BIN)/python -m deploy.test_runs $(ARGS)

soak: $(VENV)/dev-stamp  ## what is short in the tests, whole; what was measured into docs/reliability.md; two to three hours
	@SOAK=1 CHAT_DEMO=1 $(BIN)/python -m pytest -q tests/messaging/model
	@SOAK=1 $(BIN)/python -m deploy.test_runs -q -n 6 tests/faults/test_alerts.py
	@SOAK=1 $(BIN)/python -m deploy.test_runs -q $(WHOLE) --ignore tests/faults/test_alerts.py
	@$(BIN)/python -m tests.faults.table

screenshots: $(VENV)/dev-stamp  ## the pictures in docs/images
	@$(BIN)/python -m tests.e2e.screenshots

bench: $(VENV)/dev-stamp  ## the table in docs/performance.md; ROWS="fanout drain" for some of it, QUICK=1 for small sizes
	@$(BIN)/python -m bench $(ROWS) $(if $(QUICK),--quick)

services:  ## real MariaDB, Redis and Kafka in the background; prints what to export
	@$(PYTHON) -m deploy.services start

stop:  ## end them
	@$(PYTHON) -m deploy.services stop

up: $(VENV)/dev-stamp  ## web and bridge on the real services, in the foreground
	@exec $(BIN)/python -m deploy.services.up

observe: $(VENV)/dev-stamp  ## the same with Prometheus beside it: its rules, alerts and bands over a live stack
	@exec $(BIN)/python -m deploy.services.observe

lint: $(VENV)/dev-stamp  ## style, types, migrations, templates, production settings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/python -m pytest -q tests/test_structure.py
	set -a && . deploy/production.env && set +a && $(BIN)/python manage.py check --deploy --fail-level WARNING

format: $(VENV)/dev-stamp  ## let ruff write what it would say
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/dev-stamp  ## resolve requirements.txt into the two lock files
	$(BIN)/python -m deploy.locks

proto: $(VENV)/dev-stamp  ## generate the module of the log's records
	$(BIN)/python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. messaging/wire/records.proto

words: $(VENV)/dev-stamp  ## bring the translations under locale/ up to date with the sources, and compile them
	$(BIN)/python -m deploy.languages

clean: stop  ## forget the environment and all local state
	rm -rf $(VENV) $(VAR)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "chatsite needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "$(PYTHON) cannot make an environment; on Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/run-stamp: requirements.lock | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: -r requirements.lock
	@touch $@

$(VENV)/dev-stamp: requirements-dev.lock requirements.lock | $(BIN)/python
	@$(PYTHON) -m deploy.services install build
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-dev.lock
	@touch $(VENV)/run-stamp $@
