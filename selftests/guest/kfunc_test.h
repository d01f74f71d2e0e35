/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kfunc_test.h - bpf/kfunc.bpf.c's programs, loaded and run on packets
 */
#ifndef _KFUNC_TEST_H
#define _KFUNC_TEST_H

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include "khmap_test.h"
#include "bpf/kfunc.h"
#include "kfunc.skel.h"

/* @beginning may be NULL, with which no name begins. */
static inline bool begins(const char *name, const char *beginning)
{
	return beginning && !strncmp(name, beginning, strlen(beginning));
}

/* Those programs, loaded, whose names begin with @first or @second; either may be NULL. */
static inline struct kfunc_bpf *programs_load(const char *first, const char *second)
{
	struct kfunc_bpf *bpf = kfunc_bpf__open();
	struct bpf_program *program;

	if (!bpf)
		return NULL;
	bpf_object__for_each_program(program, bpf->obj) {
		const char *name = bpf_program__name(program);

		bool wanted = begins(name, first) || begins(name, second);

		bpf_program__set_autoload(program, wanted);
	}
	if (!kfunc_bpf__load(bpf))
		return bpf;
	kfunc_bpf__destroy(bpf);
	return NULL;
}

/* What the program returned, or -errno. */
static inline int program_run(const struct bpf_program *program, void *packet,
			      uint32_t size, int repeat)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet,
		    .data_size_in = size, .repeat = repeat);
	int err = bpf_prog_test_run_opts(bpf_program__fd(program), &options);

	return err ? -errno : (int)options.retval;
}

/* A packet of nothing but headers. */
struct packet {
	struct ethhdr ethernet;
	struct iphdr ip;
	char rest[32];
} __attribute__((packed));

static inline struct packet packet_from(uint32_t source)
{
	struct packet packet = {
		.ethernet.h_proto = htons(ETH_P_IP),
		.ip = {
			.version = 4,
			.ihl = 5,
			.tot_len = htons(sizeof(packet) - sizeof(packet.ethernet)),
			.ttl = 64,
			.saddr = htonl(source),
		},
	};

	return packet;
}

static inline int program_run_packet(const struct bpf_program *program,
				     uint32_t source, int repeat)
{
	struct packet packet = packet_from(source);

	return program_run(program, &packet, sizeof(packet), repeat);
}

#endif /* _KFUNC_TEST_H */
