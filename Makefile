# Everything a newcomer needs: `make demo` and `make test`. Each makes the environment it uses, .venv.
#
#   make demo     queries of a made-up Windows host on this machine, over NTLM-sealed HTTP
#   make test     the whole suite, with coverage
#   make test-windows   what Windows can run of it, by a Windows Python under Wine on this machine
#   make fuzz     a fixed number of inputs for each decoder, bred for what they reach in it
#   make bench    what it costs, next to what it may cost; also in build/bench.json
#   make soak     every fault at every byte of its conversations, and fuzzing; takes hours
#   make docs     the documentation, in build/docs
#   make lint     style, types and import contracts
#   make clean    removes what the above made

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Not 100: a few branches depend on which of two threads comes first. Without the headers of MIT
# Kerberos (Debian's libkrb5-dev) its libraries cannot be built, and the tests that need them skip.
HAS_KERBEROS := $(shell command -v krb5-config)
COVERAGE_FLOOR ?= $(if $(HAS_KERBEROS),99,97)

.PHONY: demo test test-windows fuzz bench soak docs lint style types contracts clean

demo: $(VENV)/.installed
	@$(BIN)/mi demo

test: $(VENV)/.test $(VENV)/.kerberos
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(PYTEST)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=$(COVERAGE_FLOOR)

test-windows: $(VENV)/.test
	$(BIN)/python -m tests.windows $(PYTEST)

fuzz: $(VENV)/.test $(VENV)/.fuzz
	$(BIN)/python -m tests.fuzz.coverage_guided --cases 5000

bench: $(VENV)/.test $(VENV)/.bench
	$(BIN)/python -m tests.benchmarks

soak: $(VENV)/.test $(VENV)/.fuzz
	$(BIN)/python -m tests.fuzz.coverage_guided 300
	$(BIN)/python -m tests.interruptions
	$(BIN)/python -m tests.soak

docs: $(VENV)/.test $(VENV)/.docs
	$(BIN)/sphinx-build -n -W --keep-going -b html docs build/docs

lint: style types contracts

style: $(VENV)/.quality
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.test $(VENV)/.quality
	$(BIN)/mypy
	$(BIN)/mypy tests/typing

contracts: $(VENV)/.installed $(VENV)/.quality
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*

# The groups below are pyproject's; pip reads them since 25.1, and what a new environment brings is
# often older.
$(VENV)/.pip:
	@echo 'Making $(VENV) (once)'
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.installed: $(VENV)/.pip pyproject.toml
	@$(PIP) install --editable '.[cli]'
	@touch $@

$(VENV)/.kerberos: $(VENV)/.installed
ifeq ($(HAS_KERBEROS),)
	@echo 'Without Kerberos: there is no krb5-config here'
else
	@$(PIP) install --editable '.[cli,kerberos]'
endif
	@touch $@

$(VENV)/.test $(VENV)/.bench $(VENV)/.fuzz $(VENV)/.quality $(VENV)/.docs: $(VENV)/.installed
	@$(PIP) install --group $(patsubst .%,%,$(@F))
	@touch $@
