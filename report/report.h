/*
 * report/: verdicts as text for people and as NDJSON for programs. Never parses.
 *
 * A report is one file that fills in struct report; run/ sees only this header.
 */
#ifndef TLSWHY_REPORT_H
#define TLSWHY_REPORT_H

#include <stdio.h>

#include "../analyze/analyze.h"

struct report_options {
	FILE *out;
	bool all;		/* handshakes that worked too */
	bool failed_only;	/* JSON: leave out those that completed */
	bool colour;
	int columns;		/* width of the terminal; at least 80 is assumed */
};

/* Each function returns false when the output cannot be written (errno says why). */
struct report {
	bool (*verdict)(struct report *r, const struct verdict *v);
	bool (*endpoint)(struct report *r, const struct endpoint *e);
	bool (*summary)(struct report *r, const struct summary *s); /* last of a run or period */
	void (*close)(struct report *r);	/* frees r; does not close out */
};

/* NULL only without memory. */
struct report *report_text_new(const struct report_options *options);
struct report *report_json_new(const struct report_options *options);

/*
 * A bar with rate and time left for people who wait at a terminal; `now` is monotonic, in ns.
 * progress_show draws at most five times a second, and nothing for what is over at once; `done` is
 * from 0 to 1, below 0 unknown. progress_clear takes the bar away before other words are written.
 * Every function allows NULL, which shows nothing.
 */
struct progress;
struct progress *progress_new(FILE *out, int64_t now);	/* NULL only without memory */
void progress_show(struct progress *p, double done, uint64_t packets, int64_t now);
void progress_clear(struct progress *p);
void progress_free(struct progress *p);

/* ---- where reports go when nobody may have to wait --------------------------------------------- */

struct output_options {
	const char *path;	/* NULL: standard output */
	uint64_t rotate_size;	/* a file is begun anew before it exceeds so many bytes; 0: never */
	int64_t rotate_time;	/* or after so many ns; 0: never */
	unsigned keep;		/* older ones: PATH.1 is the youngest of them */
	size_t queue;		/* bytes that may wait to be written; 0: 8 MiB */
	bool patient;		/* when as much waits, wait as well; else the oldest is dropped */
};

/*
 * An output writes on a thread of its own, so that a slow disk or reader delays nobody. What is
 * written to output_stream() becomes one record with output_commit(), which is false (errno says
 * why) once writing failed. Records are written or dropped whole.
 */
struct output;

/* NULL and a line in `problem` when the file cannot be opened. */
struct output *output_open(const struct output_options *options, char *problem, size_t problem_len);
FILE *output_stream(struct output *o);
bool output_commit(struct output *o);

/* Opens the path again before the next record: somebody moved the file away. */
void output_reopen(struct output *o);

/* Records that had to be dropped so far. */
uint64_t output_dropped(struct output *o);

/* Writes what waits, but no longer than some seconds; false (errno says why) if that failed. */
bool output_close(struct output *o);

/* Totals in Prometheus' text format, for the node exporter's textfile collector; the file is
 * replaced as a whole. False (errno says why) when it cannot be written. */
bool report_metrics(const char *path, const struct summary *s);

/* `tlswhy explain`: all causes in a line each; one code; or the causes that a pasted message fits.
 * False when nothing fits. */
bool report_explain(FILE *out, const char *what, const struct report_options *options);

/* The man page's chapter on causes, as mdoc(7), from analyze/causes.txt. */
bool report_manual(FILE *out);

#endif
