#include "parse.h"

/* UDP flows that show neither DTLS nor QUIC in so many datagrams are something else. WebRTC begins
 * with a STUN check per pair of addresses, again and again until one gets through (RFC 8445 14). */
enum { DATAGRAMS_TRIED = 128 };

/* Events in the order in which they are handed out; the array is kept while it is small. */
struct queue {
	struct tls_event *at;
	size_t next, count, room;
};

/* Most bytes cause a record and a message, which are pulled before the next ones come. */
enum { QUEUE_FIRST = 2, QUEUE_KEPT = 8 };

struct tls {
	enum transport transport;
	const struct keylog *keylog;
	struct certificate_cache *cache;
	struct queue queue;
	struct tls_message handed_out;	/* its body is ours until the next tls_next */
	bool has_handed_out, taken;
	struct stream *stream;		/* TCP */
	struct dtls *dtls;		/* UDP: whichever recognised a datagram first */
	struct quic *quic;
	unsigned tried;
};

struct tls *tls_new(enum transport transport, const struct keylog *keylog,
		    struct certificate_cache *cache)
{
	struct tls *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->transport = transport;
	t->keylog = keylog;
	t->cache = cache;
	if (transport == TRANSPORT_TCP)
		t->stream = stream_new(t);
	if (transport == TRANSPORT_TCP && !t->stream) {
		free(t);
		return NULL;
	}
	return t;
}

static void release_handed_out(struct tls *t)
{
	if (t->has_handed_out && !t->taken)
		message_free(&t->handed_out);
	t->has_handed_out = t->taken = false;
}

static void queue_clear(struct queue *q)
{
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
	if (!t)
		return;
	release_handed_out(t);
	queue_clear(&t->queue);
	free(t->queue.at);
	stream_free(t->stream);
	dtls_free(t->dtls);
	quic_free(t->quic);
	free(t);
}

const struct keylog *tls_keylog(const struct tls *t)
{
	return t->keylog;
}

struct certificate_cache *tls_cache(const struct tls *t)
{
	return t->cache;
}

void tls_push(struct tls *t, const struct tls_event *event)
{
	struct queue *q = &t->queue;

	if (q->count == q->room) {
		q->room = q->room ? q->room * 2 : QUEUE_FIRST;
		q->at = must(realloc(q->at, q->room * sizeof *q->at));
	}
	q->at[q->count++] = *event;
}

void tls_push_broken(struct tls *t, enum side from, struct mark mark, enum broken_kind kind,
		     uint8_t message_type, uint64_t offset, const uint8_t *sample, size_t len)
{
	struct tls_event event = { .kind = TLS_BROKEN, .from = from, .mark = mark };
	size_t n = len < sizeof event.broken.sample ? len : sizeof event.broken.sample;

	event.broken.kind = kind;
	event.broken.message_type = message_type;
	event.broken.offset = offset;
	if (n)
		memcpy(event.broken.sample, sample, n);
	event.broken.sample_len = (uint8_t)n;
	tls_push(t, &event);
}

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
	release_handed_out(t);
	queue_clear(&t->queue);
	if (t->stream)
		stream_feed(t->stream, event);
	else if (event->kind == FLOW_DATAGRAM)
		feed_datagram(t, event);
}

bool tls_next(struct tls *t, struct tls_event *out)
{
	struct queue *q = &t->queue;

	release_handed_out(t);
	if (q->next == q->count)
		queue_clear(q);
	while (q->next == q->count)
		if (!t->stream || !stream_more(t->stream))
			return false;
	*out = q->at[q->next++];
	out->taken = &t->taken;
	if (out->kind == TLS_MESSAGE) {
		t->handed_out = out->message;
		t->has_handed_out = true;
	}
	return true;
}

void tls_take(struct tls_event *event)
{
	if (event->kind == TLS_MESSAGE && event->taken)
		*event->taken = true;
}

size_t tls_bytes(const struct tls *t)
{
	size_t bytes = sizeof(*t) + t->queue.room * sizeof(*t->queue.at);

	if (t->stream)
		bytes += stream_bytes(t->stream);
	if (t->dtls)
		bytes += dtls_bytes(t->dtls);
	if (t->quic)
		bytes += quic_bytes(t->quic);
	return bytes;
}

bool tls_is_done(const struct tls *t)
{
	if (t->stream)
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
	if (t->stream)
		stream_pending(t->stream, side, have, want);
}

bool code_list_has(const struct code_list *list, uint16_t code)
{
	for (uint16_t i = 0; i < list->count; i++)
		if (list->at[i] == code)
			return true;
	return false;
}
