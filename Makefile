# setup: everything a user needs. verify: the main job. test: the project's own tests.
# lint: format, rules, imports, types. check: those and the unit tests, before every commit.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

# Where it is set, as in many images, each of a run's processes would compile all it imports anew.
unexport PYTHONDONTWRITEBYTECODE

# A file's tests stay together, for they share servers; what takes longest comes first.
TWO_AT_A_TIME := --numprocesses 2 --dist loadfile --no-loadscope-reorder

.PHONY: setup verify test lint check clean

setup: $(READY)

# One lock for users and developers; --only-binary, so that no compiler is needed.
$(READY): requirements.txt pyproject.toml package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "make setup: Python 3.11 or later is needed; set PYTHON to one" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "make setup: Python's venv is missing; on Debian: apt install python3-venv" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m contracts.allure_html || true
	@touch $(READY)

verify: setup
	$(BIN)/busyboard verify

test: setup
	$(BIN)/python -m pytest $(TWO_AT_A_TIME) tests/integration tests/unit

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

check: lint
	$(BIN)/python -m pytest $(TWO_AT_A_TIME) --quiet tests/unit

clean:
	rm -rf .venv node_modules tests/servers/node_modules .hypothesis .mypy_cache .pytest_cache .ruff_cache
