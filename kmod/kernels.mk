# SPDX-License-Identifier: GPL-2.0-only
#
# The kernels that khmap is for. Kbuild reads this, and refuses an older kernel in one line, or says
# that a newer one was not tried, and goes on.

# In stable kernels as in 6.3, 9d2789ac9d60 "block/io_uring: pass in issue_flags for uring_cmd task_work
# handling".
khmap-oldest := 6.1.22
# The newest that it was built for and loaded on, in a guest (make check-kernels).
khmap-newest := 7.2

khmap-in-order = $(shell printf '%s\n' $(1) | sort -C -V && echo yes)

# modpost reads Kbuild once more, and need not say it again.
ifneq ($(filter %/Makefile.build,$(MAKEFILE_LIST)),)

khmap-kernel := $(VERSION).$(PATCHLEVEL).$(SUBLEVEL)
ifneq ($(call khmap-in-order,$(khmap-oldest) $(khmap-kernel)),yes)
$(error khmap needs Linux $(khmap-oldest) or newer, and these headers are of $(khmap-kernel): \
	build it for a newer kernel)
endif
ifneq ($(call khmap-in-order,$(VERSION).$(PATCHLEVEL) $(khmap-newest)),yes)
$(warning khmap was tried with Linux up to $(khmap-newest), not with $(khmap-kernel): if it builds, run \
	its tests before you trust it)
endif

endif
