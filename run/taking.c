/* What all readers found, put in the order of the inputs and of their packets. */
#include <time.h>

#include "../must.h"
#include "crew.h"

enum {
	PATIENCE_MS = 50	/* before workers_next says that it waits */
};

static void put_away(struct workers *w, struct batch *b)
{
	b->next = w->free;
	w->free = b;
}

/* Makes the first attempt that waits the unit's current one; false when none does. Under the lock. */
static bool advance(struct workers *w, struct unit *u)
{
	while (u->current && u->current->given == u->current->count) {
		put_away(w, u->current);
		u->current = NULL;
	}
	while (!u->current && u->first) {
		u->current = u->first;
		u->first = u->first->next;
		if (!u->first)
			u->last = NULL;
		u->waiting--;
		pthread_cond_broadcast(&w->room);
		u->progress = u->current->progress;
		u->stats = u->current->stats;
		if (u->current->count)
			return true;
		put_away(w, u->current);
		u->current = NULL;
	}
	return u->current != NULL;
}

static const struct concluded *head_of(const struct unit *u)
{
	return &u->current->at[u->current->given];
}

/* The unit whose attempt comes next; NULL when one must be waited for first. Under the lock. */
static struct unit *next_in_order(struct workers *w, struct unit *of_input)
{
	struct unit *least = NULL;

	for (unsigned i = 0; i < w->shares; i++)
		if (advance(w, &of_input[i]) && (!least || head_of(&of_input[i])->at < head_of(least)->at))
			least = &of_input[i];
	for (unsigned i = 0; least && i < w->shares; i++)
		if (!of_input[i].current && !of_input[i].over && of_input[i].stats.packets < head_of(least)->at)
			return NULL;
	return least;
}

static bool input_is_over(const struct workers *w, const struct unit *of_input)
{
	for (unsigned i = 0; i < w->shares; i++)
		if (!of_input[i].over || of_input[i].current || of_input[i].first)
			return false;
	return true;
}

/* Until something arrives; false when nothing did for a while. Under the lock. */
static bool wait_for_more(struct workers *w)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += PATIENCE_MS * 1000000L;
	until.tv_sec += until.tv_nsec / NS_A_SECOND;
	until.tv_nsec %= NS_A_SECOND;
	return pthread_cond_clockwait(&w->arrived, &w->lock, CLOCK_MONOTONIC, &until) == 0;
}

/* Flows are numbered by their share; people know Wireshark's numbers. Under the lock. */
static void number_stream(const struct workers *w, const struct unit *u, struct concluded *c)
{
	if (!c->gist.serial || w->shares == 1)
		return;
	c->gist.stream = capture_stream_number(&w->streams[w->taking], w->shares, u->share,
					       c->gist.transport, c->gist.stream);
	if (c->handshake)
		c->handshake->own_flow->stream = c->gist.stream;
}

enum worker_news workers_next(struct workers *w, struct concluded *out)
{
	enum worker_news news = WORKER_DONE;

	pthread_mutex_lock(&w->lock);
	while (w->taking < w->unit_count && (w->taking < w->next || !w->stopping)) {
		struct unit *of_input = &w->units[w->taking], *u = next_in_order(w, of_input);

		if (u) {
			*out = u->current->at[u->current->given++];
			number_stream(w, u, out);
			news = WORKER_CONCLUDED;
			break;
		}
		if (input_is_over(w, of_input)) {
			w->taking += w->shares;
			news = WORKER_INPUT_OVER;
			break;
		}
		if (!wait_for_more(w)) {
			news = WORKER_BUSY;
			break;
		}
	}
	pthread_mutex_unlock(&w->lock);
	return news;
}

static struct capture_stats stats_of(const struct workers *w, const struct unit *of_input)
{
	struct capture_stats stats = of_input->stats;

	for (unsigned i = 1; i < w->shares; i++)
		capture_stats_join(&stats, &of_input[i].stats);
	return stats;
}

const char *workers_over(const struct workers *w, struct capture_stats *stats)
{
	const struct unit *of_input = &w->units[w->taking - w->shares];

	*stats = stats_of(w, of_input);
	return of_input->problem[0] ? of_input->problem : NULL;
}

struct capture_stats workers_stats(struct workers *w)
{
	struct capture_stats stats = { 0 };

	pthread_mutex_lock(&w->lock);
	if (w->taking < w->unit_count)
		stats = stats_of(w, &w->units[w->taking]);
	pthread_mutex_unlock(&w->lock);
	return stats;
}

uint64_t workers_opened(const struct workers *w)
{
	uint64_t opened = 0;

	for (size_t i = 0; i < w->taking; i += w->shares)
		opened += w->units[i].opened;
	return opened;
}

void workers_reuse(struct workers *w, struct handshake *h)
{
	pthread_mutex_lock(&w->lock);
	if (w->spare_count < BATCH) {
		w->spare[w->spare_count++] = h;
		h = NULL;
	}
	pthread_mutex_unlock(&w->lock);
	handshake_free(h);
}

double workers_progress(struct workers *w)
{
	double inputs = (double)w->unit_count / w->shares, done = (double)w->taking / w->shares;

	pthread_mutex_lock(&w->lock);
	if (w->taking < w->unit_count && w->units[w->taking].progress > 0)
		done += w->units[w->taking].progress;
	pthread_mutex_unlock(&w->lock);
	return done / inputs;
}

void workers_stop(struct workers *w)
{
	w->stopping = true;
	pthread_mutex_lock(&w->lock);
	pthread_cond_broadcast(&w->room);
	pthread_mutex_unlock(&w->lock);
}
