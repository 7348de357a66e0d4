/*
 * PostgreSQL ("Frontend/Backend Protocol", SSL Session Encryption) and MySQL with MariaDB
 * (Connection Phase). In the one the client asks first, in the other the server's greeting has a
 * bit that says whether it can.
 */
#include "dialogue.h"
#include "foreign.h"

#include <ctype.h>

/* ---- PostgreSQL ---------------------------------------------------------------------------- */

enum { REQUEST_CANCEL = 80877102, REQUEST_SSL = 80877103, REQUEST_GSS = 80877104 };

/* A length that no message before the login has: the protocol is another one. */
enum { POSTGRES_MESSAGE_MAX = 30000 };

/* An ErrorResponse; before protocol 3 it had no length but ended with a zero byte. */
static bool measure_error(struct reader bytes, size_t *len)
{
	struct reader r = bytes;

	take_u8(&r);
	uint32_t length = take_u32(&r);

	if (!read_ok(&r))
		return false;
	*len = 1 + (size_t)length;
	if (length >= 4 && length <= POSTGRES_MESSAGE_MAX)
		return true;
	const uint8_t *end = memchr(bytes.at, 0, left(&bytes));

	*len = end ? (size_t)(end - bytes.at) + 1 : 0;
	return end;
}

static bool measure_postgres(const struct dialogue *d, enum side from, struct reader bytes,
			     size_t *len)
{
	struct reader r = bytes;

	if (from == SIDE_CLIENT) {
		uint32_t length = take_u32(&r);

		*len = length >= 8 && length <= POSTGRES_MESSAGE_MAX ? length : 0;
		return read_ok(&r);
	}
	if (take_u8(&r) == 'E')
		return measure_error(bytes, len);
	*len = 1;
	(void)d;
	return true;
}

/* The message, field 'M', of an ErrorResponse. */
static struct reader error_words(struct reader unit)
{
	struct reader fields = unit, old = unit;

	take(&old, 1);
	if (more(&old))
		old = take_reader(&old, left(&old) - 1);
	take(&fields, 5);
	while (more(&fields)) {
		uint8_t kind = take_u8(&fields);
		const uint8_t *end = memchr(fields.at, 0, left(&fields));
		struct reader value =
		    take_reader(&fields, end ? (size_t)(end - fields.at) : left(&fields));

		take_u8(&fields);
		if (kind == 'M')
			return value;
	}
	return old;
}

static enum heard hear_postgres_client(struct dialogue *d, struct reader unit)
{
	take_u32(&unit);
	uint32_t request = take_u32(&unit);

	if (request == REQUEST_CANCEL)
		return HEARD_NO_MORE;
	if (request == REQUEST_SSL) {
		d->of.postgres.ssl_asked = true;
		dialogue_ask(d, words_of("SSLRequest"));
		return HEARD;
	}
	dialogue_tell(d, SIDE_CLIENT, UPGRADE_SEEN, 0, words_of(""));
	if (request == REQUEST_GSS) {
		d->of.postgres.gss_asked = true;
		return HEARD;
	}
	d->of.postgres.started = true;
	dialogue_went_on(d);
	return HEARD;
}

/* The answer to a startup message: an error may be that the server wants TLS. */
static enum heard hear_postgres_login(struct dialogue *d, uint8_t kind, struct reader unit)
{
	struct reader words = error_words(unit);

	if (kind == 'E' && (mentions(words, "SSL off") || mentions(words, "no encryption") ||
			    mentions(words, "SSL required") || mentions(words, "require")))
		dialogue_tell(d, SIDE_SERVER, UPGRADE_REQUIRED, 0, words);
	return HEARD_NO_MORE;
}

static enum heard hear_postgres_server(struct dialogue *d, struct reader unit)
{
	struct reader letter = unit;
	uint8_t kind = take_u8(&letter);

	if (d->of.postgres.started)
		return hear_postgres_login(d, kind, unit);
	if (d->of.postgres.gss_asked) {
		d->of.postgres.gss_asked = false;
		return kind == 'G' ? HEARD_NO_MORE : HEARD;
	}
	if (!d->asked)
		return HEARD_NO_MORE;
	if (kind == 'S') {
		dialogue_tell(d, SIDE_SERVER, UPGRADE_ACCEPTED, 0, unit);
		return HEARD_YES;
	}
	dialogue_tell(d, SIDE_SERVER, UPGRADE_REFUSED, 0, kind == 'E' ? error_words(unit) : unit);
	return HEARD;
}

static enum heard hear_postgres(struct dialogue *d, enum side from, struct reader unit)
{
	return from == SIDE_CLIENT ? hear_postgres_client(d, unit) : hear_postgres_server(d, unit);
}

const struct dialogue_kind postgres_dialogue = {
	.measure = measure_postgres,
	.hear = hear_postgres,
};

/* ---- MySQL, MariaDB ------------------------------------------------------------------------ */

enum {
	CLIENT_SSL = 0x0800,
	MYSQL_HEADER = 4,
	SSL_REQUEST_LEN = 32,
	PROTOCOL_10 = 10,
	MYSQL_ERR = 0xff
};

enum { ER_SECURE_TRANSPORT_REQUIRED = 3159 };

static bool measure_mysql(const struct dialogue *d, enum side from, struct reader bytes,
			  size_t *len)
{
	const uint8_t *header = take(&bytes, MYSQL_HEADER);

	(void)d;
	(void)from;
	if (!header)
		return false;
	*len = MYSQL_HEADER + ((size_t)header[2] << 16 | (size_t)header[1] << 8 | header[0]);
	return true;
}

/* Code, '#' and five characters of SQLSTATE (missing before the greeting), words. */
static struct reader mysql_error(struct reader *payload, uint16_t *code)
{
	struct reader words;

	*code = take_u16_le(payload);
	words = *payload;
	if (more(&words) && words.at[0] == '#')
		take(&words, 6);
	return words;
}

static enum heard hear_mysql_greeting(struct dialogue *d, struct reader payload)
{
	uint8_t kind = take_u8(&payload);

	d->of.mysql.greeted = true;
	if (kind != PROTOCOL_10) {
		dialogue_tell(d, SIDE_SERVER, UPGRADE_SEEN, 0, payload);
		return HEARD_NO_MORE;
	}
	const uint8_t *end = memchr(payload.at, 0, left(&payload));
	struct reader version = take_reader(&payload, end ? (size_t)(end - payload.at) : 0);

	take(&payload, 1 + 4 + 8 + 1);	/* zero, thread, first part of the salt, filler */
	uint16_t capabilities = take_u16_le(&payload);

	if (!read_ok(&payload))
		return HEARD_NO_MORE;
	dialogue_tell(d, SIDE_SERVER,
		      capabilities & CLIENT_SSL ? UPGRADE_OFFERED : UPGRADE_NOT_OFFERED, 0,
		      version);
	return HEARD;
}

static enum heard hear_mysql_server(struct dialogue *d, struct reader payload)
{
	struct reader answer = payload;
	uint16_t code;

	if (!d->of.mysql.greeted)
		return hear_mysql_greeting(d, payload);
	if (take_u8(&answer) != MYSQL_ERR)
		return HEARD_NO_MORE;
	struct reader words = mysql_error(&answer, &code);

	if (code == ER_SECURE_TRANSPORT_REQUIRED || mentions(words, "secure transport") ||
	    mentions(words, "SSL") || mentions(words, "TLS"))
		dialogue_tell(d, SIDE_SERVER, UPGRADE_REQUIRED, code, words);
	return HEARD_NO_MORE;
}

/* SSLRequest is the beginning of a login packet, sent alone; TLS follows without an answer. */
static enum heard hear_mysql_client(struct dialogue *d, struct reader payload)
{
	bool alone = left(&payload) == SSL_REQUEST_LEN;
	uint16_t capabilities = take_u16_le(&payload);

	if (!(capabilities & CLIENT_SSL) || !alone) {
		dialogue_went_on(d);
		return HEARD;
	}
	bool offered = d->offered;

	dialogue_ask(d, words_of("SSLRequest"));
	if (offered)
		dialogue_tell(d, SIDE_SERVER, UPGRADE_ACCEPTED, 0, words_of(""));
	return HEARD_YES;
}

static enum heard hear_mysql(struct dialogue *d, enum side from, struct reader unit)
{
	take(&unit, MYSQL_HEADER);
	return from == SIDE_CLIENT ? hear_mysql_client(d, unit) : hear_mysql_server(d, unit);
}

const struct dialogue_kind mysql_dialogue = {
	.measure = measure_mysql,
	.hear = hear_mysql,
};
