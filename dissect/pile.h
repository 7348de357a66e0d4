/* Bytes that came in pieces, put together. */
#ifndef TLSWHY_PILE_H
#define TLSWHY_PILE_H

#include <stddef.h>
#include <stdint.h>

/* Grows with what came, never with what was promised. */
struct pile {
	uint8_t *at;
	size_t have, room;
};

void pile_add(struct pile *p, const uint8_t *bytes, size_t len);
void pile_free(struct pile *p);		/* empty again */

#endif
