# The entry points of Spillway; README.md and CONTRIBUTING.md say what each is for. Each can be run
# again and again. Besides Debian packages, nothing is written outside this directory and --data.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# What 'make up' gives to 'spillway up', besides the defaults: make up ARGS="--gateway-port 9000"
ARGS ?=
# Exclusivity is checked while running in debug builds and tests; on the hot path the checks cost 3 %.
RELEASE := -c release -Xswiftc -cross-module-optimization \
	-Xswiftc -enforce-exclusivity=unchecked --static-swift-stdlib
PROGRAM := .build/release/spillway
SOURCES := Package.swift $(shell find Sources -name '*.swift')
PYTEST := .venv-test/bin/python -m pytest -p no:cacheprovider -q

.PHONY: help setup up demo test lint bench soak dist clean packages test-packages slurm-packages swift

help:  ## Show this list.
	@sed -n 's/^\([a-z]*\):.*  ## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: packages swift .engine/installed $(PROGRAM)  ## Install what is missing and build the program.
	@echo "Ready: $(PROGRAM)"

up: setup  ## Set up, then start with a demo model and a demo customer. Ctrl-C ends it.
	@exec $(PROGRAM) up $(ARGS)

demo: setup  ## Run a month of a fleet of 376 GPUs, to its economics and invoices.
	@$(PROGRAM) demo $(ARGS)

# Tests that start machines of their own, one after the other: of this one, and of Slurm. The rest
# goes in groups: simulations would starve tests that wait for a socket or a process.
CLUSTERS := ClustersTests.(Attach|HostileLease|Isolation|LocalCluster|LocalUnprivileged|LocalVolume|Slurm)
SIMULATIONS := BatchSimulationTests|CapacityPathTests|LedgerSimulationTests|Replay(Place|Products|Surplus)Tests

test: test-packages swift .engine/installed .venv-test/installed  ## Run all tests.
	swift build --build-tests
	swift test --skip-build --parallel --skip '$(SIMULATIONS)|ClustersTests|GatewayTests'
	swift test --skip-build --parallel --filter '$(SIMULATIONS)'
	swift test --skip-build --no-parallel --filter GatewayTests
	swift test --skip-build --parallel --filter ClustersTests --skip '$(CLUSTERS)'
	$(PYTEST) Tests/Faults Tests/EndToEnd

lint: packages swift  ## Check format, floors and what the documents claim.
	swift format lint --strict --recursive --parallel Sources Tests Package.swift
	swift build --build-tests --explicit-target-dependency-import-check error
	python3 Scripts/check-documents.py

bench: test-packages slurm-packages swift .engine/installed .venv-test/installed $(PROGRAM)  ## Measure placement, and the gateway beside nginx and LiteLLM.
	python3 Benchmarks/placement.py
	python3 Benchmarks/surplus.py
	python3 Benchmarks/submit_to_start.py
	.venv-test/bin/python Benchmarks/batch.py
	python3 Benchmarks/run.py $(ARGS)

soak: test-packages slurm-packages swift .engine/installed .venv-test/installed $(PROGRAM)  ## The long tests.
	swift build --build-tests
	swift test --skip-build --no-parallel --filter '$(CLUSTERS)'
	SPILLWAY_FULL=1 swift test --skip-build --filter ReplayProductsTests
	SPILLWAY_FULL=1 SPILLWAY_BIN=$(PROGRAM) $(PYTEST) Tests/EndToEnd $(ARGS)

dist: setup  ## Pack a tarball that runs on Debian 12 without Swift.
	@Scripts/make-dist $(PROGRAM)

clean:  ## Remove what was built and downloaded; not the data.
	rm -rf .build .engine .venv-test dist

# What the program needs to be built and run.
packages:
	@Scripts/install-packages git curl ca-certificates python3 util-linux libsqlite3-dev \
		zlib1g-dev bubblewrap e2fsprogs

# A real Slurm, whose daemons only its tests start.
slurm-packages: packages
	@Scripts/install-packages --no-daemons slurm-wlm slurmrestd slurm-wlm-jwt-plugin \
		slurmdbd munge mariadb-server

test-packages: packages
	@Scripts/install-packages python3-venv postgresql gcc libc6-dev procps

swift:
	@Scripts/check-swift

$(PROGRAM): $(SOURCES)
	@echo "Building the program; the first time takes some ten minutes on two cores."
	swift build $(RELEASE) --product spillway-worker
	swift build $(RELEASE) --product spillway
	@touch $@

.engine/installed: engine/requirements.txt Scripts/install-engine
	@Scripts/install-engine

.venv-test/installed: Tests/EndToEnd/requirements.txt
	@Scripts/install-test-tools
