/* Key derivation: HKDF as TLS 1.3 and QUIC use it, the PRF of the versions before. */
#ifndef TLSWHY_KDF_H
#define TLSWHY_KDF_H

#include "keylog.h"

/* Where HKDF-Expand-Label puts its prefix: RFC 8446 7.1 (QUIC too), RFC 9147 5.9. */
#define LABEL_TLS13 "tls13 "
#define LABEL_DTLS13 "dtls13"

/*
 * kdf_expand_label is HKDF-Expand-Label (RFC 8446 7.1) with an empty context. The hash follows from
 * the secret's length: SHA-384 for 48 bytes, else SHA-256.
 */
bool kdf_expand_label(uint8_t *out, size_t len, const struct secret *secret, const char *prefix,
		      const char *label);

/* kdf_extract is HKDF-Extract (RFC 5869 2.2) with SHA-256. */
bool kdf_extract(struct secret *out, const uint8_t *salt, size_t salt_len, const uint8_t *material,
		 size_t material_len);

/* kdf_key_block: RFC 5246 6.3, with SHA-256 or SHA-384; before TLS 1.2 the PRF of RFC 2246 5. */
bool kdf_key_block(uint8_t *out, size_t len, const struct secret *master, bool before_tls12,
		   bool sha384, const uint8_t client_random[RANDOM_LEN],
		   const uint8_t server_random[RANDOM_LEN]);

#endif
