/* One reader of several: its share of the input, attempt by attempt, into batches. */
#include <stdlib.h>
#include <string.h>

#include "../must.h"
#include "crew.h"
#include "reading.h"

enum {
	PACKETS_A_BATCH = 1 << 16	/* then it says how far it is, though nothing ended */
};

static struct batch *new_batch(struct workers *w)
{
	struct batch *b;

	pthread_mutex_lock(&w->lock);
	b = w->free;
	if (b)
		w->free = b->next;
	pthread_mutex_unlock(&w->lock);
	if (!b)
		b = must(malloc(sizeof(*b)));
	b->next = NULL;
	b->count = b->given = 0;
	return b;
}

/* Waits while the taker is too far behind, unless nobody takes any more. */
static void hand_over(struct workers *w, struct unit *u, struct batch *b, struct capture *capture)
{
	b->stats = *capture_stats(capture);
	b->progress = capture_progress(capture);
	pthread_mutex_lock(&w->lock);
	if (w->shares > 1)
		capture_streams_tell(capture, w->streams[u - w->units]);
	while (u->waiting >= BATCHES_AHEAD && !w->stopping)
		pthread_cond_wait(&w->room, &w->lock);
	*(u->last ? &u->last->next : &u->first) = b;
	u->last = b;
	u->waiting++;
	pthread_cond_signal(&w->arrived);
	pthread_mutex_unlock(&w->lock);
}

static void take_spares(struct worker *me)
{
	struct handshake *spare[BATCH];
	size_t count;

	pthread_mutex_lock(&me->all->lock);
	count = me->all->spare_count;
	memcpy(spare, me->all->spare, count * sizeof(*spare));
	me->all->spare_count = 0;
	pthread_mutex_unlock(&me->all->lock);
	while (count)
		conversations_reuse(me->conversations, spare[--count]);
}

static struct batch *send_batch(struct worker *me, struct unit *u, struct batch *b, struct capture *capture)
{
	hand_over(me->all, u, b, capture);
	take_spares(me);
	return new_batch(me->all);
}

/* What ended goes into batches, and they to the taker; returns the one that is begun. */
static struct batch *collect(struct worker *me, struct unit *u, struct batch *b, struct capture *capture)
{
	while (conversations_next(me->conversations, &b->at[b->count]))
		if (++b->count == BATCH)
			b = send_batch(me, u, b, capture);
	return b;
}

static void note_end(struct unit *u, const struct capture *capture, enum capture_result result)
{
	u->opened = true;
	if (result == CAPTURE_DAMAGED)
		snprintf(u->problem, sizeof(u->problem), "%s", capture_problem(capture));
}

static void read_capture(struct worker *me, struct unit *u, struct capture *capture)
{
	struct batch *b = new_batch(me->all);
	uint64_t sent = 0, patience = me->all->relay ? 1 : PACKETS_A_BATCH;
	unsigned events = 0;
	struct capture_event event;
	enum capture_result got;

	conversations_input(me->conversations, u->input, u->path);
	while ((got = capture_next(capture, &event)) == CAPTURE_EVENT || got == CAPTURE_IDLE) {
		if (got == CAPTURE_EVENT) {
			reading_take(capture, me->conversations, &event);
			b = collect(me, u, b, capture);
		}
		if (got == CAPTURE_EVENT && ++events % EVENTS_A_LOOK)
			continue;
		if (me->all->stopping)
			capture_stop(capture);
		if (capture_stats(capture)->packets - sent < patience && !(me->all->relay && b->count))
			continue;
		sent = capture_stats(capture)->packets;
		b = send_batch(me, u, b, capture);
	}
	conversations_flush(me->conversations);
	b = collect(me, u, b, capture);
	note_end(u, capture, got);
	hand_over(me->all, u, b, capture);
}

static void read_unit(struct worker *me, struct unit *u)
{
	struct capture_options options = me->all->capture;
	struct capture *capture = u->capture;

	options.share = u->share;
	if (!capture)
		capture = capture_open_file(u->path, &options, u->problem, sizeof(u->problem));
	if (capture) {
		u->problem[0] = '\0';
		read_capture(me, u, capture);
		capture_close(capture);
	}
	u->capture = NULL;
	pthread_mutex_lock(&me->all->lock);
	u->over = true;
	pthread_cond_signal(&me->all->arrived);
	pthread_mutex_unlock(&me->all->lock);
}

static struct unit *next_unit(struct workers *w)
{
	struct unit *u;

	pthread_mutex_lock(&w->lock);
	u = w->next < w->unit_count && !w->stopping ? &w->units[w->next++] : NULL;
	pthread_mutex_unlock(&w->lock);
	return u;
}

void *work(void *of)
{
	struct worker *me = of;
	struct unit *u;

	while ((u = next_unit(me->all)))
		read_unit(me, u);
	return NULL;
}
