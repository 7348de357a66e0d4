#include "endpoints.h"
#include "contrast.h"

#include <stdlib.h>

enum {
	BUCKETS = 4096,
	ATTEMPTS_KEPT = 256,	/* comparing all pairs of more says nothing new */
	ATTEMPTS_FIRST = 4,	/* room to begin with: most servers are met once or twice */
	DEFAULT_MEMORY = 32 * 1024 * 1024
};

struct entry {
	struct entry *next, *newer;
	struct endpoint endpoint;
	struct attempt *attempts;
	size_t attempt_count, attempt_room;
	size_t attempt_next;	/* once all places are taken: the oldest */
	bool spoken_to;		/* since it was last considered to make room */
	uint64_t told;		/* handshakes of it when it was handed out last */
};

struct endpoints {
	struct entry *buckets[BUCKETS];
	struct entry *oldest, *newest;	/* in order of first meeting */
	struct entry *handing_out;
	bool begun;
	size_t used, limit;
	bool sliding;
	uint64_t evicted;
	uint64_t key;
};

struct endpoints *endpoints_new(size_t memory, bool sliding)
{
	struct endpoints *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->sliding = sliding;
	e->limit = memory ? memory : DEFAULT_MEMORY;
	e->key = (uint64_t)(uintptr_t)e * UINT64_C(0x9e3779b97f4a7c15);
	return e;
}

void endpoints_free(struct endpoints *e)
{
	if (!e)
		return;
	for (struct entry *at = e->oldest, *newer; at; at = newer) {
		newer = at->newer;
		free(at->attempts);
		free(at);
	}
	free(e);
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ b[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static void read_name(const struct handshake *h, char out[256])
{
	out[0] = '\0';
	if (h->hello && h->hello->has_server_name)
		escape_text(out, 256, h->hello->server_name.at, h->hello->server_name.len);
}

static bool is_server(const struct endpoint *e, const struct handshake *h, const char *name)
{
	const struct address *a = &h->flow->side[SIDE_SERVER].address;

	return e->transport == h->flow->transport && e->server.port == a->port &&
	       e->server.ip_len == a->ip_len && !memcmp(e->server.ip, a->ip, a->ip_len) &&
	       !strcmp(e->sni, name);
}

static struct entry **bucket_of(struct endpoints *e, const struct address *a, const char *name)
{
	uint64_t hash =
	    hash_bytes(hash_bytes(e->key ^ a->port, a->ip, a->ip_len), name, strlen(name));

	return &e->buckets[(hash ^ hash >> 31) % BUCKETS];
}

static void append(struct endpoints *e, struct entry *entry)
{
	entry->newer = NULL;
	if (e->newest)
		e->newest->newer = entry;
	else
		e->oldest = entry;
	e->newest = entry;
}

static void remove_oldest(struct endpoints *e)
{
	struct entry *entry = e->oldest;
	struct entry **at = bucket_of(e, &entry->endpoint.server, entry->endpoint.sni);

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	e->oldest = entry->newer;
	if (!e->oldest)
		e->newest = NULL;
	e->used -= sizeof(*entry) + entry->attempt_room * sizeof(*entry->attempts);
	e->evicted++;
	free(entry->attempts);
	free(entry);
}

/* Those that were spoken to since they were last considered get another round. */
static void make_room(struct endpoints *e, size_t bytes)
{
	while (e->oldest && e->used + bytes > e->limit) {
		struct entry *entry = e->oldest;

		if (!entry->spoken_to || !entry->newer) {
			remove_oldest(e);
			continue;
		}
		entry->spoken_to = false;
		e->oldest = entry->newer;
		append(e, entry);
	}
}

static struct entry *new_entry(struct endpoints *e, const struct handshake *h, const char *name,
			       struct entry **bucket)
{
	struct entry *entry;

	make_room(e, sizeof(*entry));
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	e->used += sizeof(*entry);
	entry->endpoint.transport = h->flow->transport;
	entry->endpoint.server = h->flow->side[SIDE_SERVER].address;
	memcpy(entry->endpoint.sni, name, strlen(name) + 1);
	entry->next = *bucket;
	*bucket = entry;
	append(e, entry);
	return entry;
}

static struct entry *entry_for(struct endpoints *e, const struct handshake *h)
{
	const struct address *a = &h->flow->side[SIDE_SERVER].address;
	struct entry **bucket;
	char name[256];

	read_name(h, name);
	bucket = bucket_of(e, a, name);
	for (struct entry *at = *bucket; at; at = at->next)
		if (is_server(&at->endpoint, h, name))
			return at;
	return new_entry(e, h, name, bucket);
}

static void count_code(struct endpoint *e, const char *code)
{
	uint8_t i = 0;

	while (i < e->code_count && strcmp(e->codes[i].code, code) != 0)
		i++;
	if (i == ENDPOINT_CODES_KEPT)
		return;
	if (i == e->code_count)
		e->codes[e->code_count++].code = code;
	e->codes[i].count++;
}

static void keep_attempt(struct endpoints *e, struct entry *entry, const struct attempt *a)
{
	size_t room = entry->attempt_room ? entry->attempt_room * 2 : ATTEMPTS_FIRST;
	struct attempt *attempts;

	if (entry->attempt_count == ATTEMPTS_KEPT) {
		if (e->sliding)
			entry->attempts[entry->attempt_next++ % ATTEMPTS_KEPT] = *a;
		return;
	}
	if (entry->attempt_count == entry->attempt_room) {
		size_t more_bytes = (room - entry->attempt_room) * sizeof(*a);

		if (e->used + more_bytes > e->limit)
			return;
		attempts = realloc(entry->attempts, room * sizeof(*a));
		if (!attempts)
			return;
		e->used += more_bytes;
		entry->attempts = attempts;
		entry->attempt_room = room;
	}
	entry->attempts[entry->attempt_count++] = *a;
}

static void count_outcome(struct endpoint *e, enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_COMPLETED: e->completed++; break;
	case OUTCOME_FAILED: e->failed++; break;
	case OUTCOME_INCONCLUSIVE: e->inconclusive++; break;
	}
}

void endpoints_note(struct endpoints *e, const struct handshake *h, enum outcome outcome,
		    const char *code, bool probe)
{
	struct entry *entry = entry_for(e, h);
	struct attempt a;

	if (!entry)
		return;
	entry->spoken_to = true;
	attempt_read(h, outcome, code,
		     entry->attempt_count ? &entry->attempts[entry->attempt_count - 1] : NULL, &a);
	keep_attempt(e, entry, &a);
	count_outcome(&entry->endpoint, outcome);
	if (code)
		count_code(&entry->endpoint, code);
	entry->endpoint.probes += probe;
	if (!happened(entry->endpoint.first) || h->flow->first.time < entry->endpoint.first.time)
		entry->endpoint.first = h->flow->first;
	if (h->flow->last.time >= entry->endpoint.last.time)
		entry->endpoint.last = h->flow->last;
}

static int by_time(const void *x, const void *y)
{
	const struct attempt *a = x, *b = y;

	if (a->mark.time != b->mark.time)
		return a->mark.time < b->mark.time ? -1 : 1;
	return a->mark.frame < b->mark.frame ? -1 : a->mark.frame > b->mark.frame;
}

static bool seen_before(const struct entry *e, size_t i, bool failed_only)
{
	const struct address *c = &e->attempts[i].client;

	for (size_t j = 0; j < i; j++)
		if ((!failed_only || attempt_failed(&e->attempts[j])) &&
		    e->attempts[j].client.ip_len == c->ip_len &&
		    !memcmp(e->attempts[j].client.ip, c->ip, c->ip_len))
			return true;
	return false;
}

static void count_clients(struct entry *e)
{
	for (size_t i = 0; i < e->attempt_count; i++) {
		e->endpoint.clients += !seen_before(e, i, false);
		e->endpoint.clients_affected +=
		    attempt_failed(&e->attempts[i]) && !seen_before(e, i, true);
	}
}

static uint64_t handshakes_of(const struct endpoint *e)
{
	return e->completed + e->failed + e->inconclusive;
}

bool endpoints_next(struct endpoints *e, struct endpoint *out)
{
	struct entry *at = e->begun ? e->handing_out : e->oldest;

	while (at && (handshakes_of(&at->endpoint) < 2 || handshakes_of(&at->endpoint) == at->told))
		at = at->newer;
	e->handing_out = at ? at->newer : NULL;
	e->begun = at != NULL;
	if (!at)
		return false;
	at->told = handshakes_of(&at->endpoint);
	qsort(at->attempts, at->attempt_count, sizeof(*at->attempts), by_time);
	at->attempt_next = 0;
	at->endpoint.finding_count = 0;
	at->endpoint.clients = at->endpoint.clients_affected = 0;
	count_clients(at);
	contrast(at->attempts, at->attempt_count, &at->endpoint);
	*out = at->endpoint;
	return true;
}

uint64_t endpoints_evicted(const struct endpoints *e)
{
	return e->evicted;
}
