# Every target sets up what it needs: a Python, a virtual environment, the locked packages. See CONTRIBUTING.md.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
PY := $(VENV)/bin/python
BENCH_VENV := build/bench-venv
TESTS ?= tests
FUZZ_RUNS ?= 200000

.PHONY: help demo test slow browser lint types bench bench-speed bench-identify honest fuzz docs picture generate advisories lock clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 20

demo: $(VENV)/.run ## scan what is on this machine and a few packages from the registries
	$(PY) .ci/demo.py

test: $(VENV)/.dev ## run the tests; TESTS=tests/cli for some of them
	.ci/go
	$(PY) -m pytest -n auto -m 'not slow' $(TESTS)

slow: $(VENV)/.dev ## run the tests that take long
	$(PY) -m pytest -n auto -m slow $(TESTS)

browser: $(VENV)/.browser ## run the tests of pages in a real browser
	.ci/chromium
	$(PY) -m pytest -n auto tests/browser

lint: $(VENV)/.dev ## check style, the catalogue of marks, and that generated files are fresh
	$(PY) -m ruff check .
	$(PY) -m builtby marks test src/builtby/marks/*.toml
	$(PY) docs/generate.py --check

types: $(VENV)/.dev ## check types
	$(PY) -m mypy

bench: bench-identify bench-speed ## compare with peers: accuracy, then speed

bench-speed: $(VENV)/.run $(BENCH_VENV)/.bench
	$(PY) bench/speed/speed.py --peers $(BENCH_VENV)

bench-identify: $(VENV)/.run $(BENCH_VENV)/.bench
	$(PY) bench/identify/identify.py --peers $(BENCH_VENV)

honest: $(VENV)/.run ## record real builds and print what is found in them: nothing above info should be; half an hour. BUILDS='cargo regex' runs these, BUILDS=--resume the rest
	$(PY) bench/honest/honest.py $(BUILDS)

bench-record: $(VENV)/.run ## what recording and guarding a build costs, beside strace; needs cargo, pip and gcc
	$(PY) bench/record/record.py

fuzz: $(VENV)/.fuzz ## feed every format mutated bytes; FUZZ_RUNS=200000 for each, FUZZ_TARGETS='format-elf …'
	$(PY) fuzz/run.py --runs $(FUZZ_RUNS) $(FUZZ_TARGETS)

docs: $(VENV)/.dev generate ## build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict --quiet

picture: $(VENV)/.run ## draw docs/assets/scan.svg from a real scan of what `make demo` fetched
	test -d demo/wheels || $(PY) .ci/demo.py >/dev/null
	$(PY) docs/picture.py demo/wheels demo/npm

generate: $(VENV)/.dev ## write what the documentation takes from the program
	$(PY) docs/generate.py

advisories: $(VENV)/.run ## make the snapshot of advisories in the package anew: make advisories DATA=FOLDER
	$(PY) tools/advisories.py $(DATA)

lock: ## refresh requirements/*.txt from pyproject.toml
	.ci/venv build/lock-venv requirements/lock.txt
	.ci/lock build/lock-venv/bin/uv

clean: ## remove what the targets made
	rm -rf build demo dist site $(VENV)/.run $(VENV)/.dev $(VENV)/.fuzz $(VENV)/.browser

$(VENV)/.%: requirements/%.txt pyproject.toml
	.ci/venv $(VENV) $< .
	touch $@

$(BENCH_VENV)/.bench: requirements/bench.txt
	.ci/venv $(BENCH_VENV) $<
	touch $@
