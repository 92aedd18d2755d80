/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Every table of the splice and the shape of its rows. This is an ABI: Demilune.Node/Splice/Maps has the same structs,
 * and a test compares sizes and offsets. User space owns the desired tables (ports, addresses, prefixes, rules, classes,
 * chains, config) and writes each row whole; the kernel owns flows, opening, spliced, fragments and the stamps in pairs and learnt.
 *
 * Rows with `until` have two versions: [0] holds while `until` is the generation in config, [1] in every other. User space writes all rows of a change with
 * `until` = now, where nobody sees [1], then the next generation: one write that changes everything. It touches none of them again before every packet that
 * began under the former generation is through. A version that is all zeros, or says what would be found without the row, is of a row that is not (yet, or any more) there.
 *
 * Map definitions are plain data in section "maps" and need no BTF; the loader may enlarge or shrink max_entries.
 */
#pragma once
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

struct map_definition {
	__u32 type, key_size, value_size, max_entries, flags;
};
#define MAP(name, map_type, key, value, entries, map_flags) \
	struct map_definition name SEC("maps") = { map_type, key, value, entries, map_flags }

/* IPv4 is held as ::ffff:a.b.c.d, so that one table serves both families. */
union address {
	__u8 bytes[16];
	__u32 words[4];
};

enum direction { INGRESS = 0, EGRESS = 1 };

/* ---- desired state: written by user space, read here ---- */

enum port_kind { PORT_POD = 0, PORT_FIREWALL_IN = 1, PORT_FIREWALL_OUT = 2 };
enum port_flags {
	PORT_SECURITY = 1,
	PORT_UP = 2,
	PORT_LEARNS = 4, /* its policies speak of names: what name servers answer it goes to the agent first */
	PORT_SHAPED = 8, /* what it gets has to wait in the queue of its host side */
	PORT_APART = 16, /* the host's stack has no part in its network: to it the same addresses are somebody else's */
	PORT_EXISTS = 32, /* in every version that is of a port */
};

/* By the ifindex of the host side. An interface without a row forwards nothing. */
struct port {
	__u64 policy;  /* whose rules apply: struct rules_key.subject; no row there allows nothing */
	__u64 classes; /* struct rules_key.subject in "classes"; 0: none */
	__u64 pair;    /* firewall: its port pair */
	__u32 network;
	__u8 kind;
	__u8 flags;
	__u8 mac[6];
	__u16 router[2]; /* the domain of the router by which it leaves its network, IPv4 and IPv6; 0: none */
};
struct port_row {
	__u64 until;
	struct port version[2];
};
MAP(ports, BPF_MAP_TYPE_HASH, sizeof(__u32), sizeof(struct port_row), 4096, 0);

struct address_key {
	__u32 network;
	union address address;
};

enum address_flags {
	ADDRESS_STRAIGHT = 1, /* what a tunnel brings for it never goes by the host's stack */
};

/* Who an address is. Exact addresses come first, because a hash stays fast where a trie does not. */
struct owner {
	__u64 identity; /* which address sets it belongs to; 0: none */
	__u32 ifindex;  /* host side of the local port that owns it; 0: not here */
	__u8 mac[6];
	__u8 flags;
	__u8 pad[5];
};
struct address_row {
	__u64 until;
	struct owner version[2];
};
MAP(addresses, BPF_MAP_TYPE_HASH, sizeof(struct address_key), sizeof(struct address_row), 131072, BPF_F_NO_PREALLOC);

struct prefix_key {
	__u32 length; /* bits: 32 of the network, then those of the address */
	__u32 network;
	union address address;
};
struct prefix_row {
	__u64 until;
	__u64 identity[2];
};
MAP(prefixes, BPF_MAP_TYPE_LPM_TRIE, sizeof(struct prefix_key), sizeof(struct prefix_row), 65536, BPF_F_NO_PREALLOC);

/* What an address is to one pod, after a name server told it a name of that address. Comes before the tables above. */
struct learnt_key {
	__u32 ifindex; /* host side of the pod's port */
	union address address;
};
struct told {
	__u64 identity; /* 0: it is to the pod what it is to all others */
	__u64 expires;  /* bpf_ktime_get_ns; then it allows no new flow. Those that live go on */
};
struct learnt_row {
	__u64 until;
	struct told version[2];
	__u64 used; /* stamped here, within 5 s, while a flow lives: user space keeps the row as long as one may */
};
MAP(learnt, BPF_MAP_TYPE_HASH, sizeof(struct learnt_key), sizeof(struct learnt_row), 65536, BPF_F_NO_PREALLOC);

/* Who learns names. Stamped by the agent while it listens: without one, answers go straight and nothing is learnt. */
struct listener {
	__u64 until; /* bpf_ktime_get_ns */
	__u32 ifindex; /* of the interface whose other end it reads */
	__u32 pad;
};
MAP(listener, BPF_MAP_TYPE_ARRAY, sizeof(__u32), sizeof(struct listener), 1, 0);

/* Rows are addressed by content: a key's row never changes, it only comes and goes. So a change can never be seen half. */
struct rules_key {
	__u64 subject;  /* policy or classes */
	__u64 identity; /* of the remote side; 0: of anybody */
	__u8 direction;
	__u8 family; /* 4 or 6 */
	__u16 page;
	__u8 pad[4];
};

#define RULES_PER_PAGE 16
#define MAX_PAGES 8 /* 128 rules for one peer after merging ranges; user space refuses more, aloud */

struct rule {
	__u8 protocol_min, protocol_max;
	__u16 port_min, port_max; /* destination port or ICMP type, host order */
};
struct rules {
	__u8 count;
	__u8 more; /* the next page exists */
	struct rule rule[RULES_PER_PAGE];
};
MAP(rules, BPF_MAP_TYPE_HASH, sizeof(struct rules_key), sizeof(struct rules), 131072, BPF_F_NO_PREALLOC);

/* When no firewall is alive. */
enum on_failure {
	ON_FAILURE_CLOSED = 0,
	ON_FAILURE_OPEN = 1,
	ON_FAILURE_CLOSED_FOR_NEW = 2, /* who was connected may finish, uninspected; nobody else comes in */
};

struct class {
	__u64 chain;
	__u16 tag;
	__u16 source_min, source_max;
	__u16 port_min, port_max;
	__u8 protocol;
	__u8 on_failure;
	__u8 pad[4];
};
struct classes {
	__u8 count;
	__u8 more;
	__u8 pad[6];
	struct class class[RULES_PER_PAGE];
};
MAP(classes, BPF_MAP_TYPE_HASH, sizeof(struct rules_key), sizeof(struct classes), 65536, BPF_F_NO_PREALLOC);

#define MAX_PAIRS 16
struct chain {
	__u32 count;
	__u32 pad;
	__u64 pair[MAX_PAIRS];
};
struct chain_row {
	__u64 until;
	struct chain version[2];
};
MAP(chains, BPF_MAP_TYPE_HASH, sizeof(__u64), sizeof(struct chain_row), 1024, BPF_F_NO_PREALLOC);

struct config {
	__u64 generation; /* of the desired state, 0: there never was one. Flows judged under another one are judged again */
};
MAP(config, BPF_MAP_TYPE_ARRAY, sizeof(__u32), sizeof(struct config), 1, 0);

/* ---- the overlay: what is on other nodes is reached through tunnels. Without one all three are empty ---- */

struct overlay {
	union address node; /* this node's end of every tunnel */
	__u32 ifindex;      /* of the tunnels' interface; 0: it could not be made, and what is for other nodes is dropped */
	__u32 on;           /* 0: there is no overlay */
};
MAP(overlay, BPF_MAP_TYPE_ARRAY, sizeof(__u32), sizeof(struct overlay), 1, 0);

/* The node at which an address is: its pods' and its own, this node's own too. Where what is for it goes, and who alone may bring what is from it. */
struct remote {
	union address node;
};
MAP(remotes, BPF_MAP_TYPE_HASH, sizeof(struct address_key), sizeof(struct remote), 131072, BPF_F_NO_PREALLOC);

/* Addresses of pods, wherever they are → their network. The host has one routing table, so these keys are all of network 0. */
MAP(tunnelled, BPF_MAP_TYPE_LPM_TRIE, sizeof(struct prefix_key), sizeof(__u32), 64, BPF_F_NO_PREALLOC);

/* ---- routers: see routers.h ---- */

/* What a router knows beyond the addresses in its domain. The keys' network is the domain. */
struct route {
	/* The next hop, an address of the domain; 0.0.0.0 or ::, who is meant would be in the domain, so nobody is; the other family's: the router leads nowhere. */
	union address via;
};
MAP(routes, BPF_MAP_TYPE_LPM_TRIE, sizeof(struct prefix_key), sizeof(struct route), 4096, BPF_F_NO_PREALLOC);

/* ---- port pairs: configured by user space, stamped here ---- */

enum pair_flags {
	PAIR_PLAIN_FRAMES = 1, /* an engine that wants frames as from a cable: no super-frames, checksums filled in */
};

struct pair {
	__u64 last_in, last_out; /* bpf_ktime_get_ns of the last heartbeat by "in" and by "out"; 0: never */
	__u64 deadline;          /* ns */
	__u32 in_ifindex, out_ifindex;
	__u32 instance;    /* as the last heartbeat told it */
	__u32 incarnation; /* grows when the engine behind the pair is another one: it knows none of the old flows */
	__u32 flags;
	__u32 pad;
};
MAP(pairs, BPF_MAP_TYPE_HASH, sizeof(__u64), sizeof(struct pair), 1024, 0);

struct pair_counters {
	__u64 to_in, from_out, to_out, from_in;
	__u64 dropped_closed, passed_open;
	__u64 flows;
	__u64 heartbeats;
};
MAP(pair_counters, BPF_MAP_TYPE_PERCPU_HASH, sizeof(__u64), sizeof(struct pair_counters), 1024, 0);

/* ---- flows: owned by the kernel ---- */

/* The same for both directions: "low" is the smaller (address, port). Ports in network order. */
struct flow_key {
	union address low, high;
	__be16 low_port, high_port;
	__u16 network;
	__u8 protocol;
	__u8 family;
};

enum flow_state { FLOW_OPENING, FLOW_ANSWERED, FLOW_ESTABLISHED, FLOW_CLOSING, FLOW_CLOSED };
enum flow_flags {
	FLOW_OPENER_IS_LOW = 1,
	FLOW_SPLICED = 2,     /* goes through a firewall */
	FLOW_BYPASSED = 4,    /* … which has released it */
	FLOW_DROPPED = 8,     /* … which has condemned it */
	FLOW_UNINSPECTED = 16, /* its firewall was not alive and the policy is OPEN; never spliced any more */
	FLOW_FROM_HOST = 32,  /* opened by the node itself: probes */
	FLOW_OPENER_FIN = 64,
	FLOW_ACCEPTOR_FIN = 128,
};

enum flow_traits {
	FLOW_NAMED = 1,           /* its acceptor is who it is to the opener by a learnt name */
	FLOW_ANSWERS = 2,         /* a name server's answers: to be learnt from before the opener gets them */
	FLOW_OPENER_SHAPED = 4,   /* what goes to it waits in its interface's queue */
	FLOW_ACCEPTOR_SHAPED = 8,
	FLOW_TUNNELLED = 16,      /* one end is behind a tunnel, and the host's stack has no part in it */
	FLOW_CUT = 32,            /* it has outlived its permission, and is remembered as it was opened */
};

struct flow {
	__u64 last_seen; /* ns */
	__u64 serial;    /* flow id in the low 32 bits, epoch in the 16 above; 0: never spliced */
	__u64 chain, pair;
	__u64 packets[2]; /* [0] from the opener */
	__u64 generation;
	__u32 sequence;       /* of the opener's SYN */
	__u32 ifindex[2];     /* host side of opener [0] and acceptor [1]; 0: beyond the host's stack */
	__u32 opener_port;    /* whose egress policy applies; differs from ifindex[0] where the host's stack translated */
	__u32 incarnation;    /* of the pair when the flow was opened */
	__u8 mac[2][6];
	__u16 tag;
	__u8 state;
	__u8 flags;
	__be16 opener_service; /* destination port or ICMP type that the opener asked for, as judged */
	__u8 traits;
	__u8 on_failure; /* of those who judge it */
};

/* Flows that nobody has answered yet live apart: a flood of them evicts each other and no established flow. */
MAP(opening, BPF_MAP_TYPE_LRU_HASH, sizeof(struct flow_key), sizeof(struct flow), 65536, 0);
MAP(flows, BPF_MAP_TYPE_LRU_HASH, sizeof(struct flow_key), sizeof(struct flow), 262144, 0);

/* Flow id → flow, for verdicts, and so that an id is not given twice while its flow lives. */
MAP(spliced, BPF_MAP_TYPE_LRU_HASH, sizeof(__u32), sizeof(struct flow_key), 131072, 0);

/* [0] the last serial given; user space seeds it so that two sets of maps never speak of the same epoch. */
MAP(serials, BPF_MAP_TYPE_ARRAY, sizeof(__u32), sizeof(__u64), 1, 0);

/* Ports of a datagram whose first fragment has passed, for the later ones. */
struct fragment_key {
	union address source, destination;
	__u32 id;
	__u16 network;
	__u8 protocol;
	__u8 family;
};
struct fragment {
	__u64 seen; /* ns */
	__be16 source_port, destination_port;
	__u8 icmp_type;
	__u8 pad[3];
};
MAP(fragments, BPF_MAP_TYPE_LRU_HASH, sizeof(struct fragment_key), sizeof(struct fragment), 8192, 0);

/* ---- what is told ---- */

/* The order is the ABI: Demilune.Node/Splice/Maps/Counter.cs. From MALFORMED_HEADER on, the name is the reason of a drop. */
enum counter {
	FLOWS_DIRECT,
	FLOWS_SPLICED,
	FLOWS_DENIED,
	PACKETS_DIRECT,
	PACKETS_SPLICED,
	PACKETS_BYPASSED,
	PACKETS_OPEN,          /* uninspected, because policy says so */
	EVENTS_LOST,
	DROP_HEADER,           /* truncated or contradicting itself */
	DROP_ETHERTYPE,        /* neither IPv4, IPv6 nor ARP; or tagged */
	DROP_IPV4_OPTIONS,     /* source routes and router alerts have no business here */
	DROP_IPV6_EXTENSIONS,  /* more than MAX_EXTENSIONS, or a routing header type 0 (RFC 5095) */
	DROP_FRAGMENT,         /* the first one is unknown, too short (RFC 1858), or contradicts an earlier one */
	DROP_SPOOFED,
	DROP_MULTICAST,        /* not carried */
	DROP_NO_PORT,          /* interface without a port, or the port is down */
	DROP_EGRESS,           /* the source's security groups */
	DROP_INGRESS,          /* the destination's security groups */
	DROP_UNTRACKED,        /* in the middle of a connection that is not known and may not be picked up */
	DROP_UNRELATED,        /* an ICMP error about no flow of ours */
	DROP_CUT,              /* a connection that outlived its permission, or whose inspection cannot begin midway */
	DROP_VERDICT,          /* the firewall condemned the flow */
	DROP_CLOSED,           /* no firewall alive and the policy is CLOSED */
	DROP_FORGED,           /* from a firewall: not a frame of a flow it was given */
	DROP_FULL,             /* a table refused the flow */
	DROP_UNREACHABLE,      /* no node is known to have the destination */
	DROP_TUNNEL,           /* came through a tunnel from another node than its source's, or for nobody here */
	DROP_NO_ROUTE,         /* to another network, to which no router leads */
	DROP_HOPS,             /* may pass no further router */
	COUNTERS,
};
MAP(counters, BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(__u32), sizeof(__u64), COUNTERS, 0);

enum event_kind { EVENT_NEW = 0, EVENT_CLOSE = 1 };
enum event_verdict { EVENT_DIRECT, EVENT_SPLICED, EVENT_DENIED, EVENT_BYPASSED, EVENT_OPEN };

struct event {
	__u64 time; /* ns, CLOCK_MONOTONIC */
	union address source, destination; /* source is the opener */
	__be16 source_port, destination_port;
	__u16 network;
	__u16 tag;
	__u8 kind, verdict, protocol, reason; /* reason: enum counter when denied, else 0 */
	__u32 pad;
	__u64 packets[2];
};
MAP(events, BPF_MAP_TYPE_RINGBUF, 0, 0, 1048576, 0);
