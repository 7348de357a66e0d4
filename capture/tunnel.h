/*
 * What tunnel.c and udp_tunnel.c share.
 */
#ifndef TLSWHY_TUNNEL_H
#define TLSWHY_TUNNEL_H

#include "descent.h"

/* The "next protocol" numbers of NSH (RFC 8300 2.2), which VXLAN-GPE uses as well. */
enum found take_next_protocol(struct descent *d, uint8_t protocol, struct reader r);

/* What follows the session id of L2TPv3 (RFC 3931 4.1). */
enum found take_l2tp_session(struct descent *d, struct reader r);

#endif
