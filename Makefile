# Everything that is done with this repository by hand or in CI. Each target can be run again at any time.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Imports of targets that Package.swift does not name are errors.
SWIFT_FLAGS ?= --explicit-target-dependency-import-check error
# Which tests: make test-unit FILTER=ReflectorTests
FILTER ?=
# What `make bench` measures (reconcile, memory, change, wake, webhook, latency, outgoing, broadcast, bound; all unless given), and more of its options.
ONLY ?=
BENCH_FLAGS ?=
# What `make fuzz` runs (scanner, webhook, envelope; all unless given), and how much processor time each gets.
TARGET ?=
SECONDS ?= 600
# Test targets that start servers of their own (etcd, kube-apiserver, the broker, programs of this package).
INTEGRATION := (IntegrationTests|TestRigTests|EndToEndTests)
export TGS_RUN_DIR ?= $(CURDIR)/.run
export TGS_LOG_DIR ?= $(TGS_RUN_DIR)/logs

.PHONY: help
help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

.PHONY: deps
deps: ## Install what building and testing needs (Debian and Python packages)
	@scripts/install-deps.sh

.PHONY: deps-node
deps-node: ## Install what the node with real pods needs, too
	@scripts/install-deps.sh --node

.PHONY: control-plane
control-plane: deps ## Build etcd's companions: Kubernetes 1.20.2 from Debian's source (5 minutes, once)
	@scripts/build-control-plane.sh

.PHONY: build
build: deps ## Build everything for debugging, tests included
	@scripts/phase.sh "build" swift build --build-tests $(SWIFT_FLAGS)

.PHONY: test
test: deps control-plane build ## Unit and integration tests against real servers
	@$(if $(FILTER),,scripts/phase.sh "short fuzzing" scripts/fuzz.sh --short)
	@scripts/phase.sh "tests" scripts/swift-test.sh --filter '$(FILTER)'

.PHONY: test-unit
test-unit: deps build ## Unit tests alone
	@scripts/phase.sh "unit tests" scripts/swift-test.sh --filter '$(FILTER)' --skip '$(INTEGRATION)'

.PHONY: test-integration
test-integration: deps control-plane build ## Tests against the real API server and broker alone
	@scripts/phase.sh "integration tests" scripts/swift-test.sh --filter '$(FILTER)' --only '$(INTEGRATION)'

.PHONY: test-node
test-node: deps-node control-plane ## The node with real pods: probes, hooks, names, rights, scale-downs (root)
	@scripts/phase.sh "node tests" scripts/test-node.sh

.PHONY: test-platform
test-platform: deps-node control-plane ## The whole platform on a node: rollouts, migrations, drains with real pods (root)
	@scripts/phase.sh "platform tests" scripts/test-platform.sh

.PHONY: test-alerts
test-alerts: deps control-plane ## Each alert fired by its cause, a real Prometheus beside real processes
	@scripts/phase.sh "alert tests" scripts/test-alerts.sh

.PHONY: test-backup
test-backup: deps control-plane ## A lost cluster is made again from a backup
	@scripts/phase.sh "backup tests" scripts/test-backup.sh

.PHONY: test-install
test-install: deps control-plane ## The Helm chart and the plain manifests against an API server that checks rights
	@scripts/phase.sh "installation tests" scripts/test-install.sh

.PHONY: test-tsan
test-tsan: deps ## Unit tests under Thread Sanitizer
	@scripts/phase.sh "thread sanitizer" scripts/test-sanitizer.sh thread

.PHONY: test-asan
test-asan: deps ## Unit tests under Address and Leak Sanitizer
	@scripts/phase.sh "address sanitizer" scripts/test-sanitizer.sh address

.PHONY: fuzz
fuzz: deps ## libFuzzer on what reads strangers' bytes: make fuzz TARGET=webhook SECONDS=60
	@FUZZ_SECONDS=$(SECONDS) scripts/phase.sh "fuzzing" scripts/fuzz.sh $(TARGET)

.PHONY: lint
lint: deps ## Formatting and rules of the house, scripts, manifests
	@scripts/phase.sh "lint" scripts/lint.sh

.PHONY: reference
reference: deps ## Write docs/reference from the CRDs
	@scripts/make-reference.py

.PHONY: dashboards
dashboards: deps ## Write monitoring/dashboards from the panels in scripts/make-dashboards.py
	@scripts/make-dashboards.py

.PHONY: chart
chart: deps ## Write what in the chart is made from other files: definitions, the README's table of values
	@scripts/make-chart.py

.PHONY: manifests
manifests: chart ## Write deploy/manifests from the chart, for those who install without Helm
	@scripts/make-manifests.py

.PHONY: format
format: ## Format all Swift sources
	@swift format format --in-place --recursive --parallel --configuration .swift-format \
		Package.swift Sources Tests Benchmarks $(wildcard examples)

.PHONY: check-binary
check-binary: deps ## Build for release: the program's size, and no ICU in it
	@scripts/phase.sh "release build" scripts/check-binary.sh

.PHONY: bench
bench: deps control-plane ## Speed and memory beside references: make bench ONLY=webhook,latency (an hour for all)
	@scripts/bench.sh $(if $(ONLY),--only '$(ONLY)') $(BENCH_FLAGS)

.PHONY: demo
demo: $(if $(DEMO_CONTEXT),deps,deps-node control-plane) ## The whole platform on a node with real pods, from apply to an answered message (root)
	@scripts/demo.sh up

.PHONY: demo-shell
demo-shell: ## A shell in the demo's cluster, kubectl set up
	@scripts/demo.sh shell

.PHONY: demo-down
demo-down: ## Remove the demo
	@scripts/demo.sh down

.PHONY: deploy-infra
deploy-infra: deps ## A Kafka and a Redis for development into the cluster of your kubeconfig (INFRA_CONTEXT)
	@scripts/deploy-infra.sh

.PHONY: clean
clean: ## Remove what was built and what ran here; the cache outside the clone stays
	@scripts/clean.sh
