#include "contrast.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

enum {
	ENOUGH_FAILURES = 2, /* one may be chance */
	ENOUGH_FOR_ALL = 3,
	SUCCESSES_BEFORE = 3, /* for a beginning to be one */
	ENOUGH_FOR_TIME = 5   /* fewer answers do not tell a change from members that take turns */
};

static const int64_t RETRY_NS = INT64_C(60000000000);	/* a user's retry comes within a minute */

struct tally {
	const struct attempt *at;
	size_t count;
	size_t failed, completed;
};

__attribute__((format(printf, 4, 5))) static void
add(struct endpoint *e, const char *code, enum severity severity, const char *format, ...)
{
	struct finding *f;
	va_list args;

	if (e->finding_count == ENDPOINT_FINDINGS_KEPT)
		return;
	f = &e->findings[e->finding_count++];
	f->code = code;
	f->severity = severity;
	va_start(args, format);
	vsnprintf(f->summary, sizeof(f->summary), format, args);
	va_end(args);
}

static bool completed(const struct attempt *a)
{
	return a->outcome == OUTCOME_COMPLETED;
}

/* ---- what splits them ---- */

static bool has_tls13(const struct attempt *a) { return a->tls13; }
static bool has_tls12(const struct attempt *a) { return a->tls12; }
static bool has_name(const struct attempt *a) { return a->name; }
static bool has_alpn(const struct attempt *a) { return a->alpn; }
static bool has_hybrid(const struct attempt *a) { return a->hybrid; }
static bool is_large(const struct attempt *a) { return a->hello_len > 1400; }
static bool is_ipv6(const struct attempt *a) { return a->client.ip_len == 16; }

static const struct trait {
	const char *with, *without;
	bool (*has)(const struct attempt *a);
} traits[] = {
	{ "offer TLS 1.2", "offer no TLS 1.2", has_tls12 },
	{ "offer TLS 1.3", "offer no TLS 1.3", has_tls13 },
	{ "send a server name", "send no server name", has_name },
	{ "have a ClientHello of more than one packet", "have a ClientHello of one packet", is_large },
	{ "send a post-quantum key share", "send no post-quantum key share", has_hybrid },
	{ "offer ALPN", "offer no ALPN", has_alpn },
	{ "come over IPv6", "come over IPv4", is_ipv6 },
};

/* Of the failures and successes, how many have the trait; fewer than one in ten may be misplaced. */
static bool splits(const struct tally *t, const struct trait *trait, bool *failures_have,
		   size_t *fit)
{
	size_t failed_with = 0, completed_with = 0, right;

	for (size_t i = 0; i < t->count; i++) {
		failed_with += attempt_failed(&t->at[i]) && trait->has(&t->at[i]);
		completed_with += completed(&t->at[i]) && trait->has(&t->at[i]);
	}
	*failures_have = failed_with * 2 > t->failed;
	right = *failures_have ? failed_with + (t->completed - completed_with)
			       : (t->failed - failed_with) + completed_with;
	*fit = *failures_have ? failed_with : t->failed - failed_with;
	return right * 10 > (t->failed + t->completed) * 9;
}

static bool same_hello(const struct attempt *a, const struct attempt *b)
{
	return a->fingerprint && a->fingerprint == b->fingerprint;
}

static bool same_client(const struct attempt *a, const struct attempt *b)
{
	return a->client.ip_len == b->client.ip_len &&
	       !memcmp(a->client.ip, b->client.ip, a->client.ip_len);
}

static bool same_subnet(const struct attempt *a, const struct attempt *b)
{
	size_t bytes = a->client.ip_len == 4 ? 3 : 8;

	return a->client.ip_len == b->client.ip_len && !memcmp(a->client.ip, b->client.ip, bytes);
}

/* Failures and successes share no value of this kind. */
static bool disjoint(const struct tally *t,
		     bool (*same)(const struct attempt *, const struct attempt *))
{
	for (size_t i = 0; i < t->count; i++)
		for (size_t j = 0; j < t->count; j++)
			if (attempt_failed(&t->at[i]) && completed(&t->at[j]) &&
			    same(&t->at[i], &t->at[j]))
				return false;
	return true;
}

/* How often the outcome changes from one attempt to the next, inconclusive ones left out. */
static size_t changes(const struct tally *t, size_t *first_failed)
{
	const struct attempt *last = NULL;
	size_t n = 0;

	*first_failed = t->count;
	for (size_t i = 0; i < t->count; i++) {
		const struct attempt *a = &t->at[i];

		if (a->outcome == OUTCOME_INCONCLUSIVE)
			continue;
		if (attempt_failed(a) && *first_failed == t->count)
			*first_failed = i;
		n += last && last->outcome != a->outcome;
		last = a;
	}
	return n;
}

/* Clients that come but once are always others; where time tells the outcomes apart, it may be that. */
static bool addresses_split(const struct tally *t)
{
	size_t first;

	return changes(t, &first) > 1 && (disjoint(t, same_subnet) || disjoint(t, same_client));
}

/* The first trait that splits them is told whole, further ones, which may be the same thing, behind. */
static bool find_trait(const struct tally *t, struct endpoint *e)
{
	char text[TEXT_MAX] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof(traits) / sizeof(traits[0]); i++) {
		bool failures_have;
		size_t fit;

		if (!splits(t, &traits[i], &failures_have, &fit))
			continue;
		if (!used)
			used = (size_t)snprintf(
			    text, sizeof(text), "%zu of %zu failures %s; the %zu that succeed %s",
			    fit, t->failed, failures_have ? traits[i].with : traits[i].without,
			    t->completed, failures_have ? traits[i].without : traits[i].with);
		else if (used < sizeof(text))
			used += (size_t)snprintf(
			    text + used, sizeof(text) - used, "; likewise %zu of %zu failures %s",
			    fit, t->failed, failures_have ? traits[i].with : traits[i].without);
	}
	if (used)
		add(e, "fails_for_some_clients", SEVERITY_BAD, "%s", text);
	return used > 0;
}

static bool find_split(const struct tally *t, bool members_differ, struct endpoint *e)
{
	if (find_trait(t, e))
		return true;
	if (members_differ)
		return false;	/* who meets which member is chance */
	if (disjoint(t, same_hello)) {
		add(e, "fails_for_some_clients", SEVERITY_BAD, "the %zu failures come from other client software (another ClientHello) than the %zu successes", t->failed, t->completed);
		return true;
	}
	/* With one and the same hello the address need not be the reason: members take turns too. */
	if (addresses_split(t))
		add(e, "fails_for_some_clients", SEVERITY_BAD, "the %zu failures come from other client addresses than the %zu successes, with the same ClientHello", t->failed, t->completed);
	return false;
}

/* ---- time ---- */

static size_t completed_before(const struct tally *t, size_t end)
{
	size_t n = 0;

	for (size_t i = 0; i < end; i++)
		n += completed(&t->at[i]);
	return n;
}

/* Only what had worked before can begin to fail: not another software that came later. */
static void find_beginning(const struct tally *t, struct endpoint *e)
{
	size_t first, n = changes(t, &first);

	if (n != 1 || t->failed < ENOUGH_FAILURES || first == t->count ||
	    completed_before(t, first) < SUCCESSES_BEFORE ||
	    (t->at[first].fingerprint && disjoint(t, same_hello)))
		return;
	add(e, "began_at", SEVERITY_BAD, "it fails since frame %llu and worked %zu times before; look at what changed then",
	    (unsigned long long)t->at[first].mark.frame, t->completed);
}

/* ---- unequal answers ---- */

/* Does a value that two attempts saw come back after another was seen? Then several members answer;
 * else it changed once. */
struct sequence {
	bool differs, returns;
};

static struct sequence follow(const struct tally *t, uint64_t (*value)(const struct attempt *))
{
	struct sequence s = { false, false };
	uint64_t first = 0, last = 0;

	for (size_t i = 0; i < t->count; i++) {
		uint64_t v = value(&t->at[i]);

		if (!v)
			continue;
		if (!first)
			first = v;
		s.differs |= v != first;
		s.returns |= last && v != last && s.differs && v == first;
		last = v;
	}
	return s;
}

static uint64_t leaf_of(const struct attempt *a) { return a->intercepted ? 0 : a->leaf; }

static bool same_answer(const struct attempt *a, const struct attempt *b)
{
	return a->version == b->version && a->suite == b->suite && a->alpn_chosen == b->alpn_chosen;
}

/* The server's choice for one and the same hello; distinct hellos have distinct right answers. Where it
 * changes but once over many attempts, the server was configured anew. */
static bool answers_differ(const struct tally *t)
{
	size_t turns = 0, answers = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct attempt *last = NULL, *a = &t->at[i];

		for (size_t j = 0; j < i; j++)
			if (same_hello(a, &t->at[j]) && t->at[j].version &&
			    a->intercepted == t->at[j].intercepted)
				last = &t->at[j];
		answers += a->version != 0;
		turns += a->version && last && !same_answer(last, a);
	}
	return turns > 1 || (turns && answers < ENOUGH_FOR_TIME);
}

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
 * the same both times was judged anew by the client. */
static bool answered_unequally(const struct attempt *failed, const struct attempt *b)
{
	return attempt_failed(failed) && is_about_configuration(failed->code) && completed(b) &&
	       same_hello(failed, b) && !(failed->leaf && failed->leaf == b->leaf);
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

static void date_text(char out[16], int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&when, &tm) || !strftime(out, 16, "%Y-%m-%d", &tm))
		out[0] = '\0';
}

static size_t count_leaf(const struct tally *t, uint64_t leaf, size_t *seen)
{
	size_t n = 0;

	*seen = 0;
	for (size_t i = 0; i < t->count; i++) {
		*seen += t->at[i].leaf != 0;
		n += t->at[i].leaf == leaf;
	}
	return n;
}

static const struct attempt *last_leaf(const struct tally *t)
{
	for (size_t i = t->count; i; i--)
		if (leaf_of(&t->at[i - 1]))
			return &t->at[i - 1];
	return NULL;
}

static bool find_leaves(const struct tally *t, struct endpoint *e)
{
	struct sequence s = follow(t, leaf_of);
	const struct attempt *last = last_leaf(t);
	char date[16];
	size_t n, seen;

	if (!s.differs || !last)
		return false;
	n = count_leaf(t, last->leaf, &seen);
	date_text(date, last->leaf_not_after);
	if (!s.returns) {
		add(e, "certificate_changed", SEVERITY_INFO, "the certificate changed during the capture; the last one is valid until %s", date);
		return false;
	}
	add(e, "inconsistent_backends", SEVERITY_BAD, "%zu of %zu answers carry the certificate that is valid until %s, the others another one: the members behind this address differ", n, seen, date);
	return true;
}

static bool find_unequal_members(const struct tally *t, struct endpoint *e)
{
	const struct attempt *refused;

	if (find_leaves(t, e))
		return true;
	refused = refused_now_and_then(t);
	if (refused && !is_seen_by_any(t, refused)) {
		add(e, "inconsistent_backends", SEVERITY_WARN, "the same ClientHello now succeeds and now fails with %s: the members behind this address differ, or these clients trust less", refused->code);
		return false;
	}
	if (refused) {
		add(e, "inconsistent_backends", SEVERITY_BAD, "the same ClientHello now succeeds and now fails with %s: the members behind this address differ", refused->code);
		return true;
	}
	if (answers_differ(t)) {
		add(e, "inconsistent_backends", SEVERITY_WARN, "the same ClientHello gets answers that differ in version, cipher suite or ALPN: the members behind this address differ");
		return true;
	}
	return false;
}

/* ---- proofs by retry ---- */

static void find_intolerance(const struct tally *t, struct endpoint *e)
{
	for (size_t i = 0; i < t->count; i++)
		for (size_t j = i + 1; j < t->count; j++) {
			const struct attempt *a = &t->at[i], *b = &t->at[j];

			if (!attempt_failed(a) || !completed(b) || !same_client(a, b) ||
			    b->mark.time - a->mark.time > RETRY_NS || !a->highest_version ||
			    a->highest_version == b->highest_version || !a->tls13 || b->tls13)
				continue;
			add(e, "version_intolerant", SEVERITY_WARN, "a client failed with TLS 1.3 in its offer and got through without it (frames %llu and %llu)",
			    (unsigned long long)a->mark.frame, (unsigned long long)b->mark.frame);
			return;
		}
}

static void find_size_limit(const struct tally *t, struct endpoint *e)
{
	uint32_t smallest_failed = 0, largest_passed = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct attempt *a = &t->at[i];

		if (completed(a) && a->hello_len > largest_passed)
			largest_passed = a->hello_len;
		if (attempt_failed(a) && a->hello_len &&
		    (!smallest_failed || a->hello_len < smallest_failed))
			smallest_failed = a->hello_len;
	}
	if (!largest_passed || smallest_failed < 1300 || smallest_failed <= largest_passed + 100)
		return;
	add(e, "large_client_hello_intolerant", SEVERITY_BAD, "ClientHellos of %u bytes and more fail, those of up to %u bytes succeed", smallest_failed, largest_passed);
}

static void find_interception(const struct tally *t, struct endpoint *e)
{
	size_t intercepted = 0, other = 0;

	for (size_t i = 0; i < t->count; i++) {
		intercepted += t->at[i].leaf && t->at[i].intercepted;
		other += t->at[i].leaf && !t->at[i].intercepted;
	}
	if (intercepted && other)
		add(e, "intercepted_for_some", SEVERITY_WARN, "%zu connections got a certificate of an inspection product, %zu the server's own", intercepted, other);
}

static bool same_hello_both_ways(const struct tally *t)
{
	for (size_t i = 0; i < t->count; i++)
		for (size_t j = 0; j < t->count; j++)
			if (attempt_failed(&t->at[i]) && completed(&t->at[j]) &&
			    same_hello(&t->at[i], &t->at[j]))
				return true;
	return false;
}

void contrast(const struct attempt *attempts, size_t count, struct endpoint *out)
{
	struct tally t = { .at = attempts, .count = count };
	bool members_differ;
	size_t first;

	for (size_t i = 0; i < count; i++) {
		t.failed += attempt_failed(&attempts[i]);
		t.completed += completed(&attempts[i]);
	}
	members_differ = find_unequal_members(&t, out);
	find_interception(&t, out);
	if (!t.completed) {
		if (t.failed >= ENOUGH_FOR_ALL)
			add(out, "fails_for_all_clients", SEVERITY_BAD, "all %zu attempts by %u client%s failed: look at the server first", t.failed, out->clients, out->clients == 1 ? "" : "s");
		return;
	}
	if (!t.failed)
		return;
	find_intolerance(&t, out);
	find_size_limit(&t, out);
	find_beginning(&t, out);
	if (t.failed >= ENOUGH_FAILURES && find_split(&t, members_differ, out))
		return;
	if (changes(&t, &first) > 1 && same_hello_both_ways(&t))
		add(out, "intermittent", SEVERITY_BAD, "%zu of %zu attempts fail, with the same ClientHello as those that succeed: one of several members, or load", t.failed, t.failed + t.completed);
}
