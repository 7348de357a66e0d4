/*
 * The dialogue before TLS: upgrades that were refused or never offered, tunnels that a proxy did not
 * open.
 */
#include "spoken.h"

#include <stdio.h>

/* Result codes of LDAP that an upgrade may meet (RFC 4511 4.1.9, A.2). */
static const char *ldap_result(uint32_t code)
{
	switch (code) {
	case 1: return "operationsError";
	case 2: return "protocolError";
	case 8: return "strongerAuthRequired";
	case 13: return "confidentialityRequired";
	case 51: return "busy";
	case 52: return "unavailable";
	case 53: return "unwillingToPerform";
	case 80: return "other";
	default: return "result";
	}
}

static void show_words(struct guess *g, struct mark mark, const struct tls_upgrade *u)
{
	char words[LIST_MAX];

	quote(words, u->words, u->words_len);
	if (u->proxy && words[0])
		show(g, mark, "proxy: %s", words);
	else if (u->protocol == FOREIGN_LDAP)
		show(g, mark, "server: %s (%u)%s%s", ldap_result(u->status), u->status,
		     words[0] ? ", " : "", words);
	else if (u->protocol == FOREIGN_MYSQL && u->step == UPGRADE_NOT_OFFERED)
		show(g, mark, "server: version %s, without CLIENT_SSL among its capabilities", words);
	else if (u->protocol == FOREIGN_POSTGRESQL && u->words_len == 1)
		show(g, mark, "server: %s in answer to SSLRequest, which means no", words);
	else if (words[0])
		show(g, mark, "server: %s", words);
}

/* "SMTP server", "SQL Server". */
static const char *kind_of_server(const struct tls_upgrade *u)
{
	const struct spoken *s = spoken_by(u->protocol);
	const char *blank = s ? strchr(s->server, ' ') : NULL;

	return blank ? blank + 1 : "server";
}

static bool accepted_later(const struct view *v, struct mark refused)
{
	struct mark mark;

	return last_step(v, UPGRADE_ACCEPTED, &mark) && mark_before(refused, mark);
}

/* Offered in another flow of this capture, and this one's server said no word of it. */
static void say_stripped(struct guess *g, const struct view *v, const struct tls_upgrade *u)
{
	const struct elsewhere *e = &v->lesson->upgrade;
	char client[80];

	address_text(client, &e->client);
	g->fix_at = PARTY_NETWORK;
	say(g, "The %s offers an upgrade to TLS to others, but not in this dialogue: something on the way strips it, or the server offers it to some clients only",
	    kind_of_server(u));
	show(g, (struct mark){ 0 }, "to %s the same server offered it (frame %llu, tcp stream %u)", client,
	     (unsigned long long)e->mark.frame, e->stream);
	advise(g, "Look for a firewall or proxy between %s and the server that inspects the protocol (fixup or ALG) and takes the offer out; then for rules on the server by address.", v->client);
}

static void advise_upgrade(struct guess *g, const struct tls_upgrade *u, bool missing)
{
	const struct spoken *s = spoken_by(u->protocol);

	if (!s)
		return;
	if (!missing && s->refused)
		advise(g, "%s", s->refused);
	if (missing && s->enable)
		advise(g, "%s", s->enable);
	if (missing && s->missing)
		advise(g, "%s", s->missing);
	g->remedies_suffice = g->remedy_count > 0;
}

/* RFC 5321 4.2.2: a command that the server does not know, though it had just offered it. */
static bool is_unknown_command(const struct view *v, const struct tls_upgrade *u)
{
	struct mark offered;

	return u->step == UPGRADE_REFUSED && u->protocol == FOREIGN_SMTP &&
	       (u->status == 500 || u->status == 502) && last_step(v, UPGRADE_OFFERED, &offered);
}

static void say_spoiled(struct guess *g, const struct view *v)
{
	bool others = v->lesson && v->lesson->completed;

	if (others)
		g->fix_at = PARTY_NETWORK;
	say(g, "The SMTP server offered STARTTLS and then did not know the command: something on the way may have overwritten it%s",
	    others ? ", as others do upgrade there" : "");
	advise(g, "Look for a firewall between %s and the server that inspects SMTP (fixup, ALG, Cisco \"inspect esmtp\") and overwrites STARTTLS with X; the server's log shows what reached it.", v->client);
}

/* "250-XXXXXXXA" is what some firewalls leave of "250-STARTTLS". */
static bool is_masked(const struct tls_upgrade *u)
{
	return u->step == UPGRADE_NOT_OFFERED && u->words_len >= 4 && !memcmp(u->words, "XXXX", 4);
}

static void say_masked(struct guess *g, const struct view *v)
{
	g->fix_at = PARTY_NETWORK;
	say(g, "The SMTP server's offer of STARTTLS was overwritten with X on the way, as firewalls do that inspect mail, and the client left without TLS");
	advise(g, "Turn the inspection of SMTP off between %s and the server (Cisco ASA and PIX: \"no inspect esmtp\", or a policy with \"allow-tls\").", v->client);
}

/* Others at the same server went on in TLS. */
static bool upgrades_others(const struct view *v)
{
	return v->lesson && v->lesson->completed && happened(v->lesson->upgrade.mark);
}

static void say_partial(struct guess *g, const struct view *v, const struct tls_upgrade *u)
{
	const struct elsewhere *e = &v->lesson->upgrade;
	char client[80];

	address_text(client, &e->client);
	say(g, "The %s refused to upgrade to TLS, though it does so for others: a rule by address, members that differ, or something on the way that answers in its name",
	    kind_of_server(u));
	show(g, (struct mark){ 0 }, "for %s the same server went on to TLS (frame %llu, tcp stream %u)", client,
	     (unsigned long long)e->mark.frame, e->stream);
}

static bool starttls_refused(const struct view *v, struct guess *g)
{
	struct mark mark = { 0 }, gone;
	const struct tls_upgrade *u = last_step(v, UPGRADE_REFUSED, &mark);
	const struct tls_upgrade *abandoned = last_step(v, UPGRADE_ABANDONED, &gone);
	const struct tls_upgrade *required = last_step(v, UPGRADE_REQUIRED, &gone);
	bool missing = false;

	if (!u) {
		u = last_step(v, UPGRADE_NOT_OFFERED, &mark);
		missing = u != NULL;
	}
	if (!u || u->proxy || accepted_later(v, mark) || v->end->outcome == OUTCOME_COMPLETED)
		return false;
	if (last_step(v, UPGRADE_IN_CLEAR, &gone) && !v->h->hello)
		return false;	/* it only preferred TLS */
	/* A ClientHello that nobody asked for is no upgrade: the client took this for a TLS port. */
	if (missing && v->h->hello && !last_step(v, UPGRADE_ASKED, &gone))
		return false;
	/* Without an offer, only a client that leaves over it wanted TLS at all. */
	if (missing && !abandoned && !v->h->hello && !required)
		return false;
	/* Behind a greeting that says all, drivers that insist leave without a word; so do checks. */
	bool wordless = missing && !v->h->flow->side[SIDE_CLIENT].data_segments;
	bool unended = v->end->how == ENDED_NOT && !v->h->hello;

	blame(g, wordless ? POSSIBLE : missing || unended ? LIKELY : CERTAIN,
	      missing ? PARTY_CLIENT : PARTY_SERVER, PARTY_SERVER);
	if (!missing && v->end->how != ENDED_NOT && v->end->by == SIDE_CLIENT)
		g->aborted_by = PARTY_CLIENT;
	g->weight = 75;
	say(g, "The %s %s", kind_of_server(u),
	    wordless ? "does not offer an upgrade to TLS, and the client left without a word: it wanted one, or only looked whether somebody is there" :
	    missing ? "does not offer an upgrade to TLS, and the client left without one" :
		      "refused to upgrade to TLS");
	show_words(g, mark, u);
	if (is_masked(u) || is_unknown_command(v, u)) {
		(is_masked(u) ? say_masked : say_spoiled)(g, v);
		show_end(g, v);
		return true;
	}
	if (missing && v->lesson && happened(v->lesson->upgrade.mark)) {
		say_stripped(g, v, u);
		show_end(g, v);
		return true;
	}
	if (!missing && upgrades_others(v))
		say_partial(g, v, u);
	show_end(g, v);
	advise_upgrade(g, u, missing);
	return true;
}

/* Who leaves sooner was not waiting for an answer: a check, or a user who thought better of it. */
static const int64_t PATIENCE_NS = INT64_C(1000000000);

/* The client asked for TLS, and the server closed, or said nothing until the client gave up. */
static bool starttls_unanswered(const struct view *v, struct guess *g)
{
	struct mark asked = { 0 }, other;
	const struct tls_upgrade *u = last_step(v, UPGRADE_ASKED, &asked);
	bool server_left = v->end->by == SIDE_SERVER;
	int64_t waited = v->end->mark.time - asked.time;
	const struct spoken *s = u ? spoken_by(u->protocol) : NULL;
	const char *ask = s ? s->ask : "an upgrade";
	char text[32];

	if (!u || u->proxy || v->h->hello || v->h->alert_count || accepted_later(v, asked) ||
	    last_step(v, UPGRADE_REFUSED, &other) || last_step(v, UPGRADE_IN_CLEAR, &other) ||
	    (v->end->how != ENDED_BY_FIN && v->end->how != ENDED_BY_RST) ||
	    (server_left ? v->tls_at_once : waited < PATIENCE_NS))
		return false;
	blame(g, server_left ? LIKELY : POSSIBLE, party_of(v->end->by), PARTY_SERVER);
	g->weight = 60;
	duration_text(text, waited);
	if (server_left)
		say(g, "The %s closed the connection %s after the client asked for TLS by %s, without an answer",
		    kind_of_server(u), text, ask);
	else
		say(g, "The %s did not answer when the client asked for TLS by %s, and the client gave up after %s",
		    kind_of_server(u), ask, text);
	show(g, asked, "client: asks for TLS by %s", ask);
	if (server_left && u->protocol == FOREIGN_TDS)
		advise(g, "If the server forces strict encryption (TDS 8), TLS comes before PRELOGIN: set the client to Encrypt=Strict.");
	show_end(g, v);
	advise_upgrade(g, u, true);
	return true;
}

static bool wants_password(const struct tls_upgrade *u)
{
	return u->status == 407 ||
	       (u->words_len && (memmem(u->words, u->words_len, "authentication", 14) ||
				 memmem(u->words, u->words_len, "password", 8)));
}

/* RFC 9110 15, RFC 1928 6: whether it would not, or could not. */
static const char *proxy_reason(const struct tls_upgrade *u)
{
	static const char *const socks[] = {
		[1] = "it failed in general", [2] = "its rules forbid it",
		[3] = "it cannot reach that network", [4] = "it cannot reach that host",
		[5] = "nothing listens there", [6] = "the way there is too long (TTL expired)",
	};

	if (wants_password(u))
		return "it wants authentication";
	if (u->protocol == FOREIGN_SOCKS)
		return u->status < sizeof(socks) / sizeof(socks[0]) ? socks[u->status] : NULL;
	switch (u->status) {
	case 403: return "its policy forbids it";
	case 405: case 501: return "it opens no tunnels";
	case 502: case 503: return "it could not reach it";
	case 504: return "it got no answer from there in time";
	default: return NULL;
	}
}

/* What to do follows from what it said; where that is not clear, what is told of any refusal. */
static void advise_proxy(struct guess *g, const struct view *v, const struct tls_upgrade *u)
{
	bool socks = u->protocol == FOREIGN_SOCKS;
	bool forbids = socks ? u->status == 2 : u->status == 403;
	bool unreachable = socks ? u->status >= 3 && u->status <= 6 : u->status >= 502 && u->status <= 504;

	if (wants_password(u))
		advise(g, "Give the client at %s credentials for the proxy, or exempt the destination.", v->client);
	else if (!u->target[0])
		return;
	else if (forbids)
		advise(g, "Permit %s, port %u, on the proxy, or give the client another way there; Squid lets CONNECT through to its SSL_ports only, 443 unless changed.",
		       u->target, u->target_port);
	else if (unreachable)
		advise(g, "See from the proxy itself whether %s resolves and port %u answers there: the proxy's DNS, its own way out and the server are the suspects.",
		       u->target, u->target_port);
	else
		advise(g, "See on the proxy whether %s is permitted, and from there whether it can be reached.", u->target);
	g->remedies_suffice = wants_password(u) || forbids || unreachable;
}

static bool proxy_refused(const struct view *v, struct guess *g)
{
	struct mark mark = { 0 };
	const struct tls_upgrade *u = last_step(v, UPGRADE_REFUSED, &mark);

	if (!u || !u->proxy || accepted_later(v, mark))
		return false;
	/* where TLS comes first, 400 is said to anything in clear */
	blame(g, u->status == 400 && v->tls_at_once ? POSSIBLE : CERTAIN, PARTY_SERVER, PARTY_NETWORK);
	g->weight = 76;
	const char *reason = proxy_reason(u);
	char target[sizeof(u->target) + 8] = "the server";

	if (u->target[0])
		snprintf(target, sizeof(target), "%s:%u", u->target, u->target_port);
	say(g, "The proxy at %s refused the tunnel to %s%s%s", v->server, target,
	    reason ? ": " : "", reason ? reason : "");
	show_words(g, mark, u);
	show_end(g, v);
	advise_proxy(g, v, u);
	return true;
}

/* The proxy was asked and went away, or never answered. */
static bool proxy_silent(const struct view *v, struct guess *g)
{
	struct mark mark = { 0 }, other;
	const struct tls_upgrade *u = last_step(v, UPGRADE_ASKED, &mark);

	if (!u || !u->proxy || v->h->hello || last_step(v, UPGRADE_ACCEPTED, &other) ||
	    last_step(v, UPGRADE_REFUSED, &other) || v->end->how == ENDED_NOT)
		return false;
	blame(g, POSSIBLE, party_of(v->end->by), PARTY_NETWORK);
	g->weight = 60;
	say(g, "The proxy at %s did not open the tunnel to %s and gave no answer", v->server, u->target);
	show_words(g, mark, u);
	show_end(g, v);
	return true;
}

struct rule_set upgrade_rules(void)
{
	static const struct rule rules[] = {
		{ "starttls_refused", starttls_refused },
		{ "starttls_refused", starttls_unanswered },
		{ "proxy_refused", proxy_refused },
		{ "proxy_refused", proxy_silent },
	};

	return (struct rule_set){ rules, sizeof(rules) / sizeof(rules[0]) };
}
