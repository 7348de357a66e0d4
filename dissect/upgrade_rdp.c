/*
 * RDP (MS-RDPBCGR 2.2.1.1, 2.2.1.2): X.224 connection request and confirm in TPKT (RFC 1006), with
 * a negotiation behind them.
 */
#include "dialogue.h"

enum {
	X224_REQUEST = 0xe0, X224_CONFIRM = 0xd0,
	NEGOTIATION_REQUEST = 1, NEGOTIATION_RESPONSE = 2, NEGOTIATION_FAILURE = 3,
	TPKT_LEN = 4, TPKT_VERSION = 3
};

static const char *const failures[] = {
	"", "SSL_REQUIRED_BY_SERVER", "SSL_NOT_ALLOWED_BY_SERVER", "SSL_CERT_NOT_ON_SERVER",
	"INCONSISTENT_FLAGS", "HYBRID_REQUIRED_BY_SERVER", "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER",
};

enum { SSL_REQUIRED = 1 };

static bool measure(const struct dialogue *d, enum side from, struct reader bytes, size_t *len)
{
	bool tpkt = take_u8(&bytes) == TPKT_VERSION;

	(void)d;
	(void)from;
	take_u8(&bytes);
	*len = take_u16(&bytes);
	if (!tpkt || *len < TPKT_LEN)
		*len = 0;
	return read_ok(&bytes);
}

/* The negotiation structure: type, flags, length 8 in little endian, a number. */
static bool take_negotiation(struct reader r, uint8_t *type, uint32_t *number)
{
	*type = take_u8(&r);
	take_u8(&r);
	uint16_t length = take_u16_le(&r);

	*number = take_u32_le(&r);
	return read_ok(&r) && length == 8;
}

/* Behind the fixed part: maybe "Cookie: mstshash=...\r\n" or a routing token, then the request. */
static enum heard hear_request(struct dialogue *d, struct reader rest)
{
	uint8_t type = 0;
	uint32_t protocols = 0;
	const uint8_t *line_end =
	    more(&rest) && rest.at[0] >= ' ' ? memchr(rest.at, '\n', left(&rest)) : NULL;

	if (line_end)
		take(&rest, (size_t)(line_end - rest.at) + 1);
	bool asks = take_negotiation(rest, &type, &protocols) && type == NEGOTIATION_REQUEST;

	dialogue_tell(d, SIDE_CLIENT, UPGRADE_SEEN, protocols, words_of(""));
	if (asks && protocols)
		dialogue_ask(d, words_of("RDP_NEG_REQ"));
	return HEARD;
}

static enum heard hear_confirm(struct dialogue *d, struct reader rest)
{
	uint8_t type = 0;
	uint32_t number = 0;
	bool answers = take_negotiation(rest, &type, &number);

	if (answers && type == NEGOTIATION_RESPONSE && number) {
		dialogue_tell(d, SIDE_SERVER, UPGRADE_ACCEPTED, number, words_of("RDP_NEG_RSP"));
		return HEARD_YES;
	}
	if (answers && type == NEGOTIATION_FAILURE) {
		bool known = number < sizeof failures / sizeof *failures;
		bool required = number == SSL_REQUIRED && !d->asked;

		dialogue_tell(d, SIDE_SERVER, required ? UPGRADE_REQUIRED : UPGRADE_REFUSED, number,
			      words_of(known ? failures[number] : ""));
		return HEARD;
	}
	if (d->asked)
		dialogue_tell(d, SIDE_SERVER, UPGRADE_REFUSED, 0,
			      words_of("standard RDP security"));
	return HEARD;
}

static enum heard hear_packet(struct dialogue *d, enum side from, struct reader unit)
{
	take(&unit, TPKT_LEN);
	take_u8(&unit);		/* X.224 length indicator */
	uint8_t code = take_u8(&unit) & 0xf0;

	if (from == SIDE_CLIENT && code == X224_REQUEST && take(&unit, 5))
		return hear_request(d, unit);
	if (from == SIDE_SERVER && code == X224_CONFIRM && take(&unit, 5))
		return hear_confirm(d, unit);
	dialogue_went_on(d);
	return HEARD_NO_MORE;
}

const struct dialogue_kind rdp_dialogue = {
	.measure = measure,
	.hear = hear_packet,
};
