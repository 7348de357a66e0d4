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

/* "HOST:PORT", or for s_client "HOST:PORT -proxy ADDRESS:PORT". */
enum { PLACE_TEXT = 264 + sizeof(" -proxy ") + PEER_TEXT };

/* A piece of a command in causes.txt, and what stands there for this server. */
struct blank {
	const char *text;
	char put[PLACE_TEXT + 64];
};

enum { BLANKS = 13 };

enum foreign_protocol unopened_proxy(const struct handshake *h)
{
	const struct tls_upgrade *last = h->upgrade_count ? &h->upgrades[h->upgrade_count - 1].told : NULL;

	return last && last->proxy && last->step != UPGRADE_ACCEPTED ? last->protocol : FOREIGN_UNKNOWN;
}

/* An address for curl: behind a proxy that refused, that of the tunnel. */
static void fill_address(const struct handshake *h, bool named, const char *name, struct blank *out)
{
	const struct address *server = &h->flow->side[SIDE_SERVER].address;
	const struct tls_upgrade *tunnel = asked_tunnel(h);

	*out = (struct blank){ .text = "https://HOST/" };
	if (tunnel && is_plain_name(tunnel->target, strlen(tunnel->target)))
		snprintf(out->put, sizeof(out->put), "https://%s:%u/", tunnel->target, tunnel->target_port);
	else if (unopened_proxy(h) != FOREIGN_UNKNOWN)
		snprintf(out->put, sizeof(out->put), "https://example.com/");	/* refused whatever it is */
	else
		snprintf(out->put, sizeof(out->put),
			 server->ip_len == 16 && !named ? "https://[%s]:%u/" : "https://%s:%u/", name, server->port);
}

static enum foreign_protocol said_in_clear(const struct handshake *h, enum side side)
{
	return h->foreign_mark[side].frame ? h->foreign[side]->protocol : FOREIGN_UNKNOWN;
}

/* How to hear what a port says that is not TLS. */
static void fill_plain(const struct handshake *h, const char *name, const char *peer,
		       struct blank *out)
{
	const char *starttls = starttls_name(h);
	enum foreign_protocol said = said_in_clear(h, SIDE_SERVER);

	*out = (struct blank){ .text = "curl -v http://HOST:443/ # for other services: nc HOST 443" };
	if (starttls)
		snprintf(out->put, sizeof(out->put), "openssl s_client -starttls %s -connect %s </dev/null",
			 starttls, peer);
	else if (said == FOREIGN_HTTP || said == FOREIGN_HTTP2)
		snprintf(out->put, sizeof(out->put), "curl -v http://%s/", peer);
	else
		snprintf(out->put, sizeof(out->put), "nc -v %s %u", name,
			 h->flow->side[SIDE_SERVER].address.port);
}

/* Whether curl is the program to knock with: not where the client spoke plaintext of another kind. */
static bool is_for_web(const struct handshake *h)
{
	enum foreign_protocol said = said_in_clear(h, SIDE_CLIENT);
	const char *port = port_protocol(h->flow->side[SIDE_SERVER].address.port, NULL, NULL);

	if (h->foreign_mark[SIDE_CLIENT].frame)
		return said == FOREIGN_HTTP || said == FOREIGN_HTTP2 || said == FOREIGN_PROXY;
	return h->hello || !port || !strncmp(port, "http", 4);
}

/* The commands that must know how this server comes to TLS. */
static void fill_kinds(const struct handshake *h, const char *peer, struct blank blanks[4])
{
	const char *starttls = starttls_name(h);
	char kind[32];

	s_client_kind(h, kind, sizeof(kind));
	blanks[0] = (struct blank){ .text = "s_client -starttls smtp" };
	snprintf(blanks[0].put, sizeof(blanks[0].put), "s_client%s", kind);
	blanks[1] = (struct blank){ .text = "s_client" };
	snprintf(blanks[1].put, sizeof(blanks[1].put), "s_client%s", kind);
	blanks[2] = (struct blank){ .text = "testssl.sh HOST:443" };
	snprintf(blanks[2].put, sizeof(blanks[2].put), "testssl.sh%s%s %s", starttls ? " -t " : "",
		 starttls ? starttls : "", peer);
	blanks[3] = (struct blank){ .text = " # or imap, pop3, ftp, ldap, postgres, mysql" };
}

/* Where curl is the wrong program to knock with. */
static void fill_knock(const struct handshake *h, const char *peer, const char *url, struct blank *out)
{
	*out = (struct blank){ .text = "curl -v https://HOST/" };
	if (is_for_web(h))
		snprintf(out->put, sizeof(out->put), "curl -v %.270s", url);
	else
		snprintf(out->put, sizeof(out->put), "openssl s_client -connect %s </dev/null", peer);
}

/* Where to connect to; behind a proxy that let the client through, its far end. */
static void place_text(const struct handshake *h, char place[PLACE_TEXT], char through[PLACE_TEXT])
{
	const struct tls_upgrade *tunnel = opened_tunnel(h);
	char peer[PEER_TEXT];

	peer_text(&h->flow->side[SIDE_SERVER].address, peer);
	snprintf(place, PLACE_TEXT, "%s", peer);
	snprintf(through, PLACE_TEXT, "%s", peer);
	if (!tunnel || !is_plain_name(tunnel->target, strlen(tunnel->target)))
		return;
	snprintf(place, PLACE_TEXT, "%s:%u", tunnel->target, tunnel->target_port);
	snprintf(through, PLACE_TEXT, "%s:%u%s%s", tunnel->target, tunnel->target_port,
		 tunnel->protocol == FOREIGN_HTTP ? " -proxy " : "",
		 tunnel->protocol == FOREIGN_HTTP ? peer : "");
}

/* Longer pieces first: they contain the shorter ones. */
static void fill_blanks(const struct handshake *h, struct blank blanks[BLANKS])
{
	const struct address *server = &h->flow->side[SIDE_SERVER].address;
	char name[256], proxy[PEER_TEXT], peer[PLACE_TEXT], through[PLACE_TEXT];
	bool named = h->hello && is_plain_name(h->hello->server_name.at, h->hello->server_name.len);

	if (named)
		snprintf(name, sizeof(name), "%.*s", (int)h->hello->server_name.len,
			 h->hello->server_name.at);
	else
		ip_text(server, name);
	peer_text(server, proxy);
	place_text(h, peer, through);
	fill_plain(h, name, peer, &blanks[0]);
	fill_kinds(h, peer, &blanks[1]);
	blanks[6] = (struct blank){ .text = named ? "-servername HOST" : "-servername HOST " };
	if (named)
		snprintf(blanks[6].put, sizeof(blanks[6].put), "-servername %s", name);
	fill_address(h, named, name, &blanks[7]);
	fill_knock(h, peer, blanks[7].put, &blanks[5]);
	blanks[8] = (struct blank){ .text = "HOST:443" };
	snprintf(blanks[8].put, sizeof(blanks[8].put), "%s", through);
	blanks[9] = (struct blank){ .text = "HOST:25" };
	snprintf(blanks[9].put, sizeof(blanks[9].put), "%s", peer);
	blanks[10] = (struct blank){ .text = "http://PROXY:3128" };
	snprintf(blanks[10].put, sizeof(blanks[10].put), "%s://%s",
		 unopened_proxy(h) == FOREIGN_SOCKS ? "socks5h" : "http", proxy);
	blanks[11] = (struct blank){ .text = "HOST" };
	snprintf(blanks[11].put, sizeof(blanks[11].put), "%s", name);
	blanks[12] = (struct blank){ .text = "443" };
	snprintf(blanks[12].put, sizeof(blanks[12].put), "%u", server->port);
}

/* How to ask for TLS where s_client knows not how. */
static const char *ask_without_openssl(const struct handshake *h, const char *command)
{
	enum foreign_protocol spoken =
	    h->upgrade_count ? h->upgrades[h->upgrade_count - 1].told.protocol : FOREIGN_UNKNOWN;

	if (strncmp(command, "openssl s_client -starttls", strlen("openssl s_client -starttls")) != 0)
		return command;
	switch (spoken) {
	case FOREIGN_RDP: return "nmap -p 443 --script rdp-enum-encryption HOST";
	case FOREIGN_TDS: return "sqlcmd -S HOST,443 -N -U sa # -N asks for encryption";
	case FOREIGN_NATS: return "nc HOST 443 # INFO says tls_required or tls_available";
	default: return command;
	}
}

void command_for(const struct handshake *h, const char *command, char *out, size_t room)
{
	struct blank blanks[BLANKS];
	size_t n = 0;

	command = ask_without_openssl(h, command);
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
