# Every target has one line of help after `##`; bare `make` prints them.
.DEFAULT_GOAL := help
PYTHON ?= python3
MOTLAN := .venv/bin/motlan
# The packages that are typed strictly and bound by the import rules.
PACKAGES := hub connectors standardisation expectations warehouse linkage golden lookup dashboard dags mocks cli

.PHONY: help
help: ## Print every target with what it does
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r target does; do printf '  %-16s %s\n' "$$target" "$$does"; done

.PHONY: env
env: ## Build .venv from the hashed lock (does nothing when it is up to date)
	@"$(PYTHON)" requirements/build_env.py
