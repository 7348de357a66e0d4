/*
 * ALPN (RFC 7301), pre-shared keys (RFC 8446 4.2.11, RFC 4279), Encrypted ClientHello (RFC 9849).
 */
#include "alerts.h"
#include "offer.h"

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

	if (v->end->how != ENDED_BY_ALERT || end_alert(v) != ALERT_NO_APPLICATION_PROTOCOL)
		return false;
	list_alpn(offered, v->h->hello);
	blame(g, CERTAIN, party_of(v->end->by), PARTY_CLIENT);
	say(g, "No common application protocol: the client offers ALPN %s and the %s accepts none of them",
	    offered[0] ? offered : "(none)", party_noun(v->end->by));
	show_exchange(g, v);
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

/* Go and rustls servers pick the protocol behind the ServerHello: ServerHello, then only alerts. */
static bool alpn_refused_in_flight(const struct view *v, struct guess *g)
{
	const struct client_hello *c = v->h->hello;
	char offered[LIST_MAX];

	if (!c || !c->has_alpn || !v->h->server || v->end->how != ENDED_BY_HIDDEN_ALERT ||
	    v->end->by != SIDE_SERVER || !infer_only_alerts_after_server_hello(v->h))
		return false;
	list_alpn(offered, c);
	blame(g, offers_usual_alpn(c) ? POSSIBLE : LIKELY, PARTY_SERVER, PARTY_CLIENT);
	g->weight = 75;
	say(g, "The server gave up right behind its ServerHello with an encrypted record of an alert's length; that is how Go and rustls servers refuse ALPN (the client offers %s)",
	    offered);
	show_exchange(g, v);
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
	    (end_alert(v) != ALERT_DECODE_ERROR && end_alert(v) != ALERT_ILLEGAL_PARAMETER &&
	     end_alert(v) != 110))
		return false;
	list_alpn(offered, c);
	blame(g, LIKELY, PARTY_CLIENT, PARTY_SERVER);
	g->weight = 65;
	say(g, "The client offers only ALPN %s and refused the server's answer: the server most likely chose a protocol that was not offered",
	    offered);
	show_exchange(g, v);
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
		only &=
		    !s || s->tls13 || strstr(s->kx, "PSK") || v->h->hello->suites.at[i] == 0x00ff;
	}
	return v->h->hello->psk_identities > 0 || only;
}

static bool psk_rejected(const struct view *v, struct guess *g)
{
	uint8_t a = end_alert(v);
	bool identity = a == ALERT_UNKNOWN_PSK_IDENTITY;
	bool late, binder;

	if (!ended_by_any_alert(v, SIDE_SERVER) || (!identity && !offers_psk_suites(v)))
		return false;
	late = v->h->server && !is_tls13(v->h->version) && happened(v->h->client_key_exchange) &&
	       (a == ALERT_BAD_RECORD_MAC || a == ALERT_DECRYPT_ERROR ||
		a == ALERT_HANDSHAKE_FAILURE || a == ALERT_ILLEGAL_PARAMETER || a == 49);
	binder = before_server_hello(v) && v->h->hello->psk_identities &&
		 (a == ALERT_DECRYPT_ERROR || a == ALERT_ILLEGAL_PARAMETER);
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
	show_exchange(g, v);
	return true;
}

/* External PSK only in TLS 1.3, refused for want of anything else. */
static bool psk_unknown_and_nothing_else(const struct view *v, struct guess *g)
{
	const struct client_hello *c = v->h->hello;

	if (!refused_hello(v) || !c->psk_identities || c->early_data ||
	    (end_alert(v) != ALERT_HANDSHAKE_FAILURE && end_alert(v) != 116 &&
	     end_alert(v) != ALERT_MISSING_EXTENSION))
		return false;
	/* A server that has shown a certificate has something to fall back on. */
	blame(g, v->lesson && (v->lesson->rsa_leaf || v->lesson->ecdsa_leaf) ? POSSIBLE : LIKELY,
	      PARTY_SERVER, PARTY_CLIENT);
	g->weight = 68;
	say(g, "The client offers a pre-shared key that the server did not take, and the server has nothing else to fall back on");
	show_exchange(g, v);
	return true;
}

static bool ech_rejected(const struct view *v, struct guess *g)
{
	bool said = v->end->how == ENDED_BY_ALERT && end_alert(v) == ALERT_ECH_REQUIRED;

	if (!said)
		return false;
	if (v->end->by == SIDE_CLIENT) {
		blame(g, CERTAIN, PARTY_CLIENT, PARTY_SERVER);
		say(g, "The server did not accept Encrypted ClientHello and the client would not go on (ech_required)");
	} else {
		blame(g, POSSIBLE, PARTY_SERVER, PARTY_SERVER);
		say(g, "The server ended the handshake with ech_required (121), which only clients have a use for: it, or something before it, insists on Encrypted ClientHello");
	}
	show_exchange(g, v);
	return true;
}

/* The same client came again with another configuration, or without: what a refusal makes it do. */
static bool tried_again_otherwise(const struct view *v)
{
	const struct trace *next = v->next_try;

	return next && (!next->ech || next->ech_config_id != v->h->hello->ech_config_id);
}

static void show_next_try(struct guess *g, const struct view *v)
{
	const struct trace *next = v->next_try;

	show(g, next->first, "the same client tries again %s (stream %u)",
	     next->ech ? "with another ECH configuration" : "without ECH", next->stream);
}

/* In TLS 1.3 the alert is hidden; that it comes behind the client's own Finished is not. */
static bool ech_rejected_unsaid(const struct view *v, struct guess *g)
{
	bool alert = v->end->how == ENDED_BY_HIDDEN_ALERT;
	bool again;

	if (!v->end->rejected_late || v->end->how == ENDED_BY_ALERT || v->end->by != SIDE_CLIENT ||
	    !v->h->hello || v->h->hello->ech != ECH_OUTER)
		return false;
	again = tried_again_otherwise(v);
	blame(g, again ? LIKELY : POSSIBLE, PARTY_CLIENT, PARTY_SERVER);
	g->weight = 70;
	say(g, "The client finished the handshake and %s at once, as it does when its Encrypted ClientHello was not accepted",
	    alert ? "sent an encrypted alert" : "left");
	show(g, v->h->hello_mark, "ClientHello with ECH (configuration %u), outer name %s", v->h->hello->ech_config_id,
	     v->name[0] ? v->name : "none");
	show(g, v->h->finished[SIDE_CLIENT], "client: Finished");
	show_end(g, v);
	if (again)
		show_next_try(g, v);
	return true;
}

/* A client that checks the public name's certificate before it believes the refusal stops there. */
static bool ech_fallback_refused(const struct view *v, struct guess *g)
{
	if (v->end->phase != PHASE_CLIENT_TURN || v->end->how != ENDED_BY_HIDDEN_ALERT ||
	    v->end->by != SIDE_CLIENT || !v->h->hello || v->h->hello->ech != ECH_OUTER ||
	    !tried_again_otherwise(v))
		return false;
	blame(g, POSSIBLE, PARTY_CLIENT, PARTY_SERVER);
	g->weight = 40;
	say(g, "The client offered Encrypted ClientHello, refused the server's flight and came again otherwise: it may have refused the public name's certificate");
	show_exchange(g, v);
	show_next_try(g, v);
	return true;
}

struct rule_set extension_rules(void)
{
	static const struct rule rules[] = {
		{ "alpn_mismatch", alpn_refused },
		{ "alpn_mismatch", alpn_refused_in_flight },
		{ "alpn_mismatch", alpn_answer_not_offered },
		{ "psk_rejected", psk_rejected },
		{ "psk_rejected", psk_unknown_and_nothing_else },
		{ "ech_rejected", ech_rejected },
		{ "ech_rejected", ech_rejected_unsaid },
		{ "ech_rejected", ech_fallback_refused },
	};

	return (struct rule_set){ rules, sizeof(rules) / sizeof(rules[0]) };
}
