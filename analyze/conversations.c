/*
 * The flows of one reader while they last: bytes become facts, and what is over waits to be added to
 * the run. One such for each thread that reads; they share nothing but the caches of certificates and of
 * kinds of hello.
 */
#include "../must.h"
#include "analysis.h"
#include "ending.h"
#include "gist.h"
#include "kinds.h"

#include <stdlib.h>

enum {
	SPARE_HANDSHAKES = 64,	/* kept for the next ones: they are large, and come and go */
	SERVED_KEPT = 256	/* servers that were seen to speak TLS, a place by hash */
};

/* One flow while it lasts. Flows that never carry a byte have none. */
struct conversation {
	struct tls *tls;		/* NULL again once it is done */
	struct handshake *handshake;
	bool done;			/* nothing that comes can change the outcome */
	char kind;			/* by tls_kind, once done */
	uint64_t drops;			/* that the capture had counted when it began to speak */
};

struct conversations {
	struct analysis *analysis;
	const struct analyze_options *options;
	struct keylog *keylog;			/* of the input, as the dissector is */
	struct dissector *dissector;
	struct conversation *at;		/* by flow number */
	size_t count;
	struct concluded *queue;
	size_t queue_count, queue_room, queue_at;
	size_t unexpected, lone_syns;
	struct concluded flood;			/* lone SYNs to one server, not handed out yet */
	struct address served[SERVED_KEPT];
	struct handshake *spare[SPARE_HANDSHAKES];
	size_t spare_count;
	const char *file;
	uint64_t input;
};

/* ---- life ---- */

struct conversations *conversations_new(struct analysis *a)
{
	struct conversations *c = must(calloc(1, sizeof(*c)));

	c->options = analysis_options(a);
	c->analysis = a;
	return c;
}

void conversations_free(struct conversations *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++) {
		tls_free(c->at[i].tls);
		handshake_free(c->at[i].handshake);
	}
	for (; c->queue_at < c->queue_count; c->queue_at++)
		concluded_free(&c->queue[c->queue_at]);
	while (c->spare_count)
		free(c->spare[--c->spare_count]);
	free(c->at);
	free(c->queue);
	dissector_free(c->dissector);
	keylog_free(c->keylog);
	free(c);
}

void conversations_input(struct conversations *c, uint64_t input, const char *file)
{
	c->file = file;
	c->input = input;
	dissector_free(c->dissector);
	keylog_free(c->keylog);
	c->keylog = must(keylog_new_over(analysis_keylog(c->analysis)));
	c->dissector = dissector_new(c->keylog, analysis_certificates(c->analysis));
}

/* ---- handshakes ---- */

void conversations_reuse(struct conversations *c, struct handshake *h)
{
	if (c->spare_count == SPARE_HANDSHAKES) {
		handshake_free(h);
		return;
	}
	handshake_empty(h, c->dissector);
	c->spare[c->spare_count++] = h;
}

static struct handshake *new_handshake(struct conversations *c, const struct flow_facts *flow, char kind)
{
	uint64_t serial = c->input << 40 | flow->first.frame;
	struct handshake *h;

	if (!c->spare_count)
		return must(handshake_new(c->file, serial, kind));
	h = c->spare[--c->spare_count];
	handshake_begin(h, c->file, serial, kind);
	return h;
}

/* ---- who speaks TLS ---- */

static struct address *served_place(struct conversations *c, const struct address *server)
{
	uint32_t hash = server->port;

	for (uint8_t i = 0; i < server->ip_len; i++)
		hash = (hash ^ server->ip[i]) * 16777619u;
	return &c->served[(hash ^ hash >> 16) % SERVED_KEPT];
}

static bool tls_expected(struct conversations *c, const struct address *server)
{
	return port_expects_tls(c->options, server->port) ||
	       same_address(served_place(c, server), server);
}

/* ---- what is over ---- */

static void put(struct conversations *c, const struct concluded *concluded)
{
	if (c->queue_at == c->queue_count)
		c->queue_at = c->queue_count = 0;
	if (c->queue_count == c->queue_room) {
		c->queue_room = c->queue_room ? c->queue_room * 2 : 64;
		c->queue = must(realloc(c->queue, c->queue_room * sizeof(*c->queue)));
	}
	c->queue[c->queue_count++] = *concluded;
}

bool conversations_next(struct conversations *c, struct concluded *out)
{
	if (c->queue_at == c->queue_count)
		return false;
	*out = c->queue[c->queue_at++];
	return true;
}

static uint64_t drops_of(const struct capture_stats *stats)
{
	return stats->dropped_kernel + stats->dropped_interface;
}

/* `concluded` says what is known besides. */
static void conclude(struct conversations *c, struct concluded *concluded, const struct flow_facts *flow,
		     const struct capture_stats *stats)
{
	struct handshake *h = concluded->handshake;

	concluded->at = stats->packets;
	h->ended = stats->last;
	handshake_close(h, flow);
	h->capture_drops = drops_of(stats) - h->capture_drops;
	ending_read(h, &concluded->ending);
	gist_read(h, &concluded->ending, &concluded->gist);
	if (h->hello)
		concluded->gist.kind = hello_kind_of(analysis_kinds(c->analysis), h->hello,
						     concluded->gist.fingerprint, h->dissected_as);
	if (concluded->ending.outcome == OUTCOME_COMPLETED)
		*served_place(c, &concluded->gist.server) = concluded->gist.server;
	/* live, what came before may say that somebody waits for this one */
	if (is_settled(c->options, &concluded->gist) && !c->options->live) {
		gist_take_certificates(&concluded->gist, h);
		concluded->handshake = NULL;
		conversations_reuse(c, h);
	} else {
		handshake_keep(h);
	}
	put(c, concluded);
}

static void conclude_spoken(struct conversations *c, struct handshake *h, const struct flow_facts *flow,
			    const struct capture_stats *stats)
{
	conclude(c, &(struct concluded){ .handshake = h }, flow, stats);
}

/* ---- flows without a byte ---- */

/* One SYN, never repeated and never answered, by whoever sent it: nobody waited for an answer. */
static bool is_lone_syn(const struct flow_facts *flow)
{
	const struct tcp_side *client = &flow->side[SIDE_CLIENT];

	return client->syn_count == 1 && flow->packets == 1u + client->duplicates &&
	       !flow->icmp_count;
}

void conversations_flush(struct conversations *c)
{
	if (c->flood.lone_syns)
		put(c, &c->flood);
	c->flood = (struct concluded){ 0 };
}

/* Worth a case only where TLS was expected, which later flows may show. */
static void conclude_silent(struct conversations *c, const struct flow_facts *flow,
			    const struct capture_stats *stats)
{
	const struct tcp_side *server = &flow->side[SIDE_SERVER];
	struct concluded concluded = { .handshake = NULL };

	if (flow->transport != TRANSPORT_TCP ||
	    (!tcp_never_up(flow) && !server->reset_count && !happened(server->fin)))
		return;
	concluded.unexpected = !tls_expected(c, &server->address);
	if (concluded.unexpected && (c->options->live || c->unexpected++ >= UNEXPECTED_KEPT))
		return;
	concluded.lone_syns = !concluded.unexpected && is_lone_syn(flow);
	/* nor does one say anything that a flood left no room to wait for its answer */
	if (concluded.lone_syns && (flow->end == END_EVICTED || c->lone_syns++ >= LONE_SYNS_KEPT)) {
		c->flood.lone_syns++;
		c->flood.at = stats->packets;
		return;
	}
	concluded.handshake = new_handshake(c, flow, 't');
	concluded.handshake->capture_drops = c->options->live ? drops_of(stats) : 0;	/* it never spoke */
	conclude(c, &concluded, flow, stats);
}

/* ---- events ---- */

static struct conversation *conversation_of(struct conversations *c, uint32_t flow)
{
	size_t count = c->count;

	if (flow < count)
		return &c->at[flow];
	while (count <= flow)
		count = count ? count * 2 : 256;
	c->at = must(realloc(c->at, count * sizeof(*c->at)));
	memset(c->at + c->count, 0, (count - c->count) * sizeof(*c->at));
	c->count = count;
	return &c->at[flow];
}

static void open_conversation(struct conversations *all, struct conversation *c,
			      const struct flow_facts *flow, const struct capture_stats *stats)
{
	c->drops = all->options->live ? drops_of(stats) : 0;	/* a file may count them at its end */
	c->tls = tls_new(all->dissector, flow->transport);
}

/* A flow has facts from its first event on: those that never say anything cost little. */
static void pull_events(struct conversations *all, struct conversation *c, const struct flow_facts *flow)
{
	for (struct tls_event *event; (event = tls_next(c->tls)); ) {
		if (!c->handshake)
			c->handshake = new_handshake(all, flow, tls_kind(c->tls));
		handshake_note(c->handshake, event);
	}
}

/* Its bytes have said all: the reader goes, the facts stay until the flow is over. */
static void finish_reading(struct conversation *c)
{
	struct handshake *h = c->handshake;

	for (int side = 0; h && side < 2; side++) {
		enum side seen = h->turned ? other_side((enum side)side) : (enum side)side;

		tls_pending(c->tls, seen, &h->pending_have[side], &h->pending_want[side]);
	}
	c->kind = tls_kind(c->tls);
	c->done = true;
	tls_free(c->tls);
	c->tls = NULL;
}

static void close_conversation(struct conversations *all, struct conversation *c,
			       const struct flow_facts *flow, const struct capture_stats *stats)
{
	struct handshake *h;

	if (!c->handshake)	/* it never said a whole word: what it began is a fact too */
		c->handshake = new_handshake(all, flow, c->done ? c->kind : tls_kind(c->tls));
	if (!c->done)
		finish_reading(c);
	h = c->handshake;
	h->capture_drops = c->drops;
	*c = (struct conversation){ 0 };
	conclude_spoken(all, h, flow, stats);
}

/* Then no end, however abrupt, makes anything of it that the reader would have to tell. */
static bool has_data_both_ways(const struct handshake *h)
{
	return h && happened(h->first_data[SIDE_CLIENT]) && happened(h->first_data[SIDE_SERVER]);
}

/* What completed beyond doubt and nobody wants to see is counted at once, not when the flow is over:
 * most connections live long, and many are open at a time. */
static bool settle_early(struct conversations *all, struct conversation *c, const struct flow_facts *flow,
			 const struct capture_stats *stats)
{
	struct handshake *h = c->handshake;

	if (all->options->keep_completed || !h || !infer_data_both_ways(h))
		return false;
	h->capture_drops = c->drops;
	tls_free(c->tls);
	*c = (struct conversation){ 0 };
	conclude_spoken(all, h, flow, stats);
	return true;
}

static enum interest feed(struct conversations *all, const struct capture_event *event,
			  const struct flow_facts *flow, const struct capture_stats *stats)
{
	struct conversation *c = conversation_of(all, event->flow);

	if (c->done)
		return INTEREST_END;
	if (c->handshake)
		handshake_expect(c->handshake);
	if (!c->tls) {
		if (event->kind == FLOW_FIN || event->kind == FLOW_RST)
			return INTEREST_BYTES;
		open_conversation(all, c, flow, stats);
	}
	tls_feed(c->tls, event);
	pull_events(all, c, flow);
	if (settle_early(all, c, flow, stats))
		return INTEREST_NONE;
	if (!tls_is_done(c->tls))
		return INTEREST_BYTES;
	if (has_data_both_ways(c->handshake))
		finish_reading(c);
	return INTEREST_END;
}

size_t conversations_bytes(const struct conversations *all, uint32_t flow)
{
	const struct conversation *c;

	if (flow >= all->count)
		return 0;
	c = &all->at[flow];
	return (c->tls ? tls_bytes(c->tls) : 0) + handshake_bytes(c->handshake);
}

static void flow_over(struct conversations *all, uint32_t number, const struct flow_facts *flow,
		      const struct capture_stats *stats)
{
	/* Most flows of a flood never say a byte: they get no conversation to end it. */
	struct conversation *c = number < all->count ? &all->at[number] : NULL;
	bool began = c && (c->tls || c->done);

	if (began && !c->handshake && flow->transport == TRANSPORT_UDP) {
		tls_free(c->tls);
		*c = (struct conversation){ 0 };
	} else if (began) {
		close_conversation(all, c, flow, stats);
	} else {
		conclude_silent(all, flow, stats);
	}
}

enum interest conversations_take(struct conversations *c, const struct capture_event *event,
				 const struct flow_facts *flow, const struct capture_stats *stats)
{
	switch (event->kind) {
	case FLOW_BYTES:
	case FLOW_GAP:
	case FLOW_DATAGRAM:
	case FLOW_FIN:
	case FLOW_RST:
		return feed(c, event, flow, stats);
	case FLOW_OVER:
		flow_over(c, event->flow, flow, stats);
		break;
	case CAPTURE_SECRETS:
		keylog_add_text(c->keylog, (const char *)event->bytes, event->len);
		break;
	case FLOW_OPENED:
		break;
	}
	return INTEREST_BYTES;
}
