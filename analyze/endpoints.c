#include "endpoints.h"
#include "contrast.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	BUCKETS = 4096,
	ATTEMPTS_KEPT = 256,	/* comparing all pairs of more says nothing new */
	ATTEMPTS_FIRST = 4,	/* room to begin with: most servers are met once or twice */
	DEFAULT_MEMORY = 32 * 1024 * 1024
};

struct code_count {
	const char *code;
	uint64_t count;
};

struct entry {
	struct entry *next, *newer;
	struct address server;
	enum transport transport;
	uint32_t attempt_count, attempt_room;
	struct attempt *attempts;
	size_t attempt_next;	/* once all places are taken: the oldest */
	uint64_t completed, failed, inconclusive, probes;
	struct code_count *codes;	/* NULL while nothing failed, else ENDPOINT_CODES_KEPT */
	uint8_t code_count, leaf_count;
	struct endpoint_leaf *leaves;	/* NULL while none was visible, else ENDPOINT_LEAVES_KEPT */
	uint32_t siblings;	/* names at its address, of one without a name */
	uint64_t siblings_completed;
	bool spoken_to;		/* since it was last considered to make room */
	struct mark first, last;
	uint64_t told;		/* handshakes of it when it was handed out last */
	size_t size;		/* of this */
	char name[];		/* "" if none */
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

static void free_entry(struct entry *entry)
{
	free(entry->attempts);
	free(entry->codes);
	free(entry->leaves);
	free(entry);
}

void endpoints_free(struct endpoints *e)
{
	if (!e)
		return;
	for (struct entry *at = e->oldest, *newer; at; at = newer) {
		newer = at->newer;
		free_entry(at);
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

static bool is_server(const struct entry *e, const struct gist *g, const char *name)
{
	return e->transport == g->transport && same_address(&e->server, &g->server) &&
	       !strcmp(e->name, name);
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

static size_t bytes_of(const struct entry *entry)
{
	return entry->size + entry->attempt_room * sizeof(*entry->attempts) +
	       (entry->codes ? ENDPOINT_CODES_KEPT * sizeof(*entry->codes) : 0) +
	       (entry->leaves ? ENDPOINT_LEAVES_KEPT * sizeof(*entry->leaves) : 0);
}

static void remove_oldest(struct endpoints *e)
{
	struct entry *entry = e->oldest;
	struct entry **at = bucket_of(e, &entry->server, entry->name);

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	e->oldest = entry->newer;
	if (!e->oldest)
		e->newest = NULL;
	e->used -= bytes_of(entry);
	e->evicted++;
	free_entry(entry);
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

static struct entry *new_entry(struct endpoints *e, const struct gist *g, const char *name,
			       struct entry **bucket)
{
	size_t size = sizeof(struct entry) + strlen(name) + 1;
	struct entry *entry;

	make_room(e, size);
	entry = calloc(1, size);
	if (!entry)
		return NULL;
	e->used += size;
	entry->size = size;
	entry->transport = g->transport;
	entry->server = g->server;
	memcpy(entry->name, name, strlen(name) + 1);
	entry->next = *bucket;
	*bucket = entry;
	append(e, entry);
	return entry;
}

static struct entry *entry_for(struct endpoints *e, const struct gist *g)
{
	const char *name = gist_name(g);
	struct entry **bucket = bucket_of(e, &g->server, name);

	for (struct entry *at = *bucket; at; at = at->next)
		if (is_server(at, g, name))
			return at;
	return new_entry(e, g, name, bucket);
}

void endpoints_expect(struct endpoints *e, const struct gist *g)
{
	const char *first = (const char *)*bucket_of(e, &g->server, gist_name(g));

	for (size_t at = 0; first && at < sizeof(struct entry); at += CACHE_LINE)
		__builtin_prefetch(first + at);
}

static void count_code(struct endpoints *all, struct entry *e, const char *code)
{
	uint8_t i = 0;

	if (!e->codes) {
		e->codes = calloc(ENDPOINT_CODES_KEPT, sizeof(*e->codes));
		if (!e->codes)
			return;
		all->used += ENDPOINT_CODES_KEPT * sizeof(*e->codes);
	}
	while (i < e->code_count && strcmp(e->codes[i].code, code) != 0)
		i++;
	if (i == ENDPOINT_CODES_KEPT)
		return;
	if (i == e->code_count)
		e->codes[e->code_count++].code = code;
	e->codes[i].count++;
}

static void count_leaf(struct endpoints *all, struct entry *e, const struct certificate *leaf)
{
	uint8_t i = 0;

	if (!e->leaves) {
		e->leaves = calloc(ENDPOINT_LEAVES_KEPT, sizeof(*e->leaves));
		if (!e->leaves)
			return;
		all->used += ENDPOINT_LEAVES_KEPT * sizeof(*e->leaves);
	}
	while (i < e->leaf_count && memcmp(e->leaves[i].sha256, leaf->sha256, sizeof(leaf->sha256)) != 0)
		i++;
	if (i == ENDPOINT_LEAVES_KEPT)
		return;
	if (i == e->leaf_count) {
		memcpy(e->leaves[i].sha256, leaf->sha256, sizeof(leaf->sha256));
		e->leaves[i].not_after = leaf->not_after;
		e->leaf_count++;
	}
	e->leaves[i].count++;
}

static void keep_attempt(struct endpoints *e, struct entry *entry, const struct attempt *a)
{
	uint32_t room = entry->attempt_room ? entry->attempt_room * 2 : ATTEMPTS_FIRST;
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

static void count_outcome(struct entry *e, enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_COMPLETED: e->completed++; break;
	case OUTCOME_FAILED: e->failed++; break;
	case OUTCOME_INCONCLUSIVE: e->inconclusive++; break;
	}
}

void endpoints_note(struct endpoints *e, const struct gist *g, enum outcome outcome,
		    const char *code, bool probe)
{
	struct entry *entry = entry_for(e, g);
	struct attempt a;

	if (!entry)
		return;
	entry->spoken_to = true;
	attempt_read(g, outcome, code, &a);
	if (!probe)	/* what nobody waited for compares with nothing */
		keep_attempt(e, entry, &a);
	if (g->certificates && g->certificates->count)
		count_leaf(e, entry, g->certificates->at[0]);
	count_outcome(entry, outcome);
	if (code)
		count_code(e, entry, code);
	entry->probes += probe;
	if (!happened(entry->first) || g->first.time < entry->first.time)
		entry->first = g->first;
	if (g->last.time >= entry->last.time)
		entry->last = g->last;
}

static int by_time(const void *x, const void *y)
{
	const struct attempt *a = x, *b = y;

	if (a->mark.time != b->mark.time)
		return a->mark.time < b->mark.time ? -1 : 1;
	return a->mark.frame < b->mark.frame ? -1 : a->mark.frame > b->mark.frame;
}

/* ---- handing out ---- */

/* The attempts that are compared: an entry's own, and those at its address that never named it. */
struct gathering {
	struct attempt *at;
	size_t count;
	bool own;		/* to be freed */
};

static int by_host(const struct address *a, const struct address *b)
{
	return a->ip_len != b->ip_len ? (a->ip_len < b->ip_len ? -1 : 1) : memcmp(a->ip, b->ip, a->ip_len);
}

/* Those of one client stand together, what failed first. */
static int by_client(const void *x, const void *y)
{
	const struct attempt *a = *(const struct attempt *const *)x, *b = *(const struct attempt *const *)y;
	int order = by_host(&a->client, &b->client);

	return order ? order : (int)attempt_failed(b) - (int)attempt_failed(a);
}

static void count_clients(const struct gathering *g, struct endpoint *out)
{
	const struct attempt *sorted[2 * ATTEMPTS_KEPT], *last = NULL;

	for (size_t i = 0; i < g->count; i++)
		sorted[i] = &g->at[i];
	if (g->count)
		qsort(sorted, g->count, sizeof(*sorted), by_client);
	for (size_t i = 0; i < g->count; last = sorted[i++]) {
		if (last && !by_host(&last->client, &sorted[i]->client))
			continue;
		out->clients++;
		out->clients_affected += attempt_failed(sorted[i]);
	}
}

static void count_choice(struct endpoint_choice *at, uint8_t *count, uint16_t number)
{
	uint8_t i = 0;

	while (i < *count && at[i].number != number)
		i++;
	if (!number || i == ENDPOINT_CHOICES_KEPT)
		return;
	if (i == *count)
		at[(*count)++] = (struct endpoint_choice){ .number = number };
	at[i].count++;
}

static uint64_t handshakes_of(const struct entry *e)
{
	return e->completed + e->failed + e->inconclusive;
}

static void describe(const struct entry *e, struct endpoint *out)
{
	*out = (struct endpoint){
		.transport = e->transport, .server = e->server, .completed = e->completed,
		.failed = e->failed, .inconclusive = e->inconclusive, .probes = e->probes,
		.code_count = e->code_count, .leaf_count = e->leaf_count, .first = e->first,
		.last = e->last,
	};
	memcpy(out->sni, e->name, strlen(e->name) + 1);
	for (uint8_t i = 0; i < e->code_count; i++) {
		out->codes[i].code = e->codes[i].code;
		out->codes[i].count = e->codes[i].count;
	}
	for (uint8_t i = 0; i < e->leaf_count; i++)
		out->leaves[i] = e->leaves[i];
	for (uint32_t i = 0; i < e->attempt_count; i++) {
		count_choice(out->versions, &out->version_count, e->attempts[i].version);
		count_choice(out->suites, &out->suite_count, e->attempts[i].suite);
	}
}

/* The entry without a name at the same address; NULL if there is none. */
static struct entry *nameless_of(struct endpoints *e, const struct entry *named)
{
	for (struct entry *at = *bucket_of(e, &named->server, ""); at; at = at->next)
		if (!*at->name && at->transport == named->transport &&
		    same_address(&at->server, &named->server))
			return at;
	return NULL;
}

/* Who was refused, or lost, before a hello could be read had a name in mind that the others tell. */
static void count_siblings(struct endpoints *e)
{
	for (struct entry *at = e->oldest; at; at = at->newer) {
		at->siblings = 0;
		at->siblings_completed = 0;
	}
	for (struct entry *at = e->oldest; at; at = at->newer) {
		struct entry *nameless = *at->name ? nameless_of(e, at) : NULL;

		if (!nameless)
			continue;
		nameless->siblings++;
		nameless->siblings_completed += at->completed;
	}
}

static struct gathering gather(struct endpoints *e, struct entry *entry)
{
	struct gathering g = { .at = entry->attempts, .count = entry->attempt_count };
	const struct entry *nameless = *entry->name ? nameless_of(e, entry) : NULL;
	struct attempt *both;

	if (nameless && nameless->siblings == 1 && nameless->attempt_count) {
		both = malloc((g.count + nameless->attempt_count) * sizeof(*both));
		if (both) {
			if (g.count)
				memcpy(both, g.at, g.count * sizeof(*both));
			g.at = both;
			g.own = true;
		}
		for (uint32_t i = 0; both && i < nameless->attempt_count; i++)
			if (!nameless->attempts[i].fingerprint)
				g.at[g.count++] = nameless->attempts[i];
	}
	if (g.count)
		qsort(g.at, g.count, sizeof(*g.at), by_time);
	entry->attempt_next = 0;
	return g;
}

/* No ClientHello was heard that could have named anybody. */
static bool all_unheard(const struct entry *entry)
{
	for (uint32_t i = 0; i < entry->attempt_count; i++)
		if (attempt_failed(&entry->attempts[i]) && entry->attempts[i].fingerprint)
			return false;
	return entry->attempt_count > 0;
}

/* That all fail is not so where the names at this address are served. */
static void relativize(const struct entry *entry, struct endpoint *out)
{
	for (uint8_t i = 0; i < out->finding_count && entry->siblings_completed; i++) {
		struct finding *f = &out->findings[i];

		if (strcmp(f->code, "fails_for_all_clients") != 0)
			continue;
		f->code = "intermittent";
		snprintf(f->summary, sizeof(f->summary), all_unheard(entry)
			 ? "%llu attempts failed before a ClientHello, while %llu succeeded at this address"
			 : "%llu attempts without a server name failed, while %llu with one succeeded at this address",
			 (unsigned long long)entry->failed, (unsigned long long)entry->siblings_completed);
	}
}

bool endpoints_next(struct endpoints *e, struct endpoint *out)
{
	struct entry *at = e->begun ? e->handing_out : e->oldest;
	struct gathering g;

	if (!e->begun)
		count_siblings(e);
	while (at && (handshakes_of(at) < 2 || handshakes_of(at) == at->told))
		at = at->newer;
	e->handing_out = at ? at->newer : NULL;
	e->begun = at != NULL;
	if (!at)
		return false;
	at->told = handshakes_of(at);
	g = gather(e, at);
	describe(at, out);
	count_clients(&g, out);
	contrast(g.at, g.count, out);
	relativize(at, out);
	if (g.own)
		free(g.at);
	return true;
}

uint64_t endpoints_evicted(const struct endpoints *e)
{
	return e->evicted;
}
