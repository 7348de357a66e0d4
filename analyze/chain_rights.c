/* Who may sign what for whom: basicConstraints, nameConstraints, keyUsage, extKeyUsage. */
#include <stdio.h>

#include "chain_parts.h"

enum { NAME_TEXT_MAX = 100 };

/* A version 1 root cannot say that it is a CA; that it is trusted says it (RFC 5280 6.1.1 d). */
static bool may_be_issuer(const struct chain_path *p, size_t i)
{
	const struct certificate *c = p->at[i];
	bool is_anchor = p->end == CHAIN_ANCHORED && i + 1 == p->count;

	if (c->ca == NOT_STATED && c->version < 3 && (is_anchor || c->self_issued))
		return true;
	return c->ca == YES;
}

static void check_issuer(const struct chain_path *p, size_t i, struct chain_judgement *j)
{
	const struct certificate *c = p->at[i];

	if (c->malformed)
		return;
	if (!may_be_issuer(p, i))
		note_defect(j, DEFECT_ISSUER_NOT_CA, p->index[i], 0,
			    "\"%.120s\" issued a certificate but is no CA (basicConstraints)", c->subject);
	else if (c->has_key_usage && !(c->key_usage & KU_CERT_SIGN))
		note_defect(j, DEFECT_ISSUER_NOT_CA, p->index[i], 0,
			    "\"%.120s\" issued a certificate but its keyUsage lacks keyCertSign",
			    c->subject);
}

/* pathLenConstraint counts the intermediates below that are not self-issued (RFC 5280 4.2.1.9). */
static void check_path_length(const struct chain_path *p, size_t i, struct chain_judgement *j)
{
	const struct certificate *c = p->at[i];
	int32_t below = 0;

	for (size_t k = 1; k < i; k++)
		below += !p->at[k]->self_issued;
	if (c->ca == YES && c->path_length >= 0 && below > c->path_length)
		note_defect(j, DEFECT_PATH_LENGTH, p->index[i], c->path_length,
			    "\"%.100s\" allows %d intermediates below it, there are %d", c->subject,
			    c->path_length, below);
}

static void check_names(const struct chain_path *p, size_t i, struct chain_judgement *j)
{
	char which[NAME_TEXT_MAX];

	if (certificate_violates(p->at[i], p->at[0], which, sizeof(which)))
		note_defect(j, DEFECT_NAME_CONSTRAINT, p->index[i], 0,
			    "\"%.90s\" may not sign for \"%.90s\" (nameConstraints)", p->at[i]->subject,
			    which);
}

void check_constraints(const struct chain_path *p, struct chain_judgement *j)
{
	for (size_t i = 1; i < p->count; i++) {
		check_issuer(p, i, j);
		check_path_length(p, i, j);
		check_names(p, i, j);
	}
}

/* ---- what for ---- */

static uint16_t wanted_purpose(const struct chain_question *q)
{
	return q->purpose == CHAIN_CLIENT ? EKU_CLIENT_AUTH : EKU_SERVER_AUTH;
}

static const char *purpose_word(const struct chain_question *q)
{
	return q->purpose == CHAIN_CLIENT ? "clientAuth" : "serverAuth";
}

/* An intermediate's extKeyUsage limits what is below it: not in RFC 5280, but in all clients. */
static void check_ext_key_usage(const struct chain_question *q, const struct chain_path *p,
				size_t i, struct chain_judgement *j)
{
	const struct certificate *c = p->at[i];
	char which[CERTIFICATE_TEXT_MAX];

	if (!c->has_ext_key_usage || c->ext_key_usage & wanted_purpose(q))
		return;
	certificate_words(p, i, which);
	if (c->ext_key_usage & EKU_ANY)
		note_defect(j, DEFECT_WRONG_PURPOSE, p->index[i], 0,
			    "%s names any purpose instead of %s, which OpenSSL does not accept", which,
			    purpose_word(q))->tolerated = true;
	else
		note_defect(j, DEFECT_WRONG_PURPOSE, p->index[i], 0,
			    "%s may not be used for %s (extKeyUsage)", which, purpose_word(q));
}

/* The bits that the key exchange needs, by name; any of them will do while it is not known. */
static uint16_t wanted_usage(enum chain_key_use use, const char **name)
{
	switch (use) {
	case KEY_USE_SIGN:
		*name = "digitalSignature";
		return KU_DIGITAL_SIGNATURE;
	case KEY_USE_ENCIPHER:
		*name = "keyEncipherment";
		return KU_KEY_ENCIPHERMENT;
	case KEY_USE_AGREE:
		*name = "keyAgreement";
		return KU_KEY_AGREEMENT;
	default:
		*name = "digitalSignature and keyEncipherment";
		return KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT;
	}
}

static void check_key_usage(const struct chain_question *q, const struct certificate *leaf,
			    struct chain_judgement *j)
{
	enum chain_key_use use = q->purpose == CHAIN_CLIENT ? KEY_USE_SIGN : q->key_use;
	const char *name;

	if (leaf->has_key_usage && !(leaf->key_usage & wanted_usage(use, &name)))
		note_defect(j, DEFECT_WRONG_PURPOSE, 0, 0,
			    "its keyUsage lacks %s, which this key exchange needs", name);
}

/* A root of the store is trusted for what its owner set, not for what it says. */
void check_purpose(const struct chain_question *q, const struct chain_path *p,
		   struct chain_judgement *j)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->index[i] != CHAIN_STORE_ROOT)
			check_ext_key_usage(q, p, i, j);
	check_key_usage(q, p->at[0], j);
}
