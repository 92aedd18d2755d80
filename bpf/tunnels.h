/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The two programs of the tunnels' interface. */
#pragma once
#include "overlay.h"
#include "splice.h"

/* Is the packet of a flow that nobody on this node translates? Such a flow goes past the host's stack both ways; so does a SYN, which answers nothing
 * that could have been translated. All else goes through the stack, where kube-proxy may know it. What cannot be read is to_pod's to refuse. */
inlined int goes_straight(struct __sk_buff *skb, struct scratch *desk, __u32 network)
{
	struct packet *packet = &desk->packet;
	__builtin_memset(packet, 0, sizeof(*packet));
	packet->network = network;
	if (parse_ip(skb, packet, ETHERNET_LENGTH, skb->protocol == bpf_htons(ETH_P_IPV6), 1) || read_transport(skb, packet))
		return 0;
	make_key(&desk->key, packet);
	struct flow *flow = find_flow(&desk->key);
	if (flow)
		return !!(flow->traits & FLOW_TUNNELLED);
	return packet->protocol == IPPROTO_TCP && !packet->fragment && (packet->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;
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
	/* What the splice sends itself is of a flow that it knows. */
	__u32 network = marked_network(skb, MARK_TO_TUNNEL);
	if (network) {
		skb->mark = 0;
	} else {
		/* Between a pod and another node's own address, the pod says which network it is. */
		network = tunnelled_network(&packet.destination);
		if (!network)
			network = tunnelled_network(&packet.source);
		/* The other nodes take our word for our pods: nobody may borrow the address of one, or come from another network. */
		__u64 current = generation();
		__u32 came_by = skb->ingress_ifindex;
		struct port *sender = came_by ? find_port(came_by, current) : 0;
		if (sender && sender->network != network)
			return drop(DROP_NO_ROUTE);
		struct owner *owner = find_owner(network, &packet.source, current);
		if (owner && owner->ifindex && owner->ifindex != came_by)
			return drop(DROP_SPOOFED);
	}
	struct remote *remote = find_node(network, &packet.destination);
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
	struct scratch *desk = fresh_scratch();
	if (!desk)
		return TC_ACT_SHOT;
	struct packet *packet = &desk->packet;
	struct overlay *here = overlay_row();
	int reason = here ? read_ends(skb, packet) : DROP_TUNNEL;
	if (reason)
		return drop(reason);
	struct remote *source = find_node(tunnel.tunnel_id, &packet->source);
	if (!source || !same_address(&source->node, &sender))
		return drop(DROP_TUNNEL);
	/* For a pod of ours, what a router has it as its next hop for, or for this node itself; it is no router for others. */
	__u64 current = generation();
	struct owner *pod = find_owner(tunnel.tunnel_id, &packet->destination, current);
	if (!pod || !pod->ifindex) {
		struct route *route = find_route(tunnel.tunnel_id, &packet->destination);
		pod = route ? find_owner(tunnel.tunnel_id, &route->via, current) : 0;
	}
	if (!pod || !pod->ifindex) {
		struct remote *own = find_remote(tunnel.tunnel_id, &packet->destination);
		if (!own || !same_address(&own->node, &here->node))
			return drop(DROP_TUNNEL);
	}
	bpf_skb_change_type(skb, 0 /* PACKET_HOST: its Ethernet header says nothing */);
	if (!pod || !pod->ifindex || !(pod->flags & ADDRESS_STRAIGHT || goes_straight(skb, desk, tunnel.tunnel_id)))
		return TC_ACT_OK;
	if (set_addresses(skb, pod->mac))
		return drop(DROP_HEADER);
	skb->mark = MARK_FROM_TUNNEL | (__u16)tunnel.tunnel_id;
	return bpf_redirect(pod->ifindex, 0); /* where to_pod judges it */
}
