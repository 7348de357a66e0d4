/*
 * What is known of a flow under its number: a lone SYN and a quiet connection whole, of any other one
 * where it is. Numbers are small, and used again; records of one size lie in pages.
 */
#ifndef TLSWHY_SLOTS_H
#define TLSWHY_SLOTS_H

#include "lone.h"
#include "quiet.h"

struct flow;

enum { SLOTS_PAGE = 1024 };	/* numbers; a power of two */

struct slots {
	union slot **pages;
	uint32_t page_count, page_room;
	uint32_t count;		/* numbers given out so far */
	uint32_t spare;		/* a number given back, which holds the next one; NO_FLOW: none */
};

/* Every kind begins with a byte whose lowest bits say which it is (small.h). */
union slot {
	uint8_t kind;
	struct {
		uint8_t kind;
		uint32_t next;
	} spare;
	struct {
		uint8_t kind;
		uint32_t flow[2];	/* a pointer, which need not be aligned */
	} whole;
	struct lone lone;
	struct quiet quiet;
};

void slots_init(struct slots *s);
void slots_free(struct slots *s);

/* How many bytes slots_take would ask the system for. */
size_t slots_wants(const struct slots *s);
size_t slots_bytes(const struct slots *s);

/* A number; NO_FLOW without memory. */
uint32_t slots_take(struct slots *s);
void slots_give(struct slots *s, uint32_t id);

static inline union slot *slot_at(const struct slots *s, uint32_t id)
{
	return &s->pages[id / SLOTS_PAGE][id % SLOTS_PAGE];
}

static inline enum small_kind slot_kind(const union slot *slot)
{
	return (enum small_kind)(slot->kind & KIND_MASK);
}

static inline struct flow *slot_flow(const union slot *slot)
{
	struct flow *w;

	memcpy(&w, slot->whole.flow, sizeof(w));
	return w;
}

static inline void slot_set_flow(union slot *slot, struct flow *w)
{
	slot->kind = KIND_FLOW;
	memcpy(slot->whole.flow, &w, sizeof(w));
}

#endif
