/* SipHash-1-3 (Aumasson and Bernstein, 2012) over the two ends of a flow. */
#include "hash.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

struct sip {
	uint64_t v[4];
};

struct hash_key hash_key_new(void)
{
	struct hash_key key;

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

static void sip_address(struct sip *s, const struct address *a)
{
	uint64_t words[2] = { 0, 0 };

	/* Lengths that the compiler knows become a few instructions. */
	if (a->ip_len == 4) {
		memcpy(words, a->ip, 4);
		sip_word(s, words[0]);
		return;
	}
	memcpy(words, a->ip, 16);
	sip_word(s, words[0]);
	sip_word(s, words[1]);
}

static int address_order(const struct address *one, const struct address *two)
{
	int order = one->ip_len == 4 ? memcmp(one->ip, two->ip, 4) : memcmp(one->ip, two->ip, 16);

	return order ? order : (int)one->port - (int)two->port;
}

uint64_t hash_flow(const struct hash_key *key, enum transport transport,
		   const struct address *one, const struct address *two)
{
	const struct address *low = address_order(one, two) <= 0 ? one : two;
	const struct address *high = low == one ? two : one;
	struct sip s = { {
		key->word[0] ^ 0x736f6d6570736575u, key->word[1] ^ 0x646f72616e646f6du,
		key->word[0] ^ 0x6c7967656e657261u, key->word[1] ^ 0x7465646279746573u,
	} };

	sip_address(&s, low);
	sip_address(&s, high);
	sip_word(&s, (uint64_t)low->port << 48 | (uint64_t)high->port << 32 |
		     (uint64_t)transport << 8 | one->ip_len);
	s.v[2] ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}

bool same_address(const struct address *one, const struct address *two)
{
	if (one->port != two->port || one->ip_len != two->ip_len)
		return false;
	return one->ip_len == 4 ? !memcmp(one->ip, two->ip, 4) : !memcmp(one->ip, two->ip, 16);
}
