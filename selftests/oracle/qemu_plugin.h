/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * qemu_plugin.h - the few calls of QEMU's plugin interface that are used here
 *
 * Debian's QEMU loads plugins but ships no header for them.  Written from the
 * page "QEMU TCG Plugins" of QEMU's documentation; all of these calls are in
 * its versions 1 (QEMU 4.2 to 8.1) to 4.
 */
#ifndef QEMU_PLUGIN_H
#define QEMU_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Everything else in a plugin is compiled with -fvisibility=hidden. */
#define QEMU_PLUGIN_EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;		/* a block of code while it is translated */
struct qemu_plugin_insn;	/* one of its instructions */
struct qemu_plugin_hwaddr;	/* valid until the callback returns */

/* What QEMU tells of itself when it loads a plugin. */
struct qemu_plugin_host {
	const char *target_name;
	struct {
		int min;
		int cur;
	} version;
	bool system_emulation;
	struct {
		int smp_vcpus;
		int max_vcpus;
	} system;
};

/* What a callback does with the processor's registers. */
enum qemu_plugin_registers {
	QEMU_PLUGIN_REGISTERS_NONE,
};

/* Which accesses a callback is for. */
enum qemu_plugin_access {
	QEMU_PLUGIN_LOADS = 1,
	QEMU_PLUGIN_STORES,
	QEMU_PLUGIN_LOADS_AND_STORES,
};

typedef void (*qemu_plugin_translated)(uint64_t plugin,
				       struct qemu_plugin_tb *block);
typedef void (*qemu_plugin_accessed)(unsigned int cpu, uint32_t access,
				     uint64_t address, void *context);

/* A plugin has these two; QEMU reads the first, then calls the second. */
extern QEMU_PLUGIN_EXPORT int qemu_plugin_version;
QEMU_PLUGIN_EXPORT int qemu_plugin_install(uint64_t plugin,
					   const struct qemu_plugin_host *host,
					   int argc, char **argv);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t plugin,
					   qemu_plugin_translated callback);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
/* The callback runs on the processor's thread, behind the access. */
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *instruction,
				      qemu_plugin_accessed callback,
				      enum qemu_plugin_registers registers,
				      enum qemu_plugin_access accesses,
				      void *context);

unsigned int qemu_plugin_mem_size_shift(uint32_t access);
bool qemu_plugin_mem_is_store(uint32_t access);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(uint32_t access,
						  uint64_t address);
bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *place);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *place);

#endif /* QEMU_PLUGIN_H */
