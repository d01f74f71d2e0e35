# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Included by every Makefile below the top one. It settles where products go and with which
# warnings everything is compiled; each Makefile adds its own rules:
#
#	include ../tools/build.mk
#	$(BUILD)/lib/%.o: %.c | $(BUILD)/lib
#		$(call say,CC)
#		$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<
#	$(call use-deps,$(objects))
#
# BUILD, CC, CFLAGS and LDFLAGS may be given on the command line; CFLAGS replaces only the
# optimisation, never the warnings. `make V=1` shows the commands.

TOP := $(realpath $(dir $(lastword $(MAKEFILE_LIST)))/..)
BUILD ?= $(TOP)/build
override BUILD := $(abspath $(BUILD))

VERSION = 0.1.0

ifeq ($(origin CC),default)
CC = gcc
endif
ifeq ($(origin CXX),default)
CXX = g++
endif
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
CXXFLAGS ?= $(CFLAGS)

WARNINGS = -Wall -Wextra -Werror -Wno-unused-parameter -Wshadow -Wformat=2 \
	   -Wpointer-arith -Wundef -Wvla -Wwrite-strings -Wimplicit-fallthrough
C_WARNINGS = $(WARNINGS) -Wmissing-prototypes -Wstrict-prototypes \
	     -Wold-style-definition -Wdeclaration-after-statement

# The kernel interface, before the system's own copy of it, then the public headers; the kernel's
# own include/linux must not be found first.
INCLUDES = -I$(TOP)/include/uapi -I$(TOP)/include

# A rule compiles with ALL_CFLAGS; -MMD leaves the list of headers beside each object.
ALL_CFLAGS = -std=gnu11 $(C_WARNINGS) $(INCLUDES) -MMD -MP $(CFLAGS)
ALL_CXXFLAGS = -std=gnu++17 $(WARNINGS) $(INCLUDES) -MMD -MP $(CXXFLAGS)
# Registers that a program is shown are those of this machine.
BPF_ARCH := $(shell uname -m | sed 's/x86_64/x86/;s/aarch64/arm64/')
# Since 6.19 the kernel has structs as members without a name, c4781dc3d1cf "Kbuild: enable
# -fms-extensions", and so has its vmlinux.h.
BPF_CFLAGS = -target bpf -D__TARGET_ARCH_$(BPF_ARCH) -mcpu=v3 -O2 -g -Wall -Werror -fms-extensions \
	     -Wno-microsoft-anon-tag $(INCLUDES) -I$(BUILD)/include -MMD -MP

# $(call use-deps,OBJECTS): rebuild an object when a header that it read has changed.
use-deps = $(eval -include $(patsubst %.o,%.d,$(1)))

ifeq ($(V),1)
Q =
say = @:
else
Q = @
say = @printf '  %-7s %s\n' '$(1)' '$(patsubst $(TOP)/%,%,$(if $(2),$(2),$@))'
endif

# KERNEL, KDIR, VMLINUX, BTF and MODULES of the guest's kernel, for shell and make alike.
KERNEL_ENV = $(BUILD)/kernel.env
$(KERNEL_ENV):
	$(Q)mkdir -p $(@D)
	$(Q)$(TOP)/tools/vm/kernel.sh $(KERNEL) >$@.tmp && mv $@.tmp $@

# The kernel's types for BPF programs: #include "vmlinux.h".  Two makes may do this at once.
$(BUILD)/include/vmlinux.h: $(KERNEL_ENV) | $(BUILD)/include
	$(call say,BTF)
	$(Q). $(KERNEL_ENV) && $(BPFTOOL) btf dump file "$$BTF" format c >$@.$$$$ && mv $@.$$$$ $@

# Folders, to be named as order-only prerequisites.
$(addprefix $(BUILD)/,lib bin include unit guest prof bench report):
	$(Q)mkdir -p $@

# The first rule of the Makefile that includes this one stays its default.
.DEFAULT_GOAL :=
.DELETE_ON_ERROR:
.SUFFIXES:
