#include "slab.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_HEAD = 16 };	/* the link, and the alignment of what follows */

void slab_init(struct slab *s, size_t size)
{
	*s = (struct slab){ .size = (size + 7) & ~(size_t)7, .used_in_chunk = SLAB_CHUNK };
}

void slab_free_all(struct slab *s)
{
	while (s->chunks) {
		void *next;

		memcpy(&next, s->chunks, sizeof(next));
		free(s->chunks);
		s->chunks = next;
	}
}

size_t slab_wants(const struct slab *s)
{
	return s->spare || SLAB_CHUNK - s->used_in_chunk >= s->size ? 0 : SLAB_CHUNK;
}

static int add_chunk(struct slab *s)
{
	void *chunk = malloc(SLAB_CHUNK);

	if (!chunk)
		return 0;
	memcpy(chunk, &s->chunks, sizeof(s->chunks));
	s->chunks = chunk;
	s->used_in_chunk = CHUNK_HEAD;
	s->bytes += SLAB_CHUNK;
	return 1;
}

void *slab_take(struct slab *s)
{
	void *record = s->spare;

	if (record) {
		memcpy(&s->spare, record, sizeof(s->spare));
	} else {
		if (slab_wants(s) && !add_chunk(s))
			return NULL;
		record = (char *)s->chunks + s->used_in_chunk;
		s->used_in_chunk += s->size;
	}
	s->live++;
	memset(record, 0, s->size);
	return record;
}

void slab_give(struct slab *s, void *record)
{
	memcpy(record, &s->spare, sizeof(s->spare));
	s->spare = record;
	s->live--;
}
