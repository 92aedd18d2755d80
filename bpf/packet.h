/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Bytes → the few fields that the splice judges by. Hostile bytes end in a reason to drop, never in a guess. */
#pragma once
#include "maps.h"
#include <bpf/bpf_endian.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/in.h>
#include <linux/pkt_cls.h>

#define inlined static __attribute__((always_inline)) inline

/* What was written is read again, not remembered. */
#define barrier() asm volatile("" ::: "memory")

#define ETHERNET_LENGTH 14
#define MAX_EXTENSIONS 6 /* hop-by-hop, destination, routing, fragment, AH, destination: all of RFC 8200 §4.1 once */
#define ICMPV6 58

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

enum fragment_kind { WHOLE, FIRST_FRAGMENT, LATER_FRAGMENT };

struct packet {
	union address source, destination;
	__be16 source_port, destination_port; /* ICMP echo: the identifier in both; otherwise without ports: 0 */
	__u16 network;
	__u8 family, protocol;
	__u8 tcp_flags, icmp_type;
	__u8 fragment;  /* enum fragment_kind */
	__u8 icmp_error; /* the tuple above is, after follow_error, that of the flow the error speaks of */
	__u32 sequence;
	__u32 fragment_id;
	__u32 payload; /* offset of the transport header */
};

inlined void count(__u32 counter)
{
	__u64 *value = bpf_map_lookup_elem(&counters, &counter);
	if (value)
		(*value)++;
}

inlined int drop(__u32 reason)
{
	count(reason);
	return TC_ACT_SHOT;
}

inlined int same_address(const union address *a, const union address *b)
{
	return a->words[0] == b->words[0] && a->words[1] == b->words[1] && a->words[2] == b->words[2] && a->words[3] == b->words[3];
}

inlined void map_ipv4(union address *to, __be32 from)
{
	to->words[0] = 0;
	to->words[1] = 0;
	to->words[2] = bpf_htonl(0xffff);
	to->words[3] = from;
}

inlined int is_mapped_ipv4(const union address *a)
{
	return !a->words[0] && !a->words[1] && a->words[2] == bpf_htonl(0xffff);
}

inlined int is_multicast(const struct packet *packet)
{
	return packet->family == 6 ? packet->destination.bytes[0] == 0xff
				   : packet->destination.bytes[12] >= 224 || !packet->destination.words[3];
}

inlined int is_icmp_error(const struct packet *packet)
{
	if (packet->protocol == IPPROTO_ICMP)
		return packet->icmp_type == 3 || packet->icmp_type == 4 || packet->icmp_type == 11 || packet->icmp_type == 12;
	return packet->protocol == ICMPV6 && packet->icmp_type < 128; /* RFC 4443 §2.1 */
}

/* 0, or why not. */
inlined int parse_transport(struct __sk_buff *skb, struct packet *packet)
{
	if (packet->protocol == IPPROTO_TCP) {
		struct { __be16 source, destination; __be32 sequence, acknowledgement; __u8 offset, flags; } tcp;
		if (bpf_skb_load_bytes(skb, packet->payload, &tcp, 14) < 0)
			return packet->fragment ? DROP_FRAGMENT : DROP_HEADER;
		packet->source_port = tcp.source;
		packet->destination_port = tcp.destination;
		packet->sequence = tcp.sequence;
		packet->tcp_flags = tcp.flags;
	} else if (packet->protocol == IPPROTO_UDP || packet->protocol == IPPROTO_SCTP || packet->protocol == IPPROTO_UDPLITE) {
		__be16 port[2];
		if (bpf_skb_load_bytes(skb, packet->payload, port, sizeof(port)) < 0)
			return packet->fragment ? DROP_FRAGMENT : DROP_HEADER;
		packet->source_port = port[0];
		packet->destination_port = port[1];
	} else if (packet->protocol == (packet->family == 4 ? IPPROTO_ICMP : ICMPV6)) {
		struct { __u8 type, code; __be16 checksum, identifier, sequence; } icmp;
		if (bpf_skb_load_bytes(skb, packet->payload, &icmp, sizeof(icmp)) < 0)
			return packet->fragment ? DROP_FRAGMENT : DROP_HEADER;
		packet->icmp_type = icmp.type;
		packet->icmp_error = is_icmp_error(packet);
		if (icmp.type == 8 || icmp.type == 0 || icmp.type == 128 || icmp.type == 129)
			packet->source_port = packet->destination_port = icmp.identifier;
	}
	return 0;
}

/* The IPv4 header at offset; transport ports not yet. */
inlined int parse_ipv4(struct __sk_buff *skb, struct packet *packet, __u32 offset, int strict)
{
	struct iphdr ip;
	if (bpf_skb_load_bytes(skb, offset, &ip, sizeof(ip)) < 0 || ip.version != 4 || ip.ihl < 5)
		return DROP_HEADER;
	if (strict) {
		/* A length of 0 is BIG TCP: a super-frame past 64 KB. */
		__u32 length = bpf_ntohs(ip.tot_len);
		if (length ? length < sizeof(ip) || length > skb->len - offset : !skb->gso_size)
			return DROP_HEADER;
		if (ip.ihl != 5)
			return DROP_IPV4_OPTIONS;
	}
	map_ipv4(&packet->source, ip.saddr);
	map_ipv4(&packet->destination, ip.daddr);
	packet->family = 4;
	packet->protocol = ip.protocol;
	packet->payload = offset + ip.ihl * 4;
	__u16 fragment = bpf_ntohs(ip.frag_off);
	if (fragment & 0x3fff) {
		packet->fragment = fragment & 0x1fff ? LATER_FRAGMENT : FIRST_FRAGMENT;
		packet->fragment_id = ip.id;
		/* RFC 1858 §3: a fragment that would overlay the TCP flags. */
		if ((fragment & 0x1fff) == 1 && ip.protocol == IPPROTO_TCP)
			return DROP_FRAGMENT;
	}
	return 0;
}

inlined int parse_ipv6(struct __sk_buff *skb, struct packet *packet, __u32 offset, int strict)
{
	struct ipv6hdr ip;
	if (bpf_skb_load_bytes(skb, offset, &ip, sizeof(ip)) < 0 || ip.version != 6)
		return DROP_HEADER;
	if (strict && bpf_ntohs(ip.payload_len) > skb->len - offset - sizeof(ip))
		return DROP_HEADER;
	__builtin_memcpy(&packet->source, &ip.saddr, 16);
	__builtin_memcpy(&packet->destination, &ip.daddr, 16);
	/* On the wire they would alias IPv4 in every table. */
	if (is_mapped_ipv4(&packet->source) || is_mapped_ipv4(&packet->destination))
		return DROP_SPOOFED;
	packet->family = 6;
	__u8 next = ip.nexthdr;
	__u32 at = offset + sizeof(ip);
#pragma clang loop unroll(full)
	for (int i = 0; i <= MAX_EXTENSIONS; i++) {
		__u8 header[8];
		int known = next == IPPROTO_HOPOPTS || next == IPPROTO_DSTOPTS || next == IPPROTO_ROUTING
			|| next == IPPROTO_FRAGMENT || next == IPPROTO_AH;
		if (!known || packet->fragment == LATER_FRAGMENT)
			break;
		if (i == MAX_EXTENSIONS)
			return DROP_IPV6_EXTENSIONS;
		if (bpf_skb_load_bytes(skb, at, header, sizeof(header)) < 0)
			return DROP_HEADER;
		if (next == IPPROTO_ROUTING && header[2] == 0)
			return DROP_IPV6_EXTENSIONS;
		if (next == IPPROTO_FRAGMENT) {
			__u16 field = header[2] << 8 | header[3];
			__builtin_memcpy(&packet->fragment_id, header + 4, 4);
			/* An atomic fragment (RFC 6946) is a whole packet. */
			if (field & 0xfff9)
				packet->fragment = field & 0xfff8 ? LATER_FRAGMENT : FIRST_FRAGMENT;
			at += 8;
		} else if (next == IPPROTO_AH) {
			at += (header[1] + 2) * 4;
		} else {
			at += (header[1] + 1) * 8;
		}
		next = header[0];
	}
	packet->protocol = next;
	packet->payload = at;
	return 0;
}

inlined int parse_ip(struct __sk_buff *skb, struct packet *packet, __u32 offset, int ipv6, int strict)
{
	return ipv6 ? parse_ipv6(skb, packet, offset, strict) : parse_ipv4(skb, packet, offset, strict);
}

/* The ports of a later fragment come from its first one; a first one leaves them behind. */
inlined int parse_fragment(struct __sk_buff *skb, struct packet *packet, __u64 now)
{
	struct fragment_key key = { .id = packet->fragment_id, .network = packet->network,
		.protocol = packet->protocol, .family = packet->family };
	key.source = packet->source;
	key.destination = packet->destination;
	struct fragment *known = bpf_map_lookup_elem(&fragments, &key);
	int fresh = known && now - known->seen < 30000000000ull; /* net.ipv4.ipfrag_time */
	if (packet->fragment == LATER_FRAGMENT) {
		if (!fresh)
			return DROP_FRAGMENT;
		packet->source_port = known->source_port;
		packet->destination_port = known->destination_port;
		packet->icmp_type = known->icmp_type;
		return 0;
	}
	int reason = parse_transport(skb, packet);
	if (reason)
		return reason;
	if (packet->icmp_error)
		return DROP_FRAGMENT; /* an error is short; a fragmented one only hides what it speaks of */
	/* Two beginnings of one datagram: the tail could then be claimed by whichever flow suits. */
	if (fresh && (known->source_port != packet->source_port || known->destination_port != packet->destination_port))
		return DROP_FRAGMENT;
	struct fragment first = { .seen = now, .source_port = packet->source_port,
		.destination_port = packet->destination_port, .icmp_type = packet->icmp_type };
	bpf_map_update_elem(&fragments, &key, &first, BPF_ANY);
	return 0;
}

/* An ICMP error becomes a packet of the flow that it speaks of, going the way the error goes. */
inlined int follow_error(struct __sk_buff *skb, struct packet *packet)
{
	struct packet inner = {};
	int reason = parse_ip(skb, &inner, packet->payload + 8, packet->family == 6, 0);
	if (reason)
		return reason;
	/* It must go to the sender of what it quotes, or it would open a way to somebody else. */
	if (inner.fragment == LATER_FRAGMENT || !same_address(&inner.source, &packet->destination))
		return DROP_UNRELATED;
	if (inner.protocol == IPPROTO_TCP || inner.protocol == IPPROTO_UDP || inner.protocol == IPPROTO_SCTP
		|| inner.protocol == IPPROTO_UDPLITE) {
		__be16 port[2];
		if (bpf_skb_load_bytes(skb, inner.payload, port, sizeof(port)) < 0)
			return DROP_HEADER;
		packet->source_port = port[1];
		packet->destination_port = port[0];
	} else if (inner.protocol == IPPROTO_ICMP || inner.protocol == ICMPV6) {
		struct { __u8 type, code; __be16 checksum, identifier; } icmp;
		if (bpf_skb_load_bytes(skb, inner.payload, &icmp, 6) < 0)
			return DROP_HEADER;
		int echo = icmp.type == 8 || icmp.type == 0 || icmp.type == 128 || icmp.type == 129;
		packet->source_port = packet->destination_port = echo ? icmp.identifier : 0;
	}
	packet->source = inner.destination;
	packet->protocol = inner.protocol;
	return 0;
}
