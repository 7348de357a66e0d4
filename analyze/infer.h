/* What the files that read hidden records share. */
#ifndef TLSWHY_INFER_H
#define TLSWHY_INFER_H

#include "handshake.h"

/* A record that must be an alert by its length and place. */
void add_hidden_alert(struct handshake *h, enum side from, const struct record_fact *r);

/* More records of application data, the last of them at `mark`. */
void add_data(struct handshake *h, enum side side, uint64_t records, struct mark mark);

/* infer_datagram.c: DTLS 1.3 and QUIC. */
void infer_datagrams(struct handshake *h);

#endif
