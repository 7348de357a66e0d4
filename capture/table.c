#include "table.h"

#include <stdlib.h>
#include <string.h>

enum { PLACES_FILLED = 10 };	/* of a line, on average, before the table grows */

static const size_t CACHE_LINE = 64;

static bool new_lines(struct table *t, size_t lines)
{
	t->lines = aligned_alloc(CACHE_LINE, lines * sizeof(*t->lines));
	if (!t->lines)
		return false;
	memset(t->lines, 0, lines * sizeof(*t->lines));
	t->mask = (uint32_t)(lines - 1);
	return true;
}

bool table_init(struct table *t)
{
	t->count = 0;
	return new_lines(t, TABLE_FIRST_LINES);
}

void table_free(struct table *t)
{
	free(t->lines);
	t->lines = NULL;
}

static size_t line_count(const struct table *t)
{
	return (size_t)t->mask + 1;
}

bool table_crowded(const struct table *t)
{
	return t->count >= line_count(t) * PLACES_FILLED;
}

size_t table_bytes(const struct table *t)
{
	return line_count(t) * sizeof(*t->lines);
}

static uint32_t free_places(const struct table_line *line)
{
	return table_places(line, 0);
}

uint32_t table_match(const struct table *t, struct table_search *s)
{
	for (;;) {
		const struct table_line *line = &t->lines[s->line];

		while (s->places) {
			int place = __builtin_ctz(s->places);

			s->places &= s->places - 1;
			if (line->tag[place] == s->tag)
				return line->flow[place];
		}
		if (!line->passed || !--s->lines)
			return NO_FLOW;
		s->line = (s->line + s->step) & t->mask;
		s->places = table_places(&t->lines[s->line], s->tag);
	}
}

void table_put(struct table *t, uint64_t hash, uint32_t flow)
{
	uint32_t at = (uint32_t)hash & t->mask, places;
	struct table_line *line = &t->lines[at];
	int place;

	while (!(places = free_places(line))) {
		line->passed++;
		at = (at + table_step(hash)) & t->mask;
		line = &t->lines[at];
	}
	place = __builtin_ctz(places);
	line->tag[place] = table_tag(hash);
	line->flow[place] = flow;
	t->count++;
}

static bool take_out(struct table_line *line, uint8_t tag, uint32_t flow)
{
	for (uint32_t places = table_places(line, tag); places; places &= places - 1) {
		int place = __builtin_ctz(places);

		if (line->tag[place] == tag && line->flow[place] == flow) {
			line->tag[place] = 0;
			return true;
		}
	}
	return false;
}

void table_remove(struct table *t, uint64_t hash, uint32_t flow)
{
	uint32_t at = (uint32_t)hash & t->mask;

	while (!take_out(&t->lines[at], table_tag(hash), flow)) {
		t->lines[at].passed--;
		at = (at + table_step(hash)) & t->mask;
	}
	t->count--;
}

bool table_grow(struct table *t, uint64_t (*hash_of)(const void *of, uint32_t flow), const void *of)
{
	struct table old = *t;

	if (t->mask > UINT32_MAX / (4 * TABLE_PLACES) || !new_lines(t, line_count(t) * 2)) {
		*t = old;
		return false;
	}
	t->count = 0;
	for (size_t i = 0; i < line_count(&old); i++) {
		const struct table_line *line = &old.lines[i];

		for (int place = 0; place < TABLE_PLACES; place++) {
			if (line->tag[place])
				table_put(t, hash_of(of, line->flow[place]), line->flow[place]);
		}
	}
	table_free(&old);
	return true;
}
