/* Digests, where a fingerprint or an identifier is one. */
#ifndef TLSWHY_DIGEST_H
#define TLSWHY_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { MD5_LEN = 16, SHA1_LEN = 20, SHA256_LEN = 32 };

void digest_md5(const void *bytes, size_t len, uint8_t out[MD5_LEN]);
void digest_sha1(const void *bytes, size_t len, uint8_t out[SHA1_LEN]);
void digest_sha256(const void *bytes, size_t len, uint8_t out[SHA256_LEN]);

/* Lower-case hex of `len` bytes, then NUL: 2 * len + 1 characters. */
void digest_hex(const uint8_t *bytes, size_t len, char *out);

#endif
