/*
 * What a run knows about issuers: the store, the CRLs, the CA certificates that any chain showed,
 * and the answers already given.
 */
#include "chain_parts.h"

#include <stdlib.h>

enum {
	ISSUERS_KEPT = 512,	/* a network's servers share a few dozen issuers */
	ISSUERS_TRIED = 4,	/* of one name and key identifier; two are cross-signed twins */
	ANSWERS_KEPT = 256,	/* a slot is 8 KiB: 2 MiB */
	NAME_MAX_LEN = 255	/* RFC 1035 2.3.4 */
};

/* One question and its answer. Only what cannot change while the run goes on decides over it. */
struct answer {
	bool used;
	uint64_t generation;	/* issuers known when it was given */
	uint16_t count;
	uint8_t digests[16][32];
	char name[NAME_MAX_LEN + 1];
	bool has_name;
	struct address server;
	int64_t time;
	enum chain_purpose purpose;
	enum chain_key_use key_use;
	struct chain_judgement judgement;
};

struct trust_context {
	const struct trust_store *store;
	const struct crl_set *crls;
	struct certificate *issuers[ISSUERS_KEPT];
	uint64_t issuers_seen;	/* ever; the oldest gives way */
	uint16_t lately[256];	/* where an issuer was that was shown before, by its digest's first byte */
	struct answer *answers;	/* ANSWERS_KEPT */
};

struct trust_context *trust_context_new(const struct trust_store *store, const struct crl_set *crls)
{
	struct trust_context *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->store = store;
	t->crls = crls;
	t->answers = calloc(ANSWERS_KEPT, sizeof(*t->answers));
	if (!t->answers) {
		free(t);
		return NULL;
	}
	return t;
}

void trust_context_free(struct trust_context *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < ISSUERS_KEPT; i++)
		certificate_release(t->issuers[i]);
	free(t->answers);
	free(t);
}

const struct trust_store *context_store(const struct trust_context *t)
{
	return t->store;
}

const struct crl_set *context_crls(const struct trust_context *t)
{
	return t->crls;
}

/* ---- issuers ---- */

static bool is_at(const struct trust_context *t, size_t i, const struct certificate *c)
{
	return t->issuers[i] && !memcmp(t->issuers[i]->sha256, c->sha256, sizeof(c->sha256));
}

/* Asked of all that is shown, and most often of the same few. */
static bool knows(struct trust_context *t, const struct certificate *c)
{
	uint16_t *lately = &t->lately[c->sha256[0]];

	if (is_at(t, *lately, c))
		return true;
	for (uint16_t i = 0; i < ISSUERS_KEPT && t->issuers[i]; i++)
		if (is_at(t, i, c)) {
			*lately = i;
			return true;
		}
	return false;
}

void trust_context_remember(struct trust_context *t, const struct certificate_list *certificates)
{
	for (uint16_t i = 0; certificates && i < certificates->count; i++) {
		struct certificate *c = certificates->at[i];

		if (c->ca != YES || c->malformed || knows(t, c))
			continue;
		size_t slot = t->issuers_seen++ % ISSUERS_KEPT;

		certificate_release(t->issuers[slot]);
		t->issuers[slot] = certificate_hold(c);
	}
}

const struct certificate *context_issuer(const struct trust_context *t, const struct certificate *c)
{
	int tried = 0;

	for (size_t i = 0; i < ISSUERS_KEPT && t->issuers[i] && tried < ISSUERS_TRIED; i++) {
		const struct certificate *issuer = t->issuers[i];

		if (issuer == c || !is_issued_by_name(c, issuer) || key_ids_differ(c, issuer))
			continue;
		if (certificate_check_signature(c, issuer) != SIGNATURE_BAD)
			return issuer;
		tried++;
	}
	return NULL;
}

/* ---- answers ---- */

/*
 * An answer never holds for another chain, name, place, purpose or second, nor after the run has
 * learned of another issuer. One with a staple is not kept, since a staple has no digest to know
 * it by; signatures, which cost most, are remembered by the certificates themselves.
 */
static bool is_keepable(const struct chain_question *q)
{
	return q->certificates && q->certificates->count && !q->staple &&
	       (!q->name || strlen(q->name) <= NAME_MAX_LEN);
}

static size_t slot_of(const struct chain_question *q)
{
	const uint8_t *digest = q->certificates->at[0]->sha256;

	return (size_t)(digest[0] << 8 | digest[1]) % ANSWERS_KEPT;
}

static bool same_chain(const struct answer *a, const struct certificate_list *sent)
{
	if (a->count != sent->count)
		return false;
	for (uint16_t i = 0; i < sent->count; i++)
		if (memcmp(a->digests[i], sent->at[i]->sha256, sizeof(a->digests[i])) != 0)
			return false;
	return true;
}

static bool same_server(const struct address *a, const struct address *b)
{
	return b ? a->ip_len == b->ip_len && !memcmp(a->ip, b->ip, sizeof(a->ip)) : a->ip_len == 0;
}

static bool same_name(const struct answer *a, const char *name)
{
	return name ? a->has_name && !strcmp(a->name, name) : !a->has_name;
}

bool context_recall(const struct trust_context *t, const struct chain_question *q,
		    struct chain_judgement *out)
{
	if (!is_keepable(q))
		return false;
	const struct answer *a = &t->answers[slot_of(q)];

	if (!a->used || a->generation != t->issuers_seen || a->purpose != q->purpose ||
	    a->key_use != q->key_use || a->time != q->time ||
	    !same_name(a, q->name) || !same_server(&a->server, q->server) ||
	    !same_chain(a, q->certificates))
		return false;
	*out = a->judgement;
	return true;
}

void context_keep(struct trust_context *t, const struct chain_question *q,
		  const struct chain_judgement *j)
{
	if (!is_keepable(q))
		return;
	struct answer *a = &t->answers[slot_of(q)];

	*a = (struct answer){
		.used = true, .generation = t->issuers_seen, .count = q->certificates->count,
		.has_name = q->name != NULL, .time = q->time, .purpose = q->purpose,
		.key_use = q->key_use, .judgement = *j,
	};
	if (q->server)
		a->server = *q->server;
	if (q->name)
		memcpy(a->name, q->name, strlen(q->name) + 1);
	for (uint16_t i = 0; i < q->certificates->count; i++)
		memcpy(a->digests[i], q->certificates->at[i]->sha256, sizeof(a->digests[i]));
}
