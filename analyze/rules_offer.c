/*
 * The server cannot serve what the hello offers: cipher suites, groups, signature algorithms.
 *
 * One alert, handshake_failure (40), covers most of it. What tells the causes apart: what the
 * hello offers, what this server chose in other flows, and where the hello is unusually narrow:
 * a client that offers everything but one thing most likely failed on that one thing.
 */
#include "alerts.h"
#include "offer.h"

enum {
	NARROW_SUITES = 3,
	NARROW_GROUPS = 2,
	NARROW_SIGNATURES = 2
};

static bool all_suites_weak(const struct client_hello *c)
{
	uint16_t n = 0;

	for (uint16_t i = 0; i < c->suites.count; i++) {
		const struct cipher_suite *s = cipher_suite(c->suites.at[i]);

		if (!s || is_grease(c->suites.at[i]) || c->suites.at[i] == 0x00ff ||
		    c->suites.at[i] == 0x5600)
			continue;
		if (!s->weak && !s->bad)
			return false;
		n++;
	}
	return n > 0;
}

/* What nearly every server has some of: AES or ChaCha20, a key exchange of RSA or ECDHE, a certificate. */
static bool is_common(const struct cipher_suite *s)
{
	bool aes = !strncmp(s->cipher, "AES_", 4) && (s->mode == MODE_GCM || s->mode == MODE_CBC);
	bool common_kx = s->ecdhe || !strcmp(s->kx, "RSA");

	return (aes || s->mode == MODE_CHACHA) && (s->tls13 || (common_kx && (s->rsa || s->ecdsa)));
}

/* DHE alone, Camellia, pre-shared keys ...: however long the list is, many servers have none of it. */
static bool all_suites_rare(const struct client_hello *c)
{
	uint16_t n = 0;

	for (uint16_t i = 0; i < c->suites.count; i++) {
		const struct cipher_suite *s = cipher_suite(c->suites.at[i]);

		if (!s || s->mode == MODE_NULL)	/* signalling values are no ciphers */
			continue;
		if (is_common(s))
			return false;
		n++;
	}
	return n > 0;
}

/* Suites that others were given, of a kind that this hello could have been given too: what TLS 1.3
 * clients get says nothing of the suites below it, nor the other way round (RFC 8446 B.4). */
static void comparable_suites(const struct lesson *l, const struct client_hello *c,
			      struct code_set *out)
{
	bool only13 = is_tls13(lowest_version(c)) && c->versions.count;
	bool some13 = is_tls13(highest_version(c));

	out->count = 0;
	for (uint8_t i = 0; i < l->suites.count; i++) {
		const struct cipher_suite *s = cipher_suite(l->suites.at[i]);

		if (s && (s->tls13 ? some13 : !only13))
			out->at[out->count++] = l->suites.at[i];
	}
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

	return refused_hello(v) &&
	       (a == ALERT_HANDSHAKE_FAILURE || a == ALERT_INSUFFICIENT_SECURITY);
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
	struct code_set given;
	const char *auth;

	if (!refused_for_want(v) || !l)
		return false;
	comparable_suites(l, c, &given);
	if (!given.count || common_code(&given, &c->suites))
		return false;
	blame(g, LIKELY, PARTY_SERVER, PARTY_CLIENT);
	g->weight = 85;
	list_codes(offered, CODE_SUITE, c->suites.at, c->suites.count);
	list_codes(chosen, CODE_SUITE, given.at, given.count);
	if (suites_of_one_authentication(c, &auth) && !strcmp(auth, "ECDSA") && l->rsa_leaf &&
	    !l->ecdsa_leaf) {
		say(g, "No common cipher suite: the client offers only ECDSA suites, this server has an RSA certificate (seen in another flow)");
		advise(g, "Add an ECDHE_RSA suite on the client, or an ECDSA certificate beside the RSA one on the server.");
	} else if (auth && !strcmp(auth, "RSA") && l->ecdsa_leaf && !l->rsa_leaf) {
		say(g, "No common cipher suite: the client offers only RSA suites, this server has an ECDSA certificate (seen in another flow)");
		advise(g, "Add an ECDHE_ECDSA suite on the client, or an RSA certificate beside the ECDSA one on the server.");
	} else {
		say(g, "No common cipher suite: the client offers %s; to others this server gave %s", offered, chosen);
	}
	show_exchange(g, v);
	return true;
}

/* A hello for TLS 1.3 alone has few suites; this one every server must have (RFC 8446 9.1). */
static bool offers_mandatory_suite(const struct client_hello *c)
{
	enum { TLS_AES_128_GCM_SHA256 = 0x1301 };

	return is_tls13(highest_version(c)) && code_list_has(&c->suites, TLS_AES_128_GCM_SHA256);
}

static bool cipher_narrow(const struct view *v, struct guess *g)
{
	const struct client_hello *c = v->h->hello;
	char offered[LIST_MAX];
	uint16_t usable;
	bool weak, rare, one_group;

	if (!refused_for_want(v))
		return false;
	one_group = real_count(&c->groups, false) == 1;	/* as narrow as a suite or two that are usual */
	usable = usable_suites(c);
	weak = all_suites_weak(c);
	rare = all_suites_rare(c);
	if ((usable > NARROW_SUITES && !weak && !rare) || offers_mandatory_suite(c))
		return false;
	blame(g, usable == 0 || weak || rare || (usable <= 2 && !one_group) ? LIKELY : POSSIBLE,
	      PARTY_SERVER, PARTY_CLIENT);
	g->weight = weak ? 66 : 62;
	say(g,
	    "No common cipher suite: the client offers only %s, and the server refused with %s%s",
	    list_codes(offered, CODE_SUITE, c->suites.at, c->suites.count),
	    alert_name(end_alert(v)), weak ? "; all of these are weak or outdated"
	    : rare ? "; few servers have any of these" : "");
	show_exchange(g, v);
	advise(g, "Let the client offer ECDHE suites with AES-GCM or ChaCha20-Poly1305 for the server's key type, or enable one of its suites on the server.");
	return true;
}

/* Only when nothing else is odd: the usual meaning of 40 in reply to a ClientHello. */
static bool cipher_by_default(const struct view *v, struct guess *g)
{
	if (!refused_hello(v) || end_alert(v) != ALERT_HANDSHAKE_FAILURE)
		return false;
	blame(g, POSSIBLE, PARTY_SERVER, PARTY_SERVER);
	g->weight = 40;
	say(g, "No cipher suite in common is the most usual reason for a handshake_failure at this point; compare the server's suites and certificate type with the client's list");
	show_exchange(g, v);
	return true;
}

static bool group_by_lesson(const struct view *v, struct guess *g)
{
	const struct lesson *l = v->lesson;
	const struct client_hello *c = v->h->hello;
	char chosen[LIST_MAX], offered[LIST_MAX];

	if (!before_server_hello(v) || !ended_by_any_alert(v, SIDE_SERVER) || !l ||
	    !l->groups.count || !c->groups.count || common_code(&l->groups, &c->groups))
		return false;
	if (end_alert(v) != ALERT_HANDSHAKE_FAILURE && end_alert(v) != ALERT_UNEXPECTED_MESSAGE &&
	    end_alert(v) != ALERT_INSUFFICIENT_SECURITY && end_alert(v) != ALERT_ILLEGAL_PARAMETER)
		return false;
	blame(g, LIKELY, PARTY_SERVER, PARTY_CLIENT);
	g->weight = 80;
	say(g, "No common named group: the client offers %s; with others this server used %s",
	    list_codes(offered, CODE_GROUP, c->groups.at, c->groups.count),
	    list_codes(chosen, CODE_GROUP, l->groups.at, l->groups.count));
	show_exchange(g, v);
	return true;
}

static bool offers_common_group(const struct client_hello *c)
{
	return code_list_has(&c->groups, 29) || code_list_has(&c->groups, 23);
}

/* X25519 alone is what older servers lack; P-256 every one must have (RFC 8446 9.1). */
static bool offers_x25519_alone(const struct client_hello *c)
{
	return real_count(&c->groups, false) == 1 && code_list_has(&c->groups, 29) &&
	       usable_suites(c) > NARROW_SUITES &&
	       real_count(&c->signatures, false) > NARROW_SIGNATURES;
}

static bool group_narrow(const struct view *v, struct guess *g)
{
	const struct client_hello *c = v->h->hello;
	char offered[LIST_MAX];
	uint16_t count;

	/* GnuTLS servers say internal_error when no group is left for a TLS 1.2 suite. */
	if (!refused_hello(v) || !c->has_groups ||
	    !(refused_for_want(v) ||
	      (end_alert(v) == ALERT_INTERNAL_ERROR && !offers_common_group(c))))
		return false;
	count = real_count(&c->groups, false);
	if (offers_common_group(c) && count > 1)
		return false;
	blame(g, offers_common_group(c) && !offers_x25519_alone(c) ? POSSIBLE : LIKELY,
	      PARTY_SERVER, PARTY_SERVER);
	g->weight = count <= NARROW_GROUPS ? 64 : 58;
	say(g,
	    "No common key-exchange group: the client offers only %s, and the server refused with %s",
	    list_codes(offered, CODE_GROUP, c->groups.at, c->groups.count),
	    alert_name(end_alert(v)));
	show_exchange(g, v);
	return true;
}

/* JSSE reports "no common named group" of a TLS 1.3 hello as unexpected_message. */
static bool group_refused_by_jsse(const struct view *v, struct guess *g)
{
	const struct client_hello *c = v->h->hello;
	char offered[LIST_MAX];

	if (!refused_hello(v) || end_alert(v) != ALERT_UNEXPECTED_MESSAGE ||
	    !is_tls13(highest_version(c)) || c->sslv2 || !c->has_groups ||
	    (offers_common_group(c) && real_count(&c->groups, false) > 1))
		return false;
	blame(g, LIKELY, PARTY_SERVER, PARTY_SERVER);
	g->weight = 60;
	say(g, "No common named group: the client offers only %s; Java servers refuse that with unexpected_message (10)",
	    list_codes(offered, CODE_GROUP, c->groups.at, c->groups.count));
	show_exchange(g, v);
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
	if (end_alert(v) != ALERT_HANDSHAKE_FAILURE && !(h->retry->group &&
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

/* By which the usual certificates sign: RSA, which has to be PSS in TLS 1.3 (RFC 8446 4.2.3), ECDSA on the
 * curves of NIST, and neither with SHA-1. */
static bool signs_for_usual_key(const struct signature_scheme *s, const char *key, bool tls13)
{
	return !strcmp(s->key, key) && !strncmp(s->hash, "SHA", 3) && strcmp(s->hash, "SHA1") != 0 &&
	       (tls13 ? s->tls13 : s->tls12) && !strstr(s->name, "brainpool");
}

static bool has_signature_for(const struct client_hello *c, const char *key)
{
	for (uint16_t i = 0; i < c->signatures.count; i++) {
		const struct signature_scheme *s = signature_scheme(c->signatures.at[i]);

		if (s && signs_for_usual_key(s, key, is_tls13(highest_version(c))))
			return true;
	}
	return false;
}

/* However long the list is: nothing for the usual certificates, or in TLS 1.3 nothing for RSA. */
static bool signatures_all_rare(const struct client_hello *c)
{
	return !has_signature_for(c, "RSA") &&
	       (is_tls13(highest_version(c)) || !has_signature_for(c, "ECDSA"));
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
	contradicts =
	    one_key && v->lesson &&
	    ((v->lesson->rsa_leaf && !v->lesson->ecdsa_leaf && strncmp(key, "RSA", 3) != 0) ||
	     (v->lesson->ecdsa_leaf && !v->lesson->rsa_leaf && strncmp(key, "RSA", 3) == 0));
	if (!contradicts && !one_key && !signatures_all_rare(c) &&
	    real_count(&c->signatures, false) > NARROW_SIGNATURES)
		return false;
	blame(g, LIKELY, PARTY_SERVER, PARTY_SERVER);
	g->weight = contradicts ? 86 : 65;
	say(g, "No common signature algorithm: the client accepts only %s, which does not fit this server's certificate or policy",
	    list_codes(offered, CODE_SIGNATURE, c->signatures.at, c->signatures.count));
	show_exchange(g, v);
	return true;
}

/* With an alert that is hidden, or with keys reads handshake_failure. */
static bool gave_up_in_flight(const struct view *v)
{
	bool hidden = v->end->how == ENDED_BY_HIDDEN_ALERT;
	bool read = v->end->how == ENDED_BY_ALERT && end_alert(v) == ALERT_HANDSHAKE_FAILURE && is_tls13(v->h->version);

	return v->h->hello && v->h->server && (hidden || read) && v->end->by == SIDE_SERVER &&
	       v->end->phase == PHASE_SERVER_FLIGHT;
}

/* A TLS 1.3 server that has no usable scheme may notice only behind EncryptedExtensions, or behind
 * its Certificate when it comes to sign (rustls). */
static bool signature_refused_in_flight(const struct view *v, struct guess *g)
{
	enum { SMALLEST_CERTIFICATE = 250 };
	const struct client_hello *c = v->h->hello;
	const char *key;
	bool narrow;

	if (!gave_up_in_flight(v))
		return false;
	narrow = signatures_of_one_key(c, &key) || signatures_all_rare(c) ||
		 real_count(&c->signatures, false) <= NARROW_SIGNATURES;
	if (!narrow && (v->end->how == ENDED_BY_ALERT || v->end->alert->length != 35 ||
			infer_server_flight_bytes(v->h) > SMALLEST_CERTIFICATE))
		return false;
	blame(g, LIKELY, PARTY_SERVER, PARTY_SERVER);
	g->weight = 60;
	say(g, "The server gave up inside its own flight, %s, with %s: most likely it has no certificate that fits the client's signature algorithms",
	    infer_server_flight_bytes(v->h) > SMALLEST_CERTIFICATE ? "before it signed" : "before a certificate",
	    v->end->how == ENDED_BY_ALERT ? "handshake_failure" : "an encrypted record of an alert's length");
	show_exchange(g, v);
	return true;
}

/* ---- what is left ---- */

/* FIPS builds of OpenSSL and strict JSSE settings will not do without it. */
static bool lacks_extended_master_secret(const struct view *v)
{
	const struct handshake *h = v->h;

	return v->end->by == SIDE_CLIENT && h->server && h->hello && !is_tls13(h->version) &&
	       h->hello->extended_master_secret && !h->server->extended_master_secret;
}

static bool has_any(const struct code_list *list, uint16_t one, uint16_t other)
{
	return code_list_has(list, one) || code_list_has(list, other);
}

/* Versions, groups, suites and signatures for a certificate of either kind: what every server of the
 * last ten years finds something in. */
static bool offers_all_that_is_usual(const struct client_hello *c)
{
	return offers_version(c, 0x0303) && is_tls13(highest_version(c)) &&
	       code_list_has(&c->groups, 23) && code_list_has(&c->groups, 29) &&
	       has_any(&c->suites, 0x1301, 0x1302) && has_any(&c->suites, 0xc02f, 0xc030) &&
	       has_any(&c->suites, 0xc02b, 0xc02c) && code_list_has(&c->signatures, 0x0403) &&
	       code_list_has(&c->signatures, 0x0401) && code_list_has(&c->signatures, 0x0804);
}

/* OpenSSL counts no suite as shared that needs a certificate which it lacks. */
static void say_no_certificate(struct guess *g, const struct view *v)
{
	say(g, "The server refused the handshake (handshake_failure), though the client offers all that is usual: most often such a server could not load its certificate or key, or has none for %s",
	    v->name[0] ? v->name : "a client without a name");
	advise(g, "Look in the log, from the server's start on, for a certificate or key that it could not load, or that belongs to another: Postfix and others start all the same, offer STARTTLS and refuse everybody.");
}

static bool negotiation_failed(const struct view *v, struct guess *g)
{
	if (v->end->how != ENDED_BY_ALERT || end_alert(v) != ALERT_HANDSHAKE_FAILURE)
		return false;
	blame(g, LIKELY, party_of(v->end->by), PARTY_SERVER);
	g->weight = 30;
	if (lacks_extended_master_secret(v))
		say(g, "The client refused the server's answer (handshake_failure); the ServerHello lacks extended_master_secret (RFC 7627), on which strict clients insist");
	else if (v->end->by == SIDE_CLIENT)
		say(g, "The client refused the server's answer (handshake_failure) and nothing in it singles out one reason");
	else if (!v->h->server && v->h->hello && offers_all_that_is_usual(v->h->hello) &&
		 !(v->lesson && v->lesson->completed))
		say_no_certificate(g, v);
	else
		say(g, "The server refused the handshake (handshake_failure); what was offered does not single out one reason");
	show_hello(g, v);
	if (v->h->server)
		show(g, v->h->server_mark, "ServerHello%s", lacks_extended_master_secret(v) ?
		     " without extended_master_secret" : "");
	show_end(g, v);
	return true;
}

struct rule_set offer_rules(void)
{
	static const struct rule rules[] = {
		{ "cipher_mismatch", cipher_by_lesson },
		{ "cipher_mismatch", cipher_narrow },
		{ "cipher_mismatch", cipher_by_default },
		{ "group_mismatch", group_by_lesson },
		{ "group_mismatch", group_narrow },
		{ "group_mismatch", group_refused_by_jsse },
		{ "group_mismatch", group_after_retry },
		{ "signature_mismatch", signature_narrow },
		{ "signature_mismatch", signature_refused_in_flight },
		{ "negotiation_failed", negotiation_failed },
	};

	return (struct rule_set){ rules, sizeof(rules) / sizeof(rules[0]) };
}
