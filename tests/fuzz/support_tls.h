/* Events of one flow, for the targets that feed dissect/ alone. */
#ifndef TLSWHY_FUZZ_SUPPORT_TLS_H
#define TLSWHY_FUZZ_SUPPORT_TLS_H

#include "support.h"

/* Pulls all events, claims what holds for each and touches what it points to. */
void tls_pull(struct tls *t);

/*
 * The same, and a line for each that says what must not depend on how the bytes were cut. It is over once
 * the beginning of a segment tells more than its bytes do: where the capture begins amid records or one
 * is violated, the next is looked for there, and what is no TLS is told when whoever sent it paused.
 */
struct tls_lines {
	FILE *out;
	uint64_t next[2];	/* offsets of the records that are due */
	bool began;		/* with a ClientHello, or a dialogue before it */
	bool upgraded, over;
	bool loose;		/* over by what may be told earlier or later */
};
void tls_pull_lines(struct tls *t, struct tls_lines *lines);

/* Gives the event a copy of exactly these bytes, the next frame's number and time, and feeds it;
 * the events wait to be pulled until tls_fed() frees the copy. */
void tls_feed_exact(struct tls *t, struct capture_event *e, struct reader bytes);
void tls_fed(struct capture_event *e);

/* No more waits than was promised. Call it before tls_free. */
void tls_check_pending(const struct tls *t);

#endif
