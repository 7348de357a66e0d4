/*
 * Plaintext of records of TLS and DTLS that authenticate, read with a key log. Input: a byte for version and suite,
 * then records: a byte (1: side; 6: in clear, sealed, sealed and then corrupted, or one that changes
 * the keys; 8: bytes before it are lost), a content type, a 16-bit length, the plaintext.
 */
#include <stdlib.h>
#include <string.h>

#include "support_seal.h"
#include "support_tls.h"

enum { PLAIN_MAX = 16384 };

static const struct { uint16_t version, suite; } sessions[] = {
	{ 0x0304, 0x1301 }, { 0x0304, 0x1302 }, { 0x0304, 0x1303 }, { 0x0304, 0x1304 }, { 0x0304, 0x1305 },
	{ 0x0303, 0xc02f }, { 0x0303, 0xc030 }, { 0x0303, 0xcca8 }, { 0x0303, 0xc09c }, { 0x0303, 0xc0a0 },
	{ 0xfefd, 0xc02f }, { 0xfefd, 0xcca8 }, { 0xfefd, 0xc0a0 }, { 0xfefd, 0xc013 }, { 0xfeff, 0x002f },
	/* not sealed here, but what comes is decrypted before its MAC is checked */
	{ 0x0303, 0xc013 }, { 0x0302, 0x002f }, { 0x0301, 0x002f }, { 0x0301, 0x0005 }, { 0x0303, 0x0041 }
};

/* Of the ClientHello with a random of zeros. */
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
static const char *const labels[] = { "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
	"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0" };

struct session {
	uint16_t version;
	const struct cipher_suite *suite;
	struct tls *tls;
	struct protection keys[2];
	uint64_t sequence[2], next[2];
	bool sealing;			/* record_seal knows this suite */
	bool protected[2];
	struct capture_event event;
	uint8_t record[PLAIN_MAX + RECORD_MORE];
};

static bool is_tls13_session(const struct session *s)
{
	return s->version == 0x0304;
}

static bool is_datagram(const struct session *s)
{
	return s->version >= 0xfe00;
}

static void log_keys(struct keylog *k, const struct cipher_suite *suite)
{
	char line[256];
	int len;

	for (int i = 0; i < 4; i++) {
		len = snprintf(line, sizeof(line), "%s " ZEROS " %0*d\n", labels[i], suite->sha384 ? 96 : 64, 0);
		claim(keylog_add_text(k, line, (size_t)len) == 1, "a line of ours is taken");
	}
	len = snprintf(line, sizeof(line), "CLIENT_RANDOM " ZEROS " %096d\n", 0);
	claim(keylog_add_text(k, line, (size_t)len) == 1, "a line of ours is taken");
}

/* The TLS version that a DTLS version is built on (RFC 6347 1, RFC 4347 1). */
static uint16_t tls_version(const struct session *s)
{
	return s->version == 0xfefd ? 0x0303 : s->version == 0xfeff ? 0x0302 : s->version;
}

static void derive(struct session *s, enum side side)
{
	struct secret traffic = { .len = s->suite->sha384 ? 48 : 32 }, master = { .len = MASTER_SECRET_LEN };
	struct negotiated n = { .version = tls_version(s), .suite = s->suite };

	s->sealing = is_tls13_session(s)
		? protection_from_traffic_secret(&s->keys[side], s->suite, &traffic, LABEL_TLS13)
		: protection_from_master(&s->keys[side], &n, &master, side) && s->keys[side].aead.algorithm != AEAD_NONE;
	s->sequence[side] = is_datagram(s) && s->protected[side] ? UINT64_C(1) << 48 : 0;
}

static void send_record(struct session *s, enum side from, size_t len)
{
	s->event = (struct capture_event){ .kind = is_datagram(s) ? FLOW_DATAGRAM : FLOW_BYTES, .from = from,
		.offset = s->next[from], .mark = s->event.mark };
	s->next[from] += len;
	tls_feed_exact(s->tls, &s->event, reader_of(s->record, len));
	tls_pull(s->tls);
	tls_fed(&s->event);
}

static struct generic_header next_header(struct session *s, enum side from, uint8_t type)
{
	return (struct generic_header){ s->sequence[from]++, type, is_datagram(s) ? s->version : 0x0303 };
}

static void send_clear(struct session *s, enum side from, uint8_t type, const uint8_t *bytes, size_t len)
{
	struct generic_header header = next_header(s, from, type);
	size_t n = record_header(&header, len, s->record);

	if (len)
		memcpy(s->record + n, bytes, len);
	send_record(s, from, n + len);
}

/* A handshake message whose body has just been written behind room for the longer of both headers. */
static void send_message(struct session *s, enum side from, uint8_t type, uint8_t *body, uint8_t len)
{
	uint8_t tls[] = { type, 0, 0, len }, dtls[] = { type, 0, 0, len, 0, 0, 0, 0, 0, 0, 0, len };
	size_t n = is_datagram(s) ? sizeof(dtls) : sizeof(tls);

	memcpy(body - n, is_datagram(s) ? dtls : tls, n);
	send_clear(s, from, CONTENT_HANDSHAKE, body - n, n + len);
}

enum { MESSAGE_HEADER_MAX = 12, HELLO_ROOM = 80 };

/* Both hellos with nothing in them but what the keys depend on. */
static void greet(struct session *s)
{
	uint8_t bytes[MESSAGE_HEADER_MAX + HELLO_ROOM] = { 0 }, *body = bytes + MESSAGE_HEADER_MAX, *at = body + 35;
	uint8_t suite[] = { (uint8_t)(s->suite->number >> 8), (uint8_t)s->suite->number };
	uint16_t legacy = is_tls13_session(s) ? 0x0303 : s->version;

	body[0] = (uint8_t)(legacy >> 8);
	body[1] = (uint8_t)legacy;
	at += is_datagram(s);		/* an empty cookie */
	memcpy(at, "\0\2\0\0\1\0\0\7\0\53\0\3\2\3\4", 15);
	memcpy(at + 2, suite, sizeof(suite));
	if (!is_tls13_session(s))
		at[7] = at[9] = 0;	/* no extensions */
	send_message(s, SIDE_CLIENT, HS_CLIENT_HELLO, body, (uint8_t)(at - body + (is_tls13_session(s) ? 15 : 8)));
	at = body + 35;
	memcpy(at, suite, sizeof(suite));
	memcpy(at + 2, "\0\0\6\0\53\0\2\3\4", 9);
	send_message(s, SIDE_SERVER, HS_SERVER_HELLO, body, (uint8_t)(at - body + (is_tls13_session(s) ? 11 : 3)));
}

static void change_keys(struct session *s, enum side from)
{
	static const uint8_t one = 1;

	if (!is_tls13_session(s))
		send_clear(s, from, CONTENT_CHANGE_CIPHER_SPEC, &one, 1);
	s->protected[from] = true;
	derive(s, from);
}

static void lose(struct session *s, enum side from)
{
	if (is_datagram(s))
		return;
	s->event = (struct capture_event){ .kind = FLOW_GAP, .from = from, .offset = s->next[from], .lost = 100,
		.mark = s->event.mark };
	s->next[from] += 100;
	tls_feed(s->tls, &s->event);
	tls_pull(s->tls);
}

static void send_sealed(struct session *s, enum side from, uint8_t type, struct reader plain, uint8_t corrupt)
{
	struct generic_header header = next_header(s, from, type);
	size_t len = left(&plain) < PLAIN_MAX ? left(&plain) : PLAIN_MAX;
	uint8_t *copy = exact_copy(plain.at, len);
	size_t sealed = record_seal(&s->keys[from], &header, copy, len, s->record);

	if (corrupt)
		s->record[sealed - 1 - corrupt % 16] ^= 1;
	send_record(s, from, sealed);
	free(copy);
}

static void take_record(struct session *s, struct reader *r)
{
	uint8_t what = take_u8(r), type = (uint8_t)(CONTENT_CHANGE_CIPHER_SPEC + take_u8(r) % 7);
	struct reader plain = take_reader(r, take_u16(r) % (left(r) + 1));
	enum side from = what & 1;

	if (what & 8)
		lose(s, from);
	if ((what >> 1 & 3) == 3)
		change_keys(s, from);
	else if ((what >> 1 & 3) == 0 || !s->sealing || !s->protected[from])
		send_clear(s, from, type, plain.at, left(&plain) < PLAIN_MAX ? left(&plain) : PLAIN_MAX);
	else
		send_sealed(s, from, type, plain, (what >> 1 & 3) == 2 ? what : 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_of(data, size);
	size_t which = take_u8(&r) % (sizeof(sessions) / sizeof(sessions[0]));
	struct session *s = calloc(1, sizeof(*s));
	struct keylog *keylog = keylog_new();
	struct certificate_cache *cache = certificate_cache_new(1 << 16);
	struct dissector *dissector = dissector_new(keylog, cache);

	s->version = sessions[which].version;
	s->suite = cipher_suite(sessions[which].suite);
	claim(s->suite, "these suites are known");
	log_keys(keylog, s->suite);
	s->tls = tls_new(dissector, is_datagram(s) ? TRANSPORT_UDP : TRANSPORT_TCP);
	greet(s);
	for (int side = 0; side < 2; side++) {
		s->protected[side] = is_tls13_session(s);
		derive(s, (enum side)side);
	}
	while (more(&r) && !tls_is_done(s->tls))
		take_record(s, &r);
	tls_check_pending(s->tls);
	tls_free(s->tls);
	dissector_free(dissector);
	certificate_cache_free(cache);
	keylog_free(keylog);
	free(s);
	return 0;
}
