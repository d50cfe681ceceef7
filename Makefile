# The two commands that matter: `make demo` and `make test`. Both set themselves up: all they need is Python 3.11+ and make.
.SHELLFLAGS := -euc
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
STAMP := $(VENV)/.installed
LAB_CACHE := $(or $(MIDWATCH_LAB_CACHE),$(HOME)/.cache/midwatch-lab)
# The programs that judge a stack: those of PyPI are in the venv, the lab keeps the others.
export PATH := $(BIN):$(LAB_CACHE)/bin:$(PATH)
DEMO := demo
# What `check` runs; the lab knows where to get each.
JUDGES := docker-compose shellcheck caddy redis prometheus alertmanager otelcol-contrib

.PHONY: help
help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(STAMP) ## Make .venv with everything that is needed here

$(STAMP): pyproject.toml scripts/find-python
	@python=$$(PYTHON="$(PYTHON)" scripts/find-python); echo "setting up $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv --clear $(VENV); \
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

.PHONY: demo
demo: $(STAMP) programs ## Generate the example stack into demo/, check it with the real tools, print its readiness card
	@mkdir -p $(DEMO) && rm -rf $(DEMO)/sink $(DEMO)/sink.yaml && cp examples/sva-studio/stack.yaml $(DEMO)/stack.yaml
	midwatch -C $(DEMO) generate --force
	@# Placeholders, so that the demo is complete: names that exist nowhere, and so nothing leaves this machine. Each of
	@# the first ends with 1, since others are still missing; the last has to end with 0.
	@for name in backup_s3_key_id backup_s3_secret_key; do \
	  [ -s $(DEMO)/secrets/$$name ] || echo midwatch-demo | midwatch -C $(DEMO) secrets --quiet --stdin $$name > /dev/null 2>&1 || true; \
	done
	@rm -f $(DEMO)/secrets/slack_webhook_url
	echo https://slack.invalid/midwatch-demo | midwatch -C $(DEMO) secrets --stdin slack_webhook_url
	midwatch -C $(DEMO) plan
	midwatch -C $(DEMO) check --offline
	@echo && cat $(DEMO)/READINESS.md

.PHONY: programs
programs: $(STAMP)
	@for name in promtool amtool otelcol-contrib redis-server caddy shellcheck docker-compose; do \
	  if ! command -v "$$name" > /dev/null; then \
	    echo "Getting the programs that judge a stack (once; on a cold machine this takes up to 20 minutes) ..."; \
	    python -m tests.lab.programs $(JUDGES) || echo "Not all could be had; 'midwatch check' names what it skips."; \
	    break; \
	  fi; \
	done

.PHONY: demo-up
demo-up: $(STAMP) ## Start the demo on the Docker engine of this machine, with a stand-in for Slack beside it
	@# The example as staging, since production refuses a stand-in for Slack and backups on the same host. No message
	@# and no backup of the demo leaves this machine.
	@mkdir -p $(DEMO) && rm -rf $(DEMO)/sink $(DEMO)/sink.yaml
	@sed 's/^environment: production$$/environment: staging/; /^  destination:/d' examples/sva-studio/stack.yaml > $(DEMO)/stack.yaml
	midwatch -C $(DEMO) sink --into-project --quiet
	@printf '\nextra:\n  compose: [sink.yaml] # a stand-in for Slack\n' >> $(DEMO)/stack.yaml
	midwatch -C $(DEMO) generate --force
	@rm -f $(DEMO)/secrets/slack_webhook_url
	echo http://sink:8098/midwatch | midwatch -C $(DEMO) secrets --stdin slack_webhook_url
	docker network inspect studio_default > /dev/null 2>&1 || docker network create studio_default
	cd $(DEMO) && docker compose up --detach --wait --wait-timeout 180
	@echo
	@echo 'A first message comes by itself within a minute: the app `studio` of the example does not run here.'
	@echo 'What would be in Slack:  http://127.0.0.1:8098, or: cd $(DEMO) && docker compose logs --follow sink'
	@echo 'A page, now:             cd $(DEMO) && ./ops page-test'
	@echo 'Break something:         cd $(DEMO) && docker compose stop redis'
	@echo 'The end of it:           make demo-down'

.PHONY: demo-down
demo-down: ## Stop the demo and remove its containers; its volumes stay
	cd $(DEMO) && docker compose down

.PHONY: lint
lint: $(STAMP) ## Style and types
	ruff check .
	mypy
	@# The sidecars' own programs: each folder is one.
	@for program in blueprints/stack/*/__main__.py; do folder=$$(dirname "$$program"); MYPYPATH=$$folder mypy "$$folder"/*.py; done

.PHONY: test
test: lint ## Everything that this machine can run: lint, unit tests, and the lab where an engine can be started
	pytest

.PHONY: unit
unit: $(STAMP) ## The tests that need no engine
	pytest --ignore=tests/lab -m 'not lab'

.PHONY: lab
lab: $(STAMP) ## The tests on a real engine, the long ones too, with ten quiet minutes (in `make test` it is one)
	MIDWATCH_LAB_QUIET=$${MIDWATCH_LAB_QUIET:-600} pytest tests/lab -m ""

.PHONY: proof
proof: $(STAMP) programs ## Break the stack on a real engine and write docs/proof.md; ONLY=stops for one section
	python -m tests.lab.proof $(ONLY)

.PHONY: record
record: $(STAMP) ## Write each component's metrics.txt from the running stack (needs an engine); read the difference
	python -m tests.lab.record

.PHONY: nightly
nightly: $(STAMP) ## The properties of the merge, with 10,000 examples each: half an hour of one core
	MIDWATCH_EXAMPLES=10000 pytest tests/merge --durations=10

.PHONY: bench
bench: $(STAMP) ## Measure, and write docs/benchmarks.md
	python -m tests.bench

.PHONY: docs
docs: $(STAMP) ## Write the generated pages of docs/reference
	python -m midwatch.cli.reference docs/reference

.PHONY: examples
examples: $(STAMP) ## Write examples/*/generated anew; read the difference before you commit it
	python -m tests.render.twins

.PHONY: clean
clean: ## Remove what was made here (not the lab's cache)
	rm -rf $(VENV) $(DEMO) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
