/*
 * The keyed hash that decides where a flow is found, so that nobody outside can aim collisions: whatever
 * flows are sent, under a key that their sender does not know any two of them meet no more often than by
 * chance. This is pair-multiply-shift (M. Thorup, "High Speed Hashing for Integers and Strings", 2015,
 * 3.5), which is strongly universal, once for each half of the hash.
 */
#ifndef TLSWHY_HASH_H
#define TLSWHY_HASH_H

#include <string.h>

#include "capture.h"

/* An IPv6 end of a flow, packed. */
struct end16 {
	uint64_t ip[2];
	uint64_t port;		/* and the transport above it */
};

/* The two ends of a flow, packed for the hash and for comparing: who sent a packet, and to whom. */
struct ends {
	uint8_t ip_len;
	union {
		uint64_t four[2];	/* transport, address, port */
		struct end16 sixteen[2];
	};
};

static inline uint64_t end4(enum transport transport, const uint8_t *ip, uint16_t port)
{
	uint32_t word;

	memcpy(&word, ip, sizeof(word));
	return (uint64_t)transport << 48 | (uint64_t)word << 16 | port;
}

static inline struct end16 end16(enum transport transport, const uint8_t *ip, uint16_t port)
{
	struct end16 end = { .port = (uint64_t)transport << 16 | port };

	memcpy(end.ip, ip, sizeof(end.ip));
	return end;
}

static inline struct ends ends_of(enum transport transport, const struct address *one,
				  const struct address *two)
{
	struct ends e = { .ip_len = one->ip_len };

	if (one->ip_len == 4) {
		e.four[0] = end4(transport, one->ip, one->port);
		e.four[1] = end4(transport, two->ip, two->port);
	} else {
		e.sixteen[0] = end16(transport, one->ip, one->port);
		e.sixteen[1] = end16(transport, two->ip, two->port);
	}
	return e;
}

static inline bool same_end16(const struct end16 *one, const struct end16 *two)
{
	return one->ip[0] == two->ip[0] && one->ip[1] == two->ip[1] && one->port == two->port;
}

/* Either way round. */
static inline bool same_ends(const struct ends *a, const struct ends *b)
{
	if (a->ip_len != b->ip_len)
		return false;
	if (a->ip_len == 4)
		return (a->four[0] == b->four[0] && a->four[1] == b->four[1]) ||
		       (a->four[0] == b->four[1] && a->four[1] == b->four[0]);
	return (same_end16(&a->sixteen[0], &b->sixteen[0]) && same_end16(&a->sixteen[1], &b->sixteen[1])) ||
	       (same_end16(&a->sixteen[0], &b->sixteen[1]) && same_end16(&a->sixteen[1], &b->sixteen[0]));
}

enum { HASH_WORDS = 10 };	/* of 32 bits: two addresses of IPv6, ports, transport */

/* A key as the hash uses it. */
struct hash_key {
	uint64_t high[HASH_WORDS + 1], low[HASH_WORDS + 1];
};

struct hash_key hash_key_of(const struct capture_key *key);

static inline uint64_t hash_pair(const uint64_t *key, uint32_t one, uint32_t two)
{
	return (key[0] + two) * (key[1] + one);
}

/* The upper half of a sum of pairs, and the constant. */
static inline uint64_t hash_half4(const uint64_t *key, uint64_t low, uint64_t high, uint64_t rest)
{
	return hash_pair(key, (uint32_t)(low >> 16), (uint32_t)(high >> 16)) +
	       hash_pair(key + 2, (uint32_t)rest, (uint32_t)(rest >> 32)) + key[HASH_WORDS];
}

static inline uint64_t hash4(const struct hash_key *key, uint64_t one, uint64_t two)
{
	uint64_t low = one < two ? one : two, high = one < two ? two : one;
	uint64_t rest = (low & 0xffff) << 16 | (high & 0xffff) | (low >> 48) << 32;

	return (hash_half4(key->high, low, high, rest) & ~UINT64_C(0xffffffff)) |
	       hash_half4(key->low, low, high, rest) >> 32;
}

uint64_t hash16(const struct hash_key *key, const struct end16 *one, const struct end16 *two);

/* The same for both directions of a flow. */
static inline uint64_t hash_ends(const struct hash_key *key, const struct ends *ends)
{
	return ends->ip_len == 4 ? hash4(key, ends->four[0], ends->four[1])
				 : hash16(key, &ends->sixteen[0], &ends->sixteen[1]);
}

static inline uint64_t hash_flow(const struct hash_key *key, enum transport transport,
				 const struct address *one, const struct address *two)
{
	struct ends ends = ends_of(transport, one, two);

	return hash_ends(key, &ends);
}

/* Which of so many shares a flow falls to. The table and the past look at other bits. */
static inline uint32_t hash_share(uint64_t hash, uint32_t shares)
{
	return (uint32_t)((hash >> 32) * shares >> 32);
}

#endif
