/*
 * What is remembered of flows that are over: that they were, and their stream number. Late packets
 * of a finished connection are no new one, and a connection that spoke again after its time-out
 * keeps the number that Wireshark gives it. A fixed size: the oldest of four makes room.
 */
#ifndef TLSWHY_PAST_H
#define TLSWHY_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAST_WAYS = 4 };

struct past_flow {
	uint64_t hash;		/* 0: empty */
	uint32_t stream;
	uint32_t when;		/* capture seconds << 1 | finished */
};

struct past {
	struct past_flow *at;
	uint32_t mask;		/* buckets - 1 */
};

/* past_init: about `bytes` of it. False without memory. */
bool past_init(struct past *p, size_t bytes);
void past_free(struct past *p);
size_t past_bytes(const struct past *p);

void past_note(struct past *p, uint64_t hash, uint32_t stream, bool finished, int64_t time);

/* NULL if it is not remembered. */
const struct past_flow *past_find(const struct past *p, uint64_t hash);

/* Whether it had ended by FIN or RST, less than `seconds` before. */
bool past_finished(const struct past_flow *flow, int64_t time, uint32_t seconds);

#endif
