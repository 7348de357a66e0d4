/*
 * HTTP/1.x on the way to TLS: CONNECT through a proxy (RFC 9110 9.3.6), Upgrade: TLS (RFC 2817),
 * and plain requests, whose reply may say that the port wants TLS.
 */
#include "dialogue.h"
#include "foreign.h"

#include <ctype.h>

/* A reply that explains a 400 does so on its first page. */
enum { EXPLAINS_WITHIN = 2048 };

enum { STATUS_SWITCHING = 101, STATUS_BAD_REQUEST = 400, STATUS_PROXY_PASSWORD = 407,
       STATUS_UPGRADE_REQUIRED = 426 };

/* What servers say to plaintext on their TLS port: nginx, Apache, Go, Tomcat. */
static const char *const wants_tls[] = {
	"The plain HTTP request was sent to HTTPS port",
	"speaking plain HTTP to an SSL-enabled server port",
	"Client sent an HTTP request to an HTTPS server",
	"This combination of host and port requires TLS",
};

static bool starts(struct reader line, const char *text)
{
	return starts_with(&line, text);
}

/* "host:port" or "[address]:port" (RFC 9110 7.1). */
static void note_target(struct dialogue *d, struct reader line)
{
	take(&line, strlen("CONNECT "));
	const uint8_t *end = memchr(line.at, ' ', left(&line));
	struct reader authority = take_reader(&line, end ? (size_t)(end - line.at) : left(&line));
	size_t host = left(&authority);
	uint32_t port = 0, unit = 1;

	while (host && isdigit(authority.at[host - 1]) && unit <= 10000) {
		port += unit * (uint32_t)(authority.at[--host] - '0');
		unit *= 10;
	}
	if (!host || authority.at[host - 1] != ':' || port > 65535) {
		host = left(&authority) + 1;
		port = 0;
	}
	struct reader name = take_reader(&authority, host - 1);

	if (left(&name) > 2 && name.at[0] == '[' && name.at[left(&name) - 1] == ']') {
		take(&name, 1);
		name = take_reader(&name, left(&name) - 1);
	}
	dialogue_target(d, name, (uint16_t)port);
}

static enum heard hear_request(struct dialogue *d, struct reader line)
{
	struct http_state *http = &d->of.http;

	/* Others have such a word too, and say no version behind it. */
	http->connecting = d->proxy = starts(line, "CONNECT ") && mentions(line, " HTTP/");
	http->in_request = true;
	http->in_reply = false;
	if (http->connecting) {
		note_target(d, line);
		dialogue_ask(d, line);
		d->anew = true;		/* the page of a refusal need not end with a line's end */
	}
	/* HTTP/0.9 has neither version nor headers. */
	return mentions(line, " HTTP/") ? HEARD : HEARD_FOREIGN;
}

static enum heard hear_client(struct dialogue *d, struct reader line)
{
	struct http_state *http = &d->of.http;

	if (!http->in_request)
		return more(&line) ? hear_request(d, line) : HEARD;
	if (starts(line, "Upgrade: TLS/") && !http->connecting) {
		http->asked_upgrade = true;
		dialogue_ask(d, line);
	}
	if (more(&line))
		return HEARD;
	http->in_request = false;
	return http->connecting || http->asked_upgrade ? HEARD : HEARD_FOREIGN;
}

static void hear_proxy_status(struct dialogue *d, struct reader line)
{
	uint16_t status = d->of.http.status;

	if (status / 100 == 1 || !d->asked)
		return;
	if (status / 100 == 2)
		dialogue_tell(d, SIDE_SERVER, UPGRADE_ACCEPTED, status, line);
	else if (status == STATUS_PROXY_PASSWORD)
		dialogue_refuse_for_now(d, status, line);
	else
		dialogue_tell(d, SIDE_SERVER, UPGRADE_REFUSED, status, line);
}

static enum heard hear_status(struct dialogue *d, struct reader line)
{
	struct http_state *http = &d->of.http;
	struct reader digits = line;

	while (more(&digits) && take_u8(&digits) != ' ')
		;
	http->status = 0;
	for (int i = 0; i < 3 && more(&digits) && isdigit(digits.at[0]); i++)
		http->status = (uint16_t)(http->status * 10 + take_u8(&digits) - '0');
	http->in_reply = true;
	http->read = 0;
	if (http->connecting)
		hear_proxy_status(d, line);
	else if (http->status == STATUS_BAD_REQUEST) {
		d->excerpt_len = (uint16_t)(left(&line) < 36 ? left(&line) : 36);
		memcpy(d->excerpt, line.at, d->excerpt_len);
	}
	return HEARD;
}

/* Whether the line explains a 400; then the excerpt is the status line and those words. */
static bool explains(struct dialogue *d, struct reader line)
{
	for (size_t i = 0; i < sizeof wants_tls / sizeof *wants_tls; i++) {
		size_t len = strlen(wants_tls[i]);

		if (!mentions(line, wants_tls[i]))
			continue;
		memcpy(d->excerpt + d->excerpt_len, "\r\n", 2);
		memcpy(d->excerpt + d->excerpt_len + 2, wants_tls[i], len);
		d->excerpt_len = (uint16_t)(d->excerpt_len + 2 + len);
		return true;
	}
	return false;
}

/* The reply to a request that was no CONNECT. */
static enum heard hear_plain_reply(struct dialogue *d, struct reader line)
{
	struct http_state *http = &d->of.http;

	if (http->status == STATUS_BAD_REQUEST) {
		http->read = (uint16_t)(http->read + left(&line) + 2);
		return explains(d, line) || http->read >= EXPLAINS_WITHIN ? HEARD_FOREIGN : HEARD;
	}
	if (http->status == STATUS_UPGRADE_REQUIRED && starts(line, "Upgrade: TLS/"))
		dialogue_tell(d, SIDE_SERVER, UPGRADE_REQUIRED, http->status, line);
	if (http->asked_upgrade && http->status == STATUS_SWITCHING) {
		if (more(&line))
			return HEARD;
		dialogue_tell(d, SIDE_SERVER, UPGRADE_ACCEPTED, http->status, words_of(""));
		return HEARD_YES;
	}
	return http->status == STATUS_UPGRADE_REQUIRED && more(&line) ? HEARD : HEARD_FOREIGN;
}

static enum heard hear_server(struct dialogue *d, struct reader line)
{
	struct http_state *http = &d->of.http;

	if (!http->in_reply)
		return starts(line, "HTTP/") ? hear_status(d, line)
		       : http->connecting    ? HEARD	/* the page that goes with a refusal */
					     : HEARD_FOREIGN;
	if (!http->connecting)
		return hear_plain_reply(d, line);
	if (more(&line))
		return HEARD;
	http->in_reply = false;
	return http->status / 100 == 2 ? HEARD_TUNNEL : HEARD;
}

static enum heard hear_line(struct dialogue *d, enum side from, struct reader unit)
{
	size_t len = left(&unit);

	while (len && (unit.at[len - 1] == '\n' || unit.at[len - 1] == '\r'))
		len--;
	struct reader line = take_reader(&unit, len);

	return from == SIDE_CLIENT ? hear_client(d, line) : hear_server(d, line);
}

const struct dialogue_kind http_dialogue = {
	.delimiter = '\n',
	.hear = hear_line,
};
