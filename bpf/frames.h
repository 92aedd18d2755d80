/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What stands in the Ethernet header of a frame on its way through a firewall, and the control frames that come back.
 * The C# side, with the whole contract in words, is Demilune.Contracts/Frames/SpliceFrame.cs; a test compares the two.
 */
#pragma once
#include <linux/types.h>

#define FRAME_ADDRESS_PREFIX 0x02d1
#define FRAME_CONTROL_ETHERTYPE 0x88b5
#define FRAME_CONTROL_LENGTH 60

/* A held answer on its way to the agent and back: whose it is stands in the destination address. */
#define HELD_ADDRESS_PREFIX 0x02d2
struct held_address {
	__be16 prefix;
	__be32 ifindex; /* host side of the pod */
} __attribute__((packed));

enum control_type { CONTROL_HEARTBEAT = 1, CONTROL_VERDICT = 2, CONTROL_PROBE = 3 };
enum control_verdict { VERDICT_NONE = 0, VERDICT_BYPASS = 1, VERDICT_DROP = 2 };

/* The two Ethernet addresses of a data frame; big-endian throughout. */
struct frame_words {
	__be16 destination_prefix;
	__be32 flow_id;
	__be16 source_prefix;
	__be16 network;
	__be16 epoch;
} __attribute__((packed));

/* What follows the ethertype of a control frame. */
struct control {
	__u8 type;
	__u8 verdict;
	__u8 zero[2];
	__be32 flow_id; /* heartbeat: the engine's instance, see struct pair */
	__be16 epoch;
} __attribute__((packed));
