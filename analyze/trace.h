/*
 * What stays of every attempt of a run until its end, some 180 bytes each: for the questions which
 * attempts are one user's retries (incident.c), and which are nobody's (probe.c).
 */
#ifndef TLSWHY_TRACE_H
#define TLSWHY_TRACE_H

#include "gist.h"

struct trace {
	uint64_t serial;
	int64_t began, settled;		/* times: of the first packet, of the verdict of the two sides */
	struct address client, server;
	uint64_t name;			/* hash of the server's name; 0: none was sent */
	uint64_t fingerprint;		/* of the hello's lists; 0: no hello */
	enum outcome outcome;
	struct mark first;		/* its first packet */
	uint32_t stream;
	uint32_t link;			/* of the client, or of the router that it is behind; 0: unknown */
	bool unopened;			/* TCP did not come up */
	bool unanswered;		/* a hello, and nothing of TLS came back */
	bool ech;
	uint8_t ech_config_id;
	bool data;			/* the client sent application data */
	bool left_without_data;		/* completed, if that was no refusal */

	/* What traces_settle finds out. */
	uint32_t incident;		/* 0: alone */
	struct retry retry;
	bool probe;
};

struct traces;

/* `memory` bounds it: attempts beyond belong to no incident. NULL only without memory. */
struct traces *traces_new(size_t memory);
void traces_free(struct traces *t);

void traces_note(struct traces *t, const struct gist *g);

/* After the last note. */
void traces_settle(struct traces *t);

/* NULL for one that was not noted; borrowed. */
const struct trace *traces_find(const struct traces *t, uint64_t serial);

/* The same user's next attempt; NULL if it was the last or stands alone. */
const struct trace *traces_next(const struct traces *t, const struct trace *of);

/* trace_read: what stays of one attempt. */
void trace_read(const struct gist *g, struct trace *out);

/* Who tries again later, ns, has begun anew. */
#define TRY_AGAIN_NS INT64_C(10000000000)

/* At one address, another name is another site, unless ECH hides which. */
bool same_aim(const struct trace *a, const struct trace *b);

/* Whether the client of `a` had given it up when it began `b`: it had failed, or nothing was heard of it any
 * more, as of datagrams that nobody answers. */
bool gave_up(const struct trace *a, const struct trace *b);

/* families.c. The same hello for the same name over the other IP version, right behind one that failed. */
bool other_family_follows(const struct trace *a, const struct trace *b);

/* Whether `b` may be what the client of `a`, which TCP did not open, tried instead, as far as these two tell. */
bool may_be_instead(const struct trace *a, const struct trace *b);

/*
 * What the client of an attempt that TCP did not open tried over the other IP version, as RFC 8305 has it:
 * one of `at`, in any order, in which serial 0 is none. NULL where nobody can tell.
 */
struct trace *tried_instead(struct trace *at, size_t count, const struct trace *unopened);

bool same_host(const struct address *a, const struct address *b);
bool same_server(const struct trace *a, const struct trace *b);

/* incident.c, probe.c: sort the traces as they need them, and fill in what they find. */
void find_incidents(struct trace *at, size_t count);
void find_probes(struct trace *at, size_t count);

#endif
