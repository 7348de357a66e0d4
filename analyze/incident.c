/*
 * One user's retries are one incident: version fallback, QUIC and then TCP, ECH and then none, IPv6
 * and then IPv4, or simply again.
 */
#include "trace.h"

#include <stdlib.h>

enum {
	OPEN_MAX = 8,		/* incidents of one client at a time; a ninth pushes the oldest out */
	UNOPENED_MAX = 1024	/* looked at one by one: more are a scan, or an outage */
};

/* An incident while it may go on. */
struct open {
	uint32_t number;	/* 0: free */
	const struct trace *last;
	int64_t settled;	/* of the attempt that took longest */
	int64_t worked;		/* when the first one that worked had; then nobody tries again */
	bool has_worked;
};

static int compare_hosts(const struct address *a, const struct address *b)
{
	if (a->ip_len != b->ip_len)
		return a->ip_len < b->ip_len ? -1 : 1;
	return memcmp(a->ip, b->ip, a->ip_len);
}

static int compare_times(const struct trace *a, const struct trace *b)
{
	if (a->began != b->began)
		return a->began < b->began ? -1 : 1;
	return a->serial < b->serial ? -1 : a->serial > b->serial;
}

static int by_client(const void *x, const void *y)
{
	const struct trace *a = x, *b = y;
	int order = compare_hosts(&a->client, &b->client);

	return order ? order : compare_times(a, b);
}

static int by_name(const void *x, const void *y)
{
	const struct trace *a = x, *b = y;

	if (a->name != b->name)
		return a->name < b->name ? -1 : 1;
	if (a->fingerprint != b->fingerprint)
		return a->fingerprint < b->fingerprint ? -1 : 1;
	return compare_times(a, b);
}

static int by_incident(const void *x, const void *y)
{
	const struct trace *a = x, *b = y;

	if (a->incident != b->incident)
		return a->incident < b->incident ? -1 : 1;
	return compare_times(a, b);
}

/* At one address, another name is another site, unless ECH hides which. */
bool same_aim(const struct trace *a, const struct trace *b)
{
	if (a->name && a->name == b->name)
		return true;
	return same_server(a, b) && (!a->name || !b->name || a->ech != b->ech);
}

bool gave_up(const struct trace *a, const struct trace *b)
{
	return a->outcome == OUTCOME_FAILED ||
	       (a->outcome == OUTCOME_INCONCLUSIVE && a->unanswered && a->settled < b->began);
}

static bool goes_on(const struct open *o, const struct trace *t)
{
	return o->number && same_aim(o->last, t) && t->began - o->settled <= TRY_AGAIN_NS &&
	       !(o->has_worked && t->began > o->worked);
}

static void join(struct open *o, struct trace *t)
{
	t->incident = o->number;
	o->last = t;
	if (t->settled > o->settled)
		o->settled = t->settled;
	if (t->outcome == OUTCOME_COMPLETED && !t->left_without_data &&
	    (!o->has_worked || t->settled < o->worked)) {
		o->has_worked = true;
		o->worked = t->settled;
	}
}

static struct open *open_for(struct open open[OPEN_MAX], const struct trace *t, uint32_t *numbers)
{
	struct open *oldest = &open[0];

	for (int i = 0; i < OPEN_MAX; i++)
		if (goes_on(&open[i], t))
			return &open[i];
	for (int i = 1; i < OPEN_MAX; i++)
		if (open[i].number < oldest->number)
			oldest = &open[i];
	*oldest = (struct open){ .number = ++*numbers, .settled = t->settled };
	return oldest;
}

/* Every attempt gets a number, which those of one incident share. */
static void number_by_client(struct trace *at, size_t count)
{
	struct open open[OPEN_MAX] = { { 0 } };
	uint32_t numbers = 0;

	for (size_t i = 0; i < count; i++) {
		if (i && !same_host(&at[i].client, &at[i - 1].client))
			memset(open, 0, sizeof(open));
		join(open_for(open, &at[i], &numbers), &at[i]);
	}
}

/* The same hello for the same name over the other IP version, right behind one that failed. Where
 * several clients do so at once, nobody can tell whose it is. */
static void link_families(struct trace *at, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		bool crowded = i + 1 < count && other_family_follows(&at[i - 1], &at[i + 1]) &&
			       !same_host(&at[i].client, &at[i + 1].client);

		if (other_family_follows(&at[i - 1], &at[i]) && !crowded)
			at[i].incident = at[i - 1].incident;
	}
}

static void rename_incident(struct trace *at, size_t count, uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < count; i++)
		if (at[i].incident == from)
			at[i].incident = to;
}

/* What said no word yet may be tied to what was tried instead. */
static void link_unopened(struct trace *at, size_t count)
{
	for (size_t i = 0, looked = 0; i < count && looked < UNOPENED_MAX; i++) {
		const struct trace *instead;

		if (!at[i].unopened || at[i].outcome != OUTCOME_FAILED)
			continue;
		instead = tried_instead(at, count, &at[i]);
		looked++;
		if (instead)
			rename_incident(at, count, at[i].incident, instead->incident);
	}
}

static void describe(struct trace *at, size_t count)
{
	bool failed = false;
	int64_t end = at[0].settled;

	for (size_t i = 0; i < count; i++) {
		failed |= at[i].outcome == OUTCOME_FAILED || (i + 1 < count && gave_up(&at[i], &at[i + 1]));
		end = at[i].settled > end ? at[i].settled : end;
	}
	for (size_t i = 0; i < count; i++) {
		if (count < 2 || !failed) {
			at[i].incident = 0;
			continue;
		}
		at[i].retry = (struct retry){ .attempt = (uint32_t)i + 1,
					      .attempts = (uint32_t)count,
					      .outcome = at[count - 1].outcome,
					      .span = end - at[0].began };
	}
}

void find_incidents(struct trace *at, size_t count)
{
	qsort(at, count, sizeof(*at), by_client);
	number_by_client(at, count);
	qsort(at, count, sizeof(*at), by_name);
	link_families(at, count);
	link_unopened(at, count);
	qsort(at, count, sizeof(*at), by_incident);
	for (size_t from = 0, to; from < count; from = to) {
		for (to = from + 1; to < count && at[to].incident == at[from].incident; to++)
			;
		describe(at + from, to - from);
	}
}
