/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Pods on several nodes: one interface carries all tunnels of a node (VXLAN, collect-metadata), and from packet to packet the tables say
 * which one. The number of a network is its VNI.
 *
 * Policy is not their matter: what a pod sends has been judged by from_pod before it goes into a tunnel, and what is for a pod is judged
 * by to_pod after it. Theirs is that an address is where it is said to be: no node speaks for another's pods.
 */
#pragma once
#include "packet.h"

inlined struct overlay *overlay_row(void)
{
	__u32 zero = 0;
	struct overlay *row = bpf_map_lookup_elem(&overlay, &zero);
	return row && row->on ? row : 0;
}

/* The network of which the host's stack takes an address to be a pod's; 0: none. */
inlined __u32 tunnelled_network(const union address *address)
{
	struct prefix_key key = { .length = 32 + 128 };
	key.address = *address;
	__u32 *network = bpf_map_lookup_elem(&tunnelled, &key);
	return network ? *network : 0;
}

/* A packet that no port of ours has sent: with a pod's address it comes through a tunnel, or somebody pretends. */
inlined int may_come_by(__u32 ifindex, __u32 network, const union address *source)
{
	struct overlay *row = overlay_row();
	return !row || row->ifindex == ifindex || tunnelled_network(source) != network;
}

/* 0, or why not. The rest of the packet is read where it is judged. */
inlined int read_ends(struct __sk_buff *skb, struct packet *packet)
{
	if (skb->vlan_present)
		return DROP_ETHERTYPE;
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		__be32 ends[2];
		if (bpf_skb_load_bytes(skb, ETHERNET_LENGTH + 12, ends, sizeof(ends)) < 0)
			return DROP_HEADER;
		packet->family = 4;
		map_ipv4(&packet->source, ends[0]);
		map_ipv4(&packet->destination, ends[1]);
		return 0;
	}
	if (skb->protocol != bpf_htons(ETH_P_IPV6))
		return DROP_ETHERTYPE;
	packet->family = 6;
	if (bpf_skb_load_bytes(skb, ETHERNET_LENGTH + 8, &packet->source, 16) < 0 || bpf_skb_load_bytes(skb, ETHERNET_LENGTH + 24, &packet->destination, 16) < 0)
		return DROP_HEADER;
	return is_mapped_ipv4(&packet->source) || is_mapped_ipv4(&packet->destination) ? DROP_SPOOFED : 0;
}

inlined struct remote *find_remote(__u32 network, const union address *address)
{
	struct address_key key = { .network = network };
	key.address = *address;
	return bpf_map_lookup_elem(&remotes, &key);
}
