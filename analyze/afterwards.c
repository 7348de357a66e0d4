#include "afterwards.h"
#include "spoken.h"

/* A client that judges late does so at once; who leaves later had other reasons. */
static const int64_t VERDICT_NS = INT64_C(300000000);

enum { EXT_POST_HANDSHAKE_AUTH = 49, TICKETS_AT_MOST = 2 };

static bool has_defect(const struct view *v, enum chain_defect_kind kind)
{
	const struct chain_defect *d =
	    v->chain && !v->chain_is_borrowed ? chain_defect(v->chain, kind) : NULL;

	return d && !d->tolerated;
}

/* What an application that judges afterwards looks at, whoever issued the certificate. */
static bool has_plain_defect(const struct view *v)
{
	return (v->name[0] && has_defect(v, DEFECT_NAME_MISMATCH)) ||
	       has_defect(v, DEFECT_EXPIRED) || has_defect(v, DEFECT_NOT_YET_VALID);
}

/* What is wrong with the chain, whomever the client trusts. */
static bool has_broken_chain(const struct view *v)
{
	static const enum chain_defect_kind kinds[] = {
		DEFECT_SELF_SIGNED_LEAF, DEFECT_INCOMPLETE, DEFECT_BAD_SIGNATURE, DEFECT_ISSUER_NOT_CA,
		DEFECT_PATH_LENGTH, DEFECT_NAME_CONSTRAINT, DEFECT_WRONG_PURPOSE, DEFECT_WEAK_KEY,
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (has_defect(v, kinds[i]))
			return true;
	return false;
}

/* Programs on GnuTLS judge when the library is done: wget and lynx just leave, git (by curl, which
 * offers ALPN) and aria2 say goodbye first. */
static bool leaves_like_gnutls_program(const struct view *v, bool bare)
{
	return has_plain_defect(v) ||
	       ((bare || v->h->hello->has_alpn) && has_defect(v, DEFECT_SELF_SIGNED_LEAF));
}

/* With a defect that is in sight. All other stacks alert in the handshake: of theirs it is a probe, or a
 * client that does not verify. */
static bool refused_what_is_seen(const struct view *v, bool bare)
{
	switch (v->stack[SIDE_CLIENT].kind) {
	case STACK_NSS: case STACK_FIREFOX:	/* its own tools do not say goodbye */
		return !bare && chain_worst(v->chain) && !v->chain_is_borrowed;
	case STACK_NODE: case STACK_BORINGSSL_LIBRARY:	/* leave so else when their program destroys the socket */
		return bare && (has_plain_defect(v) || has_broken_chain(v) ||
				has_defect(v, DEFECT_UNKNOWN_CA));
	case STACK_DOTNET:
		return bare && (has_plain_defect(v) || has_broken_chain(v));
	case STACK_OPENSSL: case STACK_PHP:	/* the rest is OpenSSL's own to refuse, with an alert */
		return v->name[0] && has_defect(v, DEFECT_NAME_MISMATCH);
	case STACK_GNUTLS:
		return leaves_like_gnutls_program(v, bare);
	case STACK_SCHANNEL: case STACK_APPLE:
		return has_plain_defect(v);
	case STACK_UNKNOWN:
		return bare && has_plain_defect(v);
	default:
		return false;
	}
}

/* curl asks for post-handshake authentication as well, which nothing else on OpenSSL does unasked. */
static bool is_curl(const struct view *v)
{
	return v->stack[SIDE_CLIENT].kind == STACK_OPENSSL && v->h->hello->has_alpn &&
	       code_list_has(&v->h->hello->extensions, EXT_POST_HANDSHAKE_AUTH);
}

/* The server said no more than its tickets, or nothing until the client had left, which HAProxy answers
 * with an error page: a greeting, or a file, may be all that a client wants. */
static bool server_said_nothing(const struct handshake *h, const struct ending *e)
{
	return h->data_records[SIDE_SERVER] <= TICKETS_AT_MOST ||
	       mark_before(e->mark, h->first_data[SIDE_SERVER]);
}

/* What the capture lacks may be the request, or the goodbye. */
static bool lacks_packets(const struct handshake *h)
{
	for (int side = 0; side < 2; side++)
		if (happened(h->gap[side]) || h->flow->side[side].missing)
			return true;
	return false;
}

/* TLS 1.3 hides the certificate: what tells is that programs like these always have something to
 * ask, and leave so only when they do not like what they see. */
static bool refused_what_is_hidden(const struct view *v, bool bare)
{
	enum stack_kind client = v->stack[SIDE_CLIENT].kind;

	if (!is_tls13(v->h->version) || v->h->dissected_as != 't' || v->h->keys || !v->name[0] ||
	    !server_said_nothing(v->h, v->end) || lacks_packets(v->h))
		return false;
	if (client == STACK_BORINGSSL_LIBRARY)
		return bare;
	if (v->h->hello->ech == ECH_OUTER)
		return false;
	return (client == STACK_GNUTLS && (bare || v->h->hello->has_alpn)) || is_curl(v) ||
	       client == STACK_PHP;
}

/* Behind X.224 the client has the first word (MS-RDPBCGR 1.3.1.1), and compares names and dates when
 * the library is done, whatever library that is. */
static bool is_remote_desktop(const struct view *v)
{
	struct mark mark;
	const struct tls_upgrade *u = last_step(v, UPGRADE_ACCEPTED, &mark);

	return u && u->protocol == FOREIGN_RDP;
}

bool refused_after_finishing(const struct view *v)
{
	const struct ending *e = v->end;
	bool bare = e->how == ENDED_BY_FIN || e->how == ENDED_BY_RST;

	if (!e->left_without_data || e->took_to_leave > VERDICT_NS || v->h->resumed || !v->h->hello)
		return false;
	if (is_remote_desktop(v) && has_plain_defect(v))
		return true;
	return (v->chain && refused_what_is_seen(v, bare)) || refused_what_is_hidden(v, bare);
}
