# Needs node (20.19 or newer), npm and make; everything else is installed here, once.
SHELL := /bin/sh
NODE_MODULES := node_modules/.package-lock.json
SOURCES := $(shell find src web -type f 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: run start dev test test-unit test-slow test-night check check-slow lint format format-check types layers build bench bounds launch demo-crash demo-cluster demo-kafka demo-subscriptions demo-ops verify docs-metrics sbom sim sim-mutants clean help

run: build ## Build if needed and start the service on port 8088
	@exec node dist/main.js $(ARGS)

start: run ## The same as run

dev: build ## Start, and restart on every change of the source
	@npx tsc -p tsconfig.build.json --watch --preserveWatchOutput & exec node --watch-path=dist dist/main.js

test: build ## Run the tests (JEST_ARGS="tests/domain" for some of them): five minutes
	@npx jest $(JEST_ARGS) --selectProjects unit api int e2e

test-unit: $(NODE_MODULES) ## Those that need no network, disk or process: seconds
	@npx jest --selectProjects unit

# Whatever tries more than with `make test`: some tests of it, or all.
more_tests = $(if $(filter-out -%,$(JEST_ARGS)),,--findRelatedTests tests/support/thorough.ts $$(find tests -name '*.slow.spec.ts'))

test-slow: build ## The long proofs, and what has more cases than `make test` tries: orders, crashes, power loss, disks, browser
	@THOROUGH=1 npx jest $(JEST_ARGS) $(more_tests)

test-night: build ## The same with the most cases, for a night
	@THOROUGH=2 npx jest $(JEST_ARGS) $(more_tests)

check: test check-slow ## Everything that must hold

check-slow: build format-check lint types layers test-slow sim sim-mutants ## What `check` has beside `test`

lint: $(NODE_MODULES) ## Lint
	@npx eslint .

format: $(NODE_MODULES) ## Format every file
	@npx prettier --write --log-level warn .

format-check: $(NODE_MODULES)
	@npx prettier --check --log-level warn .

types: $(NODE_MODULES)
	@npx tsc -p tsconfig.json && npx tsc -p web/tsconfig.json
	@if [ -d node_modules/@platformatic/kafka ]; then npx tsc -p tests/infrastructure/kafka/types; \
	  else echo "types: not held against the Kafka client, which npm installs on Node 22.22 or newer"; fi

layers: $(NODE_MODULES)
	@npx depcruise --config .dependency-cruiser.js src

build: dist/.built ## Compile the service and the dashboard into dist/

dist/.built: $(NODE_MODULES) tsconfig.json tsconfig.build.json $(SOURCES)
	@rm -rf dist
	@npx tsc -p tsconfig.build.json
	@node web/build.mjs
	@chmod +x dist/cli/rockets.js
	@touch dist/.built

$(NODE_MODULES): package.json package-lock.json
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $(NODE_MODULES)

bench: build ## Measure: one table of ratios
	@npx tsc -p tsconfig.bench.json
	@node --expose-gc --max-semi-space-size=64 build/bench/tests/bench/run.js $(ARGS)

bounds: build ## What must hold under overload, dripping clients and long runs: 20 minutes (ARGS="overload --quick")
	@npx tsc -p tsconfig.bench.json
	@node --expose-gc build/bench/tests/bench/bounds.js $(ARGS)

launch: build ## Launch rockets at a running service and verify it (ARGS="--shuffle=all --duplicates=0.2 --seed=2")
	@node dist/cli/rockets.js launch http://localhost:$${PORT:-8088}/messages --verify $(ARGS)

verify: build ## Replay an SQLite store and compare with its states (SQLITE_FILE=data/rockets.db)
	@node dist/cli/rockets.js verify $(ARGS)

demo-crash: build ## Kill the service in mid-flight, restart it, and prove that nothing was lost
	@npm run --silent build:demo && node build/demo/crash.js

demo-cluster: build ## Three instances over one PostgreSQL: kill one, pause one, and prove the same
	@npm run --silent build:demo && node build/demo/cluster.js

demo-kafka: build ## Two gateways, Kafka, three consumers: kill a consumer and the broker, and prove the same (needs Java and Maven)
	@npm run --silent build:demo && node build/demo/kafka.js

demo-subscriptions: build ## Tell the receiver of examples/ of a launch, kill it and the service in mid-flight, and compare
	@npm run --silent build:demo && node build/demo/subscriptions.js

demo-ops: build ## Three instances, watched by Prometheus: break three things, and print what the alerts say (needs Debian's prometheus)
	@npm run --silent build:demo && node build/demo/ops.js

docs-metrics: $(NODE_MODULES) ## Write docs/metrics.md anew from the metrics themselves
	@npx esbuild tests/docs/write-metrics-page.ts --bundle --platform=node --packages=external --log-level=warning --outfile=build/metrics-page.js
	@node build/metrics-page.js

sbom: $(NODE_MODULES) ## Print everything that is delivered, with versions and licences, as CycloneDX
	@node .ci/sbom.mjs

sim: $(NODE_MODULES) ## Deterministic simulation (ARGS="--seed=1 --seeds=10000")
	@npm run --silent sim -- $(ARGS)

sim-mutants: $(NODE_MODULES) ## Prove that the simulation catches planted bugs
	@npm run --silent sim:mutants

clean: ## Remove everything that was built or installed
	@rm -rf dist build coverage node_modules

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
