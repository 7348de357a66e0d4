#include "stream.h"

#include "foreign.h"

/* After a gap: how far the search for the next record goes. Four of the largest records. */
enum { SCAN_MAX = 4 * (FRAGMENT_MAX + EXPANSION_MAX) };

/*
 * From here on nothing that comes changes the outcome: both sides sent records of application data
 * (TLS 1.3 sends up to four handshake messages and two tickets as such), and far more of them than
 * any late refusal or renegotiation needs.
 */
enum { DONE_RECORDS = 8, DONE_BYTES = 64 * 1024 };

struct stream *stream_new(struct tls *t)
{
	struct stream *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->tls = t;
	return s;
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	for (int i = 0; i < 2; i++) {
		pile_free(&s->side[i].fragment);
		pile_free(&s->side[i].message);
	}
	pile_free(&s->plain);
	upgrade_free(s->upgrade);
	decryptor_free(s->decryptor);
	free(s);
}

/* ---- what a header looks like --------------------------------------------------------------- */

static uint32_t header_length(const uint8_t h[HEADER_LEN])
{
	return (uint32_t)h[3] << 8 | h[4];
}

/* SSL 3.0 to TLS 1.3 put 3.x there; TLCP (GB/T 38636) is 1.1. */
static bool is_record_version(uint8_t major, uint8_t minor)
{
	return major == 3 || (major == 1 && minor == 1);
}

/* A header that may follow other records. */
static bool header_is_good(const uint8_t h[HEADER_LEN])
{
	return h[0] >= CONTENT_CHANGE_CIPHER_SPEC && h[0] <= CONTENT_HEARTBEAT &&
	       is_record_version(h[1], h[2]);
}

/* A header that may stand anywhere: told from ciphertext by every field that it has. */
static bool header_is_plausible(const uint8_t h[HEADER_LEN])
{
	uint32_t len = header_length(h);

	if (h[0] < CONTENT_CHANGE_CIPHER_SPEC || h[0] > CONTENT_APPLICATION_DATA || h[1] != 3 ||
	    h[2] > 4 || len == 0 || len > FRAGMENT_MAX + EXPANSION_MAX)
		return false;
	if (h[0] == CONTENT_CHANGE_CIPHER_SPEC)
		return len == 1;
	return h[0] != CONTENT_ALERT || len <= 256;
}

/* One suite and a challenge of 16 bytes behind nine bytes of fixed fields. */
enum { SSLV2_MIN = 9 + 3 + 16 };

enum first_look { LOOK_MORE, LOOK_TLS, LOOK_SSLV2, LOOK_FOREIGN };

/* RFC 5246 E.2: the high bit set, a length, msg_type 1, then a version. */
static enum first_look look_for_sslv2(const uint8_t *h, size_t have)
{
	if (!(h[0] & 0x80) || (have > 1 && ((h[0] & 0x7f) << 8 | h[1]) < SSLV2_MIN) || (have > 2 && h[2] != 1) || (have > 3 && h[3] != 3 && h[3] != 0) ||
	    (have > 4 && h[3] == 0 && h[4] != 2) || (have > 4 && h[3] == 3 && h[4] > 4))
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

/* ---- records -------------------------------------------------------------------------------- */

static struct direction *sender(struct stream *s)
{
	return &s->side[s->from];
}

/* The next n bytes of the input, which has them. */
static const uint8_t *consume(struct stream *s, size_t n)
{
	sender(s)->offset += n;
	return take(&s->input, n);
}

/* Up to HEADER_LEN bytes into the header; true once it is full. */
static bool fill_header(struct stream *s)
{
	struct direction *d = sender(s);

	while (d->header_have < HEADER_LEN && more(&s->input))
		d->header[d->header_have++] = *consume(s, 1);
	return d->header_have == HEADER_LEN;
}

static void note_loss(struct direction *d)
{
	d->resumed = true;
	d->lost_once = true;
}

static void broken_header(struct stream *s)
{
	struct direction *d = sender(s);

	if (!d->unconfirmed)
		tls_push_broken(s->tls, s->from, s->mark, BROKEN_RECORD_HEADER, 0,
				d->offset - HEADER_LEN, d->header, HEADER_LEN);
	content_lose(d);
	d->phase = PHASE_LOST;
	note_loss(d);
}

static uint32_t length_allowed(const struct stream *s, bool hidden)
{
	if (!hidden)
		return FRAGMENT_MAX;
	return FRAGMENT_MAX + (is_tls13(s->version) ? 256 : EXPANSION_MAX);
}

/* The header is whole: decide what is done with its fragment. */
static void begin_fragment(struct stream *s)
{
	struct direction *d = sender(s);
	uint32_t length = header_length(d->header);
	bool hidden = content_is_hidden(s, s->from, d->header[0], length);

	d->record_offset = d->offset - HEADER_LEN;
	if (length > length_allowed(s, hidden))
		tls_push_broken(s->tls, s->from, s->mark, BROKEN_RECORD_OVERFLOW, 0,
				d->record_offset, d->header, HEADER_LEN);
	d->unconfirmed = false;
	d->in_fragment = true;
	d->damaged = false;
	d->skipping = hidden && !s->decryptor;
	d->fragment_left = length;
}

/* The record is complete. `fragment` is NULL where it was not kept. */
static void end_fragment(struct stream *s, const uint8_t *fragment)
{
	struct direction *d = sender(s);
	struct record record = {
		.type = d->header[0], .version = (uint16_t)(d->header[1] << 8 | d->header[2]),
		.length = header_length(d->header), .fragment = fragment,
		.first = d->fragment_first, .first_len = d->fragment_first_len,
		.offset = d->record_offset,
	};

	memcpy(record.header, d->header, HEADER_LEN);
	d->in_fragment = false;
	d->header_have = 0;
	content_take(s, s->from, &record);
	pile_free(&d->fragment);
}

static void read_fragment(struct stream *s)
{
	struct direction *d = sender(s);
	size_t n = left(&s->input) < d->fragment_left ? left(&s->input) : d->fragment_left;
	bool first = d->fragment_left == header_length(d->header);
	bool whole = n == header_length(d->header);
	const uint8_t *bytes = consume(s, n);

	if (first) {
		d->fragment_first = s->mark;
		d->fragment_first_len = n;
	}
	d->fragment_left -= (uint32_t)n;
	if (whole && !d->damaged) {
		end_fragment(s, d->skipping ? NULL : bytes);
		return;
	}
	if (!d->skipping && !d->damaged)
		pile_add(&d->fragment, bytes, n);
	if (d->fragment_left == 0)
		end_fragment(s, d->skipping || d->damaged ? NULL : d->fragment.at);
}

static void read_record(struct stream *s)
{
	struct direction *d = sender(s);

	if (!d->in_fragment) {
		if (!fill_header(s))
			return;
		if (!header_is_good(d->header)) {
			broken_header(s);
			return;
		}
		begin_fragment(s);
	}
	read_fragment(s);
}

/* ---- gaps ----------------------------------------------------------------------------------- */

/* Behind a plausible header the next one must be plausible too, where it is in sight. Amid bytes
 * that may be no TLS at all, it has to be in sight, or the record to end where the input ends. */
static bool next_header_fits(struct stream *s, const uint8_t h[HEADER_LEN])
{
	bool doubtful = sender(s)->doubtful;
	struct reader ahead = s->input;

	if (!take(&ahead, header_length(h)))
		return !doubtful;
	if (!more(&ahead))
		return true;

	const uint8_t *next = take(&ahead, HEADER_LEN);

	return next ? header_is_plausible(next) : !doubtful;
}

/* Moves over the input one byte at a time until a record seems to begin. */
static void find_record(struct stream *s)
{
	struct direction *d = sender(s);

	while (fill_header(s)) {
		if (header_is_plausible(d->header) && next_header_fits(s, d->header)) {
			d->phase = PHASE_RECORDS;
			d->unconfirmed = true;
			d->scanned = 0;
			begin_fragment(s);
			d->unconfirmed = true;
			return;
		}
		memmove(d->header, d->header + 1, HEADER_LEN - 1);
		d->header_have--;
		if (++d->scanned > SCAN_MAX) {
			d->phase = PHASE_DEAD;
			return;
		}
	}
}

/* A gap amid a fragment whose end lies behind it keeps the records in step. */
static bool gap_within_fragment(struct stream *s, uint64_t lost)
{
	struct direction *d = sender(s);

	if (d->phase != PHASE_RECORDS || !d->in_fragment || lost > d->fragment_left)
		return false;
	d->fragment_left -= (uint32_t)lost;
	if (!d->skipping) {
		pile_free(&d->fragment);
		d->damaged = true;
		content_lose(d);
		note_loss(d);
	}
	if (d->fragment_left == 0)
		end_fragment(s, NULL);
	return true;
}

static void take_gap(struct stream *s, uint64_t lost)
{
	struct direction *d = sender(s);
	struct tls_event event = { .kind = TLS_GAP, .from = s->from, .mark = s->mark };

	tls_push(s->tls, &event);
	if (s->decryptor)
		decryptor_gap(s->decryptor, s->from);
	if (d->phase == PHASE_DIALOGUE) {
		upgrade_gap(s->upgrade, s->from);
		return;
	}
	if (d->phase == PHASE_DEAD || d->phase == PHASE_FOREIGN || gap_within_fragment(s, lost))
		return;
	content_lose(d);
	pile_free(&d->fragment);
	d->in_fragment = false;
	d->header_have = 0;
	note_loss(d);
	d->phase = PHASE_LOST;
}

/* ---- the beginning of a side ------------------------------------------------------------------ */

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
static void continue_dialogue(struct stream *s, struct reader bytes)
{
	struct direction *d = sender(s);
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
		note_loss(d);
	}
	drain_upgrade(s);
}

static void push_foreign(struct stream *s, enum foreign_protocol protocol)
{
	struct direction *d = sender(s);
	struct tls_event event = { .kind = TLS_FOREIGN, .from = s->from, .mark = s->mark };
	size_t n = d->fragment.have < FOREIGN_SAMPLE_MAX ? d->fragment.have : FOREIGN_SAMPLE_MAX;

	event.foreign.protocol = protocol;
	memcpy(event.foreign.sample, d->fragment.at, n);
	event.foreign.sample_len = (uint16_t)n;
	event.foreign.instead_of_answer = s->side[other_side(s->from)].sent_hello;
	tls_push(s->tls, &event);
}

/* Gathers the first bytes of what is no TLS until they say what they are. */
static void read_foreign(struct stream *s)
{
	struct direction *d = sender(s);
	size_t wanted = FOREIGN_ENOUGH - d->fragment.have;
	size_t n = left(&s->input) < wanted ? left(&s->input) : wanted;
	enum foreign_protocol protocol;

	if (n)
		pile_add(&d->fragment, consume(s, n), n);

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
static void end_side(struct stream *s)
{
	struct direction *d = sender(s);

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
	struct direction *d = sender(s);
	struct reader rest = s->input;

	s->upgrade = must(upgrade_new());
	d->phase = PHASE_DIALOGUE;
	d->header_have = 0;
	d->offset -= have;
	s->input = reader_of(NULL, 0);
	continue_dialogue(s, reader_of(first, have));
	if (d->phase == PHASE_FIRST)	/* TLS begins with what did not look like it */
		d->phase = PHASE_DEAD;
	s->input = reader_of(NULL, 0);
	s->rest = rest;
}

static bool speaks_tls(const struct direction *d)
{
	return d->phase == PHASE_RECORDS || d->phase == PHASE_SSLV2 || d->phase == PHASE_LOST;
}

/* The first bytes are no TLS. Nobody has said hello: a dialogue. In answer to a hello: foreign.
 * Opposite records without a hello: the capture began in the middle. */
static void not_tls(struct stream *s)
{
	struct direction *d = sender(s);
	const struct direction *other = &s->side[other_side(s->from)];
	uint8_t first[HEADER_LEN];
	size_t have = d->header_have;

	memcpy(first, d->header, sizeof first);
	if (other->sent_hello || d->upgraded) {
		pile_add(&d->fragment, first, have);
		d->header_have = 0;
		d->phase = PHASE_FOREIGN;
		read_foreign(s);
	} else if (speaks_tls(other)) {
		d->phase = PHASE_LOST;
		note_loss(d);
	} else {
		begin_dialogue(s, first, have);
	}
}

static void read_first(struct stream *s)
{
	struct direction *d = sender(s);
	enum first_look look;

	do {
		d->header[d->header_have++] = *consume(s, 1);
		look = first_look(d->header, d->header_have);
	} while (look == LOOK_MORE && more(&s->input));
	if (look == LOOK_TLS) {
		d->phase = PHASE_RECORDS;
		begin_fragment(s);
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
static void read_sslv2(struct stream *s)
{
	struct direction *d = sender(s);
	size_t missing = d->fragment_left > d->fragment.have ? d->fragment_left - d->fragment.have : 0;
	size_t n = missing < left(&s->input) ? missing : left(&s->input);

	pile_add(&d->fragment, consume(s, n), n);
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

/* ---- the feed ------------------------------------------------------------------------------- */

void stream_feed(struct stream *s, const struct capture_event *event)
{
	s->from = event->from;
	s->mark = event->mark;
	s->input = s->rest = reader_of(NULL, 0);
	switch (event->kind) {
	case FLOW_BYTES:
		sender(s)->offset = event->offset;
		s->rest = reader_of(event->bytes, event->len);
		break;
	case FLOW_GAP:
		take_gap(s, event->lost);
		break;
	case FLOW_FIN:
	case FLOW_RST:
		end_side(s);
		break;
	default:
		break;
	}
}

/* More input out of the rest of the feed. */
static void refill(struct stream *s)
{
	struct direction *d = sender(s);

	if (d->phase == PHASE_FIRST && s->upgrade && !d->upgraded)
		d->phase = PHASE_DIALOGUE;
	if (d->phase == PHASE_DIALOGUE) {
		continue_dialogue(s, s->rest);
	} else if (d->upgraded && upgrade_wraps(s->upgrade)) {
		size_t taken = 0;

		s->input = upgrade_unwrap(s->upgrade, s->from, s->rest, &taken);
		if (!take(&s->rest, taken ? taken : left(&s->rest)))
			s->rest = reader_of(NULL, 0);
	} else {
		s->input = s->rest;
		s->rest = reader_of(NULL, 0);
	}
}

bool stream_more(struct stream *s)
{
	if (!more(&s->input)) {
		if (!more(&s->rest))
			return false;
		refill(s);
		return true;
	}
	switch (sender(s)->phase) {
	case PHASE_FIRST: read_first(s); break;
	case PHASE_RECORDS: read_record(s); break;
	case PHASE_SSLV2: read_sslv2(s); break;
	case PHASE_FOREIGN: read_foreign(s); break;
	case PHASE_LOST: find_record(s); break;
	case PHASE_DIALOGUE:
	case PHASE_DEAD: consume(s, left(&s->input)); break;
	}
	return true;
}

bool stream_is_done(const struct stream *s)
{
	const struct direction *a = &s->side[0], *b = &s->side[1];

	if (a->phase == PHASE_DEAD && b->phase == PHASE_DEAD)
		return true;
	return a->data_records >= DONE_RECORDS && b->data_records >= DONE_RECORDS &&
	       a->data_bytes + b->data_bytes >= DONE_BYTES;
}

void stream_pending(const struct stream *s, enum side side, uint64_t *have, uint64_t *want)
{
	const struct direction *d = &s->side[side];

	*have = *want = 0;
	if (d->phase == PHASE_RECORDS && d->in_fragment) {
		*want = HEADER_LEN + (uint64_t)header_length(d->header);
		*have = *want - d->fragment_left;
	} else if (d->phase == PHASE_RECORDS && d->header_have) {
		*want = HEADER_LEN;
		*have = d->header_have;
	} else if (d->message_want) {
		*want = d->message_want;
		*have = d->message.have;
	}
}
