/*
 * Protocol versions: none in common, a downgraded retry refused, a downgrade noticed.
 */
#include "alerts.h"
#include "offer.h"

enum { DTLS_MAJOR = 0xfe };

static bool version_refused_by_server(const struct view *v, struct guess *g)
{
	const struct client_hello *c = v->h->hello;
	char versions[LIST_MAX];
	bool old;

	if (!before_server_hello(v) || !ended_by_alert(v, SIDE_SERVER, ALERT_PROTOCOL_VERSION))
		return false;
	old = is_outdated(highest_version(c));
	/* Something spoke before the ClientHello: the alert may be about that. */
	blame(g, v->h->upgrade_count && !old ? LIKELY : CERTAIN, PARTY_SERVER,
	      old ? PARTY_CLIENT : PARTY_SERVER);
	say(g, "No common protocol version: the client offers %s and the server refused with protocol_version (70)",
	    offered_versions(versions, c));
	show_exchange(g, v);
	return true;
}

static bool version_refused_by_client(const struct view *v, struct guess *g)
{
	char chosen[LIST_MAX], versions[LIST_MAX];

	if (!v->h->server || !v->h->hello ||
	    !ended_by_alert(v, SIDE_CLIENT, ALERT_PROTOCOL_VERSION) || v->h->server->sentinel)
		return false;
	blame(g, CERTAIN, PARTY_CLIENT, is_outdated(v->h->version) ? PARTY_SERVER : PARTY_CLIENT);
	say(g, "The server chose %s, which the client does not accept (it offers %s)",
	    code_name(chosen, CODE_VERSION, v->h->version),
	    offered_versions(versions, v->h->hello));
	show_hello(g, v);
	show(g, v->h->server_mark, "ServerHello chooses %s", chosen);
	show_end(g, v);
	return true;
}

static bool version_not_offered(const struct view *v, struct guess *g)
{
	char chosen[LIST_MAX], versions[LIST_MAX];

	if (!v->h->server || !v->h->hello || v->end->outcome != OUTCOME_FAILED ||
	    offers_version(v->h->hello, v->h->version) || v->end->by != SIDE_CLIENT)
		return false;
	blame(g, LIKELY, PARTY_CLIENT, PARTY_SERVER);
	g->weight = 74;
	say(g, "The server answered with %s although the client offers only %s",
	    code_name(chosen, CODE_VERSION, v->h->version),
	    offered_versions(versions, v->h->hello));
	show_hello(g, v);
	show(g, v->h->server_mark, "ServerHello chooses %s", chosen);
	show_end(g, v);
	return true;
}

/* OpenSSL 3 has no signature hash for TLS 1.0/1.1 at security level 1 and says internal_error. */
static bool version_below_security_level(const struct view *v, struct guess *g)
{
	uint16_t best = highest_version(v->h->hello);
	char name[LIST_MAX];
	bool by_server =
	    refused_hello(v) && end_alert(v) == ALERT_INTERNAL_ERROR && is_outdated(best);
	bool by_client = v->h->server && ended_by_alert(v, SIDE_CLIENT, ALERT_INTERNAL_ERROR) &&
			 is_outdated(v->h->version);

	if (!by_server && !by_client)
		return false;
	blame(g, LIKELY, by_server ? PARTY_SERVER : PARTY_CLIENT,
	      by_server ? PARTY_CLIENT : PARTY_SERVER);
	g->weight = 70;
	say(g, "%s is below the %s's security level: OpenSSL 3 refuses it with internal_error (80), as its only signature hash there is SHA-1 or MD5",
	    code_name(name, CODE_VERSION, by_server ? best : v->h->version),
	    by_server ? "server" : "client");
	show_exchange(g, v);
	advise(g, "Move the %s to TLS 1.2 or 1.3; for a documented exception OpenSSL needs cipher string DEFAULT@SECLEVEL=0.",
	       by_server ? "client" : "server");
	return true;
}

static bool only_newer_seen(const struct lesson *l, const struct client_hello *c)
{
	for (uint8_t i = 0; i < l->versions.count; i++)
		if (!is_tls13(l->versions.at[i]))
			return false;
	return !is_tls13(highest_version(c)) && !is_outdated(highest_version(c));
}

/* DTLS at the same address and port is another server. */
static bool any_of_same_family(const struct lesson *l, const struct handshake *h)
{
	for (uint8_t i = 0; i < l->versions.count; i++)
		if ((l->versions.at[i] >> 8 == DTLS_MAJOR) == (h->dissected_as == 'd'))
			return true;
	return false;
}

/* handshake_failure where the versions alone are odd: all the server ever chose is not offered. */
static bool version_disjoint(const struct view *v, struct guess *g)
{
	const struct client_hello *c = v->h->hello;
	char versions[LIST_MAX], chosen[LIST_MAX];

	if (!before_server_hello(v) || !v->lesson || !v->lesson->versions.count ||
	    v->end->by != SIDE_SERVER)
		return false;
	for (uint8_t i = 0; i < v->lesson->versions.count; i++)
		if (offers_version(c, v->lesson->versions.at[i]))
			return false;
	if (!any_of_same_family(v->lesson, v->h))
		return false;
	/* A server that speaks both gives TLS 1.3 to whoever can have it: with an alert of another
	 * meaning that alone does not prove that it has nothing older. */
	blame(g, only_newer_seen(v->lesson, c) && v->end->how == ENDED_BY_ALERT ? POSSIBLE : LIKELY,
	      PARTY_SERVER, is_outdated(highest_version(c)) ? PARTY_CLIENT : PARTY_SERVER);
	g->weight = 80;
	say(g, "No common protocol version: the client offers %s; in other flows of this capture the server chose only %s",
	    offered_versions(versions, c),
	    list_codes(chosen, CODE_VERSION, v->lesson->versions.at, v->lesson->versions.count));
	show_exchange(g, v);
	return true;
}

/* The suites that any server of TLS 1.0 and 1.1 has: with these in the offer it is not the suites. */
static bool offers_suites_of_old(const struct client_hello *c)
{
	static const uint16_t usual[] = { 0x002f, 0x0035, 0xc013, 0xc014 };

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (code_list_has(&c->suites, usual[i]))
			return usable_suites(c) > 3;
	return false;
}

/* 40 in reply to a hello that offers a single generation: some stacks (rustls, mbedTLS, wolfSSL, and
 * GnuTLS that speaks TLS 1.3 alone) say so instead of 70. */
static bool version_single_generation(const struct view *v, struct guess *g)
{
	const struct client_hello *c = v->h->hello;
	char versions[LIST_MAX];
	bool only13, only_old;

	if (!refused_hello(v) || end_alert(v) != ALERT_HANDSHAKE_FAILURE)
		return false;
	only13 = is_tls13(lowest_version(c)) && c->versions.count;
	only_old = is_outdated(highest_version(c));
	if (!only13 && is_tls13(highest_version(c)))
		return false;
	blame(g,
	      (only13 && usable_suites(c) > 1 && real_count(&c->groups, false) > 1) ||
		      (only_old && offers_suites_of_old(c))
		  ? LIKELY
		  : POSSIBLE,
	      PARTY_SERVER, only13 ? PARTY_SERVER : PARTY_CLIENT);
	g->weight = only_old ? 70 : only13 ? 55 : 35;
	say(g, "The client offers only %s, which this server may not speak: some stacks refuse that with handshake_failure (40)",
	    offered_versions(versions, c));
	show_exchange(g, v);
	return true;
}

/* AEAD and the hashes of SHA-2 came with TLS 1.2 (RFC 5246 A.5, 6.2.3.3). */
static bool all_suites_need_tls12(const struct client_hello *c)
{
	uint16_t n = 0;

	for (uint16_t i = 0; i < c->suites.count; i++) {
		const struct cipher_suite *s = cipher_suite(c->suites.at[i]);

		if (!s || s->mode == MODE_NULL || s->tls13)	/* signalling values are no ciphers */
			continue;
		if (s->mode < MODE_GCM && strncmp(s->mac, "SHA2", 4) != 0 && strncmp(s->mac, "SHA3", 4) != 0)
			return false;
		n++;
	}
	return n > 0;
}

/* A server that ends at TLS 1.1 and chooses the version first finds no suite for it: OpenSSL before 3. */
static bool version_without_suites(const struct view *v, struct guess *g)
{
	const struct client_hello *c = v->h->hello;
	char versions[LIST_MAX];

	if (!refused_hello(v) || end_alert(v) != ALERT_HANDSHAKE_FAILURE ||
	    v->h->dissected_as != 't' || !all_suites_need_tls12(c))
		return false;
	blame(g, POSSIBLE, PARTY_SERVER, PARTY_SERVER);
	g->weight = 39;
	say(g, "The client offers %s and no suite that can be used below TLS 1.2: a server that ends at TLS 1.1 may say handshake_failure (40) instead of protocol_version (70)",
	    offered_versions(versions, c));
	show_exchange(g, v);
	return true;
}

/* Dovecot, slapd, s2n and others hang up without an alert on a hello that they cannot serve. */
static bool version_hung_up_on(const struct view *v, struct guess *g)
{
	static const int64_t at_once = INT64_C(1000000000);
	const struct client_hello *c = v->h->hello;
	char versions[LIST_MAX];

	if (!before_server_hello(v) || v->end->how != ENDED_BY_FIN || v->end->by != SIDE_SERVER ||
	    v->end->waited > at_once || !is_outdated(highest_version(c)) || !offers_suites_of_old(c))
		return false;
	for (uint8_t i = 0; v->lesson && i < v->lesson->versions.count; i++)
		if (offers_version(c, v->lesson->versions.at[i]))
			return false;
	blame(g, LIKELY, PARTY_SERVER, PARTY_CLIENT);
	g->weight = 50;
	say(g, "The client offers %s, which current servers have switched off: this one hung up on it without an alert, as Dovecot, OpenLDAP and others do",
	    offered_versions(versions, c));
	show_exchange(g, v);
	return true;
}

static bool ended_without_a_word(const struct view *v)
{
	enum ending_how how = v->end->how;

	return how == ENDED_BY_RST || how == ENDED_BY_FIN || how == ENDED_BY_SILENCE ||
	       ended_by_any_alert(v, SIDE_SERVER);
}

/* Nobody got an answer with TLS 1.3 in the offer, and somebody got through without it. */
static bool version_intolerant(const struct view *v, struct guess *g)
{
	const struct lesson *l = v->lesson;
	char client[80];

	if (!before_server_hello(v) || !l || l->tls13_answered || !happened(l->older.mark) ||
	    !is_tls13(highest_version(v->h->hello)) || !ended_without_a_word(v))
		return false;
	blame(g, POSSIBLE, v->end->by == SIDE_SERVER ? PARTY_SERVER : PARTY_UNKNOWN, PARTY_SERVER);
	g->weight = 80;
	address_text(client, &l->older.client);
	say(g, "The server, or a box before it, may not bear TLS 1.3 in the offer: a hello without it got through (from %s, frame %llu, stream %u), none with it",
	    client, (unsigned long long)l->older.mark.frame, l->older.stream);
	show_exchange(g, v);
	advise(g, "Update the server or the appliance before it: a server without TLS 1.3 must ignore the offer (RFC 8446 4.2.1), not end the connection.");
	return true;
}

static bool fallback_refused(const struct view *v, struct guess *g)
{
	char versions[LIST_MAX];
	bool scsv = v->h->hello && v->h->hello->fallback_scsv;

	if (!before_server_hello(v) || !ended_by_any_alert(v, SIDE_SERVER) ||
	    (end_alert(v) != ALERT_INAPPROPRIATE_FALLBACK &&
	     !(scsv && end_alert(v) == ALERT_HANDSHAKE_FAILURE)))
		return false;
	blame(g, end_alert(v) == ALERT_INAPPROPRIATE_FALLBACK ? CERTAIN : LIKELY, PARTY_SERVER,
	      PARTY_CLIENT);
	say(g, "The client retried with less (%s, marked TLS_FALLBACK_SCSV) and the server, which supports more, refused the downgrade",
	    offered_versions(versions, v->h->hello));
	show_exchange(g, v);
	return true;
}

/* RFC 8446 4.1.3: the sentinel only means something to a client that offered more. */
static bool offered_more(const struct view *v)
{
	uint16_t best = highest_version(v->h->hello);

	return is_tls13(best) ||
	       (v->h->server->sentinel == 1 && is_outdated(v->h->version) && !is_outdated(best));
}

/* How clients say that they saw the sentinel: illegal_parameter, wolfSSL protocol_version. */
static bool says_downgrade(const struct view *v)
{
	return ended_by_alert(v, SIDE_CLIENT, ALERT_ILLEGAL_PARAMETER) ||
	       ended_by_alert(v, SIDE_CLIENT, ALERT_PROTOCOL_VERSION);
}

static bool downgrade_detected(const struct view *v, struct guess *g)
{
	const struct server_hello *s = v->h->server;
	bool gone = v->end->how == ENDED_BY_FIN || v->end->how == ENDED_BY_RST;
	char chosen[LIST_MAX];

	if (!s || !s->sentinel || !v->h->hello || v->end->by != SIDE_CLIENT ||
	    v->end->outcome != OUTCOME_FAILED || happened(v->h->client_key_exchange))
		return false;
	/* A hello that offers no more, seen here, was rewritten before it came here. */
	if (!says_downgrade(v) && !(gone && offered_more(v)))
		return false;
	blame(g, !gone && offered_more(v) ? CERTAIN : POSSIBLE, PARTY_CLIENT, PARTY_NETWORK);
	g->weight = 90;
	say(g, "Downgrade: the server negotiated only %s but its random carries the mark of a server that supports more, so the client stopped",
	    code_name(chosen, CODE_VERSION, v->h->version));
	show_hello(g, v);
	show(g, v->h->server_mark, "ServerHello chooses %s; its random ends in DOWNGRD %02x", chosen,
	     s->sentinel - 1);
	show_end(g, v);
	advise(g, "Look for a proxy or middlebox between the two that rewrites the hellos, or a server that offers unequal versions behind one address.");
	return true;
}

struct rule_set version_rules(void)
{
	static const struct rule rules[] = {
		{ "version_mismatch", version_refused_by_server },
		{ "version_mismatch", version_refused_by_client },
		{ "version_mismatch", version_not_offered },
		{ "version_mismatch", version_below_security_level },
		{ "version_mismatch", version_disjoint },
		{ "version_mismatch", version_single_generation },
		{ "version_mismatch", version_without_suites },
		{ "version_mismatch", version_hung_up_on },
		{ "version_mismatch", version_intolerant },
		{ "fallback_refused", fallback_refused },
		{ "downgrade_detected", downgrade_detected },
	};

	return (struct rule_set){ rules, sizeof(rules) / sizeof(rules[0]) };
}
