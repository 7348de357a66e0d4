#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/chacha20_poly1305.h>

#include "aead.h"

enum aead aead_of(const struct cipher_suite *suite, uint8_t *key_len)
{
	*key_len = (uint8_t)(suite->key_bits / 8);
	if (suite->mode == MODE_CHACHA)
		return AEAD_CHACHA20_POLY1305;
	if (strncmp(suite->cipher, "AES_", 4) != 0)
		return AEAD_NONE;
	switch (suite->mode) {
	case MODE_GCM:
		return AEAD_AES_GCM;
	case MODE_CCM:
		return AEAD_AES_CCM;
	case MODE_CCM8:
		return AEAD_AES_CCM_8;
	default:
		return AEAD_NONE;
	}
}

size_t aead_tag_len(enum aead algorithm)
{
	return algorithm == AEAD_AES_CCM_8 ? 8 : AEAD_TAG_MAX;
}

static bool open_gcm(const struct aead_key *key, const uint8_t *nonce, const uint8_t *aad,
		     size_t aad_len, const uint8_t *in, size_t len, const uint8_t *tag,
		     uint8_t *out)
{
	Aes aes;

	if (wc_AesInit(&aes, NULL, INVALID_DEVID) != 0)
		return false;
	bool opened = wc_AesGcmSetKey(&aes, key->bytes, key->len) == 0 &&
		      wc_AesGcmDecrypt(&aes, out, in, (word32)len, nonce, AEAD_NONCE_LEN, tag,
				       AEAD_TAG_MAX, aad, (word32)aad_len) == 0;
	wc_AesFree(&aes);
	return opened;
}

static bool open_ccm(const struct aead_key *key, const uint8_t *nonce, const uint8_t *aad,
		     size_t aad_len, const uint8_t *in, size_t len, const uint8_t *tag,
		     uint8_t *out)
{
	Aes aes;

	if (wc_AesInit(&aes, NULL, INVALID_DEVID) != 0)
		return false;
	word32 tag_len = (word32)aead_tag_len(key->algorithm);
	bool opened = wc_AesCcmSetKey(&aes, key->bytes, key->len) == 0 &&
		      wc_AesCcmDecrypt(&aes, out, in, (word32)len, nonce, AEAD_NONCE_LEN, tag,
				       tag_len, aad, (word32)aad_len) == 0;
	wc_AesFree(&aes);
	return opened;
}

bool aead_open(const struct aead_key *key, const uint8_t nonce[AEAD_NONCE_LEN], const uint8_t *aad,
	       size_t aad_len, const uint8_t *in, size_t in_len, uint8_t *out, size_t *out_len)
{
	size_t tag_len = aead_tag_len(key->algorithm);
	if (in_len < tag_len)
		return false;
	size_t len = in_len - tag_len;
	struct reader all = reader_of(in, in_len);
	const uint8_t *text = take(&all, len);
	const uint8_t *tag = take(&all, tag_len);
	*out_len = len;
	switch (key->algorithm) {
	case AEAD_AES_GCM:
		return open_gcm(key, nonce, aad, aad_len, text, len, tag, out);
	case AEAD_AES_CCM:
	case AEAD_AES_CCM_8:
		return open_ccm(key, nonce, aad, aad_len, text, len, tag, out);
	case AEAD_CHACHA20_POLY1305:
		return wc_ChaCha20Poly1305_Decrypt(key->bytes, nonce, aad, (word32)aad_len, text,
						   (word32)len, tag, out) == 0;
	case AEAD_NONE:
		break;
	}
	return false;
}

void aead_nonce(uint8_t out[AEAD_NONCE_LEN], const uint8_t iv[AEAD_NONCE_LEN], uint64_t sequence)
{
	memcpy(out, iv, AEAD_NONCE_LEN);
	for (size_t i = 0; i < sizeof(sequence); i++)
		out[AEAD_NONCE_LEN - 1 - i] ^= (uint8_t)(sequence >> (8 * i));
}
