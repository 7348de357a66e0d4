/* Names asked for and names presented (RFC 9525 6.3, 6.4). */
#include "hostname.h"

#include <arpa/inet.h>
#include <strings.h>

/* Without the dot that only says "from the root" (RFC 1034 3.1). */
static size_t length_of(const char *name)
{
	size_t length = strlen(name);

	return length && name[length - 1] == '.' ? length - 1 : length;
}

static bool same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && !strncasecmp(a, b, a_len);
}

bool hostname_is_address(const char *name)
{
	uint8_t ip[16];

	return inet_pton(AF_INET, name, ip) == 1 || inet_pton(AF_INET6, name, ip) == 1;
}

void hostname_address(const char *text, uint16_t port, struct address *out)
{
	*out = (struct address){ .port = port };
	out->ip_len = inet_pton(AF_INET, text, out->ip) == 1 ? 4 : 16;
	if (out->ip_len == 16)
		inet_pton(AF_INET6, text, out->ip);
}

/*
 * RFC 9525 6.3: the wildcard is the whole left-most label and stands for exactly one. Clients want
 * two labels after it at least, since nobody owns all names of a top-level domain.
 */
static bool wildcard_covers(const char *presented, size_t presented_len, const char *asked,
			    size_t asked_len)
{
	const char *suffix = presented + 1;	/* ".example.com" */
	size_t suffix_len = presented_len - 1;
	const char *first_dot = memchr(asked, '.', asked_len);

	if (!first_dot || first_dot == asked || !memchr(suffix + 1, '.', suffix_len - 1) ||
	    memchr(suffix, '*', suffix_len))
		return false;
	return same(suffix, suffix_len, first_dot, asked_len - (size_t)(first_dot - asked));
}

bool hostname_covers(const char *presented, const char *asked)
{
	size_t presented_len = length_of(presented), asked_len = length_of(asked);

	if (presented_len == 0 || asked_len == 0 || hostname_is_address(asked))
		return false;
	if (presented_len > 2 && presented[0] == '*' && presented[1] == '.')
		return wildcard_covers(presented, presented_len, asked, asked_len);
	return !memchr(presented, '*', presented_len) &&
	       same(presented, presented_len, asked, asked_len);
}

/* Some clients put an address into the SNI, which RFC 6066 3 forbids; they verify it as one. */
static bool san_covers(enum san_kind kind, const char *text, const char *name)
{
	if (kind == SAN_DNS)
		return hostname_covers(text, name);
	return kind == SAN_IP && hostname_is_address(name) && !strcasecmp(text, name);
}

/* No name that matters is longer than 253 octets (RFC 1035 2.3.4); a longer one is cut and differs. */
static bool any_san_covers(const struct certificate *c, const char *name)
{
	char text[300];
	enum san_kind kind;
	uint32_t at = 0;

	while (certificate_next_san(c, &at, &kind, text, sizeof(text)))
		if (san_covers(kind, text, name))
			return true;
	return false;
}

static enum name_match match_address(const struct certificate *c, const struct address *server)
{
	char text[INET6_ADDRSTRLEN];

	if (!server || !inet_ntop(server->ip_len == 4 ? AF_INET : AF_INET6, server->ip, text,
				  sizeof(text)))
		return NAME_NOT_ASKED;
	for (uint16_t i = 0; i < c->san_count; i++)
		if (c->san[i].kind == SAN_IP && !strcmp(c->san[i].text, text))
			return NAME_MATCHES_ADDRESS;
	return NAME_NOT_ASKED;
}

/* RFC 9525 6.3: the CN is no name any more. Where there is no SAN that could be one, old clients
 * still took it (RFC 6125 6.4.4). */
static bool has_names(const struct certificate *c)
{
	for (uint16_t i = 0; i < c->san_count; i++)
		if (c->san[i].kind == SAN_DNS || c->san[i].kind == SAN_IP)
			return true;
	return c->san_total > c->san_count;
}

enum name_match hostname_match(const struct certificate *c, const char *name,
			       const struct address *server)
{
	if (!name || !*name)
		return match_address(c, server);
	if (any_san_covers(c, name))
		return NAME_MATCHES;
	if (!has_names(c) && hostname_covers(c->subject_cn, name))
		return NAME_MATCHES_CN;
	return NAME_DIFFERS;
}
