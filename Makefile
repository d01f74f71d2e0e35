# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Names the parts and hands on to them; how each is built stands in its own folder. All
# products go to build/.

PREFIX ?= /usr/local
KERNEL ?=
export PREFIX DESTDIR KERNEL V

TOP := $(CURDIR)
BUILD ?= $(TOP)/build
override BUILD := $(abspath $(BUILD))
export BUILD

# As many jobs as processors, unless -j or a make above this one says otherwise.
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif
MAKEFLAGS += --no-print-directory $(if $(V),,-s)

.DEFAULT_GOAL := help
.PHONY: help all setup kernel module lib cli prof unit guest check check-lint check-unit \
	check-model check-vm check-guest check-oracle check-bench check-drift check-kernels check-debug \
	check-arm64 check-big-endian coverage fuzz fuzz-guest soak demo bench bench-profile bench-study bench-guest \
	bench-uml vm install clean format man

help: ## list the targets
	@echo 'khmap: a hash map in the Linux kernel that everybody reads from memory.'
	@echo 'On a fresh Debian machine, "make demo" and "make check" set up all they need.'
	@echo
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | \
		awk -F'|' '{ printf "%-24s %s\n", $$1, $$2 }'
	@echo
	@echo 'KERNEL=6.1.0-56-amd64 chooses a kernel of Debian, V=1 shows commands, PREFIX and'
	@echo 'DESTDIR say where install puts things. Products go to build/.'

all: lib cli module prof ## build the library, the command line, the module and the profiler

setup: ## install the Debian packages that all this needs (says which, first)
	@tools/setup.sh

kernel: | $(BUILD) ## fetch the guest's kernel and headers into a private folder
	@tools/vm/kernel.sh $(KERNEL) >$(BUILD)/kernel.env.tmp
	@cmp -s $(BUILD)/kernel.env.tmp $(BUILD)/kernel.env || \
		cp $(BUILD)/kernel.env.tmp $(BUILD)/kernel.env
	@rm $(BUILD)/kernel.env.tmp

module: kernel ## build khmap.ko, with BTF, for that kernel
	@tools/vm/build-module.sh $(if $(KERNEL),--kernel $(KERNEL))

lib: ## build libkhmap
	@$(MAKE) -C user lib

cli: lib ## build khmapctl
	@$(MAKE) -C user cli

prof: kernel lib ## build the profiler
	@$(MAKE) -C tools/prof all

unit: ## build the unit tests of the engine
	@$(MAKE) -C selftests/unit all

guest: lib module ## build the test programs, and a module, that run in the guest
	@tools/vm/build-dependent.sh $(if $(KERNEL),--kernel $(KERNEL)) selftests/guest/example
	@$(MAKE) -C selftests/guest all
	@$(MAKE) -C selftests/soak all
	@$(MAKE) -C selftests/fuzz/guest all
	@$(MAKE) -C tools/demo all

check: ## set up, then run every check and test; closes with one line of counts
	+@tools/check.sh

check-lint: module lib ## run the checkers of style, documentation and licences
	@tools/lint/lint.sh

check-unit: ## run the unit tests, natively
	@$(MAKE) -C selftests/unit check

check-model: ## search models of readers, writers and snapshots, broken ones too
	@selftests/model/run.sh

check-vm: kernel ## test the guest's own tools: whether they see panics, splats and silence
	@tools/vm/selftest.sh

check-guest: module lib cli prof guest ## run the tests of module and commands in the guest
	@status=0; run="tools/vm/run.sh $(if $(KERNEL),--kernel $(KERNEL))"; \
	$$run --timeout 1500 --report $(BUILD)/report/guest.tap --list selftests/guest/list || \
		status=$$?; \
	$$run --smp 6 --report $(BUILD)/report/guest-six.tap --list selftests/guest/list-six || \
		status=$$?; \
	exit $$status

check-drift: ## build for 6.12 too, and test there what most depends on the kernel
	+@selftests/kernels/run.sh --drift --list selftests/guest/list-kernels 6.12

check-kernels: ## build and test for Debian 12's kernel, its 6.12 and the newest (or KERNELS)
	@tools/setup.sh build guest test kernels
	+@selftests/kernels/run.sh $(ARGS) $(KERNELS)

check-oracle: module lib prof ## compare the profiler with what a plugin of QEMU sees
	@$(MAKE) -C selftests/oracle all
	@selftests/oracle/run.sh $(if $(KERNEL),--kernel $(KERNEL))

check-bench: ## see whether the benchmarks run, and tables and charts come of them
	@tools/setup.sh build guest test bench
	+@selftests/bench/run.sh

check-debug: module lib cli prof guest ## run the guest's tests on debug kernels, built when first asked for
	@tools/vm/debug/check.sh $(ARGS)

coverage: module lib cli prof guest ## print which lines and branches of kmod/ the tests reach
	+@tools/coverage/coverage.sh $(ARGS)

check-arm64: ## run the guest's tests on arm64, with pages of 4, 16 and 64 KiB; the unit tests, too
	@tools/setup.sh build guest test arm64
	@tools/cross/check-arm64.sh $(ARGS)

check-big-endian: ## run the unit tests on a big-endian machine (s390x), and exchange files with it
	@tools/setup.sh build guest test big-endian
	@tools/cross/unit.sh s390x

fuzz: ## fuzz what reads images, records and profiles, or makes maps, for SECONDS (600) each
	@$(MAKE) -C selftests/fuzz run

fuzz-guest: ## fuzz the module in a guest, from within, for long (ARGS="--seconds 600")
	@tools/setup.sh build guest test fuzz
	@$(MAKE) module lib cli guest
	@selftests/fuzz/guest/run.sh $(if $(KERNEL),--kernel $(KERNEL)) $(ARGS)

soak: module lib ## use a map in a guest without mercy for MINUTES (10), beside a journal (SEED=, JSON=)
	@$(MAKE) -C selftests/soak all
	@selftests/soak/run.sh --minutes $(or $(MINUTES),10) $(if $(SEED),--seed $(SEED)) \
		$(if $(JSON),--json $(JSON)) $(if $(KERNEL),--kernel $(KERNEL))

demo: ## set up, then show khmap at work on real data, in a guest
	@tools/setup.sh build guest
	+@tools/demo/demo.sh

bench: ## measure look-ups and puts against boost, Abseil and LMDB, natively
	@tools/setup.sh build bench
	@$(MAKE) -C tools/bench run

bench-profile: ## count what look-ups and puts take, by a simulator of caches (ARGS=ENTRIES)
	@tools/setup.sh build bench guest
	@$(MAKE) -C tools/bench profile

bench-study: ## study the choices behind the map, and its snapshots beside serializers
	@tools/setup.sh build bench
	@$(MAKE) -C tools/bench study

bench-guest: ## measure it beside the kernel's own maps, in a guest, where ratios count
	@tools/setup.sh build guest bench
	@$(MAKE) module lib
	@$(MAKE) -C tools/bench $(BUILD)/bench/bench-report
	@$(MAKE) -C tools/bench/guest all
	@tools/bench/guest/run.sh $(ARGS)

bench-uml: ## measure puts in user-mode Linux, at native speed, beside the engine in a process
	@tools/setup.sh build guest bench
	@$(MAKE) lib kernel
	@$(MAKE) -C tools/bench $(BUILD)/bench/bench-report
	@$(MAKE) -C tools/bench/guest all
	@$(MAKE) -C tools/bench/uml all
	@tools/bench/uml/run.sh $(ARGS)

vm: module lib cli prof ## open a shell in a guest that has the module loaded
	@tools/vm/run.sh $(if $(KERNEL),--kernel $(KERNEL)) --shell \
		$(patsubst %,--file %,$(wildcard $(BUILD)/bin $(BUILD)/prof))

install: lib cli ## install library, headers, commands, man pages, and the profiler if it is built (PREFIX, DESTDIR)
	@$(MAKE) -C user install
	@if [ -x $(BUILD)/prof/khmap-prof ]; then \
		install -D -m 755 $(BUILD)/prof/khmap-prof "$(DESTDIR)$(PREFIX)/bin/khmap-prof"; \
		install -d "$(DESTDIR)$(PREFIX)/lib/khmap/bpftool"; \
		install -m 755 tools/prof/bpftool/khmap-*.sh "$(DESTDIR)$(PREFIX)/lib/khmap/bpftool"; \
		install -m 644 tools/prof/bpftool/common.sh tools/prof/bpftool/*.jq \
			$(BUILD)/prof/store.bpf.o "$(DESTDIR)$(PREFIX)/lib/khmap/bpftool"; \
	fi
	@for page in Documentation/man/*.[1-8]; do \
		[ -e "$$page" ] || continue; \
		install -D -m 644 "$$page" \
			"$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}"; \
	done

format: ## let clang-format rewrite our C files (advice: checkpatch has the last word)
	@tools/lint/files.sh c | xargs clang-format -i

man: ## read khmapctl's man page
	@man Documentation/man/khmapctl.1

clean: ## remove all products (fetched kernels stay in the cache)
	rm -rf $(BUILD)

$(BUILD):
	@mkdir -p $@
