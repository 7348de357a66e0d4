#include "queue.h"

#include <stdlib.h>

bool queue_init(struct queue *q)
{
	*q = (struct queue){ .at = calloc(QUEUE_MAX, sizeof(*q->at)) };
	return q->at != NULL;
}

void queue_free(struct queue *q)
{
	free(q->at);
	q->at = NULL;
}

bool queue_put(struct queue *q, const struct capture_event *event, struct held *held)
{
	bool vital = event->kind == FLOW_OPENED || event->kind == FLOW_OVER;

	if (queue_is_empty(q))
		q->first = q->count = 0;
	if (q->count >= (vital ? QUEUE_MAX : QUEUE_MAX - QUEUE_RESERVE))
		return false;
	q->at[q->count++] = (struct queued){ .event = *event, .held = held };
	return true;
}
