/*
 * One direction's bytes, in order and each once. What comes in order is lent straight from its
 * packet; what comes early is copied and held until the bytes before it came, or will not come.
 */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

enum {
	/* A mirror port may deliver an acknowledgement before the data that it acknowledges. */
	PATIENCE_PACKETS = 3,
	PATIENCE_MS = 10,		/* together with the packets */
	PATIENCE_ALONE_MS = 100,	/* or this alone */
	/* A FIN that the capture lacks moves the acknowledgement by one: no byte is missing. */
	PHANTOM = 1,
};

static uint64_t held_end(const struct held *h)
{
	return h->offset + h->len;
}

static void release(struct flows *f, struct half *half, struct held *h)
{
	size_t size = sizeof(*h) + (h->cut ? 0 : h->len);

	half->held_bytes -= size;
	half->held_count--;
	f->held_bytes -= size;
}

void reassemble_drop(struct flows *f, struct half *h)
{
	while (h->first) {
		struct held *next = h->first->next;

		release(f, h, h->first);
		free(h->first);
		h->first = next;
	}
	h->last = NULL;
}

void reassemble_rebase(struct flow *w, enum side s, uint32_t down)
{
	struct half *h = &w->half[s];
	struct tcp_side *side = &w->facts.side[s];

	h->base -= down;
	side->sent += side->sent ? down : 0;
	side->acked += side->acked ? down : 0;
	side->fin_offset += h->has_fin ? down : 0;
	side->retransmitted_offset += side->retransmissions ? down : 0;
	for (struct held *at = h->first; at; at = at->next)
		at->offset += down;
}

static void keep_head(struct half *h, uint64_t offset, const uint8_t *bytes, uint32_t len)
{
	struct head *head = &h->heads[h->next_head];

	head->offset = offset;
	head->len = (uint8_t)(len < HEAD_BYTES ? len : HEAD_BYTES);
	memcpy(head->bytes, bytes, head->len);
	h->next_head = (uint8_t)((h->next_head + 1) % HEADS_KEPT);
}

static void emit_bytes(struct flows *f, struct flow *w, enum side s, const struct mark *mark,
		       const uint8_t *bytes, uint32_t len, struct held *held)
{
	struct tcp_side *side = &w->facts.side[s];
	struct capture_event event = {
		.kind = FLOW_BYTES, .flow = w->id, .from = s, .mark = *mark,
		.offset = side->delivered, .bytes = bytes, .len = len,
	};

	w->half[s].settled = true;
	w->half[s].waiting = false;
	keep_head(&w->half[s], side->delivered, bytes, len);
	side->delivered += len;
	if (!queue_put(&f->queue, &event, held))
		free(held);
}

static void emit_gap(struct flows *f, struct flow *w, enum side s, const struct mark *mark,
		     uint64_t lost)
{
	struct tcp_side *side = &w->facts.side[s];
	struct capture_event event = {
		.kind = FLOW_GAP, .flow = w->id, .from = s, .mark = *mark,
		.offset = side->delivered, .lost = lost,
	};

	w->half[s].settled = true;
	w->half[s].waiting = false;
	side->delivered += lost;
	queue_put(&f->queue, &event, NULL);
}

/* The next `lost` bytes never were in the capture. */
static void skip(struct flows *f, struct flow *w, enum side s, const struct mark *mark,
		 uint64_t lost)
{
	struct tcp_side *side = &w->facts.side[s];

	if (side->acked > side->delivered) {
		uint64_t acked = side->acked - side->delivered;
		uint64_t missing = acked < lost ? acked : lost;

		side->missing += missing;
		f->stats->missing_bytes += missing;
	}
	emit_gap(f, w, s, mark, lost);
}

/* An answer captured before what it answers: a tap that merges its halves badly. It waits for that,
 * so that the two sides speak in turn, and counts from then on. */
static bool is_early(const struct flow *w, enum side s, uint64_t answers)
{
	const struct tcp_side *other = &w->facts.side[other_side(s)];
	const struct held *held = w->half[other_side(s)].first;
	uint64_t unsure = held && held->offset < answers ? 0 : PHANTOM;

	return other->first_packet.frame && answers > other->delivered + unsure;
}

/* Hands out the first piece that is held. */
static void hand_out(struct flows *f, struct flow *w, enum side s)
{
	struct half *h = &w->half[s];
	struct held *at = h->first;

	flow_turn(w, &at->mark);
	h->first = at->next;
	if (!h->first)
		h->last = NULL;
	release(f, h, at);
	if (at->cut) {
		emit_gap(f, w, s, &at->mark, at->len);
		free(at);
	} else {
		emit_bytes(f, w, s, &at->mark, at->bytes, at->len, at);
	}
}

static bool joins(const struct flow *w, enum side s)
{
	const struct half *h = &w->half[s];

	return h->first && h->first->offset == w->facts.side[s].delivered && h->settled;
}

/* Hands out what is held at the front, as far as it joins and is not early. */
static void drain(struct flows *f, struct flow *w, enum side s)
{
	while (joins(w, s) && !is_early(w, s, w->half[s].first->answers))
		hand_out(f, w, s);
}

/* What one side says may be what the other's answers wait for. */
static void drain_both(struct flows *f, struct flow *w)
{
	uint64_t before;

	do {
		before = w->facts.side[SIDE_CLIENT].delivered + w->facts.side[SIDE_SERVER].delivered;
		drain(f, w, SIDE_CLIENT);
		drain(f, w, SIDE_SERVER);
	} while (before != w->facts.side[SIDE_CLIENT].delivered + w->facts.side[SIDE_SERVER].delivered);
}

/* Gives up the hole before the first held segment, or waiting for what it answers. What that answers on
 * the other side comes before what is held behind it. */
static void skip_to_held(struct flows *f, struct flow *w, enum side s, const struct mark *mark)
{
	struct half *h = &w->half[s];
	uint64_t delivered = w->facts.side[s].delivered;

	h->settled = true;
	h->waiting = false;
	if (h->first && h->first->offset > delivered)
		skip(f, w, s, mark, h->first->offset - delivered);
	if (joins(w, s))
		hand_out(f, w, s);
	drain_both(f, w);
}

static bool within_limits(const struct flows *f, const struct half *h, size_t size)
{
	return h->held_count < HELD_MAX && h->held_bytes + size <= f->flow_buffer &&
	       flows_memory(f) + size <= f->memory;
}

static struct held *held_new(struct flows *f, struct half *half, size_t bytes)
{
	size_t size = sizeof(struct held) + bytes;
	struct held *h = within_limits(f, half, size) ? malloc(size) : NULL;

	f->stirred = true;
	if (!h)
		return NULL;
	half->held_bytes += size;
	half->held_count++;
	f->held_bytes += size;
	return h;
}

static void insert(struct half *half, struct held *h)
{
	struct held **link = &half->first;

	if (half->last && half->last->offset < h->offset)
		link = &half->last->next;
	while (*link && (*link)->offset < h->offset)
		link = &(*link)->next;
	h->next = *link;
	*link = h;
	if (!h->next)
		half->last = h;
}

/* A stretch of a segment that nobody covered yet. `bytes` is NULL beyond the snap length. */
struct piece {
	uint64_t offset;
	uint64_t answers;	/* 0 unless early */
	uint32_t len;
	const uint8_t *bytes;
};

/* False when there is no room for it, not even after giving up the holes before it. */
static bool hold(struct flows *f, struct flow *w, enum side s, const struct mark *mark,
		 const struct piece *piece)
{
	struct half *half = &w->half[s];
	struct held *h = held_new(f, half, piece->bytes ? piece->len : 0);

	if (!h)
		return false;
	h->offset = piece->offset;
	h->answers = piece->answers;
	h->len = piece->len;
	h->mark = *mark;
	h->cut = !piece->bytes;
	if (piece->bytes)
		memcpy(h->bytes, piece->bytes, piece->len);
	insert(half, h);
	return true;
}

static void deliver(struct flows *f, struct flow *w, enum side s, const struct mark *mark,
		    const struct piece *piece)
{
	if (piece->bytes)
		emit_bytes(f, w, s, mark, piece->bytes, piece->len, NULL);
	else
		emit_gap(f, w, s, mark, piece->len);
}

/*
 * The bound is reached: the hole in front is given up, and with it room is made. The piece may lie
 * before, behind or between what is held; it goes out at its place.
 */
static void overflow(struct flows *f, struct flow *w, enum side s, const struct mark *mark,
		     const struct piece *piece)
{
	struct half *h = &w->half[s];
	struct tcp_side *side = &w->facts.side[s];

	while (h->first && h->first->offset < piece->offset)
		skip_to_held(f, w, s, mark);
	h->settled = true;
	if (side->delivered < piece->offset)
		skip(f, w, s, mark, piece->offset - side->delivered);
	deliver(f, w, s, mark, piece);
}

static void take_piece(struct flows *f, struct flow *w, enum side s, const struct mark *mark,
		       const struct piece *piece)
{
	struct half *h = &w->half[s];

	if (!piece->bytes)
		w->facts.side[s].cut += piece->len;
	if (piece->offset == w->facts.side[s].delivered && (h->settled || h->anchored) && !piece->answers)
		deliver(f, w, s, mark, piece);
	else if (!hold(f, w, s, mark, piece))
		overflow(f, w, s, mark, piece);
	drain(f, w, s);
}

/* How far the other side's bytes must have come before these; 0 if they have. */
static uint64_t answers_of(const struct flow *w, enum side s, const struct packet *p)
{
	int64_t answers = p->flags & TCP_ACK ? side_offset(w, other_side(s), p->ack) : 0;

	return answers > 0 && is_early(w, s, (uint64_t)answers) ? (uint64_t)answers : 0;
}

/* [from, to) of the segment, in two pieces where the snap length cut it. */
static void take_stretch(struct flows *f, struct flow *w, enum side s, const struct packet *p,
			 int64_t offset, uint64_t from, uint64_t to)
{
	uint64_t captured = (uint64_t)(offset + (int64_t)p->payload_len);
	struct piece piece = { .offset = from, .answers = answers_of(w, s, p) };

	if (from < captured && offset + (int64_t)p->payload_len > 0) {
		piece.len = (uint32_t)((to < captured ? to : captured) - from);
		piece.bytes = p->payload + (size_t)((int64_t)from - offset);
		take_piece(f, w, s, &p->mark, &piece);
		from += piece.len;
	}
	if (from < to) {
		piece = (struct piece){ .offset = from, .answers = piece.answers, .len = (uint32_t)(to - from) };
		take_piece(f, w, s, &p->mark, &piece);
	}
}

static const struct held *first_beyond(const struct half *h, uint64_t offset)
{
	const struct held *at = h->first;

	if (h->last && held_end(h->last) <= offset)
		return NULL;
	while (at && held_end(at) <= offset)
		at = at->next;
	return at;
}

/* The first copy wins; whether the second says something else where they overlap is a fact. */
static bool differs(uint64_t offset, const uint8_t *bytes, uint32_t len, const struct packet *p,
		    int64_t packet_offset)
{
	int64_t from = (int64_t)offset > packet_offset ? (int64_t)offset : packet_offset;
	int64_t to = (int64_t)offset + (int64_t)len;

	if (to > packet_offset + (int64_t)p->payload_len)
		to = packet_offset + (int64_t)p->payload_len;
	return from < to && memcmp(bytes + (size_t)(from - (int64_t)offset),
				   p->payload + (size_t)(from - packet_offset), (size_t)(to - from));
}

static void compare_with_delivered(struct tcp_side *side, const struct half *h,
				   const struct packet *p, int64_t offset)
{
	for (int i = 0; i < HEADS_KEPT; i++) {
		const struct head *head = &h->heads[i];

		if (differs(head->offset, head->bytes, head->len, p, offset))
			side->conflicting_overlap = true;
	}
}

static void compare_with_held(struct tcp_side *side, const struct half *h, const struct packet *p,
			      int64_t offset)
{
	int64_t end = offset + (int64_t)p->payload_len;

	for (const struct held *at = h->first; at && (int64_t)at->offset < end; at = at->next) {
		if (!at->cut && differs(at->offset, at->bytes, at->len, p, offset))
			side->conflicting_overlap = true;
	}
}

/* Nobody wants the bytes: only how far the stream came. */
static uint64_t pass(struct tcp_side *side, uint64_t end)
{
	uint64_t fresh = end > side->delivered ? end - side->delivered : 0;

	side->delivered += fresh;
	return fresh;
}

uint64_t reassemble_data(struct flows *f, struct flow *w, enum side s, const struct packet *p,
			 int64_t offset)
{
	struct half *h = &w->half[s];
	struct tcp_side *side = &w->facts.side[s];
	int64_t end = offset + (int64_t)p->payload_wire_len;
	uint64_t at = side->delivered, fresh = 0;

	if (offset < (int64_t)at && !w->forgotten)
		compare_with_delivered(side, h, p, offset);
	if (end <= (int64_t)at)
		return 0;
	if (w->forgotten)
		return pass(side, (uint64_t)end);
	compare_with_held(side, h, p, offset);
	if (offset > (int64_t)at)
		at = (uint64_t)offset;
	while (at < (uint64_t)end) {
		const struct held *in_way = first_beyond(h, at);
		uint64_t to = (uint64_t)end;

		if (in_way && in_way->offset <= at) {
			at = held_end(in_way);
			continue;
		}
		if (in_way && in_way->offset < to)
			to = in_way->offset;
		take_stretch(f, w, s, p, offset, at, to);
		fresh += to - at;
		at = to > side->delivered ? to : side->delivered;
	}
	return fresh;
}

/* Bytes that the other side has and that did not come, or a start that nothing confirmed. */
static bool has_hole(const struct flow *w, enum side s)
{
	const struct half *h = &w->half[s];
	const struct tcp_side *side = &w->facts.side[s];

	if (!h->settled && !h->anchored)
		return h->first != NULL;
	if (side->acked <= side->delivered)
		return false;
	return h->first || side->acked - side->delivered > PHANTOM || h->has_fin;
}

static bool waited_enough(struct half *h, int64_t now)
{
	if (!h->waiting) {
		h->waiting = true;
		h->waited = 0;
		h->waiting_since = now;
		return false;
	}
	if (h->waited < PATIENCE_PACKETS)
		h->waited++;
	return (h->waited == PATIENCE_PACKETS &&
		time_apart(now, h->waiting_since) >= PATIENCE_MS * MILLISECOND) ||
	       time_apart(now, h->waiting_since) >= PATIENCE_ALONE_MS * MILLISECOND;
}

static void give_up_holes(struct flows *f, struct flow *w, enum side s, const struct mark *mark)
{
	struct half *h = &w->half[s];
	struct tcp_side *side = &w->facts.side[s];

	if (!h->settled)
		skip_to_held(f, w, s, mark);
	while (h->first && h->first->offset <= side->acked)
		skip_to_held(f, w, s, mark);
	if (has_hole(w, s) && side->acked > side->delivered)
		skip(f, w, s, mark, side->acked - side->delivered);
	drain(f, w, s);
}

static void tell_fin(struct flows *f, struct flow *w, enum side s)
{
	struct half *h = &w->half[s];
	struct tcp_side *side = &w->facts.side[s];
	struct capture_event event = {
		.kind = FLOW_FIN, .flow = w->id, .from = s, .mark = side->fin,
		.offset = side->fin_offset,
	};

	if (!h->has_fin || h->fin_told || side->delivered < side->fin_offset)
		return;
	if (h->first && h->first->offset < side->fin_offset)
		return;
	h->fin_told = queue_put(&f->queue, &event, NULL);
}

void reassemble_settle(struct flows *f, struct flow *w, enum side s, const struct mark *mark)
{
	struct half *h = &w->half[s];

	if (h->anchored && h->first && !h->first->offset)
		h->settled = true;
	drain_both(f, w);
	if (!w->forgotten && has_hole(w, s)) {
		if (waited_enough(h, f->now)) {
			give_up_holes(f, w, s, mark);
		}
	} else {
		h->waiting = false;
	}
	tell_fin(f, w, s);
}

/* The side whose first held segment answers nothing that is still to come, else came first. */
static enum side next_to_speak(const struct flow *w)
{
	const struct held *c = w->half[SIDE_CLIENT].first, *s = w->half[SIDE_SERVER].first;
	bool c_is_early = c && is_early(w, SIDE_CLIENT, c->answers);
	bool s_is_early = s && is_early(w, SIDE_SERVER, s->answers);

	if (!c || !s)
		return c ? SIDE_CLIENT : SIDE_SERVER;
	if (c_is_early != s_is_early)
		return s_is_early ? SIDE_CLIENT : SIDE_SERVER;
	return c->mark.frame < s->mark.frame ? SIDE_CLIENT : SIDE_SERVER;
}

static void finish(struct flows *f, struct flow *w, enum side s)
{
	struct half *h = &w->half[s];
	struct tcp_side *side = &w->facts.side[s];
	const struct mark *mark = &w->facts.last;

	if (!w->forgotten && has_hole(w, s))
		skip(f, w, s, mark, side->acked - side->delivered);
	if (!w->forgotten && h->has_fin && side->delivered < side->fin_offset)
		skip(f, w, s, mark, side->fin_offset - side->delivered);
	if (h->has_fin && side->delivered < side->fin_offset)
		side->delivered = side->fin_offset;
	tell_fin(f, w, s);
}

void reassemble_flush(struct flows *f, struct flow *w)
{
	if (w->forgotten) {
		reassemble_drop(f, &w->half[SIDE_CLIENT]);
		reassemble_drop(f, &w->half[SIDE_SERVER]);
	}
	drain_both(f, w);
	while (w->half[SIDE_CLIENT].first || w->half[SIDE_SERVER].first)
		skip_to_held(f, w, next_to_speak(w), &w->facts.last);
	finish(f, w, SIDE_CLIENT);
	finish(f, w, SIDE_SERVER);
}
