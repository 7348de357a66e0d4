#include "trace.h"

#include <stdlib.h>

#include "attempt.h"

enum { DEFAULT_MEMORY = 8 * 1024 * 1024, FIRST_ROOM = 64 };

struct traces {
	struct trace *at;
	size_t count, room, max;
};

struct traces *traces_new(size_t memory)
{
	struct traces *t = calloc(1, sizeof(*t));

	if (t)
		t->max = (memory ? memory : DEFAULT_MEMORY) / sizeof(*t->at);
	return t;
}

void traces_free(struct traces *t)
{
	if (t)
		free(t->at);
	free(t);
}

bool same_host(const struct address *a, const struct address *b)
{
	return a->ip_len == b->ip_len && !memcmp(a->ip, b->ip, a->ip_len);
}

bool same_server(const struct trace *a, const struct trace *b)
{
	return a->server.port == b->server.port && same_host(&a->server, &b->server);
}

static bool make_room(struct traces *t)
{
	size_t room = t->room ? t->room * 2 : FIRST_ROOM;
	struct trace *at;

	if (t->count < t->room)
		return true;
	if (room > t->max)
		room = t->max;
	if (t->count >= room)
		return false;
	at = realloc(t->at, room * sizeof(*at));
	if (!at)
		return false;
	t->at = at;
	t->room = room;
	return true;
}

static uint64_t hash_name(const struct client_hello *hello)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	if (!hello || !hello->has_server_name || !hello->server_name.len)
		return 0;
	for (uint16_t i = 0; i < hello->server_name.len; i++)
		hash =
		    (hash ^ ((uint8_t)hello->server_name.at[i] | 0x20u)) * UINT64_C(0x100000001b3);
	return hash ? hash : 1;
}

/* When both sides had finished, or one of them had given up. */
static int64_t settled_at(const struct handshake *h, const struct ending *e)
{
	struct mark done = mark_later(h->finished[SIDE_CLIENT], h->finished[SIDE_SERVER]);

	if (e->outcome == OUTCOME_COMPLETED && happened(done))
		return done.time;
	return happened(e->mark) ? e->mark.time : h->flow->last.time;
}

void trace_read(const struct handshake *h, const struct ending *e, struct trace *out)
{
	*out = (struct trace){
		.serial = h->serial,
		.began = h->flow->first.time,
		.settled = settled_at(h, e),
		.client = h->flow->side[SIDE_CLIENT].address,
		.server = h->flow->side[SIDE_SERVER].address,
		.name = hash_name(h->hello),
		.fingerprint = h->hello ? attempt_fingerprint(h->hello) : 0,
		.outcome = e->outcome,
		.first = h->flow->first,
		.stream = h->flow->stream,
		.ech = h->hello && h->hello->ech == ECH_OUTER,
		.ech_config_id = h->hello ? h->hello->ech_config_id : 0,
		.data = h->data_records[SIDE_CLIENT] > 0,
		.left_without_data = e->left_without_data,
	};
}

void traces_note(struct traces *t, const struct handshake *h, const struct ending *e)
{
	if (make_room(t))
		trace_read(h, e, &t->at[t->count++]);
}

static int by_serial(const void *x, const void *y)
{
	const struct trace *a = x, *b = y;

	return a->serial < b->serial ? -1 : a->serial > b->serial;
}

void traces_settle(struct traces *t)
{
	if (!t->count)
		return;
	find_incidents(t->at, t->count);
	find_probes(t->at, t->count);
	qsort(t->at, t->count, sizeof(*t->at), by_serial);
}

const struct trace *traces_find(const struct traces *t, uint64_t serial)
{
	const struct trace key = { .serial = serial };

	return t->count ? bsearch(&key, t->at, t->count, sizeof(*t->at), by_serial) : NULL;
}

const struct trace *traces_next(const struct traces *t, const struct trace *of)
{
	enum { LOOKED_AT = 4096 };	/* attempts that began in between: a retry comes soon */
	const struct trace *end = t->at + t->count;

	if (!of->incident || of->retry.attempt == of->retry.attempts)
		return NULL;
	end = end - of > LOOKED_AT ? of + LOOKED_AT : end;
	for (const struct trace *at = of + 1; at < end; at++)
		if (at->incident == of->incident && at->retry.attempt == of->retry.attempt + 1)
			return at;
	return NULL;
}
