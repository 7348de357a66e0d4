#include "recent.h"

#include <stdlib.h>

enum {
	BUCKETS = 4096,
	DEFAULT_MEMORY = 8 * 1024 * 1024,
	TRIES_KEPT = 4,		/* of a client: what is tried again is tried soon */
	CHECKS_ENOUGH = 4,	/* as in probe.c */
	SCAN_ENOUGH = 12, SCAN_HELLOS = 8, SCAN_SERVERS = 12,
	FAILED_KEPT = 64,	/* of all clients, for who changes the IP version */
	LATEST_KEPT = 2048	/* and for a failure that takes its time */
};

static const int64_t CHECK_NS = INT64_C(1000000000);
static const int64_t STORE_NS = INT64_C(2000000000);
static const int64_t SCAN_NS = INT64_C(600000000000);	/* who pauses for longer begins anew */

/* Idle visits of one client to one server, one after the other. */
struct checks {
	struct address server;
	int64_t first, last;
	int64_t pause;		/* between the first two */
	uint32_t count;
};

/* What one client did in all. */
struct survey {
	int64_t last;
	uint32_t attempts, idle, counted;	/* counted: of these, as probes */
	uint64_t servers[SCAN_SERVERS], hellos[SCAN_HELLOS];
	uint8_t server_count, hello_count;	/* hellos: to the server of the last attempt */
	uint64_t server;
	bool data;
};

struct client {
	struct client *next;		/* in its bucket */
	struct client *older, *newer;	/* by when it was heard */
	struct address host;
	struct trace tries[TRIES_KEPT];	/* a ring; serial 0: none */
	uint8_t next_try;
	struct checks checks;
	struct survey survey;
};

struct ring {
	struct trace *at;
	size_t room, next;
};

struct recent {
	struct client *buckets[BUCKETS];
	struct client *oldest, *newest;
	size_t count, max;
	struct ring failed, latest;
	uint32_t numbers;
	uint64_t key;
};

struct recent *recent_new(size_t memory)
{
	struct recent *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->max = (memory ? memory : DEFAULT_MEMORY) / sizeof(struct client) + 1;
	r->failed = (struct ring){ calloc(FAILED_KEPT, sizeof(struct trace)), FAILED_KEPT, 0 };
	r->latest = (struct ring){ calloc(LATEST_KEPT, sizeof(struct trace)), LATEST_KEPT, 0 };
	r->key = (uint64_t)(uintptr_t)r * UINT64_C(0x9e3779b97f4a7c15);
	if (r->failed.at && r->latest.at)
		return r;
	recent_free(r);
	return NULL;
}

void recent_free(struct recent *r)
{
	if (!r)
		return;
	for (struct client *c = r->oldest, *newer; c; c = newer) {
		newer = c->newer;
		free(c);
	}
	free(r->failed.at);
	free(r->latest.at);
	free(r);
}

/* ---- clients, the one heard last at the end ---- */

static uint64_t hash_address(uint64_t key, const struct address *a)
{
	uint64_t hash = key ^ a->ip_len;

	for (uint8_t i = 0; i < a->ip_len; i++)
		hash = (hash ^ a->ip[i]) * UINT64_C(0x100000001b3);
	return hash ^ hash >> 31;
}

static struct client **bucket_of(struct recent *r, const struct address *host)
{
	return &r->buckets[hash_address(r->key, host) % BUCKETS];
}

static void unlink_client(struct recent *r, struct client *c)
{
	*(c->older ? &c->older->newer : &r->oldest) = c->newer;
	*(c->newer ? &c->newer->older : &r->newest) = c->older;
	c->older = c->newer = NULL;
}

static void append_client(struct recent *r, struct client *c)
{
	c->older = r->newest;
	*(r->newest ? &r->newest->newer : &r->oldest) = c;
	r->newest = c;
}

static void forget_oldest(struct recent *r)
{
	struct client *c = r->oldest;
	struct client **at = bucket_of(r, &c->host);

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	unlink_client(r, c);
	free(c);
	r->count--;
}

static struct client *new_client(struct recent *r, const struct address *host)
{
	struct client *c, **bucket = bucket_of(r, host);

	if (r->count == r->max)
		forget_oldest(r);
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->host = *host;
	c->next = *bucket;
	*bucket = c;
	append_client(r, c);
	r->count++;
	return c;
}

static struct client *client_of(struct recent *r, const struct address *host)
{
	struct client *c = *bucket_of(r, host);

	while (c && !same_host(&c->host, host))
		c = c->next;
	if (!c)
		return new_client(r, host);
	unlink_client(r, c);
	append_client(r, c);
	return c;
}

/* ---- retries ---- */

static bool worked(const struct trace *t)
{
	return t->outcome == OUTCOME_COMPLETED && !t->left_without_data;
}

static bool is_noted(const struct trace *t)
{
	return t->serial != 0;
}

/* One of this incident had worked when `t` began: then it is over. */
static bool is_over(const struct client *c, uint32_t incident, const struct trace *t)
{
	for (int i = 0; incident && i < TRIES_KEPT; i++) {
		const struct trace *x = &c->tries[i];

		if (is_noted(x) && x->incident == incident && worked(x) && x->settled < t->began)
			return true;
	}
	return false;
}

/* A failure that takes its time is over after what was tried instead. */
static bool is_retry(const struct trace *a, const struct trace *b)
{
	const struct trace *first = a->began <= b->began ? a : b, *then = first == a ? b : a;

	return same_aim(a, b) && then->began - first->settled <= TRY_AGAIN_NS &&
	       !(worked(first) && then->began > first->settled);
}

static struct trace *companion_of(struct client *c, const struct trace *t)
{
	for (int i = 1; i <= TRIES_KEPT; i++) {
		struct trace *x = &c->tries[(c->next_try + TRIES_KEPT - i) % TRIES_KEPT];

		const struct trace *first = x->began <= t->began ? x : t, *then = first == t ? x : t;

		if (is_noted(x) && is_retry(x, t) && !is_over(c, x->incident, t) &&
		    (x->incident || t->outcome == OUTCOME_FAILED || gave_up(first, then)))
			return x;
	}
	return NULL;
}

/* The one attempt with the other IP version that fits; where several do, nobody can tell whose it is. */
static struct trace *other_family_in(const struct ring *ring, const struct trace *t, bool failed_first)
{
	struct trace *found = NULL;

	for (size_t i = 0; i < ring->room; i++) {
		struct trace *x = &ring->at[i];
		const struct trace *first = failed_first ? x : t, *then = failed_first ? t : x;

		if (!is_noted(x) || then->began < first->began ||
		    !other_family_follows(first, then))
			continue;
		if (found && !same_host(&found->client, &x->client))
			return NULL;
		found = x;
	}
	return found;
}

/* The last one that TCP did not open and whose client came as `t` instead. */
static struct trace *unopened_before(const struct recent *r, const struct trace *t)
{
	for (size_t i = 1; i <= r->failed.room; i++) {
		struct trace *x = &r->failed.at[(r->failed.next + r->failed.room - i) % r->failed.room];
		const struct trace *instead;

		if (!x->unopened || !may_be_instead(x, t))
			continue;
		instead = tried_instead(r->latest.at, r->latest.room, x);
		return instead && instead->serial == t->serial ? x : NULL;
	}
	return NULL;
}

static struct trace *other_family(const struct recent *r, const struct trace *t)
{
	struct trace *x = t->name ? other_family_in(&r->failed, t, true) : NULL;

	if (!x && t->name && t->outcome == OUTCOME_FAILED)
		x = other_family_in(&r->latest, t, false);
	if (!x && t->unopened && t->outcome == OUTCOME_FAILED)
		x = tried_instead(r->latest.at, r->latest.room, t);
	return x ? x : unopened_before(r, t);
}

/* Until it is known how it ends, span holds when the first attempt began. */
static void describe(const struct trace *t, const struct trace *companion, struct placement *out)
{
	const struct trace *done = worked(t) ? t : companion && worked(companion) ? companion : NULL;
	const struct trace *before = companion && companion->began <= t->began ? companion : NULL;

	out->retry.attempt = before ? before->retry.attempt + 1 : 1;
	out->retry.span = before && before->retry.attempt ? before->retry.span : t->began;
	if (!done || !companion)
		return;
	out->retry.attempts = done == t ? out->retry.attempt : out->retry.attempt + 1;
	out->retry.outcome = OUTCOME_COMPLETED;
	out->retry.span = done->settled - out->retry.span;
}

static void find_incident(struct recent *r, struct client *c, const struct trace *t,
			  struct placement *out)
{
	struct trace *companion = companion_of(c, t);

	if (!companion)
		companion = other_family(r, t);
	if (companion && companion->incident)
		out->incident = companion->incident;
	else if (companion || t->outcome == OUTCOME_FAILED)
		out->incident = ++r->numbers;
	describe(t, companion, out);
}

/* ---- nobody's ---- */

static bool is_idle(const struct trace *t)
{
	return t->outcome == OUTCOME_COMPLETED && !t->data;
}

static bool is_on_time(const struct checks *k, int64_t began)
{
	int64_t off = began - k->last - k->pause;

	return k->pause >= CHECK_NS && (off < 0 ? -off : off) <= k->pause / 10;
}

static void begin_checks(struct checks *k, const struct trace *t)
{
	*k = (struct checks){ .server = t->server, .first = t->began, .last = t->began,
			      .count = is_idle(t) };
}

/* The pause between the first two is the measure of the others. */
static void find_checks(struct client *c, const struct trace *t, struct placement *out)
{
	struct checks *k = &c->checks;

	if (!is_idle(t) || !k->count || k->server.port != t->server.port ||
	    !same_host(&k->server, &t->server) || (k->count > 1 && !is_on_time(k, t->began))) {
		begin_checks(k, t);
		return;
	}
	if (k->count == 1)
		k->pause = t->began - k->last;
	k->last = t->began;
	k->count++;
	if (k->count < CHECKS_ENOUGH || k->pause < CHECK_NS)
		return;
	out->probe = true;
	out->probes_before = k->count == CHECKS_ENOUGH ? CHECKS_ENOUGH - 1 : 0;
}

static bool opened_beside(const struct trace *a, const struct trace *b)
{
	int64_t apart = a->began - b->began;

	return same_server(a, b) && a->name == b->name && a->data != b->data &&
	       (apart < 0 ? -apart : apart) <= STORE_NS;
}

/* The one that is used may be over before the one in store, or after it. */
static void find_stored(struct client *c, const struct trace *t, struct placement *out)
{
	for (int i = 0; i < TRIES_KEPT && !out->probe; i++) {
		struct trace *x = &c->tries[i];

		if (!is_noted(x) || !opened_beside(x, t))
			continue;
		if (is_idle(t)) {
			out->probe = true;
		} else if (is_idle(x) && !x->probe) {
			x->probe = true;
			out->probes_before++;
		}
	}
}

static bool add_distinct(uint64_t *at, uint8_t *count, uint8_t room, uint64_t value)
{
	for (uint8_t i = 0; i < *count; i++)
		if (at[i] == value)
			return *count == room;
	if (value && *count < room)
		at[(*count)++] = value;
	return *count == room;
}

static void survey_hello(struct survey *s, uint64_t server, const struct trace *t)
{
	if (s->hello_count == SCAN_HELLOS)
		return;
	if (server != s->server)
		s->hello_count = 0;
	s->server = server;
	add_distinct(s->hellos, &s->hello_count, SCAN_HELLOS, t->fingerprint);
}

static void note_survey(const struct recent *r, struct survey *s, const struct trace *t)
{
	uint64_t server = hash_address(r->key ^ t->server.port, &t->server) | 1;

	if (t->began - s->last > SCAN_NS)
		*s = (struct survey){ .last = t->began };
	s->last = t->began > s->last ? t->began : s->last;
	s->attempts++;
	s->idle += is_idle(t);
	s->data |= t->data;
	survey_hello(s, server, t);
	add_distinct(s->servers, &s->server_count, SCAN_SERVERS, server);
}

/* As in probe.c: many hellos to one server, or many servers that it wanted nothing of. */
static bool is_scan(const struct survey *s)
{
	return !s->data && s->attempts >= SCAN_ENOUGH &&
	       (s->hello_count == SCAN_HELLOS ||
		(s->server_count == SCAN_SERVERS && s->idle * 2 >= s->attempts));
}

static void find_probe(struct recent *r, struct client *c, const struct trace *t, struct placement *out)
{
	struct survey *s = &c->survey;
	uint32_t uncounted;

	find_checks(c, t, out);
	find_stored(c, t, out);
	note_survey(r, s, t);
	s->counted += out->probe + out->probes_before;
	if (!is_scan(s) || s->counted >= s->attempts)
		return;
	uncounted = s->attempts - s->counted;
	s->counted = s->attempts;
	if (!out->probe)
		uncounted--;
	out->probe = true;
	out->probes_before += uncounted;
}

/* ---- all of it ---- */

static struct trace *keep(struct ring *ring, const struct trace *t)
{
	struct trace *kept = &ring->at[ring->next++ % ring->room];

	*kept = *t;
	return kept;
}

void recent_note(struct recent *r, const struct trace *t, struct placement *out)
{
	struct client *c = client_of(r, &t->client);
	struct trace *latest = keep(&r->latest, t);
	struct trace kept = *t;

	*out = (struct placement){ 0 };
	if (!c)
		return;
	find_incident(r, c, t, out);
	find_probe(r, c, t, out);
	kept.incident = out->incident;
	kept.retry = out->retry;
	kept.probe = out->probe;
	c->tries[c->next_try++ % TRIES_KEPT] = kept;
	c->next_try %= TRIES_KEPT;
	*latest = kept;
	if (t->outcome == OUTCOME_FAILED)
		keep(&r->failed, &kept);
	if (!out->retry.attempts)
		out->retry = (struct retry){ 0 };
}
