/*
 * A plain file mapped into memory, a stretch at a time: what of a packet nobody looks at, as most of
 * what follows a handshake, is never copied. It may be cut short meanwhile by who writes it; then there
 * are zeros for what was at hand and no more comes.
 */
#ifndef TLSWHY_MAPPING_H
#define TLSWHY_MAPPING_H

#include <stdbool.h>
#include <stdint.h>

struct mapping {
	uint8_t *at;		/* NULL: none */
	uint64_t len;		/* of the file when it was mapped */
	uint64_t ready;		/* offset up to which it may be looked at */
	uint64_t gone;		/* offset before which it is given back */
};

/* False where the file cannot be mapped, or is too short to be worth it: it can still be read. */
bool mapping_open(struct mapping *m, int fd, uint64_t len);
void mapping_close(struct mapping *m);

/* Makes it ready up to offset `to` at least, gives back what is before `from`; false where the file ends
 * before or does not come. */
bool mapping_move(struct mapping *m, uint64_t from, uint64_t to);

#endif
