/*
 * The run: conversations while they last, cases while they wait for what others teach, verdicts in
 * the order of first packets.
 */
#include "../must.h"
#include "diagnose.h"
#include "endpoints.h"
#include "trace.h"

#include <stdlib.h>

enum {
	DEFAULT_MEMORY = 128 * 1024 * 1024,
	UNEXPECTED_KEPT =
	    4096, /* refused or unanswered connections that wait for a lesson on their port */
	SPARE_HANDSHAKES = 64, /* kept for the next ones: they are large, and come and go */
	LONE_SYNS_KEPT =
	    1024 /* SYNs sent once: beyond so many they are a flood, and only counted */
};

#define SYSTEM_BUNDLE "/etc/ssl/certs/ca-certificates.crt"

/* One flow while it lasts. Flows that never carry a byte have none. */
struct conversation {
	struct tls *tls;		/* NULL again once it is done */
	struct handshake *handshake;
	bool done;			/* nothing that comes can change the outcome */
	char kind;			/* by tls_kind, once done */
	uint64_t drops;			/* that the capture had counted when it began to speak */
};

/* A closed handshake that waits for its verdict. */
struct waiting {
	struct handshake *handshake;
	struct ending ending;
	bool tls_expected;
};

struct analysis {
	struct analyze_options options;
	struct trust_store *store;
	struct crl_set *crls;
	struct trust_context *trust;
	struct certificate_cache *certificates;
	struct keylog *keylog;
	struct lessons *lessons;
	struct endpoints *endpoints;
	struct traces *traces;		/* NULL when live: nobody waits for the end */
	struct conversation *conversations;	/* by flow number */
	size_t conversation_count;
	struct waiting *queue;
	size_t queue_count, queue_room, queue_at;
	size_t queue_bytes;			/* of the handshakes that wait */
	size_t unexpected, lone_syns;
	struct handshake *spare[SPARE_HANDSHAKES];
	size_t spare_count;
	const char *file;
	uint64_t inputs;
	bool finished;
	struct handshake *handed_out;		/* lives until the next call of analysis_next */
	struct summary summary;
};

/* ---- life ---- */

static bool open_trust(struct analysis *a, char *problem, size_t problem_len)
{
	const struct analyze_options *o = &a->options;
	char ignored[256];

	if (o->crl_file) {
		a->crls = crl_open(o->crl_file, problem, problem_len);
		if (!a->crls)
			return false;
	}
	if (o->no_trust)
		return true;
	if (!o->ca_file && !o->ca_path) {
		a->store = trust_open(SYSTEM_BUNDLE, NULL, ignored, sizeof(ignored));
		return true;
	}
	a->store = trust_open(o->ca_file, o->ca_path, problem, problem_len);
	return a->store != NULL;
}

struct analysis *analysis_new(const struct analyze_options *options, char *problem,
			      size_t problem_len)
{
	struct analysis *a = must(calloc(1, sizeof(*a)));

	a->options = *options;
	if (!a->options.memory)
		a->options.memory = DEFAULT_MEMORY;
	if (!open_trust(a, problem, problem_len)) {
		analysis_free(a);
		return NULL;
	}
	a->trust = must(trust_context_new(a->store, a->crls));
	a->certificates = must(certificate_cache_new(a->options.memory / 8));
	a->keylog = must(keylog_new());
	a->lessons = must(lessons_new(a->options.memory / 8));
	a->endpoints = must(endpoints_new(a->options.memory / 4, a->options.live));
	if (!a->options.live)
		a->traces = must(traces_new(a->options.memory / 16));
	return a;
}

void analysis_free(struct analysis *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->conversation_count; i++) {
		tls_free(a->conversations[i].tls);
		handshake_free(a->conversations[i].handshake);
	}
	for (size_t i = a->queue_at; i < a->queue_count; i++)
		handshake_free(a->queue[i].handshake);
	handshake_free(a->handed_out);
	while (a->spare_count)
		free(a->spare[--a->spare_count]);
	free(a->conversations);
	free(a->queue);
	endpoints_free(a->endpoints);
	traces_free(a->traces);
	lessons_free(a->lessons);
	trust_context_free(a->trust);
	trust_free(a->store);
	crl_free(a->crls);
	keylog_free(a->keylog);
	certificate_cache_free(a->certificates);
	free(a);
}

struct keylog *analysis_keylog(struct analysis *a)
{
	return a->keylog;
}

void analysis_input(struct analysis *a, const char *file)
{
	a->file = file;
	a->inputs++;
}

/* ---- which ports speak TLS ---- */

static bool port_asked_for(const struct analysis *a, uint16_t port)
{
	for (size_t i = 0; i < a->options.tls_port_count; i++)
		if (a->options.tls_ports[i] == port)
			return true;
	return false;
}

static bool tls_expected(const struct analysis *a, const struct address *server)
{
	const struct lesson *l = lessons_of(a->lessons, server);
	bool implicit_tls = false;

	if (port_asked_for(a, server->port) || (l && l->completed))
		return true;
	port_protocol(server->port, &implicit_tls, NULL);
	return implicit_tls;
}

/* ---- cases ---- */

static void give_back(struct analysis *a, struct handshake *h)
{
	if (a->spare_count == SPARE_HANDSHAKES) {
		handshake_free(h);
		return;
	}
	handshake_empty(h);
	a->spare[a->spare_count++] = h;
}

static void enqueue(struct analysis *a, struct handshake *h, const struct ending *e)
{
	if (a->queue_count == a->queue_room) {
		size_t room = a->queue_room ? a->queue_room * 2 : 64;

		a->queue = must(realloc(a->queue, room * sizeof(*a->queue)));
		a->queue_room = room;
	}
	a->queue[a->queue_count++] = (struct waiting){ .handshake = h, .ending = *e };
	a->queue_bytes += handshake_bytes(h) + sizeof(struct waiting);
}

/* Completed handshakes that nobody wants to see are counted and forgotten. */
static bool settle_completed(struct analysis *a, struct handshake *h, const struct ending *e)
{
	if (e->outcome != OUTCOME_COMPLETED || a->options.keep_completed || e->left_without_data)
		return false;
	a->summary.completed++;
	endpoints_note(a->endpoints, h, OUTCOME_COMPLETED, NULL, false);
	give_back(a, h);
	return true;
}

static uint64_t drops_of(const struct capture_stats *stats)
{
	return stats->dropped_kernel + stats->dropped_interface;
}

static void conclude(struct analysis *a, struct handshake *h, const struct flow_facts *flow,
		     const struct capture_stats *stats)
{
	struct ending ending;

	h->ended = stats->last;
	handshake_close(h, flow);
	h->capture_drops = drops_of(stats) - h->capture_drops;
	ending_read(h, &ending);
	lessons_learn(a->lessons, h, &ending);
	if (a->traces)
		traces_note(a->traces, h, &ending);
	if (h->certificates)
		trust_context_remember(a->trust, h->certificates);
	if (!settle_completed(a, h, &ending))
		enqueue(a, h, &ending);
}

static struct handshake *new_handshake(struct analysis *a, const struct flow_facts *flow, char kind)
{
	uint64_t serial = a->inputs << 40 | flow->first.frame;
	struct handshake *h;

	if (!a->spare_count)
		return must(handshake_new(a->file, serial, kind));
	h = a->spare[--a->spare_count];
	handshake_begin(h, a->file, serial, kind);
	return h;
}

/* One SYN, never repeated and never answered, by whoever sent it: nobody waited for an answer. */
static bool is_lone_syn(const struct flow_facts *flow)
{
	const struct tcp_side *client = &flow->side[SIDE_CLIENT];

	return client->syn_count == 1 && flow->packets == 1u + client->duplicates &&
	       !flow->icmp_count;
}

static void count_code(struct summary *s, const char *code)
{
	uint8_t i = 0;

	while (i < s->code_count && strcmp(s->codes[i].code, code) != 0)
		i++;
	if (i == sizeof(s->codes) / sizeof(s->codes[0]))
		return;
	if (i == s->code_count)
		s->codes[s->code_count++].code = code;
	s->codes[i].count++;
}

/* A few lone SYNs are looked at like any other attempt; a flood of them says nothing of anybody. */
static bool count_lone_syn(struct analysis *a, const struct flow_facts *flow)
{
	if (!is_lone_syn(flow) || a->lone_syns++ < LONE_SYNS_KEPT)
		return false;
	a->summary.inconclusive++;
	a->summary.probes++;
	count_code(&a->summary, "connect_timeout");
	return true;
}

/* A flow without a byte: worth a case only where TLS was expected, which later flows may show. */
static void conclude_silent(struct analysis *a, const struct flow_facts *flow,
			    const struct capture_stats *stats)
{
	const struct tcp_side *server = &flow->side[SIDE_SERVER];
	bool expected = tls_expected(a, &server->address);
	bool never_up = tcp_never_up(flow);
	struct handshake *h;

	if (flow->transport != TRANSPORT_TCP ||
	    (!never_up && !server->reset_count && !happened(server->fin)))
		return;
	if (!expected && (a->options.live || a->unexpected == UNEXPECTED_KEPT))
		return;
	if (expected && count_lone_syn(a, flow))
		return;
	a->unexpected += !expected;
	h = new_handshake(a, flow, 't');
	h->capture_drops = a->options.live ? drops_of(stats) : 0;	/* it never spoke */
	conclude(a, h, flow, stats);
}

/* ---- events ---- */

static struct conversation *conversation_of(struct analysis *a, uint32_t flow)
{
	size_t count = a->conversation_count;

	if (flow < count)
		return &a->conversations[flow];
	while (count <= flow)
		count = count ? count * 2 : 256;
	a->conversations = must(realloc(a->conversations, count * sizeof(*a->conversations)));
	memset(a->conversations + a->conversation_count, 0,
	       (count - a->conversation_count) * sizeof(*a->conversations));
	a->conversation_count = count;
	return &a->conversations[flow];
}

static void open_conversation(struct analysis *a, struct conversation *c,
			      const struct flow_facts *flow, const struct capture_stats *stats)
{
	c->drops = a->options.live ? drops_of(stats) : 0; /* a file may count them at its end */
	c->tls = must(tls_new(flow->transport, a->keylog, a->certificates));
}

/* A flow has facts from its first event on: those that never say anything cost little. */
static void pull_events(struct analysis *a, struct conversation *c, const struct flow_facts *flow)
{
	struct tls_event event;

	while (tls_next(c->tls, &event)) {
		if (!c->handshake)
			c->handshake = new_handshake(a, flow, tls_kind(c->tls));
		handshake_note(c->handshake, &event);
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

static void close_conversation(struct analysis *a, struct conversation *c,
			       const struct flow_facts *flow, const struct capture_stats *stats)
{
	struct handshake *h;

	if (!c->handshake)	/* it never said a whole word: what it began is a fact too */
		c->handshake = new_handshake(a, flow, c->done ? c->kind : tls_kind(c->tls));
	if (!c->done)
		finish_reading(c);
	h = c->handshake;
	h->capture_drops = c->drops;
	*c = (struct conversation){ 0 };
	conclude(a, h, flow, stats);
}

/* Then no end, however abrupt, makes anything of it that the reader would have to tell. */
static bool has_data_both_ways(const struct handshake *h)
{
	return h && happened(h->first_data[SIDE_CLIENT]) && happened(h->first_data[SIDE_SERVER]);
}

/* What completed beyond doubt and nobody wants to see is counted at once, not when the flow is over:
 * most connections live long, and many are open at a time. */
static bool settle_early(struct analysis *a, struct conversation *c, const struct flow_facts *flow,
			 const struct capture_stats *stats)
{
	struct handshake *h = c->handshake;

	if (a->options.keep_completed || !h || !infer_data_both_ways(h))
		return false;
	h->capture_drops = c->drops;
	tls_free(c->tls);
	*c = (struct conversation){ 0 };
	conclude(a, h, flow, stats);
	return true;
}

static enum interest feed(struct analysis *a, const struct capture_event *event,
			  const struct flow_facts *flow, const struct capture_stats *stats)
{
	struct conversation *c = conversation_of(a, event->flow);

	if (c->done)
		return INTEREST_END;
	if (!c->tls) {
		if (event->kind == FLOW_FIN || event->kind == FLOW_RST)
			return INTEREST_BYTES;
		open_conversation(a, c, flow, stats);
	}
	tls_feed(c->tls, event);
	pull_events(a, c, flow);
	if (settle_early(a, c, flow, stats))
		return INTEREST_NONE;
	if (!tls_is_done(c->tls))
		return INTEREST_BYTES;
	if (has_data_both_ways(c->handshake))
		finish_reading(c);
	return INTEREST_END;
}

size_t analysis_bytes(const struct analysis *a, uint32_t flow)
{
	const struct conversation *c;

	if (flow >= a->conversation_count)
		return 0;
	c = &a->conversations[flow];
	return (c->tls ? tls_bytes(c->tls) : 0) + handshake_bytes(c->handshake);
}

static void flow_over(struct analysis *a, uint32_t number, const struct flow_facts *flow,
		      const struct capture_stats *stats)
{
	/* Most flows of a flood never say a byte: they get no conversation to end it. */
	struct conversation *c = number < a->conversation_count ? &a->conversations[number] : NULL;
	bool began = c && (c->tls || c->done);

	if (began && !c->handshake && flow->transport == TRANSPORT_UDP) {
		tls_free(c->tls);
		*c = (struct conversation){ 0 };
	} else if (began) {
		close_conversation(a, c, flow, stats);
	} else {
		conclude_silent(a, flow, stats);
	}
}

enum interest analysis_take(struct analysis *a, const struct capture_event *event,
			    const struct flow_facts *flow, const struct capture_stats *stats)
{
	switch (event->kind) {
	case FLOW_BYTES:
	case FLOW_GAP:
	case FLOW_DATAGRAM:
	case FLOW_FIN:
	case FLOW_RST:
		return feed(a, event, flow, stats);
	case FLOW_OVER:
		flow_over(a, event->flow, flow, stats);
		break;
	case CAPTURE_SECRETS:
		keylog_add_text(a->keylog, (const char *)event->bytes, event->len);
		break;
	case FLOW_OPENED:
		break;
	}
	return INTEREST_BYTES;
}

/* ---- verdicts ---- */

static int by_serial(const void *x, const void *y)
{
	const struct waiting *a = x, *b = y;

	return a->handshake->serial < b->handshake->serial
		   ? -1
		   : a->handshake->serial > b->handshake->serial;
}

void analysis_finish(struct analysis *a)
{
	a->finished = true;
	if (a->traces)
		traces_settle(a->traces);
	if (a->queue_count > a->queue_at)
		qsort(a->queue + a->queue_at, a->queue_count - a->queue_at, sizeof(*a->queue),
		      by_serial);
}

static bool queue_is_ready(const struct analysis *a)
{
	if (a->queue_count == a->queue_at)
		return false;
	return a->finished || a->options.live || a->queue_bytes > a->options.memory / 2;
}

static void count_verdict(struct analysis *a, const struct verdict *v)
{
	struct summary *s = &a->summary;

	s->probes += v->probe;
	if (v->outcome == OUTCOME_COMPLETED) {
		s->completed++;
		return;
	}
	*(v->outcome == OUTCOME_FAILED ? &s->failed : &s->inconclusive) += 1;
	count_code(s, v->diagnosis.code);
}

/* What the whole run says of this attempt. A refusal is nobody's probe but a scanner's. */
static void place(const struct analysis *a, struct verdict *v)
{
	const struct trace *t =
	    a->finished && a->traces ? traces_find(a->traces, v->handshake->serial) : NULL;

	if (!t)
		return;
	v->incident = t->incident;
	v->retry = t->retry;
	v->probe = t->probe && (v->outcome != OUTCOME_FAILED || t->outcome == OUTCOME_FAILED);
}

/* Live we know that packets were lost while this connection spoke: what rests on their absence is a
 * step less sure. */
static void doubt(struct verdict *v)
{
	const struct cause *cause = cause_of(v->diagnosis.code);

	if (cause && !strncmp(cause->section, "Network", 7) && v->diagnosis.confidence > POSSIBLE)
		v->diagnosis.confidence--;
}

static bool take_case(struct analysis *a, struct waiting *w, struct verdict *out)
{
	struct knowledge k = { .trust = a->trust, .lessons = a->lessons,
		.tls_expected = tls_expected(a, &w->handshake->flow.side[SIDE_SERVER].address) };
	bool silent =
	    w->ending.phase == PHASE_TCP ||
	    (w->ending.phase == PHASE_BEFORE_HELLO && !w->handshake->record_total[0] &&
	     !happened(w->handshake->foreign_mark[SIDE_CLIENT]) && !w->handshake->upgrade_count);

	if (silent && !k.tls_expected)
		return false;
	if (!diagnose(&k, w->handshake, &w->ending, out))
		return false;
	if (a->options.live && w->handshake->capture_drops && out->outcome != OUTCOME_COMPLETED)
		doubt(out);
	place(a, out);
	if (out->outcome == OUTCOME_COMPLETED && !a->options.keep_completed) {
		count_verdict(a, out);
		endpoints_note(a->endpoints, w->handshake, out->outcome, NULL, out->probe);
		return false;
	}
	return true;
}

bool analysis_next(struct analysis *a, struct verdict *out)
{
	if (a->handed_out)
		give_back(a, a->handed_out);
	a->handed_out = NULL;
	while (queue_is_ready(a)) {
		struct waiting w = a->queue[a->queue_at++];

		a->queue_bytes -= handshake_bytes(w.handshake) + sizeof(struct waiting);
		if (a->queue_at == a->queue_count)
			a->queue_at = a->queue_count = 0;
		if (!take_case(a, &w, out)) {
			give_back(a, w.handshake);
			continue;
		}
		a->handed_out = w.handshake;
		count_verdict(a, out);
		endpoints_note(a->endpoints, w.handshake, out->outcome,
			       out->outcome == OUTCOME_COMPLETED ? NULL : out->diagnosis.code,
			       out->probe);
		return true;
	}
	return false;
}

bool analysis_next_endpoint(struct analysis *a, struct endpoint *out)
{
	return endpoints_next(a->endpoints, out);
}

void analysis_summary(const struct analysis *a, struct summary *out)
{
	*out = a->summary;
	out->files = a->inputs;
	out->evicted_servers = endpoints_evicted(a->endpoints);
}
