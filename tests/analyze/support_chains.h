/* Chains from the files of tests/chains, for tests that judge them. */
#ifndef TLSWHY_SUPPORT_CHAINS_H
#define TLSWHY_SUPPORT_CHAINS_H

#include "../../analyze/chain.h"

/* The certificates of tests/chains/NAME.pem; release with chain_free. */
struct certificate_list chain_from(const char *name);
void chain_free(struct certificate_list *list);

/* The store of tests/chains/trust/NAME.pem, and the CRL beside it. */
struct trust_store *trust_from(const char *name);
struct crl_set *crls_from(const char *name);

/* "2024-06-01T00:00:00Z" as seconds since 1970. */
int64_t time_from(const char *text);

const char *defect_word(enum chain_defect_kind kind);

#endif
