/* The life of flows: which packet opens one, which joins it; what they tell is handed out. */
#include "flow.h"
#include "glance.h"

#include <stdlib.h>
#include <string.h>

static const int64_t SECOND = 1000000000;

/* By capture time since the last packet. */
enum {
	OPEN_SECONDS = 300,
	PAST_SECONDS = 120,		/* after which a packet on old ports is news */
	/* A clock that goes back further than this was set, and time starts again from there. */
	CLOCK_BACK_SECONDS = 600,
};

enum {
	FLOW_BUFFER_DEFAULT = 1 << 20,
	PAST_SHARE = 64,		/* of the memory, for what is over */
	PAST_MAX = 2 << 20,
	STREAMS_SHARE = 16,		/* of the memory, for where the streams began */
};

static const size_t MEMORY_DEFAULT = (size_t)512 << 20;

static struct hash_key key_of(const struct capture_options *options)
{
	struct capture_key key = options->key;

	if (!(key.word[0] | key.word[1]))
		key = capture_key_new();
	return hash_key_of(&key);
}

struct flows *flows_new(const struct capture_options *options, struct capture_stats *stats)
{
	struct flows *f = calloc(1, sizeof(*f));
	size_t past;

	if (!f)
		return NULL;
	f->stats = stats;
	f->key = key_of(options);
	f->share = options->share;
	f->shares = options->shares > 1 ? options->shares : 0;
	f->memory = options->memory ? options->memory : MEMORY_DEFAULT;
	f->charge_memory = options->charge_memory ? options->charge_memory : MEMORY_DEFAULT;
	f->flow_buffer = options->flow_buffer ? options->flow_buffer : FLOW_BUFFER_DEFAULT;
	f->idle_timeout = options->idle_timeout > 0 ? options->idle_timeout : OPEN_SECONDS * SECOND;
	f->now = INT64_MIN;
	f->dying = f->dismissed = NO_FLOW;
	f->scratch = calloc(1, sizeof(*f->scratch));
	past = f->memory / PAST_SHARE < PAST_MAX ? f->memory / PAST_SHARE : PAST_MAX;
	f->streams = f->shares ? capture_streams_new(f->memory / STREAMS_SHARE) : NULL;
	if (!f->scratch || (f->shares && !f->streams) || !store_init(f) || !queue_init(&f->queue) || !past_init(&f->past, past)) {
		flows_free(f);
		return NULL;
	}
	return f;
}

void flows_free(struct flows *f)
{
	const struct queued *q;

	if (!f)
		return;
	while (f->queue.at && (q = queue_take(&f->queue)))
		free(q->held);
	free(f->spent);
	park_take_back(f);
	store_free(f);
	queue_free(&f->queue);
	past_free(&f->past);
	capture_streams_free(f->streams);
	free(f->scratch);
	free(f);
}

void flows_tell_streams(struct flows *f, struct capture_streams *to)
{
	if (f->streams)
		streams_move(to, f->streams);
}

uint32_t flows_new_stream(struct flows *f, enum transport transport)
{
	if (f->streams)
		streams_note(f->streams, transport, f->stats->packets);
	return f->stream_count[transport]++;
}

/* ---- lone SYNs -------------------------------------------------------------------------- */

static void note_packet(struct flow *w, const struct packet *p)
{
	struct flow_facts *facts = &w->facts;

	if (p->mark.frame > facts->last.frame)
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

static void begin_tcp(struct flows *f, struct flow *w, struct packet *p)
{
	w->facts.transport = TRANSPORT_TCP;
	w->facts.first = p->mark;
	connection_orient(&w->facts, p);
	note_packet(w, p);
	connection_take(f, w, p);
}

static struct flow *promote(struct flows *f, uint32_t id, uint64_t hash)
{
	struct packet syn = lone_unpack(lone_at(f, id));
	uint8_t copies = lone_copies(lone_at(f, id));
	struct flow *w = store_promote(f, id, hash);

	if (!w)
		return NULL;
	begin_tcp(f, w, &syn);
	w->facts.packets += copies;
	w->facts.bytes += (uint64_t)copies * syn.wire_len;
	w->facts.side[SIDE_CLIENT].duplicates = copies;
	return w;
}

const struct flow_facts *flows_facts(const struct flows *f, uint32_t flow)
{
	const struct lone *l = lone_at(f, flow);

	if (!l)
		return &flow_at(f, flow)->facts;
	lone_facts(l, f->scratch);
	return f->scratch;
}

/* ---- quiet connections ------------------------------------------------------------------ */

/* Its last events are out by now: what nobody wants to hear of shrinks. */
static void quieten_dismissed(struct flows *f)
{
	uint32_t id = f->dismissed;

	f->dismissed = NO_FLOW;
	if (id == NO_FLOW || flow_at(f, id)->facts.transport != TRANSPORT_TCP)
		return;
	retire_quiets(f);
	store_quieten(f, id);
}

/* False when the packet begins another connection. */
static bool quiet_takes(struct flows *f, uint32_t id, const struct quiet_news *news)
{
	struct quiet *q = quiet_at(f, id);

	if (quiet_begins_anew(q, news)) {
		retire_quiet(f, id);
		return false;
	}
	quiet_take(q, news, f->now);
	return true;
}

void flows_dismiss(struct flows *f, uint32_t flow)
{
	flows_forget(f, flow);
	if (!flow_at(f, flow))
		return;
	flow_at(f, flow)->dismissed = true;
	f->dismissed = flow;
}

/* ---- openings --------------------------------------------------------------------------- */

static void tell_opened(struct flows *f, uint32_t id, enum side from, const struct packet *p)
{
	struct capture_event event = {
		.kind = FLOW_OPENED, .flow = id, .from = from, .mark = p->mark,
	};

	f->stats->flows++;
	queue_put(&f->queue, &event, NULL);
}

/* False when it does not fit or no record is left: then it is opened as a whole flow. */
static bool open_lone(struct flows *f, const struct packet *p, uint64_t hash)
{
	uint32_t id = lone_fits(p) ? store_lone(f, hash, p) : NO_FLOW;

	if (id == NO_FLOW)
		return false;
	lone_at(f, id)->stream = flows_new_stream(f, TRANSPORT_TCP);
	tell_opened(f, id, SIDE_CLIENT, p);
	return true;
}

static uint32_t stream_number(struct flows *f, const struct packet *p, const struct past_flow *past)
{
	bool tcp = p->kind == PACKET_TCP;

	if (past && !(tcp && (p->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN))
		return past->stream;
	return flows_new_stream(f, tcp ? TRANSPORT_TCP : TRANSPORT_UDP);
}

static void open_flow(struct flows *f, struct packet *p, uint64_t hash, const struct ends *ends)
{
	const struct past_flow *past;
	bool tcp = p->kind == PACKET_TCP;
	struct flow *w;

	if (open_lone(f, p, hash))
		return;
	past = past_find(&f->past, hash);
	if (tcp && !(p->flags & TCP_SYN) && !p->payload_wire_len &&
	    past_finished(past, f->now, PAST_SECONDS))
		return;
	w = store_flow(f, hash, ends, tcp ? STATE_OPENING : STATE_UDP);
	if (!w) {
		f->stats->evicted++;
		return;
	}
	w->facts.stream = stream_number(f, p, past);
	if (tcp) {
		connection_orient(&w->facts, p);
		tell_opened(f, w->id, flow_side(w, &p->source), p);
		begin_tcp(f, w, p);
		flow_touch(f, w, connection_state(w, p));
		return;
	}
	w->facts.transport = TRANSPORT_UDP;
	w->facts.first = p->mark;
	datagram_orient(&w->facts, p);
	tell_opened(f, w->id, flow_side(w, &p->source), p);
	note_packet(w, p);
	datagram_take(f, w, p);
}

/* ---- packets ---------------------------------------------------------------------------- */

static bool begins_anew(struct flows *f, uint32_t id, const struct packet *p)
{
	const struct lone *l = lone_at(f, id);

	if (p->kind != PACKET_TCP)
		return false;
	if (!l)
		return connection_begins_anew(f, flow_at(f, id), p);
	return lone_begins_anew(l, p);
}

/* However late by the clock, which may have been set in between. */
static bool answers_syn(const struct lone *l, const struct packet *p)
{
	return l && p->flags & TCP_SYN && p->flags & TCP_ACK && p->ack == l->seq + 1;
}

static void join(struct flows *f, uint32_t id, uint64_t hash, struct packet *p)
{
	struct lone *l = lone_at(f, id);
	struct flow *w = flow_at(f, id);

	if (l && lone_is_copy(l, p) && lone_note_copy(l)) {
		f->stats->duplicates++;
		return;
	}
	if (l)
		w = promote(f, id, hash);
	if (!w)
		return;
	note_packet(w, p);
	if (p->kind == PACKET_TCP) {
		connection_take(f, w, p);
		flow_touch(f, w, connection_state(w, p));
	} else {
		datagram_take(f, w, p);
		flow_touch(f, w, STATE_UDP);
	}
}

/* Another share's flow. */
static bool is_foreign(const struct flows *f, uint64_t hash)
{
	return f->shares && hash_share(hash, f->shares) != f->share;
}

static void note_peak(struct flows *f)
{
	size_t bytes = flows_memory(f);

	if (bytes > f->stats->memory_peak)
		f->stats->memory_peak = bytes;
}

/* `id` is the flow that it may join, NO_FLOW if there is none. */
static void take_transport(struct flows *f, struct packet *p, uint64_t hash, const struct ends *ends,
			   uint32_t id)
{
	if (id != NO_FLOW && retire_timed_out(f, id) && !answers_syn(lone_at(f, id), p) &&
		   !retire_stop_waiting(f, id)) {
		retire(f, id, END_IDLE);
		id = NO_FLOW;
	} else if (id != NO_FLOW && begins_anew(f, id, p)) {
		retire(f, id, END_REUSED);
		id = NO_FLOW;
	}
	if (id == NO_FLOW)
		open_flow(f, p, hash, ends);
	else
		join(f, id, hash, p);
	if (f->follow)
		f->current = store_find(f, hash, ends);
}

/* An ICMP error belongs to the flow whose packet it quotes (RFC 792); it opens none. */
static void take_icmp(struct flows *f, const struct packet *p)
{
	enum transport transport = p->quotes_tcp ? TRANSPORT_TCP : TRANSPORT_UDP;
	const struct address *source = &p->quoted_source, *destination = &p->quoted_destination;
	struct ends ends = ends_of(transport, source, destination);
	uint64_t hash = hash_ends(&f->key, &ends);
	uint32_t id = p->quotes_tcp || p->quotes_udp ? store_find(f, hash, &ends) : NO_FLOW;
	struct flow *w;
	struct icmp_error *error;

	if (id == NO_FLOW || quiet_at(f, id))
		return;
	f->current = id;
	w = lone_at(f, id) ? promote(f, id, hash) : flow_at(f, id);
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

/* What was lent with the last event is given back. */
static void settle_last(struct flows *f)
{
	if (f->spent) {
		free(f->spent);
		f->spent = NULL;
	}
	if (f->dying == NO_FLOW)
		return;
	store_drop(f, f->dying);
	if (f->dying == f->dismissed)
		f->dismissed = NO_FLOW;
	f->dying = NO_FLOW;
}

/* No event waits, nothing is lent and nobody's time may be over. */
static inline bool is_settled(const struct flows *f)
{
	return queue_is_empty(&f->queue) && !f->spent && !f->lent && f->dying == NO_FLOW && !f->stirred &&
	       !retire_may_be_due(f);
}

/* Before each packet. */
static void begin_packet(struct flows *f, int64_t time)
{
	struct capture_event unread;

	if (!is_settled(f))
		while (flows_next(f, &unread))
			;
	quieten_dismissed(f);
	note_time(f, time);
	f->current = NO_FLOW;
}

void flows_take(struct flows *f, struct packet *packet)
{
	enum transport transport = packet->kind == PACKET_TCP ? TRANSPORT_TCP : TRANSPORT_UDP;
	bool quiet = false;
	struct ends ends;
	uint64_t hash;
	uint32_t id;

	begin_packet(f, packet->mark.time);
	if (packet->kind == PACKET_ICMP)
		take_icmp(f, packet);
	if (packet->kind == PACKET_ICMP || packet->kind == PACKET_NONE)
		return;
	ends = ends_of(transport, &packet->source, &packet->destination);
	hash = hash_ends(&f->key, &ends);
	if (is_foreign(f, hash))
		return;
	id = store_find(f, hash, &ends);
	if (id != NO_FLOW && quiet_at(f, id)) {
		struct quiet_news news = { &ends, packet->seq, packet->flags };

		quiet = quiet_takes(f, id, &news);
		id = NO_FLOW;
	}
	if (!quiet)
		take_transport(f, packet, hash, &ends, id);
}

void flows_expect(struct flows *f, const struct frame *frame, struct sight *out)
{
	out->known = glance(frame, &out->glance);
	if (!out->known)
		return;
	glance_ends(&out->glance, &out->ends);
	out->hash = hash_ends(&f->key, &out->ends);
	store_expect(f, out->hash);
}

bool flows_take_seen(struct flows *f, const struct frame *frame, const struct sight *sight)
{
	uint32_t id;

	if (!sight->known)
		return false;
	if (is_foreign(f, sight->hash)) {
		note_time(f, frame->mark.time);
		return true;
	}
	begin_packet(f, frame->mark.time);
	id = store_find(f, sight->hash, &sight->ends);
	if (id != NO_FLOW && quiet_at(f, id)) {
		struct quiet_news news = {
			&sight->ends, glance_seq(&sight->glance), glance_flags(&sight->glance)
		};

		if (quiet_takes(f, id, &news))
			return true;
		id = NO_FLOW;
	}
	glance_packet(&sight->glance, frame, &f->packet);
	take_transport(f, &f->packet, sight->hash, &sight->ends, id);
	return true;
}

void flows_follow(struct flows *f)
{
	f->follow = true;
}

uint32_t flows_current(const struct flows *f)
{
	return f->current;
}

void flows_tick(struct flows *f, int64_t time)
{
	if (time > f->now)
		f->now = time;
}

void flows_end(struct flows *f)
{
	f->ending = f->stirred = true;
}

/* ---- handing out ------------------------------------------------------------------------ */

static bool unwanted(const struct flows *f, const struct capture_event *event)
{
	const struct flow *w = flow_at(f, event->flow);

	if (w && w->dismissed)
		return true;
	switch (event->kind) {
	case FLOW_BYTES:
	case FLOW_GAP:
	case FLOW_DATAGRAM:
		return w && w->forgotten;
	default:
		return false;
	}
}

/* Whether there may be more, now that all that waited is out. */
static bool stir(struct flows *f)
{
	park_take_back(f);
	if (!f->stirred && !retire_may_be_due(f))
		return false;
	note_peak(f);
	f->stirred = retire_next(f);
	return f->stirred;
}

bool flows_next(struct flows *f, struct capture_event *out)
{
	const struct queued *next;

	if (is_settled(f))
		return false;
	do {
		settle_last(f);
		while ((next = queue_take(&f->queue))) {
			f->spent = next->held;
			if (next->event.kind == FLOW_OVER)
				f->dying = next->event.flow;
			if (!unwanted(f, &next->event)) {
				*out = next->event;
				return true;
			}
			settle_last(f);
		}
	} while (stir(f));
	return false;
}

void flows_charge(struct flows *f, uint32_t flow, size_t bytes)
{
	struct flow *w = flow_at(f, flow);

	if (!w || bytes == w->charged)
		return;
	f->stirred = true;
	f->charged += bytes - w->charged;	/* unsigned: a smaller charge takes away */
	w->charged = bytes;
}

void flows_forget(struct flows *f, uint32_t flow)
{
	struct flow *w = flow_at(f, flow);

	if (!w) {
		lone_forget(lone_at(f, flow));
		return;
	}
	connection_unpark(f, w);
	w->forgotten = true;
	for (int s = 0; s < 2; s++) {
		reassemble_drop(f, &w->half[s]);
		if (w->facts.side[s].delivered < w->facts.side[s].sent)
			w->facts.side[s].delivered = w->facts.side[s].sent;
	}
}
