/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* In front of a firewall and behind it: which one, is it alive, what the frame says, may it have said so. */
#pragma once
#include "flows.h"
#include "frames.h"
#include "neighbours.h"

/* On a packet that a firewall has returned for the host's stack, which the host side of the pod's interface hands up again.
 * A pod cannot set it: the kernel clears marks when a packet leaves a network namespace. */
#define MARK_RETURNED 0xd1d1de11

/* On a packet that was judged and goes through the queue of the pod's interface: not to be judged again on the way. */
#define MARK_JUDGED 0xd1d1de12

/* On a packet that goes between a pod and a tunnel past the host's stack: with the network's number in the low 16 bits. */
#define MARK_TO_TUNNEL 0xd1de0000
#define MARK_FROM_TUNNEL 0xd1df0000

/* The network that such a mark names; 0: it is none. */
inlined __u32 marked_network(const struct __sk_buff *skb, __u32 mark)
{
	return (skb->mark & 0xffff0000) == mark ? skb->mark & 0xffff : 0;
}

enum hook { HOOK_FROM_POD, HOOK_TO_POD, HOOK_FROM_FIREWALL };

inlined int alive(const struct pair *pair, __u64 now)
{
	/* One dead direction is a dead firewall. */
	__u64 oldest = pair->last_in < pair->last_out ? pair->last_in : pair->last_out;
	/* A stamp of another CPU may be ahead of now. */
	return oldest && (oldest >= now || now - oldest <= pair->deadline);
}

/* May a flow pass without a firewall? state: how far it had come while there was one. */
inlined int may_pass_uninspected(__u8 on_failure, __u8 state)
{
	return on_failure == ON_FAILURE_OPEN || (on_failure == ON_FAILURE_CLOSED_FOR_NEW && state >= FLOW_ESTABLISHED);
}

inlined struct pair_counters *counters_of(__u64 pair)
{
	return bpf_map_lookup_elem(&pair_counters, &pair);
}

/* A living pair of the chain, the same for the same flow while it lives. Null: none. */
inlined struct pair *choose_pair(const struct chain *chain, const struct flow_key *key, __u64 now, __u64 *chosen)
{
	if (!chain || !chain->count || chain->count > MAX_PAIRS)
		return 0;
	__u32 hash = key->low.words[3] * 0x9e3779b1u ^ key->high.words[3] ^ ((__u32)key->low_port << 16 | key->high_port);
	hash = (hash ^ hash >> 15) * 0x85ebca6bu;
	hash ^= hash >> 13;
	for (__u32 i = 0; i < MAX_PAIRS; i++) {
		if (i >= chain->count)
			break;
		__u32 slot = (hash + i) % chain->count;
		asm volatile("" : "+r"(slot)); /* the compiler knows the bound, the verifier needs to see it */
		__u64 candidate = chain->pair[slot & (MAX_PAIRS - 1)];
		*chosen = candidate; /* for the counters, should none be alive */
		struct pair *pair = bpf_map_lookup_elem(&pairs, &candidate);
		if (pair && alive(pair, now))
			return pair;
	}
	return 0;
}

/* A serial whose low 32 bits no living flow has; 0: four in a row were taken, which means the table is full. */
inlined __u64 give_serial(const struct flow_key *key)
{
	__u32 zero = 0;
	__u64 *last = bpf_map_lookup_elem(&serials, &zero);
	if (!last)
		return 0;
	for (int i = 0; i < 4; i++) {
		__u64 serial = __sync_fetch_and_add(last, 1) + 1;
		__u32 id = serial;
		if (id && bpf_map_update_elem(&spliced, &id, key, BPF_NOEXIST) == 0)
			return serial & 0xffffffffffffull;
	}
	return 0;
}

inlined int set_addresses(struct __sk_buff *skb, const __u8 *destination)
{
	__u8 gateway[6] = GATEWAY_MAC;
	return bpf_skb_store_bytes(skb, 0, destination, 6, 0) || bpf_skb_store_bytes(skb, 6, gateway, 6, 0);
}

/* To the agent, which learns what the answer names, allows it, and hands the answer back: so the pod never knows an address
 * before it may use it. 0: nobody listens. */
inlined __u32 listening(void)
{
	__u32 zero = 0;
	struct listener *row = bpf_map_lookup_elem(&listener, &zero);
	return row && row->until > bpf_ktime_get_ns() ? row->ifindex : 0;
}

inlined int hold(struct __sk_buff *skb, __u32 pod, __u32 to)
{
	struct held_address address = { .prefix = bpf_htons(HELD_ADDRESS_PREFIX), .ifindex = bpf_htonl(pod) };
	if (bpf_skb_store_bytes(skb, 0, &address, sizeof(address), 0))
		return drop(DROP_HEADER);
	return bpf_redirect(to, 0);
}

/* Straight to the given side of the flow: 0 the opener, 1 the acceptor. */
inlined int deliver(struct __sk_buff *skb, const struct flow *flow, __u16 network, int side, enum hook hook)
{
	side &= 1;
	__u32 to = flow->ifindex[side];
	if (!side && to && flow->traits & FLOW_ANSWERS) {
		__u32 agent = listening();
		if (agent)
			return hold(skb, to, agent);
	}
	if (hook == HOOK_TO_POD)
		return TC_ACT_OK;
	if (!to) {
		struct overlay *tunnels = flow->traits & FLOW_TUNNELLED ? overlay_row() : 0;
		if (tunnels) {
			if (!tunnels->ifindex)
				return drop(DROP_UNREACHABLE);
			if (hook == HOOK_FROM_FIREWALL && set_addresses(skb, flow->mac[side]))
				return drop(DROP_HEADER);
			skb->mark = MARK_TO_TUNNEL | network;
			return bpf_redirect(tunnels->ifindex, 0);
		}
		if (hook == HOOK_FROM_POD)
			return TC_ACT_OK;
		/* Up the host's stack by the interface that it would have come from without a firewall. */
		__u8 gateway[6] = GATEWAY_MAC;
		if (bpf_skb_store_bytes(skb, 0, gateway, 6, 0) || bpf_skb_store_bytes(skb, 6, flow->mac[side ^ 1], 6, 0))
			return drop(DROP_HEADER);
		skb->mark = MARK_RETURNED;
		return bpf_redirect(flow->ifindex[side ^ 1], BPF_F_INGRESS);
	}
	if (set_addresses(skb, flow->mac[side]))
		return drop(DROP_HEADER);
	bpf_skb_change_type(skb, 0 /* PACKET_HOST: the frame was for the firewall, the packet is for the pod */);
	if (flow->traits & (side ? FLOW_ACCEPTOR_SHAPED : FLOW_OPENER_SHAPED)) {
		skb->mark = MARK_JUDGED;
		return bpf_redirect(to, 0); /* by its queue, which redirect_peer would not pass */
	}
	return bpf_redirect_peer(to, 0);
}

/* The packet's flow has a firewall: into it; or, if that is not alive, what the policy says. */
inlined int inspect(struct __sk_buff *skb, const struct flow_key *key, struct flow *flow, int from_opener, enum hook hook, __u64 now)
{
	__u64 pair_key = flow->pair;
	struct pair *pair = bpf_map_lookup_elem(&pairs, &pair_key);
	struct pair_counters *tally = counters_of(pair_key);
	if (pair && pair->incarnation == flow->incarnation && alive(pair, now)) {
		struct frame_words words = {
			.destination_prefix = bpf_htons(FRAME_ADDRESS_PREFIX),
			.flow_id = bpf_htonl((__u32)flow->serial),
			.source_prefix = bpf_htons(FRAME_ADDRESS_PREFIX),
			.network = bpf_htons(key->network),
			.epoch = bpf_htons((__u16)(flow->serial >> 32)),
		};
		__u32 to = from_opener ? pair->in_ifindex : pair->out_ifindex;
		if (bpf_skb_store_bytes(skb, 0, &words, sizeof(words), 0) || bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), flow->tag))
			return drop(DROP_HEADER);
		if (tally) {
			if (from_opener)
				tally->to_in++;
			else
				tally->to_out++;
		}
		count(PACKETS_SPLICED);
		/* By the host side's own transmission, which cuts segments and fills in checksums as its offloads (all off) demand. */
		int plain = pair->flags & PAIR_PLAIN_FRAMES;
		return hook == HOOK_FROM_POD && !plain ? bpf_redirect_peer(to, 0) : bpf_redirect(to, 0);
	}
	if (!may_pass_uninspected(flow->on_failure, flow->state)) {
		if (tally)
			tally->dropped_closed++;
		return drop(DROP_CLOSED);
	}
	if (tally)
		tally->passed_open++;
	flow->flags |= FLOW_UNINSPECTED;
	count(PACKETS_OPEN);
	return deliver(skb, flow, key->network, from_opener, hook);
}

inlined int hear(struct __sk_buff *skb, const struct port *port, __u64 now)
{
	struct control control;
	__u64 pair_key = port->pair;
	struct pair *pair = bpf_map_lookup_elem(&pairs, &pair_key);
	if (!pair || bpf_skb_load_bytes(skb, ETHERNET_LENGTH, &control, sizeof(control)) < 0)
		return drop(DROP_FORGED);
	if (control.type == CONTROL_HEARTBEAT) {
		/* Another engine sits behind the pair when it says so, or, where it cannot say, when this one was away too long. */
		__u32 instance = bpf_ntohl(control.flow_id);
		if (pair->instance != instance || (!instance && pair->last_out && !alive(pair, now))) {
			pair->instance = instance;
			__sync_fetch_and_add(&pair->incarnation, 1);
		}
		if (port->kind == PORT_FIREWALL_IN)
			pair->last_in = now;
		else
			pair->last_out = now;
		struct pair_counters *tally = counters_of(pair_key);
		if (tally)
			tally->heartbeats++;
		return TC_ACT_SHOT;
	}
	if (control.type == CONTROL_PROBE) {
		/* Back as a heartbeat: what comes out of the other interface has been through the engine. */
		__u8 heartbeat = CONTROL_HEARTBEAT;
		if (bpf_skb_store_bytes(skb, ETHERNET_LENGTH, &heartbeat, sizeof(heartbeat), 0))
			return drop(DROP_HEADER);
		return bpf_redirect(skb->ifindex, 0);
	}
	if (control.type != CONTROL_VERDICT)
		return drop(DROP_FORGED);
	__u32 id = bpf_ntohl(control.flow_id);
	struct flow_key *known = bpf_map_lookup_elem(&spliced, &id);
	if (!known)
		return drop(DROP_FORGED);
	struct flow_key key = *known;
	struct flow *flow = find_flow(&key);
	if (!flow || (__u32)flow->serial != id || (__u16)(flow->serial >> 32) != bpf_ntohs(control.epoch) || flow->pair != pair_key
		|| !(flow->flags & FLOW_SPLICED))
		return drop(DROP_FORGED);
	if (control.verdict == VERDICT_BYPASS)
		flow->flags |= FLOW_BYPASSED;
	else if (control.verdict == VERDICT_DROP)
		flow->flags |= FLOW_DROPPED;
	else
		return drop(DROP_FORGED);
	return TC_ACT_SHOT;
}
