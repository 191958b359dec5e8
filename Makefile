# Every target does its own set-up (Debian packages, Python packages, build) and can be repeated.
PREFIX ?= /usr/local
TEST_FLAGS ?=
BENCH_FLAGS ?=
# Not the DAG files that tests compile: what the compiler and `describe` say of them has line numbers.
SOURCES = Package.swift $(shell find Sources Tests dags -name '*.swift' \
    -not -path '*/Fixtures/*' -not -path '*/MustNotCompile/*' -not -path 'Tests/CLITests/Bundle/*')

.PHONY: help setup build release test test-all demo bench install format lint clean

help: ## Lists these targets
	@sed -n 's/^\([a-z-]*\):.* ## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'

setup: ## Installs Debian packages that are missing (as root, or with sudo) and checks Swift
	@scripts/setup.sh

build: ## Builds for development
	@scripts/setup.sh build
	swift build

release: ## Builds optimised
	@scripts/setup.sh build
	swift build -c release

test: ## Runs the fast tier of tests
	@scripts/test.sh $(TEST_FLAGS)

test-all: ## Runs every test
	@scripts/test.sh --all $(TEST_FLAGS)

demo: ## Runs gw_training from git push to the model in S3; KEEP=1 leaves everything running
	@scripts/demo.sh

bench: ## Measures latency and throughput against the floors of this machine
	@scripts/bench.sh $(BENCH_FLAGS)

install: ## Installs into PREFIX (default /usr/local)
	@scripts/install.sh "$(PREFIX)"

format: ## Formats the Swift sources
	swift format --in-place --parallel $(SOURCES)

lint: ## Checks the Swift sources' format
	swift format lint --strict --parallel $(SOURCES)

clean: ## Removes the build and the demo's data, not the Python packages
	[ ! -e .local/demo ] || chmod -R u+w .local/demo
	rm -rf .build .local/demo .local/test.log
