/*
 * A connection that nobody wants to hear of any more, in less than a cache line: its packets are still
 * known as its own, and a new connection between the same ends as another one.
 */
#ifndef TLSWHY_QUIET_H
#define TLSWHY_QUIET_H

#include "packet.h"

struct flow;

struct quiet {
	int64_t touched;		/* time of the last packet */
	uint32_t stream;
	uint32_t base[2];		/* by side: sequence number of the first byte */
	uint32_t older, newer;		/* flow numbers, by when they were looked at */
	uint16_t port[2];
	bool finished[2];		/* by FIN, or RST of either */
	uint8_t ip_len;
	uint8_t ip[];			/* client, server: 4 or 16 bytes each */
};

/* Bytes of a record for addresses of this length. */
size_t quiet_size(uint8_t ip_len);

void quiet_pack(struct quiet *q, const struct flow *w);

struct address quiet_address(const struct quiet *q, enum side side);

/* The same two ends, either way round. */
bool quiet_joins(const struct quiet *q, const struct address *one, const struct address *two);

/* A SYN that begins another connection between the same ends. */
bool quiet_begins_anew(const struct quiet *q, const struct packet *p);

void quiet_take(struct quiet *q, const struct packet *p, int64_t now);

/* Both sides said that they are done, or one reset it. */
bool quiet_is_over(const struct quiet *q);

#endif
