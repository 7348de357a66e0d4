/*
 * report/: verdicts as text for people and as NDJSON for programs. Never parses.
 *
 * A report is one file that fills in struct report; main.c sees only this header.
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

/* `tlswhy explain`: all causes in a line each; one code; or the causes that a pasted message fits.
 * False when nothing fits. */
bool report_explain(FILE *out, const char *what, const struct report_options *options);

/* The man page's chapter on causes, as mdoc(7), from analyze/causes.txt. */
bool report_manual(FILE *out);

#endif
