/*
 * The same questions as trace.h asks of a whole run, of a run that does not end: which attempts are one
 * user's retries, which are nobody's. Answers come when an attempt is over, from what came before it,
 * and memory is for the clients that were heard last.
 */
#ifndef TLSWHY_RECENT_H
#define TLSWHY_RECENT_H

#include "trace.h"

/* What is known of an attempt when it is over. */
struct placement {
	uint32_t incident;	/* of each that failed, and of what is tried instead; 0: none */
	struct retry retry;	/* attempts is 0 unless one that worked has ended it */
	bool probe;
	uint32_t probes_before;	/* earlier attempts that this one shows to have been probes */
};

struct recent;

/* `memory` bounds it; NULL only without memory. */
struct recent *recent_new(size_t memory);
void recent_free(struct recent *r);

void recent_note(struct recent *r, const struct trace *t, struct placement *out);

#endif
