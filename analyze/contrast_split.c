/*
 * The smallest difference between those that fail and those that succeed: a trait of the hello, else
 * one code point in its lists, else the software, else the address.
 */
#include "contrast_parts.h"
#include "rules.h"

#include <stdio.h>

enum { DIFFERENCES_TOLD = 3, ADDRESSES_TOLD = 3, ADDRESSES_TEXT = ADDRESSES_TOLD * 50 + 24 };

/* ---- traits ---- */

static bool has_tls13(const struct attempt *a) { return a->tls13; }
static bool has_tls12(const struct attempt *a) { return a->tls12; }
static bool has_name(const struct attempt *a) { return a->name; }
static bool has_alpn(const struct attempt *a) { return a->alpn; }
static bool has_hybrid(const struct attempt *a) { return a->hybrid; }
static bool is_large(const struct attempt *a) { return a->hello_len > 1400; }
static bool is_ipv6(const struct attempt *a) { return a->client.ip_len == 16; }
static bool has_ecdhe(const struct attempt *a) { return a->offers & OFFERS_ECDHE; }
static bool has_aead(const struct attempt *a) { return a->offers & OFFERS_AEAD; }
static bool has_ecdsa(const struct attempt *a) { return a->offers & OFFERS_ECDSA; }
static bool has_pss(const struct attempt *a) { return a->offers & OFFERS_PSS; }
static bool resumes(const struct attempt *a) { return a->offers & OFFERS_RESUMPTION; }
static bool has_h2(const struct attempt *a) { return a->offers & OFFERS_H2; }
static bool has_ems(const struct attempt *a) { return a->offers & OFFERS_EMS; }
static bool falls_back(const struct attempt *a) { return a->offers & OFFERS_FALLBACK; }

/* What is commonest first: it is told where several fit equally well. */
static const struct trait {
	const char *with, *without;
	bool (*has)(const struct attempt *a);
	bool needs_no_hello;	/* known even where the hello was lost, or never sent */
} traits[] = {
	{ "offer TLS 1.2", "offer no TLS 1.2", has_tls12, false },
	{ "offer TLS 1.3", "offer no TLS 1.3", has_tls13, false },
	{ "send a server name", "send no server name", has_name, false },
	{ "have a ClientHello of more than one packet", "have a ClientHello of one packet", is_large, true },
	{ "send a post-quantum key share", "send no post-quantum key share", has_hybrid, false },
	{ "offer ECDHE before TLS 1.3", "offer no ECDHE before TLS 1.3", has_ecdhe, false },
	{ "offer AES-GCM or ChaCha20 before TLS 1.3", "offer neither AES-GCM nor ChaCha20 before TLS 1.3", has_aead, false },
	{ "take ECDSA certificates", "take no ECDSA certificates", has_ecdsa, false },
	{ "take RSA-PSS signatures", "take no RSA-PSS signatures", has_pss, false },
	{ "offer HTTP/2", "offer no HTTP/2", has_h2, false },
	{ "offer ALPN", "offer no ALPN", has_alpn, false },
	{ "offer to resume a session", "do not offer to resume a session", resumes, false },
	{ "mark themselves as fallbacks (SCSV)", "are no fallbacks (SCSV)", falls_back, false },
	{ "offer extended_master_secret", "offer no extended_master_secret", has_ems, false },
	{ "come over IPv6", "come over IPv4", is_ipv6, true },
};

enum { TRAITS = sizeof(traits) / sizeof(traits[0]) };

/* How well having something separates failures from successes. */
struct fit {
	bool failures_have;
	size_t failures, successes;	/* on the right side */
};

static size_t right(const struct fit *f)
{
	return f->failures + f->successes;
}

static struct fit fit_of(const struct tally *t, size_t failed_with, size_t completed_with)
{
	struct fit have = { true, failed_with, t->completed - completed_with };
	struct fit lack = { false, t->failed - failed_with, completed_with };

	return right(&have) > right(&lack) ? have : lack;
}

/* Fewer than one in ten may be misplaced, and most of each kind must not be. */
static bool splits(const struct tally *t, const struct fit *f)
{
	return right(f) * 10 > (t->failed + t->completed) * 9 && f->failures * 2 > t->failed &&
	       f->successes * 2 > t->completed;
}

static struct fit fit_of_trait(const struct tally *t, const struct trait *trait)
{
	size_t failed_with = 0, completed_with = 0;

	if (t->unheard && !trait->needs_no_hello)
		return (struct fit){ false, 0, 0 };
	for (size_t i = 0; i < t->count; i++) {
		failed_with += attempt_failed(&t->at[i]) && trait->has(&t->at[i]);
		completed_with += completed(&t->at[i]) && trait->has(&t->at[i]);
	}
	return fit_of(t, failed_with, completed_with);
}

/* "all 14 failures", "13 of 14 failures" */
static void share_text(char out[64], size_t part, size_t whole, const char *what)
{
	if (part == whole)
		snprintf(out, 64, "all %zu %s", whole, what);
	else
		snprintf(out, 64, "%zu of %zu %s", part, whole, what);
}

/* "all 14 failures offer no TLS 1.2; all 230 successes do" */
static void describe(char *out, size_t room, const struct tally *t, const struct fit *f,
		     const char *with, const char *without)
{
	char failures[64], successes[64];

	share_text(failures, f->failures, t->failed, "failures");
	if (f->failures_have && f->successes == t->completed)
		snprintf(successes, sizeof(successes), "none of the %zu successes does", t->completed);
	else if (f->failures_have)
		snprintf(successes, sizeof(successes), "%zu of the %zu successes do",
			 t->completed - f->successes, t->completed);
	else
		share_text(successes, f->successes, t->completed, "successes do");
	snprintf(out, room, "%s %s; %s", failures, f->failures_have ? with : without, successes);
}

/* The best one is told whole, others that fit, which may be the same thing, behind. */
static bool find_trait(const struct tally *t, struct endpoint *e)
{
	struct fit fits[TRAITS], best = { false, 0, 0 };
	size_t told = 0, first = TRAITS, used;
	char text[TEXT_MAX];

	for (size_t i = 0; i < TRAITS; i++) {
		fits[i] = fit_of_trait(t, &traits[i]);
		if (splits(t, &fits[i]) && right(&fits[i]) > right(&best)) {
			best = fits[i];
			first = i;
		}
	}
	if (first == TRAITS)
		return false;
	describe(text, sizeof(text), t, &best, traits[first].with, traits[first].without);
	for (size_t i = 0; i < TRAITS && told < DIFFERENCES_TOLD; i++) {
		if (i == first || !splits(t, &fits[i]))
			continue;
		used = strlen(text);
		snprintf(text + used, sizeof(text) - used, "; likewise %zu of %zu failures %s",
			 fits[i].failures, t->failed,
			 fits[i].failures_have ? traits[i].with : traits[i].without);
		told++;
	}
	add_finding(e, "fails_for_some_clients", SEVERITY_BAD, "%s", text);
	return true;
}

/* ---- code points ---- */

static const struct hello_codes *codes_of(const struct hello_kind *k, enum hello_list list)
{
	return &k->lists[list];
}

static bool has_code(const struct hello_codes *codes, uint16_t code)
{
	for (uint8_t i = 0; i < codes->count; i++)
		if (codes->at[i] == code)
			return true;
	return false;
}

/* Only where every hello is known whole, and without a single exception. */
static bool separates(const struct tally *t, enum hello_list list, uint16_t code, struct fit *out)
{
	size_t failed_with = 0, completed_with = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct hello_kind *k = t->at[i].kind;

		if (t->at[i].outcome == OUTCOME_INCONCLUSIVE)
			continue;
		if (!k || codes_of(k, list)->cut)
			return false;
		failed_with += attempt_failed(&t->at[i]) && has_code(codes_of(k, list), code);
		completed_with += completed(&t->at[i]) && has_code(codes_of(k, list), code);
	}
	*out = fit_of(t, failed_with, completed_with);
	return right(out) == t->failed + t->completed;
}

static const char *code_text(char out[LIST_MAX], enum hello_list list, uint16_t code)
{
	static const enum code_kind kinds[] = { CODE_SUITE, CODE_GROUP, CODE_SIGNATURE };

	if (list != LIST_EXTENSIONS)
		return code_name(out, kinds[list], code);
	snprintf(out, LIST_MAX, "extension %s", extension_name(code) ? extension_name(code) : "");
	if (!extension_name(code))
		snprintf(out, LIST_MAX, "extension %u", code);
	return out;
}

/* Whether this code makes the whole difference; then it is told. */
static bool tell_code(const struct tally *t, enum hello_list list, uint16_t code, struct endpoint *e)
{
	char name[LIST_MAX], with[LIST_MAX + 16], without[LIST_MAX + 16], text[TEXT_MAX];
	struct fit fit;

	if (!separates(t, list, code, &fit))
		return false;
	code_text(name, list, code);
	snprintf(with, sizeof(with), "offer %s", name);
	snprintf(without, sizeof(without), "do not offer %s", name);
	describe(text, sizeof(text), t, &fit, with, without);
	add_finding(e, "fails_for_some_clients", SEVERITY_BAD, "%s", text);
	return true;
}

/* Any code of this kind of hello that does. */
static bool find_code_of(const struct tally *t, enum hello_list list, const struct hello_kind *kind,
			 struct endpoint *e)
{
	for (uint8_t i = 0; i < kind->lists[list].count; i++)
		if (tell_code(t, list, kind->lists[list].at[i], e))
			return true;
	return false;
}

/* Several may: what the server took from those that succeed comes first. */
static bool find_chosen(const struct tally *t, const struct attempt *worked, struct endpoint *e)
{
	return (worked->suite && tell_code(t, LIST_SUITES, worked->suite, e)) ||
	       (worked->group && tell_code(t, LIST_GROUPS, worked->group, e));
}

static const struct attempt *first_with(const struct tally *t, enum outcome outcome)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->at[i].outcome == outcome && t->at[i].kind)
			return &t->at[i];
	return NULL;
}

/* What all of one sort have and none of the other is in the first hello of that sort. */
static bool find_code(const struct tally *t, struct endpoint *e)
{
	const struct attempt *worked = first_with(t, OUTCOME_COMPLETED);
	const struct attempt *failed = first_with(t, OUTCOME_FAILED);

	if (worked && find_chosen(t, worked, e))
		return true;
	for (int list = 0; list < HELLO_LISTS; list++) {
		if (worked && find_code_of(t, (enum hello_list)list, worked->kind, e))
			return true;
		if (failed && find_code_of(t, (enum hello_list)list, failed->kind, e))
			return true;
	}
	return false;
}

/* ---- software, addresses ---- */

/* The one hello that all failures have; NULL if they have several. */
static const struct hello_kind *hello_of_failures(const struct tally *t)
{
	const struct attempt *failed = NULL;

	for (size_t i = 0; i < t->count; i++) {
		if (!attempt_failed(&t->at[i]))
			continue;
		if (failed && !same_hello(failed, &t->at[i]))
			return NULL;
		failed = &t->at[i];
	}
	return failed ? failed->kind : NULL;
}

static void tell_software(const struct tally *t, struct endpoint *e)
{
	const struct hello_kind *k = hello_of_failures(t);

	add_finding(e, "fails_for_some_clients", SEVERITY_BAD, "the %zu failures come from other client software (another ClientHello%s%s) than the %zu successes",
	    t->failed, k ? ", JA4 " : "", k ? k->ja4 : "", t->completed);
}

static bool same_subnet(const struct attempt *a, const struct attempt *b)
{
	size_t bytes = a->client.ip_len == 4 ? 3 : 8;

	return a->client.ip_len == b->client.ip_len && !memcmp(a->client.ip, b->client.ip, bytes);
}

/* All failures lie in one subnet: its text; "" if they do not. */
static void subnet_of_failures(const struct tally *t, char out[64])
{
	const struct attempt *first = NULL;
	struct address subnet;
	char text[48];

	out[0] = '\0';
	for (size_t i = 0; i < t->count; i++) {
		if (!attempt_failed(&t->at[i]))
			continue;
		if (first && !same_subnet(first, &t->at[i]))
			return;
		first = &t->at[i];
	}
	if (!first)
		return;
	subnet = first->client;
	memset(subnet.ip + (subnet.ip_len == 4 ? 3 : 8), 0, subnet.ip_len == 4 ? 1 : 8);
	host_text(text, &subnet);
	snprintf(out, 64, " in %s/%d", text, subnet.ip_len == 4 ? 24 : 64);
}

static bool is_first_of_client(const struct tally *t, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (attempt_failed(&t->at[j]) && same_client(&t->at[i], &t->at[j]))
			return false;
	return true;
}

/* " (192.0.2.7, 192.0.2.9 and 3 more)" */
static void clients_of_failures(const struct tally *t, char out[ADDRESSES_TEXT])
{
	size_t clients = 0, used = 0;
	char text[48];

	for (size_t i = 0; i < t->count; i++) {
		if (!attempt_failed(&t->at[i]) || !is_first_of_client(t, i) || ++clients > ADDRESSES_TOLD)
			continue;
		host_text(text, &t->at[i].client);
		used += (size_t)snprintf(out + used, ADDRESSES_TEXT - used, "%s%s",
					 clients > 1 ? ", " : " (", text);
	}
	if (clients > ADDRESSES_TOLD)
		snprintf(out + used, ADDRESSES_TEXT - used, " and %zu more)", clients - ADDRESSES_TOLD);
	else if (clients)
		snprintf(out + used, ADDRESSES_TEXT - used, ")");
}

/* Clients that come but once are always others; where time tells the outcomes apart, it may be that. */
static bool addresses_split(const struct tally *t)
{
	size_t first;

	return changes(t, &first) > 1 && (disjoint(t, same_subnet) || disjoint(t, same_client));
}

static void tell_addresses(const struct tally *t, struct endpoint *e)
{
	char subnet[64] = "", clients[ADDRESSES_TEXT] = "";

	if (disjoint(t, same_subnet))
		subnet_of_failures(t, subnet);
	if (!*subnet)
		clients_of_failures(t, clients);
	add_finding(e, "fails_for_some_clients", SEVERITY_BAD, "the %zu failures come from other client addresses%s%s than the %zu successes, with the same ClientHello",
	    t->failed, subnet, clients, t->completed);
}

bool find_split(const struct tally *t, bool members_differ, struct endpoint *e)
{
	if (find_trait(t, e))
		return true;
	if (members_differ)
		return false;	/* who meets which member is chance */
	if (!t->unheard && disjoint(t, same_hello)) {
		if (!find_code(t, e))
			tell_software(t, e);
		return true;
	}
	/* With one and the same hello the address need not be the reason: members take turns too. */
	if (addresses_split(t))
		tell_addresses(t, e);
	return false;
}
