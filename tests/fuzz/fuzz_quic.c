/*
 * Frames of QUIC packets that authenticate, which no flipped bit of a real packet would. Input: a byte
 * for the version, one for the suite, then packets: a byte (1: side; 6: Initial, Handshake, 1-RTT, or
 * a datagram as it is; 8: joined to the datagram before), a 16-bit length, frames.
 */
#include <stdlib.h>
#include <string.h>

#include "support_seal.h"
#include "support_tls.h"

enum { FRAMES_MAX = 8192, DATAGRAM_MAX = 65536, CID_LEN = 8 };

static const uint32_t versions[] = { 1, 0x6b3343cf, 0xff00001d, 0x54303530, 0xfaceb002 };
static const uint16_t suites[] = { 0x1301, 0x1302, 0x1303, 0x1304 };

/* Of a ClientHello whose random is zeros, which is what the seeds have. */
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
static const char *const labels[] = { "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
	"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0" };

enum level { LEVEL_INITIAL, LEVEL_HANDSHAKE, LEVEL_DATA, LEVEL_RAW };

struct wire {
	const struct quic_version *version;
	uint32_t number;
	struct quic_keys keys[LEVEL_RAW][2];
	uint16_t next[LEVEL_RAW][2];	/* packet numbers */
	uint8_t datagram[DATAGRAM_MAX];
	size_t len;
	enum side from;
};

static void derive(struct wire *w, uint16_t suite)
{
	static const struct quic_cid cid = { .len = CID_LEN, .bytes = "\1\2\3\4\5\6\7\10" };
	struct secret secret = { .len = cipher_suite(suite)->sha384 ? 48 : 32 };

	quic_initial_keys(&w->keys[LEVEL_INITIAL][0], &w->keys[LEVEL_INITIAL][1], w->version, &cid);
	for (int level = LEVEL_HANDSHAKE; level <= LEVEL_DATA; level++)
		for (int side = 0; side < 2; side++)
			claim(quic_traffic_keys(&w->keys[level][side], w->version, cipher_suite(suite), &secret),
			      "a suite of QUIC has keys");
}

static void log_keys(struct keylog *k, uint16_t suite)
{
	int digits = cipher_suite(suite)->sha384 ? 96 : 64;
	char line[256];

	for (int i = 0; i < 4; i++) {
		int len = snprintf(line, sizeof(line), "%s " ZEROS " %0*d\n", labels[i], digits, 0);

		claim(keylog_add_text(k, line, (size_t)len) == 1, "a line of ours is taken");
	}
}

static size_t put_varint4(uint8_t *out, size_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> (24 - 8 * i));
	out[0] |= 0x80;
	return 4;
}

/* What stands before the packet number; RFC 9000 17.2, 17.3. */
static size_t header_of(const struct wire *w, enum level level, enum side from, size_t len, uint8_t *out)
{
	uint8_t type = (uint8_t)((level == LEVEL_INITIAL ? 0 : 2) + (w->version->v2 ? 1 : 0));
	size_t n = 5;

	if (level == LEVEL_DATA) {
		out[0] = 0x40;
		memcpy(out + 1, "\1\2\3\4\5\6\7\10", CID_LEN);
		return 1 + CID_LEN;
	}
	out[0] = (uint8_t)(0xc0 | type << 4);
	for (int i = 0; i < 4; i++)
		out[1 + i] = (uint8_t)(w->number >> (24 - 8 * i));
	for (int cid = 0; cid < 2; cid++) {
		out[n++] = CID_LEN;
		memcpy(out + n, cid == (from == SIDE_CLIENT) ? "\11\12\13\14\15\16\17\20" : "\1\2\3\4\5\6\7\10", CID_LEN);
		n += CID_LEN;
	}
	if (level == LEVEL_INITIAL)
		out[n++] = 0;		/* token */
	return n + put_varint4(out + n, len + PACKET_MORE);
}

static void flush(struct wire *w, struct tls *t, struct capture_event *e)
{
	if (!w->len)
		return;
	*e = (struct capture_event){ .kind = FLOW_DATAGRAM, .from = w->from, .mark = e->mark };
	tls_feed_exact(t, e, reader_of(w->datagram, w->len));
	tls_pull(t);
	tls_fed(e);
	w->len = 0;
}

static void put_packet(struct wire *w, enum level level, struct reader frames)
{
	uint8_t header[64], padded[FRAMES_MAX + 8] = { 0 };
	size_t len = left(&frames) < FRAMES_MAX ? left(&frames) : FRAMES_MAX;

	if (w->len + len + sizeof(header) + PACKET_MORE > DATAGRAM_MAX)
		return;
	if (level == LEVEL_RAW) {
		memcpy(w->datagram + w->len, frames.at, len);
		w->len += len;
		return;
	}
	if (len)
		memcpy(padded, frames.at, len);
	len = len < 4 ? 4 : len;	/* there is enough to sample */
	size_t header_len = header_of(w, level, w->from, len, header);
	w->len += packet_seal(&w->keys[level][w->from], header, header_len, w->next[level][w->from]++, padded, len,
			      w->datagram + w->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_of(data, size);
	uint32_t version = versions[take_u8(&r) % (sizeof(versions) / sizeof(versions[0]))];
	uint16_t suite = suites[take_u8(&r) % (sizeof(suites) / sizeof(suites[0]))];
	struct wire *w = calloc(1, sizeof(*w));
	struct keylog *keylog = keylog_new();
	struct certificate_cache *cache = certificate_cache_new(1 << 16);
	struct capture_event e = { 0 };
	struct dissector *d = dissector_new(keylog, cache);
	struct tls *t = tls_new(d, TRANSPORT_UDP);

	w->number = version;
	w->version = quic_version(version);
	claim(w->version, "these versions are known");
	derive(w, suite);
	log_keys(keylog, suite);
	while (more(&r) && !tls_is_done(t)) {
		uint8_t what = take_u8(&r);
		struct reader frames = take_reader(&r, take_u16(&r) % (left(&r) + 1));

		if (!(what & 8) || w->from != (what & 1))
			flush(w, t, &e);
		w->from = what & 1;
		put_packet(w, what >> 1 & 3, frames);
	}
	flush(w, t, &e);
	tls_free(t);
	dissector_free(d);
	certificate_cache_free(cache);
	keylog_free(keylog);
	free(w);
	return 0;
}
