/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The splice: programs on the host side of every interface, between pods, the host's stack, firewalls and other nodes.
 *
 *   from_pod       tcx ingress, pod's interface:       what the pod sends
 *   to_pod         tcx egress, pod's interface:        what the host's stack sends to the pod
 *   from_firewall  tcx ingress, "in" and "out":        what a firewall returns
 *   from_agent     tcx ingress, the agent's interface: answers of name servers that it has learnt from
 *   to_overlay     tcx egress, the tunnels' interface: what the host's stack routes to other nodes (tunnels.h)
 *   from_overlay   tcx ingress, the same interface:    what other nodes send, before the host's stack has it
 *
 *   pod A ─ from_pod ─┬─ judged, direct ───────────────────────────────────────► pod B (redirect_peer) or the host's stack
 *                     └─ judged, spliced ► "in" ► firewall ► "out" ─ from_firewall ─►          "
 *
 * A pod's network is its port's, or its router's domain (routers.h): from there on, all of this knows only the one number.
 *
 * Rules of the house: a packet that is not understood is dropped and counted; a flow is judged once per generation of the
 * desired state; nothing is sent into a firewall that did not see the flow begin; nothing is taken from one that it was not given.
 */
#include "splice.h"

char licence[] SEC("license") = "GPL";

/* What one packet needs beyond the 512 bytes of stack. Programs of one CPU do not interrupt each other: bottom halves are off. */
struct scratch {
	struct packet packet;
	struct flow_key key;
	struct question question;
	struct judgement judgement;
	struct flow flow;
};
MAP(scratch, BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(__u32), sizeof(struct scratch), 1, 0);

inlined struct scratch *fresh_scratch(void)
{
	__u32 zero = 0;
	struct scratch *desk = bpf_map_lookup_elem(&scratch, &zero);
	if (desk)
		__builtin_memset(&desk->packet, 0, sizeof(desk->packet));
	return desk;
}

inlined int same_mac(const __u8 *a, const __u8 *b)
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3] && a[4] == b[4] && a[5] == b[5];
}

inlined __u16 service_of(const struct packet *packet)
{
	int icmp = packet->protocol == (packet->family == 4 ? IPPROTO_ICMP : ICMPV6);
	return icmp ? packet->icmp_type : bpf_ntohs(packet->destination_port);
}

/* The first packet of a flow: choose a firewall if it needs one, remember, send. */
inlined int open_flow(struct __sk_buff *skb, struct scratch *desk, int low, enum hook hook, __u64 current, __u64 now)
{
	const struct packet *packet = &desk->packet;
	const struct question *question = &desk->question;
	const struct judgement *judgement = &desk->judgement;
	struct flow_key *key = &desk->key;
	struct flow *flow = &desk->flow;
	*flow = (struct flow){
		.last_seen = now,
		.packets = { 1, 0 },
		.generation = current,
		.sequence = packet->sequence,
		.opener_port = question->opener_port,
		.tag = judgement->tag,
		.chain = judgement->chain,
		.flags = (low ? FLOW_OPENER_IS_LOW : 0) | (question->from_host ? FLOW_FROM_HOST : 0),
		.opener_service = bpf_htons(question->service),
		.traits = judgement->traits | (hook == HOOK_TO_POD && marked_network(skb, MARK_FROM_TUNNEL) ? FLOW_TUNNELLED : 0),
		.on_failure = judgement->on_failure,
	};
	flow->ifindex[0] = hook == HOOK_FROM_POD ? skb->ifindex : 0;
	flow->ifindex[1] = judgement->acceptor_ifindex;
	__builtin_memcpy(flow->mac, judgement->mac, sizeof(flow->mac));
	if (judgement->reason) {
		count(FLOWS_DENIED);
		tell(key, flow, EVENT_NEW, EVENT_DENIED, judgement->reason, now);
		return drop(judgement->reason);
	}

	/* In the middle of a TCP connection that we do not know: after the tables were lost, or because somebody tries.
	 * A direct one may go on if its policy still allows it; one that must be inspected may not, since nobody saw it begin. */
	int midway = packet->protocol == IPPROTO_TCP && (packet->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN;
	if (midway) {
		if (judgement->tag || packet->fragment == LATER_FRAGMENT || (packet->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_ACK)
			return drop(DROP_UNTRACKED);
		flow->state = FLOW_ESTABLISHED;
	}

	struct pair_counters *tally = 0;
	if (judgement->tag) {
		flow->flags |= FLOW_SPLICED;
		__u64 pair_key = 0;
		struct pair *pair = choose_pair(find_chain(judgement->chain, current), key, now, &pair_key);
		flow->pair = pair_key;
		tally = counters_of(pair_key);
		if (pair) {
			flow->incarnation = pair->incarnation;
			flow->serial = give_serial(key);
			if (!flow->serial)
				return drop(DROP_FULL);
		} else if (may_pass_uninspected(judgement->on_failure, FLOW_OPENING)) {
			flow->flags |= FLOW_UNINSPECTED;
		} else {
			/* No entry: the retransmitted SYN finds the next firewall. */
			if (tally)
				tally->dropped_closed++;
			return drop(DROP_CLOSED);
		}
	}

	/* Only now, when the new one may be: what the old one on these ports was, a bypass above all, is forgotten. */
	struct flow *old = find_flow(key);
	if (old)
		forget_flow(key, old);
	long refused = midway ? bpf_map_update_elem(&flows, key, flow, BPF_ANY) : bpf_map_update_elem(&opening, key, flow, BPF_ANY);
	if (refused)
		return drop(DROP_FULL);
	tell(key, flow, EVENT_NEW, event_verdict(flow), 0, now);
	if (flow->flags & FLOW_UNINSPECTED) {
		if (tally)
			tally->passed_open++;
		count(PACKETS_OPEN);
		return deliver(skb, flow, key->network, 1, hook);
	}
	if (!(flow->flags & FLOW_SPLICED)) {
		count(FLOWS_DIRECT);
		count(PACKETS_DIRECT);
		return deliver(skb, flow, key->network, 1, hook);
	}
	if (tally)
		tally->flows++;
	count(FLOWS_SPLICED);
	return inspect(skb, key, flow, 1, hook, now);
}

/* The desired state has changed since the flow was judged. False: it may not go on. */
inlined int outlives(struct flow *flow, const struct judgement *judgement, __u64 current)
{
	if (judgement->reason || judgement->acceptor_ifindex != flow->ifindex[1])
		return 0;
	int watched = (flow->flags & (FLOW_SPLICED | FLOW_UNINSPECTED | FLOW_BYPASSED)) == FLOW_SPLICED && judgement->chain == flow->chain;
	int released = (flow->flags & (FLOW_UNINSPECTED | FLOW_BYPASSED)) == FLOW_BYPASSED && judgement->tag == flow->tag;
	if (!judgement->tag) {
		flow->flags &= ~(FLOW_SPLICED | FLOW_BYPASSED | FLOW_UNINSPECTED);
	} else if (!watched && !released) {
		/* It must be inspected from now on, but the engine did not see it begin. */
		if (!may_pass_uninspected(judgement->on_failure, flow->state))
			return 0;
		flow->flags |= FLOW_SPLICED | FLOW_UNINSPECTED;
	}
	flow->tag = judgement->tag;
	flow->chain = judgement->chain;
	flow->on_failure = judgement->on_failure;
	flow->traits = judgement->traits | (flow->traits & FLOW_TUNNELLED);
	flow->generation = current;
	return 1;
}

/* from_port: the port whose policy applies to what it opens, 0: none; side: host side of the sender, 0: beyond the host. */
inlined int forward(struct __sk_buff *skb, struct scratch *desk, __u32 from_port, __u32 side, enum hook hook, __u64 current)
{
	const struct packet *packet = &desk->packet;
	struct flow_key *key = &desk->key;
	__u64 now = bpf_ktime_get_ns();
	int low = make_key(key, packet);
	struct flow *flow = find_flow(key);
	int from_opener = flow && !!(flow->flags & FLOW_OPENER_IS_LOW) == low, keep = 1;
	if (flow && (now - flow->last_seen > idle_limit(key->protocol, flow->state) && now > flow->last_seen)) {
		tell(key, flow, EVENT_CLOSE, event_verdict(flow), 0, now);
		forget_flow(key, flow);
		flow = 0;
	}
	/* A flow belongs to the two interfaces it was opened between: a pod that got another's address gets none of its flows. */
	if (flow && flow->ifindex[from_opener ? 0 : 1] != side) {
		forget_flow(key, flow);
		flow = 0;
	}
	if (packet->icmp_error) {
		if (!flow)
			return drop(DROP_UNRELATED);
		if (flow->flags & FLOW_DROPPED)
			return drop(DROP_VERDICT);
		count(PACKETS_DIRECT);
		return deliver(skb, flow, key->network, from_opener, hook);
	}
	if (flow && opens_anew(packet, flow, from_opener)) {
		if (flow->state != FLOW_CLOSED)
			tell(key, flow, EVENT_CLOSE, event_verdict(flow), 0, now);
		/* It stays in the tables until the new one is allowed: a forbidden SYN closes nobody's connection. */
		flow = 0;
	}
	/* The first packet, repeated after its firewall died: choose again. */
	if (flow && flow->state == FLOW_OPENING && from_opener && (flow->flags & (FLOW_SPLICED | FLOW_UNINSPECTED | FLOW_BYPASSED | FLOW_DROPPED)) == FLOW_SPLICED) {
		__u64 pair_key = flow->pair;
		struct pair *pair = bpf_map_lookup_elem(&pairs, &pair_key);
		if (!pair || pair->incarnation != flow->incarnation || !alive(pair, now)) {
			forget_flow(key, flow);
			flow = 0;
		}
	}
	if (!flow || flow->generation != current) {
		struct question *question = &desk->question;
		*question = (struct question){ .network = packet->network, .protocol = packet->protocol, .family = packet->family, .generation = current };
		desk->judgement = (struct judgement){};
		if (flow) {
			int opener_low = flow->flags & FLOW_OPENER_IS_LOW;
			question->opener_port = flow->opener_port;
			question->from_host = !!(flow->flags & FLOW_FROM_HOST);
			question->service = bpf_ntohs(flow->opener_service);
			question->source_port = bpf_ntohs(opener_low ? key->low_port : key->high_port);
		} else {
			question->opener_port = from_port;
			question->from_host = hook == HOOK_TO_POD && !skb->ingress_ifindex;
			question->service = service_of(packet);
			question->source_port = bpf_ntohs(packet->source_port);
			question->now = now;
		}
		int forwards = !flow || from_opener;
		question->source = forwards ? packet->source : packet->destination;
		question->destination = forwards ? packet->destination : packet->source;
		judge(question, &desk->judgement);
		if (!flow)
			return open_flow(skb, desk, low, hook, current, now);
		keep = outlives(flow, &desk->judgement, current);
	}
	if (!keep) {
		if (!(flow->traits & FLOW_CUT))
			tell(key, flow, EVENT_CLOSE, EVENT_DENIED, DROP_CUT, now);
		/* A connection stays known as it was opened: forgotten, the next packet of its other side would be taken for one that it opens, and judged as such. */
		if (key->protocol == IPPROTO_TCP && desk->judgement.acceptor_ifindex == flow->ifindex[1])
			flow->traits |= FLOW_CUT;
		else
			forget_flow(key, flow);
		return drop(DROP_CUT);
	}
	if (flow->traits & FLOW_NAMED && (now ^ flow->last_seen) >> 32)
		keep_learnt(key, flow, now);
	flow->last_seen = now;
	__sync_fetch_and_add(&flow->packets[from_opener ? 0 : 1], 1);
	advance(key, flow, packet, from_opener, now);
	if (flow->flags & FLOW_DROPPED)
		return drop(DROP_VERDICT);
	if ((flow->flags & (FLOW_SPLICED | FLOW_BYPASSED | FLOW_UNINSPECTED)) == FLOW_SPLICED)
		return inspect(skb, key, flow, from_opener, hook, now);
	count(flow->flags & FLOW_UNINSPECTED ? PACKETS_OPEN : flow->flags & FLOW_BYPASSED ? PACKETS_BYPASSED : PACKETS_DIRECT);
	return deliver(skb, flow, key->network, from_opener, hook);
}

inlined int read_transport(struct __sk_buff *skb, struct packet *packet)
{
	int reason = packet->fragment ? parse_fragment(skb, packet, bpf_ktime_get_ns()) : parse_transport(skb, packet);
	if (!reason && packet->icmp_error)
		reason = follow_error(skb, packet);
	return reason;
}

#include "tunnels.h"

/* The network in which what a port sends is known: its own, or its router's domain, where that leads to the destination. */
inlined __u16 leaves_for(const struct port *port, struct scratch *desk, __u64 current)
{
	const struct packet *packet = &desk->packet;
	__u16 router = port->router[packet->family == 6];
	if (!router || is_placed(port->network, &packet->destination, current))
		return port->network;
	if (is_placed(router, &packet->destination, current))
		return router;
	if (!find_route(router, &packet->destination))
		return port->network;
	/* The host itself has opened it, or somebody by the host's stack: it goes back as it came. */
	make_key(&desk->key, packet);
	return find_flow(&desk->key) ? port->network : router;
}

SEC("tcx/ingress")
int from_pod(struct __sk_buff *skb)
{
	if (skb->mark == MARK_RETURNED) {
		skb->mark = 0;
		return TC_ACT_OK;
	}
	__u32 ifindex = skb->ifindex;
	__u64 current = generation();
	struct port *port = find_port(ifindex, current);
	if (!port || !(port->flags & PORT_UP) || port->kind != PORT_POD)
		return drop(DROP_NO_PORT);
	if (skb->vlan_present)
		return drop(DROP_ETHERTYPE);
	__u8 mac[6];
	if (bpf_skb_load_bytes(skb, 6, mac, 6) < 0)
		return drop(DROP_HEADER);
	int guarded = port->flags & PORT_SECURITY;
	if (guarded && !same_mac(mac, port->mac))
		return drop(DROP_SPOOFED);
	if (skb->protocol == bpf_htons(ETH_P_ARP))
		return answer_arp(skb, port);
	if (skb->protocol != bpf_htons(ETH_P_IP) && skb->protocol != bpf_htons(ETH_P_IPV6))
		return drop(DROP_ETHERTYPE);

	struct scratch *desk = fresh_scratch();
	if (!desk)
		return TC_ACT_SHOT;
	struct packet *packet = &desk->packet;
	packet->network = port->network;
	int reason = parse_ip(skb, packet, ETHERNET_LENGTH, skb->protocol == bpf_htons(ETH_P_IPV6), 1);
	if (reason)
		return drop(reason);
	if (packet->protocol == ICMPV6 && packet->family == 6 && !packet->fragment) {
		__u8 type;
		if (bpf_skb_load_bytes(skb, packet->payload, &type, 1) < 0)
			return drop(DROP_HEADER);
		if (type >= 133 && type <= 137) {
			packet->icmp_type = type;
			return answer_neighbour(skb, packet);
		}
	}
	if (is_multicast(packet))
		return drop(DROP_MULTICAST);
	if (guarded) {
		struct owner *owner = find_owner(port->network, &packet->source, current);
		if (!owner || owner->ifindex != ifindex)
			return drop(DROP_SPOOFED);
	}
	reason = read_transport(skb, packet);
	if (reason)
		return drop(reason);
	packet->network = leaves_for(port, desk, current);
	barrier();
	if (packet->network != port->network)
		reason = take_hop(skb, packet->family);
	if (reason)
		return drop(reason);
	return forward(skb, desk, ifindex, ifindex, HOOK_FROM_POD, current);
}

SEC("tcx/egress")
int to_pod(struct __sk_buff *skb)
{
	if (skb->mark == MARK_JUDGED)
		return TC_ACT_OK;
	__u32 ifindex = skb->ifindex;
	__u64 current = generation();
	struct port *port = find_port(ifindex, current);
	if (!port || !(port->flags & PORT_UP) || port->kind != PORT_POD)
		return drop(DROP_NO_PORT);
	/* Our own answers to ARP and neighbour solicitations. */
	if (skb->protocol == bpf_htons(ETH_P_ARP))
		return TC_ACT_OK;
	if (skb->protocol != bpf_htons(ETH_P_IP) && skb->protocol != bpf_htons(ETH_P_IPV6))
		return drop(DROP_ETHERTYPE);

	struct scratch *desk = fresh_scratch();
	if (!desk)
		return TC_ACT_SHOT;
	struct packet *packet = &desk->packet;
	packet->network = port->network;
	int reason = parse_ip(skb, packet, ETHERNET_LENGTH, skb->protocol == bpf_htons(ETH_P_IPV6), 1);
	if (reason)
		return drop(reason);
	if (packet->protocol == ICMPV6 && packet->family == 6 && !packet->fragment) {
		__u8 type;
		if (bpf_skb_load_bytes(skb, packet->payload, &type, 1) < 0)
			return drop(DROP_HEADER);
		if (type >= 133 && type <= 137)
			return skb->ingress_ifindex && skb->ingress_ifindex != ifindex ? drop(DROP_MULTICAST) : TC_ACT_OK;
	}
	if (is_multicast(packet))
		return drop(DROP_MULTICAST);
	__u16 tunnelled = marked_network(skb, MARK_FROM_TUNNEL);
	if (tunnelled)
		packet->network = tunnelled;
	else if (port->flags & PORT_APART)
		return drop(DROP_NO_ROUTE);
	/* The host's stack hands on what came in by another interface. A pod's own address may come only from that pod. */
	__u32 came_by = skb->ingress_ifindex, from_port = 0;
	if (came_by) {
		struct port *sender = find_port(came_by, current);
		if (sender) {
			from_port = came_by;
			/* The stack knows one network only, and would join any two. */
			__u16 router = port->router[packet->family == 6];
			if (sender->network != port->network && (!router || sender->router[packet->family == 6] != router))
				return drop(DROP_NO_ROUTE);
			struct owner *own = sender->network != port->network ? find_owner(router, &packet->source, current) : 0;
			if (own && own->ifindex == came_by)
				packet->network = router;
		}
		struct owner *owner = find_owner(packet->network, &packet->source, current);
		if (owner && owner->ifindex && owner->ifindex != came_by)
			return drop(DROP_SPOOFED);
		if (!from_port && !may_come_by(came_by, packet->network, &packet->source))
			return drop(DROP_SPOOFED);
	}
	reason = read_transport(skb, packet);
	if (reason)
		return drop(reason);
	return forward(skb, desk, from_port, 0, HOOK_TO_POD, current);
}

SEC("tcx/ingress")
int from_firewall(struct __sk_buff *skb)
{
	struct port *port = find_port(skb->ifindex, generation());
	if (!port || !(port->flags & PORT_UP) || (port->kind != PORT_FIREWALL_IN && port->kind != PORT_FIREWALL_OUT))
		return drop(DROP_NO_PORT);
	__u64 now = bpf_ktime_get_ns();
	if (skb->protocol == bpf_htons(FRAME_CONTROL_ETHERTYPE))
		return hear(skb, port, now);

	struct frame_words words;
	if (bpf_skb_load_bytes(skb, 0, &words, sizeof(words)) < 0 || words.destination_prefix != bpf_htons(FRAME_ADDRESS_PREFIX)
		|| words.source_prefix != bpf_htons(FRAME_ADDRESS_PREFIX) || !skb->vlan_present)
		return drop(DROP_FORGED);
	if (skb->protocol != bpf_htons(ETH_P_IP) && skb->protocol != bpf_htons(ETH_P_IPV6))
		return drop(DROP_FORGED);
	struct scratch *desk = fresh_scratch();
	if (!desk)
		return TC_ACT_SHOT;
	struct packet *packet = &desk->packet;
	packet->network = bpf_ntohs(words.network);
	int reason = parse_ip(skb, packet, ETHERNET_LENGTH, skb->protocol == bpf_htons(ETH_P_IPV6), 1);
	if (!reason)
		reason = read_transport(skb, packet);
	if (reason)
		return drop(reason);
	struct flow_key *key = &desk->key;
	int low = make_key(key, packet);
	struct flow *flow = find_flow(key);
	if (!flow || (__u32)flow->serial != bpf_ntohl(words.flow_id) || (__u16)(flow->serial >> 32) != bpf_ntohs(words.epoch)
		|| flow->pair != port->pair || !(flow->flags & FLOW_SPLICED) || (skb->vlan_tci & 0xfff) != flow->tag)
		return drop(DROP_FORGED);
	int from_opener = !!(flow->flags & FLOW_OPENER_IS_LOW) == low;
	if (from_opener != (port->kind == PORT_FIREWALL_OUT))
		return drop(DROP_FORGED);
	if (flow->flags & FLOW_DROPPED)
		return drop(DROP_VERDICT);
	if (flow->traits & FLOW_CUT)
		return drop(DROP_CUT);
	struct pair_counters *tally = counters_of(port->pair);
	if (tally) {
		if (from_opener)
			tally->from_out++;
		else
			tally->from_in++;
	}
	/* A reset of the engine's own was not seen on the way in. */
	if (packet->protocol == IPPROTO_TCP && packet->tcp_flags & TCP_RST && !packet->icmp_error)
		advance(key, flow, packet, from_opener, now);
	if (bpf_skb_vlan_pop(skb))
		return drop(DROP_HEADER);
	return deliver(skb, flow, key->network, from_opener, HOOK_FROM_FIREWALL);
}

/* Only the agent writes to the other end; whose the answer is stands where the splice wrote it. */
SEC("tcx/ingress")
int from_agent(struct __sk_buff *skb)
{
	struct held_address address;
	if (bpf_skb_load_bytes(skb, 0, &address, sizeof(address)) < 0 || address.prefix != bpf_htons(HELD_ADDRESS_PREFIX))
		return drop(DROP_FORGED);
	__u32 ifindex = bpf_ntohl(address.ifindex);
	struct port *port = find_port(ifindex, generation());
	if (!port || !(port->flags & PORT_UP) || port->kind != PORT_POD)
		return drop(DROP_NO_PORT);
	if (set_addresses(skb, port->mac))
		return drop(DROP_HEADER);
	bpf_skb_change_type(skb, 0 /* PACKET_HOST */);
	return bpf_redirect_peer(ifindex, 0);
}
