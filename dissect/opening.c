/*
 * The beginning of a side: TLS at once, an SSLv2-compatible hello, a dialogue that leads to TLS, or
 * something else altogether.
 */
#include "foreign.h"
#include "stream.h"

/* One suite and a challenge of 16 bytes behind nine bytes of fixed fields. */
enum { SSLV2_MIN = 9 + 3 + 16 };

enum first_look { LOOK_MORE, LOOK_TLS, LOOK_SSLV2, LOOK_FOREIGN };

/* RFC 5246 E.2: the high bit set, a length, msg_type 1, then a version. */
static enum first_look look_for_sslv2(const uint8_t *h, size_t have)
{
	if (!(h[0] & 0x80))
		return LOOK_FOREIGN;
	if (have > 1 && ((h[0] & 0x7f) << 8 | h[1]) < SSLV2_MIN)
		return LOOK_FOREIGN;
	if (have > 2 && h[2] != 1)
		return LOOK_FOREIGN;
	if (have > 3 && h[3] != 3 && h[3] != 0)
		return LOOK_FOREIGN;
	if (have > 4 && (h[3] == 3 ? h[4] > 4 : h[4] != 2))
		return LOOK_FOREIGN;
	return have < HEADER_LEN ? LOOK_MORE : LOOK_SSLV2;
}

/* Are these the first bytes of a side that speaks TLS? */
static enum first_look first_look(const uint8_t *h, size_t have)
{
	if (have == 0)
		return LOOK_MORE;
	if (h[0] < CONTENT_CHANGE_CIPHER_SPEC || h[0] > CONTENT_APPLICATION_DATA)
		return look_for_sslv2(h, have);
	if (have > 1 && h[1] != 3 && h[1] != 1)
		return LOOK_FOREIGN;
	if (have > 2 && (!is_record_version(h[1], h[2]) || h[2] > 4))
		return LOOK_FOREIGN;
	if (have < HEADER_LEN)
		return LOOK_MORE;
	/* A handshake record that is too long is a violation worth telling; other types say less. */
	if (h[0] == CONTENT_HANDSHAKE)
		return LOOK_TLS;
	return header_length(h) <= FRAGMENT_MAX + EXPANSION_MAX ? LOOK_TLS : LOOK_FOREIGN;
}

static bool is_unreadable(enum foreign_protocol protocol)
{
	return protocol == FOREIGN_BINARY || protocol == FOREIGN_UNKNOWN;
}

/* A capture that began amid a connection shows ciphertext first: TLS may still be found in it. */
static void drain_upgrade(struct stream *s)
{
	struct tls_event event;

	while (upgrade_next(s->upgrade, &event)) {
		if (event.kind == TLS_FOREIGN && is_unreadable(event.foreign.protocol) &&
		    s->side[event.from].phase == PHASE_DEAD) {
			s->side[event.from].phase = PHASE_LOST;
			s->side[event.from].doubtful = true;
		}
		tls_push(s->tls, &event);
	}
}

/* Hands this side's plaintext to upgrade.c, and takes over where TLS begins. */
void opening_dialogue(struct stream *s, struct reader bytes)
{
	struct direction *d = stream_sender(s);
	size_t consumed = 0;
	enum upgrade_verdict verdict =
		upgrade_feed(s->upgrade, s->from, s->mark, bytes.at, left(&bytes), &consumed);

	take(&bytes, consumed);
	if (verdict == UPGRADE_TLS) {
		const uint8_t *held;
		size_t held_len = upgrade_held(s->upgrade, s->from, &held);

		d->phase = PHASE_FIRST;
		d->upgraded = true;
		d->header_have = 0;
		d->offset += consumed - held_len;
		s->input = reader_of(held, held_len);
		s->rest = bytes;
	} else {
		d->offset += consumed;
		s->rest = reader_of(NULL, 0);
	}
	if (verdict == UPGRADE_FOREIGN) {
		d->phase = PHASE_DEAD;
		stream_note_loss(d);
	}
	drain_upgrade(s);
}

static void push_foreign(struct stream *s, enum foreign_protocol protocol)
{
	struct direction *d = stream_sender(s);
	struct tls_event event = { .kind = TLS_FOREIGN, .from = s->from, .mark = s->mark };
	size_t n = d->fragment.have < FOREIGN_SAMPLE_MAX ? d->fragment.have : FOREIGN_SAMPLE_MAX;

	event.foreign.protocol = protocol;
	memcpy(event.foreign.sample, d->fragment.at, n);
	event.foreign.sample_len = (uint16_t)n;
	event.foreign.instead_of_answer = s->side[other_side(s->from)].sent_hello;
	tls_push(s->tls, &event);
}

/* Gathers the first bytes of what is no TLS until they say what they are. */
void opening_foreign(struct stream *s)
{
	struct direction *d = stream_sender(s);
	size_t wanted = FOREIGN_ENOUGH - d->fragment.have;
	size_t n = left(&s->input) < wanted ? left(&s->input) : wanted;
	enum foreign_protocol protocol;

	if (n)
		pile_add(&d->fragment, stream_consume(s, n), n);

	struct reader sample = reader_of(d->fragment.at, d->fragment.have);

	if (!foreign_guess(s->from, sample, &protocol)) {
		if (d->fragment.have < FOREIGN_ENOUGH)
			return;
		protocol = foreign_recognise(s->from, d->fragment.at, d->fragment.have);
	}
	push_foreign(s, protocol);
	pile_free(&d->fragment);
	d->phase = PHASE_DEAD;
}

/* No more of this side will come: what was gathered must do. */
void opening_end(struct stream *s)
{
	struct direction *d = stream_sender(s);

	if (s->upgrade) {
		upgrade_end(s->upgrade, s->from, s->mark);
		drain_upgrade(s);
	}
	if (d->phase != PHASE_FOREIGN)
		return;
	push_foreign(s, foreign_recognise(s->from, d->fragment.at, d->fragment.have));
	pile_free(&d->fragment);
	d->phase = PHASE_DEAD;
}

/* The flow begins with plaintext: what was read of it so far, then the rest of this feed. */
static void begin_dialogue(struct stream *s, const uint8_t *first, size_t have)
{
	struct direction *d = stream_sender(s);
	struct reader rest = s->input;

	if (!s->upgrade)
		s->upgrade = must(upgrade_new());
	d->phase = PHASE_DIALOGUE;
	d->header_have = 0;
	d->offset -= have;
	s->input = reader_of(NULL, 0);
	opening_dialogue(s, reader_of(first, have));
	if (d->phase == PHASE_FIRST)	/* TLS begins with what did not look like it */
		d->phase = PHASE_DEAD;
	s->input = reader_of(NULL, 0);
	s->rest = rest;
}

static bool speaks_tls(const struct direction *d)
{
	return d->phase == PHASE_RECORDS || d->phase == PHASE_SSLV2 || d->phase == PHASE_LOST;
}

/* The first bytes are no TLS. In answer to a hello: foreign, unless the beginning is missing.
 * Beside records of the other side: the capture began in the middle. Else: a dialogue. */
static void not_tls(struct stream *s)
{
	struct direction *d = stream_sender(s);
	const struct direction *other = &s->side[other_side(s->from)];
	uint8_t first[HEADER_LEN];
	size_t have = d->header_have;

	memcpy(first, d->header, sizeof first);
	if ((other->sent_hello && !d->lost_once) || d->upgraded) {
		pile_add(&d->fragment, first, have);
		d->header_have = 0;
		d->phase = PHASE_FOREIGN;
		opening_foreign(s);
	} else if (other->sent_hello || speaks_tls(other)) {
		d->phase = PHASE_LOST;
		stream_note_loss(d);
	} else {
		begin_dialogue(s, first, have);
	}
}

void opening_first(struct stream *s)
{
	struct direction *d = stream_sender(s);
	enum first_look look = LOOK_MORE;

	if (!d->header_have && left(&s->input) >= HEADER_LEN &&
	    first_look(s->input.at, HEADER_LEN) == LOOK_TLS && stream_fill_header(s)) {
		d->phase = PHASE_RECORDS;
		stream_begin_fragment(s);
		return;
	}
	do {
		d->header[d->header_have++] = *stream_consume(s, 1);
		look = first_look(d->header, d->header_have);
	} while (look == LOOK_MORE && more(&s->input));
	if (look == LOOK_TLS) {
		d->phase = PHASE_RECORDS;
		stream_begin_fragment(s);
	} else if (look == LOOK_SSLV2) {
		d->phase = PHASE_SSLV2;
		d->fragment_left = (uint32_t)(d->header[0] & 0x7f) << 8 | d->header[1];
		d->record_offset = d->offset - HEADER_LEN;
		d->fragment_first = s->mark;
		pile_add(&d->fragment, d->header + 2, HEADER_LEN - 2);
	} else if (look == LOOK_FOREIGN) {
		not_tls(s);
	}
}

/* The rest of an SSLv2-compatible ClientHello; ordinary records follow it. */
void opening_sslv2(struct stream *s)
{
	struct direction *d = stream_sender(s);
	size_t missing = d->fragment_left > d->fragment.have ? d->fragment_left - d->fragment.have : 0;
	size_t n = missing < left(&s->input) ? missing : left(&s->input);

	pile_add(&d->fragment, stream_consume(s, n), n);
	if (d->fragment.have < d->fragment_left)
		return;

	struct tls_event record = { .kind = TLS_RECORD, .from = s->from, .mark = s->mark };
	struct tls_event event = { .kind = TLS_MESSAGE, .from = s->from, .mark = s->mark };
	struct tls_message *m = &event.message;

	record.record.type = CONTENT_HANDSHAKE;
	record.record.version = 0x0002;
	record.record.length = d->fragment_left;
	record.record.offset = d->record_offset;
	tls_push(s->tls, &record);
	m->type = HS_CLIENT_HELLO;
	m->length = d->fragment_left;
	m->first = d->fragment_first;
	m->record_count = 1;
	m->malformed = !sslv2_hello_parse(d->fragment.at, d->fragment.have, &m->body.client_hello,
					  &m->broke_at);
	d->sent_hello = true;
	if (s->decryptor)
		decryptor_client_hello(s->decryptor, m->body.client_hello);

	uint16_t version = m->body.client_hello->legacy_version;

	tls_push(s->tls, &event);
	pile_free(&d->fragment);
	d->header_have = 0;
	/* Who wants SSLv2 itself goes on in its own record format. */
	d->phase = version == 0x0002 ? PHASE_DEAD : PHASE_RECORDS;
}
