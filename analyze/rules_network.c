/*
 * What the network, or an end that says nothing, did: refused, silent, reset, closed, given up.
 */
#include "rules.h"
#include "origin.h"

/* ---- the connection ---- */

static bool refused(const struct view *v, struct guess *g)
{
	const struct tcp_side *server = side_of(v, SIDE_SERVER), *client = side_of(v, SIDE_CLIENT);
	const struct icmp_error *icmp = NULL;
	char from[48], words[RESET_WORDS_TEXT];

	if (is_tcp(v) && v->end->phase != PHASE_TCP)
		return false;
	for (int k = ICMP_PORT_UNREACHABLE; k <= ICMP_ADMIN_PROHIBITED && !icmp; k++)
		icmp = icmp_for(v, SIDE_CLIENT, (enum icmp_kind)k);
	if ((!is_tcp(v) && (v->h->server || !icmp)) || (is_tcp(v) && !server->reset_count && !icmp))
		return false;
	if (server->reset_count || icmp->kind == ICMP_PORT_UNREACHABLE) {
		/* A client that waits for the answer to its SYN heeds no reset without ACK (RFC 9293 3.10.7.3). */
		blame(g, !server->reset_count || server->resets[0].has_ack ? CERTAIN : POSSIBLE, PARTY_SERVER,
		      PARTY_SERVER);
		g->weight = 60;
		say(g, "%s refused the connection: nothing listens there, or a firewall rejects in its name", v->server);
	} else {
		blame(g, LIKELY, PARTY_NETWORK, PARTY_NETWORK);
		g->weight = 60;
		host_text(from, &icmp->from);
		say(g, "%s cannot be reached: %s %s (ICMP type %u code %u)", v->server, from,
		    icmp->kind == ICMP_ADMIN_PROHIBITED ? "refused the connection, as a firewall or access list does" :
		    "knows no way there", icmp->type, icmp->code);
	}
	show(g, client->syn, "client: SYN");
	if (server->reset_count)
		show(g, server->resets[0].mark, "RST in answer to the SYN%s", reset_words(words, v, SIDE_SERVER));
	else
		show_icmp(g, icmp);
	return true;
}

/* Seen beside the server: its SYN-ACKs go out and the client goes on asking. */
static bool answer_lost(const struct view *v, struct guess *g)
{
	const struct tcp_side *client = side_of(v, SIDE_CLIENT), *server = side_of(v, SIDE_SERVER);

	blame(g, LIKELY, PARTY_NETWORK, PARTY_NETWORK);
	g->weight = 60;
	say(g, "The connection never came up: %s answered %u times, and none of its answers reached the client", v->server,
	    server->syn_count);
	show(g, client->syn, "client: first of %u SYNs", client->syn_count);
	show(g, server->last_syn, "server: SYN-ACK number %u, not acknowledged", server->syn_count);
	advise(g, "Look at the way back from %s to the client: routes, a stateful firewall that saw only one direction, NAT.", v->server);
	return true;
}

static bool timed_out(const struct view *v, struct guess *g)
{
	const struct tcp_side *client = side_of(v, SIDE_CLIENT), *server = side_of(v, SIDE_SERVER);

	if (!is_tcp(v) || v->end->phase != PHASE_TCP || server->reset_count)
		return false;
	if (happened(server->syn))
		return answer_lost(v, g);
	if (icmp_for(v, SIDE_CLIENT, ICMP_PORT_UNREACHABLE) ||
	    icmp_for(v, SIDE_CLIENT, ICMP_ADMIN_PROHIBITED))
		return false;
	blame(g, client->syn_count > 1 ? LIKELY : POSSIBLE, PARTY_NETWORK, PARTY_NETWORK);
	g->weight = 60;
	say(g, "No answer from %s: %u SYN%s in %.1f s went unanswered", v->server,
	    client->syn_count, client->syn_count == 1 ? "" : "s",
	    (double)(client->last_syn.time - client->syn.time) / 1e9);
	show(g, client->syn, "client: first SYN");
	show(g, client->last_syn, "client: last SYN, number %u", client->syn_count);
	if (v->h->flow->icmp_count)
		show_icmp(g, &v->h->flow->icmp[0]);
	return true;
}

/* ---- silence in reply to the ClientHello ---- */

static bool hello_acknowledged(const struct view *v)
{
	const struct tcp_side *client = side_of(v, SIDE_CLIENT);

	return client->acked >= client->sent || (client->acked && !client->retransmissions);
}

/* A HelloRetryRequest answers the first hello, not the second (RFC 8446 4.1.4). */
static bool has_answered(const struct view *v)
{
	const struct tcp_side *server = side_of(v, SIDE_SERVER);

	return server->data_segments && !(v->h->retry && v->h->second_hello &&
					  mark_before(server->last_data, v->h->second_hello_mark));
}

/* Acknowledged, and then nothing but acknowledgements until somebody gave up. */
static bool silent(const struct view *v, struct guess *g)
{
	const struct tcp_side *server = side_of(v, SIDE_SERVER);
	char waited[32];

	if (!waiting_for_server(v) || !v->h->hello || v->end->how == ENDED_BY_ALERT ||
	    v->end->how == ENDED_BY_ICMP)
		return false;
	if (is_tcp(v) && (has_answered(v) || !hello_acknowledged(v)))
		return false;
	if (!is_tcp(v) && (v->h->dissected_as == 'q' || v->end->waited < DATAGRAM_PATIENCE_NS))
		return false;
	if (v->end->how != ENDED_NOT && v->end->by == SIDE_SERVER)
		return false;
	if (v->end->how == ENDED_NOT && v->end->waited < STALL_NS)
		return false;
	blame(g, v->end->waited > STALL_NS || !is_tcp(v) ? LIKELY : POSSIBLE, who_gave_up(v),
	      PARTY_SERVER);
	g->weight = 60;
	if (v->end->how == ENDED_NOT || v->end->how == ENDED_BY_SILENCE)
		g->aborted_by = PARTY_CLIENT;
	if (is_tcp(v))
		say(g, "The server at %s acknowledged the ClientHello and never answered it (%s of silence)", v->server,
		    duration_text(waited, v->end->waited));
	else
		say(g, "The server at %s did not answer the ClientHello (%s of silence); whether it arrived, datagrams do not tell",
		    v->server, duration_text(waited, v->end->waited));
	show_hello(g, v);
	if (happened(server->last_packet))
		show(g, server->last_packet, "server: last packet, an acknowledgement without data");
	show_end(g, v);
	return true;
}

/* ---- reset or closed in reply to the ClientHello ---- */

static bool likely_windows(const struct view *v)
{
	uint8_t ttl = side_of(v, SIDE_SERVER)->syn_ttl;

	return ttl > 96 && ttl <= 128;
}

/* Accepted and dropped within the blink of an eye, on a port where TLS is spoken. What is dropped
 * later is an idle connection, a preconnect for one. */
static bool turned_away_at_once(const struct view *v)
{
	const struct tcp_side *server = side_of(v, SIDE_SERVER);

	return v->tls_expected && happened(server->syn) &&
	       v->end->mark.time - server->syn.time < INT64_C(1000000000);
}

static bool reset_after_hello(const struct view *v, struct guess *g)
{
	if (!is_tcp(v) || v->end->phase > PHASE_RETRY || v->end->phase < PHASE_BEFORE_HELLO ||
	    v->end->how != ENDED_BY_RST || v->end->by != SIDE_SERVER)
		return false;
	if (v->end->phase == PHASE_BEFORE_HELLO && !v->h->hello &&
	    (!turned_away_at_once(v) || happened(v->h->foreign_mark[SIDE_CLIENT])))
		return false;
	blame(g, LIKELY, PARTY_SERVER, PARTY_SERVER);
	g->weight = 45;
	if (v->h->hello)
		say(g, "The connection was reset in reply to the ClientHello");
	else
		say(g, "The server accepted the connection and reset it before any ClientHello");
	show_exchange(g, v);
	if (likely_windows(v))
		advise(g, "The server looks like Windows, which resets hellos that it cannot serve: look for Schannel events 36874 and 36888 in its System log.");
	advise(g, "Compare with another server name and another client: if only this name dies, a filter on the way is likely; if only this client, its versions or suites.");
	return true;
}

static bool closed_after_hello(const struct view *v, struct guess *g)
{
	char waited[32];

	if (!is_tcp(v) || v->end->phase > PHASE_RETRY || v->end->phase < PHASE_HELLO ||
	    v->end->how != ENDED_BY_FIN || v->end->by != SIDE_SERVER)
		return false;
	blame(g, LIKELY, PARTY_SERVER, PARTY_SERVER);
	g->weight = 45;
	say(g, "The server closed the connection %s after the ClientHello, without an alert",
	    duration_text(waited, v->end->waited));
	show_exchange(g, v);
	if (v->end->waited > INT64_C(9000000000))
		advise(g, "A wait of seconds before the close points to a time-out of a load balancer or of a back end, or to AWS's s2n, which delays its refusals.");
	return true;
}

/* Nothing of the client's was captured, or the server acknowledges a FIN of its that was not. */
static bool client_had_left(const struct view *v)
{
	const struct tcp_side *client = side_of(v, SIDE_CLIENT);

	return !happened(client->first_packet) || client->acked > client->sent;
}

/* The server hung up before the client had spoken. */
static bool closed_before_hello(const struct view *v, struct guess *g)
{
	if (!is_tcp(v) || v->end->phase != PHASE_BEFORE_HELLO || v->end->how != ENDED_BY_FIN ||
	    v->end->by != SIDE_SERVER || v->h->upgrade_count ||
	    happened(v->h->foreign_mark[SIDE_CLIENT]) ||
	    happened(v->h->foreign_mark[SIDE_SERVER]) ||
	    !(v->h->pending_want[SIDE_CLIENT] || turned_away_at_once(v)) || client_had_left(v))
		return false;
	blame(g, LIKELY, PARTY_SERVER, PARTY_SERVER);
	g->weight = 45;
	say(g, "The server closed the connection before the ClientHello was whole");
	show_end(g, v);
	return true;
}

/* One sign may have another reason; several that are weak alone are worth a thought. */
static bool speaks_against_endpoint(const struct origin *o, struct guess *g)
{
	if (!o->strong && o->count < 2)
		return false;
	blame(g, o->strong > 1 ? CERTAIN : o->strong ? LIKELY : POSSIBLE, PARTY_NETWORK, PARTY_NETWORK);
	g->weight = o->strong ? 80 : 40;
	return true;
}

static bool injected(const struct view *v, struct guess *g)
{
	bool reset = v->end->how == ENDED_BY_RST;
	const char *what = reset ? "reset" : "FIN", *whose = party_noun(v->end->by);
	char words[RESET_WORDS_TEXT];
	struct origin o;

	if (!is_tcp(v) || (!reset && v->end->how != ENDED_BY_FIN) || v->end->outcome != OUTCOME_FAILED)
		return false;
	if (reset)
		origin_of_reset(v->h, v->end->by, &o);
	else
		origin_of_fin(v->h, v->end->by, &o);
	if (!speaks_against_endpoint(&o, g))
		return false;
	say(g, "The %s %s from the %s: a device on the way forged it%s", what,
	    o.strong ? "did not come" : "may not have come", whose,
	    v->end->phase == PHASE_HELLO ? ", in reply to the ClientHello" : "");
	show_hello(g, v);
	show(g, v->end->mark, "%s with the %s's address%s", reset ? "RST" : "FIN", whose,
	     reset ? reset_words(words, v, v->end->by) : "");
	for (uint8_t i = 0; i < o.count; i++)
		show(g, o.signs[i].mark, "%s", o.signs[i].text);
	if (o.hops)
		advise(g, "Look for the device about %d hops nearer to the capture point than the %s: a firewall, IPS or filter on this name.", o.hops, whose);
	advise(g, "Repeat with another server name, and over another path (VPN), to see what triggers it.");
	return true;
}

/* ---- given up half-way ---- */

static bool stalled(const struct view *v, struct guess *g)
{
	enum side silent_side;
	char waited[32];

	if (v->end->phase < PHASE_RETRY || v->end->phase == PHASE_DONE ||
	    v->end->outcome != OUTCOME_FAILED || v->end->waited < STALL_NS ||
	    v->end->how == ENDED_BY_ALERT || v->end->how == ENDED_BY_HIDDEN_ALERT)
		return false;
	silent_side = v->end->phase == PHASE_CLIENT_TURN || v->end->phase == PHASE_RETRY
			  ? SIDE_CLIENT
			  : SIDE_SERVER;
	blame(g, LIKELY, who_gave_up(v), party_of(silent_side));
	g->weight = 55;
	say(g, "The handshake stalled: the %s sent nothing for %s, then %s gave up",
	    party_noun(silent_side), duration_text(waited, v->end->waited),
	    v->end->how == ENDED_BY_SILENCE ? "everybody"
	    : v->end->by == SIDE_CLIENT	    ? "the client"
					    : "the server");
	show_hello(g, v);
	show(g, mark_later(v->end->heard[0], v->end->heard[1]), "last data before the silence");
	show_end(g, v);
	return true;
}

/* The client never got as far as a ClientHello, or stopped in its midst, and the server's timer fired. */
static bool stalled_in_hello(const struct view *v, struct guess *g)
{
	char waited[32];

	if (v->end->phase != PHASE_BEFORE_HELLO || !v->h->pending_want[SIDE_CLIENT] ||
	    v->end->waited < STALL_NS || v->end->how == ENDED_NOT ||
	    side_of(v, SIDE_CLIENT)->acked < side_of(v, SIDE_CLIENT)->sent)
		return false;
	blame(g, LIKELY, who_gave_up(v), PARTY_CLIENT);
	g->weight = 55;
	say(g, "The client stopped in the middle of its ClientHello (%llu of %llu bytes) for %s",
	    (unsigned long long)v->h->pending_have[SIDE_CLIENT],
	    (unsigned long long)v->h->pending_want[SIDE_CLIENT],
	    duration_text(waited, v->end->waited));
	show_end(g, v);
	return true;
}

static bool abandoned(const struct view *v, struct guess *g)
{
	bool client = v->end->by == SIDE_CLIENT;
	bool after_request =
	    client && happened(v->h->request_mark) && v->end->phase == PHASE_CLIENT_TURN;

	if ((v->end->how != ENDED_BY_FIN && v->end->how != ENDED_BY_RST) ||
	    v->end->outcome != OUTCOME_FAILED || v->end->rejected_late ||
	    strcmp(g->code, client ? "client_abandoned" : "server_abandoned") != 0)
		return false;
	if (v->end->phase < PHASE_HELLO || (!client && v->end->phase <= PHASE_RETRY))
		return false;
	blame(g, LIKELY, party_of(v->end->by), party_of(v->end->by));
	g->weight = client && v->end->phase == PHASE_HELLO ? 45 : 42;
	say(g, "The %s %s the connection in mid-handshake, without an alert%s", party_noun(v->end->by),
	    v->end->how == ENDED_BY_RST ? "reset" : "closed",
	    after_request ? ", after the server had asked for a client certificate (a browser does so while it asks the user)" : "");
	show_hello(g, v);
	if (v->h->server)
		show(g, v->h->server_mark, "ServerHello");
	show_end(g, v);
	return true;
}

static bool waiting_forever(const struct view *v, struct guess *g)
{
	if (v->end->how != ENDED_BY_SILENCE || v->end->phase < PHASE_HELLO ||
	    v->end->phase == PHASE_DONE)
		return false;
	blame(g, POSSIBLE, PARTY_UNKNOWN, PARTY_SERVER);
	g->weight = 30;
	say(g, "The handshake stopped half-way and nobody ended it");
	show_exchange(g, v);
	return true;
}

struct rule_set network_rules(void)
{
	static const struct rule rules[] = {
		{ "connect_refused", refused },
		{ "connect_timeout", timed_out },
		{ "server_silent", silent },
		{ "reset_after_client_hello", reset_after_hello },
		{ "closed_after_client_hello", closed_after_hello },
		{ "closed_after_client_hello", closed_before_hello },
		{ "reset_injected", injected },
		{ "client_abandoned", abandoned },
		{ "server_abandoned", abandoned },
		{ "handshake_timeout", stalled },
		{ "handshake_timeout", stalled_in_hello },
		{ "handshake_timeout", waiting_forever },
	};

	return (struct rule_set){ rules, sizeof(rules) / sizeof(rules[0]) };
}
