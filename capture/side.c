/* What one side of a TCP connection did, packet by packet. */
#include "flow.h"

enum {
	/* A second capture of the same packet comes within a mirror's delay. With an IP ID, which a
	 * retransmission would not repeat, that may be long, and for a SYN, whose timer is a second;
	 * else it must be short, until the flow is known to be mirrored twice. */
	REPEAT_MS = 20,
	REPEAT_UNSURE_MS = 1,
	MAX_WINDOW_SHIFT = 14,		/* RFC 7323 2.3 */
};

static uint64_t highest(const struct tcp_side *side)
{
	uint64_t high = side->sent > side->acked ? side->sent : side->acked;

	return high > side->delivered ? high : side->delivered;
}

int64_t side_offset(const struct flow *w, enum side s, uint32_t seq)
{
	uint64_t high = highest(&w->facts.side[s]);
	uint32_t away = seq - (w->half[s].base + (uint32_t)high);

	return (int64_t)high + (away < 0x80000000u ? (int64_t)away : (int64_t)away - 0x100000000);
}

static uint64_t mix(uint64_t value, uint64_t with)
{
	value = (value ^ with) * 0x9e3779b97f4a7c15u;
	return value ^ value >> 32;
}

static uint64_t print_of(const struct packet *p)
{
	uint64_t value = mix(0, (uint64_t)p->seq << 32 | p->ack);

	value = mix(value, (uint64_t)p->payload_wire_len << 32 | (uint64_t)p->ip_id << 16 | p->window);
	value = mix(value, p->flags);
	for (int i = 0; i < p->sack_count; i++)
		value = mix(value, (uint64_t)p->sack[i][0] << 32 | p->sack[i][1]);
	return value;
}

static int64_t mirror_delay(const struct flow *w, const struct packet *p)
{
	bool sure = p->ip_id || p->flags & TCP_SYN || w->facts.side[SIDE_CLIENT].duplicates ||
		    w->facts.side[SIDE_SERVER].duplicates;

	return (sure ? REPEAT_MS : REPEAT_UNSURE_MS) * MILLISECOND;
}

static bool is_among(const struct half *h, uint64_t value, int64_t time, int64_t within)
{
	for (int i = 0; i < PRINTS_KEPT; i++) {
		int64_t apart = time_apart(time, h->prints[i].time);

		if (h->prints[i].value == value && apart <= within && apart >= -within)
			return true;
	}
	return false;
}

static uint8_t tag_of(uint64_t value)
{
	return (uint8_t)(value >> 56);
}

static bool may_be_among(const struct half *h, uint64_t value)
{
	uint64_t tags;

	_Static_assert(sizeof(tags) == sizeof(h->print_tags), "all tags in one word");
	memcpy(&tags, h->print_tags, sizeof(tags));
	return table_equal(tags, tag_of(value));
}

bool side_repeats(struct flow *w, enum side s, const struct packet *p)
{
	struct half *h = &w->half[s];
	uint64_t value = print_of(p);

	/* Without an ID, equal empty segments may each answer another packet: these are no copies. */
	if (!p->ip_id && !p->payload_wire_len)
		value = mix(value, w->facts.side[other_side(s)].last_packet.frame);
	if (may_be_among(h, value) && is_among(h, value, p->mark.time, mirror_delay(w, p)))
		return true;
	h->prints[h->next_print] = (struct print){ .value = value, .time = p->mark.time };
	h->print_tags[h->next_print] = tag_of(value);
	h->next_print = (uint8_t)((h->next_print + 1) % PRINTS_KEPT);
	return false;
}

static bool is_bare_fin(const struct packet *p)
{
	return p->kind == PACKET_TCP && p->flags & TCP_FIN && !p->payload_wire_len;
}

void side_note_link(struct flow_facts *facts, enum side s, const struct packet *p)
{
	struct tcp_side *side = &facts->side[s], *other = &facts->side[other_side(s)];

	if (!side->link)
		side->link = p->link[0];
	if (!other->link)
		other->link = p->link[1];
}

static bool is_newer(const struct half *h, const struct packet *p)
{
	return !h->has_stamp || (int32_t)(p->stamp - h->stamp) > 0;
}

/* A SYN that has waited for an answer no longer knows its own (lone.h), and nothing is older than it. */
void side_note_stamp(struct half *h, const struct packet *p)
{
	if (!p->has_timestamps || p->flags & TCP_SYN || !is_newer(h, p))
		return;
	h->has_stamp = true;
	h->stamp = p->stamp;
}

/* A sender does not use an IP ID twice: the network did. */
static bool was_seen_before(const struct half *h, const struct packet *p)
{
	uint64_t value = print_of(p);
	int seen = 0;

	for (int i = 0; p->ip_id && i < PRINTS_KEPT; i++)
		seen += h->prints[i].value == value;
	return seen > 1;
}

/* Who has reset a connection has nothing more to say in it, but what was on its way, in disorder or
 * twice: by the sender's own clock that is no later than what was seen of it. */
void side_note_after_reset(struct flow *w, enum side s, const struct packet *p)
{
	struct tcp_side *side = &w->facts.side[s];
	const struct mark *reset = &side->resets[0].mark;

	if (!side->reset_count || side->packet_after_reset.frame || p->flags & (TCP_SYN | TCP_RST) ||
	    p->mark.frame <= reset->frame || time_apart(p->mark.time, reset->time) < MILLISECOND)
		return;
	if ((p->has_timestamps && !is_newer(&w->half[s], p)) || was_seen_before(&w->half[s], p))
		return;
	side->packet_after_reset = p->mark;
}

void side_note_packet(struct tcp_side *side, const struct packet *p)
{
	bool first = !side->ttl_max && !side->ttl_min && !side->last_ip_id;

	if (!side->first_packet.frame)
		side->first_packet = p->mark;
	side->last_packet = p->mark;
	if (p->kind == PACKET_TCP && p->flags & TCP_RST)
		return;
	if (is_bare_fin(p) && !side->fin_ttl) {
		side->fin_ttl = p->ttl;
	} else {
		if (first || p->ttl < side->ttl_min)
			side->ttl_min = p->ttl;
		if (p->ttl > side->ttl_max)
			side->ttl_max = p->ttl;
	}
	side->ip_id_always_zero = (first || side->ip_id_always_zero) && !p->ip_id;
	side->last_ip_id = p->ip_id;
	if (p->kind != PACKET_TCP)
		return;
	side->last_window = p->window;
	if (!p->window && !(p->flags & TCP_SYN))
		side->zero_windows++;
}

void side_note_syn(struct flow *w, enum side s, const struct packet *p)
{
	struct tcp_side *side = &w->facts.side[s];

	if (!side->syn.frame) {
		side->syn = p->mark;
		side->syn_ttl = p->ttl;
	}
	side->last_syn = p->mark;
	if (side->syn_count < UINT16_MAX)
		side->syn_count++;
	side->mss = p->mss;
	side->sack_permitted = p->has_sack_permitted;
	side->timestamps = p->has_timestamps;
	side->window_scaling = p->has_window_scale;
}

static bool sacks_above_hole(const struct packet *p)
{
	for (int i = 0; i < p->sack_count; i++) {
		if ((int32_t)(p->sack[i][0] - p->ack) > 0)	/* else a D-SACK (RFC 2883) */
			return true;
	}
	return false;
}

/* An empty segment that repeats an acknowledgement while data is outstanding (RFC 5681 2). */
static bool is_dup_ack(const struct flow *w, enum side s, const struct packet *p, int64_t offset)
{
	const struct tcp_side *other = &w->facts.side[other_side(s)];

	return !p->payload_wire_len && !(p->flags & (TCP_SYN | TCP_FIN)) &&
	       w->half[s].has_ack && w->half[s].last_ack == p->ack &&
	       offset == (int64_t)other->acked && other->sent > other->acked &&
	       w->facts.side[s].last_window == p->window;
}

/* Before side_note_packet, which takes over the window. */
void side_note_ack(struct flow *w, enum side s, const struct packet *p)
{
	struct tcp_side *side = &w->facts.side[s], *other = &w->facts.side[other_side(s)];
	struct half *theirs = &w->half[other_side(s)];
	int64_t offset = side_offset(w, other_side(s), p->ack);

	if (sacks_above_hole(p))
		side->sacked_above_hole = true;
	if (is_dup_ack(w, s, p, offset))
		side->dup_acks++;
	if (theirs->has_fin && offset == (int64_t)other->fin_offset + 1) {
		theirs->fin_acked = true;
		offset--;
	}
	if (offset <= 0 || (uint64_t)offset <= other->acked)
		return;
	other->acked = (uint64_t)offset;
	side->last_ack = p->mark;
	if (!side->first_ack.frame)
		side->first_ack = p->mark;
}

static uint64_t next_expected(const struct flow *w, enum side s)
{
	const struct half *h = &w->half[s];
	const struct tcp_side *side = &w->facts.side[s];

	return side->sent + (h->has_fin && side->fin_offset >= side->sent);
}

static int32_t clamp32(int64_t value)
{
	if (value > INT32_MAX)
		return INT32_MAX;
	return value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

/*
 * RFC 9293 3.5.2: in the receiver's window, or, in answer to a SYN, acknowledging it. RFC 5961
 * asks for more, but not of every receiver. What the receiver had acknowledged when the RST came
 * is no more than what the capture saw it acknowledge.
 */
static bool may_be_accepted(const struct flow *w, enum side s, const struct packet *p)
{
	const struct tcp_side *side = &w->facts.side[s], *other = &w->facts.side[other_side(s)];
	bool scaled = side->window_scaling && other->window_scaling;
	int64_t window = (int64_t)other->last_window << (scaled ? MAX_WINDOW_SHIFT : 0);
	int64_t offset;

	if (!w->half[s].has_base || !other->first_packet.frame)
		return true;
	if (!w->half[s].has_syn && w->half[other_side(s)].has_syn && p->flags & TCP_ACK &&
	    p->ack == w->half[other_side(s)].base)
		return true;
	offset = side_offset(w, s, p->seq);
	if ((int64_t)next_expected(w, s) - (int64_t)side->acked > window)
		window = (int64_t)next_expected(w, s) - (int64_t)side->acked;
	return offset >= (int64_t)side->acked && offset <= (int64_t)side->acked + window;
}

/* Sent once, and acknowledged by nobody yet. */
static int64_t since_asked(const struct flow *w, enum side o, const struct packet *p)
{
	const struct tcp_side *other = &w->facts.side[o];

	if (!(p->flags & TCP_ACK) || !other->data_segments || other->acked >= other->sent ||
	    other->last_retransmission.frame == other->last_data.frame ||
	    side_offset(w, o, p->ack) != (int64_t)next_expected(w, o))
		return -1;
	return time_apart(p->mark.time, other->last_data.time);
}

/* BIG-IP, told to, gives its reason so. */
static void note_reset_words(struct flow_facts *facts, enum side s, const struct packet *p)
{
	size_t len = p->payload_len < RESET_WORDS_MAX ? p->payload_len : RESET_WORDS_MAX;

	if (!len || facts->reset_words_len)
		return;
	memcpy(facts->reset_words, p->payload, len);
	facts->reset_words_len = (uint8_t)len;
	facts->reset_words_from = s;
}

bool side_note_reset(struct flow *w, enum side s, const struct packet *p)
{
	enum side o = other_side(s);
	struct tcp_side *side = &w->facts.side[s], *other = &w->facts.side[o];
	struct tcp_reset reset = {
		.mark = p->mark, .window = p->window, .ip_id = p->ip_id, .ttl = p->ttl,
		.has_ack = p->flags & TCP_ACK, .has_df = p->has_df, .has_options = p->has_options,
		.answers_packet = w->half[o].has_ack && w->half[o].last_ack == p->seq,
		.since_other = other->last_packet.frame ?
			time_apart(p->mark.time, other->last_packet.time) : -1,
		.since_asked = since_asked(w, o, p),
	};

	if (w->half[s].has_base)
		reset.seq_off = clamp32(side_offset(w, s, p->seq) - (int64_t)next_expected(w, s));
	if (reset.has_ack && w->half[o].has_base)
		reset.ack_off = clamp32(side_offset(w, o, p->ack) - (int64_t)next_expected(w, o));
	if (!side->reset_count)
		w->half[s].reset_offset = side_offset(w, s, p->seq);
	/* It waited for the bytes before it, and those that came were others. */
	if (!side->reset_count && reset.seq_off && side->last_data.frame > p->mark.frame)
		side->data_after_reset = side->last_data;
	if (side->reset_count < TCP_RESETS_KEPT)
		side->resets[side->reset_count] = reset;
	side->reset_count++;
	note_reset_words(&w->facts, s, p);
	return may_be_accepted(w, s, p);
}

static void note_again(struct tcp_side *side, const struct packet *p, int64_t offset)
{
	side->retransmissions++;
	if (!side->first_retransmission.frame)
		side->first_retransmission = p->mark;
	side->last_retransmission = p->mark;
	side->retransmitted_offset = offset > 0 ? (uint64_t)offset : 0;
	side->retransmitted_len = p->payload_wire_len;
}

void side_note_data(struct flow *w, enum side s, const struct packet *p, int64_t offset,
		    uint64_t fresh)
{
	struct tcp_side *side = &w->facts.side[s];
	int64_t end = offset + (int64_t)p->payload_wire_len;

	side->data_segments++;
	side->beginning_seen |= offset <= 0 && end > 0;
	if (!side->first_data.frame)
		side->first_data = p->mark;
	side->last_data = p->mark;
	if (p->payload_wire_len > side->largest_segment)
		side->largest_segment = p->payload_wire_len;
	if (fresh < p->payload_wire_len)
		note_again(side, p, offset);
	else if (offset < (int64_t)side->sent)
		side->out_of_order++;
	if (w->half[s].has_fin && end > (int64_t)side->fin_offset && !side->data_after_fin.frame)
		side->data_after_fin = p->mark;
	if (end > (int64_t)side->sent) {
		side->sent = (uint64_t)end;
		if (side->reset_count && end > w->half[s].reset_offset && !side->data_after_reset.frame)
			side->data_after_reset = p->mark;
	}
}
