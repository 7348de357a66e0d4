/*
 * Alerts taken at their word (RFC 8446 6.2, RFC 5246 7.2.2): what is left when no rule knows a
 * special reading.
 */
#include "rules.h"

struct reading {
	uint8_t alert;
	const char *code;
	enum confidence confidence;
	const char *says;
};

static const struct reading readings[] = {
	{ 10, "unexpected_message", LIKELY, "got a message that does not belong at this point of the handshake" },
	{ 20, "record_corrupted", LIKELY, "got a record that does not decrypt: bytes changed on the way, or the two sides have different keys" },
	{ 21, "record_corrupted", LIKELY, "could not decrypt a record" },
	{ 22, "malformed_message", LIKELY, "got a record longer than the protocol allows" },
	{ 30, "malformed_message", LIKELY, "could not decompress a record" },
	{ 47, "illegal_parameter", LIKELY, "found a field of the other's message out of range or inconsistent" },
	{ 49, "access_denied", LIKELY, "refused by policy (access_denied)" },
	{ 50, "malformed_message", LIKELY, "could not parse a message of the other side" },
	{ 51, "crypto_failure", LIKELY, "could not verify a handshake signature or Finished" },
	{ 80, "internal_error", LIKELY, "failed for a reason of its own (internal_error): key, memory, back end or configuration" },
	{ 90, "user_canceled", CERTAIN, "cancelled the handshake (user_canceled)" },
	{ 109, "missing_extension", LIKELY, "missed an extension that the other side must send" },
	{ 110, "unsupported_extension", LIKELY, "got an extension that it had not asked for" },
	{ 111, "internal_error", LIKELY, "could not fetch the certificate from the URL it was given" },
	{ 41, "negotiation_failed", POSSIBLE, "has no certificate to show (no_certificate, SSL 3.0)" },
	{ 60, "weak_parameters", LIKELY, "refused the key lengths (export_restriction)" },
	{ 70, "version_mismatch", LIKELY, "does not accept the protocol version" },
	{ 86, "fallback_refused", LIKELY, "refused a downgraded retry" },
	{ 120, "alpn_mismatch", LIKELY, "accepts none of the application protocols" },
};

static const struct reading *reading_of(const struct view *v)
{
	if (v->end->how != ENDED_BY_ALERT && v->end->how != ENDED_BY_CLOSE_NOTIFY)
		return NULL;
	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++)
		if (readings[i].alert == v->end->alert->code)
			return &readings[i];
	return NULL;
}

/* decrypt_error before the keys are in use can only be about a signature of the key exchange, or of
 * the certificates (RFC 5246 7.4.3, 7.4.8). */
static void say_crypto_failure(const struct view *v, struct guess *g)
{
	const struct handshake *h = v->h;
	bool client = v->end->by == SIDE_CLIENT;

	if (client && happened(h->key_exchange_mark) && !happened(h->client_key_exchange)) {
		say(g, "The client could not verify the signature on the server's key exchange: changed on the way, or made with a key that does not belong to the certificate");
		show(g, h->key_exchange_mark, "server: ServerKeyExchange");
	} else if (!client && happened(h->certificate_verify[SIDE_CLIENT])) {
		say(g, "The server could not verify the client's signature (CertificateVerify) or Finished");
		show(g, h->certificate_verify[SIDE_CLIENT], "client: CertificateVerify");
	}
}

/* Who has chosen a version already means a record or a message by it, not the offer. */
static void say_late_version(const struct view *v, struct guess *g)
{
	char chosen[LIST_MAX];

	if (v->end->by != SIDE_SERVER || !v->h->server)
		return;
	say(g, "The server had chosen %s and then refused the version of what the client sent next",
	    code_name(chosen, CODE_VERSION, v->h->version));
	show(g, v->h->server_mark, "ServerHello chooses %s", chosen);
}

/* RFC 8446 4.2.10: a server that does not take early data must skip it. */
static void say_early_data(const struct view *v, struct guess *g)
{
	if (v->end->by == SIDE_SERVER && v->h->hello && v->h->hello->early_data)
		say(g, "The server could neither read nor skip the early data (0-RTT) that the client sent behind its ClientHello: it lacks the ticket's key, or TLS 1.3's rules for it");
}

static bool as_named(const struct view *v, struct guess *g)
{
	const struct reading *r = reading_of(v);

	if (!r || strcmp(r->code, g->code) != 0)
		return false;
	blame(g, r->confidence, party_of(v->end->by),
	      v->end->alert->code == 80 || v->end->alert->code == 49 || v->end->alert->code == 90
		  ? party_of(v->end->by)
		  : party_of(other_side(v->end->by)));
	g->weight = 45;
	say(g, "The %s %s", party_noun(v->end->by), r->says);
	if (r->alert == 51)
		say_crypto_failure(v, g);
	if (r->alert == 70)
		say_late_version(v, g);
	if (r->alert == 20 || r->alert == 10)
		say_early_data(v, g);
	show_exchange(g, v);
	return true;
}

/* An alert that no list knows: a fact without a meaning. */
static bool unknown_alert(const struct view *v, struct guess *g)
{
	if (v->end->how != ENDED_BY_ALERT || alert_name(v->end->alert->code))
		return false;
	blame(g, POSSIBLE, party_of(v->end->by), party_of(v->end->by));
	g->weight = 20;
	say(g, "The %s refused the handshake with alert %u, which has no meaning of its own", party_noun(v->end->by),
	    v->end->alert->code);
	show_exchange(g, v);
	return true;
}

/* A client that wants no more leaves with close_notify in mid-handshake (RFC 8446 6.1). */
static bool left_politely(const struct view *v, struct guess *g)
{
	bool client = v->end->by == SIDE_CLIENT;

	if (v->end->how != ENDED_BY_CLOSE_NOTIFY || v->end->alert->code == 90 ||
	    v->end->outcome != OUTCOME_FAILED ||
	    strcmp(g->code, client ? "client_abandoned" : "server_abandoned") != 0)
		return false;
	blame(g, LIKELY, party_of(v->end->by), party_of(v->end->by));
	g->weight = 40;
	say(g, "The %s closed the handshake half-way with close_notify", party_noun(v->end->by));
	show_exchange(g, v);
	return true;
}

/* TLS 1.3: an alert where a ticket was due, to a client that showed no certificate: what there is to
 * dislike is its Finished (RFC 8446 4.4.4), or who it is. */
static bool finished_refused(const struct view *v, struct guess *g)
{
	if (v->end->how != ENDED_BY_HIDDEN_ALERT || v->end->by != SIDE_SERVER ||
	    v->end->phase != PHASE_DONE || v->end->outcome != OUTCOME_FAILED ||
	    infer_client_flight(v->h) != FLIGHT_FINISHED)
		return false;
	blame(g, POSSIBLE, PARTY_SERVER, PARTY_NETWORK);
	g->weight = 60;
	say(g, "The server ended the connection at once behind the client's Finished: most likely that did not verify, as when bytes were changed on the way");
	show_hello(g, v);
	show(g, v->h->finished[SIDE_CLIENT], "client: a record of Finished's length (encrypted)");
	show_end(g, v);
	return true;
}

/* What no other rule explains: a client's is about the certificate wherever there was one. */
static bool hidden_refusal(const struct view *v, struct guess *g)
{
	bool client = v->end->by == SIDE_CLIENT;

	if (v->end->how != ENDED_BY_HIDDEN_ALERT || v->end->outcome != OUTCOME_FAILED ||
	    (client && (v->h->certificates || is_tls13(v->h->version))))
		return false;
	blame(g, POSSIBLE, party_of(v->end->by), party_of(v->end->by));
	g->weight = 30;
	say(g, "The %s ended the handshake with an encrypted alert; its reason is not visible", party_noun(v->end->by));
	show_exchange(g, v);
	return true;
}

struct rule_set alert_rules(void)
{
	static const struct rule rules[] = {
		{ "unexpected_message", as_named }, { "record_corrupted", as_named },
		{ "malformed_message", as_named }, { "illegal_parameter", as_named },
		{ "access_denied", as_named }, { "crypto_failure", as_named },
		{ "internal_error", as_named }, { "user_canceled", as_named },
		{ "missing_extension", as_named }, { "unsupported_extension", as_named },
		{ "weak_parameters", as_named }, { "negotiation_failed", as_named },
		{ "version_mismatch", as_named }, { "fallback_refused", as_named },
		{ "alpn_mismatch", as_named },
		{ "client_abandoned", left_politely }, { "server_abandoned", left_politely },
		{ "record_corrupted", finished_refused },
		{ "negotiation_failed", unknown_alert }, { "negotiation_failed", hidden_refusal },
	};

	return (struct rule_set){ rules, sizeof(rules) / sizeof(rules[0]) };
}
