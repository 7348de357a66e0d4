/*
 * Parsed certificates by their bytes. Servers send the same few chains again and again: a keyed
 * hash and one comparison find them, and only a new one is digested and parsed. The key is random,
 * so nobody can choose certificates that fall into one bucket.
 */
#include <pthread.h>
#include <sys/random.h>

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/siphash.h>

#include "parse.h"
#include "x509.h"

enum { MEMORY_DEFAULT = 16 * 1024 * 1024, BUCKETS = 4096 };

struct entry {
	struct certificate *certificate;
	uint64_t hash;
	size_t size;
	struct entry *in_bucket;
	struct entry *older, *newer;	/* by last use */
};

struct certificate_cache {
	pthread_mutex_t lock;		/* over all that follows but the key */
	uint8_t key[16];
	size_t memory, used;
	struct entry *oldest, *newest;
	struct entry *buckets[BUCKETS];
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

static void unlink_use(struct certificate_cache *cache, struct entry *e)
{
	*(e->older ? &e->older->newer : &cache->oldest) = e->newer;
	*(e->newer ? &e->newer->older : &cache->newest) = e->older;
}

static void link_newest(struct certificate_cache *cache, struct entry *e)
{
	e->newer = NULL;
	e->older = cache->newest;
	*(e->older ? &e->older->newer : &cache->oldest) = e;
	cache->newest = e;
}

static void forget(struct certificate_cache *cache, struct entry *e)
{
	struct entry **at = bucket_of(cache, e->hash);

	while (*at != e)
		at = &(*at)->in_bucket;
	*at = e->in_bucket;
	unlink_use(cache, e);
	cache->used -= e->size;
	certificate_release(e->certificate);
	free(e);
}

void certificate_cache_free(struct certificate_cache *cache)
{
	if (!cache)
		return;
	while (cache->oldest)
		forget(cache, cache->oldest);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

static struct entry *find(struct certificate_cache *cache, uint64_t hash, const uint8_t *der,
			  size_t len)
{
	for (struct entry *e = *bucket_of(cache, hash); e; e = e->in_bucket)
		if (e->hash == hash && e->certificate->der_len == len &&
		    !memcmp(e->certificate->der, der, len))
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
	*bucket_of(cache, hash) = e;
	link_newest(cache, e);
	cache->used += e->size;
	while (cache->used > cache->memory && cache->oldest != e)
		forget(cache, cache->oldest);
}

/* The one that is kept, held for the caller; NULL if there is none. */
static struct certificate *recall(struct certificate_cache *cache, uint64_t hash, const uint8_t *der,
				  size_t len)
{
	struct certificate *held = NULL;

	pthread_mutex_lock(&cache->lock);
	struct entry *e = find(cache, hash, der, len);

	if (e) {
		unlink_use(cache, e);
		link_newest(cache, e);
		held = certificate_hold(e->certificate);
	}
	pthread_mutex_unlock(&cache->lock);
	return held;
}

/* Keeps a certificate, unless another thread was faster: then its twin is what all shall hold. */
static struct certificate *settle(struct certificate_cache *cache, uint64_t hash, struct certificate *c)
{
	struct certificate *held = c;

	pthread_mutex_lock(&cache->lock);
	struct entry *e = find(cache, hash, c->der, c->der_len);

	if (e)
		held = certificate_hold(e->certificate);
	else
		remember(cache, hash, c);
	pthread_mutex_unlock(&cache->lock);
	if (held != c)
		certificate_release(c);
	return held;
}

struct certificate *certificate_get(struct certificate_cache *cache, const uint8_t *der, size_t len)
{
	/* Beyond what is kept there is nothing to compare with; empty ones are cheap. */
	if (!cache || len == 0 || len > CERTIFICATE_MAX)
		return certificate_parse(der, len);
	uint64_t hash = hash_of(cache, der, len);
	struct certificate *c = recall(cache, hash, der, len);

	return c ? c : settle(cache, hash, certificate_parse(der, len));
}
