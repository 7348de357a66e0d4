/*
 * The client judged the server's certificate. The alert, where it can be read, narrows the causes
 * down by what each stack means by it; the chain, where it can be seen, says which of them holds.
 * A defect that every client checks (dates, name, syntax) and an alert that fits it agree to
 * "certain"; our trust store is not the client's, so what hangs on it stays "likely".
 */
#include "rules.h"
#include "alerts.h"

/* How well an alert and a defect go together. */
enum fit {
	FIT_NO,
	FIT_GENERIC,	/* the alert says "certificate" and nothing more, or stacks differ */
	FIT_EXACT	/* the alert is this defect's own */
};

enum { ALERTS_OF_A_DEFECT = 7 };

/*
 * By which alerts stacks refuse a defect: the one that is its own, and those that say less or that
 * only some stacks use for it (NSS says unknown_ca of an expired issuer, Erlang handshake_failure of
 * a name, Chromium illegal_parameter of a key usage; OpenSSL internal_error when the application's own
 * check, of the name in Perl's case, says no without saying why).
 */
static const struct refusal {
	enum chain_defect_kind defect;
	uint8_t weight;		/* of several defects, how soon a client names this one */
	uint8_t exact;		/* 0: none */
	uint8_t generic[ALERTS_OF_A_DEFECT];
} refusals[] = {
	{ DEFECT_EXPIRED, 77, 45, { 42, 46, 48 } },
	{ DEFECT_NOT_YET_VALID, 77, 45, { 42, 46, 48 } },
	{ DEFECT_SELF_SIGNED_LEAF, 69, 48, { 42, 46 } },
	{ DEFECT_UNKNOWN_CA, 60, 48, { 42, 46 } },
	{ DEFECT_INCOMPLETE, 62, 48, { 42, 46 } },
	{ DEFECT_INTERCEPTED, 72, 48, { 42, 46 } },
	{ DEFECT_BAD_SIGNATURE, 75, 51, { 40, 42, 43, 46, 48 } },
	{ DEFECT_ISSUER_NOT_CA, 74, 0, { 40, 42, 43, 46, 48 } },
	{ DEFECT_PATH_LENGTH, 74, 0, { 40, 42, 43, 46, 48 } },
	{ DEFECT_NAME_CONSTRAINT, 74, 0, { 40, 42, 43, 46, 48 } },
	{ DEFECT_WRONG_ORDER, 20, 0, { 40, 42, 43, 46, 48 } },
	{ DEFECT_UNKNOWN_CRITICAL, 74, 0, { 40, 42, 43, 46, 48 } },
	{ DEFECT_UNRELATED, 20, 0, { 40, 42, 43, 46, 48 } },
	{ DEFECT_NAME_MISMATCH, 70, 0, { 40, 42, 46, 49, 80 } },
	{ DEFECT_NO_SAN, 50, 0, { 40, 42, 46, 49, 80 } },
	{ DEFECT_DEFAULT_CERTIFICATE, 20, 0, { 40, 42, 46, 49 } },
	{ DEFECT_WRONG_PURPOSE, 71, 43, { 40, 42, 46, 47 } },
	{ DEFECT_WEAK_KEY, 66, 0, { 40, 42, 43, 46, 47, 51 } },
	{ DEFECT_WEAK_SIGNATURE, 66, 0, { 40, 42, 43, 46, 47, 51 } },
	{ DEFECT_REVOKED, 76, 44, { 42, 46, 113 } },
	{ DEFECT_STAPLE_BAD, 65, 113, { 42, 46 } },
	{ DEFECT_STAPLE_STALE, 65, 113, { 42, 46 } },
	{ DEFECT_STAPLE_FUTURE, 65, 113, { 42, 46 } },
	{ DEFECT_STAPLE_MISSING, 65, 113, { 42, 46 } },
	{ DEFECT_MALFORMED, 78, 0, { 42, 43, 46, 47, 50, 51 } },
	{ DEFECT_BAD_SERIAL, 20, 0, { 42, 43, 46, 47, 50, 51 } },
	{ DEFECT_V1_LEAF, 50, 0, { 42, 43, 46, 47, 50, 51 } },
};

/* Every defect that a rule asks for has a row. */
static const struct refusal *refusal_of(enum chain_defect_kind defect)
{
	const struct refusal *row = refusals;

	while (row->defect != defect)
		row++;
	return row;
}

static enum fit alert_fits(uint8_t alert, enum chain_defect_kind defect)
{
	const struct refusal *row = refusal_of(defect);

	if (row->exact == alert)
		return FIT_EXACT;
	return memchr(row->generic, alert, sizeof(row->generic)) ? FIT_GENERIC : FIT_NO;
}

/* Does the outcome of this check depend on a trust store that is not ours to know? */
static bool hangs_on_trust(enum chain_defect_kind defect)
{
	return defect == DEFECT_SELF_SIGNED_LEAF || defect == DEFECT_UNKNOWN_CA ||
	       defect == DEFECT_INCOMPLETE || defect == DEFECT_INTERCEPTED;
}

/* Without a name to compare, a mismatch is a guess. */
static int defect_weight(const struct view *v, enum chain_defect_kind defect)
{
	return defect == DEFECT_NAME_MISMATCH && !v->name[0] ? 30 : refusal_of(defect)->weight;
}

/* A client that still lacks segments, sent again and again, has judged nothing. */
static bool flight_arrived(const struct view *v)
{
	const struct tcp_side *server = &v->h->flow->side[SIDE_SERVER];

	return server->acked >= server->sent || server->retransmissions < 2 ||
	       v->end->how == ENDED_BY_ALERT;
}

/* The client turned away after the certificate (or the flight that hides it) and before its own
 * Finished; or right behind the handshake without a byte of data. */
static bool client_turned_away(const struct view *v)
{
	const struct ending *e = v->end;

	if (!v->h->server || e->by != SIDE_CLIENT || e->how == ENDED_NOT ||
	    e->how == ENDED_BY_SILENCE || e->how == ENDED_BY_ICMP)
		return false;
	/* Who left before the ServerHello came has seen no certificate. */
	if (!mark_before(v->h->server_mark, e->mark))
		return false;
	if (e->outcome != OUTCOME_FAILED || !flight_arrived(v) || v->h->resumed)
		return false;
	return happened(v->h->certificates_mark) || is_tls13(v->h->version);
}

/* The alert that may be about a certificate; 0 when it cannot be read. */
static uint8_t certificate_alert(const struct view *v)
{
	return v->end->how == ENDED_BY_ALERT ? v->end->alert->code : 0;
}

static const struct chain_defect *untolerated(const struct view *v, enum chain_defect_kind kind)
{
	const struct chain_defect *d = v->chain ? chain_defect(v->chain, kind) : NULL;

	return d && (!d->tolerated || v->end->how == ENDED_BY_ALERT) ? d : NULL;
}

/* With any trust store that a client may have. */
static bool is_checked_by_all(enum chain_defect_kind defect)
{
	switch (defect) {
	case DEFECT_EXPIRED:
	case DEFECT_NOT_YET_VALID:
	case DEFECT_NAME_MISMATCH:
	case DEFECT_SELF_SIGNED_LEAF:
	case DEFECT_INTERCEPTED:
	case DEFECT_REVOKED:
	case DEFECT_BAD_SIGNATURE:
	case DEFECT_ISSUER_NOT_CA:
	case DEFECT_PATH_LENGTH:
	case DEFECT_NAME_CONSTRAINT:
	case DEFECT_WRONG_PURPOSE:
		return true;
	default:
		return false;
	}
}

/* Who lacks an issuer that was not sent leaves as soon as it has looked; who cancels, at any time. */
static bool left_at_once_for_want_of_issuer(const struct view *v, enum chain_defect_kind kind)
{
	static const int64_t at_once = INT64_C(250000000);

	return kind == DEFECT_INCOMPLETE && v->end->how == ENDED_BY_FIN &&
	       v->end->phase == PHASE_CLIENT_TURN && v->end->waited < at_once;
}

/* OpenSSL alerts in clear when it refuses, but asyncio of Python (aiohttp and much else) closes before
 * the alert is written. It does so at once; who cancels does it at any time. */
static bool drops_its_alert(const struct view *v)
{
	static const int64_t at_once = INT64_C(40000000);
	const struct ending *e = v->end;

	return v->stack[SIDE_CLIENT].kind == STACK_OPENSSL && v->h->dissected_as == 't' &&
	       e->waited < at_once && (e->how == ENDED_BY_FIN || e->how == ENDED_BY_RST);
}

static enum confidence confidence_of(const struct view *v, enum chain_defect_kind kind,
				     enum fit fit)
{
	if (v->chain_is_borrowed)
		return fit == FIT_EXACT || !hangs_on_trust(kind) ? LIKELY : POSSIBLE;
	if (fit == FIT_EXACT)
		return hangs_on_trust(kind) && kind != DEFECT_SELF_SIGNED_LEAF ? LIKELY : CERTAIN;
	/* A bare close may have any reason; only what every client checks suggests itself. */
	if ((v->end->how == ENDED_BY_FIN || v->end->how == ENDED_BY_RST) &&
	    !is_checked_by_all(kind) && !refuses_in_silence(v->stack[SIDE_CLIENT].kind) &&
	    !drops_its_alert(v) && !left_at_once_for_want_of_issuer(v, kind))
		return POSSIBLE;
	if (kind == DEFECT_EXPIRED || kind == DEFECT_NOT_YET_VALID)
		return v->end->how == ENDED_BY_ALERT ? CERTAIN : LIKELY;
	return LIKELY;
}

static void show_defect(struct guess *g, const struct view *v, const struct chain_defect *d)
{
	show_hello(g, v);
	if (v->chain_is_borrowed && v->chain_lesson)
		show(
		    g, (struct mark){ 0 },
		    "the certificate is hidden here; the one this server showed for the same name in tcp stream %u (frame %llu) %s",
		    v->chain_lesson->chain_stream,
		    (unsigned long long)v->chain_lesson->chain_mark.frame, d->text);
	else if (v->h->certificates && d->index < v->h->certificates->count)
		show(g, v->h->certificates_mark, "certificate %u of %u%s%s: %s", d->index + 1u,
		     v->h->certificates->total,
		     v->h->certificates->at[d->index]->subject[0] ? ", " : "",
		     v->h->certificates->at[d->index]->subject, d->text);
	else
		show(g, v->h->certificates_mark, "%s", d->text);
	show_end(g, v);
}

static const char *verb_of(const struct ending *e)
{
	switch (e->how) {
	case ENDED_BY_FIN: return "closed the connection on";
	case ENDED_BY_RST: return "reset the connection on";
	case ENDED_IN_CLEAR: return "turned away from";
	default: return "refused";
	}
}

/* One defect, if the chain has it and the ending fits it. */
static bool defect_refused(const struct view *v, struct guess *g, enum chain_defect_kind kind)
{
	const struct chain_defect *d = untolerated(v, kind);
	uint8_t alert = certificate_alert(v);
	enum fit fit = FIT_GENERIC;

	if (!d || !client_turned_away(v))
		return false;
	if (alert)
		fit = alert_fits(alert, kind);
	if (fit == FIT_NO)
		return false;
	blame(g, confidence_of(v, kind, fit), PARTY_CLIENT, PARTY_SERVER);
	g->weight = defect_weight(v, kind);
	say(g, "The client %s the server's certificate: %s", verb_of(v->end), d->text);
	show_defect(g, v, d);
	return true;
}

static bool expired(const struct view *v, struct guess *g)
{
	return defect_refused(v, g, DEFECT_EXPIRED);
}

/* 45, but by the capture's clock the certificate is valid: the client's clock is the likelier culprit. */
static bool expired_by_client_clock(const struct view *v, struct guess *g)
{
	if (!client_turned_away(v) || certificate_alert(v) != ALERT_CERTIFICATE_EXPIRED ||
	    (v->chain && (chain_defect(v->chain, DEFECT_EXPIRED) ||
			  chain_defect(v->chain, DEFECT_NOT_YET_VALID))))
		return false;
	blame(g, v->chain ? LIKELY : CERTAIN, PARTY_CLIENT, v->chain ? PARTY_CLIENT : PARTY_SERVER);
	if (v->chain)
		say(g, "The client calls the server's certificate expired, but at the capture's time it was valid: the client's clock is probably wrong");
	else
		say(g, "The client refused the server's certificate as expired (certificate_expired)");
	show_hello(g, v);
	show_certificate(g, v);
	show_end(g, v);
	advise(g, v->chain ? "Check date and time (NTP) on the client at %s; with a CRL in use, whether that has expired." :
			     "Check the dates of the certificate that the server shows to %s, and the client's clock.", v->client);
	return true;
}

static bool not_yet_valid(const struct view *v, struct guess *g)
{
	return defect_refused(v, g, DEFECT_NOT_YET_VALID);
}

static bool name_mismatch(const struct view *v, struct guess *g)
{
	const struct chain_defect *placeholder = untolerated(v, DEFECT_DEFAULT_CERTIFICATE);

	if (!defect_refused(v, g, DEFECT_NAME_MISMATCH))
		return false;
	if (!v->name[0])
		g->confidence = POSSIBLE;
	if (placeholder)
		show(g, v->h->certificates_mark, "%s", placeholder->text);
	return true;
}

static bool no_san(const struct view *v, struct guess *g)
{
	return defect_refused(v, g, DEFECT_NO_SAN);
}

static bool self_signed(const struct view *v, struct guess *g)
{
	return defect_refused(v, g, DEFECT_SELF_SIGNED_LEAF);
}

static bool intercepted(const struct view *v, struct guess *g)
{
	if (!defect_refused(v, g, DEFECT_INTERCEPTED))
		return false;
	g->fix_at = PARTY_NETWORK;
	advise(g, "Exempt %s from TLS inspection, or install the inspection CA on the client at %s.",
	       v->name[0] ? v->name : v->server, v->client);
	return true;
}

static bool incomplete(const struct view *v, struct guess *g)
{
	return defect_refused(v, g, DEFECT_INCOMPLETE);
}

static bool unknown_ca(const struct view *v, struct guess *g)
{
	if (!defect_refused(v, g, DEFECT_UNKNOWN_CA))
		return false;
	g->fix_at = PARTY_CLIENT;
	return true;
}

/* 48 and a chain that our own store accepts: the client's store is older or smaller. */
static bool unknown_ca_by_alert(const struct view *v, struct guess *g)
{
	if (!client_turned_away(v) || certificate_alert(v) != ALERT_UNKNOWN_CA)
		return false;
	blame(g, LIKELY, PARTY_CLIENT, PARTY_CLIENT);
	g->weight = v->chain ? 40 : 60;
	if (v->chain && v->chain->end == CHAIN_ANCHORED)
		say(g, "The client does not trust the issuer of the server's certificate (unknown_ca), though the chain leads to a well-known root: the client's trust store is old or restricted");
	else
		say(g, "The client does not trust the issuer of the server's certificate (unknown_ca)");
	show_hello(g, v);
	show_certificate(g, v);
	show_end(g, v);
	return true;
}

static bool chain_invalid(const struct view *v, struct guess *g)
{
	static const enum chain_defect_kind kinds[] = {
		DEFECT_BAD_SIGNATURE,	DEFECT_ISSUER_NOT_CA,	 DEFECT_PATH_LENGTH,
		DEFECT_NAME_CONSTRAINT, DEFECT_UNKNOWN_CRITICAL, DEFECT_WRONG_ORDER,
		DEFECT_UNRELATED
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (defect_refused(v, g, kinds[i]))
			return true;
	return false;
}

/* A chain's bad signature is decrypt_error to OpenSSL and rustls; with the chain hidden the
 * server's own signature is the rival. */
static bool chain_invalid_by_alert(const struct view *v, struct guess *g)
{
	if (!client_turned_away(v) || certificate_alert(v) != ALERT_DECRYPT_ERROR ||
	    happened(v->h->certificates_mark) || !is_tls13(v->h->version) || v->h->keys)
		return false;
	blame(g, POSSIBLE, PARTY_CLIENT, PARTY_SERVER);
	g->weight = 60;
	say(g, "The client found a signature in the server's hidden flight that does not verify (decrypt_error): a certificate of the chain, or the handshake's own signature");
	show_exchange(g, v);
	return true;
}

static bool revoked(const struct view *v, struct guess *g)
{
	bool said = client_turned_away(v) && certificate_alert(v) == ALERT_CERTIFICATE_REVOKED;

	if (!said && !defect_refused(v, g, DEFECT_REVOKED))
		return false;
	if (said) {
		g->confidence = CERTAIN;
		g->weight = 80;
		g->aborted_by = PARTY_CLIENT;
		g->fix_at = PARTY_SERVER;
		say(g, "The client refused the server's certificate as revoked (certificate_revoked)");
		show_hello(g, v);
		show_certificate(g, v);
		show_end(g, v);
	}
	return true;
}

static bool weak(const struct view *v, struct guess *g)
{
	return defect_refused(v, g, DEFECT_WEAK_KEY) || defect_refused(v, g, DEFECT_WEAK_SIGNATURE);
}

static bool wrong_purpose(const struct view *v, struct guess *g)
{
	return defect_refused(v, g, DEFECT_WRONG_PURPOSE);
}

/* 43 in clear behind a hidden certificate: OpenSSL and rustls mean purpose by it. */
static bool wrong_purpose_by_alert(const struct view *v, struct guess *g)
{
	if (!client_turned_away(v) || certificate_alert(v) != ALERT_UNSUPPORTED_CERTIFICATE ||
	    (v->chain && !v->chain_is_borrowed))
		return false;
	blame(g, LIKELY, PARTY_CLIENT, PARTY_SERVER);
	say(g, "The client refused the server's certificate as of the wrong kind (unsupported_certificate): its key usage or extended key usage does not allow it to be a TLS server's");
	show_exchange(g, v);
	return true;
}

static bool malformed(const struct view *v, struct guess *g)
{
	return defect_refused(v, g, DEFECT_MALFORMED) || defect_refused(v, g, DEFECT_BAD_SERIAL) ||
	       defect_refused(v, g, DEFECT_V1_LEAF);
}

static bool empty_list(const struct view *v, struct guess *g)
{
	if (!v->h->certificates || v->h->certificates->total || !client_turned_away(v))
		return false;
	blame(g, LIKELY, PARTY_CLIENT, PARTY_SERVER);
	say(g, "The server sent an empty certificate list");
	show_exchange(g, v);
	return true;
}

static bool status_invalid(const struct view *v, struct guess *g)
{
	bool said =
	    client_turned_away(v) && certificate_alert(v) == ALERT_BAD_CERTIFICATE_STATUS_RESPONSE;
	const enum chain_defect_kind kinds[] = { DEFECT_STAPLE_STALE, DEFECT_STAPLE_BAD,
						 DEFECT_STAPLE_FUTURE, DEFECT_STAPLE_MISSING };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (defect_refused(v, g, kinds[i]))
			return true;
	if (!said)
		return false;
	blame(g, CERTAIN, PARTY_CLIENT, PARTY_SERVER);
	g->weight = 40;
	say(g, "The client refused the certificate status (OCSP response) that the server stapled, or missed it");
	show_exchange(g, v);
	return true;
}

static void list_possibilities(struct guess *g, const struct view *v)
{
	if (!is_tls13(v->h->version) || v->chain)
		return;
	advise(g, "Read the client's own error message; to see the alert, capture with a key log (SSLKEYLOGFILE) and run tlswhy with --keylog.");
	const char *starttls = starttls_name(v->h);

	advise(g, "Check the dates, names and chain that %s shows: openssl s_client%s%s -connect %s -servername %s -showcerts",
	       v->server, starttls ? " -starttls " : "", starttls ? starttls : "", v->server,
	       v->name[0] ? v->name : "NAME");
}

/* Behind a TLS 1.3 handshake that worked (afterwards.c); with Encrypted ClientHello that is the more
 * likely reason, but of BoringSSL, which says so in an alert. */
static bool left_afterwards(const struct view *v)
{
	const struct ending *e = v->end;

	return is_tls13(v->h->version) && e->phase == PHASE_DONE && e->left_without_data &&
	       e->rejected_late && e->how != ENDED_BY_ALERT && v->h->hello &&
	       (v->h->hello->ech != ECH_OUTER || v->stack[SIDE_CLIENT].kind == STACK_BORINGSSL_LIBRARY);
}

/* The client refused, and why cannot be seen. */
static bool rejected_without_reason(const struct view *v, struct guess *g)
{
	const struct ending *e = v->end;
	uint8_t alert = certificate_alert(v);
	bool in_clear = e->how == ENDED_IN_CLEAR;
	bool late = e->how == ENDED_BY_HIDDEN_ALERT && e->rejected_late;
	bool hidden = e->how == ENDED_BY_HIDDEN_ALERT || in_clear;
	char waited[32];
	enum stack_kind client = v->stack[SIDE_CLIENT].kind;
	bool dropped = drops_its_alert(v) && is_tls13(v->h->version) && e->phase == PHASE_CLIENT_TURN;
	bool silently = refuses_in_silence(client) || dropped;
	bool about_certificate = alert == ALERT_BAD_CERTIFICATE ||
				 alert == ALERT_CERTIFICATE_UNKNOWN ||
				 alert == ALERT_UNSUPPORTED_CERTIFICATE;

	if (!client_turned_away(v) || v->h->resumed)
		return false;
	if (hidden && e->phase == PHASE_SERVER_TURN)
		return false;	/* it had accepted it */
	if (!hidden && !about_certificate &&
	    !((e->how == ENDED_BY_FIN || dropped || client == STACK_S2N) && is_tls13(v->h->version) &&
	      e->phase == PHASE_CLIENT_TURN && (e->waited < STALL_NS || client == STACK_S2N)))
		return false;
	blame(g, !late && (hidden || about_certificate || silently) ? LIKELY : POSSIBLE,
	      PARTY_CLIENT, PARTY_SERVER);
	g->weight = silently && !hidden && !about_certificate ? 58 : 35;
	if (about_certificate && !v->chain)
		say(g, "The client refused the server's certificate (%s); which of its checks failed is not visible", alert_name(alert));
	else if (about_certificate && chain_worst(v->chain))
		say(g, "The client refused the server's certificate (%s), perhaps for a reason that cannot be seen from here: its own trust store, a pinned key, or the user", alert_name(alert));
	else if (about_certificate)
		say(g, "The client refused the server's certificate (%s), in which nothing wrong can be seen from here: a private trust store, a pinned key, or the user", alert_name(alert));
	else if (in_clear)
		say(g, "The client finished the handshake and then went on without TLS, as libldap does when it rejects the certificate%s", v->chain ? "" : ", which is encrypted here");
	else if (late)
		say(g, "The client finished the handshake and sent an encrypted alert at once: it may have rejected the certificate, which is encrypted here");
	else if (hidden)
		say(g, "The client answered the server's flight with an alert instead of its Finished: most likely it rejected the certificate, which is encrypted here");
	else if (client == STACK_S2N)
		say(g, "The client fell silent on the server's flight and closed %s later: s2n does so when it rejects a certificate, and hides the reason",
		    duration_text(waited, e->waited));
	else if (dropped)
		say(g, "The client, on OpenSSL, %s the connection on the server's flight without an alert: Python's asyncio (aiohttp) does so when it rejects a certificate",
		    e->how == ENDED_BY_RST ? "reset" : "closed");
	else
		say(g, "The client closed the connection on the server's flight without an alert, as applications on %s do when they reject a certificate",
		    silently ? stack_name(client) : "Node.js");
	show_hello(g, v);
	show_certificate(g, v);
	show_end(g, v);
	list_possibilities(g, v);
	return true;
}

/* The handshake worked, and the client wanted nothing of it (afterwards.c says when that tells). */
static bool rejected_afterwards(const struct view *v, struct guess *g)
{
	const struct ending *e = v->end;
	bool goodbye = e->how == ENDED_BY_HIDDEN_ALERT;
	enum stack_kind client = v->stack[SIDE_CLIENT].kind;

	if (!client_turned_away(v) || !left_afterwards(v))
		return false;
	blame(g, LIKELY, PARTY_CLIENT, PARTY_SERVER);
	g->weight = 50;
	say(g, "The client finished the handshake and %s at once without asking for anything: so %s its certificate, which is encrypted here",
	    goodbye ? "said goodbye" : "left",
	    client == STACK_GNUTLS ? "programs on GnuTLS reject a server by"
	    : client == STACK_PHP  ? "PHP rejects a server by the name in"
	    : client == STACK_BORINGSSL_LIBRARY ? "Bun and others on BoringSSL reject a server by"
				   : "curl rejects a server by the name in");
	show_hello(g, v);
	show(g, v->h->finished[SIDE_CLIENT], "client: a record of Finished's length (encrypted), and no data behind it");
	show_end(g, v);
	list_possibilities(g, v);
	return true;
}

/*
 * OpenSSL says internal_error when the application's verify callback says no and sets no error of its
 * own (X509_V_ERR_UNSPECIFIED): a pinned key, a name that Perl compares. It is in clear even in TLS 1.3.
 */
static bool rejected_by_callback(const struct view *v, struct guess *g)
{
	if (!client_turned_away(v) || certificate_alert(v) != ALERT_INTERNAL_ERROR ||
	    !is_openssl(v->stack[SIDE_CLIENT].kind) || is_outdated(v->h->version) ||
	    happened(v->h->client_key_exchange) || v->h->resumed)
		return false;
	blame(g, v->chain && !v->chain_is_borrowed ? POSSIBLE : LIKELY, PARTY_CLIENT, PARTY_SERVER);
	g->weight = 50;
	say(g, "The client most likely rejected the server's certificate by a check of its own, such as the name or a pinned key: OpenSSL then says internal_error");
	show_hello(g, v);
	show_certificate(g, v);
	show_end(g, v);
	list_possibilities(g, v);
	return true;
}

struct rule_set certificate_rules(void)
{
	static const struct rule rules[] = {
		{ "cert_expired", expired },
		{ "cert_expired", expired_by_client_clock },
		{ "cert_not_yet_valid", not_yet_valid },
		{ "cert_name_mismatch", name_mismatch },
		{ "cert_name_mismatch", no_san },
		{ "cert_self_signed", self_signed },
		{ "cert_intercepted", intercepted },
		{ "cert_chain_incomplete", incomplete },
		{ "cert_unknown_ca", unknown_ca },
		{ "cert_unknown_ca", unknown_ca_by_alert },
		{ "cert_chain_invalid", chain_invalid },
		{ "cert_chain_invalid", chain_invalid_by_alert },
		{ "cert_revoked", revoked },
		{ "cert_weak", weak },
		{ "cert_wrong_purpose", wrong_purpose },
		{ "cert_wrong_purpose", wrong_purpose_by_alert },
		{ "cert_malformed", malformed },
		{ "cert_malformed", empty_list },
		{ "cert_status_invalid", status_invalid },
		{ "cert_rejected", rejected_without_reason },
		{ "cert_rejected", rejected_afterwards },
		{ "cert_rejected", rejected_by_callback },
	};

	return (struct rule_set){ rules, sizeof(rules) / sizeof(rules[0]) };
}
