#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/chacha.h>

#include <stdlib.h>

#include "parse.h"
#include "quic_keys.h"

/* RFC 9001 5.2, RFC 9369 3.3.1, the drafts before them from 17 on, Facebook's and Google's. */
static const struct quic_version versions[] = {
	{ 0x00000001, 0x00000001, false,
	  { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
	    0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a } },
	{ 0x54303530, 0x54303530, false,
	  { 0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80,
	    0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83, 0x10 } },
	{ 0x54303531, 0x54303531, false,
	  { 0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50,
	    0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d } },
	{ 0x6b3343cf, 0x6b3343cf, true,
	  { 0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
	    0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9 } },
	{ 0x709a50c4, 0x709a50c4, true,
	  { 0xa7, 0x07, 0xc2, 0x03, 0xa5, 0x9b, 0x47, 0x18, 0x4a, 0x1d,
	    0x62, 0xca, 0x57, 0x04, 0x06, 0xea, 0x7a, 0xe3, 0xe5, 0xd3 } },
	{ 0xfaceb001, 0xfaceb001, false,
	  { 0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a,
	    0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a } },
	{ 0xfaceb002, 0xfaceb002, false,
	  { 0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
	    0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02 } },
	{ 0xff000011, 0xff000014, false,
	  { 0xef, 0x4f, 0xb0, 0xab, 0xb4, 0x74, 0x70, 0xc4, 0x1b, 0xef,
	    0xcf, 0x80, 0x31, 0x33, 0x4f, 0xae, 0x48, 0x5e, 0x09, 0xa0 } },
	{ 0xff000015, 0xff000016, false,
	  { 0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a,
	    0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a } },
	{ 0xff000017, 0xff00001c, false,
	  { 0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
	    0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02 } },
	{ 0xff00001d, 0xff000020, false,
	  { 0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
	    0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99 } },
	{ 0xff000021, 0xff000022, false,
	  { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
	    0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a } },
	{ 0xff020000, 0xff020000, true,
	  { 0xa7, 0x07, 0xc2, 0x03, 0xa5, 0x9b, 0x47, 0x18, 0x4a, 0x1d,
	    0x62, 0xca, 0x57, 0x04, 0x06, 0xea, 0x7a, 0xe3, 0xe5, 0xd3 } },
};

const struct quic_version *quic_version(uint32_t number)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		if (number >= versions[i].first && number <= versions[i].last)
			return &versions[i];
	}
	return NULL;
}

/* ---- keys ----------------------------------------------------------------------------------- */

static bool derive(struct quic_keys *out, const struct quic_version *version,
		   const struct secret *secret)
{
	const char *prefix = LABEL_TLS13;
	size_t len = out->aead.len;

	out->largest = 0;
	if (version->v2)
		return kdf_expand_label(out->aead.bytes, len, secret, prefix, "quicv2 key") &&
		       kdf_expand_label(out->iv, sizeof(out->iv), secret, prefix, "quicv2 iv") &&
		       kdf_expand_label(out->hp, len, secret, prefix, "quicv2 hp");
	return kdf_expand_label(out->aead.bytes, len, secret, prefix, "quic key") &&
	       kdf_expand_label(out->iv, sizeof(out->iv), secret, prefix, "quic iv") &&
	       kdf_expand_label(out->hp, len, secret, prefix, "quic hp");
}

static bool derive_initial(struct quic_keys *out, const struct quic_version *version,
			   const struct secret *initial, const char *label)
{
	struct secret secret = { .len = 32 };

	out->aead.algorithm = AEAD_AES_GCM;
	out->aead.len = 16;
	return kdf_expand_label(secret.bytes, secret.len, initial, LABEL_TLS13, label) &&
	       derive(out, version, &secret);
}

bool quic_initial_keys(struct quic_keys *of_client, struct quic_keys *of_server,
		       const struct quic_version *version, const struct quic_cid *cid)
{
	struct secret initial;

	return kdf_extract(&initial, version->salt, sizeof(version->salt), cid->bytes, cid->len) &&
	       derive_initial(of_client, version, &initial, "client in") &&
	       derive_initial(of_server, version, &initial, "server in");
}

bool quic_traffic_keys(struct quic_keys *out, const struct quic_version *version,
		       const struct cipher_suite *suite, const struct secret *secret)
{
	out->aead.algorithm = aead_of(suite, &out->aead.len);
	/* CCM with a short tag is not for QUIC (RFC 9001 5.3). */
	if (out->aead.algorithm == AEAD_NONE || out->aead.algorithm == AEAD_AES_CCM_8 ||
	    secret->len != (suite->sha384 ? 48 : 32))
		return false;
	return derive(out, version, secret);
}

/* ---- packets -------------------------------------------------------------------------------- */

static bool mask_aes(const struct quic_keys *keys, const uint8_t *sample, uint8_t mask[16])
{
	Aes aes;

	if (wc_AesInit(&aes, NULL, INVALID_DEVID) != 0)
		return false;
	bool done = wc_AesSetKeyDirect(&aes, keys->hp, keys->aead.len, NULL, AES_ENCRYPTION) == 0 &&
		    wc_AesEncryptDirect(&aes, mask, sample) == 0;
	wc_AesFree(&aes);
	return done;
}

/* RFC 9001 5.4.4: the sample is the block counter, little-endian, and the nonce. */
static bool mask_chacha(const struct quic_keys *keys, const uint8_t *sample, uint8_t mask[16])
{
	static const uint8_t zeros[5];
	struct reader r = reader_of(sample, QUIC_SAMPLE_LEN);
	uint32_t counter = take_u32_le(&r);
	ChaCha chacha;

	return wc_Chacha_SetKey(&chacha, keys->hp, keys->aead.len) == 0 &&
	       wc_Chacha_SetIV(&chacha, take(&r, AEAD_NONCE_LEN), counter) == 0 &&
	       wc_Chacha_Process(&chacha, mask, zeros, sizeof(zeros)) == 0;
}

/* RFC 9000 A.3: the number nearest to the next expected one that ends in these bits. */
static uint64_t whole_number(uint64_t largest, uint64_t truncated, size_t len)
{
	uint64_t window = UINT64_C(1) << (8 * len);
	uint64_t expected = largest + 1;
	uint64_t candidate = (expected & ~(window - 1)) | truncated;

	if (candidate + window / 2 <= expected)
		return candidate + window;
	if (candidate > expected + window / 2 && candidate >= window)
		return candidate - window;
	return candidate;
}

/* Puts the unprotected first byte and number into `header`; the number's length, 0 on failure. */
static size_t unprotect(const struct quic_keys *keys, const struct quic_sealed *packet,
			uint8_t *header, uint64_t *number)
{
	struct reader rest = packet->rest;
	uint8_t mask[QUIC_SAMPLE_LEN];

	take(&rest, 4);			/* the sample's place takes the number to be that long */
	const uint8_t *sample = take(&rest, QUIC_SAMPLE_LEN);
	if (!sample)
		return 0;
	bool is_chacha = keys->aead.algorithm == AEAD_CHACHA20_POLY1305;
	if (!(is_chacha ? mask_chacha : mask_aes)(keys, sample, mask))
		return 0;
	bool is_long = header[0] & 0x80;
	header[0] ^= mask[0] & (is_long ? 0x0f : 0x1f);
	size_t len = (size_t)(header[0] & 0x03) + 1;
	struct reader protected_number = packet->rest;
	*number = 0;
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = take_u8(&protected_number) ^ mask[1 + i];
		header[packet->header_len + i] = byte;
		*number = *number << 8 | byte;
	}
	*number = whole_number(keys->largest, *number, len);
	return len;
}

bool quic_open(struct quic_keys *keys, const struct quic_sealed *packet, uint8_t *out,
	       size_t *out_len)
{
	enum { NUMBER_MAX = 4 };
	uint8_t *header = must(malloc(packet->header_len + NUMBER_MAX));
	uint8_t nonce[AEAD_NONCE_LEN];
	uint64_t number = 0;

	memcpy(header, packet->header, packet->header_len);
	size_t number_len = unprotect(keys, packet, header, &number);
	struct reader sealed = packet->rest;
	take(&sealed, number_len);
	aead_nonce(nonce, keys->iv, number);
	bool opened = number_len && aead_open(&keys->aead, nonce, header,
					      packet->header_len + number_len, sealed.at,
					      left(&sealed), out, out_len);
	if (opened && number > keys->largest)
		keys->largest = number;
	free(header);
	return opened;
}
