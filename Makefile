# Every target has one line of help after `##`; bare `make` prints them.
.DEFAULT_GOAL := help
PYTHON ?= python3
MOTLAN := .venv/bin/motlan
# The packages that are typed strictly and bound by the import rules.
PACKAGES := hub connectors standardisation expectations warehouse linkage golden lookup dashboard dags sight mocks cli

.PHONY: help
help: ## Print every target with what it does
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r target does; do printf '  %-16s %s\n' "$$target" "$$does"; done

.PHONY: env
env: ## Build .venv from the hashed lock (does nothing when it is up to date)
	@"$(PYTHON)" requirements/build_env.py

.PHONY: demo
demo: env ## Run everything on this machine and print one prefilled dossier (Ctrl-C ends it)
	@"$(MOTLAN)" demo

.PHONY: demo-check
demo-check: env ## The demo, headless, on free ports: fails unless every run, count and answer is right
	@"$(MOTLAN)" demo --check

.PHONY: test
test: env ## The whole test suite, on a real PostgreSQL
	@.venv/bin/pytest -n 2

.PHONY: faults
faults: env ## Kill, freeze and cut off the sync engine at every named point; simulate its sources
	@.venv/bin/pytest -n 2 --dist loadgroup tests/faults

.PHONY: soak
soak: env ## The same at length: every kill point, 10,000 simulated histories, every mutant
	@MOTLAN_SOAK=1 MOTLAN_SIMULATION_SEEDS=10000 .venv/bin/pytest -n 2 --dist loadgroup tests/faults

.PHONY: check
check: env ## Format, lint, types and import rules
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

.PHONY: format
format: env ## Rewrite the code in the project's format
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

.PHONY: lock
lock: env ## Resolve the dependencies again and rewrite requirements/*.txt
	@.venv/bin/python requirements/lock.py

.PHONY: up
up: env ## Start every service in the background
	@"$(MOTLAN)" up

.PHONY: down
down: env ## Stop every service that `up` started
	@"$(MOTLAN)" down

.PHONY: status
status: env ## Show services and streams
	@"$(MOTLAN)" status

.PHONY: compose-env
compose-env: env ## Write compose.env, the secrets that docker-compose.yml needs
	@"$(MOTLAN)" env compose

.PHONY: clean
clean: ## Remove the environment and every cache (the state in .motlan stays)
	@rm -rf .venv .venv-bench .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build *.egg-info

.PHONY: clean-state
clean-state: ## Remove the local state: databases, keys, logs (stop the services first)
	@rm -rf .motlan .motlan-check
