/* Blocks in a list, the newest first; whoever needs more than is left in it gets a new one. */
#include "arena.h"

#include <stdalign.h>

#include "parse.h"

enum { BLOCK_MIN = 1024 };	/* the text of a usual certificate fits in one or two */

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	alignas(max_align_t) unsigned char bytes[];
};

static struct arena_block *block_for(struct arena *a, size_t size)
{
	struct arena_block *b = a->first;

	if (b && size <= b->size - b->used)
		return b;
	size_t room = size > BLOCK_MIN ? size : BLOCK_MIN;

	b = must(calloc(1, sizeof(*b) + room));
	b->size = room;
	b->next = a->first;
	a->first = b;
	a->size += sizeof(*b) + room;
	return b;
}

void *arena_take(struct arena *a, size_t size)
{
	size_t rounded = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	struct arena_block *b = block_for(a, rounded);
	void *taken = b->bytes + b->used;

	b->used += rounded;
	return taken;
}

const char *arena_text(struct arena *a, const char *text, size_t len)
{
	char *copy = arena_take(a, len + 1);

	memcpy(copy, text, len);
	return copy;
}

void arena_free(struct arena *a)
{
	while (a->first) {
		struct arena_block *next = a->first->next;

		free(a->first);
		a->first = next;
	}
	a->size = 0;
}
