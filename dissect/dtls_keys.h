/* Keys of one DTLS 1.0 or 1.2 connection: like decrypt.c, but every record says its own number. */
#ifndef TLSWHY_DTLS_KEYS_H
#define TLSWHY_DTLS_KEYS_H

#include "protection.h"

struct dtls_keys;

/* dtls_keys_new: NULL without a keylog, and then nothing else is to be called. */
struct dtls_keys *dtls_keys_new(const struct keylog *keylog);
void dtls_keys_free(struct dtls_keys *k);			/* NULL allowed */

void dtls_keys_client_hello(struct dtls_keys *k, const struct client_hello *hello);
/* Not of a HelloRetryRequest. */
void dtls_keys_server_hello(struct dtls_keys *k, const struct server_hello *hello);

/* dtls_keys_open opens a record of epoch 1, or says false; `out` has room for its len bytes. */
bool dtls_keys_open(struct dtls_keys *k, enum side from, const struct sealed *record, uint8_t *out,
		    size_t *out_len);

#endif
