/*
 * The run: cases while they wait for what others teach, verdicts in the order of first packets.
 */
#include "../must.h"
#include "analysis.h"
#include "diagnose.h"
#include "endpoints.h"
#include "kinds.h"
#include "recent.h"

#include <stdlib.h>

enum {
	TIED_SHARE = 8,		/* of the memory, for what ended by one packet */
	DEFAULT_MEMORY = 128 * 1024 * 1024,
	SPARE_HANDSHAKES = 256	/* kept for the readers: they are large, and come and go */
};

#define SYSTEM_BUNDLE "/etc/ssl/certs/ca-certificates.crt"

/* A closed handshake that waits for its verdict. */
struct waiting {
	struct gist gist;
	struct handshake *handshake;
	struct ending ending;
	struct placement placement;	/* live; else the whole run will tell */
};

struct analysis {
	struct analyze_options options;
	struct trust_store *store;
	struct crl_set *crls;
	struct trust_context *trust;
	struct certificate_cache *certificates;
	struct hello_kinds *kinds;
	struct keylog *keylog;
	struct lessons *lessons;
	struct endpoints *endpoints;
	struct traces *traces;		/* NULL when live: nobody waits for the end */
	struct recent *recent;		/* then this; else NULL */
	struct waiting *queue;
	size_t queue_count, queue_room, queue_at;
	size_t queue_bytes;			/* of the handshakes that wait */
	size_t unexpected, lone_syns;
	struct concluded *tied;			/* that ended by the same packet */
	size_t tied_count, tied_room;
	size_t tied_bytes;			/* that these keep */
	struct handshake *spare[SPARE_HANDSHAKES];
	size_t spare_count;
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
	a->kinds = must(hello_kinds_new());
	a->keylog = must(keylog_new());
	a->lessons = must(lessons_new(a->options.memory / 8));
	a->endpoints = must(endpoints_new(a->options.memory / 4, a->options.live));
	if (a->options.live)
		a->recent = must(recent_new(a->options.memory / 16));
	else
		a->traces = must(traces_new(a->options.memory / 16));
	return a;
}

void analysis_free(struct analysis *a)
{
	if (!a)
		return;
	for (size_t i = a->queue_at; i < a->queue_count; i++) {
		gist_release(&a->queue[i].gist);
		handshake_free(a->queue[i].handshake);
	}
	for (size_t i = 0; i < a->tied_count; i++)
		concluded_free(&a->tied[i]);
	free(a->tied);
	handshake_free(a->handed_out);
	while (a->spare_count)
		handshake_free(a->spare[--a->spare_count]);
	free(a->queue);
	endpoints_free(a->endpoints);
	traces_free(a->traces);
	recent_free(a->recent);
	lessons_free(a->lessons);
	trust_context_free(a->trust);
	trust_free(a->store);
	crl_free(a->crls);
	keylog_free(a->keylog);
	certificate_cache_free(a->certificates);
	hello_kinds_free(a->kinds);
	free(a);
}

void analysis_inputs(struct analysis *a, uint64_t count)
{
	a->inputs = count;
}

struct keylog *analysis_keylog(struct analysis *a)
{
	return a->keylog;
}

const struct analyze_options *analysis_options(const struct analysis *a)
{
	return &a->options;
}

struct certificate_cache *analysis_certificates(struct analysis *a)
{
	return a->certificates;
}

struct hello_kinds *analysis_kinds(struct analysis *a)
{
	return a->kinds;
}

/* ---- which ports speak TLS ---- */

bool port_expects_tls(const struct analyze_options *o, uint16_t port)
{
	bool implicit_tls = false;

	for (size_t i = 0; i < o->tls_port_count; i++)
		if (o->tls_ports[i] == port)
			return true;
	port_protocol(port, &implicit_tls, NULL);
	return implicit_tls;
}

static bool tls_expected(const struct analysis *a, const struct address *server)
{
	const struct lesson *l = lessons_of(a->lessons, server, 0);

	return (l && l->completed) || port_expects_tls(&a->options, server->port);
}

/* ---- cases ---- */

static void give_back(struct analysis *a, struct handshake *h)
{
	if (a->spare_count == SPARE_HANDSHAKES) {
		handshake_free(h);
		return;
	}
	a->spare[a->spare_count++] = h;
}

static void forget(struct analysis *a, struct concluded *concluded)
{
	gist_release(&concluded->gist);
	if (concluded->handshake)
		give_back(a, concluded->handshake);
}

static void enqueue(struct analysis *a, const struct concluded *concluded,
		    const struct placement *placement)
{
	if (a->queue_at > a->queue_room / 2) {	/* what was taken makes room for what comes */
		a->queue_count -= a->queue_at;
		memmove(a->queue, a->queue + a->queue_at, a->queue_count * sizeof(*a->queue));
		a->queue_at = 0;
	}
	if (a->queue_count == a->queue_room) {
		size_t room = a->queue_room ? a->queue_room * 2 : 64;

		a->queue = must(realloc(a->queue, room * sizeof(*a->queue)));
		a->queue_room = room;
	}
	a->queue[a->queue_count++] = (struct waiting){ .gist = concluded->gist,
		.handshake = concluded->handshake, .ending = concluded->ending, .placement = *placement };
	a->queue_bytes += handshake_bytes(concluded->handshake) + sizeof(struct waiting);
}

bool is_settled(const struct analyze_options *o, const struct gist *g)
{
	return g->outcome == OUTCOME_COMPLETED && !o->keep_completed && !g->left_without_data;
}

/* Completed handshakes that nobody wants to see are counted and forgotten. */
static bool settle_completed(struct analysis *a, struct concluded *concluded,
			     const struct placement *placement)
{
	if (!is_settled(&a->options, &concluded->gist) || placement->incident)
		return false;
	a->summary.completed++;
	a->summary.probes += placement->probe;
	endpoints_note(a->endpoints, &concluded->gist, OUTCOME_COMPLETED, NULL, placement->probe);
	forget(a, concluded);
	return true;
}

struct handshake *analysis_spare(struct analysis *a)
{
	return a->spare_count ? a->spare[--a->spare_count] : NULL;
}

static void count_code(struct summary *s, const char *code, uint64_t count)
{
	uint8_t i = 0;

	while (i < s->code_count && strcmp(s->codes[i].code, code) != 0)
		i++;
	if (i == sizeof(s->codes) / sizeof(s->codes[0]))
		return;
	if (i == s->code_count)
		s->codes[s->code_count++].code = code;
	s->codes[i].count += count;
}

static void count_lone_syns(struct summary *s, uint64_t count)
{
	s->inconclusive += count;
	s->probes += count;
	count_code(s, "connect_timeout", count);
}

/* A few silent attempts are looked at like any other; a flood of them says nothing of anybody. */
static bool is_worth_a_look(struct analysis *a, const struct concluded *concluded)
{
	if (concluded->unexpected)
		return a->unexpected++ < UNEXPECTED_KEPT;
	if (!concluded->lone_syns || (concluded->handshake && a->lone_syns++ < LONE_SYNS_KEPT))
		return true;
	count_lone_syns(&a->summary, concluded->lone_syns);
	return false;
}

/* Live: what came before it says of this attempt, and it of them. */
static void note_recent(struct analysis *a, const struct concluded *concluded,
			struct placement *out)
{
	struct trace trace;

	trace_read(&concluded->gist, &trace);
	recent_note(a->recent, &trace, out);
	a->summary.probes += out->probes_before;
}

static void take_in(struct analysis *a, struct concluded *concluded)
{
	const struct gist *g = &concluded->gist;
	struct placement placement = { 0 };

	if (!is_worth_a_look(a, concluded)) {
		forget(a, concluded);
		return;
	}
	lessons_learn(a->lessons, g);
	if (a->traces)
		traces_note(a->traces, g);
	else
		note_recent(a, concluded, &placement);
	if (g->certificates)
		trust_context_remember(a->trust, g->certificates);
	if (!settle_completed(a, concluded, &placement))
		enqueue(a, concluded, &placement);
}

static int in_order(const void *x, const void *y)
{
	const struct concluded *a = x, *b = y;

	return a->gist.serial < b->gist.serial ? -1 : a->gist.serial > b->gist.serial;
}

static void take_in_tied(struct analysis *a)
{
	if (a->tied_count > 1)
		qsort(a->tied, a->tied_count, sizeof(*a->tied), in_order);
	for (size_t i = 0; i < a->tied_count; i++)
		take_in(a, &a->tied[i]);
	a->tied_count = a->tied_bytes = 0;
}

/* What ended by the same packet is taken in together and in the order of first packets: who of several
 * readers is the first to tell of it is chance. With the capture all ends that was open: then as many
 * together as a share of the memory holds. */
void analysis_add(struct analysis *a, const struct concluded *concluded)
{
	if (a->options.live) {
		struct concluded taken = *concluded;

		take_in(a, &taken);
		return;
	}
	if (a->tied_count && (a->tied[0].at != concluded->at || a->tied_bytes > a->options.memory / TIED_SHARE))
		take_in_tied(a);
	if (a->tied_count == a->tied_room) {
		a->tied_room = a->tied_room ? a->tied_room * 2 : 64;
		a->tied = must(realloc(a->tied, a->tied_room * sizeof(*a->tied)));
	}
	lessons_expect(a->lessons, &concluded->gist.server);	/* it is wanted when the next one comes */
	endpoints_expect(a->endpoints, &concluded->gist);
	a->tied[a->tied_count++] = *concluded;
	a->tied_bytes += sizeof(*concluded) + handshake_bytes(concluded->handshake);
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
	take_in_tied(a);
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
	count_code(s, v->diagnosis.code, 1);
}

/* What the whole run says of this attempt, or when live what came before it. A refusal is nobody's
 * probe but a scanner's. */
static void place(const struct trace *t, const struct waiting *w, struct verdict *v)
{
	bool refused = w->ending.outcome != OUTCOME_FAILED && v->outcome == OUTCOME_FAILED;

	v->incident = t ? t->incident : w->placement.incident;
	v->retry = t ? t->retry : w->placement.retry;
	v->probe = !refused && (t ? t->probe : w->placement.probe);
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
	const struct trace *trace =
	    a->finished && a->traces ? traces_find(a->traces, w->handshake->serial) : NULL;
	struct knowledge k = { .trust = a->trust, .lessons = a->lessons,
		.tls_expected = tls_expected(a, &w->handshake->flow->side[SIDE_SERVER].address),
		.next_try = trace ? traces_next(a->traces, trace) : NULL };
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
	place(trace, w, out);
	if (out->outcome == OUTCOME_COMPLETED && !a->options.keep_completed &&
	    !w->placement.incident) {
		count_verdict(a, out);
		endpoints_note(a->endpoints, &w->gist, out->outcome, NULL, out->probe);
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
			gist_release(&w.gist);
			give_back(a, w.handshake);
			continue;
		}
		a->handed_out = w.handshake;
		count_verdict(a, out);
		endpoints_note(a->endpoints, &w.gist, out->outcome,
			       out->outcome == OUTCOME_COMPLETED ? NULL : out->diagnosis.code,
			       out->probe);
		gist_release(&w.gist);
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
