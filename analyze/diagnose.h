/*
 * From one view to one verdict: every rule is tried, guesses are ranked, words filled in.
 */
#ifndef TLSWHY_DIAGNOSE_H
#define TLSWHY_DIAGNOSE_H

#include "rules.h"

/* What a verdict is drawn from beside the handshake itself; each may be NULL. */
struct knowledge {
	struct trust_context *trust;
	const struct lessons *lessons;
	bool tls_expected;
	const struct trace *next_try;	/* of the same user */
};

/*
 * diagnose fills in *out for a closed handshake whose ending was read; `end` may change: a handshake
 * that completed and was then refused is a failure. False when this was no TLS attempt at all.
 */
bool diagnose(const struct knowledge *k, const struct handshake *h, struct ending *end,
	      struct verdict *out);

/* findings.c: what did not end the handshake but a person should know. */
void find(const struct view *v, struct finding_list *out);

#endif
