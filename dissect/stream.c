#include "stream.h"

/*
 * From here on nothing that comes changes the outcome: both sides sent records of application data
 * (TLS 1.3 sends up to four handshake messages and two tickets as such), and far more of them than
 * any late refusal or renegotiation needs.
 */
enum { DONE_RECORDS = 8, DONE_BYTES = 64 * 1024 };

void stream_begin(struct stream *s, struct tls *t)
{
	*s = (struct stream){ .tls = t };
}

void stream_end(struct stream *s)
{
	for (int i = 0; i < 2; i++) {
		pile_free(&s->side[i].fragment);
		pile_free(&s->side[i].message);
	}
	pile_free(&s->plain);
	upgrade_free(s->upgrade);
	decryptor_free(s->decryptor);
}

size_t stream_bytes(const struct stream *s)
{
	size_t bytes = sizeof(*s) + s->plain.room + upgrade_bytes(s->upgrade);

	for (int i = 0; i < 2; i++)
		bytes += s->side[i].fragment.room + s->side[i].message.room;
	return bytes;
}

/* ---- what a header looks like --------------------------------------------------------------- */

/* A header that may follow other records. */
static bool header_is_good(const uint8_t h[HEADER_LEN])
{
	return h[0] >= CONTENT_CHANGE_CIPHER_SPEC && h[0] <= CONTENT_HEARTBEAT &&
	       is_record_version(h[1], h[2]);
}

/* ---- records -------------------------------------------------------------------------------- */

struct direction *stream_sender(struct stream *s)
{
	return &s->side[s->from];
}

/* The next n bytes of the input, which has them. */
const uint8_t *stream_consume(struct stream *s, size_t n)
{
	stream_sender(s)->offset += n;
	return take(&s->input, n);
}

/* Up to HEADER_LEN bytes into the header; true once it is full. */
bool stream_fill_header(struct stream *s)
{
	struct direction *d = stream_sender(s);

	if (!d->header_have && left(&s->input) >= HEADER_LEN) {
		memcpy(d->header, stream_consume(s, HEADER_LEN), HEADER_LEN);
		d->header_have = HEADER_LEN;
	}
	while (d->header_have < HEADER_LEN && more(&s->input))
		d->header[d->header_have++] = *stream_consume(s, 1);
	return d->header_have == HEADER_LEN;
}

void stream_note_loss(struct direction *d)
{
	d->resumed = true;
	d->lost_once = true;
}

static void broken_header(struct stream *s)
{
	struct direction *d = stream_sender(s);

	if (!d->unconfirmed)
		tls_push_broken(s->tls, s->from, s->mark, BROKEN_RECORD_HEADER, 0,
				d->offset - HEADER_LEN, d->header, HEADER_LEN);
	content_lose(d);
	d->phase = PHASE_LOST;
	stream_note_loss(d);
}

static uint32_t length_allowed(const struct stream *s, bool hidden)
{
	if (!hidden)
		return FRAGMENT_MAX;
	return FRAGMENT_MAX + (is_tls13(s->version) ? 256 : EXPANSION_MAX);
}

/* The header is whole: decide what is done with its fragment. */
void stream_begin_fragment(struct stream *s)
{
	struct direction *d = stream_sender(s);
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
void stream_end_fragment(struct stream *s, const uint8_t *fragment)
{
	struct direction *d = stream_sender(s);
	struct record record = {
		.header = d->header, .type = d->header[0], .version = (uint16_t)(d->header[1] << 8 | d->header[2]),
		.length = header_length(d->header), .fragment = fragment,
		.first = d->fragment_first, .first_len = d->fragment_first_len,
		.offset = d->record_offset,
	};

	d->in_fragment = false;
	d->header_have = 0;
	content_take(s, s->from, &record);
	if (d->fragment.at)
		pile_free(&d->fragment);
}

static void read_fragment(struct stream *s)
{
	struct direction *d = stream_sender(s);
	size_t n = left(&s->input) < d->fragment_left ? left(&s->input) : d->fragment_left;
	bool first = d->fragment_left == header_length(d->header);
	bool whole = n == header_length(d->header);
	const uint8_t *bytes = stream_consume(s, n);

	if (first) {
		d->fragment_first = s->mark;
		d->fragment_first_len = (uint32_t)n;
	}
	d->fragment_left -= (uint32_t)n;
	if (whole && !d->damaged) {
		stream_end_fragment(s, d->skipping ? NULL : bytes);
		return;
	}
	if (!d->skipping && !d->damaged)
		pile_add(&d->fragment, bytes, n);
	if (d->fragment_left == 0)
		stream_end_fragment(s, d->skipping || d->damaged ? NULL : d->fragment.at);
}

/* Most records come whole, so they are read where they stand; false for one that has to be pieced
 * together, or told about. */
static bool read_whole_record(struct stream *s)
{
	struct direction *d = stream_sender(s);
	const uint8_t *header = s->input.at;
	uint32_t length;

	if (d->in_fragment || d->header_have || left(&s->input) < HEADER_LEN)
		return false;
	length = header_length(header);
	if (length > FRAGMENT_MAX || left(&s->input) < HEADER_LEN + length || !header_is_good(header))
		return false;

	struct record record = {
		.header = header, .type = header[0], .version = (uint16_t)(header[1] << 8 | header[2]),
		.length = length, .fragment = header + HEADER_LEN,
		.first = s->mark, .first_len = length, .offset = d->offset,
	};

	d->unconfirmed = false;
	stream_consume(s, HEADER_LEN + length);
	content_take(s, s->from, &record);
	return true;
}

static void read_record(struct stream *s)
{
	struct direction *d = stream_sender(s);

	if (read_whole_record(s))
		return;
	if (!d->in_fragment) {
		if (!stream_fill_header(s))
			return;
		if (!header_is_good(d->header)) {
			broken_header(s);
			return;
		}
		stream_begin_fragment(s);
	}
	read_fragment(s);
}

/* ---- the feed ------------------------------------------------------------------------------- */

void stream_feed(struct stream *s, const struct capture_event *event)
{
	s->from = event->from;
	s->mark = event->mark;
	s->input = s->rest = reader_of(NULL, 0);
	switch (event->kind) {
	case FLOW_BYTES:
		stream_sender(s)->offset = event->offset;
		s->rest = reader_of(event->bytes, event->len);
		break;
	case FLOW_GAP:
		gap_take(s, event->lost);
		break;
	case FLOW_FIN:
	case FLOW_RST:
		opening_end(s);
		break;
	default:
		break;
	}
}

/* More input out of the rest of the feed. */
static void refill(struct stream *s)
{
	struct direction *d = stream_sender(s);

	if (d->phase == PHASE_FIRST && s->upgrade && !d->upgraded && !d->header_have)
		d->phase = PHASE_DIALOGUE;
	if (d->phase == PHASE_DIALOGUE) {
		opening_dialogue(s, s->rest);
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
	switch (stream_sender(s)->phase) {
	case PHASE_FIRST: opening_first(s); break;
	case PHASE_RECORDS: read_record(s); break;
	case PHASE_SSLV2: opening_sslv2(s); break;
	case PHASE_FOREIGN: opening_foreign(s); break;
	case PHASE_LOST: gap_find_record(s); break;
	case PHASE_DIALOGUE:
	case PHASE_DEAD: stream_consume(s, left(&s->input)); break;
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
