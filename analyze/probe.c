/*
 * Attempts behind which nobody waits: a balancer's health checks, a browser's connections in store,
 * scanners. They are counted apart so that the other numbers mean people. What a client refused is
 * never among them.
 */
#include "trace.h"

#include <stdlib.h>

enum {
	CHECKS_ENOUGH = 4,	/* equal pauses: three of them are no chance */
	SCAN_ENOUGH = 12,	/* attempts of one client, none with data */
	SCAN_HELLOS = 8,	/* distinct hellos to one server: no application has so many */
	SCAN_SERVERS = 12
};

static const int64_t CHECK_NS = INT64_C(1000000000); /* health checks come a second apart or more */
static const int64_t STORE_NS =
    INT64_C(2000000000); /* a connection in store is opened with another */

static int compare_servers(const struct trace *a, const struct trace *b)
{
	int order = memcmp(a->server.ip, b->server.ip, sizeof(a->server.ip));

	return order ? order
		     : (a->server.port > b->server.port) - (a->server.port < b->server.port);
}

static int by_client_and_server(const void *x, const void *y)
{
	const struct trace *a = x, *b = y;
	int order = memcmp(a->client.ip, b->client.ip, sizeof(a->client.ip));

	if (!order)
		order = compare_servers(a, b);
	if (!order)
		order = (a->began > b->began) - (a->began < b->began);
	return order;
}

static bool is_idle(const struct trace *t)
{
	return t->outcome == OUTCOME_COMPLETED && !t->data;
}

/* ---- health checks ---- */

static bool pauses_are_equal(const struct trace *at, size_t count)
{
	int64_t mean = (at[count - 1].began - at[0].began) / (int64_t)(count - 1);

	if (mean < CHECK_NS)
		return false;
	for (size_t i = 1; i < count; i++) {
		int64_t off = at[i].began - at[i - 1].began - mean;

		if ((off < 0 ? -off : off) > mean / 10)
			return false;
	}
	return true;
}

static void find_checks(struct trace *at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_idle(&at[i]))
			return;
	if (count < CHECKS_ENOUGH || !pauses_are_equal(at, count))
		return;
	for (size_t i = 0; i < count; i++)
		at[i].probe = true;
}

/* ---- connections in store ---- */

static bool was_opened_beside(const struct trace *idle, const struct trace *used)
{
	int64_t apart = idle->began - used->began;

	return used->data && used->name == idle->name && (apart < 0 ? -apart : apart) <= STORE_NS;
}

/* Those of one client and server stand by time, so a neighbour is the nearest. */
static void find_stored(struct trace *at, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!is_idle(&at[i]))
			continue;
		at[i].probe |= (i && was_opened_beside(&at[i], &at[i - 1])) ||
			       (i + 1 < count && was_opened_beside(&at[i], &at[i + 1]));
	}
}

/* ---- scanners ---- */

/* Distinct hellos to one server, as far as it matters. */
static size_t count_hellos(const struct trace *at, size_t count)
{
	uint64_t seen[SCAN_HELLOS];
	size_t n = 0;

	for (size_t i = 0; i < count && n < SCAN_HELLOS; i++) {
		size_t j = 0;

		while (j < n && seen[j] != at[i].fingerprint)
			j++;
		if (j == n && at[i].fingerprint)
			seen[n++] = at[i].fingerprint;
	}
	return n;
}

static size_t end_of_server(const struct trace *at, size_t from, size_t count)
{
	size_t to = from + 1;

	while (to < count && !compare_servers(&at[from], &at[to]))
		to++;
	return to;
}

/* All that one client did: many hellos to one server, or many servers that it wanted nothing of. */
static bool is_scan(const struct trace *at, size_t count)
{
	size_t servers = 0, idle = 0;
	bool many_hellos = false;

	if (count < SCAN_ENOUGH)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (at[i].data)
			return false;
		idle += is_idle(&at[i]);
	}
	for (size_t from = 0, to; from < count; from = to) {
		to = end_of_server(at, from, count);
		many_hellos |= count_hellos(at + from, to - from) == SCAN_HELLOS;
		servers++;
	}
	return many_hellos || (servers >= SCAN_SERVERS && idle * 2 >= count);
}

static void judge_client(struct trace *at, size_t count)
{
	bool scan = is_scan(at, count);

	for (size_t i = 0; i < count; i++)
		at[i].probe = scan;
	for (size_t from = 0, to; from < count; from = to) {
		to = end_of_server(at, from, count);
		find_checks(at + from, to - from);
		find_stored(at + from, to - from);
	}
}

void find_probes(struct trace *at, size_t count)
{
	qsort(at, count, sizeof(*at), by_client_and_server);
	for (size_t from = 0, to; from < count; from = to) {
		for (to = from + 1; to < count && !memcmp(at[to].client.ip, at[from].client.ip,
							  sizeof(at[to].client.ip));
		     to++)
			;
		judge_client(at + from, to - from);
	}
}
