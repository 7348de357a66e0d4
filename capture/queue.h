/* Events that wait to be fetched: a packet causes them, flows_next hands them out. */
#ifndef TLSWHY_QUEUE_H
#define TLSWHY_QUEUE_H

#include <stddef.h>

#include "capture.h"

struct held;

enum {
	/* One packet can end one flow, releasing two full directions with a hole before each segment. */
	QUEUE_MAX = 8192,
	/* Kept free for openings and ends: these must never be lost. */
	QUEUE_RESERVE = 64,
};

struct queued {
	struct capture_event event;
	struct held *held;	/* owns event.bytes; NULL if the packet does */
};

struct queue {
	struct queued *at;
	uint32_t first, count;
};

bool queue_init(struct queue *q);
void queue_free(struct queue *q);

/* False when there is no room for an event of this kind. */
bool queue_put(struct queue *q, const struct capture_event *event, struct held *held);

/* The next one, until queue_put is called; NULL when none waits. */
static inline const struct queued *queue_take(struct queue *q)
{
	return q->first < q->count ? &q->at[q->first++] : NULL;
}

static inline bool queue_is_empty(const struct queue *q)
{
	return q->first == q->count;
}

#endif
