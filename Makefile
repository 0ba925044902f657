# Two commands: `make plan` and `make test`. Both make the environment first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: venv-by-apt plan test soak bench pictures format clean

$(VENV)/.made: pyproject.toml constraints.txt
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is older. Give another: make PYTHON=python3.12"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || $(MAKE) --no-print-directory venv-by-apt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

# Debian's python3 comes without venv: root can have it, others are told.
venv-by-apt:
	@rm -rf $(VENV)
	@test "$$(id -u)" = 0 && command -v apt-get >/dev/null || \
	  { echo "Python's venv is missing. On Debian: sudo apt-get install python3-venv"; exit 2; }
	apt-get update -qq && apt-get install -y -qq python3-venv
	$(PYTHON) -m venv $(VENV)

plan: $(VENV)/.made
	@$(BIN)/dakhla plan

test: $(VENV)/.made
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# Kills, overlaps, full disks and 90 nights with failing providers; SEED=n repeats one.
soak: $(VENV)/.made
	@$(BIN)/python -m tests.soak.soak $(SEED)

bench: $(VENV)/.made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,bench]'
	@$(BIN)/python -m tests.bench.bench

pictures: $(VENV)/.made
	$(BIN)/python notebooks/pictures.py

format: $(VENV)/.made
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) build dist
