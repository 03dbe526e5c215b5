# The commands of this repository; each is a script that says what it does at its head.
.DEFAULT_GOAL := help
.PHONY: help run stop test test-long chaos mutants bench image-test fmt

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build, start the server in the background and run a first job on it
	@scripts/run.sh

stop: ## stop the server that `make run` started
	@scripts/stop.sh

test: ## everything a change must pass
	@scripts/test.sh

test-long: ## the long forms: models of threads, many cases, many kills, the contract, the image
	@scripts/test-long.sh

chaos: ## 500 kills of the server and of Postgres under load, on both databases
	@scripts/chaos.sh

mutants: ## break the way of the money in places, one at a time, and want the tests to notice each
	@scripts/mutants.sh

bench: ## measure this machine, on both databases
	@scripts/bench.sh

image-test: ## build the image without a daemon and run a job in it
	@scripts/image-test.sh

fmt: ## format everything
	@cargo fmt --all
