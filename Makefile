# realtime.aws: make help

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo demo-release sandbox sandbox-stop deploy preview plan smoke release rollback releases teardown
.PHONY: test unit unit-modules unit-sandbox unit-roles lint sanity docs molecule package bench chaos clean

ENV ?= production
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Without bytecode every module recompiles boto3; unbuffered, Python reads the piped module byte by byte.
unexport PYTHONDONTWRITEBYTECODE PYTHONUNBUFFERED
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.cache/collections

# The recipes below that must never reach a real account run under this: none of the caller's AWS settings.
LOCAL := env -u AWS_PROFILE -u AWS_ENDPOINT_URL -u AWS_SESSION_TOKEN -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY -u AWS_REGION -u AWS_DEFAULT_REGION

SCENARIOS := $(patsubst molecule/%/molecule.yml,molecule-%,$(wildcard molecule/*/molecule.yml))

help: ## List what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: .cache/setup ## Set up .venv (locked versions, compiled) and the collections tree

.cache/setup: pyproject.toml uv.lock scripts/setup
	@scripts/setup
	@touch $@

demo: setup ## Deploy production to a local AWS, run again (changed=0), test it, show the result, stop
	@$(LOCAL) scripts/demo

demo-release: setup ## Release to a local AWS: a good image, then a bad one that rolls itself back
	@$(LOCAL) scripts/demo-release

sandbox: setup ## Leave a local AWS running and print how to reach it
	@python -m sandbox start

sandbox-stop: setup ## Stop it; its state is gone
	@python -m sandbox stop

deploy: setup ## Build or update the stack: make deploy ENV=staging
	ansible-playbook playbooks/site.yml -i inventories/$(ENV)

preview: setup ## Say what deploy would do, and write nothing
	ansible-playbook playbooks/site.yml -i inventories/$(ENV) --check --diff

plan: setup ## The same as a list, also in outputs/; fails with 2 if there is something to do (errors too: make knows no other)
	@scripts/plan -i inventories/$(ENV)

smoke: setup ## Test what is deployed: names, TLS, CDN, servers, database, events, alarms (docs/smoke.md)
	ansible-playbook playbooks/smoke.yml -i inventories/$(ENV)

release: setup ## Ship an image and roll back if it is bad: make release ENV=staging TAG=v1.2.0, or AMI=ami-...
	ansible-playbook playbooks/release.yml -i inventories/$(ENV) $(if $(TAG),-e 'image_tag=$(TAG)') $(if $(AMI),-e 'ami_id=$(AMI)')

rollback: setup ## Return to the good release before the one that runs, or to another: make rollback ENV=staging RELEASE=7
	ansible-playbook playbooks/rollback.yml -i inventories/$(ENV) $(if $(RELEASE),-e 'release=$(RELEASE)')

releases: setup ## List the releases: make releases ENV=staging
	ansible-playbook playbooks/releases.yml -i inventories/$(ENV)

teardown: setup ## Remove the stack, asking for its name first
	@read -r -p 'This removes $(ENV). Type its name to go on: ' name; \
	ansible-playbook playbooks/teardown.yml -i inventories/$(ENV) -e "confirm=$$name"

# Side by side, for much of it waits; the longest first, and what fails does not stop the rest.
TESTS := molecule-default molecule-elsewhere unit-modules molecule-release sanity unit-sandbox
test: setup ## Everything that has to hold (about 25 minutes on two cores)
	@$(MAKE) --jobs=4 --keep-going --output-sync=target --no-print-directory $(TESTS) lint package unit-roles docs $(filter-out $(TESTS),$(SCENARIOS))

lint: setup ## ansible-lint (profile production), yamllint, ruff
	ruff check .
	ruff format --check .
	yamllint --strict .
	ansible-lint --offline --strict

unit: unit-modules unit-sandbox unit-roles ## Unit tests of modules, plugins, roles' inputs, the sandbox, workflows and the example application

unit-modules: setup
	$(LOCAL) pytest -n 2 tests/unit/modules tests/unit/plugins tests/unit/alert_processor tests/unit/snapshot_exporter tests/unit/workflows examples/app

unit-sandbox: setup
	$(LOCAL) pytest tests/unit/sandbox

unit-roles: setup # apart: it loads Ansible's own importer of collections
	$(LOCAL) pytest tests/unit/roles

docs: setup ## Documentation: lint, and generated parts up to date
	scripts/document --check
	GIT_CEILING_DIRECTORIES=$(CURDIR) antsibull-docs lint-collection-docs --plugin-docs .

sanity: setup ## ansible-test sanity
	scripts/sanity

package: setup ## Build the tarball, install it elsewhere and run it from there by its FQCN
	$(LOCAL) scripts/package

molecule: $(if $(ROLE),molecule-$(ROLE),$(SCENARIOS)) ## Scenarios on the sandbox: make molecule ROLE=network, or all

molecule-%: setup
	@$(LOCAL) scripts/molecule $*

bench: setup ## Measure beside a playbook of stock modules: make bench ARGS='--rounds 1 --stacks' (docs/performance.md)
	@$(LOCAL) scripts/bench $(ARGS)

chaos: setup ## Deploy, release and tear down on bad days: faults by seeds, lost answers, new things unknown, kills (hours)
	$(LOCAL) scripts/chaos faults:one faults:two faults:three lose:lost lose:cut early:once kill:29 kill:17 wait:10

clean: ## Remove what make made, but .venv
	rm -rf .cache/ansible .cache/setup tests/output outputs *.tar.gz
