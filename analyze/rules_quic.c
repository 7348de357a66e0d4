/*
 * How QUIC itself ends an attempt: CONNECTION_CLOSE with an error of its own (RFC 9000 20.1), Version
 * Negotiation (RFC 9000 6). A close that carries a TLS alert is that alert (RFC 9001 4.8).
 */
#include "rules.h"

#include <stdio.h>

static const struct quic_error {
	uint64_t error;
	const char *code, *name, *meaning;
} errors[] = {
	{ 0x01, "internal_error", "INTERNAL_ERROR", "it hit a fault of its own" },
	{ 0x02, "closed_after_client_hello", "CONNECTION_REFUSED", "it takes no new connection" },
	{ 0x07, "malformed_message", "FRAME_ENCODING_ERROR", "it could not parse a frame" },
	{ 0x08, "illegal_parameter", "TRANSPORT_PARAMETER_ERROR",
	  "it refused the transport parameters" },
	{ 0x0a, "unexpected_message", "PROTOCOL_VIOLATION", "it saw a violation of the protocol" },
	{ 0x0b, "access_denied", "INVALID_TOKEN", "it refused the address validation token" },
	{ 0x0d, "malformed_message", "CRYPTO_BUFFER_EXCEEDED",
	  "the messages were more than it stores" },
	{ 0x11, "version_mismatch", "VERSION_NEGOTIATION_ERROR", "the chosen versions do not fit" },
};

static const struct quic_error *error_of(const struct view *v)
{
	const struct tls_quic *q = v->h->quic[v->end->by];

	if (v->end->how != ENDED_BY_QUIC_CLOSE || v->end->outcome != OUTCOME_FAILED ||
	    q->application)
		return NULL;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == q->error)
			return &errors[i];
	return NULL;
}

static bool closed_with_error(const struct view *v, struct guess *g)
{
	const struct quic_error *e = error_of(v);

	if (!e || strcmp(e->code, g->code) != 0)
		return false;
	blame(g, LIKELY, party_of(v->end->by), party_of(v->end->by));
	g->weight = 60;
	say(g, "The %s closed the QUIC connection in mid-handshake with %s: %s",
	    party_noun(v->end->by), e->name, e->meaning);
	show_exchange(g, v);
	return true;
}

/* Any other error, and none at all. */
static bool closed_otherwise(const struct view *v, struct guess *g)
{
	bool client = v->end->by == SIDE_CLIENT;

	if (v->end->how != ENDED_BY_QUIC_CLOSE || v->end->outcome != OUTCOME_FAILED ||
	    error_of(v) ||
	    strcmp(g->code, client	   ? "client_abandoned"
			    : v->h->server ? "server_abandoned"
					   : "closed_after_client_hello") != 0)
		return false;
	blame(g, LIKELY, party_of(v->end->by), party_of(v->end->by));
	g->weight = 45;
	say(g, "The %s closed the QUIC connection in mid-handshake, with error 0x%llx",
	    party_noun(v->end->by), (unsigned long long)v->h->quic[v->end->by]->error);
	show_exchange(g, v);
	return true;
}

/* ---- QUIC's own versions (RFC 9000 6, RFC 9368) ---- */

static const char *quic_version_text(char out[LIST_MAX], uint32_t version)
{
	if (version == 1)
		snprintf(out, LIST_MAX, "version 1");
	else if (version == 0x6b3343cf)
		snprintf(out, LIST_MAX, "version 2");
	else if (version >> 8 == 0xff0000)
		snprintf(out, LIST_MAX, "draft %u", version & 0xff);
	else
		snprintf(out, LIST_MAX, "version 0x%08x", version);
	return out;
}

/* RFC 9000 15: versions of the form 0x?a?a?a?a only exercise the negotiation. */
static bool is_reserved_version(uint32_t version)
{
	return (version & 0x0f0f0f0f) == 0x0a0a0a0a;
}

static void list_quic_versions(char out[LIST_MAX], const struct tls_quic *q)
{
	char name[LIST_MAX];
	size_t used = 0;

	out[0] = '\0';
	for (uint8_t i = 0; i < q->version_count && used < LIST_MAX - 32; i++)
		if (!is_reserved_version(q->versions[i]))
			used += (size_t)snprintf(out + used, LIST_MAX - used, "%s%.24s",
						 used ? ", " : "",
						 quic_version_text(name, q->versions[i]));
}

static bool server_lists(const struct tls_quic *q, uint32_t version)
{
	for (uint8_t i = 0; i < q->version_count; i++)
		if (q->versions[i] == version)
			return true;
	return false;
}

/* The client took the server's list as the end, or said so. Who only asked for the list comes again. */
static bool no_quic_version(const struct view *v, struct guess *g)
{
	const struct tls_quic *q = v->h->quic[SIDE_SERVER];
	struct mark listed = v->h->quic_mark[SIDE_SERVER];
	char own[LIST_MAX], theirs[LIST_MAX];

	if (!happened(listed) || q->kind != QUIC_VERSION_NEGOTIATION || v->h->server ||
	    server_lists(q, q->version) || is_reserved_version(q->version) ||
	    mark_before(listed, v->h->flow->side[SIDE_CLIENT].last_packet))
		return false;
	list_quic_versions(theirs, q);
	blame(g, LIKELY, PARTY_CLIENT, PARTY_SERVER);
	g->weight = 90;
	say(g,
	    "No common QUIC version: the client began with %s, the server knows %s, and the client "
	    "left",
	    quic_version_text(own, q->version), theirs);
	show_hello(g, v);
	show(g, listed, "server: Version Negotiation with %s", theirs);
	advise(g, "Enable QUIC version 1 (RFC 9000) on both sides.");
	return true;
}

struct rule_set quic_rules(void)
{
	static const struct rule rules[] = {
		{ "internal_error", closed_with_error },
		{ "closed_after_client_hello", closed_with_error },
		{ "malformed_message", closed_with_error },
		{ "illegal_parameter", closed_with_error },
		{ "unexpected_message", closed_with_error },
		{ "access_denied", closed_with_error },
		{ "version_mismatch", closed_with_error },
		{ "version_mismatch", no_quic_version },
		{ "client_abandoned", closed_otherwise },
		{ "server_abandoned", closed_otherwise },
		{ "closed_after_client_hello", closed_otherwise },
	};

	return (struct rule_set){rules, sizeof(rules) / sizeof(rules[0])};
}
