/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Routers. The networks that one joins make up a domain, numbered like a network: in it each of their pods has its addresses once more. Where pods of
 * two networks meet, every table, flow, tunnel and firewall knows them by the domain, on all nodes alike; so a router is nowhere, and one network
 * more is all that it costs. What it knows beyond its pods (next hops, the outside) is in "routes".
 */
#pragma once
#include "overlay.h"
#include "versions.h"

/* Is it known where the address is: here, or on another node? */
inlined int is_placed(__u32 network, const union address *address, __u64 generation)
{
	struct owner *owner = find_owner(network, address, generation);
	return (owner && owner->ifindex) || find_remote(network, address);
}

inlined struct route *find_route(__u32 network, const union address *address)
{
	struct prefix_key key = { .length = 32 + 128, .network = network };
	key.address = *address;
	struct route *route = bpf_map_lookup_elem(&routes, &key);
	/* In ::/0 is all of IPv4; and a next hop of the other family is none: there the port's own network leads. */
	return route && is_mapped_ipv4(&route->via) == is_mapped_ipv4(address) ? route : 0;
}

/* The node that has the address, or the next hop towards it. */
inlined struct remote *find_node(__u32 network, const union address *address)
{
	struct remote *node = find_remote(network, address);
	if (node)
		return node;
	struct route *route = find_route(network, address);
	return route ? find_remote(network, &route->via) : 0;
}

/* As a router does. 0, or why the packet ends here. */
inlined int take_hop(struct __sk_buff *skb, __u8 family)
{
	__u8 hops[2]; /* IPv4: with the protocol, the 16 bits that are summed together */
	__u32 at = ETHERNET_LENGTH + (family == 4 ? 8 : 7);
	if (bpf_skb_load_bytes(skb, at, hops, 2) < 0)
		return DROP_HEADER;
	if (hops[0] <= 1)
		return DROP_HOPS;
	__u16 before, after;
	__builtin_memcpy(&before, hops, 2);
	hops[0]--;
	__builtin_memcpy(&after, hops, 2);
	if (family == 4 && bpf_l3_csum_replace(skb, ETHERNET_LENGTH + 10, before, after, 2))
		return DROP_HEADER;
	return bpf_skb_store_bytes(skb, at, hops, 1, 0) ? DROP_HEADER : 0;
}
