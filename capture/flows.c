/* The flow table: who talks to whom, and until when. */
#include "flow.h"

#include <stdlib.h>

static const int64_t SECOND = 1000000000;

/* By capture time since the last packet. */
enum {
	OPENING_SECONDS = 75,		/* the longest pause between a SYN's retransmissions is 64 s */
	OPEN_SECONDS = 300,
	DONE_SECONDS = 10,		/* for what comes late: retransmissions, RST, alerts after FIN */
	UDP_SECONDS = 120,
	FORGOTTEN_UDP_SECONDS = 20,
	PAST_SECONDS = 120,		/* after which a packet on old ports is news */
	/* A clock that goes back further than this was set, and time starts again from there. */
	CLOCK_BACK_SECONDS = 600,
};

enum {
	FLOW_BUFFER_DEFAULT = 1 << 20,
	PAST_SHARE = 64,		/* of the memory, for what is over */
	PAST_MAX = 2 << 20,
	/* What one packet may add before room is made again: a slab, a segment held, ids. */
	MEMORY_HEADROOM = 3 * SLAB_CHUNK,
	IDS_FIRST = 256,
};

static const size_t MEMORY_DEFAULT = (size_t)512 << 20;

struct flows *flows_new(const struct capture_options *options, struct capture_stats *stats)
{
	struct flows *f = calloc(1, sizeof(*f));
	size_t past;

	if (!f)
		return NULL;
	f->stats = stats;
	f->key = hash_key_new();
	f->memory = options->memory ? options->memory : MEMORY_DEFAULT;
	f->flow_buffer = options->flow_buffer ? options->flow_buffer : FLOW_BUFFER_DEFAULT;
	f->idle_timeout = options->idle_timeout > 0 ? options->idle_timeout : OPEN_SECONDS * SECOND;
	f->now = INT64_MIN;
	slab_init(&f->slab, sizeof(struct flow));
	past = f->memory / PAST_SHARE < PAST_MAX ? f->memory / PAST_SHARE : PAST_MAX;
	if (!queue_init(&f->queue) || !table_init(&f->table) || !past_init(&f->past, past)) {
		flows_free(f);
		return NULL;
	}
	return f;
}

void flows_free(struct flows *f)
{
	struct queued q;

	if (!f)
		return;
	while (f->queue.at && queue_take(&f->queue, &q))
		free(q.held);
	free(f->spent);
	for (uint32_t id = 0; id < f->id_count; id++) {
		for (int s = 0; f->by_id[id] && s < 2; s++)
			reassemble_drop(f, &f->by_id[id]->half[s]);
	}
	queue_free(&f->queue);
	table_free(&f->table);
	past_free(&f->past);
	slab_free_all(&f->slab);
	free(f->by_id);
	free(f->spare_ids);
	free(f);
}

/* ---- memory and numbers ----------------------------------------------------------------------- */

static size_t id_bytes(uint32_t room)
{
	return room * (sizeof(struct flow *) + sizeof(uint32_t));
}

size_t flows_memory(const struct flows *f)
{
	return sizeof(*f) + QUEUE_MAX * sizeof(struct queued) + past_bytes(&f->past) +
	       table_bytes(&f->table) + f->slab.bytes + id_bytes(f->id_room) + f->held_bytes;
}

static bool affords(struct flows *f, size_t bytes)
{
	if (flows_memory(f) + bytes <= f->memory)
		return true;
	f->pressed = true;
	return false;
}

static bool grow_ids(struct flows *f)
{
	uint32_t room = f->id_room ? f->id_room * 2 : IDS_FIRST;
	struct flow **by_id;
	uint32_t *spare;

	if (f->id_count < f->id_room || f->spare_count)
		return true;
	if (!affords(f, id_bytes(room) - id_bytes(f->id_room)))
		return false;
	by_id = realloc(f->by_id, room * sizeof(*by_id));
	if (!by_id)
		return false;
	f->by_id = by_id;
	spare = realloc(f->spare_ids, room * sizeof(*spare));
	if (!spare)
		return false;
	f->spare_ids = spare;
	f->id_room = room;
	return true;
}

static bool grow_table(struct flows *f)
{
	return !table_crowded(&f->table) ||
	       (affords(f, table_bytes(&f->table)) && table_grow(&f->table));
}

/* NULL when memory does not allow another flow. */
static struct flow *flow_new(struct flows *f, uint64_t hash)
{
	struct flow *w;

	if (!grow_ids(f) || !grow_table(f) || !affords(f, slab_wants(&f->slab)))
		return NULL;
	w = slab_take(&f->slab);
	if (!w)
		return NULL;
	w->hash = hash;
	w->id = f->spare_count ? f->spare_ids[--f->spare_count] : f->id_count++;
	f->by_id[w->id] = w;
	table_put(&f->table, (uint32_t)hash, w->id);
	return w;
}

static void flow_free(struct flows *f, struct flow *w)
{
	f->by_id[w->id] = NULL;
	f->spare_ids[f->spare_count++] = w->id;
	slab_give(&f->slab, w);
}

static struct flow *flow_find(const struct flows *f, uint64_t hash, enum transport transport,
			      const struct address *one, const struct address *two)
{
	uint32_t at = (uint32_t)hash, id;

	while ((id = table_match(&f->table, (uint32_t)hash, &at)) != NO_FLOW) {
		struct flow *w = f->by_id[id];
		const struct address *client = &w->facts.side[SIDE_CLIENT].address;
		const struct address *server = &w->facts.side[SIDE_SERVER].address;

		if (w->facts.transport != transport)
			continue;
		if ((same_address(client, one) && same_address(server, two)) ||
		    (same_address(client, two) && same_address(server, one)))
			return w;
	}
	return NULL;
}

/* ---- lists by state, oldest first ------------------------------------------------------------- */

static void list_remove(struct flow_list *list, struct flow *w)
{
	if (w->older)
		w->older->newer = w->newer;
	else
		list->oldest = w->newer;
	if (w->newer)
		w->newer->older = w->older;
	else
		list->newest = w->older;
	w->older = w->newer = NULL;
}

static void list_append(struct flow_list *list, struct flow *w)
{
	w->older = list->newest;
	if (list->newest)
		list->newest->newer = w;
	else
		list->oldest = w;
	list->newest = w;
}

void flow_touch(struct flows *f, struct flow *w, enum flow_state state)
{
	w->touched = f->now;
	if (w->state == state && !w->newer)
		return;
	list_remove(&f->lists[w->state], w);
	w->state = state;
	list_append(&f->lists[state], w);
}

/* ---- openings and ends ------------------------------------------------------------------------ */

static int64_t patience(const struct flows *f, const struct flow *w)
{
	static const int64_t seconds[STATE_COUNT] = {
		[STATE_OPENING] = OPENING_SECONDS, [STATE_DONE] = DONE_SECONDS,
		[STATE_UDP] = UDP_SECONDS,
	};
	int64_t time = seconds[w->state] * SECOND;

	if (w->state == STATE_OPEN)
		return f->idle_timeout;
	if (w->state == STATE_UDP && w->forgotten)
		time = FORGOTTEN_UDP_SECONDS * SECOND;
	return time < f->idle_timeout ? time : f->idle_timeout;
}

static bool timed_out(const struct flows *f, const struct flow *w)
{
	return time_apart(f->now, w->touched) > patience(f, w);
}

static bool is_one_sided(const struct flow *w)
{
	const struct tcp_side *c = &w->facts.side[SIDE_CLIENT], *s = &w->facts.side[SIDE_SERVER];

	return (c->sent && !s->first_packet.frame) || (s->sent && !c->first_packet.frame);
}

static void retire(struct flows *f, struct flow *w, enum flow_end end)
{
	struct capture_event event = { .kind = FLOW_OVER, .flow = w->id };
	bool tcp = w->facts.transport == TRANSPORT_TCP;

	if (tcp) {
		reassemble_flush(f, w, SIDE_CLIENT);
		reassemble_flush(f, w, SIDE_SERVER);
		end = connection_end(w, end);
		f->stats->one_sided += is_one_sided(w);
	}
	f->stats->evicted += end == END_EVICTED;
	w->facts.end = end;
	event.mark = w->facts.last;
	list_remove(&f->lists[w->state], w);
	table_remove(&f->table, (uint32_t)w->hash, w->id);
	past_note(&f->past, w->hash, w->facts.stream, tcp && w->state == STATE_DONE, f->now);
	queue_put(&f->queue, &event, NULL);
}

static struct flow *flow_open(struct flows *f, const struct packet *p, uint64_t hash)
{
	const struct past_flow *past = past_find(&f->past, hash);
	bool tcp = p->kind == PACKET_TCP;
	bool syn = tcp && (p->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
	struct flow *w;

	if (tcp && !(p->flags & TCP_SYN) && !p->payload_wire_len &&
	    past_finished(past, f->now, PAST_SECONDS))
		return NULL;
	w = flow_new(f, hash);
	if (!w) {
		f->stats->evicted++;
		return NULL;
	}
	w->facts.transport = tcp ? TRANSPORT_TCP : TRANSPORT_UDP;
	w->facts.first = p->mark;
	w->facts.stream = past && !syn ? past->stream : tcp ? f->tcp_streams++ : f->udp_streams++;
	if (tcp)
		connection_orient(&w->facts, p);
	else
		datagram_orient(&w->facts, p);
	w->state = tcp ? STATE_OPENING : STATE_UDP;
	list_append(&f->lists[w->state], w);
	f->stats->flows++;
	queue_put(&f->queue, &(struct capture_event){
		.kind = FLOW_OPENED, .flow = w->id, .from = flow_side(w, &p->source), .mark = p->mark,
	}, NULL);
	return w;
}

static void note_packet(struct flow *w, const struct packet *p)
{
	struct flow_facts *facts = &w->facts;

	facts->last = p->mark;
	facts->packets++;
	facts->bytes += p->wire_len;
	if (p->has_vlan && !facts->has_vlan) {
		facts->has_vlan = true;
		facts->vlan = p->vlan;
	}
	if (p->tunnel[0] && !facts->tunnel[0])
		memcpy(facts->tunnel, p->tunnel, sizeof(facts->tunnel));
}

static void take_transport(struct flows *f, const struct packet *p)
{
	enum transport transport = p->kind == PACKET_TCP ? TRANSPORT_TCP : TRANSPORT_UDP;
	uint64_t hash = hash_flow(&f->key, transport, &p->source, &p->destination);
	struct flow *w = flow_find(f, hash, transport, &p->source, &p->destination);

	if (w && timed_out(f, w)) {
		retire(f, w, END_IDLE);
		w = NULL;
	} else if (w && p->kind == PACKET_TCP && connection_begins_anew(w, p)) {
		retire(f, w, END_REUSED);
		w = NULL;
	}
	if (!w)
		w = flow_open(f, p, hash);
	if (!w)
		return;
	note_packet(w, p);
	if (p->kind == PACKET_TCP)
		connection_take(f, w, p);
	else
		datagram_take(f, w, p);
}

/* An ICMP error belongs to the flow whose packet it quotes (RFC 792); it opens none. */
static void take_icmp(struct flows *f, const struct packet *p)
{
	enum transport transport = p->quotes_tcp ? TRANSPORT_TCP : TRANSPORT_UDP;
	const struct address *source = &p->quoted_source, *destination = &p->quoted_destination;
	uint64_t hash = hash_flow(&f->key, transport, source, destination);
	struct flow *w = p->quotes_tcp || p->quotes_udp
		? flow_find(f, hash, transport, source, destination) : NULL;
	struct icmp_error *error;

	if (!w || w->facts.icmp_count == ICMP_ERRORS_KEPT)
		return;
	error = &w->facts.icmp[w->facts.icmp_count++];
	*error = p->icmp;
	error->mark = p->mark;
	error->about = flow_side(w, source);
}

static void note_time(struct flows *f, int64_t time)
{
	if (time > f->now || time_apart(f->now, time) > CLOCK_BACK_SECONDS * SECOND)
		f->now = time;
}

static void settle_last(struct flows *f)
{
	free(f->spent);
	f->spent = NULL;
	if (f->dying)
		flow_free(f, f->dying);
	f->dying = NULL;
}

static void note_peak(struct flows *f)
{
	size_t bytes = flows_memory(f);

	if (bytes > f->stats->memory_peak)
		f->stats->memory_peak = bytes;
}

void flows_take(struct flows *f, const struct packet *packet)
{
	struct capture_event unread;

	while (flows_next(f, &unread))
		;
	settle_last(f);
	note_time(f, packet->mark.time);
	if (packet->kind == PACKET_ICMP)
		take_icmp(f, packet);
	else if (packet->kind != PACKET_NONE)
		take_transport(f, packet);
	note_peak(f);
}

void flows_end(struct flows *f)
{
	f->ending = true;
}

/* ---- handing out ------------------------------------------------------------------------------ */

/* Half-open ones first: most of them are nobody. */
static struct flow *victim(const struct flows *f)
{
	static const enum flow_state order[] = { STATE_OPENING, STATE_DONE, STATE_UDP, STATE_OPEN };

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		if (f->lists[order[i]].oldest)
			return f->lists[order[i]].oldest;
	}
	return NULL;
}

/* Room for what the next packet may bring. Freed records are room, though no memory. */
static bool needs_room(const struct flows *f)
{
	if (!f->pressed && flows_memory(f) + MEMORY_HEADROOM <= f->memory)
		return false;
	return slab_wants(&f->slab) || (f->pressed && table_crowded(&f->table));
}

/* Ends the next flow that is due, if any: one at a time, so that no packet pays for many. */
static bool retire_one(struct flows *f)
{
	for (int state = 0; state < STATE_COUNT; state++) {
		struct flow *w = f->lists[state].oldest;

		if (w && (f->ending || timed_out(f, w))) {
			retire(f, w, timed_out(f, w) ? END_IDLE : END_OF_CAPTURE);
			return true;
		}
	}
	if (needs_room(f) && victim(f)) {
		retire(f, victim(f), END_EVICTED);
		return true;
	}
	f->pressed = false;
	return false;
}

static bool unwanted(const struct flows *f, const struct capture_event *event)
{
	switch (event->kind) {
	case FLOW_BYTES:
	case FLOW_GAP:
	case FLOW_DATAGRAM:
		return f->by_id[event->flow]->forgotten;
	default:
		return false;
	}
}

bool flows_next(struct flows *f, struct capture_event *out)
{
	struct queued next;

	for (;;) {
		settle_last(f);
		if (!queue_take(&f->queue, &next)) {
			if (!retire_one(f))
				return false;
			continue;
		}
		f->spent = next.held;
		if (next.event.kind == FLOW_OVER)
			f->dying = f->by_id[next.event.flow];
		if (unwanted(f, &next.event))
			continue;
		*out = next.event;
		return true;
	}
}

const struct flow_facts *flows_facts(const struct flows *f, uint32_t flow)
{
	return &f->by_id[flow]->facts;
}

void flows_forget(struct flows *f, uint32_t flow)
{
	struct flow *w = f->by_id[flow];

	w->forgotten = true;
	for (int s = 0; s < 2; s++) {
		reassemble_drop(f, &w->half[s]);
		if (w->facts.side[s].delivered < w->facts.side[s].sent)
			w->facts.side[s].delivered = w->facts.side[s].sent;
	}
}
