/*
 * Frames that are kept as they came, in order.
 */
#ifndef TLSWHY_KEPT_H
#define TLSWHY_KEPT_H

#include "packet.h"

struct kept {
	struct kept *next;
	struct frame frame;	/* its bytes are the kept ones */
	uint8_t bytes[];
};

/* All zero is an empty one. */
struct kept_list {
	struct kept *first, *last;
	size_t bytes;		/* of memory */
};

/* What a frame takes in a list. */
size_t kept_size(const struct frame *frame);

/* False without memory. */
bool kept_add(struct kept_list *l, const struct frame *frame);

/* All of `from` goes behind what `to` has. */
void kept_move(struct kept_list *to, struct kept_list *from);
void kept_free(struct kept_list *l);

#endif
