/*
 * What the network, or an end that says nothing, did: refused, lost, silent, reset, closed.
 */
#include "rules.h"
#include "origin.h"

enum {
	LARGE_SEGMENT = 1000,		/* payload beyond which a segment is near any MTU in use */
	SEGMENT_OF_ETHERNET = 1460
};

/* A datagram handshake is repeated at about 1 s and 3 s (RFC 9147 5.8.2, RFC 9002 6.2.2): less
 * silence than that proves nothing. */
static const int64_t DATAGRAM_PATIENCE_NS = INT64_C(2500000000);

static const struct tcp_side *side_of(const struct view *v, enum side side)
{
	return &v->h->flow->side[side];
}

static bool is_tcp(const struct view *v)
{
	return v->h->flow->transport == TRANSPORT_TCP;
}

/* What came back for a packet of this side. */
static const struct icmp_error *icmp_for(const struct view *v, enum side side, enum icmp_kind kind)
{
	for (uint8_t i = 0; i < v->h->flow->icmp_count; i++) {
		const struct icmp_error *icmp = &v->h->flow->icmp[i];

		if (icmp->kind == kind && icmp->about == side)
			return icmp;
	}
	return NULL;
}

static void show_icmp(struct guess *g, const struct icmp_error *i)
{
	char from[48];

	host_text(from, &i->from);
	if (i->kind == ICMP_TOO_BIG)
		show(g, i->mark, "ICMP from %s: packet too big, next-hop MTU %u", from, i->mtu);
	else
		show(g, i->mark, "ICMP from %s: type %u code %u", from, i->type, i->code);
}

/* ---- the connection ---- */

static bool refused(const struct view *v, struct guess *g)
{
	const struct tcp_side *server = side_of(v, SIDE_SERVER), *client = side_of(v, SIDE_CLIENT);
	const struct icmp_error *icmp = NULL;
	char from[48];

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
		show(g, server->resets[0].mark, "RST in answer to the SYN");
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

/* ---- the ClientHello ---- */

/* How much of the client's stream the ClientHello takes, as far as it was sent. */
static uint64_t hello_end(const struct view *v)
{
	return side_of(v, SIDE_CLIENT)->sent;
}

static bool waiting_for_server(const struct view *v)
{
	return v->end->phase == PHASE_HELLO ||
	       (v->end->phase == PHASE_BEFORE_HELLO && v->h->pending_want[SIDE_CLIENT]);
}

/* Somebody on the way says that it is not let through. */
static const struct icmp_error *icmp_rejecting(const struct view *v)
{
	const struct icmp_error *icmp = icmp_for(v, SIDE_CLIENT, ICMP_ADMIN_PROHIBITED);

	return icmp ? icmp : icmp_for(v, SIDE_CLIENT, ICMP_PORT_UNREACHABLE);
}

static void say_hello_lost(const struct view *v, struct guess *g)
{
	const struct icmp_error *icmp = icmp_rejecting(v);
	uint32_t times = side_of(v, SIDE_CLIENT)->retransmissions + 1;
	char from[48];

	if (icmp) {
		host_text(from, &icmp->from);
		say(g, "The ClientHello was sent %u times, and %s rejects it, as a firewall or access list does (ICMP type %u code %u)",
		    times, from, icmp->type, icmp->code);
		show_icmp(g, icmp);
	} else {
		say(g, "The ClientHello was sent %u times and never acknowledged", times);
	}
}

static bool hello_lost(const struct view *v, struct guess *g)
{
	const struct tcp_side *client = side_of(v, SIDE_CLIENT);
	char waited[32];
	/* A single one may yet be answered where the capture ends. */
	uint32_t enough = v->end->how == ENDED_NOT && v->end->waited < STALL_NS ? 1 : 0;
	bool never_acked =
	    is_tcp(v) && client->data_segments && !client->acked && client->retransmissions > enough;

	if (!waiting_for_server(v) || v->end->how == ENDED_BY_ALERT)
		return false;
	if (is_tcp(v) && (!never_acked || side_of(v, SIDE_SERVER)->data_segments))
		return false;
	if (!is_tcp(v) &&
	    (v->h->dissected_as != 'q' || happened(side_of(v, SIDE_SERVER)->first_packet) ||
	     v->end->waited < DATAGRAM_PATIENCE_NS))
		return false;
	blame(g, LIKELY, PARTY_NETWORK, PARTY_NETWORK);
	g->weight = 70;
	if (is_tcp(v))
		say_hello_lost(v, g);
	else
		say(g,
		    "Nothing came back for the ClientHello (%llu packets in %s): most likely UDP to this port is blocked on the way",
		    (unsigned long long)v->h->flow->packets,
		    duration_text(waited, v->end->mark.time - v->h->flow->first.time));
	show_hello(g, v);
	if (happened(client->last_retransmission))
		show(g, client->last_retransmission, "client: last retransmission");
	show_end(g, v);
	advise(g, "Capture on the far side of each firewall in turn to find where the ClientHello stops; look for a rule on this name, DPI, or packet loss.");
	return true;
}

/*
 * Seen between the place where it is lost and the server: a connection comes up, and the client's
 * numbers say that it has spoken, but the beginning never passes and is never acknowledged.
 */
static bool beginning_never_passed(const struct view *v)
{
	const struct tcp_side *client = side_of(v, SIDE_CLIENT), *server = side_of(v, SIDE_SERVER);

	return is_tcp(v) && v->tls_expected && v->end->phase == PHASE_BEFORE_HELLO &&
	       happened(client->syn) && happened(server->syn) && !client->beginning_seen &&
	       !client->acked && !server->data_segments && (client->sent || client->fin_offset) &&
	       (v->end->how == ENDED_NOT || v->end->how == ENDED_BY_SILENCE ||
		v->end->by == SIDE_CLIENT);
}

static enum confidence confidence_of_loss(const struct view *v)
{
	bool lasts = v->end->how != ENDED_NOT || v->h->ended.time - v->h->flow->last.time > STALL_NS;

	return lasts ? LIKELY : POSSIBLE;
}

static bool hello_lost_before_here(const struct view *v, struct guess *g)
{
	const struct tcp_side *client = side_of(v, SIDE_CLIENT);

	if (!beginning_never_passed(v) || client->data_segments)
		return false;
	blame(g, confidence_of_loss(v), PARTY_NETWORK, PARTY_NETWORK);
	g->weight = 70;
	say(g, "The client has sent %llu bytes that never came past here, and the server never acknowledged them: its ClientHello is lost between the client and the place of this capture",
	    (unsigned long long)client->fin_offset);
	show(g, side_of(v, SIDE_SERVER)->syn, "server: SYN-ACK");
	show(g, client->fin, "client: FIN behind %llu bytes that were not seen", (unsigned long long)client->fin_offset);
	advise(g, "Capture nearer to the client, device by device, to find where the ClientHello stops.");
	return true;
}

static bool large_hello_lost_before_here(const struct view *v, struct guess *g)
{
	const struct tcp_side *client = side_of(v, SIDE_CLIENT);

	if (!beginning_never_passed(v) || !client->data_segments)
		return false;
	blame(g, confidence_of_loss(v), PARTY_NETWORK, PARTY_NETWORK);
	g->weight = 70;
	say(g, "The end of what the client sent first arrives and its beginning does not: a ClientHello of more than one packet, of which the full-sized part is lost between the client and the place of this capture");
	show(g, client->first_data, "client: bytes up to number %llu, the first ones missing",
	     (unsigned long long)client->sent);
	if (side_of(v, SIDE_SERVER)->sacked_above_hole)
		show(g, side_of(v, SIDE_SERVER)->last_packet, "server: misses the beginning too (SACK)");
	show_end(g, v);
	advise(g, "Look for a smaller MTU on the client's side (VPN, PPPoE) whose ICMP is dropped: clamp the MSS there.");
	return true;
}

static bool hello_is_large(const struct view *v)
{
	const struct tcp_side *client = side_of(v, SIDE_CLIENT);
	uint32_t mss =
	    side_of(v, SIDE_SERVER)->mss ? side_of(v, SIDE_SERVER)->mss : SEGMENT_OF_ETHERNET;
	uint64_t promised = v->h->pending_want[SIDE_CLIENT];

	return hello_end(v) > mss || promised > mss ||
	       (v->h->hello && v->h->hello->length + 9u > mss) ||
	       (client->data_segments > 1 && hello_end(v) > SEGMENT_OF_ETHERNET - 40);
}

static const char *hybrid_of(const struct view *v)
{
	const struct client_hello *c = v->h->hello;

	for (uint16_t i = 0; c && i < c->key_shares.count; i++) {
		const struct named_group *group = named_group(c->key_shares.at[i]);

		if (group && group->client_share_len > 700)
			return group->name;
	}
	return NULL;
}

static bool smaller_hello_passed(const struct view *v)
{
	return v->lesson && v->lesson->largest_hello_passed && v->h->hello &&
	       v->lesson->largest_hello_passed + 200 < v->h->hello->length;
}

static void finish_large(struct guess *g, const struct view *v)
{
	const struct tcp_side *client = side_of(v, SIDE_CLIENT);
	const char *hybrid = hybrid_of(v);

	show_hello(g, v);
	if (client->acked < client->sent)
		show(
		    g, client->last_retransmission,
		    "client: %llu of %llu bytes are acknowledged, the rest was sent %u more times in vain",
		    (unsigned long long)client->acked, (unsigned long long)client->sent,
		    client->retransmissions);
	if (smaller_hello_passed(v))
		show(g, (struct mark){ 0 }, "this server answered ClientHellos of up to %u bytes in other flows", v->lesson->largest_hello_passed);
	show_end(g, v);
	advise(
	    g,
	    "Test with a smaller ClientHello%s%s%s; then update the server, load balancer or firewall that cannot take one of two packets.",
	    hybrid ? " (without the post-quantum group " : "", hybrid ? hybrid : "",
	    hybrid ? ")" : "");
}

/* The first segment is acknowledged and the rest is not. */
static bool large_hello_lost(const struct view *v, struct guess *g)
{
	const struct tcp_side *client = side_of(v, SIDE_CLIENT);

	if (!is_tcp(v) || !waiting_for_server(v) || !hello_is_large(v) ||
	    v->end->how == ENDED_BY_ALERT || side_of(v, SIDE_SERVER)->data_segments)
		return false;
	if (client->acked >= client->sent || !client->retransmissions ||
	    (!client->acked && !smaller_hello_passed(v) &&
	     !side_of(v, SIDE_SERVER)->sacked_above_hole))
		return false;
	blame(g, LIKELY, PARTY_NETWORK, PARTY_NETWORK);
	g->weight = 80;
	say(g, "The ClientHello of %llu bytes needs more than one packet and not all of it arrives",
	    (unsigned long long)client->sent);
	finish_large(g, v);
	return true;
}

/* A large hello is reset, closed on or left unanswered where smaller ones are answered. */
static bool large_hello_refused(const struct view *v, struct guess *g)
{
	if (!is_tcp(v) || !waiting_for_server(v) || !hello_is_large(v) ||
	    !smaller_hello_passed(v) || v->end->how == ENDED_NOT || v->end->how == ENDED_BY_ICMP ||
	    side_of(v, SIDE_SERVER)->data_segments)
		return false;
	blame(g, LIKELY, v->end->by == SIDE_SERVER ? PARTY_SERVER : PARTY_NETWORK, PARTY_SERVER);
	g->weight = 75;
	say(g, "A ClientHello of %u bytes fails here where smaller ones to the same server succeed", v->h->hello->length);
	finish_large(g, v);
	return true;
}

/* Reset or closed when only the first part of a large hello had been sent or acknowledged. */
static bool large_hello_cut_off(const struct view *v, struct guess *g)
{
	const struct tcp_side *client = side_of(v, SIDE_CLIENT);

	if (!is_tcp(v) || !waiting_for_server(v) || !hello_is_large(v) ||
	    v->end->by != SIDE_SERVER ||
	    (v->end->how != ENDED_BY_RST && v->end->how != ENDED_BY_FIN) ||
	    client->acked >= client->sent)
		return false;
	blame(g, POSSIBLE, PARTY_SERVER, PARTY_SERVER);
	g->weight = 60;
	say(g, "The server, or a box before it, ended the connection when it had seen only part of a ClientHello of %llu bytes",
	    (unsigned long long)client->sent);
	finish_large(g, v);
	return true;
}

static bool hello_acknowledged(const struct view *v)
{
	const struct tcp_side *client = side_of(v, SIDE_CLIENT);

	return client->acked >= client->sent || (client->acked && !client->retransmissions);
}

static enum party who_gave_up(const struct view *v)
{
	if (v->end->how == ENDED_NOT || v->end->how == ENDED_BY_SILENCE ||
	    v->end->how == ENDED_BY_ICMP)
		return PARTY_UNKNOWN;
	return party_of(v->end->by);
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
	show(g, v->end->mark, "%s with the %s's address", reset ? "RST" : "FIN", whose);
	for (uint8_t i = 0; i < o.count; i++)
		show(g, o.signs[i].mark, "%s", o.signs[i].text);
	if (o.hops)
		advise(g, "Look for the device about %d hops nearer to the capture point than the %s: a firewall, IPS or filter on this name.", o.hops, whose);
	advise(g, "Repeat with another server name, and over another path (VPN), to see what triggers it.");
	return true;
}

/* ---- the server's flight ---- */

static bool flight_lost(const struct view *v, struct guess *g)
{
	const struct tcp_side *server = side_of(v, SIDE_SERVER), *client = side_of(v, SIDE_CLIENT);
	const struct icmp_error *icmp = icmp_for(v, SIDE_SERVER, ICMP_TOO_BIG);
	bool stuck = server->acked < server->sent && server->retransmissions &&
		     server->retransmitted_len >= LARGE_SEGMENT / 2;
	bool hole = client->sacked_above_hole || client->dup_acks > 0;
	/* Without SACK, repeated acknowledgements say the same. */
	bool lasting = hole && server->acked < server->sent && v->end->waited > STALL_NS;

	if (!is_tcp(v) || v->end->phase < PHASE_HELLO || v->end->phase > PHASE_CLIENT_TURN ||
	    v->end->outcome != OUTCOME_FAILED || v->end->how == ENDED_BY_ALERT ||
	    v->end->how == ENDED_BY_HIDDEN_ALERT)
		return false;
	if (!server->data_segments || (!stuck && !(hole && server->acked < server->sent)))
		return false;
	blame(g,
	      lasting || (stuck && (hole || icmp || server->retransmissions > 1)) ? LIKELY
										  : POSSIBLE,
	      PARTY_NETWORK, PARTY_NETWORK);
	g->weight = 75;
	if (stuck)
		say(g, "The server's answer does not get through: segments of %u bytes are lost again and again%s",
		    server->retransmitted_len, hole ? " while smaller ones arrive" : "");
	else if (!server->acked)
		say(g, "The server's answer does not get through: its beginning never arrives, though later bytes do");
	else
		say(g, "The server's answer does not get through: what follows its first %llu bytes never arrives, though later bytes do",
		    (unsigned long long)server->acked);
	show_hello(g, v);
	if (happened(server->last_retransmission))
		show(g, server->last_retransmission, "server: retransmission number %u, %u bytes, never acknowledged",
		     server->retransmissions, server->retransmitted_len);
	if (hole)
		show(g, client->last_packet, "client: acknowledges only %llu of %llu bytes, though later ones arrived",
		     (unsigned long long)server->acked, (unsigned long long)server->sent);
	if (icmp)
		show_icmp(g, icmp);
	show_end(g, v);
	return true;
}

/* QUIC: Handshake packets arrive, which follow the ServerHello, and that does not: it is in a datagram of
 * full size. */
static bool datagrams_lost(const struct view *v, struct guess *g)
{
	uint32_t count;
	char waited[32];

	if (v->h->dissected_as != 'q' || !v->h->hello || v->h->server || v->end->how == ENDED_BY_ALERT)
		return false;
	quic_handshake_span(v->h, SIDE_SERVER, &count);
	if (!count || v->h->flow->last.time - side_of(v, SIDE_SERVER)->first_packet.time < DATAGRAM_PATIENCE_NS)
		return false;
	blame(g, LIKELY, PARTY_NETWORK, PARTY_NETWORK);
	g->weight = 75;
	say(g, "The server's answer does not get through: its small datagrams arrive, the full-sized ones with the ServerHello do not, for %s",
	    duration_text(waited, v->h->flow->last.time - side_of(v, SIDE_SERVER)->first_packet.time));
	show_hello(g, v);
	show(g, side_of(v, SIDE_SERVER)->first_packet, "server: a datagram that can only follow its ServerHello");
	show_end(g, v);
	advise(g, "Look for a path that carries less than the 1200 bytes that QUIC needs (RFC 9000 14), and for a filter on large UDP datagrams.");
	return true;
}

/* ---- given up half-way ---- */

/* A client certificate is large, and a path may be narrower one way than the other. */
static bool client_flight_lost(const struct view *v, struct guess *g)
{
	const struct tcp_side *client = side_of(v, SIDE_CLIENT);
	const struct icmp_error *icmp = icmp_for(v, SIDE_CLIENT, ICMP_TOO_BIG);

	if (v->end->outcome == OUTCOME_COMPLETED || v->end->how == ENDED_BY_ALERT ||
	    v->end->how == ENDED_BY_HIDDEN_ALERT || !client_flight_never_arrived(v->h))
		return false;
	blame(g, LIKELY, v->end->how == ENDED_BY_FIN || v->end->how == ENDED_BY_RST ? who_gave_up(v) : PARTY_NETWORK,
	      PARTY_NETWORK);
	g->weight = 74;
	say(g, "The client's answer to the server's flight does not get through: %u bytes were sent %u times and never acknowledged",
	    client->retransmitted_len, client->retransmissions + 1);
	show_hello(g, v);
	show(g, v->h->server_mark, "ServerHello");
	show(g, client->last_retransmission, "client: last retransmission");
	if (icmp)
		show_icmp(g, icmp);
	show_end(g, v);
	advise(g, "Look for a smaller MTU on the way to the server (VPN, PPPoE, tunnel) whose ICMP is dropped, and for a firewall that drops what it cannot inspect; capture at both ends to see where it stops.");
	return true;
}

static bool never_confirmed(const struct view *v, struct guess *g)
{
	uint32_t count;
	char span[32];

	if (v->end->outcome == OUTCOME_COMPLETED || v->end->how == ENDED_BY_ALERT ||
	    v->end->how == ENDED_BY_HIDDEN_ALERT || !quic_never_confirmed(v->h))
		return false;
	blame(g, LIKELY, PARTY_NETWORK, PARTY_NETWORK);
	g->weight = 65;		/* more than what either says when it gives up */
	duration_text(span, quic_handshake_span(v->h, SIDE_CLIENT, &count));
	say(g, "The client repeated its last flight for %s and the server never confirmed the handshake: the client's datagrams do not get through, or the server's answer does not",
	    span);
	show_hello(g, v);
	show_end(g, v);
	return true;
}

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
		{ "client_hello_lost", hello_lost },
		{ "client_hello_lost", hello_lost_before_here },
		{ "large_client_hello_lost", large_hello_lost_before_here },
		{ "large_client_hello_lost", large_hello_lost },
		{ "large_client_hello_lost", large_hello_refused },
		{ "large_client_hello_lost", large_hello_cut_off },
		{ "server_silent", silent },
		{ "server_flight_lost", flight_lost },
		{ "server_flight_lost", datagrams_lost },
		{ "reset_after_client_hello", reset_after_hello },
		{ "closed_after_client_hello", closed_after_hello },
		{ "closed_after_client_hello", closed_before_hello },
		{ "reset_injected", injected },
		{ "client_abandoned", abandoned },
		{ "server_abandoned", abandoned },
		{ "handshake_timeout", client_flight_lost },
		{ "handshake_timeout", never_confirmed },
		{ "handshake_timeout", stalled },
		{ "handshake_timeout", stalled_in_hello },
		{ "handshake_timeout", waiting_forever },
	};

	return (struct rule_set){ rules, sizeof(rules) / sizeof(rules[0]) };
}
