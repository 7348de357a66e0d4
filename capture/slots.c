#include "slots.h"

#include <stdlib.h>

#include "table.h"

enum { PAGES_FIRST = 16 };

static const size_t PAGE_BYTES = SLOTS_PAGE * sizeof(union slot);

_Static_assert(sizeof(union slot) == 52, "a lone SYN is to take less than 64 bytes, its place in the table included");

void slots_init(struct slots *s)
{
	*s = (struct slots){ .spare = NO_FLOW };
}

void slots_free(struct slots *s)
{
	for (uint32_t i = 0; i < s->page_count; i++)
		free(s->pages[i]);
	free(s->pages);
	slots_init(s);
}

static bool needs_page(const struct slots *s)
{
	return s->spare == NO_FLOW && s->count == s->page_count * SLOTS_PAGE;
}

static uint32_t room_wanted(const struct slots *s)
{
	return s->page_count < s->page_room ? s->page_room : s->page_room ? s->page_room * 2 : PAGES_FIRST;
}

size_t slots_wants(const struct slots *s)
{
	return needs_page(s) ? PAGE_BYTES + (room_wanted(s) - s->page_room) * sizeof(*s->pages) : 0;
}

size_t slots_bytes(const struct slots *s)
{
	return s->page_count * PAGE_BYTES + s->page_room * sizeof(*s->pages);
}

static bool add_page(struct slots *s)
{
	uint32_t room = room_wanted(s);

	if (room != s->page_room) {
		union slot **pages = realloc(s->pages, room * sizeof(*pages));

		if (!pages)
			return false;
		s->pages = pages;
		s->page_room = room;
	}
	s->pages[s->page_count] = malloc(PAGE_BYTES);
	if (!s->pages[s->page_count])
		return false;
	s->page_count++;
	return true;
}

uint32_t slots_take(struct slots *s)
{
	uint32_t id = s->spare;

	if (id != NO_FLOW) {
		s->spare = slot_at(s, id)->spare.next;
		return id;
	}
	if (needs_page(s) && !add_page(s))
		return NO_FLOW;
	return s->count++;
}

void slots_give(struct slots *s, uint32_t id)
{
	union slot *slot = slot_at(s, id);

	slot->kind = KIND_SPARE;
	slot->spare.next = s->spare;
	s->spare = id;
}
