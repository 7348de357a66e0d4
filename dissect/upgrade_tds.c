/*
 * TDS, the protocol of SQL Server (MS-TDS 2.2.6.5, 3.2.5.1): both sides say in PRELOGIN what they
 * want of encryption, then the handshake runs inside packets.
 */
#include "dialogue.h"

enum { TDS_PRELOGIN = 0x12, TDS_REPLY = 0x04, OPTION_ENCRYPTION = 1, OPTIONS_END = 0xff };

/* ENCRYPT_OFF still encrypts the login. */
enum encryption { ENCRYPT_OFF, ENCRYPT_ON, ENCRYPT_NOT_SUP, ENCRYPT_REQ, ENCRYPT_UNKNOWN };

static const char *const encryption_words[] = { "ENCRYPT_OFF", "ENCRYPT_ON", "ENCRYPT_NOT_SUP",
						"ENCRYPT_REQ", "" };

static bool measure(const struct dialogue *d, enum side from, struct reader bytes, size_t *len)
{
	(void)d;
	(void)from;
	take_u16(&bytes);
	*len = take_u16(&bytes);
	if (*len < TDS_HEADER)
		*len = 0;
	return read_ok(&bytes);
}

/* The option list: type, offset, length; the offsets count from its own beginning. */
static enum encryption encryption_of(struct reader unit)
{
	take(&unit, TDS_HEADER);
	struct reader options = unit;

	while (more(&options)) {
		uint8_t type = take_u8(&options);

		if (type == OPTIONS_END)
			break;
		uint16_t offset = take_u16(&options);

		take_u16(&options);
		if (type != OPTION_ENCRYPTION)
			continue;
		take(&unit, offset);
		uint8_t value = take_u8(&unit) & 0x0f;	/* above: client certificates (2.2.6.5) */

		return read_ok(&unit) && value <= ENCRYPT_REQ ? (enum encryption)value
							      : ENCRYPT_UNKNOWN;
	}
	return ENCRYPT_UNKNOWN;
}

static enum heard hear_client(struct dialogue *d, struct reader unit)
{
	struct reader header = unit;

	if (take_u8(&header) != TDS_PRELOGIN) {
		dialogue_went_on(d);
		return d->of.tds.answered ? HEARD_NO_MORE : HEARD;
	}
	enum encryption wants = encryption_of(unit);

	d->of.tds.client_wants = (uint8_t)wants;
	dialogue_tell(d, SIDE_CLIENT, UPGRADE_SEEN, 0, words_of(encryption_words[wants]));
	if (wants == ENCRYPT_ON || wants == ENCRYPT_REQ)
		dialogue_ask(d, words_of(encryption_words[wants]));
	return HEARD;
}

static enum heard hear_server(struct dialogue *d, struct reader unit)
{
	enum encryption wants = (enum encryption)d->of.tds.client_wants, can = encryption_of(unit);
	struct reader words = words_of(encryption_words[can]);

	d->of.tds.answered = true;
	if (wants == ENCRYPT_NOT_SUP || wants == ENCRYPT_UNKNOWN) {
		if (can == ENCRYPT_REQ || can == ENCRYPT_ON)
			dialogue_tell(d, SIDE_SERVER, UPGRADE_REQUIRED, (uint32_t)can, words);
		return HEARD;
	}
	bool no = can == ENCRYPT_NOT_SUP || can == ENCRYPT_UNKNOWN ||
		  (can == ENCRYPT_OFF && wants != ENCRYPT_OFF);

	if (no) {
		dialogue_tell(d, SIDE_SERVER, d->asked ? UPGRADE_REFUSED : UPGRADE_NOT_OFFERED,
			      (uint32_t)can, words);
		return HEARD;
	}
	d->wraps = true;
	dialogue_tell(d, SIDE_SERVER, UPGRADE_ACCEPTED, (uint32_t)can, words);
	return HEARD_YES;
}

static enum heard hear_packet(struct dialogue *d, enum side from, struct reader unit)
{
	return from == SIDE_CLIENT ? hear_client(d, unit) : hear_server(d, unit);
}

const struct dialogue_kind tds_dialogue = {
	.measure = measure,
	.hear = hear_packet,
};

/* ---- TLS inside packets -------------------------------------------------------------------- */

/* The content types of TLS: no packet of TDS has one of these (MS-TDS 2.2.3.1.1). */
static bool is_record(uint8_t byte)
{
	return byte >= CONTENT_CHANGE_CIPHER_SPEC && byte <= CONTENT_APPLICATION_DATA;
}

/* At the start of a packet, or of the first record that is not in one. */
static void unwrap_header(struct wrapping *w, struct reader *bytes)
{
	uint8_t type = bytes->at[0];

	if (!w->header_len && type != TDS_PRELOGIN && type != TDS_REPLY) {
		w->raw = is_record(type);
		w->over = !w->raw;
		return;
	}
	while (more(bytes) && w->header_len < TDS_HEADER)
		w->header[w->header_len++] = take_u8(bytes);
	if (w->header_len < TDS_HEADER)
		return;
	uint16_t length = (uint16_t)(w->header[2] << 8 | w->header[3]);

	w->header_len = 0;
	w->over = length < TDS_HEADER;
	w->body = (uint16_t)(w->over ? 0 : length - TDS_HEADER);
	/* Where only the login is encrypted, the server's reply to it is in clear. */
	if (w->header[0] == TDS_REPLY && more(bytes))
		w->over = !is_record(bytes->at[0]);
}

struct reader tds_unwrap(struct wrapping *w, struct reader bytes, size_t *taken)
{
	struct reader nothing = reader_of(NULL, 0);

	*taken = left(&bytes);
	if (w->raw)
		return bytes;
	if (w->over || !more(&bytes))
		return nothing;
	if (w->body) {
		size_t n = w->body < left(&bytes) ? w->body : left(&bytes);

		w->body = (uint16_t)(w->body - n);
		*taken = n;
		return take_reader(&bytes, n);
	}
	unwrap_header(w, &bytes);
	if (w->raw)
		return bytes;
	if (!w->over)
		*taken -= left(&bytes);
	return nothing;
}
