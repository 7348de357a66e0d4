/*
 * What the client found in ServerHello and ServerKeyExchange, and what was wrong with the hello
 * that they answer.
 */
#include "alerts.h"
#include "offer.h"

enum {
	TLS13 = 0x0304,
	SMALL_DH_BITS = 1024 /* what every current client refuses below (RFC 7919 asks for 2048) */
};

/* ---- the client judges ServerHello and ServerKeyExchange ---- */

/* Alerts about the certificate: who sends one has swallowed all that came before it. */
static bool judged_certificate(const struct view *v)
{
	uint8_t a = end_alert(v);

	return v->end->how == ENDED_BY_ALERT &&
	       ((a >= ALERT_BAD_CERTIFICATE && a <= ALERT_CERTIFICATE_UNKNOWN) ||
		a == ALERT_UNKNOWN_CA || a == ALERT_BAD_CERTIFICATE_STATUS_RESPONSE);
}

static bool signature_of_key_exchange(const struct view *v, struct guess *g)
{
	const struct server_key_exchange *k = v->h->key_exchange;
	char name[LIST_MAX];

	if (!k || !k->signature || !v->h->hello || !v->h->hello->has_signatures ||
	    !ended_by_any_alert(v, SIDE_CLIENT) ||
	    code_list_has(&v->h->hello->signatures, k->signature) || judged_certificate(v))
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

	if (!k || !k->dh_prime_bits || v->end->by != SIDE_CLIENT ||
	    v->end->outcome != OUTCOME_FAILED || happened(v->h->client_key_exchange) ||
	    k->dh_prime_bits >= 2048)
		return false;
	if (v->end->how == ENDED_BY_ALERT && a != ALERT_HANDSHAKE_FAILURE &&
	    a != ALERT_INSUFFICIENT_SECURITY && a != ALERT_ILLEGAL_PARAMETER)
		return false;
	blame(g,
	      v->end->how == ENDED_BY_ALERT &&
		      (a == ALERT_INSUFFICIENT_SECURITY || k->dh_prime_bits < SMALL_DH_BITS)
		  ? CERTAIN
		  : LIKELY,
	      PARTY_CLIENT, PARTY_SERVER);
	g->weight = 85;
	say(g, "The server's Diffie-Hellman prime has only %u bits and the client refuses it", k->dh_prime_bits);
	show_hello(g, v);
	show(g, v->h->key_exchange_mark, "ServerKeyExchange with a %u-bit DH prime",
	     k->dh_prime_bits);
	show_end(g, v);
	return true;
}

static bool insufficient_security(const struct view *v, struct guess *g)
{
	if (v->end->how != ENDED_BY_ALERT || end_alert(v) != ALERT_INSUFFICIENT_SECURITY)
		return false;
	blame(g, LIKELY, party_of(v->end->by),
	      v->end->by == SIDE_SERVER ? PARTY_CLIENT : PARTY_SERVER);
	g->weight = 50;
	say(g, "The %s finds what the other offers too weak and says so (insufficient_security)",
	    party_noun(v->end->by));
	show_exchange(g, v);
	return true;
}

static bool export_or_weak_suite_chosen(const struct view *v, struct guess *g)
{
	const struct cipher_suite *s = cipher_suite(v->h->suite);

	if (!s || !s->bad || !ended_by_any_alert(v, SIDE_CLIENT) ||
	    happened(v->h->client_key_exchange) ||
	    (end_alert(v) != ALERT_HANDSHAKE_FAILURE &&
	     end_alert(v) != ALERT_INSUFFICIENT_SECURITY))
		return false;
	blame(g, LIKELY, PARTY_CLIENT, PARTY_SERVER);
	say(g, "The server chose %s, which is broken, and the client refuses it", s->name);
	show_exchange(g, v);
	return true;
}

static bool no_secure_renegotiation(const struct view *v, struct guess *g)
{
	const struct server_hello *s = v->h->server;

	if (!s || is_tls13(v->h->version) || s->secure_renegotiation || !v->h->hello ||
	    !v->h->hello->secure_renegotiation || !ended_by_any_alert(v, SIDE_CLIENT) ||
	    end_alert(v) != ALERT_HANDSHAKE_FAILURE || happened(v->h->client_key_exchange))
		return false;
	blame(g, LIKELY, PARTY_CLIENT, PARTY_SERVER);
	g->weight = 80;
	say(g, "The server does not support secure renegotiation (RFC 5746) and the client insists on it");
	show_hello(g, v);
	show(g, v->h->server_mark, "ServerHello without renegotiation_info");
	show_end(g, v);
	return true;
}

/* RFC 5246 7.2.2: no_renegotiation is a warning; whoever asked usually gives up then. */
static bool renegotiation_refused(const struct view *v, struct guess *g)
{
	const struct handshake *h = v->h;
	bool refused = false;

	for (uint8_t i = 0; i < h->alert_count; i++)
		refused |= !h->alerts[i].hidden && h->alerts[i].code == ALERT_NO_RENEGOTIATION;
	if (!refused && !(h->renegotiating && v->end->outcome == OUTCOME_FAILED))
		return false;
	if (v->end->outcome != OUTCOME_FAILED)
		return false;
	blame(g, refused ? LIKELY : POSSIBLE,
	      v->end->how == ENDED_NOT ? PARTY_UNKNOWN : party_of(v->end->by), PARTY_SERVER);
	g->weight = 75;
	say(g, "A renegotiation was asked for and refused");
	show(g, h->renegotiation, "a new handshake begins inside the established session");
	show_end(g, v);
	return true;
}

/* RFC 5246 7.4.3: (EC)DHE suites need a ServerKeyExchange before the ServerHelloDone. */
static bool key_exchange_left_out(const struct view *v, struct guess *g)
{
	const struct cipher_suite *s = cipher_suite(v->h->suite);
	const struct handshake *h = v->h;

	if (!s || s->tls13 || !happened(h->hello_done) || h->key_exchange ||
	    happened(h->key_exchange_mark) ||
	    (strcmp(s->kx, "ECDHE") != 0 && strcmp(s->kx, "DHE") != 0) ||
	    happened(h->gap[SIDE_SERVER]) || v->end->by != SIDE_CLIENT ||
	    v->end->outcome != OUTCOME_FAILED || v->end->how == ENDED_NOT || judged_certificate(v))
		return false;
	blame(g, LIKELY, PARTY_CLIENT, PARTY_SERVER);
	g->weight = 66;
	say(g, "The server left out its ServerKeyExchange, which %s needs, and the client stopped", s->name);
	show_hello(g, v);
	show(g, h->hello_done, "ServerHelloDone without a ServerKeyExchange before it");
	show_end(g, v);
	return true;
}

/* Certificate is only left out where the suite needs none (RFC 5246 7.4.2). */
static bool certificate_left_out(const struct view *v, struct guess *g)
{
	const struct cipher_suite *s = cipher_suite(v->h->suite);
	const struct handshake *h = v->h;
	bool needed =
	    s && !s->tls13 &&
	    (!strcmp(s->auth, "RSA") || !strcmp(s->auth, "ECDSA") || !strcmp(s->auth, "DSS"));

	if (!needed || h->certificates || h->resumed || happened(h->gap[SIDE_SERVER]) ||
	    happened(h->broken_mark[SIDE_SERVER]) ||
	    !(h->key_exchange || happened(h->hello_done)) || v->end->by != SIDE_CLIENT ||
	    v->end->outcome != OUTCOME_FAILED || v->end->how == ENDED_NOT)
		return false;
	blame(g, LIKELY, PARTY_CLIENT, PARTY_SERVER);
	g->weight = 67;
	say(g, "The server left out its Certificate, which %s needs, and the client stopped", s->name);
	show_exchange(g, v);
	return true;
}

static bool compression_not_offered(const struct view *v, struct guess *g)
{
	const struct server_hello *s = v->h->server;

	if (!s || !s->compression || !v->h->hello || v->h->hello->sslv2 ||
	    v->end->by != SIDE_CLIENT || v->end->outcome != OUTCOME_FAILED ||
	    code_list_has(&v->h->hello->compression, s->compression))
		return false;
	blame(g, LIKELY, PARTY_CLIENT, PARTY_SERVER);
	g->weight = 72;
	say(g, "The server chose compression method %u, which the client never offered: a broken server, or a box that rewrites hellos",
	    s->compression);
	show_exchange(g, v);
	return true;
}

/* A message that we could not parse either: whatever the alert calls it, that is why. */
static bool message_broken(const struct view *v, struct guess *g)
{
	enum side other = other_side(v->end->by);
	const struct tls_broken *b = v->h->broken[other];
	const char *name;

	if (v->end->how == ENDED_NOT || v->end->outcome != OUTCOME_FAILED ||
	    b->kind != BROKEN_MESSAGE || !happened(v->h->broken_mark[other]) ||
	    mark_before(v->end->mark, v->h->broken_mark[other]))
		return false;
	name = handshake_type_name(b->message_type);
	blame(g, LIKELY, party_of(v->end->by), party_of(other));
	g->weight = 68;
	say(g, "The %s's %s message breaks at byte %llu of its body, and the %s stopped", party_noun(other),
	    name ? name : "handshake", (unsigned long long)b->offset, party_noun(v->end->by));
	show_hello(g, v);
	show(g, v->h->broken_mark[other], "%s: %s, malformed from byte %llu on", party_noun(other),
	     name ? name : "handshake message", (unsigned long long)b->offset);
	show_end(g, v);
	return true;
}

/* Nobody takes a message of any length: OpenSSL stops at 100 kB of certificates, others sooner. */
static bool message_too_long(const struct view *v, struct guess *g)
{
	enum side other = other_side(v->end->by);
	const struct tls_broken *b = v->h->broken[other];
	const char *name;

	if (v->end->how == ENDED_NOT || v->end->outcome != OUTCOME_FAILED ||
	    b->kind != BROKEN_MESSAGE_LENGTH || !happened(v->h->broken_mark[other]) ||
	    mark_before(v->end->mark, v->h->broken_mark[other]))
		return false;
	name = handshake_type_name(b->message_type);
	blame(g, LIKELY, party_of(v->end->by), party_of(other));
	g->weight = 68;
	say(g, "The %s's %s message is longer than anybody takes (over 256 kB), and the %s stopped",
	    party_noun(other), name ? name : "handshake", party_noun(v->end->by));
	show_hello(g, v);
	show(g, v->h->broken_mark[other], "%s: %s begins, and promises more than 256 kB", party_noun(other),
	     name ? name : "a handshake message");
	show_end(g, v);
	return true;
}

/* Go says unexpected_message, JSSE handshake_failure of a ServerKeyExchange that does not verify. */
static bool key_exchange_does_not_verify(const struct view *v, struct guess *g)
{
	enum stack_kind client = v->stack[SIDE_CLIENT].kind;
	bool go = client == STACK_GO && end_alert(v) == ALERT_UNEXPECTED_MESSAGE;
	bool jsse = client == STACK_JSSE && end_alert(v) == ALERT_HANDSHAKE_FAILURE;

	if (!v->h->key_exchange || !v->h->server || !ended_by_any_alert(v, SIDE_CLIENT) || (!go && !jsse) ||
	    happened(v->h->client_key_exchange) || !v->h->server->secure_renegotiation)
		return false;
	blame(g, LIKELY, PARTY_CLIENT, PARTY_SERVER);
	g->weight = 60;
	say(g, "The client refused the server's ServerKeyExchange: %s says so with %s when its signature does not verify",
	    go ? "Go" : "Java", alert_name(end_alert(v)));
	show_hello(g, v);
	show(g, v->h->key_exchange_mark, "ServerKeyExchange");
	show_end(g, v);
	return true;
}

static bool suite_not_offered(const struct view *v, struct guess *g)
{
	char name[LIST_MAX];

	if (!v->h->server || !v->h->hello || v->end->by != SIDE_CLIENT ||
	    v->end->outcome != OUTCOME_FAILED || v->h->hello->sslv2 ||
	    code_list_has(&v->h->hello->suites, v->h->suite) || v->end->how == ENDED_NOT ||
	    judged_certificate(v))
		return false;
	blame(g, end_alert(v) == ALERT_ILLEGAL_PARAMETER ? CERTAIN : LIKELY, PARTY_CLIENT,
	      PARTY_SERVER);
	g->weight = 70;
	say(g, "The server chose %s, which the client never offered: a broken server, or a box that rewrites hellos",
	    code_name(name, CODE_SUITE, v->h->suite));
	show_hello(g, v);
	show(g, v->h->server_mark, "ServerHello chooses %s", name);
	show_end(g, v);
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
		if (!is_grease(c->key_shares.at[i]) &&
		    !code_list_has(&c->groups, c->key_shares.at[i]))
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
	return alert == ALERT_PROTOCOL_VERSION || alert == ALERT_INAPPROPRIATE_FALLBACK ||
	       alert == ALERT_NO_APPLICATION_PROTOCOL || (alert >= 42 && alert <= 46) ||
	       alert == 48 || alert == 112 || alert == 116;
}

static bool hello_lacks_extension(const struct view *v, struct guess *g)
{
	const char *missing = v->h->hello ? missing_from(last_hello(v->h)) : NULL;

	if (!missing || !ended_in_any_alert(v) || is_about_something_else(end_alert(v)))
		return false;
	blame(g, end_alert(v) == ALERT_MISSING_EXTENSION ? CERTAIN : LIKELY, party_of(v->end->by),
	      PARTY_CLIENT);
	g->weight = 60;
	say(g, "The ClientHello offers TLS 1.3 without %s, which RFC 8446 9.2 requires: a broken client, or a box that rewrites hellos",
	    missing);
	show_exchange(g, v);
	return true;
}

static bool hello_shares_unlisted_group(const struct view *v, struct guess *g)
{
	uint16_t group = v->h->hello ? share_without_group(v->h->hello) : 0;
	char name[LIST_MAX];

	if (!group && v->h->second_hello)
		group = share_without_group(v->h->second_hello);
	if (!group || !ended_in_any_alert(v))
		return false;
	blame(g, LIKELY, party_of(v->end->by), PARTY_CLIENT);
	g->weight = 72;
	say(g, "The ClientHello has a key share for %s, which it does not list among its groups (RFC 8446 4.2.8): a broken client, or a box that rewrites hellos",
	    code_name(name, CODE_GROUP, group));
	show_exchange(g, v);
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

	if (!h->server || !h->hello || v->end->by != SIDE_CLIENT ||
	    v->end->outcome != OUTCOME_FAILED || v->end->how == ENDED_NOT || judged_certificate(v))
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
	show_exchange(g, v);
	return true;
}

struct rule_set answer_rules(void)
{
	static const struct rule rules[] = {
		{ "signature_mismatch", signature_of_key_exchange },
		{ "weak_parameters", weak_dh_prime },
		{ "weak_parameters", insufficient_security },
		{ "weak_parameters", export_or_weak_suite_chosen },
		{ "legacy_renegotiation_refused", no_secure_renegotiation },
		{ "legacy_renegotiation_refused", renegotiation_refused },
		{ "unexpected_message", key_exchange_left_out },
		{ "unexpected_message", certificate_left_out },
		{ "illegal_parameter", compression_not_offered },
		{ "malformed_message", message_broken }, { "malformed_message", message_too_long },
		{ "crypto_failure", key_exchange_does_not_verify },
		{ "illegal_parameter", suite_not_offered },
		{ "missing_extension", hello_lacks_extension },
		{ "unsupported_extension", extension_not_offered },
		{ "illegal_parameter", hello_shares_unlisted_group },
	};

	return (struct rule_set){ rules, sizeof(rules) / sizeof(rules[0]) };
}
