#include "kinds.h"

#include <pthread.h>
#include <stdlib.h>

/* A browser and its versions are a few kinds; what comes behind so many is made up. */
enum { SLOTS = 4096, KINDS_MAX = 2048 };

struct hello_kinds {
	pthread_mutex_t lock;
	struct hello_kind *at[SLOTS];	/* by fingerprint, open addressing */
	size_t count;
};

struct hello_kinds *hello_kinds_new(void)
{
	struct hello_kinds *k = calloc(1, sizeof(*k));

	if (k)
		pthread_mutex_init(&k->lock, NULL);
	return k;
}

void hello_kinds_free(struct hello_kinds *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		free(k->at[i]);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

static void read_codes(const struct code_list *list, struct hello_codes *out)
{
	for (uint16_t i = 0; i < list->count; i++) {
		if (is_grease(list->at[i]))
			continue;
		if (out->count == HELLO_CODES) {
			out->cut = true;
			return;
		}
		out->at[out->count++] = list->at[i];
	}
}

static struct hello_kind *read_kind(const struct client_hello *c, uint64_t fingerprint, char transport)
{
	struct hello_kind *kind = calloc(1, sizeof(*kind));

	if (!kind)
		return NULL;
	kind->fingerprint = fingerprint;
	client_hello_ja4(c, transport, kind->ja4);
	read_codes(&c->suites, &kind->lists[LIST_SUITES]);
	read_codes(&c->groups, &kind->lists[LIST_GROUPS]);
	read_codes(&c->signatures, &kind->lists[LIST_SIGNATURES]);
	read_codes(&c->extensions, &kind->lists[LIST_EXTENSIONS]);
	return kind;
}

const struct hello_kind *hello_kind_of(struct hello_kinds *k, const struct client_hello *hello,
				       uint64_t fingerprint, char transport)
{
	size_t slot = (fingerprint ^ fingerprint >> 32) % SLOTS;
	const struct hello_kind *kind;

	pthread_mutex_lock(&k->lock);
	while (k->at[slot] && k->at[slot]->fingerprint != fingerprint)
		slot = (slot + 1) % SLOTS;
	if (!k->at[slot] && k->count < KINDS_MAX) {
		k->at[slot] = read_kind(hello, fingerprint, transport);
		k->count += k->at[slot] != NULL;
	}
	kind = k->at[slot];
	pthread_mutex_unlock(&k->lock);
	return kind;
}
