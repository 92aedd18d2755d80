/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Pods on several nodes: one interface carries all tunnels of a node (VXLAN, collect-metadata), and these programs say from packet to
 * packet which one. The number of a network is its VNI.
 *
 * Policy is not their matter: what a pod sends has been judged by from_pod before it comes here, and what is for a pod is judged
 * by to_pod after it. Theirs is that an address is where it is said to be: no node speaks for another's pods.
 */
#pragma once
#include "packet.h"

inlined struct overlay *overlay_row(void)
{
	__u32 zero = 0;
	struct overlay *row = bpf_map_lookup_elem(&overlay, &zero);
	return row && row->ifindex ? row : 0;
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

SEC("tcx/egress")
int to_overlay(struct __sk_buff *skb)
{
	struct packet packet = {};
	struct overlay *here = overlay_row();
	int reason = here ? read_ends(skb, &packet) : DROP_UNREACHABLE;
	if (reason)
		return drop(reason);
	if (is_multicast(&packet))
		return drop(DROP_MULTICAST);
	/* Between a pod and another node's own address, the pod says which network it is. */
	__u32 network = tunnelled_network(&packet.destination);
	if (!network)
		network = tunnelled_network(&packet.source);
	/* The other nodes take our word for our pods: nobody may borrow the address of one. */
	struct address_key key = { .network = network };
	key.address = packet.source;
	struct address_row *owner = bpf_map_lookup_elem(&addresses, &key);
	if (owner && owner->ifindex && owner->ifindex != skb->ingress_ifindex)
		return drop(DROP_SPOOFED);
	struct remote *remote = find_remote(network, &packet.destination);
	if (!remote || same_address(&remote->node, &here->node))
		return drop(DROP_UNREACHABLE);

	struct bpf_tunnel_key tunnel = { .tunnel_id = network, .tunnel_ttl = 64 };
	__u64 flags = BPF_F_TUNINFO_IPV6;
	if (is_mapped_ipv4(&remote->node)) {
		tunnel.remote_ipv4 = bpf_ntohl(remote->node.words[3]);
		tunnel.local_ipv4 = bpf_ntohl(here->node.words[3]);
		flags = BPF_F_ZERO_CSUM_TX; /* what is inside has sums of its own (RFC 7348 §5) */
	} else {
		__builtin_memcpy(tunnel.remote_ipv6, &remote->node, 16);
		__builtin_memcpy(tunnel.local_ipv6, &here->node, 16);
	}
	return bpf_skb_set_tunnel_key(skb, &tunnel, sizeof(tunnel), flags) ? drop(DROP_UNREACHABLE) : TC_ACT_OK;
}

SEC("tcx/ingress")
int from_overlay(struct __sk_buff *skb)
{
	struct bpf_tunnel_key tunnel = {};
	union address sender;
	if (!bpf_skb_get_tunnel_key(skb, &tunnel, sizeof(tunnel), 0))
		map_ipv4(&sender, bpf_htonl(tunnel.remote_ipv4));
	else if (!bpf_skb_get_tunnel_key(skb, &tunnel, sizeof(tunnel), BPF_F_TUNINFO_IPV6))
		__builtin_memcpy(&sender, tunnel.remote_ipv6, 16);
	else
		return drop(DROP_TUNNEL);
	struct packet packet = {};
	struct overlay *here = overlay_row();
	int reason = here ? read_ends(skb, &packet) : DROP_TUNNEL;
	if (reason)
		return drop(reason);
	struct remote *source = find_remote(tunnel.tunnel_id, &packet.source);
	if (!source || !same_address(&source->node, &sender))
		return drop(DROP_TUNNEL);
	/* For a pod of ours or for this node itself; it is no router for others. */
	struct address_key key = { .network = tunnel.tunnel_id };
	key.address = packet.destination;
	struct address_row *pod = bpf_map_lookup_elem(&addresses, &key);
	if (!pod || !pod->ifindex) {
		struct remote *own = find_remote(tunnel.tunnel_id, &packet.destination);
		if (!own || !same_address(&own->node, &here->node))
			return drop(DROP_TUNNEL);
	}
	bpf_skb_change_type(skb, 0 /* PACKET_HOST: its Ethernet header says nothing */);
	return TC_ACT_OK;
}
