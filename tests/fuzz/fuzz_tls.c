/*
 * One flow through dissect/: records, what comes before them, DTLS, QUIC. Input: a byte of flags
 * (1: UDP, 2: with a key log), then pieces: a byte (1: side, else kind), a 16-bit length, bytes.
 */
#include "support_tls.h"

static const char keys[] =
	"CLIENT_RANDOM 0000000000000000000000000000000000000000000000000000000000000000 "
	"00000000000000000000000000000000000000000000000000000000000000000000000000000000"
	"0000000000000000\n";

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
	tls_feed_exact(t, e, bytes);
	tls_pull(t);
	tls_fed(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_of(data, size);
	uint8_t flags = take_u8(&r);
	struct keylog *keylog = keylog_new();
	struct certificate_cache *cache = certificate_cache_new(1 << 16);
	struct dissector *d;
	struct tls *t;
	struct capture_event e = { 0 };
	uint64_t next[2] = { 0, 0 };

	keylog_add_text(keylog, keys, sizeof(keys) - 1);
	d = dissector_new(flags & 2 ? keylog : NULL, cache);
	t = tls_new(d, flags & 1 ? TRANSPORT_UDP : TRANSPORT_TCP);
	while (more(&r) && !tls_is_done(t))
		take_piece(t, &r, flags & 1, next, &e);
	tls_check_pending(t);
	tls_free(t);
	dissector_free(d);
	certificate_cache_free(cache);
	keylog_free(keylog);
	return 0;
}
