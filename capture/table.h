/*
 * From a flow's hash to its number, one cache line a probe: a line holds a dozen numbers, each behind
 * eight bits of its hash. What finds its line full goes on to another one, and the line counts what
 * passed it: so a search knows where to end, and what is removed leaves no trace.
 */
#ifndef TLSWHY_TABLE_H
#define TLSWHY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { TABLE_FIRST_LINES = 64, TABLE_PLACES = 12 };

static const uint32_t NO_FLOW = UINT32_MAX;

struct table_line {
	uint8_t tag[TABLE_PLACES];	/* 0: a free place */
	uint32_t passed;		/* flows whose way leads on from here */
	uint32_t flow[TABLE_PLACES];
};

struct table {
	struct table_line *lines;
	uint32_t mask;		/* lines - 1; their number is a power of two */
	uint32_t count;		/* flows */
};

bool table_init(struct table *t);
void table_free(struct table *t);

/* Whether one more flow would make it too full to probe quickly. */
bool table_crowded(const struct table *t);

/* Doubles it; `hash_of` tells again what was said at table_put. False without memory: it stays as it was. */
bool table_grow(struct table *t, uint64_t (*hash_of)(const void *of, uint32_t flow), const void *of);

size_t table_bytes(const struct table *t);

/* Only the lower half of a hash is looked at. */
static inline struct table_line *table_line(const struct table *t, uint64_t hash)
{
	return &t->lines[hash & t->mask];
}

static inline uint8_t table_tag(uint64_t hash)
{
	uint8_t tag = (uint8_t)(hash >> 24);

	return tag ? tag : 1;
}

/* From a full line to the next: odd, so that the way leads past every line. */
static inline uint32_t table_step(uint64_t hash)
{
	return table_tag(hash) | 1u;
}

/* The highest bit of each byte that equals `byte`; a byte above such a one may have it too. */
static inline uint64_t table_equal(uint64_t bytes, uint8_t byte)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t differ = bytes ^ ones * byte;

	return (differ - ones) & ~differ & ones << 7;
}

/* Bit n from the highest bit of byte n. */
static inline uint32_t table_gather(uint64_t bits)
{
	return (uint32_t)(bits * 0x0002040810204081u >> 56);
}

/* A bit for each place of the line that may have this tag: the lowest has it, few others have not. */
static inline uint32_t table_places(const struct table_line *line, uint8_t tag)
{
	uint64_t first;
	uint32_t rest;

	memcpy(&first, line->tag, sizeof(first));
	memcpy(&rest, line->tag + sizeof(first), sizeof(rest));
	return table_gather(table_equal(first, tag)) |
	       table_gather(table_equal(rest | UINT64_C(0xffffffff) << 32, tag) & 0x80808080) << sizeof(first);
}

/*
 * The flows that may have this hash, one by one: begin with table_search, call table_match until
 * NO_FLOW. Few of them have another one: the caller compares.
 */
struct table_search {
	uint32_t line, step;
	uint32_t lines;		/* left to be looked at, this one included */
	uint32_t places;	/* of the line, still to be looked at */
	uint8_t tag;
};

static inline struct table_search table_search(const struct table *t, uint64_t hash)
{
	struct table_search s = {
		.line = (uint32_t)hash & t->mask, .step = table_step(hash), .lines = t->mask + 1,
		.tag = table_tag(hash),
	};

	s.places = table_places(&t->lines[s.line], s.tag);
	return s;
}

uint32_t table_match(const struct table *t, struct table_search *s);

void table_put(struct table *t, uint64_t hash, uint32_t flow);
void table_remove(struct table *t, uint64_t hash, uint32_t flow);

#endif
