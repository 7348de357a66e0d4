#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/chacha.h>
#include <wolfssl/wolfcrypt/chacha20_poly1305.h>

#include <stdlib.h>

#include "support.h"
#include "support_seal.h"

static void seal_aes(const struct aead_key *key, const uint8_t *nonce, const uint8_t *aad, word32 aad_len,
		     const uint8_t *plain, word32 len, uint8_t *out, word32 tag_len)
{
	bool gcm = key->algorithm == AEAD_AES_GCM;
	Aes aes;
	int failed = wc_AesInit(&aes, NULL, INVALID_DEVID);

	if (!failed)
		failed = gcm ? wc_AesGcmSetKey(&aes, key->bytes, key->len) : wc_AesCcmSetKey(&aes, key->bytes, key->len);
	if (!failed)
		failed = (gcm ? wc_AesGcmEncrypt : wc_AesCcmEncrypt)(&aes, out, plain, len, nonce, AEAD_NONCE_LEN,
								     out + len, tag_len, aad, aad_len);
	claim(!failed, "what we seal can be sealed");
	wc_AesFree(&aes);
}

size_t aead_seal(const struct aead_key *key, const uint8_t nonce[AEAD_NONCE_LEN], const uint8_t *aad,
		 size_t aad_len, const uint8_t *plain, size_t len, uint8_t *out)
{
	size_t tag_len = aead_tag_len(key->algorithm);

	if (key->algorithm == AEAD_CHACHA20_POLY1305)
		claim(!wc_ChaCha20Poly1305_Encrypt(key->bytes, nonce, aad, (word32)aad_len, plain, (word32)len,
						   out, out + len), "what we seal can be sealed");
	else
		seal_aes(key, nonce, aad, (word32)aad_len, plain, (word32)len, out, (word32)tag_len);
	return len + tag_len;
}

static size_t put_number(uint8_t *out, uint64_t value, int octets)
{
	for (int i = 0; i < octets; i++)
		out[i] = (uint8_t)(value >> (8 * (octets - 1 - i)));
	return (size_t)octets;
}

size_t record_header(const struct generic_header *header, size_t fragment_len, uint8_t *out)
{
	size_t n = 0;

	out[n++] = header->type;
	n += put_number(out + n, header->version, 2);
	if (header->version >= 0xfe00)
		n += put_number(out + n, header->sequence, 8);
	return n + put_number(out + n, fragment_len, 2);
}

/* TLSInnerPlaintext, RFC 8446 5.2. */
static size_t seal_tls13(const struct protection *p, const struct generic_header *header, const uint8_t *plain,
			 size_t len, uint8_t *out)
{
	struct generic_header outer = { header->sequence, CONTENT_APPLICATION_DATA, 0x0303 };
	uint8_t nonce[AEAD_NONCE_LEN], *inner = calloc(1, len + 1);
	size_t n = record_header(&outer, len + 1 + aead_tag_len(p->aead.algorithm), out);

	claim(inner, "there is memory");
	if (len)
		memcpy(inner, plain, len);
	inner[len] = header->type;
	aead_nonce(nonce, p->iv, header->sequence);
	n += aead_seal(&p->aead, nonce, out, n, inner, len + 1, out + n);
	free(inner);
	return n;
}

/* GenericAEADCipher, RFC 5246 6.2.3.3: the explicit part of the nonce is the record's number. */
static size_t seal_tls12(const struct protection *p, const struct generic_header *header, const uint8_t *plain,
			 size_t len, uint8_t *out)
{
	size_t explicit_len = p->explicit_nonce;
	size_t n = record_header(header, explicit_len + len + aead_tag_len(p->aead.algorithm), out);
	uint8_t nonce[AEAD_NONCE_LEN], aad[13];

	memcpy(nonce, p->iv, sizeof(nonce));
	if (explicit_len)
		put_number(nonce + sizeof(nonce) - explicit_len, header->sequence, (int)explicit_len);
	else
		aead_nonce(nonce, p->iv, header->sequence);
	memcpy(out + n, nonce + sizeof(nonce) - explicit_len, explicit_len);
	n += explicit_len;
	generic_prefix(aad, header, len);
	return n + aead_seal(&p->aead, nonce, aad, sizeof(aad), plain, len, out + n);
}

size_t record_seal(const struct protection *p, const struct generic_header *header, const uint8_t *plain,
		   size_t len, uint8_t *out)
{
	return (p->tls13 ? seal_tls13 : seal_tls12)(p, header, plain, len, out);
}

/* RFC 9001 5.4. */
static void mask_header(const struct quic_keys *keys, const uint8_t *sample, uint8_t mask[16])
{
	Aes aes;
	ChaCha chacha;
	static const uint8_t zeros[5];
	uint32_t counter = (uint32_t)sample[0] | (uint32_t)sample[1] << 8 | (uint32_t)sample[2] << 16 |
		(uint32_t)sample[3] << 24;

	if (keys->aead.algorithm == AEAD_CHACHA20_POLY1305) {
		claim(!wc_Chacha_SetKey(&chacha, keys->hp, keys->aead.len) &&
		      !wc_Chacha_SetIV(&chacha, sample + 4, counter) &&
		      !wc_Chacha_Process(&chacha, mask, zeros, sizeof(zeros)), "a header can be masked");
		return;
	}
	claim(!wc_AesInit(&aes, NULL, INVALID_DEVID) &&
	      !wc_AesSetKeyDirect(&aes, keys->hp, keys->aead.len, NULL, AES_ENCRYPTION) &&
	      !wc_AesEncryptDirect(&aes, mask, sample), "a header can be masked");
	wc_AesFree(&aes);
}

size_t packet_seal(const struct quic_keys *keys, const uint8_t *header, size_t header_len, uint16_t number,
		   const uint8_t *frames, size_t len, uint8_t *out)
{
	uint8_t nonce[AEAD_NONCE_LEN], mask[16], *at = out + header_len;
	size_t sealed;

	memcpy(out, header, header_len);
	out[0] = (uint8_t)((out[0] & ~3) | 1);		/* two bytes of number */
	at[0] = (uint8_t)(number >> 8);
	at[1] = (uint8_t)number;
	aead_nonce(nonce, keys->iv, number);
	sealed = aead_seal(&keys->aead, nonce, out, header_len + 2, frames, len, at + 2);
	mask_header(keys, at + 4, mask);
	out[0] ^= mask[0] & (out[0] & 0x80 ? 0x0f : 0x1f);
	at[0] ^= mask[1];
	at[1] ^= mask[2];
	return header_len + 2 + sealed;
}
