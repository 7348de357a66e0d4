/*
 * Version, cipher suite, group, signature algorithm, ALPN, PSK, renegotiation, ECH: what the two
 * sides could not agree on.
 *
 * One alert, handshake_failure (40), covers most of it. What tells the causes apart: what the
 * hello offers, what this server chose in other flows, and where the hello is unusually narrow:
 * a client that offers everything but one thing most likely failed on that one thing.
 */
#include "rules.h"

enum {
	HANDSHAKE_FAILURE = 40, ILLEGAL_PARAMETER = 47, UNEXPECTED_MESSAGE = 10, DECRYPT_ERROR = 51,
	PROTOCOL_VERSION = 70, INSUFFICIENT_SECURITY = 71, INTERNAL_ERROR = 80,
	INAPPROPRIATE_FALLBACK = 86, NO_RENEGOTIATION = 100, MISSING_EXTENSION = 109,
	UNKNOWN_PSK_IDENTITY = 115, NO_APPLICATION_PROTOCOL = 120, ECH_REQUIRED = 121,
	BAD_RECORD_MAC = 20, DECODE_ERROR = 50,
	TLS10 = 0x0301, TLS11 = 0x0302, TLS12 = 0x0303, TLS13 = 0x0304,
	SMALL_DH_BITS = 1024,		/* what every current client refuses below (RFC 7919 asks for 2048) */
	NARROW_SUITES = 3, NARROW_GROUPS = 2, NARROW_SIGNATURES = 2
};

static bool refused_hello(const struct view *v)
{
	return before_server_hello(v) && ended_by_any_alert(v, SIDE_SERVER);
}

static uint8_t end_alert(const struct view *v)
{
	return v->end->how == ENDED_BY_ALERT ? v->end->alert->code : 0;
}

static void blame(struct guess *g, enum confidence confidence, enum party by, enum party fix)
{
	g->confidence = confidence;
	g->aborted_by = by;
	g->fix_at = fix;
}

static void show_negotiation(struct guess *g, const struct view *v)
{
	show_hello(g, v);
	show_end(g, v);
}

/* ---- how much is offered ---- */

static uint16_t real_count(const struct code_list *list, bool suites)
{
	uint16_t n = 0;

	for (uint16_t i = 0; i < list->count; i++)
		if (!is_grease(list->at[i]) && !(suites && (list->at[i] == 0x00ff || list->at[i] == 0x5600)))
			n++;
	return n;
}

/* Suites that can serve the highest version offered. */
static uint16_t usable_suites(const struct client_hello *c)
{
	bool only13 = is_tls13(lowest_version(c)) && c->versions.count;
	uint16_t n = 0;

	for (uint16_t i = 0; i < c->suites.count; i++) {
		const struct cipher_suite *s = cipher_suite(c->suites.at[i]);

		if (s && (!only13 || s->tls13) && c->suites.at[i] != 0x00ff && c->suites.at[i] != 0x5600)
			n++;
	}
	return n;
}

/* ---- version ---- */

static bool version_refused_by_server(const struct view *v, struct guess *g)
{
	const struct client_hello *c = v->h->hello;
	char versions[LIST_MAX];
	bool old;

	if (!before_server_hello(v) || !ended_by_alert(v, SIDE_SERVER, PROTOCOL_VERSION))
		return false;
	old = highest_version(c) < TLS12 && highest_version(c) >= 0x0002;
	blame(g, CERTAIN, PARTY_SERVER, old ? PARTY_CLIENT : PARTY_SERVER);
	say(g, "No common protocol version: the client offers %s%s and the server refused with protocol_version (70)",
	    c->versions.count ? "" : "", offered_versions(versions, c));
	show_negotiation(g, v);
	if (old)
		advise(g, "Update or reconfigure the client at %s so that it offers TLS 1.2 or 1.3.", v->client);
	else
		advise(g, "Let the server at %s accept one of: %s.", v->server, versions);
	return true;
}

static bool version_refused_by_client(const struct view *v, struct guess *g)
{
	char chosen[LIST_MAX], versions[LIST_MAX];

	if (!v->h->server || !v->h->hello || !ended_by_alert(v, SIDE_CLIENT, PROTOCOL_VERSION) ||
	    v->h->server->sentinel)
		return false;
	blame(g, CERTAIN, PARTY_CLIENT, v->h->version < TLS12 ? PARTY_SERVER : PARTY_CLIENT);
	say(g, "The server chose %s, which the client does not accept (it offers %s)",
	    code_name(chosen, CODE_VERSION, v->h->version), offered_versions(versions, v->h->hello));
	show_hello(g, v);
	show(g, v->h->server_mark, "ServerHello chooses %s", chosen);
	show_end(g, v);
	advise(g, "Enable TLS 1.2 or 1.3 on the server at %s.", v->server);
	return true;
}

static bool version_not_offered(const struct view *v, struct guess *g)
{
	char chosen[LIST_MAX], versions[LIST_MAX];

	if (!v->h->server || !v->h->hello || v->end->outcome != OUTCOME_FAILED ||
	    offers_version(v->h->hello, v->h->version) || v->end->by != SIDE_CLIENT)
		return false;
	blame(g, LIKELY, PARTY_CLIENT, PARTY_SERVER);
	say(g, "The server answered with %s although the client offers only %s",
	    code_name(chosen, CODE_VERSION, v->h->version), offered_versions(versions, v->h->hello));
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
	bool by_server = refused_hello(v) && end_alert(v) == INTERNAL_ERROR && best < TLS12;
	bool by_client = v->h->server && ended_by_alert(v, SIDE_CLIENT, INTERNAL_ERROR) &&
			 v->h->version < TLS12;

	if (!by_server && !by_client)
		return false;
	blame(g, LIKELY, by_server ? PARTY_SERVER : PARTY_CLIENT, by_server ? PARTY_CLIENT : PARTY_SERVER);
	g->weight = 70;
	say(g, "%s is below the %s's security level: OpenSSL 3 refuses it with internal_error (80), as its only signature hash there is SHA-1 or MD5",
	    code_name(name, CODE_VERSION, by_server ? best : v->h->version),
	    by_server ? "server" : "client");
	show_negotiation(g, v);
	advise(g, "Move the %s to TLS 1.2 or 1.3; for a documented exception OpenSSL needs cipher string DEFAULT@SECLEVEL=0.",
	       by_server ? "client" : "server");
	return true;
}

/* handshake_failure where the versions alone are odd: all the server ever chose is not offered. */
static bool version_disjoint(const struct view *v, struct guess *g)
{
	const struct client_hello *c = v->h->hello;
	char versions[LIST_MAX], chosen[LIST_MAX];

	if (!before_server_hello(v) || !v->lesson || !v->lesson->versions.count || v->end->by != SIDE_SERVER)
		return false;
	for (uint8_t i = 0; i < v->lesson->versions.count; i++)
		if (offers_version(c, v->lesson->versions.at[i]))
			return false;
	blame(g, LIKELY, PARTY_SERVER, highest_version(c) < TLS12 ? PARTY_CLIENT : PARTY_SERVER);
	g->weight = 80;
	say(g, "No common protocol version: the client offers %s; in other flows of this capture the server chose only %s",
	    offered_versions(versions, c),
	    list_codes(chosen, CODE_VERSION, v->lesson->versions.at, v->lesson->versions.count));
	show_negotiation(g, v);
	return true;
}

/* 40 in reply to a hello that offers a single generation: some stacks say so instead of 70. */
static bool version_single_generation(const struct view *v, struct guess *g)
{
	const struct client_hello *c = v->h->hello;
	char versions[LIST_MAX];
	bool only13, only_old;

	if (!refused_hello(v) || end_alert(v) != HANDSHAKE_FAILURE)
		return false;
	only13 = is_tls13(lowest_version(c)) && c->versions.count;
	only_old = highest_version(c) < TLS12;
	if (!only13 && !only_old)
		return false;
	blame(g, only13 && usable_suites(c) > 1 && real_count(&c->groups, false) > 1 ? LIKELY : POSSIBLE,
	      PARTY_SERVER, only13 ? PARTY_SERVER : PARTY_CLIENT);
	g->weight = only_old ? 70 : 55;
	say(g, "The client offers only %s, which this server may not speak: some stacks refuse that with handshake_failure (40)",
	    offered_versions(versions, c));
	show_negotiation(g, v);
	return true;
}

static bool fallback_refused(const struct view *v, struct guess *g)
{
	char versions[LIST_MAX];
	bool scsv = v->h->hello && v->h->hello->fallback_scsv;

	if (!before_server_hello(v) || !ended_by_any_alert(v, SIDE_SERVER) ||
	    (end_alert(v) != INAPPROPRIATE_FALLBACK && !(scsv && end_alert(v) == HANDSHAKE_FAILURE)))
		return false;
	blame(g, end_alert(v) == INAPPROPRIATE_FALLBACK ? CERTAIN : LIKELY, PARTY_SERVER, PARTY_CLIENT);
	say(g, "The client retried with less (%s, marked TLS_FALLBACK_SCSV) and the server, which supports more, refused the downgrade",
	    offered_versions(versions, v->h->hello));
	show_negotiation(g, v);
	advise(g, "Find out why the client's first, higher attempt failed; do not disable the fallback protection.");
	return true;
}

static bool downgrade_detected(const struct view *v, struct guess *g)
{
	const struct server_hello *s = v->h->server;
	uint16_t best;
	char chosen[LIST_MAX];

	if (!s || !s->sentinel || v->end->by != SIDE_CLIENT || v->end->outcome != OUTCOME_FAILED ||
	    v->end->how == ENDED_NOT)
		return false;
	best = highest_version(v->h->hello);
	/* RFC 8446 4.1.3: the sentinel only means something to a client that offered more. */
	if (!(is_tls13(best) || (s->sentinel == 1 && v->h->version < TLS12)))
		if (!(ended_by_alert(v, SIDE_CLIENT, ILLEGAL_PARAMETER) && v->h->hello->fallback_scsv))
			return false;
	if (!ended_by_alert(v, SIDE_CLIENT, ILLEGAL_PARAMETER) && !ended_by_alert(v, SIDE_CLIENT, PROTOCOL_VERSION) &&
	    happened(v->h->client_key_exchange))
		return false;
	blame(g, end_alert(v) == ILLEGAL_PARAMETER ? CERTAIN : end_alert(v) ? LIKELY : POSSIBLE, PARTY_CLIENT, PARTY_NETWORK);
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

static bool all_suites_weak(const struct client_hello *c)
{
	uint16_t n = 0;

	for (uint16_t i = 0; i < c->suites.count; i++) {
		const struct cipher_suite *s = cipher_suite(c->suites.at[i]);

		if (!s || is_grease(c->suites.at[i]) || c->suites.at[i] == 0x00ff || c->suites.at[i] == 0x5600)
			continue;
		if (!s->weak && !s->bad)
			return false;
		n++;
	}
	return n > 0;
}

static bool common_code(const struct code_set *chosen, const struct code_list *offered)
{
	for (uint8_t i = 0; i < chosen->count; i++)
		if (code_list_has(offered, chosen->at[i]))
			return true;
	return false;
}

/* The alerts by which stacks refuse a hello that they cannot serve. */
static bool refused_for_want(const struct view *v)
{
	uint8_t a = end_alert(v);

	return refused_hello(v) && (a == HANDSHAKE_FAILURE || a == INSUFFICIENT_SECURITY);
}

static bool suites_of_one_authentication(const struct client_hello *c, const char **auth)
{
	*auth = NULL;
	for (uint16_t i = 0; i < c->suites.count; i++) {
		const struct cipher_suite *s = cipher_suite(c->suites.at[i]);

		if (!s || c->suites.at[i] == 0x00ff || c->suites.at[i] == 0x5600)
			continue;
		if (s->tls13 || (*auth && strcmp(*auth, s->auth) != 0))
			return false;
		*auth = s->auth;
	}
	return *auth != NULL;
}

static bool cipher_by_lesson(const struct view *v, struct guess *g)
{
	const struct lesson *l = v->lesson;
	const struct client_hello *c = v->h->hello;
	char chosen[LIST_MAX], offered[LIST_MAX];
	const char *auth;

	if (!refused_for_want(v) || !l || !l->suites.count || common_code(&l->suites, &c->suites))
		return false;
	blame(g, LIKELY, PARTY_SERVER, PARTY_CLIENT);
	g->weight = 85;
	list_codes(offered, CODE_SUITE, c->suites.at, c->suites.count);
	list_codes(chosen, CODE_SUITE, l->suites.at, l->suites.count);
	if (suites_of_one_authentication(c, &auth) && !strcmp(auth, "ECDSA") && l->rsa_leaf && !l->ecdsa_leaf) {
		say(g, "No common cipher suite: the client offers only ECDSA suites, this server has an RSA certificate (seen in another flow)");
		advise(g, "Add an ECDHE_RSA suite on the client, or an ECDSA certificate beside the RSA one on the server.");
	} else if (auth && !strcmp(auth, "RSA") && l->ecdsa_leaf && !l->rsa_leaf) {
		say(g, "No common cipher suite: the client offers only RSA suites, this server has an ECDSA certificate (seen in another flow)");
		advise(g, "Add an ECDHE_ECDSA suite on the client, or an RSA certificate beside the ECDSA one on the server.");
	} else {
		say(g, "No common cipher suite: the client offers %s; to others this server gave %s", offered, chosen);
	}
	show_negotiation(g, v);
	return true;
}

static bool cipher_narrow(const struct view *v, struct guess *g)
{
	const struct client_hello *c = v->h->hello;
	char offered[LIST_MAX];
	uint16_t usable;
	bool weak;

	if (!refused_for_want(v))
		return false;
	usable = usable_suites(c);
	weak = all_suites_weak(c);
	if (usable > NARROW_SUITES && !weak)
		return false;
	blame(g, usable == 0 || weak || usable <= 2 ? LIKELY : POSSIBLE, PARTY_SERVER, PARTY_CLIENT);
	g->weight = weak ? 66 : 62;
	say(g, "No common cipher suite: the client offers only %s, and the server refused with %s%s",
	    list_codes(offered, CODE_SUITE, c->suites.at, c->suites.count), alert_name(end_alert(v)),
	    weak ? "; all of these are weak or outdated" : "");
	show_negotiation(g, v);
	advise(g, "Let the client offer ECDHE suites with AES-GCM or ChaCha20-Poly1305 for the server's key type, or enable one of its suites on the server.");
	return true;
}

/* Only when nothing else is odd: the usual meaning of 40 in reply to a ClientHello. */
static bool cipher_by_default(const struct view *v, struct guess *g)
{
	if (!refused_hello(v) || end_alert(v) != HANDSHAKE_FAILURE)
		return false;
	blame(g, POSSIBLE, PARTY_SERVER, PARTY_SERVER);
	g->weight = 40;
	say(g, "No cipher suite in common is the most usual reason for a handshake_failure at this point; compare the server's suites and certificate type with the client's list");
	show_negotiation(g, v);
	return true;
}

static bool group_by_lesson(const struct view *v, struct guess *g)
{
	const struct lesson *l = v->lesson;
	const struct client_hello *c = v->h->hello;
	char chosen[LIST_MAX], offered[LIST_MAX];

	if (!before_server_hello(v) || !ended_by_any_alert(v, SIDE_SERVER) || !l || !l->groups.count ||
	    !c->groups.count || common_code(&l->groups, &c->groups))
		return false;
	if (end_alert(v) != HANDSHAKE_FAILURE && end_alert(v) != UNEXPECTED_MESSAGE &&
	    end_alert(v) != INSUFFICIENT_SECURITY && end_alert(v) != ILLEGAL_PARAMETER)
		return false;
	blame(g, LIKELY, PARTY_SERVER, PARTY_CLIENT);
	g->weight = 80;
	say(g, "No common named group: the client offers %s; with others this server used %s",
	    list_codes(offered, CODE_GROUP, c->groups.at, c->groups.count),
	    list_codes(chosen, CODE_GROUP, l->groups.at, l->groups.count));
	show_negotiation(g, v);
	return true;
}

static bool offers_common_group(const struct client_hello *c)
{
	return code_list_has(&c->groups, 29) || code_list_has(&c->groups, 23);
}

static bool group_narrow(const struct view *v, struct guess *g)
{
	const struct client_hello *c = v->h->hello;
	char offered[LIST_MAX];
	uint16_t count;

	if (!refused_for_want(v) || !c->has_groups)
		return false;
	count = real_count(&c->groups, false);
	if (offers_common_group(c) && count > 1)
		return false;
	blame(g, offers_common_group(c) ? POSSIBLE : LIKELY, PARTY_SERVER, PARTY_SERVER);
	g->weight = count <= NARROW_GROUPS ? 64 : 58;
	say(g, "No common key-exchange group: the client offers only %s, and the server refused with %s",
	    list_codes(offered, CODE_GROUP, c->groups.at, c->groups.count), alert_name(end_alert(v)));
	show_negotiation(g, v);
	advise(g, "Enable x25519 and secp256r1 on both sides (nginx: ssl_ecdh_curve; OpenSSL: Groups).");
	return true;
}

/* JSSE reports "no common named group" of a TLS 1.3 hello as unexpected_message. */
static bool group_refused_by_jsse(const struct view *v, struct guess *g)
{
	const struct client_hello *c = v->h->hello;
	char offered[LIST_MAX];

	if (!refused_hello(v) || end_alert(v) != UNEXPECTED_MESSAGE || !is_tls13(highest_version(c)) ||
	    c->sslv2 || !c->has_groups || (offers_common_group(c) && real_count(&c->groups, false) > 1))
		return false;
	blame(g, LIKELY, PARTY_SERVER, PARTY_SERVER);
	g->weight = 60;
	say(g, "No common named group: the client offers only %s; Java servers refuse that with unexpected_message (10)",
	    list_codes(offered, CODE_GROUP, c->groups.at, c->groups.count));
	show_negotiation(g, v);
	return true;
}

/* RFC 8446 4.1.4: the retry asks for a group; what follows shows that it cannot be had. */
static bool group_after_retry(const struct view *v, struct guess *g)
{
	const struct handshake *h = v->h;
	char group[LIST_MAX], offered[LIST_MAX];

	if (!h->retry || h->server || !h->hello || v->end->outcome != OUTCOME_FAILED ||
	    v->end->how != ENDED_BY_ALERT)
		return false;
	if (end_alert(v) != HANDSHAKE_FAILURE && !(h->retry->group &&
	    !code_list_has(&h->hello->groups, h->retry->group)))
		return false;
	blame(g, v->end->by == SIDE_SERVER ? LIKELY : POSSIBLE, party_of(v->end->by), PARTY_SERVER);
	say(g, "The server asked for key-exchange group %s in a HelloRetryRequest and the handshake broke there; the client offers %s",
	    code_name(group, CODE_GROUP, h->retry->group),
	    list_codes(offered, CODE_GROUP, h->hello->groups.at, h->hello->groups.count));
	show_hello(g, v);
	show(g, h->retry_mark, "HelloRetryRequest for %s", group);
	show_end(g, v);
	return true;
}

static bool signatures_of_one_key(const struct client_hello *c, const char **key)
{
	*key = NULL;
	for (uint16_t i = 0; i < c->signatures.count; i++) {
		const struct signature_scheme *s = signature_scheme(c->signatures.at[i]);

		if (!s || is_grease(c->signatures.at[i]))
			continue;
		if (*key && strncmp(*key, s->key, 3) != 0)
			return false;
		*key = s->key;
	}
	return *key != NULL;
}

static bool signatures_all_old(const struct client_hello *c)
{
	uint16_t n = 0;

	for (uint16_t i = 0; i < c->signatures.count; i++) {
		const struct signature_scheme *s = signature_scheme(c->signatures.at[i]);

		if (!s)
			continue;
		if (strcmp(s->hash, "SHA1") != 0 && strcmp(s->hash, "MD5") != 0)
			return false;
		n++;
	}
	return n > 0;
}

static bool signature_narrow(const struct view *v, struct guess *g)
{
	const struct client_hello *c = v->h->hello;
	const char *key;
	char offered[LIST_MAX];
	bool contradicts, one_key;

	if (!refused_for_want(v) || !c->has_signatures)
		return false;
	one_key = signatures_of_one_key(c, &key);
	contradicts = one_key && v->lesson &&
		      ((v->lesson->rsa_leaf && !v->lesson->ecdsa_leaf && strncmp(key, "RSA", 3) != 0) ||
		       (v->lesson->ecdsa_leaf && !v->lesson->rsa_leaf && strncmp(key, "RSA", 3) == 0));
	if (!contradicts && !one_key && !signatures_all_old(c) &&
	    real_count(&c->signatures, false) > NARROW_SIGNATURES)
		return false;
	blame(g, LIKELY, PARTY_SERVER, PARTY_SERVER);
	g->weight = contradicts ? 86 : 65;
	say(g, "No common signature algorithm: the client accepts only %s, which does not fit this server's certificate or policy",
	    list_codes(offered, CODE_SIGNATURE, c->signatures.at, c->signatures.count));
	show_negotiation(g, v);
	advise(g, "Give the server a certificate whose key the client can verify (RSA and ECDSA side by side), or widen the client's signature algorithms.");
	return true;
}

/* A TLS 1.3 server that has no usable scheme may notice only behind EncryptedExtensions. */
static bool signature_refused_in_flight(const struct view *v, struct guess *g)
{
	const struct client_hello *c = v->h->hello;
	const char *key;

	if (!c || !v->h->server || v->end->how != ENDED_BY_HIDDEN_ALERT || v->end->by != SIDE_SERVER ||
	    v->end->phase != PHASE_SERVER_FLIGHT || infer_server_flight_bytes(v->h) > 250)
		return false;
	if (!signatures_of_one_key(c, &key) && !signatures_all_old(c) &&
	    real_count(&c->signatures, false) > NARROW_SIGNATURES && v->end->alert->length != 35)
		return false;
	blame(g, LIKELY, PARTY_SERVER, PARTY_SERVER);
	g->weight = 60;
	say(g, "The server gave up inside its own flight, before a certificate, with an encrypted record of an alert's length: most likely it has no certificate that fits the client's signature algorithms");
	show_negotiation(g, v);
	return true;
}

/* ---- the client judges ServerHello and ServerKeyExchange ---- */

static bool signature_of_key_exchange(const struct view *v, struct guess *g)
{
	const struct server_key_exchange *k = v->h->key_exchange;
	char name[LIST_MAX];

	if (!k || !k->signature || !v->h->hello || !v->h->hello->has_signatures ||
	    !ended_by_any_alert(v, SIDE_CLIENT) || code_list_has(&v->h->hello->signatures, k->signature))
		return false;
	blame(g, LIKELY, PARTY_CLIENT, PARTY_SERVER);
	g->weight = 70;
	say(g, "The server signed its key exchange with %s, which the client does not accept",
	    code_name(name, CODE_SIGNATURE, k->signature));
	show_hello(g, v);
	show(g, v->h->key_exchange_mark, "ServerKeyExchange signed with %s", name);
	show_end(g, v);
	return true;
}

static bool weak_dh_prime(const struct view *v, struct guess *g)
{
	const struct server_key_exchange *k = v->h->key_exchange;
	uint8_t a = end_alert(v);

	if (!k || !k->dh_prime_bits || v->end->by != SIDE_CLIENT || v->end->outcome != OUTCOME_FAILED ||
	    happened(v->h->client_key_exchange) || k->dh_prime_bits >= 2048)
		return false;
	if (v->end->how == ENDED_BY_ALERT && a != HANDSHAKE_FAILURE && a != INSUFFICIENT_SECURITY &&
	    a != ILLEGAL_PARAMETER)
		return false;
	blame(g, a == INSUFFICIENT_SECURITY || k->dh_prime_bits < SMALL_DH_BITS ? CERTAIN : LIKELY,
	      PARTY_CLIENT, PARTY_SERVER);
	g->weight = 85;
	say(g, "The server's Diffie-Hellman prime has only %u bits and the client refuses it", k->dh_prime_bits);
	show_hello(g, v);
	show(g, v->h->key_exchange_mark, "ServerKeyExchange with a %u-bit DH prime", k->dh_prime_bits);
	show_end(g, v);
	advise(g, "Use ECDHE on the server, or DH parameters of at least 2048 bits (nginx: ssl_dhparam).");
	return true;
}

static bool insufficient_security(const struct view *v, struct guess *g)
{
	if (v->end->how != ENDED_BY_ALERT || end_alert(v) != INSUFFICIENT_SECURITY)
		return false;
	blame(g, LIKELY, party_of(v->end->by), v->end->by == SIDE_SERVER ? PARTY_CLIENT : PARTY_SERVER);
	g->weight = 50;
	say(g, "The %s finds what the other offers too weak and says so (insufficient_security)",
	    party_noun(v->end->by));
	show_negotiation(g, v);
	return true;
}

static bool export_or_weak_suite_chosen(const struct view *v, struct guess *g)
{
	const struct cipher_suite *s = cipher_suite(v->h->suite);

	if (!s || !s->bad || !ended_by_any_alert(v, SIDE_CLIENT) || happened(v->h->client_key_exchange) ||
	    (end_alert(v) != HANDSHAKE_FAILURE && end_alert(v) != INSUFFICIENT_SECURITY))
		return false;
	blame(g, LIKELY, PARTY_CLIENT, PARTY_SERVER);
	say(g, "The server chose %s, which is broken, and the client refuses it", s->name);
	show_negotiation(g, v);
	return true;
}

static bool no_secure_renegotiation(const struct view *v, struct guess *g)
{
	const struct server_hello *s = v->h->server;

	if (!s || is_tls13(v->h->version) || s->secure_renegotiation || !v->h->hello ||
	    !v->h->hello->secure_renegotiation || !ended_by_any_alert(v, SIDE_CLIENT) ||
	    end_alert(v) != HANDSHAKE_FAILURE || happened(v->h->client_key_exchange))
		return false;
	blame(g, LIKELY, PARTY_CLIENT, PARTY_SERVER);
	g->weight = 80;
	say(g, "The server does not support secure renegotiation (RFC 5746) and the client insists on it");
	show_hello(g, v);
	show(g, v->h->server_mark, "ServerHello without renegotiation_info");
	show_end(g, v);
	advise(g, "Update the server or the appliance in front of it to one with RFC 5746; as a stopgap, per host, OpenSSL has UnsafeLegacyServerConnect.");
	return true;
}

/* RFC 5246 7.2.2: no_renegotiation is a warning; whoever asked usually gives up then. */
static bool renegotiation_refused(const struct view *v, struct guess *g)
{
	const struct handshake *h = v->h;
	bool refused = false;

	for (uint8_t i = 0; i < h->alert_count; i++)
		refused |= !h->alerts[i].hidden && h->alerts[i].code == NO_RENEGOTIATION;
	if (!refused && !(h->renegotiating && v->end->outcome == OUTCOME_FAILED))
		return false;
	if (v->end->outcome != OUTCOME_FAILED)
		return false;
	blame(g, refused ? LIKELY : POSSIBLE, v->end->how == ENDED_NOT ? PARTY_UNKNOWN : party_of(v->end->by),
	      PARTY_SERVER);
	g->weight = 75;
	say(g, "A renegotiation was asked for and refused");
	show(g, h->renegotiation, "a new handshake begins inside the established session");
	show_end(g, v);
	return true;
}

static bool suite_not_offered(const struct view *v, struct guess *g)
{
	char name[LIST_MAX];

	if (!v->h->server || !v->h->hello || v->end->by != SIDE_CLIENT ||
	    v->end->outcome != OUTCOME_FAILED || v->h->hello->sslv2 ||
	    code_list_has(&v->h->hello->suites, v->h->suite) || v->end->how == ENDED_NOT)
		return false;
	blame(g, end_alert(v) == ILLEGAL_PARAMETER ? CERTAIN : LIKELY, PARTY_CLIENT, PARTY_SERVER);
	g->weight = 70;
	say(g, "The server chose %s, which the client never offered: a broken server, or a box that rewrites hellos",
	    code_name(name, CODE_SUITE, v->h->suite));
	show_hello(g, v);
	show(g, v->h->server_mark, "ServerHello chooses %s", name);
	show_end(g, v);
	return true;
}

/* ---- ALPN ---- */

static void list_alpn(char out[LIST_MAX], const struct client_hello *c)
{
	size_t used = 0;

	out[0] = '\0';
	for (uint16_t i = 0; c && i < c->alpn.count && used + 40 < LIST_MAX; i++) {
		char one[32];

		escape_text(one, sizeof(one), c->alpn.at[i].at, c->alpn.at[i].len);
		memcpy(out + used, i ? ", " : "", i ? 2 : 0);
		used += i ? 2 : 0;
		memcpy(out + used, one, strlen(one) + 1);
		used += strlen(one);
	}
}

static bool alpn_refused(const struct view *v, struct guess *g)
{
	char offered[LIST_MAX];

	if (v->end->how != ENDED_BY_ALERT || end_alert(v) != NO_APPLICATION_PROTOCOL)
		return false;
	list_alpn(offered, v->h->hello);
	blame(g, CERTAIN, party_of(v->end->by), PARTY_CLIENT);
	say(g, "No common application protocol: the client offers ALPN %s and the %s accepts none of them",
	    offered[0] ? offered : "(none)", party_noun(v->end->by));
	show_negotiation(g, v);
	if (v->lesson && v->lesson->alpn[0])
		advise(g, "In other flows this server chose ALPN %s: offer that.", v->lesson->alpn);
	return true;
}

static bool offers_usual_alpn(const struct client_hello *c)
{
	for (uint16_t i = 0; i < c->alpn.count; i++)
		if ((c->alpn.at[i].len == 2 && !memcmp(c->alpn.at[i].at, "h2", 2)) ||
		    (c->alpn.at[i].len == 8 && !memcmp(c->alpn.at[i].at, "http/1.1", 8)))
			return true;
	return false;
}

/* Go servers pick the protocol behind the ServerHello: ServerHello, then only an alert. */
static bool alpn_refused_in_flight(const struct view *v, struct guess *g)
{
	const struct client_hello *c = v->h->hello;
	char offered[LIST_MAX];

	if (!c || !c->has_alpn || !v->h->server || v->end->how != ENDED_BY_HIDDEN_ALERT ||
	    v->end->by != SIDE_SERVER || v->end->phase != PHASE_SERVER_FLIGHT ||
	    infer_server_flight_bytes(v->h) != v->end->alert->length)
		return false;
	list_alpn(offered, c);
	blame(g, LIKELY, PARTY_SERVER, PARTY_CLIENT);
	g->weight = offers_usual_alpn(c) ? 55 : 75;
	say(g, "The server gave up right behind its ServerHello with an encrypted record of an alert's length; that is how Go servers refuse ALPN (the client offers %s)",
	    offered);
	show_negotiation(g, v);
	return true;
}

/* Apache without mod_http2 answers http/1.1 to who did not offer it; the client says decode_error
 * or illegal_parameter in clear behind the flight. */
static bool alpn_answer_not_offered(const struct view *v, struct guess *g)
{
	const struct client_hello *c = v->h->hello;
	char offered[LIST_MAX];

	if (!c || !c->has_alpn || offers_usual_alpn(c) || !v->h->server ||
	    !ended_by_any_alert(v, SIDE_CLIENT) ||
	    (end_alert(v) != DECODE_ERROR && end_alert(v) != ILLEGAL_PARAMETER && end_alert(v) != 110))
		return false;
	list_alpn(offered, c);
	blame(g, LIKELY, PARTY_CLIENT, PARTY_SERVER);
	g->weight = 65;
	say(g, "The client offers only ALPN %s and refused the server's answer: the server most likely chose a protocol that was not offered",
	    offered);
	show_negotiation(g, v);
	return true;
}

/* ---- PSK, ECH ---- */

static bool offers_psk_suites(const struct view *v)
{
	const struct cipher_suite *s = cipher_suite(v->h->suite);
	bool only = true;

	if (v->h->server && !is_tls13(v->h->version))
		return s && strstr(s->kx, "PSK");
	if (!v->h->hello)
		return false;
	for (uint16_t i = 0; i < v->h->hello->suites.count; i++) {
		s = cipher_suite(v->h->hello->suites.at[i]);
		only &= !s || s->tls13 || strstr(s->kx, "PSK") || v->h->hello->suites.at[i] == 0x00ff;
	}
	return v->h->hello->psk_identities > 0 || only;
}

static bool psk_rejected(const struct view *v, struct guess *g)
{
	uint8_t a = end_alert(v);
	bool identity = a == UNKNOWN_PSK_IDENTITY;
	bool late, binder;

	if (!ended_by_any_alert(v, SIDE_SERVER) || (!identity && !offers_psk_suites(v)))
		return false;
	late = v->h->server && !is_tls13(v->h->version) && happened(v->h->client_key_exchange) &&
	       (a == BAD_RECORD_MAC || a == DECRYPT_ERROR || a == HANDSHAKE_FAILURE || a == ILLEGAL_PARAMETER || a == 49);
	binder = before_server_hello(v) && v->h->hello->psk_identities &&
		 (a == DECRYPT_ERROR || a == ILLEGAL_PARAMETER);
	if (!identity && !late && !binder)
		return false;
	blame(g, identity ? CERTAIN : LIKELY, PARTY_SERVER, PARTY_CLIENT);
	g->weight = 80;
	if (identity)
		say(g, "The server does not know the pre-shared key identity that the client sent");
	else if (binder)
		say(g, "The server refused the client's pre-shared key: its binder does not verify, so the keys differ");
	else
		say(g, "With a pre-shared key suite, %s on the client's Finished means that the two keys differ",
		    alert_name(a));
	show_negotiation(g, v);
	advise(g, "Compare identity and key on both ends; drop cached tickets, and share ticket keys across the fleet.");
	return true;
}

/* External PSK only in TLS 1.3, refused for want of anything else. */
static bool psk_unknown_and_nothing_else(const struct view *v, struct guess *g)
{
	const struct client_hello *c = v->h->hello;

	if (!refused_hello(v) || !c->psk_identities || c->early_data ||
	    (end_alert(v) != HANDSHAKE_FAILURE && end_alert(v) != 116 && end_alert(v) != MISSING_EXTENSION))
		return false;
	blame(g, LIKELY, PARTY_SERVER, PARTY_CLIENT);
	g->weight = 68;
	say(g, "The client offers a pre-shared key that the server did not take, and the server has nothing else to fall back on");
	show_negotiation(g, v);
	return true;
}

static bool ech_rejected(const struct view *v, struct guess *g)
{
	bool said = v->end->how == ENDED_BY_ALERT && end_alert(v) == ECH_REQUIRED;

	if (!said)
		return false;
	blame(g, CERTAIN, PARTY_CLIENT, PARTY_SERVER);
	say(g, "The server did not accept Encrypted ClientHello and the client would not go on (ech_required)");
	show_negotiation(g, v);
	return true;
}

/* ---- a hello that breaks the rules ---- */

/* RFC 8446 9.2: what a ClientHello for TLS 1.3 must carry. */
static const char *missing_from(const struct client_hello *c)
{
	if (highest_version(c) != TLS13 || c->sslv2)
		return NULL;	/* the drafts had other rules and other numbers */
	if (c->psk_identities && !c->psk_ke && !c->psk_dhe_ke)
		return "psk_key_exchange_modes";
	if (!c->has_signatures && !c->psk_identities)
		return "signature_algorithms";
	if (c->has_key_shares && !c->has_groups)
		return "supported_groups";
	if (c->has_groups && !c->has_key_shares)
		return "key_share";
	return NULL;
}

static uint16_t share_without_group(const struct client_hello *c)
{
	for (uint16_t i = 0; c->has_groups && i < c->key_shares.count; i++)
		if (!is_grease(c->key_shares.at[i]) && !code_list_has(&c->groups, c->key_shares.at[i]))
			return c->key_shares.at[i];
	return 0;
}

static bool ended_in_any_alert(const struct view *v)
{
	return v->h->hello && v->end->outcome == OUTCOME_FAILED &&
	       (v->end->how == ENDED_BY_ALERT || v->end->how == ENDED_BY_HIDDEN_ALERT);
}

/* Alerts with a meaning of their own that a broken hello does not explain. */
static bool is_about_something_else(uint8_t alert)
{
	return alert == PROTOCOL_VERSION || alert == INAPPROPRIATE_FALLBACK || alert == NO_APPLICATION_PROTOCOL ||
	       (alert >= 42 && alert <= 46) || alert == 48 || alert == 112 || alert == 116;
}

static bool hello_lacks_extension(const struct view *v, struct guess *g)
{
	const char *missing = v->h->hello ? missing_from(last_hello(v->h)) : NULL;

	if (!missing || !ended_in_any_alert(v) || is_about_something_else(end_alert(v)))
		return false;
	blame(g, end_alert(v) == MISSING_EXTENSION ? CERTAIN : LIKELY, party_of(v->end->by), PARTY_CLIENT);
	g->weight = 60;
	say(g, "The ClientHello offers TLS 1.3 without %s, which RFC 8446 9.2 requires: a broken client, or a box that rewrites hellos",
	    missing);
	show_negotiation(g, v);
	return true;
}

static bool hello_shares_unlisted_group(const struct view *v, struct guess *g)
{
	uint16_t group = v->h->hello ? share_without_group(last_hello(v->h)) : 0;
	char name[LIST_MAX];

	if (!group || !ended_in_any_alert(v))
		return false;
	blame(g, LIKELY, party_of(v->end->by), PARTY_CLIENT);
	g->weight = 72;
	say(g, "The ClientHello has a key share for %s, which it does not list among its groups (RFC 8446 4.2.8): a broken client, or a box that rewrites hellos",
	    code_name(name, CODE_GROUP, group));
	show_negotiation(g, v);
	return true;
}

/* RFC 8446 4.2: a server may only answer extensions that the client sent. */
static uint16_t answered_unasked(const struct client_hello *c, const struct code_list *answers)
{
	enum { RENEGOTIATION_INFO = 65281 };

	for (uint16_t i = 0; i < answers->count; i++)
		if (!code_list_has(&c->extensions, answers->at[i]) &&
		    !(answers->at[i] == RENEGOTIATION_INFO && c->secure_renegotiation))
			return answers->at[i];
	return 0;
}

static bool extension_not_offered(const struct view *v, struct guess *g)
{
	const struct handshake *h = v->h;
	const char *name;
	uint16_t extension;

	if (!h->server || !h->hello || v->end->by != SIDE_CLIENT || v->end->outcome != OUTCOME_FAILED ||
	    v->end->how == ENDED_NOT)
		return false;
	extension = answered_unasked(h->hello, &h->server->extensions);
	if (!extension && h->encrypted_extensions)
		extension = answered_unasked(h->hello, &h->encrypted_extensions->extensions);
	if (!extension)
		return false;
	name = extension_name(extension);
	blame(g, end_alert(v) == 110 ? CERTAIN : LIKELY, PARTY_CLIENT, PARTY_SERVER);
	g->weight = 65;
	say(g, "The server answered extension %u (%s), which the client had not sent, and the client stopped", extension,
	    name ? name : "unknown");
	show_negotiation(g, v);
	return true;
}

/* ---- what is left ---- */

static bool negotiation_failed(const struct view *v, struct guess *g)
{
	if (v->end->how != ENDED_BY_ALERT || end_alert(v) != HANDSHAKE_FAILURE)
		return false;
	blame(g, LIKELY, party_of(v->end->by), PARTY_SERVER);
	g->weight = 30;
	say(g, "The %s refused the handshake (handshake_failure); what was offered does not single out one reason",
	    party_noun(v->end->by));
	show_negotiation(g, v);
	advise(g, "Read the server's log at that second: it names the reason (no shared cipher, no suitable key share, no suitable signature algorithm).");
	return true;
}

struct rule_set negotiation_rules(void)
{
	static const struct rule rules[] = {
		{ "version_mismatch", version_refused_by_server },
		{ "version_mismatch", version_refused_by_client },
		{ "version_mismatch", version_not_offered },
		{ "version_mismatch", version_below_security_level },
		{ "version_mismatch", version_disjoint },
		{ "version_mismatch", version_single_generation },
		{ "fallback_refused", fallback_refused },
		{ "downgrade_detected", downgrade_detected },
		{ "cipher_mismatch", cipher_by_lesson },
		{ "cipher_mismatch", cipher_narrow },
		{ "cipher_mismatch", cipher_by_default },
		{ "group_mismatch", group_by_lesson },
		{ "group_mismatch", group_narrow },
		{ "group_mismatch", group_refused_by_jsse },
		{ "group_mismatch", group_after_retry },
		{ "signature_mismatch", signature_narrow },
		{ "signature_mismatch", signature_refused_in_flight },
		{ "signature_mismatch", signature_of_key_exchange },
		{ "weak_parameters", weak_dh_prime },
		{ "weak_parameters", insufficient_security },
		{ "weak_parameters", export_or_weak_suite_chosen },
		{ "legacy_renegotiation_refused", no_secure_renegotiation },
		{ "legacy_renegotiation_refused", renegotiation_refused },
		{ "illegal_parameter", suite_not_offered },
		{ "alpn_mismatch", alpn_refused },
		{ "alpn_mismatch", alpn_refused_in_flight },
		{ "alpn_mismatch", alpn_answer_not_offered },
		{ "psk_rejected", psk_rejected },
		{ "psk_rejected", psk_unknown_and_nothing_else },
		{ "ech_rejected", ech_rejected },
		{ "missing_extension", hello_lacks_extension },
		{ "unsupported_extension", extension_not_offered },
		{ "illegal_parameter", hello_shares_unlisted_group },
		{ "negotiation_failed", negotiation_failed },
	};

	return (struct rule_set){ rules, sizeof(rules) / sizeof(rules[0]) };
}
