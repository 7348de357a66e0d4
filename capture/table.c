#include "table.h"

#include <stdlib.h>

static uint64_t entry_of(uint32_t tag, uint32_t flow)
{
	return (uint64_t)tag << 32 | (flow + 1);
}

static uint32_t tag_of(uint64_t entry)
{
	return (uint32_t)(entry >> 32);
}

bool table_init(struct table *t)
{
	t->at = calloc(TABLE_FIRST_SIZE, sizeof(*t->at));
	t->mask = TABLE_FIRST_SIZE - 1;
	t->count = 0;
	return t->at != NULL;
}

void table_free(struct table *t)
{
	free(t->at);
	t->at = NULL;
}

bool table_crowded(const struct table *t)
{
	return t->count >= t->mask - t->mask / 4;
}

size_t table_bytes(const struct table *t)
{
	return ((size_t)t->mask + 1) * sizeof(*t->at);
}

static void place(struct table *t, uint64_t entry)
{
	uint32_t i = tag_of(entry) & t->mask;

	while (t->at[i])
		i = (i + 1) & t->mask;
	t->at[i] = entry;
}

bool table_grow(struct table *t)
{
	struct table old = *t;

	if (t->mask > UINT32_MAX / 4)
		return false;
	t->at = calloc(((size_t)old.mask + 1) * 2, sizeof(*t->at));
	if (!t->at) {
		*t = old;
		return false;
	}
	t->mask = old.mask * 2 + 1;
	for (size_t i = 0; i <= old.mask; i++) {
		if (old.at[i])
			place(t, old.at[i]);
	}
	table_free(&old);
	return true;
}

uint32_t table_match(const struct table *t, uint32_t tag, uint32_t *at)
{
	for (;;) {
		uint64_t entry = t->at[*at & t->mask];

		if (!entry)
			return NO_FLOW;
		++*at;
		if (tag_of(entry) == tag)
			return (uint32_t)entry - 1;
	}
}

void table_put(struct table *t, uint32_t tag, uint32_t flow)
{
	place(t, entry_of(tag, flow));
	t->count++;
}

/* Closes the hole at i, so that no probe stops short of what was pushed past it. */
static void close_up(struct table *t, uint32_t i)
{
	for (uint32_t j = (i + 1) & t->mask; t->at[j]; j = (j + 1) & t->mask) {
		uint32_t home = tag_of(t->at[j]) & t->mask;

		if (((j - home) & t->mask) >= ((j - i) & t->mask)) {
			t->at[i] = t->at[j];
			i = j;
		}
	}
	t->at[i] = 0;
}

void table_remove(struct table *t, uint32_t tag, uint32_t flow)
{
	uint64_t entry = entry_of(tag, flow);

	for (uint32_t i = tag & t->mask; t->at[i]; i = (i + 1) & t->mask) {
		if (t->at[i] == entry) {
			close_up(t, i);
			t->count--;
			return;
		}
	}
}
