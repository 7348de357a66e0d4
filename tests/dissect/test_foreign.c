/* Names for bytes that are not TLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../dissect/foreign.h"
#include "support_hex.h"

struct example {
	enum side from;
	enum foreign_protocol protocol;
	const char *text;	/* or */
	const char *hex;
};

static const struct example examples[] = {
	{ SIDE_CLIENT, FOREIGN_HTTP, "GET / HTTP/1.1\r\n", NULL },
	{ SIDE_CLIENT, FOREIGN_HTTP, "CONNECT a.example:443 HTTP/1.1\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_HTTP, "HTTP/1.1 400 Bad Request\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_HTTP, "<html><head>", NULL },
	{ SIDE_SERVER, FOREIGN_HTTP, "<!doctype html>", NULL },
	{ SIDE_CLIENT, FOREIGN_HTTP2, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_HTTP2, NULL, "000006 04 00 00000000 0003 00000064" },
	{ SIDE_CLIENT, FOREIGN_SSH, "SSH-2.0-OpenSSH_9.2\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_SSH, "SSH-2.0-OpenSSH_9.2\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_SMTP, "220 mail.example ESMTP\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_SMTP, "220 hello there\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_SMTP, "220 ftp.example ESMTP Postfix\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_SMTP, "220 no line end", NULL },
	{ SIDE_SERVER, FOREIGN_SMTP, "500 5.5.1 what\r\n", NULL },
	{ SIDE_CLIENT, FOREIGN_SMTP, "ehlo me\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_FTP, "220 (vsFTPd 3.0.3)\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_FTP, "220-FileZilla Server\r\n", NULL },
	{ SIDE_CLIENT, FOREIGN_FTP, "AUTH TLS\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_IMAP, "* OK ready\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_IMAP, "* BAD what\r\n", NULL },
	{ SIDE_CLIENT, FOREIGN_IMAP, "a1 CAPABILITY\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_POP3, "+OK ready\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_POP3, "-ERR what\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_REDIS, "-ERR unknown command `x`\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_REDIS, "-NOAUTH Authentication required.\r\n", NULL },
	{ SIDE_CLIENT, FOREIGN_REDIS, "*1\r\n$4\r\nPING\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_NNTP, "200 news.example ready\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_IRC, ":irc.example NOTICE * :hi\r\n", NULL },
	{ SIDE_CLIENT, FOREIGN_IRC, "NICK me\r\n", NULL },
	{ SIDE_CLIENT, FOREIGN_IRC, "USER me 0 * :me\r\n", NULL },
	{ SIDE_CLIENT, FOREIGN_FTP, "USER me\r\n", NULL },
	{ SIDE_CLIENT, FOREIGN_XMPP, "<?xml version='1.0'?>", NULL },
	{ SIDE_CLIENT, FOREIGN_SIP, "INVITE sip:a@b.example SIP/2.0\r\n", NULL },
	{ SIDE_CLIENT, FOREIGN_SIP, "OPTIONS sip:b.example SIP/2.0\r\n", NULL },
	{ SIDE_CLIENT, FOREIGN_HTTP, "OPTIONS * HTTP/1.1\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_SIP, "SIP/2.0 200 OK\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_SIEVE, "\"IMPLEMENTATION\" \"x\"\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_VNC, "RFB 003.008\n", NULL },
	{ SIDE_CLIENT, FOREIGN_PROXY, "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", NULL },
	{ SIDE_CLIENT, FOREIGN_PROXY, NULL, "0d0a0d0a000d0a515549540a 21 11 000c" },
	{ SIDE_CLIENT, FOREIGN_POSTGRESQL, NULL, "00000008 04d2162f" },
	{ SIDE_CLIENT, FOREIGN_POSTGRESQL, NULL, "00000008 04d21630" },
	{ SIDE_CLIENT, FOREIGN_POSTGRESQL, NULL, "00000029 00030000 75736572" },
	{ SIDE_SERVER, FOREIGN_POSTGRESQL, NULL, "45 00000064 53 46 41" },
	{ SIDE_SERVER, FOREIGN_MYSQL, NULL, "4a000000 0a 382e302e3336 00" },
	{ SIDE_SERVER, FOREIGN_MYSQL, NULL, "45000000 ff 6a04 486f7374" },
	{ SIDE_CLIENT, FOREIGN_LDAP, NULL, "300c020101 6007 020103 0400 8000" },
	{ SIDE_CLIENT, FOREIGN_LDAP, NULL, "30840000000c020101 6007 020103 0400 8000" },
	{ SIDE_CLIENT, FOREIGN_TDS, NULL, "1201001a00000000 00 000b" },
	{ SIDE_CLIENT, FOREIGN_RDP, NULL, "0300000b06e000000000 00" },
	{ SIDE_CLIENT, FOREIGN_SMB, NULL, "00000054 fe534d42 4000" },
	{ SIDE_CLIENT, FOREIGN_MQTT, NULL, "1010 0004 4d515454 04" },
	{ SIDE_SERVER, FOREIGN_MQTT, NULL, "20020000" },
	{ SIDE_CLIENT, FOREIGN_AMQP, NULL, "414d5150 00000901" },
	{ SIDE_CLIENT, FOREIGN_SOCKS, NULL, "05 02 00 02" },
	{ SIDE_CLIENT, FOREIGN_SOCKS, NULL, "04 01 01bb c0000201 00" },
	{ SIDE_SERVER, FOREIGN_SOCKS, NULL, "05 ff" },
	{ SIDE_SERVER, FOREIGN_TELNET, NULL, "fffd18fffd20" },
	{ SIDE_SERVER, FOREIGN_RDP, NULL, "0300000902f0802180" },
	{ SIDE_SERVER, FOREIGN_NATS, "INFO {\"server_id\":\"x\"}\r\n", NULL },
	{ SIDE_CLIENT, FOREIGN_NATS, "CONNECT {\"verbose\":false}\r\n", NULL },
	{ SIDE_CLIENT, FOREIGN_RTSP, "OPTIONS rtsp://a.example/s RTSP/1.0\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_RTSP, "RTSP/1.0 400 Bad Request\r\n", NULL },
	{ SIDE_SERVER, FOREIGN_RSYNC, "@RSYNCD: 31.0 sha512\n", NULL },
	{ SIDE_SERVER, FOREIGN_SVN, "( success ( 2 2 ( ) ( edit-pipeline ) ) ) ", NULL },
	{ SIDE_CLIENT, FOREIGN_GIT, NULL, "30303332 6769742d75706c6f61642d7061636b 20" },
	{ SIDE_SERVER, FOREIGN_MEMCACHED, "ERROR\r\n", NULL },
	{ SIDE_CLIENT, FOREIGN_MEMCACHED, "stats\r\n", NULL },
	{ SIDE_CLIENT, FOREIGN_SYSLOG, "<13>1 2026-11-21T03:08:05Z a app - - - hi\n", NULL },
	{ SIDE_CLIENT, FOREIGN_SYSLOG, "58 <13>1 2026-11-21T03:08:05Z a app - - - hi", NULL },
	{ SIDE_CLIENT, FOREIGN_UNKNOWN, "<13 is less than fourteen\n", NULL },
	{ SIDE_CLIENT, FOREIGN_MONGODB, NULL, "61010000 01000000 00000000 d4070000 00000000" },
	{ SIDE_CLIENT, FOREIGN_KAFKA, NULL, "00000021 0012 0003 00000001 000a 6b61666b616a73" },
	{ SIDE_CLIENT, FOREIGN_DNS, NULL, "001d 1234 0120 0001 0000 0000 0000 0161 076578616d706c6500 0001 0001" },
	{ SIDE_SERVER, FOREIGN_DNS, NULL, "001d 1234 8180 0001 0000 0000 0000 0161 076578616d706c6500 0001 0001" },
	{ SIDE_CLIENT, FOREIGN_OPENVPN, NULL, "000e 38 0102030405060708 00 00000000" },
	{ SIDE_CLIENT, FOREIGN_X11, NULL, "6c 00 0b00 0000 0000 0000 0000" },
	{ SIDE_CLIENT, FOREIGN_BINARY, NULL, "000e 39 0102030405060708 00 00000000" },
	{ SIDE_SERVER, FOREIGN_ECHO, NULL, "16030100050100000100" },
	{ SIDE_CLIENT, FOREIGN_UNKNOWN, "hello, is this the time server?\n", NULL },
	{ SIDE_CLIENT, FOREIGN_BINARY, NULL, "deadbeef00" },
	{ SIDE_CLIENT, FOREIGN_BINARY, NULL, "302902010104067075626c6963a01c" },	/* SNMP */
};

static struct bytes bytes_of(const struct example *e)
{
	return e->text ? bytes_copy(e->text, strlen(e->text)) : bytes_of_hex(e->hex);
}

static void every_protocol_is_known_by_its_first_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		struct bytes b = bytes_of(&examples[i]);
		enum foreign_protocol got = foreign_recognise(examples[i].from, b.at, b.len);

		if (got != examples[i].protocol)
			fail_msg("%s%s: %s, not %s", examples[i].text ? examples[i].text : "",
				 examples[i].hex ? examples[i].hex : "", foreign_name(got),
				 foreign_name(examples[i].protocol));
		free(b.at);
	}
}

static void a_guess_once_made_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		struct bytes b = bytes_of(&examples[i]);
		enum foreign_protocol now = FOREIGN_COUNT, before = FOREIGN_COUNT;

		for (size_t len = 1; len <= b.len; len++) {
			struct bytes some = bytes_copy(b.at, len);

			if (foreign_guess(examples[i].from, reader_of(some.at, len), &now)) {
				assert_true(before == FOREIGN_COUNT || now == before ||
					    examples[i].protocol == FOREIGN_UNKNOWN ||
					    examples[i].protocol == FOREIGN_BINARY);
				before = now;
			}
			free(some.at);
		}
		free(b.at);
	}
}

static void every_protocol_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < FOREIGN_COUNT; i++)
		assert_true(strlen(foreign_name((enum foreign_protocol)i)) > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_protocol_is_known_by_its_first_bytes),
		cmocka_unit_test(a_guess_once_made_stays),
		cmocka_unit_test(every_protocol_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
