# `make` alone shows what there is.
PYTHON ?= python3
RUN := .venv/bin/python
SEED ?= 1
BREAK ?=
SEEDS ?= 10
PORT ?= 8300
REGION_PORT ?= 4599
LOCALE ?= en_GB
LOOK ?= standard
FORMS = KIOSK_AGENT_LOCALE=$(LOCALE) KIOSK_UI_LOCALE=$(LOCALE) KIOSK_UI_LOOK=$(LOOK)
# Nothing leads out of it. Whatever enters a host has to be reaped, so it is not exec'd.
OWN_NETWORK = unshare --net --mount --pid --fork --kill-child --mount-proc sh -c '"$$@"; exit $$?' sh
ONLY ?=
ALL ?=
SALES ?= 300
BUNDLE_KEY ?=
IMAGE ?= kiosk
BASE ?=
PUSH ?=
MINUTES ?= 3
KIOSKS ?= 100
SECONDS ?= 60
MORE ?=

PROGRAMS := $(patsubst %/__init__.py,%,$(wildcard */__init__.py)) tests
# Whatever the shell says, bytecode is kept: what is run here starts the same programs over and over.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help setup setup-demo setup-region region demo demo-main-job demo-releases up sabotage demo-seeds evening evening-sabotage \
        kiosk kiosk-web kiosk-line-cut kiosk-line-restore test test-dynamodb full-disk test-venue test-containers test-console test-dashboard package image bench proof \
        monkey setup-simulator simulate check check-alerts format fuzz-api lock recording screenshots dashboard-screenshots scanner-code texts cli-reference openapi clean

help: ## show this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

setup: ## make .venv with everything, test tools included
	@$(PYTHON) tools/setup_venv.py dev

setup-demo:
	@$(PYTHON) tools/setup_venv.py demo

demo: demo-main-job demo-releases ## the main job by itself, and releases on hosts, judged (SEED=n, BREAK=lose|duplicate|oversell|release)

demo-main-job: setup-demo ## the main job alone
	@$(RUN) -m demo run --dir .demo --seed $(SEED) $(addprefix --break ,$(filter-out release,$(BREAK)))
	@$(RUN) -m verifier .demo --require-story

# After the main job, which is judged by itself: the status of one that is not well is its own.
demo-releases: $(if $(filter demo,$(MAKECMDGOALS)),demo-main-job) setup-demo ## releases alone: a move, a bad release (as root, with Docker; BREAK=release)
	@$(RUN) -m demo releases --dir .demo-releases --seed $(SEED) $(if $(filter release,$(BREAK)),--break)

sabotage: setup-demo ## sabotage three runs; the verifier must condemn each by its own figure
	@for kind in lose duplicate oversell; do \
	  $(RUN) -m demo run --dir .demo-$$kind --seed $(SEED) --break $$kind || exit 1; \
	  if $(RUN) -m verifier .demo-$$kind --require-story; then exit 1; fi; \
	  $(RUN) tools/expect_sabotage.py .demo-$$kind/report.json $$kind || exit 1; done

demo-seeds: setup-demo ## run the main job with SEEDS=10 seeds in a row
	@for seed in $$(seq 1 $(SEEDS)); do \
	  echo "seed $$seed"; $(MAKE) --no-print-directory demo-main-job SEED=$$seed || exit 1; done

evening: setup-demo ## play a whole evening and judge it, some 4 minutes (SEED=n, SALES=n, BREAK=cash|cash-journal)
	@$(RUN) -m demo evening --dir .evening --seed $(SEED) --sales $(SALES) \
	  $(if $(BREAK),--break $(BREAK))
	@$(RUN) -m verifier .evening --require-evening $(SALES)

evening-sabotage: evening ## the same, then remove a sale with cash: the verifier must name shift and sum
	@for kind in cash cash-journal; do \
	  $(RUN) -m demo spoil $$kind --seed $(SEED) --of .evening --dir .evening-$$kind || exit 1; \
	  if $(RUN) -m verifier .evening-$$kind --require-evening $(SALES); then exit 1; fi; \
	  $(RUN) tools/expect_sabotage.py .evening-$$kind/report.json $$kind || exit 1; done

up: setup-demo ## the stack for operators: the dashboard's address and a sign-in, until Ctrl+C (as root with Docker: kiosks in containers)
	@$(RUN) -m demo operators --dir .up --seed $(SEED)

kiosk: setup-demo ## the same stack for a person: the kiosk UI in this terminal (LOCALE=de_DE, LOOK=plain)
	@$(FORMS) $(RUN) -m demo up --dir .kiosk

kiosk-web: setup-demo ## the same in a browser on this machine (PORT=8300)
	@$(FORMS) $(RUN) -m demo up --web --port $(PORT) --dir .kiosk

kiosk-line-cut: ## (in a second terminal) cut the line between venue and cloud
	@$(RUN) -m demo line cut --dir .kiosk

kiosk-line-restore: ## (in a second terminal) restore the line
	@$(RUN) -m demo line restore --dir .kiosk

setup-region:
	@$(PYTHON) tools/setup_venv.py region

region: setup-region ## the AWS of laptops and tests, by itself (REGION_PORT=4599, state in .region)
	@echo "In another terminal:"
	@echo "  export AWS_ENDPOINT_URL=http://127.0.0.1:$(REGION_PORT) AWS_REGION=eu-central-1 AWS_DEFAULT_REGION=eu-central-1"
	@echo "  export AWS_SHARED_CREDENTIALS_FILE=$(CURDIR)/.region/operator-credentials"
	@echo "  aws sts get-caller-identity      # or boto3; docs/local-region.md says what it is not"
	@$(RUN) -m local_region --port $(REGION_PORT) --state .region

test: setup ## all tests, or those of ONLY=tests/…
	@$(RUN) -m compileall -q $(PROGRAMS)
	@$(RUN) -m pytest -n 5 --dist worksteal --durations 25 --durations-min 10 $(ONLY)

test-dynamodb: setup ## the services' tests on DynamoDB tables (moto), the fleet service in two tasks; ONLY=tests/…
	@TICKET_STORE=dynamodb FLEET_STORE=dynamodb FLEET_TASKS=2 $(RUN) -m pytest -n 4 --dist worksteal \
	  $(or $(ONLY),tests/core_services tests/fleet_service)

full-disk: setup ## the agent on real filesystems without a byte left (needs root)
	@$(RUN) -m pytest -m mounts tests/full_disk

test-venue: setup ## boot venue hosts with their package, in a network of their own (needs root; ALL=1, ONLY=tests/venue/…)
	@$(RUN) tools/venue.py
	@$(if $(ALL),$(RUN) tools/venue_registry.py)
	@VENUE_ALL=$(ALL) $(OWN_NETWORK) $(RUN) -m pytest -m venue -p no:xdist $(or $(ONLY),tests/venue)

test-containers: setup ## run our images in Docker as ECS does (needs root; ALL=1, ONLY=tests/containers/…)
	@$(RUN) tools/containers.py
	@CONTAINERS_ALL=$(ALL) $(RUN) -m pytest -m containers -p no:xdist $(or $(ONLY),tests/containers)

test-console: setup ## the console on a display in memory: cage and foot, pictures and keys (as root)
	@$(RUN) tools/display.py
	@$(RUN) -m pytest -m display -p no:xdist $(or $(ONLY),tests/display)

test-dashboard: setup ## the dashboard in Chromium, before a real fleet service (Chromium is installed as root)
	@$(RUN) tools/browser.py
	@$(RUN) -m pytest -m browser -p no:xdist $(or $(ONLY),tests/fleet_service/dashboard)

package: setup ## the venue host's Debian package, into build/ (BUNDLE_KEY=file: whose bundles hosts believe)
	@$(RUN) tools/deb.py $(if $(BUNDLE_KEY),--bundle-key $(BUNDLE_KEY))

image: setup ## the kiosk UI's container image, as root (IMAGE=fleet, BASE=an image with Python 3.11, PUSH=repository)
	@$(RUN) tools/image.py $(IMAGE) $(if $(BASE),--base $(BASE)) $(if $(PUSH),--push $(PUSH))

bench: ## measure speed against baselines, some 15 minutes (ONLY=sale_latency runs one; ONLY=bootstrap, offline_boot, image_size, screen (ui_restart, handover, ui_footprint, supervisor_cost) or dashboard: as root)
ifneq ($(filter image_size image_size.code_layer,$(ONLY)),)
	@$(PYTHON) tools/setup_venv.py dev
	@$(RUN) tools/containers.py
	@$(RUN) -m benchmarks.image_size
else ifneq ($(filter screen ui_restart handover ui_footprint supervisor_cost,$(ONLY)),)
	@$(PYTHON) tools/setup_venv.py dev
	@$(RUN) tools/containers.py
	@$(RUN) -m benchmarks.screen
else ifeq ($(ONLY),dashboard)
	@$(PYTHON) tools/setup_venv.py dev
	@$(RUN) tools/browser.py
	@$(RUN) -m benchmarks.dashboard
else ifeq ($(ONLY),offline_boot)
	@$(PYTHON) tools/setup_venv.py dev
	@$(RUN) tools/venue.py
	@$(RUN) tools/venue_registry.py
	@$(OWN_NETWORK) $(RUN) -m benchmarks.offline_boot
else ifeq ($(ONLY),bootstrap)
	@$(PYTHON) tools/setup_venv.py dev
	@$(RUN) tools/venue.py
	@$(OWN_NETWORK) $(RUN) -m benchmarks.venue_bootstrap
else
	@$(PYTHON) tools/setup_venv.py bench
	@$(RUN) -m benchmarks $(if $(ONLY),--only $(ONLY))
endif

setup-simulator:
	@$(PYTHON) tools/setup_venv.py simulator

simulate: setup-simulator ## many kiosks on the real protocol, every sale verified (KIOSKS=100, SECONDS=60, MORE="--storm …")
	@$(RUN) -m fleet_simulator --kiosks $(KIOSKS) --seconds $(SECONDS) $(MORE)

fuzz-api: setup ## much of everything at every operation of the fleet service (FUZZ_EXAMPLES=500)
	@FUZZ_EXAMPLES=$(or $(FUZZ_EXAMPLES),500) $(RUN) -m pytest -n 4 --dist worksteal --timeout 3600 \
	  tests/fleet_service/api/test_schemathesis.py tests/fleet_service/api/test_schemathesis_filled.py

proof: setup ## the whole proof of the journal, 15 min or so (SEED=n, ONLY=cuts,kills,model,faults,together)
	@$(RUN) -m tests.proof --seed $(SEED) $(if $(ONLY),--only $(ONLY))

monkey: setup ## keys, scans, faults at the kiosk UI for MINUTES=3, of a SEED that is printed
	@$(RUN) -m tests.monkey $(if $(filter command line,$(origin SEED)),--seed $(SEED)) --minutes $(MINUTES)

check: setup ## ruff, mypy strict, import-linter, drift of generated files
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy
	@.venv/bin/lint-imports
	@PATH=.venv/bin:$$PATH $(RUN) tools/lock.py --check
	@$(RUN) tools/cli_reference.py --check
	@$(RUN) tools/texts.py --check
	@$(RUN) tools/scanner_code.py --check

check-alerts: setup ## the alert rules in docs/monitoring by promtool (out of Debian's package prometheus)
	@$(RUN) tools/promtool.py
	@PROMTOOL_REQUIRED=1 $(RUN) -m pytest -p no:xdist tests/docs/test_monitoring.py

format: setup ## let ruff format and mend
	@$(RUN) -m ruff check --fix . && $(RUN) -m ruff format .

lock: setup ## write the requirement locks from pyproject.toml (UPGRADE=1 for newest versions)
	@PATH=.venv/bin:$$PATH $(RUN) tools/lock.py $(if $(UPGRADE),--upgrade)

texts: setup ## take new texts up into kiosk_texts/locale, compile, say what is untranslated
	@$(RUN) tools/texts.py

cli-reference: setup ## write docs/cli.md from the programs' own help
	@$(RUN) tools/cli_reference.py

openapi: setup ## write docs/openapi.json, the fleet service's API as it describes itself
	@$(RUN) tools/openapi.py

recording: demo-main-job sabotage ## write the README's recording and its table from real runs
	@$(RUN) tools/recording.py --dir .demo
	@$(RUN) tools/verdicts.py .demo lose=.demo-lose duplicate=.demo-duplicate \
	  oversell=.demo-oversell

screenshots: setup ## write docs/screenshots from the real UI; look at them afterwards
	@$(RUN) tools/screenshots.py

dashboard-screenshots: setup ## write docs/screenshots/dashboard from the real page; look at them afterwards
	@$(RUN) tools/browser.py
	@$(RUN) tools/dashboard_screenshots.py

scanner-code: setup ## write docs/scanner-calibration.svg, to print
	@$(RUN) tools/scanner_code.py

clean: ## remove what these commands made
	rm -rf .venv .bench .proof .demo .demo-* .evening .evening-* .kiosk .up .region .simulate .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
