/* Whose time is over: what has timed out, what has ended, and who goes for lack of memory. */
#include "flow.h"

static const int64_t SECOND = 1000000000;

/* By capture time since the last packet. */
enum {
	OPENING_SECONDS = 75,	/* the longest pause between a SYN's retransmissions is 64 s */
	HALF_OPEN_SECONDS = 2,	/* an answer takes longer than that where it is lost only */
	WAITING_SECONDS = 30,	/* for packets that others, captured already, answer */
	DONE_SECONDS = 10,	/* for what comes late: retransmissions, RST, alerts after FIN */
	UDP_SECONDS = 120,
	FORGOTTEN_UDP_SECONDS = 20
};

enum { BOUNDED_SHARE = 6 };	/* of the memory, for all flows in one of some states */

/* ---- quiet connections ------------------------------------------------------------------ */

/* Looked at with each that comes: two, so that they go faster than they come. */
enum { QUIETS_A_LOOK = 2 };

void retire_quiet(struct flows *f, uint32_t id)
{
	const struct quiet *q = quiet_at(f, id);
	uint64_t hash = quiet_hash(q);

	past_note(&f->past, hash, q->stream, quiet_is_over(q), f->now);
	store_unlink(f, id, hash);
	store_drop(f, id);
}

static bool quiet_timed_out(const struct flows *f, const struct quiet *q)
{
	int64_t patience = quiet_is_over(q) ? DONE_SECONDS * SECOND : f->idle_timeout;

	return time_apart(f->now, quiet_touched(q)) > patience;
}

/* Those that spoke since they were looked at last get another round. */
void retire_quiets(struct flows *f)
{
	for (int i = 0; i < QUIETS_A_LOOK && f->quiets.oldest != NO_FLOW; i++) {
		uint32_t id = f->quiets.oldest;

		if (quiet_timed_out(f, quiet_at(f, id)) || store_quiets_crowded(f))
			retire_quiet(f, id);
		else
			store_requeue_quiet(f, id);
	}
}

/* ---- flows and lone SYNs ---------------------------------------------------------------- */

static int64_t patience(const struct flows *f, const struct flow *w)
{
	static const int64_t seconds[STATE_COUNT] = {
		[STATE_OPENING] = OPENING_SECONDS, [STATE_WAITING] = WAITING_SECONDS,
		[STATE_DONE] = DONE_SECONDS, [STATE_UDP] = UDP_SECONDS,
	};
	int64_t time = seconds[w->state] * SECOND;

	if (w->state == STATE_OPEN)
		return f->idle_timeout;
	if (w->state == STATE_UDP && w->forgotten)
		time = FORGOTTEN_UDP_SECONDS * SECOND;
	return time < f->idle_timeout ? time : f->idle_timeout;
}

bool retire_timed_out(const struct flows *f, uint32_t id)
{
	const struct flow *w = flow_at(f, id);
	int64_t time = OPENING_SECONDS * SECOND;

	if (w)
		return time_apart(f->now, w->touched) > patience(f, w);
	return time_apart(f->now, lone_time(lone_at(f, id))) >
	       (time < f->idle_timeout ? time : f->idle_timeout);
}

static bool is_one_sided(const struct flow *w)
{
	const struct tcp_side *c = &w->facts.side[SIDE_CLIENT], *s = &w->facts.side[SIDE_SERVER];

	return (c->sent && !s->first_packet.frame) || (s->sent && !c->first_packet.frame);
}

static void tell_over(struct flows *f, uint32_t id, struct mark mark, enum flow_end end)
{
	struct capture_event event = { .kind = FLOW_OVER, .flow = id, .mark = mark };

	f->stats->evicted += end == END_EVICTED;
	queue_put(&f->queue, &event, NULL);
}

static void retire_flow(struct flows *f, struct flow *w, enum flow_end end)
{
	bool tcp = w->facts.transport == TRANSPORT_TCP;

	if (tcp) {
		connection_unpark(f, w);
		reassemble_flush(f, w);
		end = connection_end(w, end);
		f->stats->one_sided += is_one_sided(w);
	}
	w->facts.end = end;
	past_note(&f->past, w->hash, w->facts.stream, tcp && w->state == STATE_DONE, f->now);
	store_unlink(f, w->id, w->hash);
	tell_over(f, w->id, w->facts.last, end);
}

static void retire_lone(struct flows *f, uint32_t id, enum flow_end end)
{
	struct lone *l = lone_at(f, id);
	struct ends ends = lone_ends(l);
	struct mark mark = { .frame = l->frame, .time = lone_time(l) };

	lone_end(l, end);
	store_unlink(f, id, hash_ends(&f->key, &ends));
	tell_over(f, id, mark, end);
}

/* What it waits for does not come: it goes on without. False when it does not wait. */
bool retire_stop_waiting(struct flows *f, uint32_t id)
{
	struct flow *w = flow_at(f, id);

	if (!w || !connection_unpark(f, w))
		return false;
	flow_touch(f, w, connection_state(w, NULL));
	return true;
}

void retire(struct flows *f, uint32_t id, enum flow_end end)
{
	if (flow_at(f, id))
		retire_flow(f, flow_at(f, id), end);
	else
		retire_lone(f, id, end);
}

/* ---- who goes next ---------------------------------------------------------------------- */

static uint32_t oldest(const struct flows *f, enum flow_state state)
{
	return f->lists[state].oldest ? f->lists[state].oldest->id : NO_FLOW;
}

/* What is half open, over or forgettable must not crowd out the connections that speak. */
static uint32_t beyond_share(const struct flows *f)
{
	static const enum flow_state bounded[] = { STATE_OPENING, STATE_DONE, STATE_UDP };

	for (size_t i = 0; i < sizeof(bounded) / sizeof(*bounded); i++) {
		if (f->lists[bounded[i]].count * sizeof(struct flow) > f->memory / BOUNDED_SHARE)
			return oldest(f, bounded[i]);
	}
	return NO_FLOW;
}

/* Half-open for so long that its answer should have been here. */
static bool is_half_open_for_long(const struct flows *f)
{
	const struct flow *w = f->lists[STATE_OPENING].oldest;

	return w && time_apart(f->now, w->touched) > HALF_OPEN_SECONDS * SECOND;
}

/* Half-open ones first: most of them are nobody. But not those of this moment, or who is about to speak
 * would go for who says nothing; beyond_share sees to it that they are not too many. */
static uint32_t victim(const struct flows *f)
{
	static const enum flow_state order[] = { STATE_DONE, STATE_UDP, STATE_WAITING, STATE_OPEN, STATE_OPENING };

	if (is_half_open_for_long(f))
		return oldest(f, STATE_OPENING);
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		if (oldest(f, order[i]) != NO_FLOW)
			return oldest(f, order[i]);
	}
	return f->lones.oldest;
}

/* Those that speak last: what was charged to the others goes before a handshake under way. */
static uint32_t costly(const struct flows *f)
{
	static const enum flow_state order[] = { STATE_DONE, STATE_UDP, STATE_WAITING, STATE_OPEN, STATE_OPENING };

	for (size_t i = 0; f->charged > f->charge_memory && i < sizeof(order) / sizeof(*order); i++) {
		if (oldest(f, order[i]) != NO_FLOW)
			return oldest(f, order[i]);
	}
	return NO_FLOW;
}

/* NO_FLOW when nothing is due. */
static uint32_t due(const struct flows *f)
{
	uint32_t id = f->lones.oldest;

	if (id != NO_FLOW && (f->ending || retire_timed_out(f, id)))
		return id;
	for (enum flow_state state = 0; state < STATE_COUNT; state++) {
		id = oldest(f, state);
		if (id != NO_FLOW && (f->ending || retire_timed_out(f, id)))
			return id;
	}
	return NO_FLOW;
}

/* Moments are those of the clock, not counted from the last look, so that captures that share a file
 * look by the same packets. */
static void note_look(struct flows *f)
{
	int64_t moment = RETIRE_LOOK_MS * MILLISECOND;

	f->looked = f->now - f->now % moment;
}

/* Ends the next flow that must go, if any: one at a time, so that no packet pays for many. */
bool retire_next(struct flows *f)
{
	uint32_t id = retire_may_be_due(f) ? due(f) : NO_FLOW;

	if (id != NO_FLOW && (f->ending || !retire_stop_waiting(f, id)))
		retire(f, id, retire_timed_out(f, id) ? END_IDLE : END_OF_CAPTURE);
	if (id != NO_FLOW)
		return true;
	note_look(f);
	if (store_lones_crowded(f))
		id = f->lones.oldest;
	else if (store_needs_room(f))
		id = victim(f);
	else
		id = beyond_share(f);
	if (id == NO_FLOW)
		id = costly(f);
	if (id != NO_FLOW) {
		retire(f, id, END_EVICTED);
		return true;
	}
	f->pressed = false;
	return false;
}
