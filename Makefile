# Everything a person runs. Each target can be run again.
BIN := .venv/bin

.PHONY: help setup demo test check bench lock web pictures size clean

help:            ## what can be run
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/ —/'

setup:           ## make .venv with what PlaceLibre needs to run
	@./setup.sh

demo: setup      ## import the real lists, build the index, serve http://127.0.0.1:8000
	@$(BIN)/placelibre demo

test:            ## the same, what the tests need, and the whole test suite, one process for each core
	@./setup.sh test
	@$(BIN)/python -m pytest -n auto --dist loadfile --durations 20

check:           ## lint, types, documentation, built pages
	@./setup.sh test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python docs/check.py
	@if command -v npm >/dev/null; then sh web/check-build.sh; elif [ "$$CI" = true ]; then \
		echo "npm is missing: install Node 20 or newer to check the built pages" >&2; exit 1; else \
		echo "npm is missing: the built pages are not checked against their source (install Node 20 or newer)"; fi

bench:           ## the search and its peers on a seeded world, as a table and as bench.json
	@./setup.sh test
	@$(BIN)/placelibre bench --json > bench.json

lock:            ## pin dependencies again (needs uv)
	uv pip compile -q pyproject.toml --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header \
		--extra build -o requirements.lock
	uv pip compile -q pyproject.toml --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header \
		--extra build --extra test --extra check --extra bench -c requirements.lock -o requirements-dev.lock

web:             ## rebuild service/static from web/ (needs Node 20)
	cd web && npm ci --no-audit --no-fund && npm run build

pictures:        ## make the README's pictures again (a real browser takes them)
	@./setup.sh test
	@PLACELIBRE_PICTURES=docs/images $(BIN)/python -m pytest -q tests/browser/test_screenshots.py

size:            ## size of the environment
	@du -sh .venv | cut -f1

clean:           ## remove what can be made again, the embedded store included
	rm -rf .venv var
