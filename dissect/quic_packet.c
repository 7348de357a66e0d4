#include "quic_packet.h"

uint64_t take_varint(struct reader *r)
{
	uint8_t first = take_u8(r);
	uint64_t value = first & 0x3f;

	for (int more_bytes = (1 << (first >> 6)) - 1; more_bytes > 0; more_bytes--)
		value = value << 8 | take_u8(r);
	return read_ok(r) ? value : 0;
}

/* A length that the datagram must hold; too large a one breaks the reader. */
static struct reader take_varint_vector(struct reader *r)
{
	uint64_t len = take_varint(r);

	return take_reader(r, len < SIZE_MAX ? (size_t)len : SIZE_MAX);
}

/* ---- packets -------------------------------------------------------------------------------- */

static bool take_cid(struct quic_cid *out, struct reader *r, size_t len)
{
	const uint8_t *bytes = take(r, len);

	if (!bytes || len > QUIC_CID_MAX)
		return false;
	out->len = (uint8_t)len;
	memcpy(out->bytes, bytes, len);
	return true;
}

/* The bytes from `start` to where `now` has come. */
static size_t walked(const struct reader *start, const struct reader *now)
{
	return left(start) - left(now);
}

/* RFC 9369 3.2 turns the types round by one. */
static enum quic_type type_of(uint8_t first, const struct quic_version *version)
{
	static const enum quic_type of_v2[] = {
		QUIC_RETRY_PACKET, QUIC_INITIAL, QUIC_ZERO_RTT, QUIC_HANDSHAKE
	};
	uint8_t bits = first >> 4 & 0x03;

	return version->v2 ? of_v2[bits] : (enum quic_type)bits;
}

static bool take_long(struct quic_packet *out, struct reader *r, const struct reader *start)
{
	uint8_t first = take_u8(r);
	out->version = take_u32(r);
	if (!take_cid(&out->destination, r, take_u8(r)) || !take_cid(&out->source, r, take_u8(r)))
		return false;
	const struct quic_version *version = quic_version(out->version);
	out->type = out->version == 0 ? QUIC_VERSIONS
				      : version ? type_of(first, version) : QUIC_UNKNOWN;
	if (out->type == QUIC_VERSIONS || out->type == QUIC_UNKNOWN ||
	    out->type == QUIC_RETRY_PACKET) {
		out->body = out->sealed.rest = take_reader(r, left(r));
		return true;
	}
	if (out->type == QUIC_INITIAL)
		take_varint_vector(r);			/* token */
	uint64_t len = take_varint(r);
	out->sealed.header = start->at;
	out->sealed.header_len = walked(start, r);
	out->sealed.rest = take_reader(r, len < SIZE_MAX ? (size_t)len : SIZE_MAX);
	return read_ok(r);
}

static bool take_short(struct quic_packet *out, struct reader *r, const struct reader *start,
		       uint8_t cid_len)
{
	out->type = QUIC_ONE_RTT;
	take_u8(r);
	if (!take_cid(&out->destination, r, cid_len))
		return false;
	out->sealed.header = start->at;
	out->sealed.header_len = walked(start, r);
	out->sealed.rest = take_reader(r, left(r));
	return read_ok(r);
}

bool quic_packet_take(struct quic_packet *out, struct reader *datagram, uint8_t short_cid_len)
{
	struct reader start = *datagram;

	*out = (struct quic_packet){ 0 };
	if (!more(datagram))
		return false;
	if (*datagram->at & 0x80)
		return take_long(out, datagram, &start);
	/* Zeros behind the last packet are padding. The fixed bit says nothing (RFC 9287). */
	return *datagram->at != 0 && take_short(out, datagram, &start, short_cid_len);
}

/* ---- frames --------------------------------------------------------------------------------- */

/* What is of no interest here: v varint, b varint and so many bytes, 8 bytes (RFC 9000 19). */
static const struct frame_form {
	uint64_t type;
	const char *form;
} forms[] = {
	{ 0x00, "" }, { 0x01, "" }, { 0x04, "vvv" }, { 0x05, "vv" }, { 0x07, "b" }, { 0x10, "v" },
	{ 0x11, "vv" }, { 0x12, "v" }, { 0x13, "v" }, { 0x14, "v" }, { 0x15, "vv" }, { 0x16, "v" },
	{ 0x17, "v" }, { 0x19, "v" }, { 0x1a, "8" }, { 0x1b, "8" }, { 0x1e, "" },
	{ 0x31, "b" },			/* DATAGRAM with a length, RFC 9221 */
	{ 0xaf, "vv" }, { 0xac, "v" },	/* ACK_FREQUENCY, IMMEDIATE_ACK of the drafts */
};

static bool skip_form(struct reader *r, const char *form)
{
	for (; *form; form++) {
		if (*form == 'v')
			take_varint(r);
		else if (*form == 'b')
			take_varint_vector(r);
		else
			take(r, 8);
	}
	return read_ok(r);
}

static bool skip_other(uint64_t type, struct reader *r)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (forms[i].type == type)
			return skip_form(r, forms[i].form);
	}
	return false;
}

static bool skip_ack(uint64_t type, struct reader *r)
{
	take_varint(r);				/* largest acknowledged */
	take_varint(r);				/* delay */
	uint64_t ranges = take_varint(r);
	take_varint(r);				/* first range */
	for (uint64_t i = 0; i < ranges && more(r); i++)
		skip_form(r, "vv");
	return skip_form(r, type == FRAME_ACK_ECN ? "vvv" : "");
}

static bool skip_stream(uint64_t type, struct reader *r)
{
	take_varint(r);				/* stream */
	if (type & 0x04)
		take_varint(r);			/* offset */
	if (type & 0x02)
		take_varint_vector(r);
	else
		take(r, left(r));
	return read_ok(r);
}

static bool skip_new_cid(struct reader *r)
{
	skip_form(r, "vv");
	take_vector8(r);
	take(r, 16);				/* stateless reset token */
	return read_ok(r);
}

static bool take_close(struct quic_frame *out, struct reader *r)
{
	out->error = take_varint(r);
	out->cause = out->type == FRAME_CLOSE ? take_varint(r) : 0;
	out->data = take_varint_vector(r);
	return read_ok(r);
}

bool quic_frame_take(struct quic_frame *out, struct reader *payload)
{
	*out = (struct quic_frame){ .type = take_varint(payload) };
	if (out->type == FRAME_CRYPTO) {
		out->offset = take_varint(payload);
		out->data = take_varint_vector(payload);
		return read_ok(payload);
	}
	if (out->type == FRAME_CLOSE || out->type == FRAME_CLOSE_APPLICATION)
		return take_close(out, payload);
	if (out->type == FRAME_ACK || out->type == FRAME_ACK_ECN)
		return skip_ack(out->type, payload);
	if (out->type >= FRAME_STREAM && out->type <= FRAME_STREAM_LAST)
		return skip_stream(out->type, payload);
	if (out->type == FRAME_NEW_CONNECTION_ID)
		return skip_new_cid(payload);
	return skip_other(out->type, payload);
}
