/* How many readers there are, what each gets, and how they begin and end. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../must.h"
#include "crew.h"

enum {
	WORKERS_MOST_BY_THEMSELVES = 4,	/* who takes what they find is one thread */
	STREAMS_SHARE = 64		/* of the memory, for where the streams of a share began */
};

/* A file that takes less time than starting to share it. */
static const off_t LITTLE = 4 << 20;

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
