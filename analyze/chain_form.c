/* The syntax of RFC 5280 4, as far as clients insist on it, and the strength of keys and hashes. */
#include "chain_parts.h"

enum {
	SERIAL_OCTETS_MAX = 20,	/* RFC 5280 4.1.2.2 */
	RSA_BITS_MIN = 2048,	/* CA/Browser Forum BR 6.1.5; OpenSSL's security level 2 */
	EC_BITS_MIN = 224	/* the same level; browsers want 256 */
};

/* One reason is enough: what broke first. */
static void check_syntax(const struct certificate *c, uint8_t index, struct chain_judgement *j)
{
	if (c->malformed)
		note_defect(j, DEFECT_MALFORMED, index, c->broke_at,
			    "it breaks at byte %u of %u, in %s", c->broke_at, c->der_len,
			    c->broke_in);
	else if (c->duplicate_extension)
		note_defect(j, DEFECT_MALFORMED, index, 0,
			    "it has one extension twice (RFC 5280 4.2 forbids it)");
	else if (c->signature_algorithms_differ)
		note_defect(j, DEFECT_MALFORMED, index, 0,
			    "its two statements of the signature algorithm differ (RFC 5280 4.1.1.2)");
	else if (c->curve && !strcmp(c->curve, "explicit"))
		note_defect(j, DEFECT_MALFORMED, index, 0,
			    "its key brings curve parameters of its own instead of naming a curve "
			    "(RFC 5480 2.1.1 forbids it; CVE-2020-0601)");
}

/* A positive number of 20 octets may need one more, a zero, to stay positive. */
static const char *serial_fault(const struct certificate *c)
{
	if (c->serial_negative)
		return "negative";
	if (strlen(c->serial) > 2 * SERIAL_OCTETS_MAX)
		return "longer than 20 octets";
	if (!strcmp(c->serial, "00") && !c->self_issued)
		return "zero";
	return NULL;
}

static void check_serial(const struct certificate *c, uint8_t index, struct chain_judgement *j)
{
	const char *fault = serial_fault(c);

	/* Go since 1.23 refuses negative ones, others grumble at most. */
	if (fault)
		note_defect(j, DEFECT_BAD_SERIAL, index, 0,
			    "its serial number is %s (RFC 5280 4.1.2.2)", fault)
		    ->tolerated = true;
}

void check_form(const struct chain_question *q, const struct chain_path *p,
		struct chain_judgement *j)
{
	const struct certificate *leaf = p->at[0];

	/* Clients read all that was sent before they look for a path. */
	for (uint16_t i = 0; i < q->certificates->count; i++) {
		check_syntax(q->certificates->at[i], (uint8_t)i, j);
		check_serial(q->certificates->at[i], (uint8_t)i, j);
	}
	if (!leaf->malformed && leaf->version < 3)
		note_defect(j, DEFECT_V1_LEAF, 0, leaf->version,
			    "it is an X.509 version %u certificate, which has no extensions and no names "
			    "but the CN", leaf->version)->tolerated = true;
	for (size_t i = 0; i < p->count; i++)
		if (p->at[i]->unknown_critical && p->index[i] != CHAIN_STORE_ROOT)
			note_defect(j, DEFECT_UNKNOWN_CRITICAL, p->index[i], 0,
				    "it has the critical extension %.60s, which clients do not know",
				    p->at[i]->unknown_critical);
}

/* ---- strength ---- */

static bool is_root(const struct chain_path *p, size_t i)
{
	return p->index[i] == CHAIN_STORE_ROOT || (i > 0 && p->at[i]->self_issued) ||
	       (i > 0 && i + 1 == p->count && p->end == CHAIN_ANCHORED);
}

static void check_key(const struct chain_path *p, size_t i, struct chain_judgement *j)
{
	const struct certificate *c = p->at[i];
	bool is_rsa = c->key == KEY_RSA || c->key == KEY_RSA_PSS;
	char which[CERTIFICATE_TEXT_MAX];

	certificate_words(p, i, which);
	if (is_rsa && c->key_bits && c->key_bits < RSA_BITS_MIN)
		note_defect(j, DEFECT_WEAK_KEY, p->index[i], c->key_bits,
			    "%s has an RSA key of %u bits; 2048 is the least", which, c->key_bits);
	else if (c->key == KEY_EC && c->key_bits && c->key_bits < EC_BITS_MIN)
		note_defect(j, DEFECT_WEAK_KEY, p->index[i], c->key_bits,
			    "%s has a key on a curve of %u bits; 256 are usual", which, c->key_bits);
	else if (c->key == KEY_DSA)
		note_defect(j, DEFECT_WEAK_KEY, p->index[i], c->key_bits,
			    "%s has a DSA key, which no current client accepts", which);
}

static const char *weak_hash(enum hash_kind hash)
{
	switch (hash) {
	case HASH_MD2:
		return "MD2";
	case HASH_MD5:
		return "MD5";
	case HASH_SHA1:
		return "SHA-1";
	default:
		return NULL;
	}
}

/* A root is trusted for what it is, not for its signature upon itself; and so is a leaf that signed
 * itself, if at all. */
static void check_hash(const struct chain_path *p, size_t i, struct chain_judgement *j)
{
	const char *hash = weak_hash(p->at[i]->signature_hash);
	char which[CERTIFICATE_TEXT_MAX];

	if (!hash || is_root(p, i))
		return;
	certificate_words(p, i, which);
	note_defect(j, DEFECT_WEAK_SIGNATURE, p->index[i], 0, "%s is signed with %s (%s)", which,
		    hash, p->at[i]->signature)
	    ->tolerated = p->end == CHAIN_SELF_SIGNED;
}

void check_strength(const struct chain_path *p, struct chain_judgement *j)
{
	for (size_t i = 0; i < p->count; i++) {
		if (p->index[i] == CHAIN_STORE_ROOT)
			continue;
		check_key(p, i, j);
		check_hash(p, i, j);
	}
}
