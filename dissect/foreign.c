/*
 * A table of recognisers over the first bytes of one side. A recogniser reads with a struct
 * reader: one that breaks it would have needed more bytes to be sure, so the same row serves for
 * "what is this" and for "what could this become".
 */
#include "foreign.h"

#include <ctype.h>

#include "foreign_packets.h"

enum who { CLIENT_SAYS = 1, SERVER_SAYS = 2, EITHER_SAYS = 3 };

struct recogniser {
	enum foreign_protocol protocol;
	enum who who;
	const char *start;			/* the text that it begins with, or NULL */
	bool (*is)(struct reader *r);		/* asked behind the start, or NULL */
};

static uint8_t folded(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

/* Nearly all that is asked begins otherwise: the first byte tells. */
static bool first_differs(const struct reader *r, uint8_t first)
{
	return more(r) && folded(*r->at) != first;
}

bool starts_with(struct reader *r, const char *text)
{
	if (first_differs(r, folded((uint8_t)*text)))
		return false;
	for (; *text; text++) {
		uint8_t byte = take_u8(r);

		if (!read_ok(r) || folded(byte) != folded((uint8_t)*text))
			return false;
	}
	return true;
}

bool mentions(struct reader bytes, const char *text)
{
	uint8_t first = folded((uint8_t)*text);

	for (; more(&bytes); take(&bytes, 1)) {
		struct reader here = bytes;

		if (!first_differs(&here, first) && starts_with(&here, text))
			return true;
	}
	return false;
}

bool foreign_is_text(struct reader bytes)
{
	if (!more(&bytes))
		return false;
	while (more(&bytes)) {
		uint8_t byte = take_u8(&bytes);

		if (byte == 0x7f || (byte < 0x20 && !strchr("\t\n\r\f\033", byte)) || !byte)
			return false;
	}
	return true;
}

/* The first line without its end. One that has no end yet breaks the reader, unless it is long
 * enough to judge by. */
static struct reader first_line(struct reader *r)
{
	struct reader rest = *r;
	size_t len = 0;

	for (; more(&rest) && len < FOREIGN_ENOUGH; len++)
		if (take_u8(&rest) == '\n')
			return take_reader(r, len);
	if (len < FOREIGN_ENOUGH)
		take(r, len + 1);
	return take_reader(r, len);
}

static bool line_mentions(struct reader *r, const char *const *words, size_t count)
{
	struct reader line = first_line(r);

	if (!read_ok(r))
		return false;
	for (size_t i = 0; i < count; i++)
		if (mentions(line, words[i]))
			return true;
	return false;
}

/* ---- text ---------------------------------------------------------------------------------- */

static bool says_ftp(struct reader *r)
{
	static const char *const ftp[] = { "FTP", "FileZilla" };
	static const char *const mail[] = { "SMTP", "LMTP", "Postfix", "Exim", "Sendmail" };
	struct reader again = *r;

	return !line_mentions(&again, mail, 5) && line_mentions(r, ftp, 2);
}

/* The rest of a line that "220" or the like began: what is no FTP server is taken for mail. */
static bool whole_line(struct reader *r)
{
	first_line(r);
	return read_ok(r);
}

static bool sip_version(struct reader *r)
{
	static const char *const version[] = { " SIP/2.0" };

	return line_mentions(r, version, 1);
}

static bool auth_tls(struct reader *r)
{
	struct reader again = *r;

	if (starts_with(&again, "TLS"))
		return true;
	return starts_with(r, "SSL");
}

/* USER of IRC (RFC 2812 3.1.3) has four parameters; that of FTP and POP3 has one. */
static bool irc_user(struct reader *r)
{
	struct reader line = first_line(r);
	int blanks = 0;

	while (more(&line))
		blanks += take_u8(&line) == ' ';
	return read_ok(r) && blanks >= 3;
}

/* ":server NOTICE", ":server 001 nick" (RFC 2812 2.3.1). */
static bool irc_prefix(struct reader *r)
{
	static const char *const words[] = {" NOTICE ", " 001 ", " CAP ",
					    " 451 ",	" 421 ", " 020 "};

	return line_mentions(r, words, 6);
}

/* tag SP command (RFC 9051 2.2.1). */
static bool imap_command(struct reader *r)
{
	static const char *const commands[] = { "CAPABILITY", "STARTTLS", "LOGIN ", "AUTHENTICATE ",
						"NOOP", "LOGOUT", "ID ", "ID(" };
	size_t tag = 0;
	uint8_t byte = take_u8(r);

	for (; read_ok(r) && (isalnum(byte) || byte == '.') && tag < 16; tag++)
		byte = take_u8(r);
	if (!tag || byte != ' ')
		return false;
	struct reader rest = first_line(r);

	for (size_t i = 0; read_ok(r) && i < sizeof commands / sizeof *commands; i++) {
		struct reader command = rest;

		if (starts_with(&command, commands[i]))
			return true;
	}
	return false;
}

/* An array of bulk strings: "*1\r\n$4\r\nPING". */
static bool redis_array(struct reader *r)
{
	uint8_t digit = take_u8(r);

	if (digit < '1' || digit > '9')
		return false;
	struct reader line = first_line(r);

	while (more(&line))
		if (!strchr("0123456789\r", take_u8(&line)))
			return false;
	return read_ok(r);
}

/* The first row that fits is the answer, so the narrower ones stand first. */
static const struct recogniser recognisers[] = {
	{ FOREIGN_ECHO, SERVER_SAYS, NULL, is_client_hello },
	{ FOREIGN_PROXY, CLIENT_SAYS, NULL, is_proxy_v2 },
	{ FOREIGN_PROXY, CLIENT_SAYS, "PROXY TCP", NULL },
	{ FOREIGN_PROXY, CLIENT_SAYS, "PROXY UNKNOWN", NULL },
	{ FOREIGN_HTTP2, EITHER_SAYS, "PRI * HTTP/2.0\r\n", NULL },
	{ FOREIGN_HTTP2, SERVER_SAYS, NULL, is_http2_settings },
	{ FOREIGN_NATS, SERVER_SAYS, "INFO {", NULL },
	{ FOREIGN_NATS, CLIENT_SAYS, "CONNECT {", NULL },
	{ FOREIGN_RTSP, SERVER_SAYS, "RTSP/1.0 ", NULL },
	{ FOREIGN_RTSP, CLIENT_SAYS, "OPTIONS rtsp", NULL },
	{ FOREIGN_RTSP, CLIENT_SAYS, "DESCRIBE rtsp", NULL },
	{ FOREIGN_SIP, SERVER_SAYS, "SIP/2.0 ", NULL },
	{ FOREIGN_SIP, CLIENT_SAYS, "REGISTER ", sip_version },
	{ FOREIGN_SIP, CLIENT_SAYS, "INVITE ", sip_version },
	{ FOREIGN_SIP, CLIENT_SAYS, "OPTIONS sip", sip_version },
	{ FOREIGN_SIP, CLIENT_SAYS, "SUBSCRIBE ", sip_version },
	{ FOREIGN_SIP, CLIENT_SAYS, "MESSAGE ", sip_version },
	{ FOREIGN_HTTP, EITHER_SAYS, "HTTP/1.", NULL },
	{ FOREIGN_HTTP, EITHER_SAYS, "HTTP/2", NULL },
	{ FOREIGN_HTTP, SERVER_SAYS, "ICY ", NULL },
	{ FOREIGN_HTTP, SERVER_SAYS, "<!DOCTYPE", NULL },
	{ FOREIGN_HTTP, SERVER_SAYS, "<html", NULL },
	{ FOREIGN_HTTP, SERVER_SAYS, "<head", NULL },
	{ FOREIGN_HTTP, SERVER_SAYS, "<title", NULL },
	{ FOREIGN_HTTP, SERVER_SAYS, "<h1", NULL },
	{ FOREIGN_HTTP, CLIENT_SAYS, "GET ", NULL },
	{ FOREIGN_HTTP, CLIENT_SAYS, "HEAD ", NULL },
	{ FOREIGN_HTTP, CLIENT_SAYS, "POST ", NULL },
	{ FOREIGN_HTTP, CLIENT_SAYS, "PUT ", NULL },
	{ FOREIGN_HTTP, CLIENT_SAYS, "DELETE ", NULL },
	{ FOREIGN_HTTP, CLIENT_SAYS, "OPTIONS ", NULL },
	{ FOREIGN_HTTP, CLIENT_SAYS, "CONNECT ", NULL },
	{ FOREIGN_HTTP, CLIENT_SAYS, "PATCH ", NULL },
	{ FOREIGN_HTTP, CLIENT_SAYS, "TRACE ", NULL },
	{ FOREIGN_HTTP, CLIENT_SAYS, "PROPFIND ", NULL },
	{ FOREIGN_HTTP, CLIENT_SAYS, "REPORT ", NULL },
	{ FOREIGN_SSH, EITHER_SAYS, "SSH-", NULL },
	{ FOREIGN_RSYNC, EITHER_SAYS, "@RSYNCD:", NULL },
	{ FOREIGN_SVN, SERVER_SAYS, "( success ( ", NULL },
	{ FOREIGN_SVN, CLIENT_SAYS, "( 2 ( ", NULL },
	{ FOREIGN_MEMCACHED, SERVER_SAYS, "ERROR\r\n", NULL },
	{ FOREIGN_MEMCACHED, SERVER_SAYS, "CLIENT_ERROR ", NULL },
	{ FOREIGN_MEMCACHED, CLIENT_SAYS, "stats\r\n", NULL },
	{ FOREIGN_MEMCACHED, CLIENT_SAYS, "version\r\n", NULL },
	{ FOREIGN_MEMCACHED, CLIENT_SAYS, "gets ", NULL },
	{ FOREIGN_GIT, CLIENT_SAYS, NULL, is_git_request },
	{ FOREIGN_SYSLOG, CLIENT_SAYS, NULL, is_syslog },
	{ FOREIGN_VNC, EITHER_SAYS, "RFB 00", NULL },
	{ FOREIGN_AMQP, EITHER_SAYS, "AMQP", NULL },
	{ FOREIGN_XMPP, EITHER_SAYS, "<?xml", NULL },
	{ FOREIGN_XMPP, EITHER_SAYS, "<stream", NULL },
	{ FOREIGN_SMTP, CLIENT_SAYS, "EHLO", NULL },
	{ FOREIGN_SMTP, CLIENT_SAYS, "HELO", NULL },
	{ FOREIGN_SMTP, CLIENT_SAYS, "LHLO", NULL },
	{ FOREIGN_SMTP, CLIENT_SAYS, "MAIL FROM:", NULL },
	{ FOREIGN_FTP, SERVER_SAYS, "220", says_ftp },
	{ FOREIGN_FTP, SERVER_SAYS, "421", says_ftp },
	{ FOREIGN_FTP, SERVER_SAYS, "530 ", whole_line },
	{ FOREIGN_FTP, SERVER_SAYS, "234 ", NULL },
	{ FOREIGN_SMTP, SERVER_SAYS, "220 ", whole_line },
	{ FOREIGN_SMTP, SERVER_SAYS, "220-", whole_line },
	{ FOREIGN_SMTP, SERVER_SAYS, "421 ", whole_line },
	{ FOREIGN_SMTP, SERVER_SAYS, "421-", whole_line },
	{ FOREIGN_SMTP, SERVER_SAYS, "454 ", NULL },
	{ FOREIGN_SMTP, SERVER_SAYS, "50", whole_line },
	{ FOREIGN_SMTP, SERVER_SAYS, "554", whole_line },
	{ FOREIGN_NNTP, SERVER_SAYS, "200 ", NULL },
	{ FOREIGN_NNTP, SERVER_SAYS, "201 ", NULL },
	{ FOREIGN_NNTP, CLIENT_SAYS, "CAPABILITIES", NULL },
	{ FOREIGN_NNTP, CLIENT_SAYS, "MODE READER", NULL },
	{ FOREIGN_REDIS, CLIENT_SAYS, "*", redis_array },
	{ FOREIGN_REDIS, CLIENT_SAYS, "PING\r\n", NULL },
	{ FOREIGN_REDIS, SERVER_SAYS, "-ERR unknown command", NULL },
	{ FOREIGN_REDIS, SERVER_SAYS, "-ERR Protocol error", NULL },
	{ FOREIGN_REDIS, SERVER_SAYS, "-NOAUTH", NULL },
	{ FOREIGN_REDIS, SERVER_SAYS, "-DENIED", NULL },
	{ FOREIGN_IMAP, SERVER_SAYS, "* OK", NULL },
	{ FOREIGN_IMAP, SERVER_SAYS, "* BYE", NULL },
	{ FOREIGN_IMAP, SERVER_SAYS, "* BAD", NULL },
	{ FOREIGN_IMAP, SERVER_SAYS, "* PREAUTH", NULL },
	{ FOREIGN_POP3, SERVER_SAYS, "+OK", NULL },
	{ FOREIGN_POP3, SERVER_SAYS, "-ERR", whole_line },
	{ FOREIGN_POP3, CLIENT_SAYS, "CAPA\r", NULL },
	{ FOREIGN_POP3, CLIENT_SAYS, "STLS", NULL },
	{ FOREIGN_POP3, CLIENT_SAYS, "APOP ", NULL },
	{ FOREIGN_SIEVE, SERVER_SAYS, "\"IMPLEMENTATION\"", NULL },
	{ FOREIGN_SIEVE, SERVER_SAYS, "\"SIEVE\"", NULL },
	{ FOREIGN_IRC, SERVER_SAYS, "NOTICE ", NULL },
	{ FOREIGN_IRC, SERVER_SAYS, "ERROR :", NULL },
	{ FOREIGN_IRC, SERVER_SAYS, ":", irc_prefix },
	{ FOREIGN_IRC, CLIENT_SAYS, "STARTTLS", NULL },	/* all others wait for a greeting */
	{ FOREIGN_IRC, CLIENT_SAYS, "NICK ", NULL },
	{ FOREIGN_IRC, CLIENT_SAYS, "CAP ", NULL },
	{ FOREIGN_IRC, CLIENT_SAYS, "USER ", irc_user },
	{ FOREIGN_FTP, CLIENT_SAYS, "AUTH ", auth_tls },
	{ FOREIGN_FTP, CLIENT_SAYS, "USER ", whole_line },
	{ FOREIGN_FTP, CLIENT_SAYS, "FEAT\r", NULL },
	{ FOREIGN_IMAP, CLIENT_SAYS, NULL, imap_command },
	{ FOREIGN_POSTGRESQL, CLIENT_SAYS, NULL, is_postgres_startup },
	{ FOREIGN_POSTGRESQL, SERVER_SAYS, NULL, is_postgres_reply },
	{ FOREIGN_MYSQL, SERVER_SAYS, NULL, is_mysql_greeting },
	{ FOREIGN_LDAP, EITHER_SAYS, NULL, is_ldap },
	{ FOREIGN_TDS, CLIENT_SAYS, NULL, is_tds_request },
	{ FOREIGN_TDS, SERVER_SAYS, NULL, is_tds_reply },
	{ FOREIGN_RDP, EITHER_SAYS, NULL, is_rdp },
	{ FOREIGN_SMB, EITHER_SAYS, NULL, is_smb },
	{ FOREIGN_MQTT, CLIENT_SAYS, NULL, is_mqtt_connect },
	{ FOREIGN_MQTT, SERVER_SAYS, NULL, is_mqtt_connack },
	{ FOREIGN_SOCKS, CLIENT_SAYS, NULL, is_socks5_request },
	{ FOREIGN_SOCKS, CLIENT_SAYS, NULL, is_socks4_request },
	{ FOREIGN_SOCKS, SERVER_SAYS, NULL, is_socks5_reply },
	{ FOREIGN_SOCKS, SERVER_SAYS, NULL, is_socks4_reply },
	{ FOREIGN_TELNET, EITHER_SAYS, NULL, is_telnet },
	{ FOREIGN_MONGODB, CLIENT_SAYS, NULL, is_mongodb_request },
	{ FOREIGN_DNS, EITHER_SAYS, NULL, is_dns },
	{ FOREIGN_KAFKA, CLIENT_SAYS, NULL, is_kafka_request },
	{ FOREIGN_OPENVPN, CLIENT_SAYS, NULL, is_openvpn_reset },
	{ FOREIGN_X11, CLIENT_SAYS, NULL, is_x11_setup },
};

enum fit { FITS_NOT, FITS, COULD_FIT };

static enum fit row_fits(const struct recogniser *row, struct reader bytes)
{
	bool fits =
		(!row->start || starts_with(&bytes, row->start)) && (!row->is || row->is(&bytes));

	if (!read_ok(&bytes))
		return COULD_FIT;
	return fits ? FITS : FITS_NOT;
}

bool foreign_guess(enum side from, struct reader bytes, enum foreign_protocol *out)
{
	enum who who = from == SIDE_CLIENT ? CLIENT_SAYS : SERVER_SAYS;

	for (size_t i = 0; i < sizeof recognisers / sizeof *recognisers; i++) {
		const struct recogniser *row = &recognisers[i];
		enum fit fit = row->who & who ? row_fits(row, bytes) : FITS_NOT;

		if (fit == COULD_FIT && left(&bytes) < FOREIGN_ENOUGH)
			return false;
		if (fit == FITS) {
			*out = row->protocol;
			return true;
		}
	}
	*out = foreign_is_text(bytes) ? FOREIGN_UNKNOWN : FOREIGN_BINARY;
	return true;
}

enum foreign_protocol foreign_recognise(enum side from, const uint8_t *bytes, size_t len)
{
	enum who who = from == SIDE_CLIENT ? CLIENT_SAYS : SERVER_SAYS;
	uint8_t ended[FOREIGN_ENOUGH + 1];
	struct reader all = reader_of(bytes, len < FOREIGN_ENOUGH ? len : FOREIGN_ENOUGH);
	bool text = foreign_is_text(all);

	if (text) {		/* nothing more comes, so this is where its last line ends */
		size_t kept = left(&all);

		memcpy(ended, all.at, kept);
		ended[kept] = '\n';
		all = reader_of(ended, kept + 1);
	}
	for (size_t i = 0; i < sizeof recognisers / sizeof *recognisers; i++) {
		const struct recogniser *row = &recognisers[i];

		if (row->who & who && row_fits(row, all) == FITS)
			return row->protocol;
	}
	return text ? FOREIGN_UNKNOWN : FOREIGN_BINARY;
}

const char *foreign_name(enum foreign_protocol protocol)
{
	static const char *const names[FOREIGN_COUNT] = {
		[FOREIGN_UNKNOWN] = "unknown text",
		[FOREIGN_HTTP] = "HTTP",
		[FOREIGN_HTTP2] = "HTTP/2",
		[FOREIGN_SSH] = "SSH",
		[FOREIGN_SMTP] = "SMTP",
		[FOREIGN_FTP] = "FTP",
		[FOREIGN_IMAP] = "IMAP",
		[FOREIGN_POP3] = "POP3",
		[FOREIGN_NNTP] = "NNTP",
		[FOREIGN_IRC] = "IRC",
		[FOREIGN_XMPP] = "XMPP",
		[FOREIGN_LDAP] = "LDAP",
		[FOREIGN_POSTGRESQL] = "PostgreSQL",
		[FOREIGN_MYSQL] = "MySQL",
		[FOREIGN_TDS] = "SQL Server",
		[FOREIGN_RDP] = "RDP",
		[FOREIGN_SMB] = "SMB",
		[FOREIGN_MQTT] = "MQTT",
		[FOREIGN_AMQP] = "AMQP",
		[FOREIGN_REDIS] = "Redis",
		[FOREIGN_SIP] = "SIP",
		[FOREIGN_SIEVE] = "ManageSieve",
		[FOREIGN_SOCKS] = "SOCKS",
		[FOREIGN_PROXY] = "PROXY",
		[FOREIGN_VNC] = "VNC",
		[FOREIGN_TELNET] = "Telnet",
		[FOREIGN_NATS] = "NATS",
		[FOREIGN_RTSP] = "RTSP",
		[FOREIGN_RSYNC] = "rsync",
		[FOREIGN_SVN] = "Subversion",
		[FOREIGN_GIT] = "git",
		[FOREIGN_MEMCACHED] = "memcached",
		[FOREIGN_SYSLOG] = "syslog",
		[FOREIGN_MONGODB] = "MongoDB",
		[FOREIGN_KAFKA] = "Kafka",
		[FOREIGN_DNS] = "DNS",
		[FOREIGN_X11] = "X11",
		[FOREIGN_OPENVPN] = "OpenVPN",
		[FOREIGN_ECHO] = "an echo",
		[FOREIGN_BINARY] = "unknown bytes",
	};

	return (unsigned)protocol < FOREIGN_COUNT ? names[protocol] : names[FOREIGN_UNKNOWN];
}
