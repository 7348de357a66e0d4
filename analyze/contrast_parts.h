/* What the parts of contrast.c share. */
#ifndef TLSWHY_CONTRAST_PARTS_H
#define TLSWHY_CONTRAST_PARTS_H

#include "contrast.h"

struct tally {
	const struct attempt *at;	/* by time */
	size_t count;
	size_t failed, completed;
	size_t unheard;			/* failed before a whole hello was seen */
};

enum { ENOUGH_FAILURES = 2 };	/* one may be chance */

__attribute__((format(printf, 4, 5)))
void add_finding(struct endpoint *e, const char *code, enum severity severity, const char *format, ...);

static inline bool completed(const struct attempt *a)
{
	return a->outcome == OUTCOME_COMPLETED;
}

static inline bool same_hello(const struct attempt *a, const struct attempt *b)
{
	return a->fingerprint && a->fingerprint == b->fingerprint;
}

static inline bool same_client(const struct attempt *a, const struct attempt *b)
{
	return a->client.ip_len == b->client.ip_len &&
	       !memcmp(a->client.ip, b->client.ip, a->client.ip_len);
}

/* Failures and successes share no value of this kind. */
bool disjoint(const struct tally *t, bool (*same)(const struct attempt *, const struct attempt *));

/* How often the outcome changes from one attempt to the next, inconclusive ones left out. */
size_t changes(const struct tally *t, size_t *first_failed);

/* contrast_split.c: what those that fail have in common and those that succeed have not. With
 * unequal members who meets which is chance. False when nothing is found. */
bool find_split(const struct tally *t, bool members_differ, struct endpoint *e);

/* contrast_members.c: answers that differ though they should not. True when members of one
 * address differ beyond doubt. */
bool find_unequal_members(const struct tally *t, struct endpoint *e);

/* contrast_proofs.c: what a retry or a comparison proves. */
void find_intolerance(const struct tally *t, struct endpoint *e);
void find_size_limit(const struct tally *t, struct endpoint *e);
/* True when nothing failed but what was intercepted: which it is depends on the way, not on chance. */
bool find_interception(const struct tally *t, struct endpoint *e);

#endif
