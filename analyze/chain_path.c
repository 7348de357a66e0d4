/* The path from a leaf to what anchors it, through what was sent and what the store holds. */
#include <strings.h>

#include "chain_parts.h"

enum {
	STORE_CANDIDATES = 8,	/* roots of one name; the system's bundle has at most two */
	/* Sixteen certificates of one name would ask for every pair of them; a real chain for four. */
	CHECKS_MAX = 32
};

/* Most are the same bytes. RFC 5280 7.1 lets the string types and upper case differ, and the text
 * does not show the former. */
bool is_issued_by_name(const struct certificate *a, const struct certificate *b)
{
	if (!a->issuer_der_len || !b->subject_der_len)
		return false;
	return (a->issuer_der_len == b->subject_der_len &&
		!memcmp(a->issuer_der, b->subject_der, a->issuer_der_len)) ||
	       !strcasecmp(a->issuer, b->subject);
}

bool key_ids_differ(const struct certificate *c, const struct certificate *issuer)
{
	if (!c->authority_key_id_len || !issuer->subject_key_id_len)
		return false;
	return c->authority_key_id_len != issuer->subject_key_id_len ||
	       memcmp(c->authority_key_id, issuer->subject_key_id, c->authority_key_id_len) != 0;
}

static bool on_path(const struct chain_path *p, uint16_t index)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->index[i] == index)
			return true;
	return false;
}

static void append(struct chain_path *p, const struct certificate *c, uint8_t index)
{
	p->at[p->count] = c;
	p->index[p->count++] = index;
}

static enum signature_check check(struct chain_path *p, const struct certificate *c,
				  const struct certificate *issuer)
{
	return p->checks++ < CHECKS_MAX ? certificate_check_signature(c, issuer)
					: SIGNATURE_NOT_CHECKED;
}

static void note_signature(struct chain_path *p, enum signature_check result)
{
	if (result == SIGNATURE_BAD || p->signatures == SIGNATURE_GOOD)
		p->signatures = result;
}

/* A root of the store that signed `c`; with algorithms that we lack, one that may have. One of the
 * right name and key that did not sign is an impostor: `c` was changed or forged. */
static const struct certificate *root_of(const struct trust_store *store,
					 const struct certificate *c, struct chain_path *p,
					 enum signature_check *result)
{
	const struct certificate *roots[STORE_CANDIDATES], *unchecked = NULL;
	size_t count = trust_by_subject(store, c->issuer_der, c->issuer_der_len, roots,
					STORE_CANDIDATES);

	for (size_t i = 0; i < count; i++) {
		*result = check(p, c, roots[i]);
		if (*result == SIGNATURE_GOOD)
			return roots[i];
		if (*result == SIGNATURE_NOT_CHECKED && !key_ids_differ(c, roots[i]))
			unchecked = roots[i];
		if (*result == SIGNATURE_BAD && !key_ids_differ(c, roots[i])) {
			p->impostor = roots[i];
			p->impostor_index = CHAIN_STORE_ROOT;
		}
	}
	*result = SIGNATURE_NOT_CHECKED;
	return unchecked;
}

/* How well a sent certificate does as the issuer: it signed, it may have signed; and among equals
 * one that is valid now, since both halves of a cross-signed pair may be there. */
static int fitness(const struct chain_path *p, const struct certificate *c,
		   const struct certificate *candidate, enum signature_check result)
{
	int points = result == SIGNATURE_GOOD ? 4 : result == SIGNATURE_NOT_CHECKED ? 2 : 0;

	if (points == 2 && key_ids_differ(c, candidate))
		points = 0;
	return points && candidate->not_before <= p->time && p->time <= candidate->not_after
		? points + 1 : points;
}

/* The index of the best issuer among those sent, -1 if none; impostors are noted. */
static int sent_issuer(const struct certificate_list *sent, const struct certificate *c,
		       struct chain_path *p, enum signature_check *best_result)
{
	int best = -1, best_points = 0;

	for (uint16_t i = 0; i < sent->count; i++) {
		const struct certificate *candidate = sent->at[i];

		if (on_path(p, i) || !is_issued_by_name(c, candidate))
			continue;
		enum signature_check result = check(p, c, candidate);
		int points = fitness(p, c, candidate, result);

		if (points == 0 && candidate != c && !p->impostor) {
			p->impostor = candidate;
			p->impostor_index = (uint8_t)i;
		}
		if (points > best_points) {
			best = i;
			best_points = points;
			*best_result = result;
		}
	}
	return best;
}

/* One step up. False when the path ends; p->end says how. */
static bool climb(struct trust_context *t, const struct certificate_list *sent,
		  struct chain_path *p)
{
	const struct certificate *c = p->at[p->count - 1];
	enum signature_check result = SIGNATURE_NOT_CHECKED;

	if (trust_has(context_store(t), c)) {
		p->end = CHAIN_ANCHORED;
		return false;
	}
	if (c->self_issued && check(p, c, c) != SIGNATURE_BAD) {
		p->end = p->count == 1 ? CHAIN_SELF_SIGNED : CHAIN_UNKNOWN_ROOT;
		return false;
	}
	const struct certificate *root = root_of(context_store(t), c, p, &result);

	if (root) {
		note_signature(p, result);
		append(p, root, CHAIN_STORE_ROOT);
		p->end = CHAIN_ANCHORED;
		return false;
	}
	int issuer = p->count < CHAIN_PATH_MAX ? sent_issuer(sent, c, p, &result) : -1;

	if (issuer < 0) {
		p->end = CHAIN_NO_ISSUER;
		p->remembered = context_issuer(t, c);
		return false;
	}
	note_signature(p, result);
	p->impostor = NULL;
	append(p, sent->at[issuer], (uint8_t)issuer);
	return true;
}

void path_build(struct trust_context *t, const struct chain_question *q, struct chain_path *out)
{
	*out = (struct chain_path){ .time = q->time, .end = CHAIN_EMPTY, .signatures = SIGNATURE_GOOD };
	if (!q->certificates || q->certificates->count == 0)
		return;
	append(out, q->certificates->at[0], 0);
	while (climb(t, q->certificates, out))
		;
}
