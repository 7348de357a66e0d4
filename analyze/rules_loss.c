/*
 * What does not get through: the ClientHello, the server's flight, the client's answer to it.
 */
#include "rules.h"

enum {
	LARGE_SEGMENT = 1000,		/* payload beyond which a segment is near any MTU in use */
	SEGMENT_OF_ETHERNET = 1460
};

/* ---- the ClientHello ---- */

/* How much of the client's stream the ClientHello takes, as far as it was sent. */
static uint64_t hello_end(const struct view *v)
{
	return side_of(v, SIDE_CLIENT)->sent;
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

/* ---- the client's answer ---- */

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

struct rule_set loss_rules(void)
{
	static const struct rule rules[] = {
		{ "client_hello_lost", hello_lost },
		{ "client_hello_lost", hello_lost_before_here },
		{ "large_client_hello_lost", large_hello_lost_before_here },
		{ "large_client_hello_lost", large_hello_lost },
		{ "large_client_hello_lost", large_hello_refused },
		{ "large_client_hello_lost", large_hello_cut_off },
		{ "server_flight_lost", flight_lost },
		{ "server_flight_lost", datagrams_lost },
		{ "handshake_timeout", client_flight_lost },
		{ "handshake_timeout", never_confirmed },
	};

	return (struct rule_set){ rules, sizeof(rules) / sizeof(rules[0]) };
}
