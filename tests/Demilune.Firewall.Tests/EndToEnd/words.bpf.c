// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/*
 * The least of a splice that a firewall's tests need, without pods or policies: on egress of either peer the flow's
 * words go into the Ethernet addresses and the policy's tag on top; on ingress all of that is taken off again.
 * The flow id is the client's port, the network 1, the epoch 7, the tag 42.
 *
 *   clang -O2 -target bpf -c words.bpf.c -o words.bpf.o     (words.bpf.o is kept beside this file)
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define NETWORK 1
#define EPOCH 7
#define TAG 42

static __always_inline int wrap(struct __sk_buff *skb, int port_offset)
{
    unsigned char addresses[12] = { 0x02, 0xd1, 0, 0, 0, 0, 0x02, 0xd1, 0, NETWORK, 0, EPOCH };
    unsigned char version;
    int ports;

    if (skb->protocol != bpf_htons(ETH_P_IP) && skb->protocol != bpf_htons(ETH_P_IPV6))
        return TC_ACT_OK;
    if (bpf_skb_load_bytes(skb, ETH_HLEN, &version, 1))
        return TC_ACT_SHOT;
    ports = ETH_HLEN + ((version >> 4) == 6 ? 40 : (version & 15) * 4);
    if (bpf_skb_load_bytes(skb, ports + port_offset, addresses + 4, 2))
        return TC_ACT_SHOT;
    if (bpf_skb_store_bytes(skb, 0, addresses, sizeof(addresses), 0))
        return TC_ACT_SHOT;
    if (bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), TAG))
        return TC_ACT_SHOT;
    return TC_ACT_OK;
}

SEC("classifier/client")
int client(struct __sk_buff *skb)
{
    return wrap(skb, 0);
}

SEC("classifier/server")
int server(struct __sk_buff *skb)
{
    return wrap(skb, 2);
}

SEC("classifier/unwrap")
int unwrap(struct __sk_buff *skb)
{
    if (skb->protocol == bpf_htons(0x88b5))
        return TC_ACT_SHOT;
    if (!skb->vlan_present)
        return TC_ACT_OK;
    if ((skb->vlan_tci & 0xfff) != TAG || bpf_skb_vlan_pop(skb))
        return TC_ACT_SHOT;
    // The address is the flow's, not the peer's; the bytes inside are for it all the same.
    bpf_skb_change_type(skb, 0 /* PACKET_HOST */);
    return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
