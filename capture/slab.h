/* Records of one size, cut from large chunks: no malloc per flow, and freed ones are used again. */
#ifndef TLSWHY_SLAB_H
#define TLSWHY_SLAB_H

#include <stddef.h>

struct slab {
	size_t size;		/* of one record */
	void *spare;		/* freed records, each holding the next one's address */
	void *chunks;		/* each chunk's first word is the next chunk's address */
	size_t used_in_chunk;	/* bytes of the newest chunk that are given out */
	size_t live;		/* records in use */
	size_t bytes;		/* of all chunks */
};

enum { SLAB_CHUNK = 64 * 1024 };

void slab_init(struct slab *s, size_t size);
void slab_free_all(struct slab *s);

/* How many bytes slab_take would ask the system for: 0 or a chunk. */
size_t slab_wants(const struct slab *s);

/* A zeroed record; NULL without memory. */
void *slab_take(struct slab *s);
void slab_give(struct slab *s, void *record);

#endif
