/*
 * What two sides say over TCP, fed turn by turn and then cut in pieces: dialogues before TLS and
 * records give the same events whichever way the network cut them. Input: a byte that says how long
 * the pieces are, then turns: a byte (1: side, 254: its end), a 16-bit length, bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "support_tls.h"

enum { LOOKED_AT = 4 };	/* bytes of a turn; LDAP begins with two that may be text */

struct talk {
	struct dissector *dissector;
	struct tls *tls;
	struct certificate_cache *cache;
	uint64_t next[2];
	struct capture_event event;
	struct tls_lines lines;
	char *text;
	size_t len;
};

static void talk_open(struct talk *t)
{
	*t = (struct talk){ .cache = certificate_cache_new(1 << 16) };
	t->dissector = dissector_new(NULL, t->cache);
	t->tls = tls_new(t->dissector, TRANSPORT_TCP);
	t->lines.out = open_memstream(&t->text, &t->len);
	claim(t->lines.out, "there is memory");
}

static void talk_close(struct talk *t)
{
	tls_check_pending(t->tls);
	tls_free(t->tls);
	dissector_free(t->dissector);
	certificate_cache_free(t->cache);
	fclose(t->lines.out);
}

static void say(struct talk *t, enum event_kind kind, enum side from, struct reader bytes)
{
	t->event = (struct capture_event){ .kind = kind, .from = from, .offset = t->next[from],
		.mark = t->event.mark };
	t->next[from] += left(&bytes);
	tls_feed_exact(t->tls, &t->event, bytes);
	tls_pull_lines(t->tls, &t->lines);
	tls_fed(&t->event);
}

/* A record or text: what else the beginning of a turn may be is weighed by what is there of it. */
static bool is_plain(struct reader turn)
{
	struct reader text = take_reader(&turn, left(&turn) < LOOKED_AT ? left(&turn) : LOOKED_AT);

	if (left(&text) > 1 && text.at[0] >= 20 && text.at[0] <= 23 && text.at[1] == 3)
		return true;
	while (more(&text)) {
		uint8_t c = take_u8(&text);

		if ((c < ' ' || c > '~') && c != '\r' && c != '\n')
			return false;
	}
	return true;
}

static void replay(struct talk *t, struct reader r, size_t piece)
{
	while (more(&r) && !t->lines.over) {
		uint8_t what = take_u8(&r);
		uint16_t len = take_u16(&r);
		struct reader turn = take_reader(&r, len < left(&r) ? len : left(&r));

		if (what >> 1 == 127) {
			say(t, FLOW_FIN, what & 1, reader_of(NULL, 0));
			continue;
		}
		if (!is_plain(turn) && !t->lines.began)
			t->lines.over = true;
		while (more(&turn) && !t->lines.over)
			say(t, FLOW_BYTES, what & 1, take_reader(&turn, piece < left(&turn) ? piece : left(&turn)));
	}
}

/* What was told before one of them came to what is no TLS or amid records, else all. */
static bool agree(const struct talk *a, const struct talk *b)
{
	size_t shorter = a->len < b->len ? a->len : b->len;

	if (a->lines.loose || b->lines.loose)
		return !memcmp(a->text, b->text, shorter);
	return a->len == b->len && !memcmp(a->text, b->text, a->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_of(data, size);
	size_t piece = take_u8(&r) % 61 + 1;
	struct talk whole, cut;

	talk_open(&whole);
	talk_open(&cut);
	replay(&whole, r, SIZE_MAX);
	replay(&cut, r, piece);
	talk_close(&whole);
	talk_close(&cut);
	if (!agree(&whole, &cut))
		fprintf(stderr, "whole:\n%sin pieces of %zu:\n%s", whole.text, piece, cut.text);
	claim(agree(&whole, &cut), "the events are the same whichever way the bytes were cut");
	free(whole.text);
	free(cut.text);
	return 0;
}
