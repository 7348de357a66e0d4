/* Authenticated decryption: the one operation that TLS 1.2, TLS 1.3, DTLS and QUIC share. */
#ifndef TLSWHY_AEAD_H
#define TLSWHY_AEAD_H

#include "dissect.h"

enum aead { AEAD_NONE, AEAD_AES_GCM, AEAD_AES_CCM, AEAD_AES_CCM_8, AEAD_CHACHA20_POLY1305 };

enum { AEAD_KEY_MAX = 32, AEAD_NONCE_LEN = 12, AEAD_TAG_MAX = 16 };

struct aead_key {
	enum aead algorithm;
	uint8_t len;
	uint8_t bytes[AEAD_KEY_MAX];
};

/* aead_of: which of them a suite uses and how long its key is; AEAD_NONE if it is none of these. */
enum aead aead_of(const struct cipher_suite *suite, uint8_t *key_len);

/* The authentication tag that ends every ciphertext. */
size_t aead_tag_len(enum aead algorithm);

/*
 * aead_open decrypts and authenticates `in` (ciphertext and tag). `out` has room for in_len bytes
 * and holds *out_len of plaintext afterwards; false when it does not authenticate.
 */
bool aead_open(const struct aead_key *key, const uint8_t nonce[AEAD_NONCE_LEN], const uint8_t *aad,
	       size_t aad_len, const uint8_t *in, size_t in_len, uint8_t *out, size_t *out_len);

/* aead_nonce: iv XOR record or packet number (RFC 8446 5.3, RFC 7905 2, RFC 9001 5.3). */
void aead_nonce(uint8_t out[AEAD_NONCE_LEN], const uint8_t iv[AEAD_NONCE_LEN], uint64_t sequence);

#endif
