/*
 * One flow through dissect/: records, what comes before them, DTLS, QUIC. Input: a byte of flags
 * (1: UDP, 2: with a key log), then pieces: a byte (1: side, else kind), a 16-bit length, bytes.
 */
#include <stdlib.h>

#include "support.h"

static const char keys[] =
	"CLIENT_RANDOM 0000000000000000000000000000000000000000000000000000000000000000 "
	"00000000000000000000000000000000000000000000000000000000000000000000000000000000"
	"0000000000000000\n";

static void touch_list(const struct certificate_list *list)
{
	for (uint16_t i = 0; list && i < list->count; i++) {
		touch(list->at[i]->der, list->at[i]->der_len);
		touch_text(list->at[i]->subject);
	}
}

static void touch_hello(const struct client_hello *h)
{
	char ja3[JA3_LEN + 1], ja4[JA4_LEN + 1];

	if (!h)
		return;
	touch(h->server_name.at, h->server_name.len);
	for (uint16_t i = 0; i < h->alpn.count; i++)
		touch(h->alpn.at[i].at, h->alpn.at[i].len);
	client_hello_ja3(h, ja3);
	client_hello_ja4(h, 't', ja4);
}

static void touch_message(struct tls_event *e)
{
	struct tls_message *m = &e->message;

	claim(m->broke_at <= m->length, "a message breaks inside itself");
	if (m->type == HS_CLIENT_HELLO)
		touch_hello(m->body.client_hello);
	else if (m->type == HS_CERTIFICATE)
		touch_list(m->body.certificates);
	if (m->length % 2) {		/* half of them are taken */
		tls_take(e);
		message_free(m);
	}
}

static void pull(struct tls *t)
{
	struct tls_event e;

	while (tls_next(t, &e)) {
		switch (e.kind) {
		case TLS_MESSAGE:
			touch_message(&e);
			break;
		case TLS_FOREIGN:
			claim(e.foreign.sample_len <= FOREIGN_SAMPLE_MAX, "a sample fits");
			touch_text(foreign_name(e.foreign.protocol));
			break;
		case TLS_UPGRADE:
			claim(e.upgrade.words_len <= FOREIGN_SAMPLE_MAX, "words fit");
			touch_text(e.upgrade.target);
			break;
		case TLS_QUIC:
			claim(e.quic.reason_len <= QUIC_REASON_MAX, "a reason fits");
			claim(e.quic.version_count <= QUIC_VERSIONS_MAX, "versions fit");
			break;
		default:
			break;
		}
	}
}

static void feed(struct tls *t, struct capture_event *e, struct reader bytes)
{
	uint8_t *copy = exact_copy(bytes.at, left(&bytes));

	e->bytes = copy;
	e->len = left(&bytes);
	e->mark.frame++;
	e->mark.time += 1000000;
	tls_feed(t, e);
	pull(t);
	free(copy);
}

static void take_piece(struct tls *t, struct reader *r, bool udp, uint64_t next[2], struct capture_event *e)
{
	uint8_t what = take_u8(r);
	uint16_t len = take_u16(r);
	struct reader bytes = take_reader(r, len < left(r) ? len : left(r));

	*e = (struct capture_event){ .kind = udp ? FLOW_DATAGRAM : FLOW_BYTES, .from = what & 1, .mark = e->mark };
	e->offset = next[e->from];
	if (what >> 1 == 127) {
		e->kind = len & 1 ? FLOW_FIN : FLOW_RST;
		bytes = reader_of(NULL, 0);
	} else if (what >> 1 == 126 && !udp) {
		e->kind = FLOW_GAP;
		e->lost = len + 1u;
		bytes = reader_of(NULL, 0);
	}
	e->cut = udp && what >> 1 == 125;
	next[e->from] += left(&bytes) + e->lost;
	feed(t, e, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_of(data, size);
	uint8_t flags = take_u8(&r);
	struct keylog *keylog = keylog_new();
	struct certificate_cache *cache = certificate_cache_new(1 << 16);
	struct tls *t;
	struct capture_event e = { 0 };
	uint64_t next[2] = { 0, 0 }, have, want;

	keylog_add_text(keylog, keys, sizeof(keys) - 1);
	t = tls_new(flags & 1 ? TRANSPORT_UDP : TRANSPORT_TCP, flags & 2 ? keylog : NULL, cache);
	while (more(&r) && !tls_is_done(t))
		take_piece(t, &r, flags & 1, next, &e);
	for (int side = 0; side < 2; side++) {
		tls_pending(t, (enum side)side, &have, &want);
		claim(!want || have <= want, "no more waits than was promised");
	}
	tls_free(t);
	certificate_cache_free(cache);
	keylog_free(keylog);
	return 0;
}
