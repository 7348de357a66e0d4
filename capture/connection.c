/* One TCP connection from packet to packet: where its streams begin, what each packet adds. */
#include "flow.h"

enum {
	PORT_WELL_KNOWN = 1024,
	/* How far before what was taken for a stream's start its real start may turn up. */
	REBASE_MAX = 1 << 20,
};

enum side flow_side(const struct flow *w, const struct address *source)
{
	return same_address(&w->facts.side[SIDE_CLIENT].address, source) ? SIDE_CLIENT : SIDE_SERVER;
}

/* Without a SYN: the lower port serves; if they say nothing, who speaks first is the client. */
static bool source_serves(const struct packet *p)
{
	bool source_known = p->source.port < PORT_WELL_KNOWN;
	bool destination_known = p->destination.port < PORT_WELL_KNOWN;

	if (source_known != destination_known)
		return source_known;
	return p->source.port < p->destination.port;
}

void connection_orient(struct flow_facts *facts, const struct packet *p)
{
	bool source_is_server = source_serves(p);

	if (p->flags & TCP_SYN && !(p->flags & TCP_RST)) {
		source_is_server = p->flags & TCP_ACK;
		facts->client_known = true;
	}
	facts->side[SIDE_CLIENT].address = source_is_server ? p->destination : p->source;
	facts->side[SIDE_SERVER].address = source_is_server ? p->source : p->destination;
}

/* The SYN whose answer was captured before it, and data before both. */
static bool was_answered(const struct flow *w, enum side s, const struct packet *p)
{
	const struct half *other = &w->half[other_side(s)];

	return other->has_syn && !w->half[s].has_syn && other->syn_ack == p->seq + 1;
}

bool connection_begins_anew(struct flows *f, struct flow *w, const struct packet *p)
{
	const struct half *h;
	uint32_t before;
	enum side s;

	if ((p->flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN)
		return false;
	s = flow_side(w, &p->source);
	h = &w->half[s];
	if (!h->has_base || p->seq + 1 == h->base || was_answered(w, s, p))
		return false;
	before = h->base - (p->seq + 1);
	if (h->settled || before > REBASE_MAX)
		return true;
	w->facts.stream = flows_new_stream(f, TRANSPORT_TCP);	/* for Wireshark it does begin anew */
	return false;
}

/* A SYN behind the first packets shows that the guess was wrong; only OPENED was told yet. */
static void turn_round(struct flow *w)
{
	struct tcp_side side = w->facts.side[SIDE_CLIENT];
	struct half half = w->half[SIDE_CLIENT];

	w->facts.side[SIDE_CLIENT] = w->facts.side[SIDE_SERVER];
	w->facts.side[SIDE_SERVER] = side;
	w->half[SIDE_CLIENT] = w->half[SIDE_SERVER];
	w->half[SIDE_SERVER] = half;
}

static bool nothing_told(const struct flow *w)
{
	for (int s = 0; s < 2; s++) {
		if (w->facts.side[s].delivered || w->half[s].fin_told || w->facts.side[s].reset_count)
			return false;
	}
	return true;
}

static void learn_client(struct flow *w, const struct packet *p)
{
	enum side s = flow_side(w, &p->source);
	enum side client = p->flags & TCP_ACK ? other_side(s) : s;

	if (w->facts.client_known)
		return;
	if (client == SIDE_SERVER) {
		if (!nothing_told(w))
			return;
		turn_round(w);
	}
	w->facts.client_known = true;
}

static void take_syn(struct flow *w, enum side s, const struct packet *p)
{
	struct half *h = &w->half[s];
	struct tcp_side *side = &w->facts.side[s];
	uint32_t base = p->seq + 1;
	bool silent = !side->delivered && !side->sent && !side->acked && !h->first && !h->has_fin;

	if (!h->has_base || silent)
		h->base = base;
	else if (!h->settled && h->base - base <= REBASE_MAX)
		reassemble_rebase(w, s, h->base - base);
	else if (h->base != base)
		return;		/* another ISN in mid-stream: not the one that was answered */
	h->has_base = h->settled = h->anchored = h->has_syn = true;
	h->syn_ack = p->ack;
	side_note_syn(w, s, p);
}

/* Where the sender's stream begins if no SYN said so. */
static void find_base(struct flow *w, enum side s, const struct packet *p)
{
	struct half *h = &w->half[s];
	uint32_t before;

	if (!h->has_base) {
		h->base = p->seq;
		h->has_base = true;
		h->anchored = !p->payload_wire_len;
		return;
	}
	before = h->base - p->seq;
	if (h->settled || !p->payload_wire_len || !before || before > REBASE_MAX)
		return;
	reassemble_rebase(w, s, before);
	h->anchored = false;
}

/* A base that only an empty segment set. */
static bool is_untouched(const struct flow *w, enum side s)
{
	const struct half *h = &w->half[s];

	return !h->settled && !h->first && !h->has_fin && !w->facts.side[s].sent &&
	       !w->facts.side[s].acked;
}

static void take_ack(struct flow *w, enum side s, const struct packet *p)
{
	struct half *theirs = &w->half[other_side(s)];

	if (!theirs->has_base) {
		theirs->base = p->ack;
		theirs->has_base = theirs->anchored = true;
		theirs->settled = p->flags & TCP_SYN;
	} else if (theirs->base == p->ack) {
		theirs->anchored = true;
	} else if (theirs->base + 1 == p->ack && is_untouched(w, other_side(s))) {
		theirs->base++;		/* what set the base was a keep-alive, one before the next byte */
	}
	side_note_ack(w, s, p);
	w->half[s].has_ack = true;
	w->half[s].last_ack = p->ack;
}

static void take_fin(struct flow *w, enum side s, const struct packet *p, int64_t offset)
{
	struct half *h = &w->half[s];
	struct tcp_side *side = &w->facts.side[s];
	int64_t end = offset + (int64_t)p->payload_wire_len;

	if (h->has_fin || end < 0 || end < (int64_t)side->delivered)
		return;
	h->has_fin = true;
	side->fin = p->mark;
	side->fin_offset = (uint64_t)end;
	if (side->acked == side->fin_offset + 1) {	/* the ACK was captured before it */
		side->acked--;
		h->fin_acked = true;
	}
}

/* RFC 9293 3.8.4: one byte before the next, and everything before that is acknowledged. */
static bool is_keepalive(const struct flow *w, enum side s, const struct packet *p, int64_t offset)
{
	const struct tcp_side *side = &w->facts.side[s];

	return p->payload_wire_len <= 1 && !(p->flags & (TCP_SYN | TCP_FIN | TCP_RST)) &&
	       offset == (int64_t)side->sent - 1 && side->acked >= side->sent;
}

static void take_payload(struct flows *f, struct flow *w, enum side s, const struct packet *p)
{
	int64_t offset = side_offset(w, s, p->flags & TCP_SYN ? p->seq + 1 : p->seq);

	if (is_keepalive(w, s, p, offset)) {
		w->facts.side[s].keepalives++;
		return;
	}
	if (p->payload_wire_len)
		side_note_data(w, s, p, offset, reassemble_data(f, w, s, p, offset));
	if (p->flags & TCP_FIN)
		take_fin(w, s, p, offset);
}

static void take_reset(struct flows *f, struct flow *w, enum side s, const struct packet *p)
{
	struct capture_event event = {
		.kind = FLOW_RST, .flow = w->id, .from = s, .mark = p->mark,
	};

	if (!side_note_reset(w, s, p))
		return;
	w->half[s].has_reset = true;
	queue_put(&f->queue, &event, NULL);
}

/* A RST that its sender's own data followed did not end the connection. */
static bool was_reset(const struct flow *w, enum side s)
{
	return w->half[s].has_reset && !w->facts.side[s].data_after_reset.frame;
}

static bool is_over(const struct flow *w)
{
	return was_reset(w, SIDE_CLIENT) || was_reset(w, SIDE_SERVER) ||
	       (w->half[SIDE_CLIENT].fin_acked && w->half[SIDE_SERVER].fin_acked);
}

enum flow_state connection_state(const struct flow *w, const struct packet *p)
{
	if (w->parked)
		return STATE_WAITING;
	if (is_over(w))
		return STATE_DONE;
	if (p && w->state == STATE_OPENING && (p->flags & (TCP_SYN | TCP_ACK)) != TCP_ACK &&
	    !p->payload_wire_len)
		return STATE_OPENING;
	return STATE_OPEN;
}

void flow_turn(struct flow *w, struct mark *mark)
{
	w->turn = w->turn < mark->frame ? mark->frame : w->turn + 1;
	mark->turn = w->turn;
	if (mark->frame >= w->facts.last.frame)
		w->facts.last = *mark;
	else
		w->facts.last.turn = w->turn;
}

/* Nothing is held, waited for or still to be told: most packets leave a direction so. */
static bool is_at_rest(const struct flow *w, enum side s)
{
	const struct half *h = &w->half[s];

	return !h->first && !h->waiting && !h->has_fin && w->facts.side[s].acked <= w->facts.side[s].delivered;
}

static void take_packet(struct flows *f, struct flow *w, enum side s, struct packet *p)
{
	flow_turn(w, &p->mark);
	if (side_repeats(w, s, p)) {
		w->facts.side[s].duplicates++;
		f->stats->duplicates++;
		return;
	}
	if (p->flags & TCP_RST) {
		take_reset(f, w, s, p);
	} else {
		if (p->flags & TCP_SYN)
			take_syn(w, s, p);
		else
			find_base(w, s, p);
		if (p->flags & TCP_ACK)
			take_ack(w, s, p);
		if (w->half[s].has_base)
			take_payload(f, w, s, p);
	}
	side_note_link(&w->facts, s, p);
	side_note_after_reset(w, s, p);
	side_note_stamp(&w->half[s], p);
	side_note_packet(&w->facts.side[s], p);
	if (is_at_rest(w, SIDE_CLIENT) && is_at_rest(w, SIDE_SERVER))
		return;
	reassemble_settle(f, w, s, &p->mark);
	reassemble_settle(f, w, other_side(s), &p->mark);
}

static void take_parked(struct flows *f, struct flow *w, bool any)
{
	struct parked *early;

	while ((early = park_next(f, w, any))) {
		take_packet(f, w, flow_side(w, &early->packet.source), &early->packet);
		park_lend(f, early);
	}
}

bool connection_unpark(struct flows *f, struct flow *w)
{
	bool parked = w->parked;

	take_parked(f, w, true);
	return parked;
}

void connection_take(struct flows *f, struct flow *w, struct packet *p)
{
	enum side s;

	if (p->flags & TCP_SYN && !(p->flags & TCP_RST))
		learn_client(w, p);
	s = flow_side(w, &p->source);
	if (!park(f, w, s, p)) {
		take_packet(f, w, s, p);
		if (!w->parked)
			return;
		w->waited++;
	}
	take_parked(f, w, false);
}

enum flow_end connection_end(const struct flow *w, enum flow_end end)
{
	const struct half *c = &w->half[SIDE_CLIENT], *s = &w->half[SIDE_SERVER];

	if (c->has_fin && s->has_fin)
		return END_CLOSED;
	if (c->has_reset || s->has_reset)
		return END_RESET;
	return end == END_IDLE && (c->has_fin || s->has_fin) ? END_CLOSED : end;
}
