/* From a flow's hash to its number: open addressing, eight entries to a cache line. */
#ifndef TLSWHY_TABLE_H
#define TLSWHY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TABLE_FIRST_SIZE = 1024 };

static const uint32_t NO_FLOW = UINT32_MAX;

struct table {
	uint64_t *at;		/* tag << 32 | flow + 1; 0: empty */
	uint32_t mask;		/* size - 1; the size is a power of two */
	uint32_t count;
};

bool table_init(struct table *t);
void table_free(struct table *t);

/* Whether one more entry would make it too full to probe quickly. */
bool table_crowded(const struct table *t);

/* Doubles it; false without memory: it stays as it was. */
bool table_grow(struct table *t);

size_t table_bytes(const struct table *t);

/* Whoever has this tag will be looked for soon. */
static inline void table_expect(const struct table *t, uint32_t tag)
{
	__builtin_prefetch(&t->at[tag & t->mask]);
}

/*
 * The flows with this tag, one by one: start with *at = tag, call until NO_FLOW. Different flows
 * may share a tag: the caller compares.
 */
uint32_t table_match(const struct table *t, uint32_t tag, uint32_t *at);

void table_put(struct table *t, uint32_t tag, uint32_t flow);
void table_remove(struct table *t, uint32_t tag, uint32_t flow);

#endif
