# Two commands: `make run` answers a question over the example documents, `make test` runs the tests.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BIN := .venv/bin
# Tests at a time, as in `make test JOBS=2`; empty for one after the other.
JOBS ?=
QUESTION ?= By what percentage did total revenue grow from 2023 to 2024?

.PHONY: run test lint integrations clean

run: .venv/.all
	@$(BIN)/reckon models pull qwen2.5-coder-1.5b
	@$(BIN)/reckon ask "$(QUESTION)" --docs examples/data

test: .venv/.dev
	@$(BIN)/reckon models pull qwen2.5-coder-0.5b
	$(BIN)/python -m pytest $(if $(JOBS),-n $(JOBS) --dist loadgroup)

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Our sandbox inside other agent frameworks, in an environment of their own: their versions are not ours.
integrations: .venv-integrations/.made
	.venv-integrations/bin/python -m pytest tests/integrations -p no:cacheprovider

.venv-integrations/.made: pyproject.toml
	@test -x .venv-integrations/bin/python || $(PYTHON) -m venv .venv-integrations
	@echo "installing the frameworks into .venv-integrations, once: 180 packages, some minutes"
	@.venv-integrations/bin/python -m pip install --quiet --upgrade pip
	@.venv-integrations/bin/python -m pip install --no-compile -e '.[integrations]' pytest pytest-asyncio pytest-timeout
	@touch $@

.venv/.all: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing Sandreckoner into .venv, once: about 1 GB, a minute or two"
	@$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[all]'
	@touch $@

.venv/.dev: .venv/.all
	@echo "installing what the tests need, once"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[all,hf,dev]'
	@touch $@

clean:
	rm -rf .venv .venv-integrations .mypy_cache .ruff_cache .pytest_cache .hypothesis
