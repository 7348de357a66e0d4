#include "trace.h"

#include <stdlib.h>

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

void trace_read(const struct gist *g, struct trace *out)
{
	*out = (struct trace){
		.serial = g->serial,
		.began = g->first.time,
		.settled = g->settled,
		.client = g->client,
		.server = g->server,
		.name = g->name_hash,
		.fingerprint = g->fingerprint,
		.outcome = g->outcome,
		.first = g->first,
		.stream = g->stream,
		.link = g->client_link,
		.unopened = g->unopened,
		.unanswered = g->has_hello && !g->has_server_hello,
		.ech = g->ech,
		.ech_config_id = g->ech_config_id,
		.data = g->data[SIDE_CLIENT],
		.left_without_data = g->left_without_data,
	};
}

void traces_note(struct traces *t, const struct gist *g)
{
	if (make_room(t))
		trace_read(g, &t->at[t->count++]);
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
