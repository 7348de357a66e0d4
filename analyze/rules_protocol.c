/*
 * The wrong protocol: plaintext to a TLS port, TLS to a plaintext port, an upgrade or a tunnel that
 * was refused.
 */
#include "rules.h"

#include <stdio.h>
#include <strings.h>

static const struct tls_upgrade *last_step(const struct view *v, enum upgrade_step step,
					   struct mark *mark)
{
	for (uint8_t i = v->h->upgrade_count; i; i--) {
		if (v->h->upgrades[i - 1].told.step != step)
			continue;
		*mark = v->h->upgrades[i - 1].mark;
		return &v->h->upgrades[i - 1].told;
	}
	return NULL;
}

static void quote(char out[LIST_MAX], const uint8_t *bytes, size_t len)
{
	size_t end = 0;

	while (end < len && end < 60 && bytes[end] != '\r' && bytes[end] != '\n')
		end++;
	escape_text(out, LIST_MAX, bytes, end);
}

/* ---- plaintext to a TLS port ---- */

static bool contains(const struct tls_foreign *f, const char *words)
{
	char text[FOREIGN_SAMPLE_MAX + 1];

	memcpy(text, f->sample, f->sample_len);
	text[f->sample_len] = '\0';
	for (uint16_t i = 0; i < f->sample_len; i++)
		if (!text[i])
			text[i] = ' ';
	return strcasestr(text, words) != NULL;
}

/* How web servers say that they wanted TLS. */
static bool says_wants_tls(const struct tls_foreign *f)
{
	static const char *const words[] = { "plain HTTP request was sent to HTTPS",
					     "speaking plain HTTP to an SSL",
					     "HTTP request to an HTTPS server", "requires TLS" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (contains(f, words[i]))
			return true;
	return false;
}

static bool server_spoke_tls(const struct view *v)
{
	for (uint8_t i = 0; i < v->h->alert_count; i++)
		if (v->h->alerts[i].from == SIDE_SERVER)
			return true;
	return v->h->server != NULL;
}

static bool server_said_nothing(const struct view *v)
{
	return !v->h->flow->side[SIDE_SERVER].data_segments;
}

static bool plaintext(const struct view *v, struct guess *g)
{
	const struct handshake *h = v->h;
	const struct tls_foreign *f = h->foreign[SIDE_CLIENT];
	bool tls_there, refused, told;
	char words[LIST_MAX];

	if (!happened(h->foreign_mark[SIDE_CLIENT]) || h->hello)
		return false;
	tls_there = server_spoke_tls(v);
	told = happened(h->foreign_mark[SIDE_SERVER]) &&
	       (says_wants_tls(h->foreign[SIDE_SERVER]) ||
		(v->tls_expected && contains(h->foreign[SIDE_SERVER], "HTTP/1") &&
		 contains(h->foreign[SIDE_SERVER], " 400 ")));
	refused = server_said_nothing(v) && v->tls_expected && v->end->how != ENDED_NOT;
	if (!tls_there && !told && !refused)
		return false;
	blame(g, tls_there || told ? CERTAIN : LIKELY,
	      v->end->by == SIDE_SERVER ? PARTY_SERVER : PARTY_CLIENT, PARTY_CLIENT);
	g->weight = 60;
	if (told || tls_there)
		g->aborted_by = PARTY_SERVER;
	quote(words, f->sample, f->sample_len);
	say(g, "The client spoke plain %s to a TLS port", foreign_name(f->protocol));
	show(g, h->foreign_mark[SIDE_CLIENT], "client: \"%s\"", words);
	if (happened(h->foreign_mark[SIDE_SERVER])) {
		quote(words, h->foreign[SIDE_SERVER]->sample, h->foreign[SIDE_SERVER]->sample_len);
		show(g, h->foreign_mark[SIDE_SERVER], "server, in clear: \"%s\"", words);
	}
	show_end(g, v);
	if (f->protocol == FOREIGN_PROXY)
		advise(g, "The balancer sends a PROXY protocol header that this listener does not expect: switch it on there, or off at the balancer.");
	return true;
}

static const struct tls_upgrade *proxy_header(const struct view *v, struct mark *mark)
{
	const struct tls_upgrade *u = last_step(v, UPGRADE_SEEN, mark);

	return u && u->protocol == FOREIGN_PROXY ? u : NULL;
}

/* What a server says that took the header for the first record: unexpected_message,
 * record_overflow, decode_error or protocol_version. */
static bool is_about_first_bytes(uint8_t alert)
{
	return alert == 10 || alert == 22 || alert == 50 || alert == 70;
}

/* A balancer's PROXY header where the server wants TLS from the first byte. */
static bool proxy_header_unexpected(const struct view *v, struct guess *g)
{
	struct mark seen;
	const struct tls_upgrade *u = proxy_header(v, &seen);
	bool told = ended_by_any_alert(v, SIDE_SERVER);
	bool answered = happened(v->h->foreign_mark[SIDE_SERVER]);

	if (!u || v->h->server || v->end->outcome != OUTCOME_FAILED ||
	    (told && !is_about_first_bytes(v->end->alert->code)) || (answered && !v->tls_expected))
		return false;
	if (!told && !answered &&
	    (v->end->by != SIDE_SERVER ||
	     (v->end->how != ENDED_BY_FIN && v->end->how != ENDED_BY_RST)))
		return false;
	blame(g, LIKELY, PARTY_SERVER, PARTY_CLIENT);
	g->weight = 90;
	say(g, "The server does not expect the PROXY protocol header that came before the ClientHello");
	show(g, seen, "client: PROXY protocol header, version %u%s%s", u->status,
	     u->target[0] ? ", for " : "", u->target);
	show_exchange(g, v);
	advise(g, "Switch the PROXY protocol on at %s, or off at the balancer.", v->server);
	return true;
}

/* ---- TLS to something else ---- */

static void advise_not_tls(struct guess *g, const struct view *v, enum foreign_protocol p)
{
	switch (p) {
	case FOREIGN_HTTP:
		advise(g, "This is plain HTTP: use http:// for %s, or turn TLS on there.", v->server);
		break;
	case FOREIGN_SMTP:
	case FOREIGN_IMAP:
	case FOREIGN_POP3:
	case FOREIGN_FTP:
	case FOREIGN_NNTP:
		advise(g, "This is a plain %s port that wants STARTTLS: set the client to STARTTLS, or to the implicit-TLS port.", foreign_name(p));
		break;
	case FOREIGN_SSH:
		advise(g, "This is an SSH server: the port number is wrong, or a NAT rule points to the wrong service.");
		break;
	default:
		advise(g, "Check the port, and what listens at %s; a NAT rule or load balancer may point to a plaintext service.", v->server);
	}
}

/* It spoke first, and what had been agreed before the capture began is not known. */
static bool spoke_before_capture(const struct handshake *h)
{
	return h->flow->transport == TRANSPORT_TCP && !happened(h->flow->side[SIDE_CLIENT].syn) &&
	       !happened(h->flow->side[SIDE_SERVER].syn) &&
	       !mark_before(h->hello_mark, h->foreign_mark[SIDE_SERVER]);
}

static bool not_tls(const struct view *v, struct guess *g)
{
	const struct handshake *h = v->h;
	const struct tls_foreign *f = h->foreign[SIDE_SERVER];
	bool unknown = f->protocol == FOREIGN_UNKNOWN || f->protocol == FOREIGN_BINARY;
	char words[LIST_MAX];
	struct mark seen;

	if (!h->hello || h->server || !happened(h->foreign_mark[SIDE_SERVER]))
		return false;
	/* what nobody knows may be TLS that was mangled on the way */
	blame(g, proxy_header(v, &seen) || spoke_before_capture(h) ? POSSIBLE : unknown ? LIKELY : CERTAIN,
	      v->end->how == ENDED_NOT ? PARTY_CLIENT : party_of(v->end->by), PARTY_SERVER);
	g->weight = 60;
	if (v->end->how == ENDED_BY_ALERT)
		g->aborted_by = party_of(v->end->by);
	quote(words, f->sample, f->sample_len);
	say(g,
	    "The server at %s does not speak TLS on this port: it answered the ClientHello with %s%s",
	    v->server,
	    unknown ? "something else" : "plain ", unknown ? "" : foreign_name(f->protocol));
	show_hello(g, v);
	show(g, h->foreign_mark[SIDE_SERVER], "server: \"%s\"", words);
	advise_not_tls(g, v, f->protocol);
	return true;
}

/* A banner came first, TLS was spoken into it, and no upgrade had been agreed. */
static bool banner_before_hello(const struct view *v, struct guess *g)
{
	struct mark mark, seen;
	const struct tls_upgrade *first = last_step(v, UPGRADE_SEEN, &seen);

	if (!v->h->hello || v->h->server || !first || first->proxy ||
	    v->end->outcome == OUTCOME_COMPLETED || last_step(v, UPGRADE_ACCEPTED, &mark) ||
	    last_step(v, UPGRADE_ASKED, &mark) || last_step(v, UPGRADE_REFUSED, &mark) ||
	    first->protocol == FOREIGN_PROXY)
		return false;
	blame(g, LIKELY, v->end->how == ENDED_NOT ? PARTY_CLIENT : party_of(v->end->by),
	      PARTY_CLIENT);
	g->weight = 60;
	say(g, "The client began TLS on a plain %s port without an upgrade", foreign_name(first->protocol));
	show(g, seen, "server speaks %s", foreign_name(first->protocol));
	show_exchange(g, v);
	advise_not_tls(g, v, first->protocol);
	return true;
}

/* ---- upgrades and tunnels ---- */

static void show_words(struct guess *g, struct mark mark, const struct tls_upgrade *u)
{
	char words[LIST_MAX];

	quote(words, u->words, u->words_len);
	if (words[0])
		show(g, mark, "%s: \"%s\"", u->proxy ? "proxy" : "server", words);
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
	say(g, "The %s server offers an upgrade to TLS to others, but not in this dialogue: something on the way strips it, or the server offers it to some clients only",
	    foreign_name(u->protocol));
	show(g, (struct mark){ 0 }, "to %s the same server offered it (frame %llu, tcp stream %u)", client,
	     (unsigned long long)e->mark.frame, e->stream);
	advise(g, "Look for a firewall or proxy between %s and the server that inspects the protocol (fixup or ALG) and takes the offer out; then for rules on the server by address.", v->client);
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
	blame(g, missing ? LIKELY : CERTAIN, missing ? PARTY_CLIENT : PARTY_SERVER, PARTY_SERVER);
	g->weight = 60;
	if (!missing && v->end->how != ENDED_NOT && v->end->by == SIDE_CLIENT)
		g->aborted_by = PARTY_CLIENT;
	g->weight = 75;
	say(g, "The %s server %s", foreign_name(u->protocol),
	    missing ? "does not offer an upgrade to TLS, and the client left without one" :
		      "refused to upgrade to TLS");
	show_words(g, mark, u);
	if (missing && v->lesson && happened(v->lesson->upgrade.mark)) {
		say_stripped(g, v, u);
		show_end(g, v);
		return true;
	}
	show_end(g, v);
	advise(g, missing ? "If it is enabled there, look for a firewall that strips it from the dialogue." :
			    "Read the log of %s at that second: it says why it refused.", v->server);
	return true;
}

static bool proxy_refused(const struct view *v, struct guess *g)
{
	struct mark mark = { 0 };
	const struct tls_upgrade *u = last_step(v, UPGRADE_REFUSED, &mark);

	if (!u || !u->proxy || accepted_later(v, mark))
		return false;
	blame(g, CERTAIN, PARTY_SERVER, PARTY_NETWORK);
		g->weight = 76;
		say(g, "The proxy at %s refused the tunnel to %s%s%s", v->server,
		    u->target[0] ? u->target : "the server",
		    u->status == 407 ? ": it wants authentication" : "",
		    u->status == 403 ? ": its policy forbids it" : "");
		show_words(g, mark, u);
		show_end(g, v);
		if (u->status == 407 ||
		    (u->words_len && memmem(u->words, u->words_len, "authentication", 14)))
			advise(
			    g,
			    "Give the client at %s credentials for the proxy, or exempt the destination.",
			    v->client);
		else if (u->target[0])
			advise(
			    g,
			    "See on the proxy whether %s is permitted, and from there whether it can be reached.",
			    u->target);
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

struct rule_set protocol_rules(void)
{
	static const struct rule rules[] = {
		{ "plaintext_to_tls_port", plaintext },
		{ "plaintext_to_tls_port", proxy_header_unexpected },
		{ "server_not_tls", not_tls },
		{ "server_not_tls", banner_before_hello },
		{ "starttls_refused", starttls_refused },
		{ "proxy_refused", proxy_refused },
		{ "proxy_refused", proxy_silent },
	};

	return (struct rule_set){ rules, sizeof(rules) / sizeof(rules[0]) };
}
