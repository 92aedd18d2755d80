/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * ARP and neighbour discovery: the gateway answers for every address but the asker's own, because everything a pod can reach
 * is behind it. Pods of ours have permanent neighbours; this is for the containers that flush theirs.
 */
#pragma once
#include "packet.h"

#define ARPOP_REQUEST 1
#define ARPOP_REPLY 2

/* Of the host side of every pod's interface; the agent sets it. */
#define GATEWAY_MAC { 0xee, 0xee, 0xee, 0xee, 0xee, 0xee }

struct arp_packet {
	__be16 hardware, protocol;
	__u8 hardware_length, protocol_length;
	__be16 operation;
	__u8 sender_mac[6];
	__be32 sender;
	__u8 target_mac[6];
	__be32 target;
} __attribute__((packed));

/* Sends the (rewritten) frame back where it came from. */
inlined int bounce(struct __sk_buff *skb)
{
	__u8 gateway[6] = GATEWAY_MAC, asker[6];
	if (bpf_skb_load_bytes(skb, 6, asker, 6) < 0 || bpf_skb_store_bytes(skb, 0, asker, 6, 0) < 0
		|| bpf_skb_store_bytes(skb, 6, gateway, 6, 0) < 0)
		return drop(DROP_HEADER);
	return bpf_redirect(skb->ifindex, 0);
}

inlined int answer_arp(struct __sk_buff *skb, const struct port *port)
{
	struct arp_packet arp;
	__u8 gateway[6] = GATEWAY_MAC;
	if (bpf_skb_load_bytes(skb, ETHERNET_LENGTH, &arp, sizeof(arp)) < 0 || arp.hardware != bpf_htons(1)
		|| arp.protocol != bpf_htons(ETH_P_IP) || arp.hardware_length != 6 || arp.protocol_length != 4)
		return drop(DROP_HEADER);
	/* A probe or announcement of its own address (RFC 5227) gets no answer: nobody else may have it. */
	if (arp.operation != bpf_htons(ARPOP_REQUEST) || arp.sender == arp.target || !arp.sender)
		return TC_ACT_SHOT;
	__be32 asker = arp.sender;
	arp.operation = bpf_htons(ARPOP_REPLY);
	__builtin_memcpy(arp.target_mac, arp.sender_mac, 6);
	__builtin_memcpy(arp.sender_mac, gateway, 6);
	arp.sender = arp.target;
	arp.target = asker;
	if (bpf_skb_store_bytes(skb, ETHERNET_LENGTH, &arp, sizeof(arp), 0) < 0)
		return drop(DROP_HEADER);
	return bounce(skb);
}

struct neighbour_message {
	__u8 type, code;
	__be16 checksum;
	__be32 flags;
	union address target;
	__u8 option, option_length;
	__u8 mac[6];
} __attribute__((packed));

/* RFC 4861 §4.3, §4.4. The caller has seen ICMPv6 type 133–137 right behind the fixed header. */
inlined int answer_neighbour(struct __sk_buff *skb, const struct packet *packet)
{
	struct { union address source, destination; __be32 length, protocol; } pseudo = {};
	struct neighbour_message message = {};
	__u8 gateway[6] = GATEWAY_MAC;
	__u32 at = ETHERNET_LENGTH + sizeof(struct ipv6hdr);
	/* Solicitations only; and not of duplicate address detection: nobody else may have it. */
	if (packet->icmp_type != 135 || packet->payload != at || !packet->source.words[0])
		return TC_ACT_SHOT;
	/* A unicast probe may come without our option, and is answered without one (§4.4). */
	__u32 length = skb->len >= at + 32 ? 32 : 24;
	if (length == 32 ? bpf_skb_load_bytes(skb, at, &message, 32) < 0 : bpf_skb_load_bytes(skb, at, &message, 24) < 0)
		return drop(DROP_HEADER);
	message.type = 136;
	message.code = 0;
	message.checksum = 0;
	message.flags = bpf_htonl(0x60000000); /* solicited, override */
	if (length == 32) {
		message.option = 2; /* target link-layer address */
		message.option_length = 1;
		__builtin_memcpy(message.mac, gateway, 6);
	}
	pseudo.source = message.target;
	pseudo.destination = packet->source;
	pseudo.length = bpf_htonl(length);
	pseudo.protocol = bpf_htonl(ICMPV6);
	__u64 sum = bpf_csum_diff(0, 0, (__be32 *)&pseudo, sizeof(pseudo), 0);
	sum = bpf_csum_diff(0, 0, (__be32 *)&message, 32, sum); /* zeros behind a short message add nothing */
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	message.checksum = ~sum;
	__be16 payload_length = bpf_htons(length);
	__u8 hops = 255;
	if (bpf_skb_store_bytes(skb, ETHERNET_LENGTH + 4, &payload_length, 2, 0) < 0
		|| bpf_skb_store_bytes(skb, ETHERNET_LENGTH + 7, &hops, 1, 0) < 0
		|| bpf_skb_store_bytes(skb, ETHERNET_LENGTH + 8, &message.target, 16, 0) < 0
		|| bpf_skb_store_bytes(skb, ETHERNET_LENGTH + 24, &packet->source, 16, 0) < 0
		|| (length == 32 ? bpf_skb_store_bytes(skb, at, &message, 32, 0) : bpf_skb_store_bytes(skb, at, &message, 24, 0)) < 0)
		return drop(DROP_HEADER);
	return bounce(skb);
}
