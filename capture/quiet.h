/*
 * A connection that nobody wants to hear of any more, in less than a cache line: its packets are still
 * known as its own, and a new connection between the same ends as another one.
 */
#ifndef TLSWHY_QUIET_H
#define TLSWHY_QUIET_H

#include "packet.h"
#include "small.h"

struct flow;

struct quiet {
	uint8_t kind;
	uint8_t ip_len;
	bool finished[2];		/* by FIN, or RST of either */
	uint32_t touched[2];		/* time of the last packet */
	uint32_t hash[2];
	uint32_t stream;
	uint32_t base[2];		/* by side: sequence number of the first byte */
	uint32_t older, newer;		/* flow numbers, by when they were looked at */
	struct small_ends ends;		/* client, server */
};

/* `beside` is for IPv6, see small_pack. */
void quiet_pack(struct quiet *q, const struct flow *w, struct beside *beside);

int64_t quiet_touched(const struct quiet *q);
uint64_t quiet_hash(const struct quiet *q);

/* What a packet of TCP says to it. */
struct quiet_news {
	const struct ends *ends;
	uint32_t seq;
	uint8_t flags;
};

/* A SYN that begins another connection between the same ends. */
bool quiet_begins_anew(const struct quiet *q, const struct quiet_news *news);

void quiet_take(struct quiet *q, const struct quiet_news *news, int64_t now);

/* Both sides said that they are done, or one reset it. */
bool quiet_is_over(const struct quiet *q);

#endif
