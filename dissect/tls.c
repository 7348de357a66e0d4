#include "parse.h"
#include "stream.h"

/* UDP flows that show neither DTLS nor QUIC in so many datagrams are something else. WebRTC begins
 * with a STUN check per pair of addresses, again and again until one gets through (RFC 8445 14). */
enum { DATAGRAMS_TRIED = 128 };

/* Events in the order in which they are handed out. They are pulled before the next bytes come, so
 * that one queue does for all flows; it is kept while it is small. */
struct queue {
	struct tls_event *at;
	size_t next, count, room;
	bool handed_out;	/* the one before `next`, whose body is ours unless it was taken */
};

enum { QUEUE_FIRST = 16, QUEUE_KEPT = 256, SPARE_FLOWS = 256 };

struct dissector {
	const struct keylog *keylog;
	struct certificate_cache *cache;
	struct queue queue;
	struct stock stock;			/* for bodies of messages */
	struct tls *spare[SPARE_FLOWS];		/* for TCP, to be used again */
	size_t spare_count;
};

struct tls {
	struct dissector *dissector;
	enum transport transport;
	unsigned tried;
	struct dtls *dtls;		/* UDP: whichever recognised a datagram first */
	struct quic *quic;
	struct stream stream[];		/* TCP: one */
};

struct dissector *dissector_new(const struct keylog *keylog, struct certificate_cache *cache)
{
	struct dissector *d = must(calloc(1, sizeof *d));

	d->keylog = keylog;
	d->cache = cache;
	return d;
}

struct tls *tls_new(struct dissector *d, enum transport transport)
{
	bool tcp = transport == TRANSPORT_TCP;
	struct tls *t = tcp && d->spare_count ? d->spare[--d->spare_count] :
		must(malloc(sizeof *t + (tcp ? sizeof *t->stream : 0)));

	*t = (struct tls){ .dissector = d, .transport = transport };
	if (tcp)
		stream_begin(t->stream, t);
	return t;
}

static void queue_release(struct queue *q)
{
	if (q->handed_out && !q->at[q->next - 1].taken)
		message_free(&q->at[q->next - 1].message);
	q->handed_out = false;
}

static void queue_clear(struct queue *q)
{
	queue_release(q);
	for (; q->next < q->count; q->next++)
		if (q->at[q->next].kind == TLS_MESSAGE)
			message_free(&q->at[q->next].message);
	q->next = q->count = 0;
	if (q->room > QUEUE_KEPT) {
		free(q->at);
		*q = (struct queue){ 0 };
	}
}

void tls_free(struct tls *t)
{
	struct dissector *d;

	if (!t)
		return;
	d = t->dissector;
	queue_clear(&d->queue);
	dtls_free(t->dtls);
	quic_free(t->quic);
	if (t->transport == TRANSPORT_TCP)
		stream_end(t->stream);
	if (t->transport == TRANSPORT_TCP && d->spare_count < SPARE_FLOWS)
		d->spare[d->spare_count++] = t;
	else
		free(t);
}

void dissector_free(struct dissector *d)
{
	if (!d)
		return;
	while (d->spare_count)
		free(d->spare[--d->spare_count]);
	free(d->queue.at);
	stock_empty(&d->stock);
	free(d);
}

void dissector_reuse(struct dissector *d, void *body)
{
	stock_return(d ? &d->stock : NULL, body);
}

const struct keylog *tls_keylog(const struct tls *t)
{
	return t->dissector->keylog;
}

struct certificate_cache *tls_cache(const struct tls *t)
{
	return t->dissector->cache;
}

struct stock *tls_stock(const struct tls *t)
{
	return &t->dissector->stock;
}

/* ---- events -------------------------------------------------------------------------------- */

static struct tls_event *queue_add(struct queue *q)
{
	if (q->count == q->room) {
		q->room = q->room ? q->room * 2 : QUEUE_FIRST;
		q->at = must(realloc(q->at, q->room * sizeof *q->at));
	}
	return &q->at[q->count++];
}

struct tls_event *tls_begin(struct tls *t, enum tls_event_kind kind, enum side from, struct mark mark)
{
	struct tls_event *event = queue_add(&t->dissector->queue);

	event->kind = kind;
	event->from = from;
	event->mark = mark;
	event->taken = false;
	return event;
}

void tls_push(struct tls *t, const struct tls_event *event)
{
	*queue_add(&t->dissector->queue) = *event;
}

void tls_push_broken(struct tls *t, enum side from, struct mark mark, enum broken_kind kind,
		     uint8_t message_type, uint64_t offset, const uint8_t *sample, size_t len)
{
	struct tls_broken *broken = &tls_begin(t, TLS_BROKEN, from, mark)->broken;
	size_t n = len < sizeof broken->sample ? len : sizeof broken->sample;

	*broken = (struct tls_broken){ .kind = kind, .message_type = message_type, .offset = offset,
				       .sample_len = (uint8_t)n };
	if (n)
		memcpy(broken->sample, sample, n);
}

/* ---- the flow ------------------------------------------------------------------------------ */

/* The first datagram that looks like either decides. */
static void feed_datagram(struct tls *t, const struct capture_event *event)
{
	if (!t->dtls && !t->quic && t->tried < DATAGRAMS_TRIED) {
		t->tried++;
		if (dtls_recognise(event->bytes, event->len))
			t->dtls = must(dtls_new(t));
		else if (quic_recognise(event->bytes, event->len))
			t->quic = must(quic_new(t));
	}
	if (t->dtls)
		dtls_feed(t->dtls, event);
	else if (t->quic)
		quic_feed(t->quic, event);
}

void tls_feed(struct tls *t, const struct capture_event *event)
{
	queue_clear(&t->dissector->queue);
	if (t->transport == TRANSPORT_TCP)
		stream_feed(t->stream, event);
	else if (event->kind == FLOW_DATAGRAM)
		feed_datagram(t, event);
}

struct tls_event *tls_next(struct tls *t)
{
	struct queue *q = &t->dissector->queue;
	struct tls_event *event;

	queue_release(q);
	if (q->next == q->count)
		queue_clear(q);
	while (q->next == q->count)
		if (t->transport != TRANSPORT_TCP || !stream_more(t->stream))
			return NULL;
	event = &q->at[q->next++];
	q->handed_out = event->kind == TLS_MESSAGE;
	return event;
}

void tls_take(struct tls_event *event)
{
	event->taken = true;
}

size_t tls_bytes(const struct tls *t)
{
	size_t bytes = sizeof(*t);

	if (t->transport == TRANSPORT_TCP)
		bytes += stream_bytes(t->stream);
	if (t->dtls)
		bytes += dtls_bytes(t->dtls);
	if (t->quic)
		bytes += quic_bytes(t->quic);
	return bytes;
}

bool tls_is_done(const struct tls *t)
{
	if (t->transport == TRANSPORT_TCP)
		return stream_is_done(t->stream);
	if (t->dtls)
		return dtls_is_done(t->dtls);
	if (t->quic)
		return quic_is_done(t->quic);
	return t->tried >= DATAGRAMS_TRIED;
}

char tls_kind(const struct tls *t)
{
	if (t->dtls)
		return 'd';
	return t->quic ? 'q' : 't';
}

void tls_pending(const struct tls *t, enum side side, uint64_t *have, uint64_t *want)
{
	*have = *want = 0;
	if (t->transport == TRANSPORT_TCP)
		stream_pending(t->stream, side, have, want);
}

bool code_list_has(const struct code_list *list, uint16_t code)
{
	for (uint16_t i = 0; i < list->count; i++)
		if (list->at[i] == code)
			return true;
	return false;
}
