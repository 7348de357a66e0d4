/*
 * SOCKS 4, 4a and 5 (RFC 1928, RFC 1929), and the header in which a load balancer says whom it
 * speaks for (PROXY protocol 1 and 2, haproxy.org).
 */
#include "dialogue.h"
#include "foreign.h"

#include <ctype.h>

/* ---- SOCKS --------------------------------------------------------------------------------- */

enum {
	COMMAND_CONNECT = 1,
	METHOD_NONE = 0, METHOD_PASSWORD = 2, METHOD_NONE_ACCEPTABLE = 0xff,
	ADDRESS_IPV4 = 1, ADDRESS_NAME = 3, ADDRESS_IPV6 = 4,
	SOCKS4_GRANTED = 0x5a, SOCKS4_LAST = 0x5d,
	SOCKS4_TEXT_MAX = 512	/* user and host name; longer ones are not SOCKS */
};

/* RFC 1928 6. */
static const char *const socks5_replies[] = {
	"succeeded", "general SOCKS server failure", "connection not allowed by ruleset",
	"network unreachable", "host unreachable", "connection refused", "TTL expired",
	"command not supported", "address type not supported",
};

static const char *const socks4_replies[] = {
	"request granted",
	"request rejected or failed",
	"request rejected: no identd on the client",
	"request rejected: identd reports another user",
};

/* Up to and including the next zero byte; false if it is not there yet. */
static bool take_zero_ended(struct reader *r, struct reader *text)
{
	const uint8_t *end = more(r) ? memchr(r->at, 0, left(r)) : NULL;

	if (!end)
		return false;
	*text = take_reader(r, (size_t)(end - r->at));
	take_u8(r);
	return true;
}

struct socks4_request {
	uint8_t command;
	uint16_t port;
	struct reader ip, host;		/* host: 4a, when the address is 0.0.0.x */
	bool has_host;
};

static bool take_socks4(struct reader *r, struct socks4_request *request)
{
	struct reader user;

	take_u8(r);
	request->command = take_u8(r);
	request->port = take_u16(r);
	request->ip = take_reader(r, 4);
	if (!read_ok(r) || !take_zero_ended(r, &user))
		return false;
	struct reader ip = request->ip;

	request->has_host = take_u24(&ip) == 0 && take_u8(&ip) != 0;
	return !request->has_host || take_zero_ended(r, &request->host);
}

/* ver, cmd or rep, rsv, address type, address, port: request and reply alike. */
static struct reader take_socks5_address(struct reader *r, uint8_t *code, uint8_t *type)
{
	take_u8(r);
	*code = take_u8(r);
	take_u8(r);
	*type = take_u8(r);
	if (*type == ADDRESS_NAME)
		return take_vector8(r);
	return take_reader(r, *type == ADDRESS_IPV6 ? 16 : 4);
}

/* A list of methods ends where a request would go on: what is one to its last byte comes behind a list
 * that was not captured. */
static bool is_bare_request(struct reader bytes)
{
	uint8_t command, type;

	take_socks5_address(&bytes, &command, &type);
	take_u16(&bytes);
	return read_whole(&bytes) && command == COMMAND_CONNECT &&
	       (type == ADDRESS_IPV4 || type == ADDRESS_NAME || type == ADDRESS_IPV6);
}

static bool measure_socks5_client(const struct dialogue *d, struct reader bytes, size_t *len)
{
	struct reader r = bytes;
	uint8_t code, type, version = take_u8(&r);

	if (!d->of.socks.greeted && !is_bare_request(bytes)) {
		take_vector8(&r);
	} else if (version == 1) {		/* user and password, RFC 1929 2 */
		take_vector8(&r);
		take_vector8(&r);
	} else {
		r = bytes;
		take_socks5_address(&r, &code, &type);
		take_u16(&r);
	}
	*len = (size_t)(r.at - bytes.at);
	return read_ok(&r);
}

static bool measure_socks_client(const struct dialogue *d, struct reader bytes, size_t *len)
{
	struct reader r = bytes;
	struct socks4_request request = { 0 };

	if (d->of.socks.greeted || bytes.at[0] != 4)
		return measure_socks5_client(d, bytes, len);
	if (!take_socks4(&r, &request)) {
		*len = 0;
		return left(&bytes) > SOCKS4_TEXT_MAX;
	}
	*len = (size_t)(r.at - bytes.at);
	return true;
}

static bool measure_socks(const struct dialogue *d, enum side from, struct reader bytes,
			  size_t *len)
{
	struct reader r = bytes;
	uint8_t code, type;

	if (from == SIDE_CLIENT)
		return measure_socks_client(d, bytes, len);
	if (d->of.socks.version == 4) {
		take(&r, 8);
	} else if (d->of.socks.expected == SOCKS_REPLY) {
		take_socks5_address(&r, &code, &type);
		take_u16(&r);
	} else {
		take(&r, 2);
	}
	*len = (size_t)(r.at - bytes.at);
	return read_ok(&r);
}

static enum heard hear_socks4_request(struct dialogue *d, struct reader unit)
{
	struct socks4_request request = { 0 };

	if (!take_socks4(&unit, &request))
		return HEARD_NO_MORE;
	if (request.has_host)
		dialogue_target(d, request.host, request.port);
	else
		dialogue_target_ip(d, request.ip, request.port);
	dialogue_tell(d, SIDE_CLIENT, UPGRADE_SEEN, 0, words_of(""));
	if (request.command != COMMAND_CONNECT)
		return HEARD_NO_MORE;
	d->of.socks.expected = SOCKS_REPLY;
	dialogue_ask(d, words_of("SOCKS 4 CONNECT"));
	return HEARD;
}

static enum heard hear_socks5_request(struct dialogue *d, struct reader unit)
{
	uint8_t command, type;
	struct reader address = take_socks5_address(&unit, &command, &type);
	uint16_t port = take_u16(&unit);

	if (type == ADDRESS_NAME)
		dialogue_target(d, address, port);
	else
		dialogue_target_ip(d, address, port);
	dialogue_tell(d, SIDE_CLIENT, UPGRADE_SEEN, 0, words_of(""));
	if (command != COMMAND_CONNECT)
		return HEARD_NO_MORE;
	dialogue_ask(d, words_of("SOCKS 5 CONNECT"));
	return HEARD;
}

static enum heard hear_socks_client(struct dialogue *d, struct reader unit)
{
	struct reader first = unit;
	uint8_t version = take_u8(&first);

	d->proxy = true;
	if (!d->of.socks.version)
		d->of.socks.version = version;
	if (d->of.socks.version == 4)
		return hear_socks4_request(d, unit);
	if (!d->of.socks.greeted && is_bare_request(unit)) {
		d->of.socks.greeted = true;
		d->of.socks.expected = SOCKS_REPLY;
	}
	if (d->of.socks.greeted && version == 5)
		return hear_socks5_request(d, unit);
	d->of.socks.greeted = true;
	return HEARD;
}

static enum heard refuse(struct dialogue *d, uint32_t status, const char *words)
{
	d->of.socks.expected = SOCKS_OVER;
	dialogue_tell(d, SIDE_SERVER, UPGRADE_REFUSED, status, words_of(words));
	return HEARD_NO_MORE;
}

static enum heard hear_socks_method(struct dialogue *d, uint8_t method)
{
	if (method == METHOD_NONE_ACCEPTABLE)
		return refuse(d, method, "no acceptable authentication method");
	if (method != METHOD_NONE && method != METHOD_PASSWORD)
		return HEARD_NO_MORE;	/* GSSAPI wraps all that follows (RFC 1961) */
	d->of.socks.expected = method == METHOD_PASSWORD ? SOCKS_AUTH : SOCKS_REPLY;
	return HEARD;
}

static enum heard hear_socks_reply(struct dialogue *d, uint8_t code)
{
	bool four = d->of.socks.version == 4;
	uint8_t index = four ? (uint8_t)(code - SOCKS4_GRANTED) : code;
	size_t known = four ? sizeof socks4_replies / sizeof *socks4_replies
			    : sizeof socks5_replies / sizeof *socks5_replies;
	const char *words = index >= known ? ""
			    : four	   ? socks4_replies[index]
					   : socks5_replies[index];

	if (index)
		return refuse(d, code, words);
	dialogue_tell(d, SIDE_SERVER, UPGRADE_ACCEPTED, code, words_of(words));
	return HEARD_TUNNEL;
}

static enum heard hear_socks_server(struct dialogue *d, struct reader unit)
{
	take_u8(&unit);
	uint8_t code = take_u8(&unit);

	switch (d->of.socks.expected) {
	case SOCKS_METHOD:
		return hear_socks_method(d, code);
	case SOCKS_AUTH:
		if (code)
			return refuse(d, code, "user name or password not accepted");
		d->of.socks.expected = SOCKS_REPLY;
		return HEARD;
	case SOCKS_REPLY:
		return hear_socks_reply(d, code);
	case SOCKS_OVER:
	default:
		return HEARD_NO_MORE;
	}
}

static enum heard hear_socks(struct dialogue *d, enum side from, struct reader unit)
{
	return from == SIDE_CLIENT ? hear_socks_client(d, unit) : hear_socks_server(d, unit);
}

const struct dialogue_kind socks_dialogue = {
	.measure = measure_socks,
	.hear = hear_socks,
};

/* ---- PROXY header -------------------------------------------------------------------------- */

enum { PROXY1_MAX = 107, PROXY2_FIXED = 16, FAMILY_IPV4 = 1, FAMILY_IPV6 = 2 };

static bool measure_header(const struct dialogue *d, enum side from, struct reader bytes,
			   size_t *len)
{
	struct reader r = bytes;

	(void)d;
	(void)from;
	if (take_u8(&r) == 'P') {
		size_t most = left(&bytes) < PROXY1_MAX ? left(&bytes) : PROXY1_MAX;
		const uint8_t *end = memchr(bytes.at, '\n', most);

		*len = end ? (size_t)(end - bytes.at) + 1 : 0;
		return end || left(&bytes) >= PROXY1_MAX;
	}
	take(&r, PROXY2_FIXED - 3);
	*len = PROXY2_FIXED + (size_t)take_u16(&r);
	return read_ok(&r);
}

static struct reader take_word(struct reader *r)
{
	const uint8_t *end = more(r) ? memchr(r->at, ' ', left(r)) : NULL;
	struct reader word = take_reader(r, end ? (size_t)(end - r->at) : left(r));

	take(r, more(r) ? 1 : 0);
	return word;
}

/* "PROXY TCP4 source destination source-port destination-port". */
static void note_source_1(struct dialogue *d, struct reader line)
{
	take_word(&line);
	take_word(&line);
	struct reader source = take_word(&line);

	take_word(&line);
	struct reader digits = take_word(&line);
	uint32_t port = 0;

	while (more(&digits) && isdigit(digits.at[0]) && port < 65536)
		port = port * 10 + (uint32_t)(take_u8(&digits) - '0');
	dialogue_target(d, source, (uint16_t)(port < 65536 ? port : 0));
}

static void note_source_2(struct dialogue *d, struct reader header)
{
	take(&header, PROXY2_FIXED - 3);
	uint8_t family = take_u8(&header) >> 4;

	take_u16(&header);
	if (family != FAMILY_IPV4 && family != FAMILY_IPV6)
		return;
	size_t ip_len = family == FAMILY_IPV4 ? 4 : 16;
	struct reader source = take_reader(&header, ip_len);

	take(&header, ip_len);
	uint16_t port = take_u16(&header);

	if (read_ok(&header))
		dialogue_target_ip(d, source, port);
}

/* Whom the balancer speaks for stands in the event's target; it is nothing that anybody asked for,
 * so it goes no further. */
static enum heard hear_header(struct dialogue *d, enum side from, struct reader unit)
{
	bool text = unit.at[0] == 'P';

	(void)from;
	if (text && mentions(unit, " TCP"))
		note_source_1(d, unit);
	else if (!text)
		note_source_2(d, unit);
	dialogue_tell(d, SIDE_CLIENT, UPGRADE_SEEN, text ? 1 : 2, text ? unit : words_of(""));
	dialogue_target(d, words_of(""), 0);
	return HEARD_TUNNEL;
}

const struct dialogue_kind proxy_header_dialogue = {
	.measure = measure_header,
	.hear = hear_header,
};
