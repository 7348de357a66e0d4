/*
 * The capture on trial: what it lacks, when it lacks so much that nothing can be said.
 */
#include "origin.h"
#include "rules.h"

static void judge(struct guess *g, enum confidence confidence, int weight)
{
	blame(g, confidence, PARTY_UNKNOWN, PARTY_NETWORK);
	g->weight = weight;
}

static bool side_unseen(const struct view *v, enum side side)
{
	return !happened(v->h->flow->side[side].first_packet);
}

/* The client said what it can say only to a server that has answered: no other way to keys for the
 * handshake (RFC 9001 4.1.4, RFC 9147 6.1), to a cookie or a key exchange (RFC 6347 4.2). */
static bool client_was_answered(const struct handshake *h)
{
	enum { EPOCH_HANDSHAKE = 2 };

	for (uint16_t i = 0; i < h->record_count[SIDE_CLIENT]; i++)
		if (h->records[SIDE_CLIENT][i].epoch >= EPOCH_HANDSHAKE)
			return true;
	return h->second_hello || happened(h->client_key_exchange) ||
	       happened(h->client_certificates_mark) || happened(h->change_cipher[SIDE_CLIENT]);
}

/* Datagrams are not acknowledged: that nothing came back may be what went wrong. */
static bool lacks_a_side(const struct handshake *h, bool client, bool server)
{
	const struct tcp_side *seen = &h->flow->side[client ? SIDE_SERVER : SIDE_CLIENT];

	if (client == server)
		return false;
	if (h->flow->transport == TRANSPORT_TCP)
		return seen->data_segments || h->hello;
	return client || client_was_answered(h);
}

static bool one_sided(const struct view *v, struct guess *g)
{
	bool client = side_unseen(v, SIDE_CLIENT), server = side_unseen(v, SIDE_SERVER);

	if (!lacks_a_side(v->h, client, server))
		return false;
	judge(g, CERTAIN, 80);
	say(g, "The capture holds only the %s's packets of this connection", client ? "server" : "client");
	show(g, v->h->flow->first, "first packet; none from the %s in the whole flow",
	     client ? "client" : "server");
	return true;
}

static bool starts_late(const struct view *v, struct guess *g)
{
	if (v->h->flow->transport != TRANSPORT_TCP || v->h->hello ||
	    happened(v->h->flow->side[SIDE_CLIENT].syn) ||
	    (!v->h->server && !happened(v->h->certificates_mark) && !v->h->record_total[0] &&
	     !v->h->record_total[1]))
		return false;
	judge(g, LIKELY, 70);
	say(g, "The capture began when this handshake was already under way");
	show(g, v->h->flow->first, "first packet of the connection in the capture, neither SYN nor ClientHello");
	return true;
}

static bool truncated(const struct view *v, struct guess *g)
{
	const struct handshake *h = v->h;

	if (!h->flow->side[0].cut && !h->flow->side[1].cut)
		return false;
	judge(g, LIKELY, 75);
	say(g, "The packets were cut short when captured (snap length), and what matters is missing");
	show(g, mark_earlier(h->gap[0], h->gap[1]), "first packet that was cut");
	advise(g, "Capture again with the full packet length (tcpdump -s 0).");
	return true;
}

static bool is_ahead(int32_t offset)
{
	enum { WINDOW_MAX = 1 << 20 };	/* further off it is no number of this connection */

	return offset > 0 && offset < WINDOW_MAX;
}

/* A reset of the connection's own numbers bytes that the capture does not have: it continues behind
 * what its sender was seen to say, or acknowledges more of the other side (RFC 9293 3.5.2). Behind a
 * long wait what its sender had said may have been lost on the network. */
static bool reset_knows_more(const struct view *v)
{
	const struct tcp_reset *r = &v->h->flow->side[v->end->by].resets[0];
	struct origin o;

	if (v->end->how != ENDED_BY_RST)
		return false;
	if (!(r->has_ack && is_ahead(r->ack_off)) &&
	    !(is_ahead(r->seq_off) && v->end->waited < STALL_NS))
		return false;
	origin_of_reset(v->h, v->end->by, &o);
	return !o.strong;
}

/* So does a FIN right behind bytes that never came. What the other side reports as missing (RFC 2018) was
 * lost on the network, and so may be what its sender could have sent again. */
static bool fin_knows_more(const struct view *v)
{
	enum side by = v->end->by;
	const struct handshake *h = v->h;
	bool last = happened(h->gap[by]) &&
		    (!h->record_total[by] || mark_before(h->last_record[by].mark, h->gap[by]));

	return v->end->how == ENDED_BY_FIN && last && v->end->waited < STALL_NS &&
	       !h->flow->side[other_side(by)].sacked_above_hole;
}

/* Before DTLS 1.3 what a side encrypts first is its Finished (RFC 6347 4.2.8): an alert or data of its
 * without that comes behind datagrams that are not there. */
static struct mark encrypted_without_finished(const struct handshake *h, enum side side)
{
	if (h->dissected_as != 'd' || is_tls13(h->version) || happened(h->finished[side]))
		return (struct mark){ 0 };
	for (uint8_t i = 0; i < h->alert_count; i++)
		if (h->alerts[i].hidden && h->alerts[i].from == side)
			return h->alerts[i].mark;
	return h->data_records[side] ? h->first_data[side] : (struct mark){ 0 };
}

/* Packets without which others could not be what they are. */
static bool must_be_more(const struct view *v, struct guess *g)
{
	enum side side = happened(encrypted_without_finished(v->h, SIDE_CLIENT)) ? SIDE_CLIENT : SIDE_SERVER;
	struct mark encrypted = encrypted_without_finished(v->h, side);

	if (!happened(encrypted) && !reset_knows_more(v) && !fin_knows_more(v))
		return false;
	judge(g, LIKELY, 65);
	say(g, "Packets of this handshake are missing from the capture, without which others could not be what they are");
	if (happened(encrypted))
		show(g, encrypted, "%s: an encrypted record; its Finished, which comes first, was not captured",
		     party_noun(side));
	else
		show(g, v->end->mark, "%s: %s whose numbers count bytes that were not captured",
		     party_noun(v->end->by), v->end->how == ENDED_BY_FIN ? "FIN" : "RST");
	return true;
}

static bool gaps(const struct view *v, struct guess *g)
{
	const struct handshake *h = v->h;

	if (must_be_more(v, g))
		return true;
	/* What nobody acknowledged was lost on the network, not in the capture. */
	if (!h->flow->side[0].missing && !h->flow->side[1].missing)
		return false;
	judge(g, LIKELY, 65);
	say(g, "Packets of this handshake are missing from the capture, though the other side acknowledged them");
	show(g, mark_earlier(h->gap[0], h->gap[1]), "first gap");
	return true;
}

static bool ends_early(const struct view *v, struct guess *g)
{
	if (v->end->how != ENDED_NOT)
		return false;
	judge(g, LIKELY, 50);
	if (v->h->flow->end == END_EVICTED) {
		say(g, "tlswhy gave this connection up for lack of memory while its handshake was still going on");
		advise(g, "Give tlswhy more memory (--memory), or a filter that leaves out what does not matter.");
	} else {
		say(g, "The capture ended while this handshake was still going on");
	}
	show_hello(g, v);
	show(g, v->h->flow->last, "last packet of the connection");
	return true;
}

struct rule_set capture_rules(void)
{
	static const struct rule rules[] = {
		{ "capture_one_sided", one_sided },
		{ "capture_starts_late", starts_late },
		{ "capture_truncated", truncated },
		{ "capture_gaps", gaps },
		{ "capture_ends_early", ends_early },
	};

	return (struct rule_set){ rules, sizeof(rules) / sizeof(rules[0]) };
}
