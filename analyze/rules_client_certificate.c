/*
 * The server judged the client's certificate, or missed it. Before TLS 1.3 its alert is readable
 * (it has not changed its cipher yet) and so is the certificate; in TLS 1.3 both are hidden and the
 * verdict comes after the client believes that it is done (RFC 8446 4.4.2.4).
 */
#include "rules.h"
#include "alerts.h"

static bool server_turned_away(const struct view *v)
{
	const struct ending *e = v->end;

	return v->h->server && e->by == SIDE_SERVER && e->outcome == OUTCOME_FAILED &&
	       e->how != ENDED_NOT && e->how != ENDED_BY_SILENCE && e->how != ENDED_BY_ICMP;
}

/* A datagram server may drop what it refuses: the client repeats its flight and nobody answers. */
static bool server_fell_silent(const struct view *v)
{
	return v->h->server && v->h->dissected_as == 'd' && v->end->how == ENDED_BY_SILENCE &&
	       happened(v->h->finished[SIDE_CLIENT]) && !happened(v->h->finished[SIDE_SERVER]);
}

/* A QUIC server's refusal comes when the client believes that it is done; only a certificate makes
 * the packets with handshake keys large. */
static bool quic_flight_without_certificate(const struct view *v)
{
	enum { SMALLEST_CERTIFICATE_BYTES = 300 };
	const struct handshake *h = v->h;

	if (h->dissected_as != 'q' || h->keys || v->end->how != ENDED_BY_HIDDEN_ALERT)
		return false;
	for (uint16_t i = 0; i < h->record_count[SIDE_CLIENT]; i++)
		if (h->records[SIDE_CLIENT][i].epoch == 2 &&
		    h->records[SIDE_CLIENT][i].length >= SMALLEST_CERTIFICATE_BYTES)
			return false;
	return true;
}

static uint8_t server_alert(const struct view *v)
{
	return v->end->how == ENDED_BY_ALERT && v->end->by == SIDE_SERVER ? v->end->alert->code : 0;
}

static bool sent_certificate(const struct view *v)
{
	if (v->h->client_certificates)
		return v->h->client_certificates->total > 0;
	if (v->h->dissected_as == 'q')
		return v->end->how == ENDED_BY_HIDDEN_ALERT && !quic_flight_without_certificate(v);
	return is_tls13(v->h->version) && infer_client_flight(v->h) == FLIGHT_CERTIFICATE;
}

static bool sent_empty_list(const struct view *v)
{
	if (v->h->client_certificates)
		return v->h->client_certificates->total == 0;
	if (v->h->dissected_as == 'q')
		return quic_flight_without_certificate(v);
	return is_tls13(v->h->version) && infer_client_flight(v->h) == FLIGHT_EMPTY_CERTIFICATE;
}

static void show_client_flight(struct guess *g, const struct view *v)
{
	const struct handshake *h = v->h;

	show_hello(g, v);
	if (happened(h->request_mark))
		show(g, h->request_mark, "server: CertificateRequest");
	if (h->client_certificates && h->client_certificates->count)
		show(g, h->client_certificates_mark, "client Certificate: %s, issued by %s",
		     h->client_certificates->at[0]->subject, h->client_certificates->at[0]->issuer);
	else if (h->client_certificates)
		show(g, h->client_certificates_mark, "client Certificate: an empty list");
	else if (h->dissected_as == 'q')
		show(g, h->finished[SIDE_CLIENT],
		     "the client's packets with handshake keys are %s (encrypted)",
		     sent_certificate(v) ? "large enough for a certificate"
					 : "too small for a certificate");
	else if (sent_empty_list(v))
		show(g, h->finished[SIDE_CLIENT],
		     "the client's flight has the length of an empty Certificate and Finished (encrypted)");
	else if (sent_certificate(v))
		show(g, h->finished[SIDE_CLIENT],
		     "the client's flight is long enough for a Certificate, CertificateVerify and Finished (encrypted)");
	show_end(g, v);
}

static bool has_authorities(const struct view *v)
{
	return v->h->request && v->h->request->authorities.count > 0;
}

/* How stacks miss a certificate (RFC 5246 7.4.6, RFC 8446 4.4.2.4): OpenSSL 40, Go and JSSE 42,
 * GnuTLS decode_error. Where one is merely welcome, another alert has another cause. */
static bool says_missing(const struct view *v)
{
	uint8_t a = server_alert(v);

	return a == ALERT_HANDSHAKE_FAILURE || (a >= 41 && a <= ALERT_CERTIFICATE_UNKNOWN) ||
	       a == ALERT_ACCESS_DENIED || a == ALERT_DECODE_ERROR ||
	       a == ALERT_CERTIFICATE_REQUIRED;
}

static bool missing(const struct view *v, struct guess *g)
{
	bool said = server_alert(v) == ALERT_CERTIFICATE_REQUIRED;

	if ((!server_turned_away(v) && !server_fell_silent(v)) || (!said && !sent_empty_list(v)))
		return false;
	blame(g, said || (v->h->client_certificates && says_missing(v)) ? CERTAIN :
	      server_alert(v) && !says_missing(v) ? POSSIBLE : LIKELY, PARTY_SERVER, PARTY_CLIENT);
	g->weight = 80;
	if (v->h->client_certificates || said)
		say(g, "The server requires a client certificate and the client sent none%s",
		    server_fell_silent(v) ? "; the server fell silent over it" : "");
	else if (v->h->dissected_as == 'q')
		say(g, "The server most likely requires a client certificate: it closed on the "
		       "client's Finished, which came without the bytes of one");
	else
		say(g, "The server most likely requires a client certificate: the client's flight has the length of an empty one, and the server refused it");
	show_client_flight(g, v);
	if (has_authorities(v))
		advise(g, "Give the client at %s a certificate of a CA that the server names in its CertificateRequest (%u there); a client keeps silent when none of its own fits.",
		       v->client, v->h->request->authorities.count);
	return true;
}

static const struct chain_defect *client_defect(const struct view *v, enum chain_defect_kind kind)
{
	return v->client_chain ? chain_defect(v->client_chain, kind) : NULL;
}

static bool refused_with(const struct view *v, uint8_t alert)
{
	return server_turned_away(v) && sent_certificate(v) && server_alert(v) == alert;
}

/* 42, 46 and the like name no cause: what is wrong with the certificate does. */
static bool refused_without_reason(const struct view *v)
{
	uint8_t a = server_alert(v);

	return server_turned_away(v) && sent_certificate(v) &&
	       (!a || a == ALERT_BAD_CERTIFICATE || a == ALERT_CERTIFICATE_UNKNOWN ||
		a == ALERT_ACCESS_DENIED || a == ALERT_HANDSHAKE_FAILURE ||
		a == ALERT_UNSUPPORTED_CERTIFICATE);
}

static bool client_expired(const struct view *v, struct guess *g)
{
	const struct chain_defect *d = client_defect(v, DEFECT_EXPIRED);
	bool said = refused_with(v, ALERT_CERTIFICATE_EXPIRED);

	if (!d)
		d = client_defect(v, DEFECT_NOT_YET_VALID);
	if (!said && !(d && refused_without_reason(v)))
		return false;
	blame(g, said ? CERTAIN : LIKELY, PARTY_SERVER, PARTY_CLIENT);
	g->weight = 75;
	if (d)
		say(g, "The server refused the client's certificate: %s", d->text);
	else
		say(g, "The server refused the client's certificate as expired (certificate_expired)");
	show_client_flight(g, v);
	if (said && v->client_chain && !d)
		advise(g, "By the capture's clock the certificate was valid: check the server's clock and its CRL's nextUpdate.");
	return true;
}

static bool client_unknown_ca(const struct view *v, struct guess *g)
{
	bool said = refused_with(v, ALERT_UNKNOWN_CA);

	if (!said)
		return false;
	blame(g, CERTAIN, PARTY_SERVER, PARTY_CLIENT);
	g->weight = 70;
	g->fix_at = PARTY_SERVER;
	say(g, "The server does not trust the issuer of the client's certificate (unknown_ca)");
	show_client_flight(g, v);
	return true;
}

/* The certificate's issuer is none of those that the server asked for. */
static bool client_not_among_authorities(const struct view *v, struct guess *g)
{
	const struct certificate_list *list = v->h->client_certificates;

	if (!refused_without_reason(v) || !has_authorities(v) || !list || !list->count)
		return false;
	for (uint16_t c = 0; c < list->count; c++)
		for (uint16_t i = 0; i < v->h->request->authorities.count; i++) {
			const struct text *name = &v->h->request->authorities.at[i];

			if (name->len == list->at[c]->issuer_der_len &&
			    !memcmp(name->at, list->at[c]->issuer_der, name->len))
				return false;
		}
	blame(g, LIKELY, PARTY_SERVER, PARTY_CLIENT);
	g->weight = 60;
	say(g, "The client's certificate was issued by %s, which is not among the CAs that the server asks for",
	    list->at[0]->issuer);
	show_client_flight(g, v);
	return true;
}

static bool client_revoked(const struct view *v, struct guess *g)
{
	if (!refused_with(v, ALERT_CERTIFICATE_REVOKED))
		return false;
	blame(g, CERTAIN, PARTY_SERVER, PARTY_CLIENT);
	g->weight = 75;
	say(g, "The server refused the client's certificate as revoked");
	show_client_flight(g, v);
	return true;
}

/* Node.js and Bun judge when their library is done, and hang up without a word: in TLS 1.3 after the
 * handshake, before that with their own Finished still unsent. Only at once, though. */
static bool judged_afterwards(const struct view *v)
{
	static const int64_t VERDICT_NS = INT64_C(300000000);
	const struct handshake *h = v->h;

	if (v->end->phase == PHASE_DONE)
		return true;
	return v->end->how == ENDED_BY_FIN && is_tcp(v) && happened(h->finished[SIDE_CLIENT]) &&
	       !happened(h->finished[SIDE_SERVER]) &&
	       v->end->mark.time - h->finished[SIDE_CLIENT].time < VERDICT_NS;
}

static bool client_rejected(const struct view *v, struct guess *g)
{
	const struct chain_defect *d = v->client_chain ? chain_worst(v->client_chain) : NULL;

	if (!server_turned_away(v) || !sent_certificate(v))
		return false;
	/* A plain FIN or RST in mid-flight need not be about the certificate. */
	if (v->end->how == ENDED_BY_RST && happened(v->h->finished[SIDE_CLIENT]) == false)
		return false;
	blame(g, LIKELY, PARTY_SERVER, PARTY_CLIENT);
	/* GnuTLS refuses certificates with access_denied. */
	g->weight = server_alert(v) == ALERT_ACCESS_DENIED || judged_afterwards(v) ? 55 : 40;
	if (d && chain_defect_code(d->kind, CHAIN_CLIENT) &&
	    !strcmp(chain_defect_code(d->kind, CHAIN_CLIENT), "client_cert_rejected"))
		say(g, "The server refused the client's certificate: %s", d->text);
	else if (v->h->client_certificates)
		say(g, "The server refused the client's certificate; why is not visible");
	else
		say(g, "The server refused the client right after what has the length of a client certificate: it most likely did not accept that");
	show_client_flight(g, v);
	return true;
}

/* A server's alert about certificates can only be about the client's, wherever it comes. */
static const char *code_of_alert(uint8_t alert)
{
	switch (alert) {
	case ALERT_CERTIFICATE_REQUIRED: return "client_cert_missing";
	case ALERT_CERTIFICATE_EXPIRED: return "client_cert_expired";
	case ALERT_CERTIFICATE_REVOKED: return "client_cert_revoked";
	case ALERT_UNKNOWN_CA: return "client_cert_unknown_ca";
	case ALERT_BAD_CERTIFICATE:
	case ALERT_UNSUPPORTED_CERTIFICATE:
	case ALERT_CERTIFICATE_UNKNOWN:
	case ALERT_BAD_CERTIFICATE_STATUS_RESPONSE: return "client_cert_rejected";
	default: return NULL;
	}
}

static bool as_named(const struct view *v, struct guess *g)
{
	const char *code = code_of_alert(server_alert(v));

	if (!code || strcmp(code, g->code) != 0 || v->end->outcome != OUTCOME_FAILED)
		return false;
	/* Nobody had asked for one yet: an inspecting proxy may pass on what it met behind it. */
	blame(g, v->h->server || !v->h->hello ? LIKELY : POSSIBLE, PARTY_SERVER, PARTY_CLIENT);
	g->weight = 35;
	if (g->confidence == LIKELY)
		say(g, "The server refused the client with %s, an alert about the client's certificate", alert_name(server_alert(v)));
	else
		say(g, "The server answered the ClientHello with %s, an alert about a certificate, before any was shown: a rule about client certificates, or a proxy that rejects the certificate of the server behind it",
		    alert_name(server_alert(v)));
	show_client_flight(g, v);
	return true;
}

struct rule_set client_certificate_rules(void)
{
	static const struct rule rules[] = {
		{ "client_cert_missing", missing },
		{ "client_cert_expired", client_expired },
		{ "client_cert_unknown_ca", client_unknown_ca },
		{ "client_cert_unknown_ca", client_not_among_authorities },
		{ "client_cert_revoked", client_revoked },
		{ "client_cert_rejected", client_rejected },
		{ "client_cert_missing", as_named }, { "client_cert_expired", as_named },
		{ "client_cert_revoked", as_named }, { "client_cert_unknown_ca", as_named },
		{ "client_cert_rejected", as_named },
	};

	return (struct rule_set){ rules, sizeof(rules) / sizeof(rules[0]) };
}
