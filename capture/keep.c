#include "keep.h"

#include <stdlib.h>
#include <string.h>

enum {
	/* A handshake with long chains both ways and its retransmissions. */
	FLOW_BYTES_MAX = 128 * 1024,
	FLOWS_FIRST = 1024
};

/* One flow's frames, and its place among the flows by the time of their first ones. */
struct kept_flow {
	struct kept_list frames;
	uint32_t older, newer;
	bool given_up;		/* made room: what would come now has no beginning */
};

struct keep {
	struct kept_flow *flows;	/* by flow number */
	uint32_t room;
	uint32_t oldest, newest;	/* NO_FLOW if there are none */
	size_t bytes, limit;
};

struct keep *keep_new(size_t memory)
{
	struct keep *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->limit = memory;
	k->oldest = k->newest = NO_FLOW;
	return k;
}

void keep_free(struct keep *k)
{
	while (k && k->oldest != NO_FLOW)
		keep_drop(k, k->oldest);
	if (k)
		free(k->flows);
	free(k);
}

static bool grow(struct keep *k, uint32_t flow)
{
	uint32_t room = k->room ? k->room : FLOWS_FIRST;
	struct kept_flow *flows;

	while (room <= flow)
		room *= 2;
	if (room == k->room)
		return true;
	flows = realloc(k->flows, room * sizeof(*flows));
	if (!flows)
		return false;
	memset(flows + k->room, 0, (room - k->room) * sizeof(*flows));
	k->bytes += (room - k->room) * sizeof(*flows);
	k->flows = flows;
	k->room = room;
	return true;
}

static void append(struct keep *k, uint32_t flow)
{
	struct kept_flow *w = &k->flows[flow];

	w->older = k->newest;
	w->newer = NO_FLOW;
	if (k->newest != NO_FLOW)
		k->flows[k->newest].newer = flow;
	else
		k->oldest = flow;
	k->newest = flow;
}

static void unlink_flow(struct keep *k, const struct kept_flow *w)
{
	if (w->older != NO_FLOW)
		k->flows[w->older].newer = w->newer;
	else
		k->oldest = w->newer;
	if (w->newer != NO_FLOW)
		k->flows[w->newer].older = w->older;
	else
		k->newest = w->older;
}

void keep_drop(struct keep *k, uint32_t flow)
{
	struct kept_flow *w;

	if (flow >= k->room)
		return;
	w = &k->flows[flow];
	if (w->frames.first)
		unlink_flow(k, w);
	k->bytes -= w->frames.bytes;
	kept_free(&w->frames);
	*w = (struct kept_flow){ 0 };
}

static void make_room(struct keep *k, size_t bytes)
{
	while (k->oldest != NO_FLOW && k->bytes + bytes > k->limit) {
		uint32_t oldest = k->oldest;

		keep_drop(k, oldest);
		k->flows[oldest].given_up = true;
	}
}

void keep_frame(struct keep *k, uint32_t flow, const struct frame *frame)
{
	size_t bytes = kept_size(frame);
	struct kept_flow *w;
	bool first;

	if (!grow(k, flow))
		return;
	make_room(k, bytes);
	w = &k->flows[flow];
	if (w->given_up || w->frames.bytes + bytes > FLOW_BYTES_MAX)
		return;
	first = !w->frames.first;
	if (!kept_add(&w->frames, frame))
		return;
	if (first)
		append(k, flow);
	k->bytes += bytes;
}

const struct kept *keep_of(const struct keep *k, uint32_t flow)
{
	return flow < k->room ? k->flows[flow].frames.first : NULL;
}
