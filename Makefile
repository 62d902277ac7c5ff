# Everything here sets itself up: see hack/setup for what that means for root and for a normal user.
export PATH := $(PATH):/usr/local/go/bin
export CGO_ENABLED := 0
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT ?= $(shell git rev-parse HEAD 2>/dev/null)
DATE ?= $(shell git show -s --format=%cI 2>/dev/null)
PREFIX ?= $(HOME)/.local
RACES ?= 4000

.PHONY: help build test test-nightly test-vm fuzz demo bench bench-docs bench-life bench-harden bench-image bench-net record withstand lint fmt install uninstall release

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

build: ## bin/urun and its helpers bin/urun-netstack and bin/urun-image, static binaries
	go build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.date=$(DATE)' -o bin/ ./cmd/urun ./cmd/urun-netstack ./cmd/urun-image

test: ## all tests, as a normal user
	hack/setup -p "$$(cat hack/packages)" go test -count=1 ./...

test-nightly: ## hostile root file systems, programs and races, many times over (RACES=4000, half of them with each kind of ids), as a normal user
	hack/setup -p "$$(cat hack/packages)" env URUN_TEST_RACES=$(RACES) go test -count=1 -timeout=3h ./test/hostile

test-vm: ## what needs systemd and cgroup v2, in virtual machines (IMAGES="trixie ..."); root builds what images are missing
	hack/vm/test $(IMAGES)

fuzz: ## every fuzz target, FUZZTIME=5s each, as the caller; inputs are kept in FUZZCACHE
	hack/fuzz

demo: ## build urun and a root filesystem, run a short session in it
	hack/setup -p uidmap hack/demo

bench: ## start times against other tools, as a normal user (ARGS="-runs 50 -json FILE -svg FILE")
	hack/bench/run $(ARGS)

bench-docs: ## measure what docs/bench.svg shows, and draw it and docs/bench.json anew, as a normal user
	hack/bench/run -docs

bench-life: ## exec, and 10, 100 and 1000 containers in the background, as a normal user (ARGS="-runs 100 -n 10,100 -json FILE -svg FILE")
	hack/bench/run -life $(ARGS)

bench-harden: ## what the filter of system calls and the masks add to a start, as a normal user (ARGS="-runs 500 -profile FILE -json FILE -svg FILE")
	hack/bench/run -harden $(ARGS)

bench-net: ## networks against podman's and rootlesskit's, sealed, as a normal user (ARGS="-runs 40 -only REGEX -json FILE")
	hack/bench-net/run $(ARGS)

bench-image: ## images: pull, first start, starts from the store, unpacking, against podman, umoci and tar, as a normal user (ARGS="-runs 9 -starts 60 -only start -json FILE")
	hack/bench-image/run $(ARGS)

record: ## a first session in a terminal, into docs/first-session.txt, .cast and .svg, as a normal user
	hack/record/run

withstand: ## what urun, bubblewrap, crun and podman withstand, as a table, as a normal user (ARGS="-only REGEX -v")
	hack/withstand/run $(ARGS)

lint: ## what the linters say
	golangci-lint run ./...

fmt: ## format the sources
	gofmt -w $$(git ls-files '*.go')

install: build ## urun, its helpers, man pages and completions in PREFIX (~/.local); DESTDIR is put before it
	hack/release/tree bin build/tree && DESTDIR='$(DESTDIR)' build/tree/install '$(PREFIX)'

uninstall: ## remove what install has put into PREFIX
	DESTDIR='$(DESTDIR)' hack/release/install -u '$(PREFIX)'

release: ## dist/: archives, packages, checksums and lists of parts for VERSION=1.2.3, for amd64 and arm64
	hack/release/build '$(VERSION)'
