/*
 * Arbitrary facts of a few handshakes, which teach each other, to the rules, and what they say to both
 * reports. Facts are invented event by event: only handshake_note() knows which may stand together,
 * and the rules must bear all that it notes. Input: what is asked for, then of each handshake the
 * facts of the flow and a counted list of events.
 */
#include <stdlib.h>
#include <string.h>

#include "../../analyze/diagnose.h"
#include "../../analyze/endpoints.h"
#include "../../analyze/trace.h"
#include "support.h"

enum { HANDSHAKES_MAX = 4, EVENTS_MAX = 64 };

static bool take_bool(struct reader *r)
{
	return take_u8(r) & 1;
}

/* Near the others or far away, or never. */
static struct mark take_mark(struct reader *r)
{
	uint8_t frame = take_u8(r);

	if (!frame)
		return (struct mark){ 0 };
	return (struct mark){ .frame = frame, .time = INT64_C(1700000000000000000) + (int64_t)take_u16(r) * 10000000 };
}

/* Small numbers are the telling ones; now and then a huge one. */
static uint64_t take_number(struct reader *r)
{
	uint8_t n = take_u8(r);

	return n < 0xf0 ? n : n < 0xfe ? take_u16(r) : take_u64(r) >> 1;
}

static struct address take_address(struct reader *r, uint16_t port)
{
	struct address a = { .ip_len = take_bool(r) ? 16 : 4, .port = port };

	a.ip[0] = take_u8(r);
	a.ip[15] = take_u8(r) % 4;
	return a;
}

static void take_reset(struct reader *r, struct tcp_reset *out)
{
	out->mark = take_mark(r);
	out->seq_off = (int32_t)take_u32(r);
	out->ack_off = (int32_t)take_u32(r);
	out->ttl = take_u8(r);
	out->ip_id = take_u16(r);
	out->has_ack = take_bool(r);
	out->has_df = take_bool(r);
	out->answers_packet = take_bool(r);
	out->since_other = (int64_t)take_u32(r) * 1000 - 1;
	out->since_asked = (int64_t)take_u32(r) * 1000 - 1;
}

static void take_side(struct reader *r, struct tcp_side *s)
{
	struct mark *const marks[] = { &s->syn, &s->last_syn, &s->first_packet, &s->last_packet, &s->first_data,
		&s->last_data, &s->first_ack, &s->last_ack, &s->fin, &s->first_retransmission,
		&s->last_retransmission, &s->data_after_reset };
	uint64_t *const numbers[] = { &s->fin_offset, &s->sent, &s->delivered, &s->acked, &s->missing, &s->cut,
		&s->retransmitted_offset };
	uint32_t *const counts[] = { &s->data_segments, &s->retransmissions, &s->duplicates, &s->keepalives,
		&s->out_of_order, &s->retransmitted_len, &s->largest_segment, &s->dup_acks, &s->zero_windows };

	s->address = take_address(r, take_bool(r) ? 443 : take_u16(r));
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		*marks[i] = take_mark(r);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		*numbers[i] = take_number(r);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		*counts[i] = (uint32_t)take_number(r);
	s->syn_count = take_u8(r);
	s->sacked_above_hole = take_bool(r);
	s->conflicting_overlap = take_bool(r);
	s->mss = take_u16(r);
	s->syn_ttl = take_u8(r);
	s->ttl_min = take_u8(r);
	s->ttl_max = take_u8(r);
	s->ip_id_always_zero = take_bool(r);
	s->reset_count = take_u8(r) % 8;
	for (uint32_t i = 0; i < s->reset_count && i < TCP_RESETS_KEPT; i++)
		take_reset(r, &s->resets[i]);
}

static void take_flow(struct reader *r, struct flow_facts *f)
{
	f->transport = take_bool(r) ? TRANSPORT_UDP : TRANSPORT_TCP;
	f->stream = take_u8(r);
	f->client_known = take_bool(r);
	f->first = take_mark(r);
	f->last = take_mark(r);
	f->packets = take_number(r);
	f->bytes = take_number(r);
	f->end = take_u8(r) % (END_EVICTED + 1);
	f->icmp_count = take_u8(r) % (ICMP_ERRORS_KEPT + 1);
	for (uint8_t i = 0; i < f->icmp_count; i++)
		f->icmp[i] = (struct icmp_error){ .mark = take_mark(r), .kind = take_u8(r) % (ICMP_OTHER + 1),
			.type = take_u8(r), .code = take_u8(r), .about = take_bool(r), .mtu = take_u16(r),
			.from = take_address(r, 0) };
	take_side(r, &f->side[0]);
	take_side(r, &f->side[1]);
}

static void take_message(struct reader *r, struct certificate_cache *cache, struct tls_event *e)
{
	uint16_t version = take_u16(r), suite = take_u16(r);
	uint8_t type = take_u8(r);

	message_of(type, version, suite, take_vector16(r), cache, &e->message);
	e->message.decrypted = take_bool(r);
	e->message.first = take_mark(r);
}

static void take_record(struct reader *r, struct tls_record *out)
{
	out->type = (uint8_t)(20 + take_u8(r) % 7);
	out->inner_type = take_bool(r) ? (uint8_t)(20 + take_u8(r) % 7) : 0;
	out->version = take_u16(r);
	out->length = take_u16(r);
	out->hidden = take_bool(r);
	out->decrypted = take_bool(r);
	out->offset = take_number(r);
	out->epoch = take_u8(r);
	out->handshake_keys = take_bool(r);
	out->repeated = take_bool(r);
}

static uint16_t take_sample(struct reader *r, uint8_t *out, size_t room)
{
	struct reader bytes = take_vector8(r);
	size_t len = left(&bytes) < room ? left(&bytes) : room;

	if (len)
		memcpy(out, bytes.at, len);
	return (uint16_t)len;
}

static void take_upgrade(struct reader *r, struct tls_upgrade *out)
{
	out->protocol = take_u8(r) % FOREIGN_COUNT;
	out->proxy = take_bool(r);
	out->step = take_u8(r) % (UPGRADE_IN_CLEAR + 1);
	out->status = (uint32_t)take_number(r);
	out->words_len = take_sample(r, out->words, sizeof(out->words));
	snprintf(out->target, sizeof(out->target), "target-%u", take_u8(r));
	out->target_port = take_u16(r);
}

static void take_quic(struct reader *r, struct tls_quic *out)
{
	out->kind = take_u8(r) % (QUIC_CLOSE + 1);
	out->version = take_u32(r);
	out->version_count = take_u8(r) % (QUIC_VERSIONS_MAX + 1);
	for (uint8_t i = 0; i < out->version_count; i++)
		out->versions[i] = take_u32(r);
	out->application = take_bool(r);
	out->error = take_number(r);
	out->frame_type = take_number(r);
	out->reason_len = take_sample(r, out->reason, sizeof(out->reason));
}

static void take_event(struct reader *r, struct certificate_cache *cache, struct tls_event *e)
{
	e->kind = take_u8(r) % (TLS_QUIC + 1);
	e->from = take_bool(r);
	e->mark = take_mark(r);
	switch (e->kind) {
	case TLS_RECORD:
		take_record(r, &e->record);
		break;
	case TLS_MESSAGE:
		take_message(r, cache, e);
		break;
	case TLS_ALERT:
		e->alert = (struct tls_alert){ take_u8(r), take_u8(r), take_bool(r) };
		break;
	case TLS_FOREIGN:
		e->foreign.protocol = take_u8(r) % FOREIGN_COUNT;
		e->foreign.instead_of_answer = take_bool(r);
		e->foreign.sample_len = take_sample(r, e->foreign.sample, sizeof(e->foreign.sample));
		break;
	case TLS_BROKEN:
		e->broken.kind = take_u8(r) % (BROKEN_FRAME + 1);
		e->broken.message_type = take_u8(r);
		e->broken.offset = take_number(r);
		e->broken.sample_len = (uint8_t)take_sample(r, e->broken.sample, sizeof(e->broken.sample));
		break;
	case TLS_UPGRADE:
		take_upgrade(r, &e->upgrade);
		break;
	case TLS_QUIC:
		take_quic(r, &e->quic);
		break;
	case TLS_GAP:
		break;
	}
}

static struct handshake *take_handshake(struct reader *r, uint64_t serial, struct certificate_cache *cache)
{
	struct flow_facts *flow = calloc(1, sizeof(*flow));
	struct handshake *h = handshake_new("fuzz.pcap", serial, "tdq"[take_u8(r) % 3]);

	take_flow(r, flow);
	for (int i = take_u8(r) % EVENTS_MAX; i > 0 && more(r); i--) {
		struct tls_event e = { 0 };

		take_event(r, cache, &e);
		handshake_note(h, &e);
		if (e.kind == TLS_MESSAGE && !e.taken)
			message_free(&e.message);
	}
	for (int side = 0; side < 2; side++) {
		h->pending_have[side] = take_number(r);
		h->pending_want[side] = take_number(r);
	}
	handshake_close(h, flow);
	handshake_keep(h);
	free(flow);
	return h;
}

static void check_diagnosis(const struct verdict *v)
{
	const struct diagnosis *d = &v->diagnosis;

	if (v->outcome == OUTCOME_COMPLETED)
		return;
	claim(cause_of(d->code), "a diagnosis has a code of the contract");
	claim(d->summary[0], "a diagnosis has words");
	claim(d->evidence_count <= EVIDENCE_MAX && d->alternative_count <= ALTERNATIVES_MAX &&
	      d->remedy_count <= REMEDIES_MAX, "lists fit");
	for (uint8_t i = 0; i < d->alternative_count; i++)
		claim(cause_of(d->alternatives[i].code), "an alternative has a code of the contract");
}

/* Everything that a run has: lessons, servers, incidents, and the papers that are told of them. */
struct bench {
	struct knowledge knowledge;
	struct lessons *lessons;
	struct endpoints *endpoints;
	struct traces *traces;
	struct certificate_cache *cache;
	struct handshake *handshakes[HANDSHAKES_MAX];
	struct ending endings[HANDSHAKES_MAX];
	struct gist gists[HANDSHAKES_MAX];
	int count;
	struct paper papers[2];
	struct summary summary;
};

static void bench_open(struct bench *b, struct reader *r)
{
	uint8_t wish = take_u8(r);
	struct report_options text = { .all = wish & 1, .colour = wish & 2, .columns = wish & 4 ? 300 : 80 },
		json = { .all = true, .failed_only = wish & 8 };

	b->lessons = lessons_new(1 << 20);
	b->endpoints = endpoints_new(1 << 20, wish & 16);
	b->traces = traces_new(1 << 20);
	b->cache = certificate_cache_new(1 << 20);
	b->knowledge = (struct knowledge){ .trust = trust_context_new(NULL, NULL), .lessons = b->lessons,
		.tls_expected = wish & 32 };
	paper_open_with(&b->papers[0], report_text_new, &text);
	paper_open_with(&b->papers[1], report_json_new, &json);
}

static void bench_close(struct bench *b)
{
	for (int i = 0; i < b->count; i++) {
		gist_release(&b->gists[i]);
		handshake_free(b->handshakes[i]);
	}
	traces_free(b->traces);
	endpoints_free(b->endpoints);
	lessons_free(b->lessons);
	trust_context_free(b->knowledge.trust);
	certificate_cache_free(b->cache);
	paper_close(&b->papers[0], false);
	paper_close(&b->papers[1], true);
}

static void learn(struct bench *b, struct reader *r)
{
	struct handshake *h = take_handshake(r, (uint64_t)b->count + 1, b->cache);
	struct ending *ending = &b->endings[b->count];

	ending_read(h, ending);
	gist_read(h, ending, &b->gists[b->count]);
	lessons_learn(b->lessons, &b->gists[b->count]);
	traces_note(b->traces, &b->gists[b->count]);
	if (h->certificates)
		trust_context_remember(b->knowledge.trust, h->certificates);
	b->handshakes[b->count++] = h;
}

static void judge(struct bench *b, int i)
{
	const struct trace *trace = traces_find(b->traces, (uint64_t)i + 1);
	struct verdict *v = calloc(1, sizeof(*v));

	if (diagnose(&b->knowledge, b->handshakes[i], &b->endings[i], v)) {
		check_diagnosis(v);
		if (trace) {
			v->incident = trace->incident;
			v->retry = trace->retry;
			v->probe = trace->probe;
		}
		endpoints_note(b->endpoints, &b->gists[i], v->outcome,
			       v->outcome == OUTCOME_COMPLETED ? NULL : v->diagnosis.code, v->probe);
		for (int p = 0; p < 2; p++)
			claim(b->papers[p].report->verdict(b->papers[p].report, v), "a verdict can be told");
	}
	free(v);
}

static void take_summary(struct reader *r, struct summary *s)
{
	uint64_t *const counts[] = { &s->files, &s->packets, &s->bytes, &s->flows, &s->completed, &s->failed,
		&s->inconclusive, &s->probes, &s->dropped_kernel, &s->dropped_interface, &s->dropped_self, &s->evicted,
		&s->missing_bytes, &s->one_sided, &s->cut_packets, &s->duplicates, &s->clock_steps, &s->undecodable,
		&s->evicted_servers };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		*counts[i] = take_number(r);
	s->first = take_mark(r);
	s->last = take_mark(r);
	s->seconds = (double)take_u32(r) / 1000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_of(data, size);
	struct bench *b = calloc(1, sizeof(*b));
	struct endpoint e;

	bench_open(b, &r);
	do
		learn(b, &r);
	while (more(&r) && b->count < HANDSHAKES_MAX);
	traces_settle(b->traces);
	for (int i = 0; i < b->count; i++)
		judge(b, i);
	while (endpoints_next(b->endpoints, &e))
		for (int p = 0; p < 2; p++)
			claim(b->papers[p].report->endpoint(b->papers[p].report, &e), "a server can be told");
	take_summary(&r, &b->summary);
	for (int p = 0; p < 2; p++)
		claim(b->papers[p].report->summary(b->papers[p].report, &b->summary), "totals can be told");
	bench_close(b);
	free(b);
	return 0;
}
