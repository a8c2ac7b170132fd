# The one entry for developers and for CI. `make` lists what there is.
#
# Tools are pinned, each in a module of its own below internal/tools, and built once per version into .bin.

SHELL := bash
.SHELLFLAGS := -Eeuo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
FUZZTIME ?= 30s
CLIENTS := internal/e2e/clients
CONSOLE := web/console

# The product is built and tested without C; only the race detector needs it.
export CGO_ENABLED ?= 0

# tool NAME,MODULE is the binary of a tool, named by the version that its go.mod requires.
tool = .bin/$(1)-$(shell sed -n 's|^.*$(2) \(v[^ ]*\).*|\1|p' internal/tools/$(1)/go.mod)
GOFUMPT := $(call tool,gofumpt,mvdan.cc/gofumpt)
GOLANGCI := $(call tool,golangci-lint,github.com/golangci/golangci-lint/v2)
GOTESTSUM := $(call tool,gotestsum,gotest.tools/gotestsum)
BENCHSTAT := $(call tool,benchstat,golang.org/x/perf)

WITHSERVICES := .bin/withservices

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[1m%-10s\033[0m %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: ## Install what the tests need and the machine lacks
	@internal/tools/setup.sh
	@if [ -f $(CLIENTS)/package.json ] && ! cmp -s $(CLIENTS)/package-lock.json $(CLIENTS)/node_modules/.installed; then \
		npm ci --prefix $(CLIENTS) --no-audit --no-fund && \
		cp $(CLIENTS)/package-lock.json $(CLIENTS)/node_modules/.installed; \
	fi
	@$(MAKE) console

.PHONY: console
console: $(CONSOLE)/dist/index.html.gz ## Build the console of the admins, which `make build` embeds (needs Node)

# It is built where its source is newer. The packages are installed where the lockfile is.
$(CONSOLE)/dist/index.html.gz: $(CONSOLE)/node_modules/.installed $(wildcard $(CONSOLE)/*.html $(CONSOLE)/*.ts $(CONSOLE)/scripts/*) \
		$(shell find $(CONSOLE)/src -type f)
	npm run --prefix $(CONSOLE) --silent build

$(CONSOLE)/node_modules/.installed: $(CONSOLE)/package-lock.json
	npm ci --prefix $(CONSOLE) --no-audit --no-fund
	@cp $< $@

.PHONY: console-check
console-check: console ## Check format, lint and types of the console, and run its own tests
	npm run --prefix $(CONSOLE) --silent check
	npm run --prefix $(CONSOLE) --silent test

.PHONY: build
build: ## Build bin/tenantgate
	go build -trimpath -tags nomsgpack -ldflags '-s -w -X main.version=$(VERSION)' -o bin/tenantgate ./cmd/tenantgate

.PHONY: dev
dev: build ## Run everything embedded, with a demo tenant
	bin/tenantgate dev $(ARGS)

.PHONY: test
test: ## Install what is missing, check, and run every test; this is what CI runs
	@$(MAKE) setup
	@$(MAKE) check
	@$(MAKE) all-tests

# Without vet, which `make lint` runs, and without the debugger's tables, which take as long to link as they are large.
.PHONY: all-tests
all-tests: $(GOTESTSUM) withservices
	@rm -f .bin/tests.json
	$(WITHSERVICES) -- $(GOTESTSUM) --format pkgname --hide-summary skipped --jsonfile .bin/tests.json -- \
		-count=1 -timeout 15m -vet=off -ldflags=-w ./...
	@if grep -E '"Action":"skip".*"Test":' .bin/tests.json; then \
		echo 'make test skips nothing, yet these tests were skipped' >&2; exit 1; \
	fi

.PHONY: race
race: withservices ## Run every test under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(WITHSERVICES) -- go test -race -count=1 -timeout 30m ./...

.PHONY: check
check: format-check lint generate-check tidy-check tree-check console-check ## Check format, lint, generated code, go.mod, licences, links

.PHONY: format
format: $(GOFUMPT) ## Format the Go code
	$(GOFUMPT) -w .

.PHONY: format-check
format-check: $(GOFUMPT)
	@unformatted=$$($(GOFUMPT) -l .); \
	if [ -n "$$unformatted" ]; then printf 'make format changes:\n%s\n' "$$unformatted" >&2; exit 1; fi

.PHONY: lint
lint: $(GOLANGCI) ## Lint and vet
	$(GOLANGCI) run ./...
	go vet -tags testclock ./...

.PHONY: generate
generate: ## Generate what is generated
	go generate ./...

# Compares the tree with itself, not with the last commit: what is generated may be uncommitted, but not stale.
digest = git ls-files --cached --others --exclude-standard -z | \
	while IFS= read -r -d '' f; do if [ -f "$$f" ]; then printf '%s\0' "$$f"; fi; done | xargs -0 sha256sum

.PHONY: generate-check
generate-check:
	@mkdir -p .bin
	@$(digest) > .bin/before
	go generate ./...
	@$(digest) > .bin/after
	@diff .bin/before .bin/after > .bin/stale || { \
		echo 'go generate changed these files; they are up to date now:' >&2; \
		sed -n 's/^[<>] [0-9a-f]*  //p' .bin/stale | sort -u >&2; exit 1; }

.PHONY: schema-release
schema-release: ## Make the schema of the admin API the one that later changes must not break
	go run ./graph/schemacheck -release

.PHONY: tidy-check
tidy-check:
	go mod tidy -diff

.PHONY: tree-check
tree-check:
	go test -count=1 ./internal/archtest

.PHONY: golden
golden: withservices ## Rewrite golden files from what the code answers now
	@packages=$$(grep -rlE '"update"|dialecttest\.' --include='*_test.go' . | xargs -r -n1 dirname | sort -u | grep -v internal/e2e || true); \
	if [ -z "$$packages" ]; then echo 'no golden files'; exit 0; fi; \
	$(WITHSERVICES) -- go test -count=1 $$packages -update
	go test -count=1 ./internal/e2e -run 'TestFlows$$' -update

.PHONY: fuzz
fuzz: ## Fuzz each fuzz test for FUZZTIME (30s)
	@{ grep -roE '^func Fuzz[A-Za-z0-9_]+' --include='*_test.go' . || true; } | sort | \
	while IFS=: read -r file name; do \
		name=$${name#func }; echo "$$name in $$(dirname "$$file")"; \
		go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")" < /dev/null; \
	done

.PHONY: bench
bench: $(BENCHSTAT) withservices ## Measure the numbers that the design promises, then the benchmarks of single packages
	@go build -o .bin/bench ./internal/bench
	.bin/bench -json .bin/bench.json
	@packages=$$(grep -rlE '^func Benchmark' --include='*_test.go' . | xargs -r -n1 dirname | sort -u); \
	$(WITHSERVICES) -- go test -run '^$$' -bench . -benchmem -benchtime 200ms -timeout 30m $$packages | tee .bin/bench.txt
	$(BENCHSTAT) .bin/bench.txt

.PHONY: soak
soak: withservices ## Run the whole-service tests at full length
	TENANTGATE_SOAK=1 $(WITHSERVICES) -- go test -count=1 -v -timeout 4h ./internal/e2e/...

.PHONY: migration
migration: ## Write the SQL migration NAME from the schema
	@[ -n '$(NAME)' ] || { echo 'usage: make migration NAME=add_something' >&2; exit 2; }
	go generate ./ent
	go run ./internal/store/newmigration '$(NAME)'

.PHONY: chart
chart: ## Check the Helm chart
	bash helm/chart-check.sh

.PHONY: clean
clean: ## Remove what make built
	rm -rf bin .bin $(CLIENTS)/node_modules $(CONSOLE)/node_modules $(CONSOLE)/build
	find $(CONSOLE)/dist -mindepth 1 ! -name placeholder.txt -delete

.PHONY: withservices
withservices:
	@go build -o $(WITHSERVICES) ./internal/testenv/withservices

.bin/%:
	@echo 'building $*'
	@rm -f .bin/$(firstword $(subst -v, ,$*))-v*
	@go -C internal/tools/$(firstword $(subst -v, ,$*)) build -trimpath -ldflags '-s -w' -o '$(CURDIR)/$@' tool
