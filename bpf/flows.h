/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Connection tracking: which flow is this packet of, and what has become of it. */
#pragma once
#include "policy.h"

#define SECONDS 1000000000ull

/* How long a silent flow is remembered. */
inlined __u64 idle_limit(__u8 protocol, __u8 state)
{
	if (protocol == IPPROTO_TCP)
		return state == FLOW_ESTABLISHED ? 7440 * SECONDS /* RFC 5382 §5: never below 2 h 4 min */
			: state == FLOW_CLOSING ? 600 * SECONDS   /* half-closed, the other side may still be sending */
						: 60 * SECONDS; /* a SYN's retransmissions; TIME_WAIT */
	if (protocol == IPPROTO_ICMP || protocol == ICMPV6)
		return 30 * SECONDS;
	return state == FLOW_ESTABLISHED ? 300 * SECONDS /* RFC 4787 §4.3 recommends 5 min */ : 30 * SECONDS;
}

/* Sets the key; true when the packet's source is the low side. */
inlined int make_key(struct flow_key *key, const struct packet *packet)
{
	int order = 0;
#pragma clang loop unroll(full)
	for (int i = 3; i >= 0; i--) {
		__u32 a = packet->source.words[i], b = packet->destination.words[i];
		if (a != b)
			order = a < b ? -1 : 1;
	}
	if (!order)
		order = packet->source_port <= packet->destination_port ? -1 : 1;
	key->network = packet->network;
	key->protocol = packet->protocol;
	key->family = packet->family;
	if (order < 0) {
		key->low = packet->source;
		key->high = packet->destination;
		key->low_port = packet->source_port;
		key->high_port = packet->destination_port;
	} else {
		key->low = packet->destination;
		key->high = packet->source;
		key->low_port = packet->destination_port;
		key->high_port = packet->source_port;
	}
	return order < 0;
}

inlined struct flow *find_flow(const struct flow_key *key)
{
	struct flow *flow = bpf_map_lookup_elem(&flows, key);
	return flow ? flow : bpf_map_lookup_elem(&opening, key);
}

inlined void forget_flow(const struct flow_key *key, const struct flow *flow)
{
	__u32 id = flow->serial;
	if (flow->serial)
		bpf_map_delete_elem(&spliced, &id);
	bpf_map_delete_elem(&flows, key);
	bpf_map_delete_elem(&opening, key);
}

/* Somebody still needs what the opener was told of its peer. */
inlined void keep_learnt(const struct flow_key *key, const struct flow *flow, __u64 now)
{
	struct learnt_key learnt_key = { .ifindex = flow->opener_port };
	learnt_key.address = flow->flags & FLOW_OPENER_IS_LOW ? key->high : key->low;
	struct learnt_row *row = bpf_map_lookup_elem(&learnt, &learnt_key);
	if (row)
		row->used = now;
}

inlined __u8 event_verdict(const struct flow *flow)
{
	return flow->flags & FLOW_DROPPED ? EVENT_DENIED
		: flow->flags & FLOW_UNINSPECTED ? EVENT_OPEN
		: flow->flags & FLOW_BYPASSED ? EVENT_BYPASSED
		: flow->flags & FLOW_SPLICED ? EVENT_SPLICED
					     : EVENT_DIRECT;
}

inlined void tell(const struct flow_key *key, const struct flow *flow, __u8 kind, __u8 verdict, __u8 reason, __u64 now)
{
	/* The reader polls: waking it per flow would cost more than the flow. */
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		count(EVENTS_LOST);
		return;
	}
	int low = flow->flags & FLOW_OPENER_IS_LOW;
	event->time = now;
	event->source = low ? key->low : key->high;
	event->destination = low ? key->high : key->low;
	event->source_port = low ? key->low_port : key->high_port;
	event->destination_port = low ? key->high_port : key->low_port;
	event->network = key->network;
	event->tag = flow->tag;
	event->kind = kind;
	event->verdict = verdict;
	event->protocol = key->protocol;
	event->reason = reason;
	event->pad = 0;
	event->packets[0] = flow->packets[0];
	event->packets[1] = flow->packets[1];
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

/* A SYN that is not the repetition of the one that opened the flow opens another: whatever was known of the ports is
 * void, a bypass above all. Else a client could have one harmless connection released and attack through the next. */
inlined int opens_anew(const struct packet *packet, const struct flow *flow, int from_opener)
{
	if (packet->protocol != IPPROTO_TCP || packet->fragment == LATER_FRAGMENT
		|| (packet->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN)
		return 0;
	return !from_opener || flow->sequence != packet->sequence || flow->state >= FLOW_CLOSING;
}

inlined void advance(const struct flow_key *key, struct flow *flow, const struct packet *packet, int from_opener, __u64 now)
{
	__u8 before = flow->state, after = before;
	if (packet->protocol == IPPROTO_TCP) {
		if (packet->fragment == LATER_FRAGMENT)
			return;
		__u8 bits = packet->tcp_flags;
		if (before == FLOW_OPENING && !from_opener && (bits & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
			after = FLOW_ANSWERED;
		else if (before == FLOW_ANSWERED && from_opener && (bits & (TCP_SYN | TCP_ACK)) == TCP_ACK)
			after = FLOW_ESTABLISHED;
		if (bits & TCP_FIN && after >= FLOW_ESTABLISHED) {
			flow->flags |= from_opener ? FLOW_OPENER_FIN : FLOW_ACCEPTOR_FIN;
			int both = FLOW_OPENER_FIN | FLOW_ACCEPTOR_FIN;
			if (after != FLOW_CLOSED)
				after = (flow->flags & both) == both ? FLOW_CLOSED : FLOW_CLOSING;
		}
		/* A forged reset does no harm: a closed flow still passes what it passed, it is only forgotten sooner. */
		if (bits & TCP_RST)
			after = FLOW_CLOSED;
	} else if (!from_opener) {
		after = FLOW_ESTABLISHED;
	}
	if (after == before)
		return;
	flow->state = after;
	if (after == FLOW_CLOSED)
		tell(key, flow, EVENT_CLOSE, event_verdict(flow), 0, now);
	/* Answered by its acceptor: out of reach of floods. */
	if (after == FLOW_ESTABLISHED && bpf_map_update_elem(&flows, key, flow, BPF_NOEXIST) == 0)
		bpf_map_delete_elem(&opening, key);
}
