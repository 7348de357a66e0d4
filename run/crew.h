/* What the readers of one run share, for the files that make a struct workers. */
#ifndef TLSWHY_RUN_CREW_H
#define TLSWHY_RUN_CREW_H

#include <pthread.h>
#include <stdatomic.h>

#include "workers.h"

enum {
	BATCH = 128,			/* attempts handed over at a time */
	BATCHES_AHEAD = 8		/* a reader that is so far ahead waits */
};

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

/* worker.c: the thread of one reader, given its struct worker. Reads units until none is left. */
void *work(void *worker);

#endif
