/* The keyed hash that decides where a flow is found, so that nobody outside can aim collisions. */
#ifndef TLSWHY_HASH_H
#define TLSWHY_HASH_H

#include <string.h>

#include "capture.h"

/* One end of a flow, packed: what is hashed. */
static inline uint64_t end4(const uint8_t *ip, uint16_t port)
{
	uint32_t word;

	memcpy(&word, ip, sizeof(word));
	return (uint64_t)word << 16 | port;
}

struct end16 {
	uint64_t ip[2];
	uint16_t port;
};

static inline struct end16 end16(const uint8_t *ip, uint16_t port)
{
	struct end16 end = { .port = port };

	memcpy(end.ip, ip, sizeof(end.ip));
	return end;
}

/* The same for both directions of a flow. */
uint64_t hash_ends4(const struct capture_key *key, enum transport transport, uint64_t one, uint64_t two);
uint64_t hash_ends16(const struct capture_key *key, enum transport transport, struct end16 one,
		     struct end16 two);
uint64_t hash_flow(const struct capture_key *key, enum transport transport,
		   const struct address *one, const struct address *two);

/* Which of so many shares a flow falls to. The table and the past look at other bits. */
static inline uint32_t hash_share(uint64_t hash, uint32_t shares)
{
	return (uint32_t)((hash >> 32) * shares >> 32);
}

#endif
