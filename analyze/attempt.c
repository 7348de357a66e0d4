#include "attempt.h"

/* FNV-1a: for grouping what one peer sent itself, not for a table that strangers fill. */
static uint64_t mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * UINT64_C(0x100000001b3);
}

static uint64_t mix_list(uint64_t hash, const struct code_list *list, bool ordered)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; i < list->count; i++) {
		if (is_grease(list->at[i]))
			continue;
		if (ordered)
			hash = mix(hash, list->at[i]);
		else
			sum += mix(UINT64_C(0xcbf29ce484222325), list->at[i]);
	}
	return mix(hash, ordered ? list->count : sum);
}

/* A server rightly chooses another protocol for who offers others. */
static uint64_t mix_alpn(uint64_t hash, const struct text_list *alpn)
{
	for (uint16_t i = 0; i < alpn->count; i++) {
		hash = mix(hash, alpn->at[i].len);
		for (uint16_t j = 0; j < alpn->at[i].len; j++)
			hash = mix(hash, (uint8_t)alpn->at[i].at[j]);
	}
	return hash;
}

/* Chromium shuffles its extensions, so their order does not count. */
uint64_t attempt_fingerprint(const struct client_hello *c)
{
	uint64_t hash = mix(UINT64_C(0xcbf29ce484222325), c->legacy_version);

	hash = mix_list(hash, &c->versions, true);
	hash = mix_list(hash, &c->suites, true);
	hash = mix_list(hash, &c->groups, true);
	hash = mix_list(hash, &c->signatures, true);
	hash = mix_alpn(hash, &c->alpn);
	return mix_list(hash, &c->extensions, false);
}

static bool offers_hybrid(const struct client_hello *c)
{
	for (uint16_t i = 0; i < c->key_shares.count; i++) {
		const struct named_group *g = named_group(c->key_shares.at[i]);

		if (g && g->client_share_len > 700)
			return true;
	}
	return false;
}

static void read_hello(const struct client_hello *c, struct attempt *out)
{
	out->fingerprint = attempt_fingerprint(c);
	out->hello_len = c->length;
	out->highest_version = highest_version(c);
	out->tls12 = offers_version(c, 0x0303);
	out->tls13 = is_tls13(out->highest_version);
	out->name = c->has_server_name;
	out->alpn = c->has_alpn;
	out->hybrid = offers_hybrid(c);
}

static void read_leaf(const struct certificate_list *list, const struct attempt *before,
		      struct attempt *out)
{
	const struct certificate *leaf = list->at[0];

	memcpy(&out->leaf, leaf->sha256, sizeof(out->leaf));
	out->leaf_not_after = leaf->not_after;
	out->intercepted = before && before->leaf == out->leaf ? before->intercepted :
			   inspection_product(leaf->issuer) != NULL;
}

static void read_choice(const struct handshake *h, struct attempt *out)
{
	const struct text *alpn = &h->server->alpn;

	out->version = h->version;
	out->suite = h->suite;
	for (uint16_t i = 0; h->server->has_alpn && i < alpn->len; i++)
		out->alpn_chosen = (out->alpn_chosen ^ (uint8_t)alpn->at[i]) * 16777619u + 1;
}

void attempt_read(const struct handshake *h, enum outcome outcome, const char *code,
		  const struct attempt *before, struct attempt *out)
{
	*out = (struct attempt){ .mark = happened(h->hello_first) ? h->hello_first : h->flow->first,
				 .outcome = outcome, .code = code,
				 .client = h->flow->side[SIDE_CLIENT].address };
	if (h->hello)
		read_hello(h->hello, out);
	if (h->server)
		read_choice(h, out);
	if (h->certificates && h->certificates->count)
		read_leaf(h->certificates, before, out);
}

bool attempt_failed(const struct attempt *a)
{
	return a->outcome == OUTCOME_FAILED;
}
