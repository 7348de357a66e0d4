#include "attempt.h"

static void read_leaf(const struct certificate *leaf, struct attempt *out)
{
	memcpy(&out->leaf, leaf->sha256, sizeof(out->leaf));
	out->leaf_not_after = leaf->not_after;
	out->leaf_key = leaf->key;
	out->intercepted = leaf->inspection != NULL;
}

void attempt_read(const struct gist *g, enum outcome outcome, const char *code, struct attempt *out)
{
	*out = (struct attempt){
		.mark = happened(g->hello_first) ? g->hello_first : g->first,
		.outcome = outcome, .code = code, .client = g->client, .fingerprint = g->fingerprint,
		.hello_len = g->hello_len, .highest_version = g->highest_version,
		.tls12 = g->tls12, .tls13 = g->tls13, .name = g->name, .alpn = g->alpn,
		.hybrid = g->hybrid, .offers = g->offers, .kind = g->kind, .version = g->version,
		.suite = g->suite, .group = g->group, .retry = g->retry, .resumed = g->resumed,
		.alpn_chosen = g->chosen_alpn_hash, .flight_len = g->flight_len,
	};
	if (g->certificates && g->certificates->count)
		read_leaf(g->certificates->at[0], out);
}

bool attempt_failed(const struct attempt *a)
{
	return a->outcome == OUTCOME_FAILED;
}
