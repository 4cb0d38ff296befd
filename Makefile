# Two commands on a fresh machine: `make run` and `make test`. Each sets up what it needs, once.
PYTHON ?= python3
BIN := .venv/bin
STAMPS := .stamps

.PHONY: run test quick bench lock audit clean help
help:
	@echo "make run     set up and serve the portal on 127.0.0.1 (PORTAL_PORT, default 8000)"
	@echo "make test    set up and run every suite"
	@echo "make quick   unit and web tests, ruff, mypy: two minutes"
	@echo "make bench   timings and sizes (tests/bench)"
	@echo "make lock    write the requirement files anew from pyproject.toml"

run: $(STAMPS)/run $(STAMPS)/assets
	@$(BIN)/python -m portal.serve

test: $(STAMPS)/dev $(STAMPS)/assets
	@$(BIN)/python -m tests.run

quick: $(STAMPS)/dev $(STAMPS)/assets
	@$(BIN)/python -m tests.run quick

bench: $(STAMPS)/dev $(STAMPS)/assets
	@met=0; for one in run bench_saved; do $(BIN)/python -m tests.bench.$$one || met=1; done; exit $$met

$(STAMPS)/run: requirements/run.txt
	@mkdir -p $(STAMPS)
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing what the portal needs ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/run.txt
	@touch $@

$(STAMPS)/dev: $(STAMPS)/run requirements/dev.txt
	@echo "Installing what the tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

# Browser files come by npm; a machine without Node gets it as a package of the virtual environment.
$(STAMPS)/npm: $(STAMPS)/run package-lock.json requirements/node.txt
	@if command -v npm >/dev/null 2>&1; then npm ci --silent; \
	 else $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/node.txt && \
	  PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm ci --silent; fi
	@touch $@

$(STAMPS)/assets: $(STAMPS)/npm portal/assets.py $(wildcard static/css/*.css static/js/*.js static/img/*)
	@$(BIN)/python -m portal.assets
	@touch $@

lock: $(STAMPS)/dev
	$(BIN)/uv pip compile --universal --all-extras --python-version 3.11 --generate-hashes --no-header --quiet pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile --universal --all-extras --group dev -c requirements/run.txt --python-version 3.11 --generate-hashes --no-header --quiet pyproject.toml -o requirements/dev.txt

clean:
	rm -rf .venv node_modules $(STAMPS) static/vendor
