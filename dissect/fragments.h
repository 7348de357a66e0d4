/*
 * Bytes that arrive in pieces, in any order and overlapping: DTLS handshake fragments, QUIC CRYPTO
 * frames. What is held is what was received, so that a promise of length costs nothing. Where
 * pieces disagree the first to arrive counts.
 */
#ifndef TLSWHY_FRAGMENTS_H
#define TLSWHY_FRAGMENTS_H

#include "../bytes.h"

/* Apart from each other: more holes than this is no handshake but an attack on the list. */
enum { FRAGMENTS_MAX = 256 };

struct fragment;

struct fragments {
	struct fragment *first;		/* in order of offset, never overlapping */
	size_t held;			/* bytes */
	size_t count;
};

/* fragments_add keeps what of these bytes is new; false when that would exceed `held_max` bytes. */
bool fragments_add(struct fragments *f, uint64_t offset, const uint8_t *bytes, size_t len,
		   size_t held_max);

/* fragments_bytes: what they take, about. */
size_t fragments_bytes(const struct fragments *f);

/* fragments_reach: how many bytes follow `offset` without a hole. */
size_t fragments_reach(const struct fragments *f, uint64_t offset);

/* fragments_copy: `len` bytes from `offset`, which fragments_reach has said to be there. */
void fragments_copy(const struct fragments *f, uint64_t offset, uint8_t *out, size_t len);

/* fragments_drop frees what lies wholly before `offset`; fragments_clear everything. */
void fragments_drop(struct fragments *f, uint64_t offset);
void fragments_clear(struct fragments *f);

#endif
