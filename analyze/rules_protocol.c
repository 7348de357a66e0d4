/*
 * The wrong protocol: plaintext to a TLS port, and TLS where words come first.
 */
#include "spoken.h"

#include <stdio.h>
#include <strings.h>

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

/* Where programs of each kind are told that TLS comes first. */
static const struct { enum foreign_protocol protocol; const char *advice; } how_to_tls[] = {
	{ FOREIGN_HTTP, "Write https:// instead of http://, or use the port for plain HTTP: TLS comes first at %s." },
	{ FOREIGN_HTTP2, "Do without prior knowledge (h2c): at %s TLS comes first, with ALPN h2." },
	{ FOREIGN_SSH, "SSH belongs to another port (22), unless a multiplexer (sslh) was meant to stand at %s." },
	{ FOREIGN_SMTP, "Set the client to \"SSL/TLS\", not to \"STARTTLS\" or \"none\": TLS comes first at %s." },
	{ FOREIGN_POP3, "Set the client to \"SSL/TLS\", not to \"STARTTLS\" or \"none\": TLS comes first at %s." },
	{ FOREIGN_IMAP, "Set the client to \"SSL/TLS\", not to \"STARTTLS\" or \"none\": TLS comes first at %s." },
	{ FOREIGN_FTP, "Set the client to implicit TLS (ftps://): TLS comes first at %s." },
	{ FOREIGN_IRC, "Switch TLS on in the client (often a + before the port): TLS comes first at %s." },
	{ FOREIGN_XMPP, "Set the client to direct TLS, or to the port of STARTTLS (5222): TLS comes first at %s." },
	{ FOREIGN_LDAP, "Write ldaps:// instead of ldap://, or use StartTLS on port 389: TLS comes first at %s." },
	{ FOREIGN_POSTGRESQL, "PostgreSQL clients speak in clear first: give libpq 17 sslnegotiation=direct, or have what stands at %s understand SSLRequest." },
	{ FOREIGN_TDS, "SQL Server clients send PRELOGIN in clear first: set Encrypt=Strict (TDS 8), or have what stands at %s pass it on." },
	{ FOREIGN_MQTT, "Use mqtts:// (mosquitto_pub --cafile or --tls-use-os-certs): TLS comes first at %s." },
	{ FOREIGN_AMQP, "Use amqps:// and its port (5671): TLS comes first at %s." },
	{ FOREIGN_REDIS, "Use rediss:// (redis-cli --tls): TLS comes first at %s." },
	{ FOREIGN_MONGODB, "Say tls=true in the connection string: TLS comes first at %s." },
	{ FOREIGN_KAFKA, "Set security.protocol to SSL or SASL_SSL: TLS comes first at %s." },
	{ FOREIGN_SIP, "Use sips: or transport=tls: TLS comes first at %s." },
	{ FOREIGN_DNS, "Use DNS over TLS (kdig +tls), or port 53 for plain DNS: TLS comes first at %s." },
	{ FOREIGN_SYSLOG, "Set the sender to syslog over TLS (rsyslog StreamDriver gtls or ossl, syslog-ng transport(tls)): TLS comes first at %s." },
	{ FOREIGN_RTSP, "Use rtsps://: TLS comes first at %s." },
	{ FOREIGN_PROXY, "The balancer sends a PROXY protocol header that this listener does not expect: switch it on at %s, or off at the balancer." },
};

static void advise_tls_first(struct guess *g, const struct view *v, enum foreign_protocol spoken)
{
	for (size_t i = 0; i < sizeof(how_to_tls) / sizeof(how_to_tls[0]); i++)
		if (how_to_tls[i].protocol == spoken) {
			advise(g, how_to_tls[i].advice, v->server);
			g->remedies_suffice = spoken != FOREIGN_HTTP;
		}
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
		(v->tls_at_once && contains(h->foreign[SIDE_SERVER], "HTTP/1") &&
		 contains(h->foreign[SIDE_SERVER], " 400 ")));
	/* Without the beginning, bytes that nobody can read may be TLS cut in half. */
	refused = server_said_nothing(v) && v->tls_at_once && v->end->how != ENDED_NOT &&
		  beginning_was_seen(h->flow);
	if (!tls_there && !told && !refused)
		return false;
	blame(g, tls_there || told ? CERTAIN : LIKELY,
	      v->end->by == SIDE_SERVER ? PARTY_SERVER : PARTY_CLIENT, PARTY_CLIENT);
	g->weight = 60;
	if (told || tls_there)
		g->aborted_by = PARTY_SERVER;
	quote(words, f->sample, f->sample_len);
	if (f->protocol == FOREIGN_UNKNOWN || f->protocol == FOREIGN_BINARY)
		say(g, "The client sent something to a TLS port that is not TLS");
	else
		say(g, "The client spoke plain %s to a TLS port", foreign_name(f->protocol));
	show(g, h->foreign_mark[SIDE_CLIENT], "client: %s", words);
	if (happened(h->foreign_mark[SIDE_SERVER])) {
		quote(words, h->foreign[SIDE_SERVER]->sample, h->foreign[SIDE_SERVER]->sample_len);
		show(g, h->foreign_mark[SIDE_SERVER], "server, in clear: %s", words);
	}
	show_end(g, v);
	advise_tls_first(g, v, f->protocol);
	return true;
}

/* Web servers say 400 to whatever comes in clear; a proxy has other numbers for what it will not do. */
static bool says_bad_request(const struct view *v)
{
	struct mark mark;
	const struct tls_upgrade *refused = last_step(v, UPGRADE_REFUSED, &mark);

	return refused && refused->proxy && refused->status == 400 && v->tls_at_once;
}

/* The client asked in its own protocol whether TLS or a tunnel may begin, and this server only knows
 * TLS. */
static bool asked_a_tls_port(const struct view *v, struct guess *g)
{
	struct mark asked, other;
	const struct tls_upgrade *u = last_step(v, UPGRADE_ASKED, &asked);
	bool alert = v->h->alert_count && v->h->alerts[0].from == SIDE_SERVER;
	bool left = v->tls_at_once && v->end->by == SIDE_SERVER &&
		    (v->end->how == ENDED_BY_FIN || v->end->how == ENDED_BY_RST);
	const struct spoken *s = u ? spoken_by(u->protocol) : NULL;
	const char *ask = s ? s->ask : "an upgrade";

	if (!u || v->h->hello || last_step(v, UPGRADE_ACCEPTED, &other) ||
	    (last_step(v, UPGRADE_REFUSED, &other) ? !says_bad_request(v) : !alert && !left))
		return false;
	blame(g, alert ? CERTAIN : LIKELY, PARTY_SERVER, PARTY_CLIENT);
	g->weight = 78;
	if (u->proxy)
		say(g, "The client asked for a tunnel in plain %s at a port where TLS comes first",
		    foreign_name(u->protocol));
	else
		say(g, "The client asked for TLS in plain %s (%s) at a port where TLS comes first",
		    foreign_name(u->protocol), ask);
	show(g, asked, "client: asks for %s%s", u->proxy ? "a tunnel" : "TLS by ", u->proxy ? "" : ask);
	show_end(g, v);
	if (u->proxy)
		advise(g, "Give the client https:// as the proxy's scheme, or the port where %s takes CONNECT in clear.", v->server);
	else
		advise_tls_first(g, v, u->protocol);
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
	    (told && !is_about_first_bytes(v->end->alert->code)) || (answered && !v->tls_at_once))
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

/* The patience of a client that hears nothing; health checks and preconnects come in below or stay
 * for long on ports for the web, where nobody waits for a greeting. */
static const int64_t PATIENCE_NS = INT64_C(4000000000);

/* A port of TLS for a protocol in which, without TLS, the server has the first word. */
static bool greets_in_clear(const struct view *v)
{
	static const char *const names[] = { "submissions", "imaps", "pop3s", "nntps", "ftps" };
	bool at_once;
	const char *name = port_protocol(v->h->flow->side[SIDE_SERVER].address.port, &at_once, NULL);

	for (size_t i = 0; name && at_once && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* The client waits for a greeting in clear, the server for a ClientHello. */
static bool waits_for_greeting(const struct view *v, struct guess *g)
{
	const struct tcp_side *client = &v->h->flow->side[SIDE_CLIENT];
	const struct tcp_side *server = &v->h->flow->side[SIDE_SERVER];
	struct mark end = mark_earlier(client->fin, server->fin);
	char waited[32];

	if (v->h->hello || v->h->upgrade_count || client->data_segments || !happened(client->syn) ||
	    !happened(server->syn) || !happened(end) || !greets_in_clear(v) ||
	    (server->data_segments && mark_before(server->first_data, end)) ||
	    end.time - server->syn.time < PATIENCE_NS)
		return false;
	blame(g, POSSIBLE, mark_before(client->fin, server->fin) || !happened(server->fin) ?
	      PARTY_CLIENT : PARTY_SERVER, PARTY_CLIENT);
	g->weight = 60;
	say(g, "Neither side said a word for %s: the client may wait for a greeting in clear, the server waits for a ClientHello, as TLS begins at once on this port",
	    duration_text(waited, end.time - server->syn.time));
	show(g, server->syn, "server: accepts the connection");
	show(g, end, "%s closes (FIN)", g->aborted_by == PARTY_CLIENT ? "client" : "server");
	advise(g, "Set the client to TLS (not STARTTLS, not \"none\") for port %u.", server->address.port);
	return true;
}

/* ---- TLS to something else ---- */

/* How to come to TLS with a server that wants words first. */
static void advise_words_first(struct guess *g, const struct spoken *s)
{
	if (s->at_once)
		advise(g, "Set the client to %s (often called \"explicit TLS\"), or connect to port %u, where TLS comes first.", s->ask, s->at_once);
	else if (s->protocol == FOREIGN_POSTGRESQL)
		advise(g, "Drop sslnegotiation=direct and the like: PostgreSQL understands TLS without SSLRequest only from version 17 on, and only with the ALPN name postgresql.");
	else
		advise(g, "Have the client upgrade by %s: TLS at once is not understood there.", s->ask);
}

/* Of AMQP only version 1.0 can upgrade, and few programs do; who begins TLS with NATS too early would
 * have been right had its INFO offered it. */
static const struct spoken *words_first(enum foreign_protocol p)
{
	return p == FOREIGN_AMQP || p == FOREIGN_NATS ? NULL : spoken_by(p);
}

static void advise_not_tls(struct guess *g, const struct view *v, enum foreign_protocol p)
{
	const struct spoken *s = words_first(p);

	if (s) {
		g->fix_at = PARTY_CLIENT;
		advise_words_first(g, s);
		return;
	}
	switch (p) {
	case FOREIGN_NATS:
		advise(g, "Give the server a tls block with cert_file and key_file: its INFO offers no TLS.");
		break;
	case FOREIGN_AMQP:
		advise(g, "Use amqps:// and its port, 5671, or give the broker a TLS listener: AMQP 0-9-1 knows no upgrade.");
		break;
	case FOREIGN_HTTP:
		advise(g, "This is plain HTTP: use http:// for %s, or turn TLS on there.", v->server);
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
	return h->flow->transport == TRANSPORT_TCP && !beginning_was_seen(h->flow) &&
	       !mark_before(h->hello_mark, h->foreign_mark[SIDE_SERVER]);
}

/* Ports on which a program speaks something else unless it is told otherwise; their servers mostly wait
 * for a ClientHello to become what they know, or hang up. */
static const struct { uint16_t port; const char *what, *tls; } plain_ports[] = {
	{ 22, "SSH", NULL }, { 53, "DNS over TCP", "853 is for DNS over TLS" },
	{ 80, "plain HTTP", "443 is for HTTPS" }, { 514, "syslog", "6514 is for syslog over TLS" },
	{ 873, "rsync", NULL }, { 1883, "MQTT", "8883 is for MQTT over TLS" },
	{ 2181, "ZooKeeper", "secureClientPort is for TLS" }, { 3690, "Subversion", NULL },
	{ 5060, "SIP", "5061 is for SIP over TLS" }, { 5672, "AMQP", "5671 is for AMQP over TLS" },
	{ 6379, "Redis", "tls-port is for TLS, often 6380" }, { 6667, "IRC", "6697 is for IRC over TLS" },
	{ 9092, "Kafka", "a listener of its own is for TLS, often 9093" }, { 9418, "git", NULL },
	{ 11211, "memcached", NULL }, { 27017, "MongoDB", "net.tls.mode switches TLS on there" },
};

/* No word of the server shows it, so never more than possible. */
static bool hello_to_plain_port(const struct view *v, struct guess *g)
{
	uint16_t port = v->peer.port;

	if (!v->h->hello || v->h->server || v->h->upgrade_count || v->tls_expected ||
	    happened(v->h->foreign_mark[SIDE_SERVER]) || v->h->alert_count ||
	    v->end->outcome != OUTCOME_FAILED || (v->lesson && v->lesson->completed))
		return false;
	for (size_t i = 0; i < sizeof(plain_ports) / sizeof(plain_ports[0]); i++) {
		const char *tls = plain_ports[i].tls;

		if (plain_ports[i].port != port)
			continue;
		blame(g, POSSIBLE, v->end->how == ENDED_NOT ? PARTY_CLIENT : party_of(v->end->by),
		      PARTY_CLIENT);
		say(g, "Port %u is mostly for %s without TLS%s%s, and no word of the server says that TLS is spoken there",
		    port, plain_ports[i].what, tls ? "; " : "", tls ? tls : "");
		show_exchange(g, v);
		return true;
	}
	return false;
}

static void say_not_tls(struct guess *g, const struct view *v, enum foreign_protocol p)
{
	const struct spoken *s = words_first(p);
	bool known = p != FOREIGN_UNKNOWN && p != FOREIGN_BINARY;

	if (s)
		say(g, "%s is %s that wants %s before TLS: it answered the ClientHello in clear",
		    v->server, s->server, s->ask);
	else
		say(g, "The server at %s does not speak TLS on this port: it answered the ClientHello with %s%s",
		    v->server, known ? "plain " : "something else", known ? foreign_name(p) : "");
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
	say_not_tls(g, v, f->protocol);
	show_hello(g, v);
	show(g, h->foreign_mark[SIDE_SERVER], "server: %s", words);
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
	say(g, "The client began TLS on a plain %s port without %s", foreign_name(first->protocol),
	    spoken_by(first->protocol) ? spoken_by(first->protocol)->ask : "an upgrade");
	show(g, seen, "server speaks %s", foreign_name(first->protocol));
	show_exchange(g, v);
	advise_not_tls(g, v, first->protocol);
	return true;
}

/* TLS at once on a port where this protocol wants words first, and the server hangs up. */
static bool hello_to_words_port(const struct view *v, struct guess *g)
{
	const struct spoken *s = spoken_at(v->h->flow->side[SIDE_SERVER].address.port);
	bool upgrades = v->lesson && happened(v->lesson->upgrade.mark);
	char client[80];

	if (!s || !v->h->hello || v->h->server || v->h->upgrade_count ||
	    happened(v->h->foreign_mark[SIDE_SERVER]) || v->end->by != SIDE_SERVER ||
	    (v->end->how != ENDED_BY_FIN && v->end->how != ENDED_BY_RST) ||
	    (v->lesson && v->lesson->completed && !v->lesson->words_first))
		return false;
	blame(g, LIKELY, PARTY_SERVER, PARTY_CLIENT);
	g->weight = upgrades ? 70 : 55;
	say(g, "Port %u is for %s that wants %s before TLS: this one hung up on a ClientHello that came first",
	    v->h->flow->side[SIDE_SERVER].address.port, s->server, s->ask);
	show_exchange(g, v);
	if (upgrades) {
		address_text(client, &v->lesson->upgrade.client);
		show(g, (struct mark){ 0 }, "to %s the same server offered an upgrade (frame %llu, tcp stream %u)",
		     client, (unsigned long long)v->lesson->upgrade.mark.frame, v->lesson->upgrade.stream);
	}
	advise_words_first(g, s);
	return true;
}

struct rule_set protocol_rules(void)
{
	static const struct rule rules[] = {
		{ "plaintext_to_tls_port", plaintext },
		{ "plaintext_to_tls_port", asked_a_tls_port },
		{ "plaintext_to_tls_port", proxy_header_unexpected },
		{ "plaintext_to_tls_port", waits_for_greeting },
		{ "server_not_tls", not_tls },
		{ "server_not_tls", banner_before_hello },
		{ "server_not_tls", hello_to_words_port },
		{ "server_not_tls", hello_to_plain_port },
	};

	return (struct rule_set){ rules, sizeof(rules) / sizeof(rules[0]) };
}
