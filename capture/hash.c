/* SipHash-1-3 (Aumasson and Bernstein, 2012) over the two ends of a flow. */
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

static inline struct sip sip_begin(const struct capture_key *key)
{
	return (struct sip){ {
		key->word[0] ^ 0x736f6d6570736575u, key->word[1] ^ 0x646f72616e646f6du,
		key->word[0] ^ 0x6c7967656e657261u, key->word[1] ^ 0x7465646279746573u,
	} };
}

static inline uint64_t sip_end(struct sip *s)
{
	s->v[2] ^= 0xff;
	sip_round(s);
	sip_round(s);
	sip_round(s);
	return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

uint64_t hash_ends4(const struct capture_key *key, enum transport transport, uint64_t one, uint64_t two)
{
	struct sip s = sip_begin(key);

	sip_word(&s, (one < two ? one : two) | (uint64_t)(transport + 1) << 56);
	sip_word(&s, one < two ? two : one);
	return sip_end(&s);
}

static bool goes_first(const struct end16 *one, const struct end16 *two)
{
	if (one->ip[0] != two->ip[0])
		return one->ip[0] < two->ip[0];
	if (one->ip[1] != two->ip[1])
		return one->ip[1] < two->ip[1];
	return one->port < two->port;
}

uint64_t hash_ends16(const struct capture_key *key, enum transport transport, struct end16 one,
		     struct end16 two)
{
	bool in_order = goes_first(&one, &two);
	const struct end16 *low = in_order ? &one : &two, *high = in_order ? &two : &one;
	struct sip s = sip_begin(key);

	sip_word(&s, low->ip[0]);
	sip_word(&s, low->ip[1]);
	sip_word(&s, high->ip[0]);
	sip_word(&s, high->ip[1]);
	sip_word(&s, (uint64_t)low->port << 16 | high->port | (uint64_t)transport << 32);
	return sip_end(&s);
}

uint64_t hash_flow(const struct capture_key *key, enum transport transport,
		   const struct address *one, const struct address *two)
{
	if (one->ip_len == 4)
		return hash_ends4(key, transport, end4(one->ip, one->port), end4(two->ip, two->port));
	return hash_ends16(key, transport, end16(one->ip, one->port), end16(two->ip, two->port));
}

bool same_address(const struct address *one, const struct address *two)
{
	if (one->port != two->port || one->ip_len != two->ip_len)
		return false;
	return one->ip_len == 4 ? !memcmp(one->ip, two->ip, 4) : !memcmp(one->ip, two->ip, 16);
}
