#include "generic.h"

#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/camellia.h>
#include <wolfssl/wolfcrypt/des3.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/hmac.h>

enum { TRUNCATED_MAC_LEN = 10 };	/* RFC 6066 7 */

static enum generic_cipher cipher_named(const char *name, uint8_t *key_len)
{
	static const struct {
		const char *name;
		enum generic_cipher cipher;
		uint8_t key_len;
	} ciphers[] = {
		{ "NULL", GENERIC_NULL, 0 }, { "RC4_128", GENERIC_RC4, 16 },
		{ "3DES_EDE_CBC", GENERIC_3DES, 24 },
		{ "AES_128_CBC", GENERIC_AES, 16 }, { "AES_256_CBC", GENERIC_AES, 32 },
		{ "CAMELLIA_128_CBC", GENERIC_CAMELLIA, 16 },
		{ "CAMELLIA_256_CBC", GENERIC_CAMELLIA, 32 },
	};
	for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
		if (strcmp(ciphers[i].name, name) == 0) {
			*key_len = ciphers[i].key_len;
			return ciphers[i].cipher;
		}
	}
	return GENERIC_NONE;
}

static int hash_of(const struct generic_keys *keys)
{
	switch (keys->mac_key_len) {
	case WC_MD5_DIGEST_SIZE:
		return WC_MD5;
	case WC_SHA_DIGEST_SIZE:
		return WC_SHA;
	case WC_SHA256_DIGEST_SIZE:
		return WC_SHA256;
	case WC_SHA384_DIGEST_SIZE:
		return WC_SHA384;
	default:
		return WC_HASH_TYPE_NONE;
	}
}

void generic_of(struct generic_keys *keys, const struct cipher_suite *suite, uint16_t version,
		bool encrypt_then_mac, bool truncated_hmac)
{
	bool is_block = suite->mode == MODE_CBC;

	memset(keys, 0, sizeof(*keys));
	keys->cipher = cipher_named(suite->cipher, &keys->key_len);
	keys->mac_key_len = suite->mac_or_tag_len;
	keys->mac_len = truncated_hmac ? TRUNCATED_MAC_LEN : suite->mac_or_tag_len;
	keys->block = is_block ? suite->block : 0;
	keys->encrypt_then_mac = encrypt_then_mac && is_block;
	keys->chained_iv = is_block && version == 0x0301;
	bool fits = hash_of(keys) != WC_HASH_TYPE_NONE && keys->block <= GENERIC_BLOCK_MAX;
	if (!fits || (is_block && keys->block == 0))
		keys->cipher = GENERIC_NONE;
}

void generic_start(struct generic_keys *keys)
{
	if (keys->cipher == GENERIC_RC4 &&
	    (wc_Arc4Init(&keys->rc4, NULL, INVALID_DEVID) != 0 ||
	     wc_Arc4SetKey(&keys->rc4, keys->key, keys->key_len) != 0))
		keys->cipher = GENERIC_NONE;
}

/* ---- ciphers -------------------------------------------------------------------------------- */

static bool decrypt_aes(const struct generic_keys *keys, const uint8_t *iv, const uint8_t *in,
			size_t len, uint8_t *out)
{
	Aes aes;

	if (wc_AesInit(&aes, NULL, INVALID_DEVID) != 0)
		return false;
	bool done = wc_AesSetKey(&aes, keys->key, keys->key_len, iv, AES_DECRYPTION) == 0 &&
		    wc_AesCbcDecrypt(&aes, out, in, (word32)len) == 0;
	wc_AesFree(&aes);
	return done;
}

static bool decrypt_3des(const struct generic_keys *keys, const uint8_t *iv, const uint8_t *in,
			 size_t len, uint8_t *out)
{
	Des3 des;

	if (wc_Des3Init(&des, NULL, INVALID_DEVID) != 0)
		return false;
	bool done = wc_Des3_SetKey(&des, keys->key, iv, DES_DECRYPTION) == 0 &&
		    wc_Des3_CbcDecrypt(&des, out, in, (word32)len) == 0;
	wc_Des3Free(&des);
	return done;
}

static bool decrypt_camellia(const struct generic_keys *keys, const uint8_t *iv, const uint8_t *in,
			     size_t len, uint8_t *out)
{
	Camellia camellia;

	return wc_CamelliaSetKey(&camellia, keys->key, keys->key_len, iv) == 0 &&
	       wc_CamelliaCbcDecrypt(&camellia, out, in, (word32)len) == 0;
}

static bool decrypt_blocks(const struct generic_keys *keys, const uint8_t *iv, const uint8_t *in,
			   size_t len, uint8_t *out)
{
	if (len == 0 || len % keys->block)
		return false;
	switch (keys->cipher) {
	case GENERIC_AES:
		return decrypt_aes(keys, iv, in, len, out);
	case GENERIC_3DES:
		return decrypt_3des(keys, iv, in, len, out);
	case GENERIC_CAMELLIA:
		return decrypt_camellia(keys, iv, in, len, out);
	default:
		return false;
	}
}

/* ---- MAC ------------------------------------------------------------------------------------ */

void generic_prefix(uint8_t out[13], const struct generic_header *header, size_t len)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(header->sequence >> (56 - 8 * i));
	out[8] = header->type;
	out[9] = (uint8_t)(header->version >> 8);
	out[10] = (uint8_t)header->version;
	out[11] = (uint8_t)(len >> 8);
	out[12] = (uint8_t)len;
}

static bool mac_verifies(const struct generic_keys *keys, const struct generic_header *header,
			 const uint8_t *content, size_t len, const uint8_t *mac)
{
	Hmac hmac;
	uint8_t prefix[13], digest[WC_MAX_DIGEST_SIZE];

	generic_prefix(prefix, header, len);
	if (wc_HmacInit(&hmac, NULL, INVALID_DEVID) != 0)
		return false;
	bool done = wc_HmacSetKey(&hmac, hash_of(keys), keys->mac_key, keys->mac_key_len) == 0 &&
		    wc_HmacUpdate(&hmac, prefix, sizeof(prefix)) == 0 &&
		    wc_HmacUpdate(&hmac, content, (word32)len) == 0 &&
		    wc_HmacFinal(&hmac, digest) == 0;
	wc_HmacFree(&hmac);
	return done && memcmp(digest, mac, keys->mac_len) == 0;
}

/* ---- records -------------------------------------------------------------------------------- */

/* Content and MAC, one after the other. */
static bool split_mac(const struct generic_keys *keys, const struct generic_header *header,
		      const uint8_t *bytes, size_t len, size_t *content_len)
{
	if (len < keys->mac_len)
		return false;
	struct reader all = reader_of(bytes, len);
	const uint8_t *content = take(&all, len - keys->mac_len);
	*content_len = len - keys->mac_len;
	return mac_verifies(keys, header, content, *content_len, take(&all, keys->mac_len));
}

static bool open_stream(struct generic_keys *keys, const struct generic_header *header,
			const uint8_t *in, size_t len, uint8_t *out, size_t *out_len)
{
	if (!len)
		return false;
	if (keys->cipher == GENERIC_NULL)
		memcpy(out, in, len);
	else if (wc_Arc4Process(&keys->rc4, out, in, (word32)len) != 0)
		return false;
	return split_mac(keys, header, out, len, out_len);
}

/* Padding and its length byte all hold the same number (RFC 5246 6.2.3.2). */
static bool strip_padding(const uint8_t *bytes, size_t *len)
{
	struct reader last = reader_of(bytes, *len);
	take(&last, *len - 1);
	size_t padding = (size_t)take_u8(&last) + 1;
	if (*len < padding)
		return false;
	struct reader tail = reader_of(bytes, *len);
	take(&tail, *len - padding);
	while (more(&tail)) {
		if (take_u8(&tail) != padding - 1)
			return false;
	}
	*len -= padding;
	return true;
}

/* The IV of this record; where IVs chain, its last block of ciphertext is the next one's. */
static bool take_iv(struct generic_keys *keys, struct reader *fragment,
		    uint8_t iv[GENERIC_BLOCK_MAX])
{
	struct reader last = *fragment;
	const uint8_t *from = keys->chained_iv ? keys->iv : take(fragment, keys->block);
	if (!from)
		return false;
	memcpy(iv, from, keys->block);
	if (keys->chained_iv && left(&last) >= keys->block) {
		take(&last, left(&last) - keys->block);
		memcpy(keys->iv, take(&last, keys->block), keys->block);
	}
	return true;
}

static bool open_encrypt_then_mac(struct generic_keys *keys, const struct generic_header *header,
				  const uint8_t *in, size_t len, uint8_t *out, size_t *out_len)
{
	if (len < keys->mac_len)
		return false;
	struct reader all = reader_of(in, len);
	struct reader fragment = take_reader(&all, len - keys->mac_len);
	struct reader covered = fragment;
	uint8_t iv[GENERIC_BLOCK_MAX];
	if (!take_iv(keys, &fragment, iv) ||
	    !mac_verifies(keys, header, covered.at, left(&covered), take(&all, keys->mac_len)))
		return false;
	*out_len = left(&fragment);
	return decrypt_blocks(keys, iv, fragment.at, *out_len, out) && strip_padding(out, out_len);
}

static bool open_mac_then_encrypt(struct generic_keys *keys, const struct generic_header *header,
				  const uint8_t *in, size_t len, uint8_t *out, size_t *out_len)
{
	struct reader fragment = reader_of(in, len);
	uint8_t iv[GENERIC_BLOCK_MAX];

	if (!take_iv(keys, &fragment, iv))
		return false;
	size_t plain = left(&fragment);
	return decrypt_blocks(keys, iv, fragment.at, plain, out) && strip_padding(out, &plain) &&
	       split_mac(keys, header, out, plain, out_len);
}

bool generic_open(struct generic_keys *keys, const struct generic_header *header, const uint8_t *in,
		  size_t len, uint8_t *out, size_t *out_len)
{
	if (keys->cipher == GENERIC_NONE)
		return false;
	if (!keys->block)
		return open_stream(keys, header, in, len, out, out_len);
	if (keys->encrypt_then_mac)
		return open_encrypt_then_mac(keys, header, in, len, out, out_len);
	return open_mac_then_encrypt(keys, header, in, len, out, out_len);
}
