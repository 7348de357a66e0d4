#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "must.h"
#include "reading.h"
#include "workers.h"

enum {
	PROBLEM_MAX = 512,
	BATCH = 128,			/* attempts handed over at a time */
	BATCHES_AHEAD = 8,		/* a reader that is so far ahead waits */
	PACKETS_A_BATCH = 1 << 16,	/* then it says how far it is, though nothing ended */
	WORKERS_MOST_BY_THEMSELVES = 4,	/* who takes what they find is one thread */
	STREAMS_SHARE = 64,		/* of the memory, for where the streams of a share began */
	PATIENCE_MS = 50		/* before workers_next says that it waits */
};

/* A file that takes less time than starting to share it. */
static const off_t LITTLE = 4 << 20;

struct batch {
	struct batch *next;
	size_t count, given;
	struct capture_stats stats;	/* nothing that ended before their last packet is still to come */
	double progress;
	struct concluded at[BATCH];
};

/* One reader's share of one file. */
struct unit {
	const char *path;
	uint64_t input;
	unsigned share;
	struct capture *capture;	/* NULL: a file that is opened when its turn comes */
	bool opened, over;
	char problem[PROBLEM_MAX];
	struct batch *first, *last;	/* handed over and not taken yet */
	size_t waiting;
	struct batch *current;		/* the taker's */
	struct capture_stats stats;
	double progress;
};

struct worker {
	struct workers *all;
	pthread_t thread;
	struct conversations *conversations;
};

struct workers {
	const struct options *options;
	struct capture_options capture;	/* of one reader */
	struct capture_relay *relay;	/* NULL of files */
	struct worker *workers;
	size_t count, started;
	struct unit *units;		/* by input, then share */
	struct capture_streams **streams;	/* of each unit, NULL where files are not shared */
	size_t unit_count;
	unsigned shares;		/* of each file */
	pthread_mutex_t lock;		/* over the units' queues, next and the spares */
	pthread_cond_t arrived, room;
	size_t next;			/* unit that nobody reads yet */
	size_t taking;			/* first unit of the input that is being taken */
	struct handshake *spare[BATCH];
	size_t spare_count;
	struct batch *free;		/* empty ones */
	atomic_bool stopping;
};

/* ---- a reader ---- */

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

static void *work(void *of)
{
	struct worker *me = of;
	struct unit *u;

	while ((u = next_unit(me->all)))
		read_unit(me, u);
	return NULL;
}

/* ---- the taker ---- */

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

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += PATIENCE_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	return pthread_cond_timedwait(&w->arrived, &w->lock, &until) == 0;
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

/* ---- life ---- */

static bool is_large(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && st.st_size >= LITTLE;
}

/* Whole files where there are as many as readers, else shares of the one. */
static unsigned shares_of_each(const struct names *files, size_t workers)
{
	return files->count == 1 && capture_can_be_shared(files->at[0]) ? (unsigned)workers : 1;
}

static size_t cores(void)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	return online < 1 ? 1 : online > WORKERS_MOST_BY_THEMSELVES ? WORKERS_MOST_BY_THEMSELVES : (size_t)online;
}

static bool any_large(const struct names *files)
{
	for (size_t i = 0; i < files->count; i++)
		if (is_large(files->at[i]))
			return true;
	return false;
}

static bool any_from_stdin(const struct names *files)
{
	for (size_t i = 0; i < files->count; i++)
		if (!strcmp(files->at[i], "-"))
			return true;
	return false;
}

size_t workers_wanted(const struct options *o, const struct names *files)
{
	size_t wanted = o->workers ? o->workers : any_large(files) ? cores() : 1, units;

	if (o->capture.count || any_from_stdin(files))
		return 1;
	units = files->count * shares_of_each(files, wanted);
	return units < wanted ? units : wanted;
}

static void make_units(struct workers *w, const char *const *paths, size_t count)
{
	w->unit_count = count * w->shares;
	w->units = must(calloc(w->unit_count, sizeof(*w->units)));
	w->streams = must(calloc(w->unit_count, sizeof(*w->streams)));
	for (size_t i = 0; i < w->unit_count; i++) {
		w->units[i].path = paths[i / w->shares];
		w->units[i].input = i / w->shares + 1;
		w->units[i].share = (unsigned)(i % w->shares);
		if (w->shares > 1)
			w->streams[i] = must(capture_streams_new(w->options->memory / STREAMS_SHARE));
	}
}

static struct capture_options options_of_each(const struct workers *w)
{
	struct capture_options o = w->options->capture;

	o.memory /= w->count;
	o.charge_memory /= w->count;
	if (w->shares > 1) {
		o.shares = w->shares;
		o.key = capture_key_new();
	}
	return o;
}

/* Everything but what reads. */
static struct workers *furnish(struct analysis *analysis, const struct options *o, const char *const *paths,
			       size_t path_count, unsigned shares, size_t count)
{
	struct workers *w = must(calloc(1, sizeof(*w)));

	w->options = o;
	w->shares = shares;
	w->workers = must(calloc(count, sizeof(*w->workers)));
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->arrived, NULL);
	pthread_cond_init(&w->room, NULL);
	make_units(w, paths, path_count);
	for (; w->count < count; w->count++) {
		w->workers[w->count].all = w;
		w->workers[w->count].conversations = conversations_new(analysis);
	}
	w->capture = options_of_each(w);
	return w;
}

static bool start_threads(struct workers *w, char *problem, size_t problem_len)
{
	for (; w->started < w->count; w->started++) {
		struct worker *me = &w->workers[w->started];

		if (pthread_create(&me->thread, NULL, work, me)) {
			snprintf(problem, problem_len, "no thread can be started");
			return false;
		}
	}
	return true;
}

struct workers *workers_start(struct analysis *analysis, const struct options *o, const struct names *files,
			      size_t count, char *problem, size_t problem_len)
{
	struct workers *w = furnish(analysis, o, (const char *const *)files->at, files->count,
				    shares_of_each(files, count), count);

	if (start_threads(w, problem, problem_len))
		return w;
	workers_free(w);
	return NULL;
}

/* ---- interfaces ---- */

static bool open_shares(struct workers *w, char *problem, size_t problem_len)
{
	struct capture_options options = w->capture;

	for (options.share = 0; options.share < w->shares; options.share++) {
		struct unit *u = &w->units[options.share];

		u->capture = capture_open_relay(w->relay, &options, problem, problem_len);
		if (!u->capture)
			return false;
	}
	return true;
}

struct workers *workers_open_live(struct analysis *analysis, const struct options *o, int wake, size_t count,
				  char *problem, size_t problem_len)
{
	struct workers *w = furnish(analysis, o, o->live.interfaces, 1, (unsigned)count, count);

	w->capture.wake = wake;
	w->relay = capture_relay_live(&o->live, &w->capture, w->shares, problem, problem_len);
	if (w->relay && open_shares(w, problem, problem_len))
		return w;
	workers_free(w);
	return NULL;
}

const struct capture *workers_capture(const struct workers *w)
{
	return w->units[0].capture;
}

bool workers_listen(struct workers *w, char *problem, size_t problem_len)
{
	if (capture_relay_start(w->relay))
		return start_threads(w, problem, problem_len);
	snprintf(problem, problem_len, "no thread can be started");
	return false;
}

const char *workers_news(struct workers *w)
{
	return w->relay ? capture_relay_news(w->relay) : NULL;
}

/* ---- the end ---- */

static void free_batches(struct batch *b)
{
	while (b) {
		struct batch *next = b->next;

		for (; b->given < b->count; b->given++)
			concluded_free(&b->at[b->given]);
		free(b);
		b = next;
	}
}

void workers_free(struct workers *w)
{
	if (!w)
		return;
	workers_stop(w);
	for (size_t i = 0; i < w->started; i++)
		pthread_join(w->workers[i].thread, NULL);
	for (size_t i = 0; i < w->count; i++)
		conversations_free(w->workers[i].conversations);
	for (size_t i = 0; i < w->unit_count; i++) {
		free_batches(w->units[i].current);
		free_batches(w->units[i].first);
		capture_streams_free(w->streams[i]);
		capture_close(w->units[i].capture);
	}
	free_batches(w->free);
	capture_relay_free(w->relay);
	while (w->spare_count)
		handshake_free(w->spare[--w->spare_count]);
	pthread_cond_destroy(&w->room);
	pthread_cond_destroy(&w->arrived);
	pthread_mutex_destroy(&w->lock);
	free(w->streams);
	free(w->units);
	free(w->workers);
	free(w);
}
