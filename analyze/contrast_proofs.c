#include "contrast_parts.h"

static const int64_t SOON_NS = INT64_C(60000000000);	/* a user's retry comes within a minute */

enum { LARGE_HELLO = 1300, CLEARLY_LARGER = 100 };

/* It ended before the server had answered with a ServerHello: the hello itself may be the reason. */
static bool hello_failed(const struct attempt *a)
{
	return attempt_failed(a) && a->hello_len && !a->version;
}

/* One client, and soon after, with an older best offer. */
static bool is_fallback(const struct attempt *a, const struct attempt *b)
{
	return hello_failed(a) && completed(b) && same_client(a, b) &&
	       b->mark.time - a->mark.time <= SOON_NS && a->highest_version &&
	       b->highest_version < a->highest_version;
}

void find_intolerance(const struct tally *t, struct endpoint *e)
{
	for (size_t i = 0; i < t->count; i++)
		for (size_t j = i + 1; j < t->count; j++) {
			const struct attempt *a = &t->at[i], *b = &t->at[j];

			if (!is_fallback(a, b))
				continue;
			add_finding(e, "version_intolerant", SEVERITY_WARN, "a client failed with %s in its offer and got through without it (frames %llu and %llu)",
			    version_name(a->highest_version) ? version_name(a->highest_version) : "a newer version",
			    (unsigned long long)a->mark.frame, (unsigned long long)b->mark.frame);
			return;
		}
}

void find_size_limit(const struct tally *t, struct endpoint *e)
{
	uint32_t smallest_failed = 0, largest_passed = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct attempt *a = &t->at[i];

		if ((completed(a) || a->version) && a->hello_len > largest_passed)
			largest_passed = a->hello_len;
		if (hello_failed(a) && (!smallest_failed || a->hello_len < smallest_failed))
			smallest_failed = a->hello_len;
	}
	if (!largest_passed || smallest_failed < LARGE_HELLO ||
	    smallest_failed <= largest_passed + CLEARLY_LARGER)
		return;
	add_finding(e, "large_client_hello_intolerant", SEVERITY_BAD, "ClientHellos of %u bytes and more fail, those of up to %u bytes succeed", smallest_failed, largest_passed);
}

bool find_interception(const struct tally *t, struct endpoint *e)
{
	size_t intercepted = 0, other = 0, failed = 0, first = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct attempt *a = &t->at[i];

		if (!a->leaf)
			continue;
		if (a->intercepted && !intercepted)
			first = i;
		intercepted += a->intercepted;
		other += !a->intercepted;
		failed += a->intercepted && attempt_failed(a);
	}
	if (!intercepted || !other)
		return false;
	add_finding(e, "intercepted_for_some", SEVERITY_WARN, "%zu connections got a certificate of an inspection product (first in frame %llu), %zu the server's own",
	    intercepted, (unsigned long long)t->at[first].mark.frame, other);
	return failed == t->failed;
}
