#include "hash.h"

#include <sys/random.h>
#include <time.h>

struct sip {
	uint64_t v[4];
};

struct capture_key capture_key_new(void)
{
	struct capture_key key;

	/* Without random bytes (a kernel that is just booting) the clock is better than a constant. */
	if (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key)) {
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC, &now);
		key.word[0] = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15u;
		key.word[1] = (uint64_t)now.tv_sec ^ (uint64_t)(uintptr_t)&key;
	}
	return key;
}

static inline uint64_t rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void sip_round(struct sip *s)
{
	s->v[0] += s->v[1];
	s->v[1] = rotate(s->v[1], 13) ^ s->v[0];
	s->v[0] = rotate(s->v[0], 32);
	s->v[2] += s->v[3];
	s->v[3] = rotate(s->v[3], 16) ^ s->v[2];
	s->v[0] += s->v[3];
	s->v[3] = rotate(s->v[3], 21) ^ s->v[0];
	s->v[2] += s->v[1];
	s->v[1] = rotate(s->v[1], 17) ^ s->v[2];
	s->v[2] = rotate(s->v[2], 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
	s->v[3] ^= word;
	sip_round(s);
	s->v[0] ^= word;
}

/* SipHash-1-3 (Aumasson and Bernstein, 2012) of a number: the key's words follow from it one by one. */
static uint64_t derive(const struct capture_key *key, uint64_t number)
{
	struct sip s = { {
		key->word[0] ^ 0x736f6d6570736575u, key->word[1] ^ 0x646f72616e646f6du,
		key->word[0] ^ 0x6c7967656e657261u, key->word[1] ^ 0x7465646279746573u,
	} };

	sip_word(&s, number);
	sip_word(&s, (uint64_t)sizeof(number) << 56);
	s.v[2] ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}

struct hash_key hash_key_of(const struct capture_key *key)
{
	struct hash_key words;

	for (uint64_t i = 0; i <= HASH_WORDS; i++) {
		words.high[i] = derive(key, 2 * i);
		words.low[i] = derive(key, 2 * i + 1);
	}
	return words;
}

static bool goes_first(const struct end16 *one, const struct end16 *two)
{
	if (one->ip[0] != two->ip[0])
		return one->ip[0] < two->ip[0];
	if (one->ip[1] != two->ip[1])
		return one->ip[1] < two->ip[1];
	return one->port < two->port;
}

static uint64_t pair_of(const uint64_t *key, uint64_t word)
{
	return hash_pair(key, (uint32_t)word, (uint32_t)(word >> 32));
}

static uint64_t half16(const uint64_t *key, const struct end16 *low, const struct end16 *high)
{
	uint64_t ports = (low->port & 0xffff) << 16 | (high->port & 0xffff) | (low->port >> 16) << 32;

	return pair_of(key, low->ip[0]) + pair_of(key + 2, low->ip[1]) + pair_of(key + 4, high->ip[0]) +
	       pair_of(key + 6, high->ip[1]) + pair_of(key + 8, ports) + key[HASH_WORDS];
}

uint64_t hash16(const struct hash_key *key, const struct end16 *one, const struct end16 *two)
{
	const struct end16 *low = goes_first(one, two) ? one : two, *high = low == one ? two : one;

	return (half16(key->high, low, high) & ~UINT64_C(0xffffffff)) | half16(key->low, low, high) >> 32;
}
