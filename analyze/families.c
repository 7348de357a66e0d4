/*
 * IPv6 and then IPv4, or the other way round: two addresses of the client, so that something else has to
 * tell that it is one.
 */
#include "trace.h"

/* RFC 8305 5 and 8: a quarter of a second before the next is tried, two at most; and slack. */
static const int64_t OTHER_FAMILY_NS = INT64_C(3000000000);

/* Whoever is refused tries the next address at once. */
static const int64_t AT_ONCE_NS = INT64_C(500000000);

enum { CANDIDATES_MAX = 16 };	/* of which one is to be singled out */

static bool of_other_family(const struct trace *a, const struct trace *b)
{
	return a->client.ip_len != b->client.ip_len;
}

/* A failure that took its time is as good as one that has just begun. */
static bool is_right_behind(const struct trace *a, const struct trace *b)
{
	return b->began - a->began <= OTHER_FAMILY_NS ||
	       (b->began >= a->settled && b->began - a->settled <= AT_ONCE_NS);
}

bool other_family_follows(const struct trace *a, const struct trace *b)
{
	return b->name && a->name == b->name && a->fingerprint == b->fingerprint &&
	       of_other_family(a, b) && a->outcome != OUTCOME_COMPLETED && is_right_behind(a, b);
}

/* Without a hello there is nothing to compare but the time, the port, and the machine that sent it. */
bool may_be_instead(const struct trace *a, const struct trace *b)
{
	return a->serial && b->serial && of_other_family(a, b) && a->server.port == b->server.port &&
	       b->began >= a->began && b->began - a->began <= OTHER_FAMILY_NS &&
	       b->began - a->settled <= AT_ONCE_NS && !(a->link && b->link && a->link != b->link);
}

enum site { SITE_UNKNOWN, SITE_SAME, SITE_OTHER };

/* Whether others asked for the name of `b` where `a` went. */
static enum site compare_sites(const struct trace *at, size_t count, const struct trace *a,
			       const struct trace *b)
{
	enum site site = SITE_UNKNOWN;

	for (size_t i = 0; i < count; i++) {
		if (!at[i].serial || !at[i].name || !same_server(&at[i], a))
			continue;
		if (at[i].name == b->name)
			return SITE_SAME;
		site = SITE_OTHER;
	}
	return site;
}

/* Whether other hosts of its family share the Ethernet address of `t`, which is a router's then; where it
 * is unknown, whether there are others at all. */
static bool has_neighbours(const struct trace *at, size_t count, const struct trace *t)
{
	for (size_t i = 0; i < count; i++)
		if (at[i].serial && !of_other_family(&at[i], t) && at[i].link == t->link &&
		    !same_host(&at[i].client, &t->client))
			return true;
	return false;
}

static bool is_alone(const struct trace *at, size_t count, const struct trace *a, const struct trace *b)
{
	return !has_neighbours(at, count, b) && (b->link || !has_neighbours(at, count, a));
}

/* Another one of whom `b` may be what was tried instead. */
static bool has_rival(const struct trace *at, size_t count, const struct trace *a, const struct trace *b)
{
	for (size_t i = 0; i < count; i++)
		if (at[i].unopened && may_be_instead(&at[i], b) &&
		    !same_host(&at[i].client, &a->client))
			return true;
	return false;
}

/* The same once more: nothing new to look up. */
static bool same_try(const struct trace *a, const struct trace *b)
{
	return a->name == b->name && same_server(a, b) && same_host(&a->client, &b->client);
}

struct trace *tried_instead(struct trace *at, size_t count, const struct trace *unopened)
{
	struct trace *found = NULL;
	enum site site = SITE_UNKNOWN;
	int looked = 0;

	for (size_t i = 0; i < count; i++) {
		struct trace *t = &at[i];
		enum site here;

		if (!may_be_instead(unopened, t))
			continue;
		if (found && same_try(found, t)) {
			found = t->began < found->began ? t : found;
			continue;
		}
		if (looked++ == CANDIDATES_MAX)
			return NULL;
		here = compare_sites(at, count, unopened, t);
		if (here == SITE_OTHER)
			continue;
		if (found && (!same_host(&found->client, &t->client) || !same_server(found, t)))
			return NULL;
		if (!found || t->began < found->began)
			found = t;
		site = here;
	}
	if (!found || has_rival(at, count, unopened, found))
		return NULL;
	/* Of several behind one router, only what the server is called tells. */
	return site == SITE_SAME || is_alone(at, count, unopened, found) ? found : NULL;
}
