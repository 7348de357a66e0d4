#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/hmac.h>
#include <wolfssl/wolfcrypt/kdf.h>

#include "kdf.h"

static const uint8_t *bytes_of(const char *text)
{
	return (const uint8_t *)text;
}

bool kdf_expand_label(uint8_t *out, size_t len, const struct secret *secret, const char *prefix,
		      const char *label)
{
	int hash = secret->len == WC_SHA384_DIGEST_SIZE ? WC_SHA384 : WC_SHA256;

	return wc_Tls13_HKDF_Expand_Label(out, (word32)len, secret->bytes, secret->len,
					  bytes_of(prefix), (word32)strlen(prefix),
					  bytes_of(label), (word32)strlen(label),
					  NULL, 0, hash) == 0;
}

bool kdf_extract(struct secret *out, const uint8_t *salt, size_t salt_len, const uint8_t *material,
		 size_t material_len)
{
	out->len = WC_SHA256_DIGEST_SIZE;
	return wc_HKDF_Extract(WC_SHA256, salt, (word32)salt_len, material, (word32)material_len,
			       out->bytes) == 0;
}

bool kdf_key_block(uint8_t *out, size_t len, const struct secret *master, bool before_tls12,
		   bool sha384, const uint8_t client_random[RANDOM_LEN],
		   const uint8_t server_random[RANDOM_LEN])
{
	static const char label[] = "key expansion";
	uint8_t seed[2 * RANDOM_LEN];

	memcpy(seed, server_random, RANDOM_LEN);
	memcpy(seed + RANDOM_LEN, client_random, RANDOM_LEN);
	return wc_PRF_TLS(out, (word32)len, master->bytes, master->len, bytes_of(label),
			  sizeof(label) - 1, seed, sizeof(seed), !before_tls12,
			  sha384 ? sha384_mac : sha256_mac, NULL, INVALID_DEVID) == 0;
}
