/* Memory that is taken bit by bit and given back in one go, with the object it belongs to. */
#ifndef TLSWHY_ARENA_H
#define TLSWHY_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *first;
	size_t size;		/* of all blocks, for those who must stay within bounds */
};

/* Aligned for any type, zeroed; never NULL. */
void *arena_take(struct arena *a, size_t size);
/* A NUL-terminated copy. */
const char *arena_text(struct arena *a, const char *text, size_t len);
void arena_free(struct arena *a);

#endif
