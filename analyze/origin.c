#include "origin.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	TTL_SLACK = 2,		/* routes of one side vary by one or two hops (anycast, ECMP) */
	IP_ID_SLACK = 3000,	/* a counter does not leap further within a handshake */
	GUESSES = 2		/* resets at several sequence numbers that answer nothing */
};

__attribute__((format(printf, 4, 5)))
static void add_sign(struct origin *o, struct mark mark, bool strong, const char *format, ...)
{
	struct origin_sign *s;
	va_list args;

	if (o->count == ORIGIN_SIGNS_MAX)
		return;
	s = &o->signs[o->count++];
	s->mark = mark;
	s->strong = strong;
	o->strong = (uint8_t)(o->strong + (strong ? 1 : 0));
	va_start(args, format);
	vsnprintf(s->text, sizeof(s->text), format, args);
	va_end(args);
}

static void judge_ttl(const struct tcp_side *s, struct mark mark, uint8_t ttl, struct origin *o)
{
	int low = s->ttl_min, high = s->ttl_max;

	if (!high || !ttl || (ttl >= low - TTL_SLACK && ttl <= high + TTL_SLACK))
		return;
	add_sign(o, mark, true, "its TTL is %d, that of this side's other packets %d%s", ttl, low,
		 low == high ? "" : " and more");
	o->hops = ttl > high ? ttl - high : 0;
}

/* Linux gives RSTs of dead sockets ID 0, so only two counters that are both in use can disagree. */
static void judge_ip_id(const struct tcp_side *s, const struct tcp_reset *r, struct origin *o)
{
	uint16_t step = (uint16_t)(r->ip_id - s->last_ip_id);

	if (s->ip_id_always_zero || !r->ip_id || !s->last_ip_id || s->address.ip_len != 4)
		return;
	if (step < IP_ID_SLACK || step > 65535 - IP_ID_SLACK)
		return;
	add_sign(o, r->mark, false, "its IP ID %u does not continue this side's (last %u)", r->ip_id,
		 s->last_ip_id);
}

static bool is_in_its_place(struct mark mark)
{
	return mark_turn(mark) == mark.frame;
}

/* Where packets of a connection stand in the capture in another order than they were sent, what stands
 * behind a reset may have been sent before it. */
static bool is_in_order(const struct tcp_side *s, const struct tcp_side *peer)
{
	return !s->out_of_order && !peer->out_of_order && is_in_its_place(s->resets[0].mark) &&
	       is_in_its_place(s->packet_after_reset) && is_in_its_place(peer->last_packet);
}

static void judge_what_follows(const struct tcp_side *s, const struct tcp_side *peer,
			       const struct tcp_reset *r, struct origin *o)
{
	if (happened(s->data_after_reset))
		add_sign(o, s->data_after_reset, true,
			 "this side went on sending new data after \"its\" reset in frame %llu",
			 (unsigned long long)r->mark.frame);
	else if (happened(s->packet_after_reset))
		add_sign(o, s->packet_after_reset, is_in_order(s, peer),
			 "this side went on acknowledging after \"its\" reset in frame %llu",
			 (unsigned long long)r->mark.frame);
}

static void judge_guesses(const struct tcp_side *s, struct origin *o)
{
	uint8_t kept = s->reset_count < TCP_RESETS_KEPT ? (uint8_t)s->reset_count : TCP_RESETS_KEPT;
	uint8_t unasked = 0;

	for (uint8_t i = 1; i < kept; i++)
		if (s->resets[i].seq_off != s->resets[0].seq_off && !s->resets[i].answers_packet)
			unasked++;
	if (unasked >= GUESSES)
		add_sign(o, s->resets[kept - 1].mark, true,
			 "%u resets with different sequence numbers that answer no packet", kept);
}

/* Time from the first packet to this side until its answer; 0 where that is not sure. */
static int64_t round_trip_to(const struct handshake *h, enum side side)
{
	const struct tcp_side *s = &h->flow->side[side], *peer = &h->flow->side[other_side(side)];

	if (side != SIDE_SERVER || !happened(s->syn) || peer->syn_count != 1 ||
	    peer->syn.frame > s->syn.frame)
		return 0;
	return s->syn.time - peer->syn.time;
}

/* An endpoint may reset when it likes, but it cannot acknowledge what has not reached it. */
static void judge_speed(const struct handshake *h, enum side side, const struct tcp_reset *r,
			struct origin *o)
{
	int64_t round_trip = round_trip_to(h, side);

	if (r->since_asked < 0 || round_trip < INT64_C(4000000) || r->since_asked * 3 > round_trip * 2 ||
	    !is_in_its_place(r->mark))
		return;
	add_sign(o, r->mark, r->since_asked * 2 < round_trip, "it acknowledges what was sent %lld us before, but a round trip to this side takes %.1f ms",
		 (long long)(r->since_asked / 1000), (double)round_trip / 1e6);
}

static void judge_both_ways(const struct handshake *h, enum side side, const struct tcp_reset *r,
			    struct origin *o)
{
	const struct tcp_side *peer = &h->flow->side[other_side(side)];
	int64_t apart;

	if (!peer->reset_count || peer->resets[0].answers_packet)
		return;
	apart = llabs(peer->resets[0].mark.time - r->mark.time);
	if (apart < INT64_C(1000000))
		add_sign(o, peer->resets[0].mark, false,
			 "both sides were reset at once (%.2f ms apart)", (double)apart / 1e6);
}

static void judge_fit(const struct tcp_reset *r, struct origin *o)
{
	if (r->seq_off != 0 && !r->answers_packet)
		add_sign(o, r->mark, false, "its sequence number is %d off what this side would send next", r->seq_off);
}

void origin_of_reset(const struct handshake *h, enum side side, struct origin *out)
{
	const struct tcp_side *s = &h->flow->side[side];
	const struct tcp_reset *r = &s->resets[0];

	*out = (struct origin){ 0 };
	if (!s->reset_count)
		return;
	judge_ttl(s, r->mark, r->ttl, out);
	judge_what_follows(s, &h->flow->side[other_side(side)], r, out);
	judge_guesses(s, out);
	judge_speed(h, side, r, out);
	judge_ip_id(s, r, out);
	judge_both_ways(h, side, r, out);
	judge_fit(r, out);
}

void origin_of_fin(const struct handshake *h, enum side side, struct origin *out)
{
	const struct tcp_side *s = &h->flow->side[side];

	*out = (struct origin){ 0 };
	if (!happened(s->fin))
		return;
	judge_ttl(s, s->fin, s->fin_ttl, out);
	if (happened(s->data_after_fin))
		add_sign(out, s->data_after_fin, true,
			 "this side went on sending data beyond \"its\" FIN in frame %llu",
			 (unsigned long long)s->fin.frame);
}
