/*
 * Readers, each on a thread of its own, and what they find in the order of the inputs: a run takes
 * from workers_next() what it would take from one reader after the other. Several files are read at a
 * time; a single large one is read by all of them, each following its share of the flows.
 */
#ifndef TLSWHY_WORKERS_H
#define TLSWHY_WORKERS_H

#include "options.h"

struct workers;

/* How many threads shall read these files; less than 2 is not worth any. */
size_t workers_wanted(const struct options *o, const struct names *files);

/* The same for interfaces: opened now, which may need root. NULL and a line in `problem` when they cannot. */
struct workers *workers_open_live(struct analysis *analysis, const struct options *o, int wake, size_t count,
				  char *problem, size_t problem_len);

/* One of the captures, for capture_confine; NULL of files. */
const struct capture *workers_capture(const struct workers *w);

/* Begins to listen. False and a line in `problem` when no thread can be had. */
bool workers_listen(struct workers *w, char *problem, size_t problem_len);

/* What happened to an interface since the last call, NULL if nothing did. */
const char *workers_news(struct workers *w);

/* workers_start begins to read with `count` threads. `analysis`, `o` and `files` must outlive it. NULL and a
 * line in `problem` when no thread can be had. */
struct workers *workers_start(struct analysis *analysis, const struct options *o, const struct names *files,
			      size_t count, char *problem, size_t problem_len);

enum worker_news {
	WORKER_CONCLUDED,	/* *out was filled in */
	WORKER_INPUT_OVER,	/* the input was read to its end: workers_over() tells how it ended */
	WORKER_BUSY,		/* nothing for some time: a chance to do something else */
	WORKER_DONE		/* all inputs are over */
};

/* workers_next hands out the next thing that happened, in the order of inputs and their packets. */
enum worker_news workers_next(struct workers *w, struct concluded *out);

/* The input that ended last: counts, and one line on what was wrong with it, NULL if nothing was. */
const char *workers_over(const struct workers *w, struct capture_stats *stats);

/* What was counted so far of the input that is being read. */
struct capture_stats workers_stats(struct workers *w);

/* How many inputs could be opened, of those that are over. */
uint64_t workers_opened(const struct workers *w);

/* Takes a handshake that nobody needs any more. */
void workers_reuse(struct workers *w, struct handshake *h);

/* The part of all inputs that has been read, 0 to 1. */
double workers_progress(struct workers *w);

/* Nothing more is read; what is open ends, and workers_next goes on to WORKER_DONE. */
void workers_stop(struct workers *w);

/* Waits for the threads; NULL allowed. */
void workers_free(struct workers *w);

#endif
