/* Who issued it: self-signed, unknown, a gap, a stranger in between, an inspecting proxy. */
#include <stdio.h>
#include <strings.h>

#include "chain_parts.h"

/* What a chain that ends without its issuer most likely lacks. */
struct gap {
	enum chain_defect_kind kind, instead;
	const char *because;	/* a clause for people, "" for none */
};

/* How CAs are usually called: the word in the issuer's CN that says what it is. */
static bool has_word(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcasestr(text, *words))
			return true;
	return false;
}

static bool is_called_root(const char *name)
{
	static const char *const words[] = { "root", "self-signed", NULL };

	return has_word(name, words);
}

static bool is_called_intermediate(const char *name)
{
	static const char *const words[] = { "intermediate", "issuing", "subordinate", "sub ca",
					     "subca",	     "tls ca",	"ssl ca",      "server ca",
					     "ca 0",	     NULL };

	return has_word(name, words);
}

/* authorityKeyIdentifier may carry the name of the issuer's own issuer: a root's is its own. */
static bool says_issuer_is_root(const struct certificate *c)
{
	return c->authority_issuer_len && c->authority_issuer_len == c->issuer_der_len &&
	       !memcmp(c->authority_issuer, c->issuer_der, c->issuer_der_len);
}

static bool is_private_root_name(const struct certificate *c)
{
	return is_called_root(c->issuer_cn) && !is_called_intermediate(c->issuer_cn);
}

/* The leaf alone: signed by a private root directly, or below an intermediate that was forgotten? */
static struct gap gap_of_leaf(const struct trust_context *t, const struct certificate *leaf)
{
	if (says_issuer_is_root(leaf))
		return (struct gap){ DEFECT_UNKNOWN_CA, DEFECT_NONE, "" };
	if (leaf->authority_issuer_len)
		return (struct gap){ DEFECT_INCOMPLETE, DEFECT_NONE,
				     "its authority key identifier says that the issuer is an intermediate" };
	if (trust_has_organization(context_store(t), leaf->issuer_o))
		return (struct gap){ DEFECT_INCOMPLETE, DEFECT_NONE,
				     "the issuer belongs to a CA whose roots are trusted" };
	if (leaf->has_sct)
		return (struct gap){ DEFECT_INCOMPLETE, DEFECT_UNKNOWN_CA,
				     "it was logged publicly, as only certificates of public CAs are" };
	if (is_private_root_name(leaf))
		return (struct gap){ DEFECT_UNKNOWN_CA, DEFECT_INCOMPLETE, "" };
	if (leaf->ca_issuers)
		return (struct gap){ DEFECT_INCOMPLETE, DEFECT_UNKNOWN_CA,
				     "it names a place to fetch the issuer from" };
	if (is_called_intermediate(leaf->issuer_cn))
		return (struct gap){ DEFECT_INCOMPLETE, DEFECT_UNKNOWN_CA,
				     "the issuer is called as intermediates are" };
	return (struct gap){ DEFECT_UNKNOWN_CA, DEFECT_INCOMPLETE, "" };
}

/* Above an intermediate that was sent there should be only the root, which servers leave out. */
static struct gap gap_above(const struct trust_context *t, const struct certificate *last)
{
	if (last->authority_issuer_len && !says_issuer_is_root(last))
		return (struct gap){ DEFECT_INCOMPLETE, DEFECT_UNKNOWN_CA,
				     "its authority key identifier says that the issuer is no root" };
	if (is_called_intermediate(last->issuer_cn) && !is_called_root(last->issuer_cn))
		return (struct gap){ DEFECT_INCOMPLETE, DEFECT_UNKNOWN_CA,
				     "the issuer is called as intermediates are" };
	if (!trust_has_organization(context_store(t), last->issuer_o))
		return (struct gap){ DEFECT_UNKNOWN_CA, DEFECT_NONE, "" };
	/* A root of theirs that the store no longer has, or one more intermediate. */
	if (is_called_root(last->issuer_cn))
		return (struct gap){ DEFECT_UNKNOWN_CA, DEFECT_INCOMPLETE, "" };
	return (struct gap){ DEFECT_INCOMPLETE, DEFECT_UNKNOWN_CA,
			     "the issuer belongs to a CA whose roots are trusted" };
}

static struct gap gap_of(const struct trust_context *t, const struct chain_question *q,
			 const struct chain_path *p)
{
	const struct certificate *last = p->at[p->count - 1];

	if (p->remembered && p->remembered->self_issued)
		return (struct gap){ DEFECT_UNKNOWN_CA, DEFECT_NONE, "" };
	if (p->remembered)
		return (struct gap){ DEFECT_INCOMPLETE, DEFECT_NONE,
				     "another server in this capture sends that issuer" };
	if (p->count > 1)
		return gap_above(t, last);
	struct gap gap = gap_of_leaf(t, last);

	/* Others were sent, so somebody meant to send a chain: not this one's. */
	if (q->certificates->count > 1 && gap.kind == DEFECT_UNKNOWN_CA &&
	    !says_issuer_is_root(last))
		gap = (struct gap){ DEFECT_INCOMPLETE, DEFECT_UNKNOWN_CA,
				    "the certificates sent with it belong to another chain" };
	return gap;
}

static void note_gap(const struct trust_context *t, const struct chain_question *q,
		     const struct chain_path *p, struct chain_judgement *j)
{
	const struct certificate *last = p->at[p->count - 1];
	struct gap gap = gap_of(t, q, p);
	const char *because = *gap.because ? ": " : "";
	uint8_t index = p->index[p->count - 1];

	j->instead = gap.instead;
	if (gap.kind == DEFECT_INCOMPLETE) {
		note_defect(j, gap.kind, index, 0, "its issuer \"%.90s\" was not sent%s%s",
			    last->issuer, because, gap.because);
		return;
	}
	note_defect(j, gap.kind, index, 0, "issued by \"%.120s\", which the trust store does not hold",
		    last->issuer)->tolerated = !j->store;
}

/* A certificate of the right name that did not sign: a forgery, or an older key of the same CA. */
static void note_impostor(const struct chain_path *p, struct chain_judgement *j)
{
	const struct certificate *last = p->at[p->count - 1];
	uint8_t index = p->index[p->count - 1];

	if (p->impostor_index != CHAIN_STORE_ROOT && key_ids_differ(last, p->impostor)) {
		note_defect(j, DEFECT_INCOMPLETE, index, 0,
			    "the issuer \"%.90s\" was sent with another key than the one that signed it",
			    last->issuer);
		note_defect(j, DEFECT_UNRELATED, p->impostor_index, 0,
			    "it has the issuer's name but not the issuer's key");
		return;
	}
	j->signatures = SIGNATURE_BAD;
	note_defect(j, DEFECT_BAD_SIGNATURE, index, 0, "its signature does not verify with the key of \"%.120s\"",
		    p->impostor->subject);
}

/* A self-issued certificate whose own key did not sign it, and nobody else's either. */
static bool is_broken_self_signature(const struct certificate *c)
{
	return c->self_issued && !key_ids_differ(c, c) &&
	       certificate_check_signature(c, c) == SIGNATURE_BAD;
}

/* Clients find that nobody they trust issued it before they look at the signature. */
static void note_broken_self_signature(const struct chain_path *p, struct chain_judgement *j)
{
	const struct certificate *last = p->at[p->count - 1];
	uint8_t index = p->index[p->count - 1];

	j->signatures = SIGNATURE_BAD;
	note_defect(j, p->count == 1 ? DEFECT_SELF_SIGNED_LEAF : DEFECT_UNKNOWN_CA, index, 0,
		    "it names itself as the issuer, \"%.100s\", but its own key did not sign it",
		    last->subject);
}

static void note_no_issuer(const struct trust_context *t, const struct chain_question *q,
			   const struct chain_path *p, struct chain_judgement *j)
{
	const struct certificate *last = p->at[p->count - 1];

	if (p->impostor) {
		note_impostor(p, j);
	} else if (is_broken_self_signature(last)) {
		note_broken_self_signature(p, j);
	} else {
		note_gap(t, q, p, j);
	}
}

/* Inspection products make leaves on the fly: they are named by the issuer, at the leaf or above. */
static void note_interception(const struct chain_path *p, struct chain_judgement *j)
{
	for (size_t i = 0; i < p->count && !j->product; i++)
		j->product = p->at[i]->inspection;
	if (j->product)
		note_defect(j, DEFECT_INTERCEPTED, 0, 0, "issued by \"%.100s\", as the inspection product %.60s does",
			    p->at[0]->issuer, j->product);
}

void check_issuers(struct trust_context *t, const struct chain_question *q,
		   const struct chain_path *p, struct chain_judgement *j)
{
	const struct certificate *last = p->at[p->count - 1];

	/* Broken before its issuer was read: there is nobody to look for. */
	if (!last->issuer_der_len)
		return;
	switch (p->end) {
	case CHAIN_SELF_SIGNED:
		note_defect(j, DEFECT_SELF_SIGNED_LEAF, 0, 0, "signed by itself, \"%.120s\"",
			    last->subject);
		return;
	case CHAIN_UNKNOWN_ROOT:
		note_defect(j, DEFECT_UNKNOWN_CA, p->index[p->count - 1], 0,
			    "its chain ends in the root \"%.120s\", which the trust store does not hold",
			    last->subject)->tolerated = !j->store;
		break;
	case CHAIN_NO_ISSUER:
		note_no_issuer(t, q, p, j);
		break;
	default:
		return;
	}
	if (q->purpose == CHAIN_SERVER)
		note_interception(p, j);
}

/* ---- what was sent, and in which order ---- */

static int position_of(const struct chain_path *p, uint16_t index)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->index[i] == index)
			return (int)i;
	return -1;
}

static bool is_same(const struct certificate *a, const struct certificate *b)
{
	return !memcmp(a->sha256, b->sha256, sizeof(a->sha256));
}

static bool has_same_name(const struct certificate *a, const struct certificate *b)
{
	return a->subject_der_len == b->subject_der_len &&
	       !memcmp(a->subject_der, b->subject_der, a->subject_der_len);
}

/* A doubled certificate, a cross-signed twin, or what stands above the path's end: superfluous, but
 * no stranger. Cross-signed roots hang on one another, so look through what was sent as well. */
static bool is_kin(const struct chain_question *q, const struct chain_path *p,
		   const struct certificate *c)
{
	for (size_t i = 0; i < p->count; i++)
		if (is_same(p->at[i], c) || (i > 0 && has_same_name(p->at[i], c)) ||
		    is_issued_by_name(p->at[i], c))
			return true;
	for (uint16_t i = 1; i < q->certificates->count; i++)
		if (q->certificates->at[i] != c && is_issued_by_name(q->certificates->at[i], c))
			return true;
	return false;
}

void check_order(const struct chain_question *q, const struct chain_path *p,
		 struct chain_judgement *j)
{
	int highest = 0;
	bool misordered = false;

	for (uint16_t i = 1; i < q->certificates->count; i++) {
		const struct certificate *c = q->certificates->at[i];
		int position = position_of(p, i);

		if (position >= 0) {
			misordered = misordered || position < highest;
			highest = position > highest ? position : highest;
		} else if (!is_kin(q, p, c) && i != p->impostor_index) {
			note_defect(j, DEFECT_UNRELATED, (uint8_t)i, 0,
				    "\"%.120s\" has nothing to do with it", c->subject)
			    ->tolerated = true;
		}
	}
	/* RFC 5246 7.4.2: "Each following certificate MUST directly certify the one preceding it." */
	if (misordered)
		note_defect(j, DEFECT_WRONG_ORDER, 0, 0,
			    "its chain was not sent in the order leaf, issuer, issuer's issuer")
			->tolerated = true;
}
