/*
 * Parsed certificates by their bytes. Servers send the same few chains again and again: a keyed
 * hash and one comparison find them, and only a new one is digested and parsed. The key is random,
 * so nobody can choose certificates that fall into one bucket. Most are found without that hash: one
 * of a few bytes names the place of the last certificate that had them, and comparing with that one
 * takes less time than hashing.
 */
#include <pthread.h>
#include <sys/random.h>

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/siphash.h>

#include "parse.h"
#include "x509.h"

enum { MEMORY_DEFAULT = 16 * 1024 * 1024, BUCKETS = 4096, RECENT_BITS = 10 };

struct entry {
	struct certificate *certificate;
	uint64_t hash;
	size_t size;
	struct entry *in_bucket;
	struct entry *newer;
	bool used;			/* since it was last considered to make room */
};

struct certificate_cache {
	pthread_mutex_t lock;		/* over all that follows but the key */
	uint8_t key[16];
	size_t memory, held;
	struct entry *oldest, *newest;	/* in order of first meeting */
	struct entry *buckets[BUCKETS];
	struct entry *recent[1 << RECENT_BITS];	/* the last one used of those that share a place */
};

struct certificate_cache *certificate_cache_new(size_t memory)
{
	struct certificate_cache *cache = must(calloc(1, sizeof(*cache)));

	pthread_mutex_init(&cache->lock, NULL);
	cache->memory = memory ? memory : MEMORY_DEFAULT;
	if (getrandom(cache->key, sizeof(cache->key), 0) != sizeof(cache->key))
		memcpy(cache->key, &(void *){ cache }, sizeof(void *));
	return cache;
}

static uint64_t hash_of(const struct certificate_cache *cache, const uint8_t *der, size_t len)
{
	uint64_t hash = 0;

	wc_SipHash(cache->key, der, (word32)len, (unsigned char *)&hash, sizeof(hash));
	return hash;
}

static struct entry **bucket_of(struct certificate_cache *cache, uint64_t hash)
{
	return &cache->buckets[hash % BUCKETS];
}

/* A signature ends a certificate, so its last bytes tell most from one another. */
static struct entry **recent_place(struct certificate_cache *cache, const uint8_t *der, size_t len)
{
	uint32_t last = 0;

	if (len >= sizeof(last))
		memcpy(&last, der + len - sizeof(last), sizeof(last));
	return &cache->recent[(last ^ (uint32_t)len) * UINT32_C(2654435761) >> (32 - RECENT_BITS)];
}

static void append(struct certificate_cache *cache, struct entry *e)
{
	e->newer = NULL;
	*(cache->newest ? &cache->newest->newer : &cache->oldest) = e;
	cache->newest = e;
}

static struct entry *take_oldest(struct certificate_cache *cache)
{
	struct entry *e = cache->oldest;

	cache->oldest = e->newer;
	if (!cache->oldest)
		cache->newest = NULL;
	return e;
}

static void forget(struct certificate_cache *cache, struct entry *e)
{
	struct entry **at = bucket_of(cache, e->hash);
	struct entry **recent = recent_place(cache, e->certificate->der, e->certificate->der_len);

	while (*at != e)
		at = &(*at)->in_bucket;
	*at = e->in_bucket;
	if (*recent == e)
		*recent = NULL;
	cache->held -= e->size;
	certificate_release(e->certificate);
	free(e);
}

void certificate_cache_free(struct certificate_cache *cache)
{
	if (!cache)
		return;
	while (cache->oldest)
		forget(cache, take_oldest(cache));
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

/* Those that were used since they were last considered get another round. */
static void make_room(struct certificate_cache *cache)
{
	while (cache->held > cache->memory && cache->oldest != cache->newest) {
		struct entry *e = take_oldest(cache);

		if (!e->used) {
			forget(cache, e);
			continue;
		}
		e->used = false;
		append(cache, e);
	}
}

static bool is_of(const struct entry *e, const uint8_t *der, size_t len)
{
	return e && e->certificate->der_len == len && !memcmp(e->certificate->der, der, len);
}

static struct entry *find(struct certificate_cache *cache, uint64_t hash, const uint8_t *der,
			  size_t len)
{
	for (struct entry *e = *bucket_of(cache, hash); e; e = e->in_bucket)
		if (e->hash == hash && is_of(e, der, len))
			return e;
	return NULL;
}

static void remember(struct certificate_cache *cache, uint64_t hash, struct certificate *c)
{
	struct entry *e = must(calloc(1, sizeof(*e)));

	e->certificate = certificate_hold(c);
	e->hash = hash;
	e->size = sizeof(*e) + certificate_size(c);
	e->in_bucket = *bucket_of(cache, hash);
	e->used = true;
	*bucket_of(cache, hash) = e;
	*recent_place(cache, c->der, c->der_len) = e;
	append(cache, e);
	cache->held += e->size;
	make_room(cache);
}

static struct certificate *use(struct entry *e)
{
	if (!e)
		return NULL;
	e->used = true;
	return certificate_hold(e->certificate);
}

/* The last one that was used of those that share its place, if it is this one, held for the caller. */
static struct certificate *recall_recent(struct certificate_cache *cache, const uint8_t *der, size_t len)
{
	struct certificate *held = NULL;

	pthread_mutex_lock(&cache->lock);
	struct entry *e = *recent_place(cache, der, len);

	if (is_of(e, der, len))
		held = use(e);
	pthread_mutex_unlock(&cache->lock);
	return held;
}

/* The one that is kept, held for the caller; NULL if there is none. */
static struct certificate *recall(struct certificate_cache *cache, uint64_t hash, const uint8_t *der,
				  size_t len)
{
	pthread_mutex_lock(&cache->lock);
	struct entry *e = find(cache, hash, der, len);
	struct certificate *held = use(e);

	if (e)
		*recent_place(cache, der, len) = e;
	pthread_mutex_unlock(&cache->lock);
	return held;
}

/* Keeps a certificate, unless another thread was faster: then its twin is what all shall hold. */
static struct certificate *settle(struct certificate_cache *cache, uint64_t hash, struct certificate *c)
{
	pthread_mutex_lock(&cache->lock);
	struct certificate *held = use(find(cache, hash, c->der, c->der_len));

	if (!held)
		remember(cache, hash, c);
	pthread_mutex_unlock(&cache->lock);
	if (!held)
		return c;
	certificate_release(c);
	return held;
}

struct certificate *certificate_get(struct certificate_cache *cache, const uint8_t *der, size_t len)
{
	/* Beyond what is kept there is nothing to compare with; empty ones are cheap. */
	if (!cache || len == 0 || len > CERTIFICATE_MAX)
		return certificate_parse(der, len);
	struct certificate *c = recall_recent(cache, der, len);

	if (c)
		return c;
	uint64_t hash = hash_of(cache, der, len);

	c = recall(cache, hash, der, len);
	return c ? c : settle(cache, hash, certificate_parse(der, len));
}
