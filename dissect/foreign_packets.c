#include "foreign_packets.h"

#include <ctype.h>

#include "foreign.h"

/* A ClientHello in a record (RFC 8446 5.1, 4). */
bool is_client_hello(struct reader *r)
{
	return take_u8(r) == 0x16 && take_u8(r) == 3 && take_u8(r) <= 4 && (take_u16(r), true) &&
	       take_u8(r) == 1 && read_ok(r);
}

/* Length, then protocol 3.x, SSLRequest, GSSENCRequest or CancelRequest (message formats, "F"). */
bool is_postgres_startup(struct reader *r)
{
	if (take_u16(r) || !read_ok(r))
		return false;
	uint16_t length = take_u16(r);
	uint16_t major = take_u16(r);
	uint16_t minor = take_u16(r);

	if (!read_ok(r) || length < 8)
		return false;
	return (major == 3 && minor <= 9) || (major == 1234 && minor >= 5678 && minor <= 5680);
}

/* ErrorResponse 'E' or AuthenticationRequest 'R': a length, then a field type or a small number. */
bool is_postgres_reply(struct reader *r)
{
	uint8_t type = take_u8(r);
	uint32_t length = take_u32(r);

	if ((type != 'E' && type != 'R') || !read_ok(r) || length < 8 || length > 30000)
		return false;
	if (type == 'R')
		return take_u32(r) <= 16 && read_ok(r);
	uint8_t field = take_u8(r);

	return read_ok(r) && strchr("SVCM", field) && field;
}

/* A packet with sequence number 0: protocol version 10 and a printable version, or an ERR packet.
 */
bool is_mysql_greeting(struct reader *r)
{
	uint16_t length = take_u16_le(r);

	if (take_u8(r) || take_u8(r) || !read_ok(r) || length < 5)
		return false;
	uint8_t kind = take_u8(r);

	if (kind == 0xff) {
		uint16_t code = take_u16_le(r);

		return read_ok(r) && code >= 1000 && code < 5000;
	}
	uint8_t first = take_u8(r);

	return kind == 10 && read_ok(r) && isdigit(first);
}

/* LDAPMessage: SEQUENCE, INTEGER, then an APPLICATION tag (RFC 4511 4.1.1). */
bool is_ldap(struct reader *r)
{
	if (take_u8(r) != 0x30)
		return false;
	uint8_t length = take_u8(r);

	if (length & 0x80 && (length & 0x7f) > 4)
		return false;
	if (length & 0x80)
		take(r, length & 0x7f);
	if (take_u8(r) != 2)
		return false;
	uint8_t id_len = take_u8(r);

	if (id_len < 1 || id_len > 4)
		return false;
	take(r, id_len);
	return (take_u8(r) & 0xc0) == 0x40 && read_ok(r);
}

/* A packet header with status 0 or 1, then the option list of PRELOGIN (MS-TDS 2.2.6.5). */
static bool is_tds(struct reader *r, uint8_t type)
{
	if (take_u8(r) != type || take_u8(r) > 1)
		return false;
	uint16_t length = take_u16(r);

	take(r, 4);
	return read_ok(r) && length > 8 && length < 4096 && take_u8(r) == 0 && read_ok(r);
}

bool is_tds_request(struct reader *r)
{
	return is_tds(r, 0x12);
}

bool is_tds_reply(struct reader *r)
{
	return is_tds(r, 0x04);
}

/* TPKT (RFC 1006 6), then an X.224 connection request or confirm. */
bool is_rdp(struct reader *r)
{
	if (take_u8(r) != 3 || take_u8(r))
		return false;
	uint16_t length = take_u16(r);

	take_u8(r);
	uint8_t code = take_u8(r) & 0xf0;

	if (code == 0xf0)	/* MCS says at once that it does not understand: disconnect (T.125 7) */
		return take_u8(r) == 0x80 && take_u8(r) == 0x21 && read_ok(r) && length == 9;
	return read_ok(r) && length >= 7 && length < 1024 && (code == 0xe0 || code == 0xd0);
}

bool is_smb(struct reader *r)
{
	if (take_u8(r))
		return false;
	take_u24(r);
	uint8_t kind = take_u8(r);

	return (kind == 0xff || kind == 0xfe || kind == 0xfd) && starts_with(r, "SMB");
}

bool is_mqtt_connect(struct reader *r)
{
	if (take_u8(r) != 0x10)
		return false;
	for (int i = 0; i < 4 && take_u8(r) & 0x80; i++)
		;
	uint16_t name = take_u16(r);

	return (name == 4 && starts_with(r, "MQTT")) || (name == 6 && starts_with(r, "MQIsdp"));
}

bool is_mqtt_connack(struct reader *r)
{
	return take_u8(r) == 0x20 && take_u8(r) == 2 && take_u8(r) <= 1 && take_u8(r) <= 5 &&
	       read_ok(r);
}

/* SETTINGS as a server's first frame (RFC 9113 3.4): a length in sixes, type 4, stream 0. */
bool is_http2_settings(struct reader *r)
{
	uint32_t length = take_u24(r);

	return length % 6 == 0 && length < 200 && read_ok(r) && take_u8(r) == 4 &&
	       take_u8(r) == 0 && take_u32(r) == 0 && read_ok(r);
}

/* Version 5 and its methods (RFC 1928 3). */
bool is_socks5_request(struct reader *r)
{
	if (take_u8(r) != 5)
		return false;
	struct reader methods = take_vector8(r);

	if (!read_ok(r) || !more(&methods))
		return false;
	while (more(&methods)) {
		uint8_t method = take_u8(&methods);

		if (method > 9 && method < 0x80)
			return false;
	}
	return true;
}

/* Version 4, CONNECT or BIND, a port and an address. */
bool is_socks4_request(struct reader *r)
{
	if (take_u8(r) != 4)
		return false;
	uint8_t command = take_u8(r);

	take_u16(r);
	return take(r, 4) && (command == 1 || command == 2) && (take_u8(r), read_ok(r));
}

bool is_socks5_reply(struct reader *r)
{
	if (take_u8(r) != 5)
		return false;
	uint8_t method = take_u8(r);

	return read_ok(r) && (method <= 9 || method == 0xff);
}

bool is_socks4_reply(struct reader *r)
{
	if (take_u8(r))
		return false;
	uint8_t code = take_u8(r);

	return code >= 0x5a && code <= 0x5d && take(r, 6);
}

bool is_proxy_v2(struct reader *r)
{
	static const uint8_t magic[] = { 13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10 };

	for (size_t i = 0; i < sizeof magic; i++)
		if (take_u8(r) != magic[i] || !read_ok(r))
			return false;
	return true;
}

/* IAC WILL, WONT, DO or DONT (RFC 854). */
bool is_telnet(struct reader *r)
{
	if (take_u8(r) != 0xff)
		return false;
	uint8_t verb = take_u8(r);

	return verb >= 0xfb && verb <= 0xfe && take(r, 1);
}

/* Four hexadecimal digits of length, then a service (gitprotocol-pack, Git Transport). */
bool is_git_request(struct reader *r)
{
	for (int i = 0; i < 4; i++)
		if (!isxdigit(take_u8(r)))
			return false;
	return starts_with(r, "git-upload-") || starts_with(r, "git-receive-");
}

/* A priority, "<13>" (RFC 5424 6.2.1), behind a count of octets or not (RFC 6587 3.4). */
bool is_syslog(struct reader *r)
{
	uint8_t byte = take_u8(r);
	int digits = 0;

	if (isdigit(byte)) {
		for (int i = 0; i < 5 && isdigit(byte); i++)
			byte = take_u8(r);
		if (byte != ' ')
			return false;
		byte = take_u8(r);
	}
	if (byte != '<')
		return false;
	for (byte = take_u8(r); isdigit(byte) && digits < 3; digits++)
		byte = take_u8(r);
	return digits && byte == '>' && read_ok(r);
}

/* Length, request, nothing that it answers, OP_MSG, OP_QUERY or OP_COMPRESSED; all little-endian. */
bool is_mongodb_request(struct reader *r)
{
	uint32_t length = take_u32_le(r);

	if (!read_ok(r) || length <= 16 || length > 48000000)
		return false;
	take(r, 4);
	if (take_u32_le(r))
		return false;
	uint32_t operation = take_u32_le(r);

	return read_ok(r) && (operation == 2013 || operation == 2004 || operation == 2012);
}

/* Length, id, a standard query of one question or its answer (RFC 1035 4.1.1, 4.2.2). */
bool is_dns(struct reader *r)
{
	uint16_t length = take_u16(r);

	if (length < 17 || length > 4096)
		return false;
	take(r, 2);
	uint16_t flags = take_u16(r), questions = take_u16(r), answers = take_u16(r);
	bool reply = flags & 0x8000;

	take(r, 2);
	return read_ok(r) && questions == 1 && !(flags & 0x7840) && (reply || !answers) &&
	       take_u16(r) <= 2 && read_ok(r);
}

/* Length, ApiVersions, Metadata, SaslHandshake or SaslAuthenticate and its version, a number, the
 * client's name. */
bool is_kafka_request(struct reader *r)
{
	if (take_u16(r) || take_u16(r) < 10)
		return false;
	uint16_t key = take_u16(r), version = take_u16(r);

	if (!read_ok(r) || (key != 3 && key != 17 && key != 18 && key != 36) || version > 20)
		return false;
	take_u32(r);
	uint16_t name = take_u16(r);

	return read_ok(r) && (name == 0xffff || name < 256);
}

/* Length (bare, or with an HMAC by SHA-1, SHA-256 or SHA-512), then P_CONTROL_HARD_RESET_CLIENT_V2 with key 0. */
bool is_openvpn_reset(struct reader *r)
{
	uint16_t length = take_u16(r);

	if (length != 14 && length != 42 && length != 54 && length != 86)
		return false;
	uint8_t operation = take_u8(r);

	return read_ok(r) && operation == 0x38;
}

/* The order of bytes, then version 11.0 (X Protocol, 8 Connection Setup). */
bool is_x11_setup(struct reader *r)
{
	uint8_t order = take_u8(r);

	take_u8(r);
	uint16_t major = order == 'l' ? take_u16_le(r) : take_u16(r);

	return (order == 'l' || order == 'B') && major == 11 && !take_u16(r) && read_ok(r);
}
