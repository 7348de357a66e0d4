/* Answers that differ though they should not: members of one address that are unequal. */
#include "contrast_parts.h"

#include <stdio.h>
#include <time.h>

enum {
	ENOUGH_FOR_TIME = 5,	/* fewer answers do not tell a change from members that take turns */
	SEEN_ALONE = 3,		/* before and after a renewal that goes from member to member */
	FLIGHT_SLACK = 24	/* an ECDSA signature's length varies by a few bytes */
};

/* ---- certificates ---- */

static bool shows_leaf(const struct attempt *a)
{
	return a->leaf && !a->intercepted;
}

/* Which certificate is right depends on what the client takes: on the key's type, of which a server may
 * have several, and so for other hellos on other things. */
static bool same_question(const struct attempt *a, const struct attempt *b)
{
	return shows_leaf(a) && shows_leaf(b) && (a->leaf_key == b->leaf_key || same_hello(a, b));
}

static const struct attempt *last_leaf(const struct tally *t)
{
	for (size_t i = t->count; i; i--)
		if (shows_leaf(&t->at[i - 1]))
			return &t->at[i - 1];
	return NULL;
}

/* All that is compared below needs two certificates; most servers have one. */
static bool shows_several(const struct tally *t)
{
	const struct attempt *last = NULL;

	for (size_t i = 0; i < t->count; i++) {
		const struct attempt *a = &t->at[i];

		if (!shows_leaf(a))
			continue;
		if (last && a->leaf != last->leaf)
			return true;
		last = a;
	}
	return false;
}

/* Another certificate than one before it had for the same question. */
static bool leaf_differs(const struct tally *t, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (same_question(&t->at[i], &t->at[j]) && t->at[i].leaf != t->at[j].leaf)
			return true;
	return false;
}

/* A certificate that another one had already taken the place of. */
static bool leaf_returns(const struct tally *t, size_t i)
{
	bool other = false;

	for (size_t j = i; j; j--) {
		const struct attempt *b = &t->at[j - 1];

		if (!same_question(&t->at[i], b))
			continue;
		if (b->leaf != t->at[i].leaf)
			other = true;
		else if (other)
			return true;
	}
	return false;
}

/* How many of the attempts from `from` on, in steps of one, show the same leaf before another does. */
static size_t run_of(const struct tally *t, bool from_end)
{
	const struct attempt *first = NULL;
	size_t n = 0;

	for (size_t k = 0; k < t->count; k++) {
		const struct attempt *a = &t->at[from_end ? t->count - 1 - k : k];

		if (!shows_leaf(a))
			continue;
		if (first && a->leaf != first->leaf)
			return n;
		first = first ? first : a;
		n++;
	}
	return n;
}

/* All have the old one, then both are seen, then all have the new one, which is valid for longer. */
static bool is_renewal(const struct tally *t)
{
	const struct attempt *last = last_leaf(t), *first = NULL;
	size_t seen = 0, old = run_of(t, false), new = run_of(t, true);

	for (size_t i = 0; i < t->count; i++) {
		first = !first && shows_leaf(&t->at[i]) ? &t->at[i] : first;
		seen += shows_leaf(&t->at[i]);
	}
	return first && last->leaf != first->leaf && last->leaf_not_after > first->leaf_not_after &&
	       old >= SEEN_ALONE && new >= SEEN_ALONE && (old + new) * 2 > seen;
}

static void date_text(char out[16], int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&when, &tm) || !strftime(out, 16, "%Y-%m-%d", &tm))
		out[0] = '\0';
}

static bool had_expired(const struct attempt *a)
{
	return a->leaf_not_after < a->mark.time / INT64_C(1000000000);
}

/* The one worth telling: expired, or else the last one seen. */
static const struct attempt *remarkable_leaf(const struct tally *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (shows_leaf(&t->at[i]) && had_expired(&t->at[i]))
			return &t->at[i];
	return last_leaf(t);
}

static void tell_unequal_leaves(const struct tally *t, struct endpoint *e)
{
	const struct attempt *one = remarkable_leaf(t);
	size_t seen = 0, same = 0;
	char date[16];

	for (size_t i = 0; i < t->count; i++) {
		seen += shows_leaf(&t->at[i]);
		same += shows_leaf(&t->at[i]) && t->at[i].leaf == one->leaf;
	}
	date_text(date, one->leaf_not_after);
	add_finding(e, "inconsistent_backends", SEVERITY_BAD, "%zu of %zu answers carry the certificate that %s %s, the others another one: the members behind this address differ",
	    same, seen, had_expired(one) ? "expired on" : "is valid until", date);
}

static bool find_leaves(const struct tally *t, struct endpoint *e)
{
	bool differs = false, returns = false;
	char date[16];

	if (!shows_several(t))
		return false;
	for (size_t i = 0; i < t->count; i++) {
		differs |= leaf_differs(t, i);
		returns |= leaf_returns(t, i);
	}
	if (!differs)
		return false;
	if (returns && !is_renewal(t)) {
		tell_unequal_leaves(t, e);
		return true;
	}
	date_text(date, last_leaf(t)->leaf_not_after);
	add_finding(e, "certificate_changed", SEVERITY_INFO, "the certificate changed during the capture%s; the last one is valid until %s",
	    returns ? ", on one member after another" : "", date);
	return false;
}

/* ---- what the server chose ---- */

/* The members of a choice, for the words. */
enum { IN_VERSION = 1, IN_SUITE = 2, IN_ALPN = 4, IN_GROUP = 8, IN_RETRY = 16, IN_FLIGHT = 32 };

static bool flights_differ(const struct attempt *a, const struct attempt *b)
{
	uint32_t one = a->flight_len, two = b->flight_len;

	return one && two && (one > two ? one - two : two - one) > FLIGHT_SLACK;
}

static unsigned difference(const struct attempt *a, const struct attempt *b)
{
	unsigned d = 0;

	d |= a->version != b->version ? IN_VERSION : 0;
	d |= a->suite != b->suite ? IN_SUITE : 0;
	d |= a->alpn_chosen != b->alpn_chosen ? IN_ALPN : 0;
	d |= a->group && b->group && a->group != b->group ? IN_GROUP : 0;
	d |= a->retry != b->retry ? IN_RETRY : 0;
	return d ? d : flights_differ(a, b) ? IN_FLIGHT : 0;
}

static bool is_comparable(const struct attempt *a, const struct attempt *b)
{
	return same_hello(a, b) && a->version && b->version && a->resumed == b->resumed &&
	       a->intercepted == b->intercepted;
}

/* The server's choice for one and the same hello; distinct hellos have distinct right answers. Where it
 * changes but once over many attempts, the server was configured anew. 0 if they do not differ. */
static unsigned answers_differ(const struct tally *t)
{
	size_t turns = 0, late_turns = 0, answers = 0;
	unsigned all = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct attempt *last = NULL, *a = &t->at[i];
		unsigned d;

		for (size_t j = i; j && !last; j--)
			if (is_comparable(a, &t->at[j - 1]))
				last = &t->at[j - 1];
		d = last ? difference(last, a) : 0;
		answers += a->version != 0;
		turns += d != 0;
		late_turns += d != 0 && i * 2 > t->count;
		all |= d;
	}
	/* That only sizes differ takes more to believe: it may take a while until all have a staple. */
	if (all == IN_FLIGHT)
		return turns > 2 && late_turns > 1 ? all : 0;
	return turns > 1 || answers < ENOUGH_FOR_TIME ? all & ~(unsigned)IN_FLIGHT : 0;
}

static void tell_unequal_answers(unsigned differ, struct endpoint *e)
{
	static const struct { unsigned what; const char *word; } words[] = {
		{ IN_VERSION, "version" }, { IN_SUITE, "cipher suite" }, { IN_ALPN, "ALPN" },
		{ IN_GROUP, "key-exchange group" }, { IN_RETRY, "whether another key share is asked for" },
		{ IN_FLIGHT, "the size of what is encrypted, as other certificates make it" },
	};
	char text[160] = "";

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t used = strlen(text);

		if (differ & words[i].what)
			snprintf(text + used, sizeof(text) - used, "%s%s", used ? ", " : "", words[i].word);
	}
	add_finding(e, "inconsistent_backends", SEVERITY_WARN, "the same ClientHello gets answers that differ in %s: the members behind this address differ", text);
}

/* ---- refused now and then ---- */

/* Refusals that a server's configuration makes, not its health. */
static bool is_about_configuration(const char *code)
{
	static const char *const codes[] = { "version_mismatch",      "cipher_mismatch",
					     "group_mismatch",	      "signature_mismatch",
					     "alpn_mismatch",	      "negotiation_failed",
					     "sni_unrecognized",      "cert_expired",
					     "cert_not_yet_valid",    "cert_name_mismatch",
					     "cert_self_signed",      "cert_unknown_ca",
					     "cert_chain_incomplete", "cert_chain_invalid",
					     "cert_rejected",	      "cert_weak",
					     "cert_revoked" };

	for (size_t i = 0; code && i < sizeof(codes) / sizeof(codes[0]); i++)
		if (!strcmp(codes[i], code))
			return true;
	return false;
}

/* Whether a certificate is refused for this depends on what its client trusts; all else is the same to
 * any client. */
static bool is_matter_of_trust(const char *code)
{
	return !strcmp(code, "cert_unknown_ca") || !strcmp(code, "cert_rejected") ||
	       !strcmp(code, "cert_intercepted");
}

/* One hello that fails for what is configured and completes with another answer. A certificate that is
 * the same both times was judged anew by the client; a session that is resumed shows none. */
static bool answered_unequally(const struct attempt *failed, const struct attempt *b)
{
	return attempt_failed(failed) && is_about_configuration(failed->code) && completed(b) &&
	       !b->resumed && same_hello(failed, b) && !(failed->leaf && failed->leaf == b->leaf);
}

/* Now completes and now is refused: members are unequal. A single change is a matter of time. */
static const struct attempt *refused_now_and_then(const struct tally *t)
{
	size_t first;

	if (changes(t, &first) < 2)
		return NULL;
	for (size_t i = 0; i < t->count; i++)
		for (size_t j = 0; j < t->count; j++)
			if (answered_unequally(&t->at[i], &t->at[j]))
				return &t->at[i];
	return NULL;
}

/* Does one client see both, or does what it refuses not depend on the client? */
static bool is_seen_by_any(const struct tally *t, const struct attempt *refused)
{
	if (!is_matter_of_trust(refused->code))
		return true;
	for (size_t i = 0; i < t->count; i++)
		if (completed(&t->at[i]) && same_client(refused, &t->at[i]))
			return true;
	return false;
}

bool find_unequal_members(const struct tally *t, struct endpoint *e)
{
	const struct attempt *refused;
	unsigned differ;

	if (find_leaves(t, e))
		return true;
	refused = refused_now_and_then(t);
	if (refused && !is_seen_by_any(t, refused)) {
		add_finding(e, "inconsistent_backends", SEVERITY_WARN, "the same ClientHello now succeeds and now fails with %s: the members behind this address differ, or these clients trust less", refused->code);
		return false;
	}
	if (refused) {
		add_finding(e, "inconsistent_backends", SEVERITY_BAD, "the same ClientHello now succeeds and now fails with %s: the members behind this address differ", refused->code);
		return true;
	}
	differ = answers_differ(t);
	if (differ)
		tell_unequal_answers(differ, e);
	return differ != 0;
}
