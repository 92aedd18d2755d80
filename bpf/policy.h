/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* May this flow be, and must a firewall see it? Asked once per flow and generation, for the opener's first packet. */
#pragma once
#include "routers.h"

/* A flow as its opener sees it. */
struct question {
	union address source, destination;
	__u32 opener_port;   /* ifindex of the port whose egress policy applies; 0: none of ours */
	__u32 from_host;     /* the node itself asks: its probes are always allowed and never spliced */
	__u16 network;
	__u16 source_port, service; /* host order; service: destination port or ICMP type */
	__u8 protocol, family;
	__u64 now; /* 0: the flow exists; what it was allowed by may have expired since */
	__u64 generation; /* by which it is answered */
};

struct judgement {
	__u64 source_identity, destination_identity;
	__u64 chain;
	__u32 reason; /* 0: allowed */
	__u32 acceptor_ifindex;
	__u16 tag; /* 0: direct */
	__u8 traits; /* enum flow_traits */
	__u8 on_failure;
	__u8 mac[2][6];
};

/* All ones where 0 ≤ value - low and value ≤ high, else 0; without a branch: the verifier would follow each. */
inlined __u32 within(__u32 value, __u32 low, __u32 high)
{
	return ~(__u32)((__s32)((value - low) | (high - value)) >> 31);
}

inlined __u32 matches_protocol(__u32 wanted, __u32 actual)
{
	__u32 differs = (__s32)(0 - (wanted ^ actual)) >> 31, given = (__s32)(0 - wanted) >> 31;
	return ~(differs & given);
}

/* The rows of an identity contain what anybody may, so the one or the other is enough. */
inlined int permitted(__u64 policy, __u8 direction, __u64 remote, const struct question *question)
{
	struct rules_key key = { .subject = policy, .identity = remote, .direction = direction, .family = question->family };
	struct rules *row = bpf_map_lookup_elem(&rules, &key);
	if (!row) {
		key.identity = 0;
		row = bpf_map_lookup_elem(&rules, &key);
	}
	for (int page = 1; row && page <= MAX_PAGES; page++) {
		__u32 hit = 0;
#pragma clang loop unroll(full)
		for (__u32 i = 0; i < RULES_PER_PAGE; i++) {
			const struct rule *rule = &row->rule[i];
			hit |= within(question->service, rule->port_min, rule->port_max) & within(question->protocol, rule->protocol_min, rule->protocol_max)
				& within(row->count, i + 1, RULES_PER_PAGE);
		}
		if (hit)
			return 1;
		if (!row->more)
			return 0;
		key.page = page;
		row = bpf_map_lookup_elem(&rules, &key);
	}
	return 0;
}

/* First match wins; user space has put them in order. */
inlined void classify(__u64 subject, __u8 direction, __u64 remote, const struct question *question, struct judgement *judgement)
{
	struct rules_key key = { .subject = subject, .identity = remote, .direction = direction, .family = question->family };
	struct classes *row = bpf_map_lookup_elem(&classes, &key);
	if (!row) {
		key.identity = 0;
		row = bpf_map_lookup_elem(&classes, &key);
	}
	for (int page = 1; row && page <= MAX_PAGES; page++) {
		__u32 first = RULES_PER_PAGE;
#pragma clang loop unroll(full)
		for (__u32 i = RULES_PER_PAGE; i-- > 0;) {
			const struct class *class = &row->class[i];
			__u32 hit = within(question->service, class->port_min, class->port_max)
				& within(question->source_port, class->source_min, class->source_max)
				& matches_protocol(class->protocol, question->protocol) & within(row->count, i + 1, RULES_PER_PAGE);
			first = (first & ~hit) | (i & hit);
		}
		if (first < RULES_PER_PAGE) {
			judgement->tag = row->class[first].tag;
			judgement->chain = row->class[first].chain;
			judgement->on_failure = row->class[first].on_failure;
			return;
		}
		if (!row->more)
			return;
		key.page = page;
		row = bpf_map_lookup_elem(&classes, &key);
	}
}

#define NAME_SERVICE 53

/* What the opener was told of its peer: the identity that it has for this pod alone. */
inlined __u64 learnt_identity(const struct question *question, __u64 otherwise, struct judgement *judgement)
{
	if (question->service == NAME_SERVICE && (question->protocol == IPPROTO_UDP || question->protocol == IPPROTO_TCP))
		judgement->traits |= FLOW_ANSWERS;
	struct learnt_key key = { .ifindex = question->opener_port };
	key.address = question->destination;
	struct learnt_row *row = bpf_map_lookup_elem(&learnt, &key);
	if (!row)
		return otherwise;
	const struct told *told = &row->version[version_at(row->until, question->generation)];
	if (!told->identity || (question->now && told->expires < question->now))
		return otherwise;
	if (question->now)
		row->used = question->now;
	judgement->traits |= FLOW_NAMED;
	return told->identity;
}

/* Where the destination is: here, or, by a tunnel, on another node; itself or the next hop towards it. */
inlined void locate(const struct question *question, struct judgement *judgement, const union address *address)
{
	struct owner *row = find_owner(question->network, address, question->generation);
	if (row && row->ifindex) {
		judgement->acceptor_ifindex = row->ifindex;
		__builtin_memcpy(judgement->mac[1], row->mac, 6);
	} else if (question->opener_port && find_remote(question->network, address)) {
		judgement->traits |= FLOW_TUNNELLED;
	}
}

/* Who the two ends are, and where the answer and the question go. */
inlined void look_up(const struct question *question, struct judgement *judgement)
{
	struct owner *source = find_owner(question->network, &question->source, question->generation);
	struct owner *destination = find_owner(question->network, &question->destination, question->generation);
	if (source)
		__builtin_memcpy(judgement->mac[0], source->mac, 6);
	judgement->source_identity = identify(source, question->network, &question->source, question->generation);
	judgement->destination_identity = identify(destination, question->network, &question->destination, question->generation);
	locate(question, judgement, &question->destination);
	if (judgement->acceptor_ifindex || judgement->traits)
		return;
	struct route *route = find_route(question->network, &question->destination);
	if (!route)
		return;
	locate(question, judgement, &route->via);
	if (!judgement->acceptor_ifindex && !judgement->traits)
		judgement->reason = DROP_UNREACHABLE;
}

inlined void judge(const struct question *question, struct judgement *judgement)
{
	look_up(question, judgement);
	/* For the verifier: from here on the ways that led here are one. */
	barrier();
	/* A pod may always talk to itself; and the node to its pods. */
	if (judgement->reason || question->from_host || (question->opener_port && question->opener_port == judgement->acceptor_ifindex))
		return;
	__u64 source_identity = judgement->source_identity, destination_identity = judgement->destination_identity;
	__u32 opener_port = question->opener_port, acceptor_port = judgement->acceptor_ifindex;
	struct port *opener = opener_port ? find_port(opener_port, question->generation) : 0;
	struct port *acceptor = acceptor_port ? find_port(acceptor_port, question->generation) : 0;

	if (opener && opener->flags & PORT_LEARNS)
		destination_identity = learnt_identity(question, destination_identity, judgement);
	if (opener && opener->flags & PORT_SHAPED)
		judgement->traits |= FLOW_OPENER_SHAPED;
	if (acceptor && acceptor->flags & PORT_SHAPED)
		judgement->traits |= FLOW_ACCEPTOR_SHAPED;
	if (opener && opener->flags & PORT_APART && !acceptor_port && !(judgement->traits & FLOW_TUNNELLED)) {
		judgement->reason = DROP_NO_ROUTE;
		return;
	}
	if (opener_port && (!opener || ((opener->flags & PORT_SECURITY)
			&& !permitted(opener->policy, EGRESS, destination_identity, question)))) {
		judgement->reason = DROP_EGRESS;
		return;
	}
	if (acceptor_port && (!acceptor || !(acceptor->flags & PORT_UP) || ((acceptor->flags & PORT_SECURITY)
			&& !permitted(acceptor->policy, INGRESS, source_identity, question)))) {
		judgement->reason = DROP_INGRESS;
		return;
	}
	/* Destination first: a flow between two pods is judged where it arrives. */
	if (acceptor && acceptor->classes)
		classify(acceptor->classes, INGRESS, source_identity, question, judgement);
	if (!judgement->tag && opener && opener->classes)
		classify(opener->classes, EGRESS, destination_identity, question, judgement);
}
