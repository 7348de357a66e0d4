#include "stream.h"

/* After a gap: how far the search for the next record goes. Four of the largest records. */
enum { SCAN_MAX = 4 * (FRAGMENT_MAX + EXPANSION_MAX) };

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

/* Behind a plausible header the next one must be plausible too, where it is in sight. Amid bytes
 * that may be no TLS at all, it has to be in sight, or the record to end where the input ends. */
static bool next_header_fits(struct stream *s, const uint8_t h[HEADER_LEN])
{
	bool doubtful = stream_sender(s)->doubtful;
	struct reader ahead = s->input;

	if (!take(&ahead, header_length(h)))
		return !doubtful;
	if (!more(&ahead))
		return true;

	const uint8_t *next = take(&ahead, HEADER_LEN);

	return next ? header_is_plausible(next) : !doubtful;
}

/* Moves over the input one byte at a time until a record seems to begin. */
void gap_find_record(struct stream *s)
{
	struct direction *d = stream_sender(s);

	while (stream_fill_header(s)) {
		if (header_is_plausible(d->header) && next_header_fits(s, d->header)) {
			d->phase = PHASE_RECORDS;
			d->scanned = 0;
			stream_begin_fragment(s);
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
	struct direction *d = stream_sender(s);

	if (d->phase != PHASE_RECORDS || !d->in_fragment || lost > d->fragment_left)
		return false;
	d->fragment_left -= (uint32_t)lost;
	if (!d->skipping) {
		pile_free(&d->fragment);
		d->damaged = true;
		content_lose(d);
		stream_note_loss(d);
	}
	if (d->fragment_left == 0)
		stream_end_fragment(s, NULL);
	return true;
}

void gap_take(struct stream *s, uint64_t lost)
{
	struct direction *d = stream_sender(s);
	struct tls_event event = { .kind = TLS_GAP, .from = s->from, .mark = s->mark };

	tls_push(s->tls, &event);
	if (s->decryptor)
		decryptor_gap(s->decryptor, s->from);
	if (d->phase == PHASE_DIALOGUE) {
		upgrade_gap(s->upgrade, s->from);
		return;
	}
	if (d->phase == PHASE_FIRST) {
		d->header_have = 0;
		stream_note_loss(d);	/* what follows may still begin with a record */
		return;
	}
	if (d->phase == PHASE_DEAD || d->phase == PHASE_FOREIGN || gap_within_fragment(s, lost))
		return;
	content_lose(d);
	pile_free(&d->fragment);
	d->in_fragment = false;
	d->header_have = 0;
	stream_note_loss(d);
	d->phase = PHASE_LOST;
}
