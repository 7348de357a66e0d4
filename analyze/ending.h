/*
 * How an attempt ended: who stopped it, with what, at which point, and whether it had worked.
 */
#ifndef TLSWHY_ENDING_H
#define TLSWHY_ENDING_H

#include "handshake.h"

/* ending_read fills in *out, and marks echoes among the alerts of `h`. */
void ending_read(struct handshake *h, struct ending *out);

/* The connection never came up: no answer to the SYN, or answers that the client never took up. */
bool tcp_never_up(const struct flow_facts *flow);

/* What the client sent behind the ServerHello never arrived: nothing of it was acknowledged, however often
 * it was sent again. */
bool client_flight_never_arrived(const struct handshake *h);

/* How long a side of a QUIC connection went on sending Handshake packets, ns, and how many at least; 0 where
 * it sent none. Either drops their keys once the handshake is confirmed (RFC 9001 4.9.2). */
int64_t quic_handshake_span(const struct handshake *h, enum side side, uint32_t *count);

/* A QUIC client that repeats its Handshake packets has not had its Finished confirmed. */
bool quic_never_confirmed(const struct handshake *h);

/* The last step of the contract's list that was seen. */
enum step handshake_reached(const struct handshake *h);

/* A pause after which a side counts as stalled, ns. */
#define STALL_NS INT64_C(2500000000)

#endif
