/* The keyed hash that decides where a flow is found, so that nobody outside can aim collisions. */
#ifndef TLSWHY_HASH_H
#define TLSWHY_HASH_H

#include "capture.h"

struct hash_key {
	uint64_t word[2];
};

/* A key that no traffic can know: from the system's random source. */
struct hash_key hash_key_new(void);

/* The same for both directions of a flow. */
uint64_t hash_flow(const struct hash_key *key, enum transport transport,
		   const struct address *one, const struct address *two);

#endif
