/*
 * A glance at a frame: whether it is of the commonest shape, and whose packet it then is. Ethernet,
 * at most one VLAN tag, IPv4 without options or IPv6 without extension headers, not fragmented, and a
 * whole TCP header. Everything else takes the long way through decode().
 */
#ifndef TLSWHY_GLANCE_H
#define TLSWHY_GLANCE_H

#include "packet.h"

/* True only if decode() would find this very TCP packet. */
bool glance(const struct frame *frame, struct glance *out);

/* The packet, as decode() finds it. What does not concern a TCP packet is left as it was, and so are
 * the id of a VLAN that there is none of, SACK blocks beyond their count and the tunnel's name but for
 * its end. */
void glance_packet(const struct glance *g, const struct frame *frame, struct packet *out);

/* Who sent it, and to whom. */
void glance_ends(const struct glance *g, struct ends *out);

uint32_t glance_seq(const struct glance *g);
uint8_t glance_flags(const struct glance *g);

#endif
