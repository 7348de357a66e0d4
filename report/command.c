/* Commands of causes.txt, made ready to run against the server of one handshake. */
#include <stdio.h>

#include "tell.h"

/* May this stand in a command line? Whoever sends a ClientHello chooses the name in it. */
static bool is_plain_name(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = name[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!letter && !(c >= '0' && c <= '9') && !(i && (c == '-' || c == '.')))
			return false;
	}
	return len > 0 && len < 256;
}

/* What s_client calls the protocol that was upgraded here; NULL if TLS came first. */
static const char *starttls_name(const struct handshake *h)
{
	static const char *const names[FOREIGN_COUNT] = {
		[FOREIGN_SMTP] = "smtp", [FOREIGN_FTP] = "ftp", [FOREIGN_IMAP] = "imap",
		[FOREIGN_POP3] = "pop3", [FOREIGN_NNTP] = "nntp", [FOREIGN_IRC] = "irc",
		[FOREIGN_XMPP] = "xmpp", [FOREIGN_LDAP] = "ldap",
		[FOREIGN_POSTGRESQL] = "postgres", [FOREIGN_MYSQL] = "mysql",
		[FOREIGN_SIEVE] = "sieve",
	};

	for (uint8_t i = 0; i < h->upgrade_count; i++)
		if (!h->upgrades[i].told.proxy && names[h->upgrades[i].told.protocol])
			return names[h->upgrades[i].told.protocol];
	return NULL;
}

/* The kind of TLS that s_client is to speak: options, with the space before them. */
static void s_client_kind(const struct handshake *h, char *out, size_t room)
{
	const char *starttls = starttls_name(h);

	if (starttls)
		snprintf(out, room, " -starttls %s", starttls);
	else
		snprintf(out, room, "%s", h->dissected_as == 'd' ? " -dtls" :
			 h->dissected_as == 'q' ? " -quic -alpn h3" : "");
}

/* The tunnel that a proxy was asked for; NULL if there was no proxy. */
static const struct tls_upgrade *tunnel_of(const struct handshake *h)
{
	for (uint8_t i = 0; i < h->upgrade_count; i++)
		if (h->upgrades[i].told.proxy)
			return &h->upgrades[i].told;
	return NULL;
}

/* A piece of a command in causes.txt, and what stands there for this server. */
struct blank {
	const char *text;
	char put[sizeof("https://:65535/") + 256];
};

enum { BLANKS = 9 };

/* An address for curl: behind a proxy that refused, that of the tunnel. */
static void fill_address(const struct handshake *h, bool named, const char *name, struct blank *out)
{
	const struct address *server = &h->flow->side[SIDE_SERVER].address;
	const struct tls_upgrade *tunnel = tunnel_of(h);

	*out = (struct blank){ .text = "https://HOST/" };
	if (tunnel && !h->hello && is_plain_name(tunnel->target, strlen(tunnel->target)))
		snprintf(out->put, sizeof(out->put), "https://%s:%u/", tunnel->target, tunnel->target_port);
	else
		snprintf(out->put, sizeof(out->put),
			 server->ip_len == 16 && !named ? "https://[%s]:%u/" : "https://%s:%u/", name, server->port);
}

/* Longer pieces first: they contain the shorter ones. */
static void fill_blanks(const struct handshake *h, struct blank blanks[BLANKS])
{
	const struct address *server = &h->flow->side[SIDE_SERVER].address;
	const struct tls_upgrade *tunnel = tunnel_of(h);
	char name[256], kind[32], peer[PEER_TEXT];
	bool named = h->hello && is_plain_name(h->hello->server_name.at, h->hello->server_name.len);

	if (named)
		snprintf(name, sizeof(name), "%.*s", (int)h->hello->server_name.len,
			 h->hello->server_name.at);
	else
		ip_text(server, name);
	s_client_kind(h, kind, sizeof(kind));
	peer_text(server, peer);
	blanks[0] = (struct blank){ .text = "s_client -starttls smtp" };
	snprintf(blanks[0].put, sizeof(blanks[0].put), "s_client%s", kind);
	blanks[1] = (struct blank){ .text = "s_client" };
	snprintf(blanks[1].put, sizeof(blanks[1].put), "s_client%s", kind);
	blanks[2] = (struct blank){ .text = named ? "-servername HOST" : "-servername HOST " };
	if (named)
		snprintf(blanks[2].put, sizeof(blanks[2].put), "-servername %s", name);
	fill_address(h, named, name, &blanks[3]);
	blanks[4] = (struct blank){ .text = "HOST:443" };
	snprintf(blanks[4].put, sizeof(blanks[4].put), "%s", peer);
	blanks[5] = (struct blank){ .text = "HOST:25" };
	snprintf(blanks[5].put, sizeof(blanks[5].put), "%s", peer);
	blanks[6] = (struct blank){ .text = "http://PROXY:3128" };
	snprintf(blanks[6].put, sizeof(blanks[6].put), "%s://%s",
		 tunnel && tunnel->protocol == FOREIGN_SOCKS ? "socks5h" : "http", peer);
	blanks[7] = (struct blank){ .text = "HOST" };
	snprintf(blanks[7].put, sizeof(blanks[7].put), "%s", name);
	blanks[8] = (struct blank){ .text = "443" };
	snprintf(blanks[8].put, sizeof(blanks[8].put), "%u", server->port);
}

void command_for(const struct handshake *h, const char *command, char *out, size_t room)
{
	struct blank blanks[BLANKS];
	size_t n = 0;

	fill_blanks(h, blanks);
	*out = '\0';
	while (*command && n < room) {
		const struct blank *found = NULL;
		for (size_t i = 0; i < BLANKS && !found; i++)
			if (!strncmp(command, blanks[i].text, strlen(blanks[i].text)))
				found = &blanks[i];
		int len = found ? snprintf(out + n, room - n, "%s", found->put)
				: snprintf(out + n, room - n, "%c", *command);
		n += (size_t)len;
		command += found ? strlen(found->text) : 1;
	}
}
