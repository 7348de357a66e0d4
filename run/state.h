/* What one run holds, for the files of this room alone. */
#ifndef TLSWHY_RUN_STATE_H
#define TLSWHY_RUN_STATE_H

#include "options.h"
#include "workers.h"

struct run {
	const struct options *options;
	struct analysis *analysis;
	struct conversations *conversations;	/* of the reader that this thread is */
	struct workers *workers;	/* NULL: there is no other reader */
	struct evidence *evidence;	/* NULL: none is written */
	struct output *output;		/* NULL: offline and straight to standard output */
	struct report *report;
	struct capture *live;		/* opened before root is given up */
	struct names files;
	struct summary totals;		/* what capture/ counted, summed over the inputs that are read */
	struct capture *capture;	/* the input that is being read, NULL between two */
	struct progress *progress;	/* NULL unless a person waits at a terminal */
	size_t files_done;
	uint64_t inputs;		/* opened so far */
	int stops, wishes;		/* signalfd: INT and TERM; USR1 and HUP */
	bool trouble, found, stopping, metrics_failed, evidence_failed;
	int64_t began, next_report;	/* monotonic; next_report 0: never */
};

/* signals.c: INT, TERM, USR1 and HUP wait until they are asked for. */
void watch_signals(struct run *run);
/* The next INT or TERM ends the program at once. */
void let_signals_kill(void);
/* The number of a signal that came to a signalfd, 0 if none did. */
int signal_of(int fd);
/* ns since some fixed time. */
int64_t monotonic(void);

/* prepare.c: everything that is opened before the first packet is read, then the sandbox. False: it cannot
 * be, and standard error says why. */
bool prepare(struct run *run);

/* loop.c: every input to its end. False when the output is gone. */
bool read_all(struct run *run);

/* tell.c: complains that the output cannot be written to; false, always. */
bool write_failed(struct run *run);
/* What is over goes from the reading half of analyze/ to the judging one, and what that needs no more
 * comes back. */
void take_concluded(struct run *run);
/* Verdicts as far as they are found. `flow` is over: when live, what comes out is about it. False when
 * the output is gone. */
bool report_verdicts(struct run *run, uint32_t flow);
/* What capture/ counted of the input that is being read. */
struct capture_stats current_stats(const struct run *run);
void add_stats(struct summary *s, const struct capture_stats *c);
/* Servers and totals as they stand; false when the output is gone. */
bool report_state(struct run *run);

#endif
