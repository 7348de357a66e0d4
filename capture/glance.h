/*
 * A glance at a frame: whether it is of the commonest shape, and whose packet it then is. Ethernet,
 * at most one VLAN tag, IPv4 without options or IPv6 without extension headers, not fragmented, and a
 * whole TCP header. Everything else takes the long way through decode().
 */
#ifndef TLSWHY_GLANCE_H
#define TLSWHY_GLANCE_H

#include "hash.h"
#include "packet.h"

struct glance {
	const uint8_t *ip, *tcp;	/* their headers, whole, in the frame */
	uint8_t ip_len;			/* of an address: 4 or 16 */
};

/* True only if decode() would find this very TCP packet. */
bool glance(const struct frame *frame, struct glance *out);

/* hash_flow() of the packet's flow. */
uint64_t glance_hash(const struct glance *g, const struct capture_key *key);

#endif
