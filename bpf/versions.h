/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What holds now. The desired state changes for all packets at once: who is who, whose rules apply and which firewalls a chain has are rows of two versions
 * (maps.h). A packet is judged by the generation that is in force when its program begins, to the end.
 */
#pragma once
#include "packet.h"

inlined __u64 generation(void)
{
	__u32 zero = 0;
	struct config *row = bpf_map_lookup_elem(&config, &zero);
	return row ? row->generation : 0;
}

/* 0 or 1. Without a branch, and hidden from a compiler that would make one of it: the verifier would follow both ways at each look-up. */
inlined __u64 version_at(__u64 until, __u64 generation)
{
	__u64 differs = until ^ generation, negated = -differs;
	asm volatile("" : "+r"(negated));
	return (differs | negated) >> 63;
}

inlined struct port *find_port(__u32 ifindex, __u64 generation)
{
	struct port_row *row = bpf_map_lookup_elem(&ports, &ifindex);
	if (!row)
		return 0;
	struct port *port = &row->version[version_at(row->until, generation)];
	return port->flags & PORT_EXISTS ? port : 0;
}

/* Null: nothing is said of this very address. */
inlined struct owner *find_owner(__u32 network, const union address *address, __u64 generation)
{
	struct address_key key = { .network = network };
	key.address = *address;
	struct address_row *row = bpf_map_lookup_elem(&addresses, &key);
	return row ? &row->version[version_at(row->until, generation)] : 0;
}

inlined __u64 identify(const struct owner *owner, __u32 network, const union address *address, __u64 generation)
{
	if (owner)
		return owner->identity;
	struct prefix_key key = { .length = 32 + 128, .network = network };
	key.address = *address;
	struct prefix_row *row = bpf_map_lookup_elem(&prefixes, &key);
	return row ? row->identity[version_at(row->until, generation)] : 0;
}

inlined struct chain *find_chain(__u64 key, __u64 generation)
{
	struct chain_row *row = bpf_map_lookup_elem(&chains, &key);
	return row ? &row->version[version_at(row->until, generation)] : 0;
}
