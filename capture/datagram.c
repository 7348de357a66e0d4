/* UDP: who talks to whom, and each payload once. */
#include "flow.h"

enum {
	PORT_WELL_KNOWN = 1024,
	PORT_QUIC_TEST = 4433,		/* where DTLS and QUIC test servers listen by habit */
	REPEAT_MS = 20,			/* within which equal bytes are one packet captured twice */
};

static bool serves(uint16_t port)
{
	return port < PORT_WELL_KNOWN || port == PORT_QUIC_TEST;
}

void datagram_orient(struct flow_facts *facts, const struct packet *p)
{
	bool answer = serves(p->source.port) && !serves(p->destination.port);

	facts->side[SIDE_CLIENT].address = answer ? p->destination : p->source;
	facts->side[SIDE_SERVER].address = answer ? p->source : p->destination;
}

/* FNV-1a. DTLS and QUIC number every packet, so only a copy has the same bytes. */
static uint64_t print_of(const struct packet *p)
{
	struct reader r = reader_of(p->payload, p->payload_len);
	uint64_t value = 0xcbf29ce484222325u ^ p->payload_wire_len;

	while (more(&r))
		value = (value ^ take_u8(&r)) * 0x100000001b3u;
	return value;
}

static bool repeats(struct half *h, const struct packet *p)
{
	uint64_t value = print_of(p);

	for (int i = 0; i < PRINTS_KEPT; i++) {
		int64_t apart = time_apart(p->mark.time, h->prints[i].time);

		if (h->prints[i].value == value && apart <= REPEAT_MS * MILLISECOND &&
		    apart >= -REPEAT_MS * MILLISECOND)
			return true;
	}
	h->prints[h->next_print] = (struct print){ .value = value, .time = p->mark.time };
	h->next_print = (uint8_t)((h->next_print + 1) % PRINTS_KEPT);
	return false;
}

void datagram_take(struct flows *f, struct flow *w, struct packet *p)
{
	enum side s = flow_side(w, &p->source);
	struct tcp_side *side = &w->facts.side[s];
	struct capture_event event;

	if (!w->forgotten && repeats(&w->half[s], p)) {
		side->duplicates++;
		f->stats->duplicates++;
		return;
	}
	flow_turn(w, &p->mark);
	event = (struct capture_event){
		.kind = FLOW_DATAGRAM, .flow = w->id, .from = s, .mark = p->mark,
		.offset = side->sent, .bytes = p->payload, .len = p->payload_len,
		.cut = p->payload_len < p->payload_wire_len,
	};
	side_note_link(&w->facts, s, p);
	side_note_packet(side, p);
	side->data_segments++;
	if (!side->first_data.frame)
		side->first_data = p->mark;
	side->last_data = p->mark;
	side->sent += p->payload_wire_len;
	side->cut += p->payload_wire_len - p->payload_len;
	if (p->payload_wire_len > side->largest_segment)
		side->largest_segment = p->payload_wire_len;
	if (!w->forgotten)
		queue_put(&f->queue, &event, NULL);
}
