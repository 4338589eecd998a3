# All targets use .venv, which is rebuilt from the lock files when they change.
.DEFAULT_GOAL := help
PY := .venv/bin/python
PORT ?= 8000
export PORT

.PHONY: help demo run test check bench lock clean venv-embedded venv-dev assets browser

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

demo: venv-embedded ## portal with demo data on http://127.0.0.1:PORT (default 8000); Ctrl-C stops all of it
	@$(PY) -m qmportal.launcher demo

run: venv-embedded ## empty portal; the first visit creates the admin
	@$(PY) -m qmportal.launcher run

test: venv-dev assets browser ## all tests, including browser tests; sets up a browser if none is installed
	@$(PY) -m pytest -n 2

# mypy and check --deploy need settings to read; nothing connects to these.
check: export SECRET_KEY = only-for-make-check-with-enough-different-characters-0123456789
check: export DATABASE_URL = postgres://check@127.0.0.1/check
check: export REDIS_URL = redis://127.0.0.1
check: export SITE_URL = https://portal.example
check: venv-dev ## style, types, layers, sentences, templates, deployment settings
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -c 'from importlinter.cli import lint_imports_command as lint; lint()'
	$(PY) -m pytest -q tests/test_source.py
	$(PY) -m djlint --lint --quiet templates
	$(PY) manage.py check --deploy --fail-level WARNING

bench: venv-dev assets ## measure the targets of docs/performance.md and print a table
	@$(PY) -m tests.bench

lock: ## update the three lock files
	@bash .ci/lock

clean: ## remove everything make created, except the data in .data
	rm -rf .venv node_modules static/vendor build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis test-results

venv-embedded:
	@bash .ci/venv embedded

venv-dev:
	@bash .ci/venv dev

assets:
	@$(PY) -m qmportal.assets

browser:
	@$(PY) -m tests.browser.chromium
