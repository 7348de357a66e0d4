/*
 * Does this signature fit this key? Asked of wolfCrypt's public-key functions one by one, because
 * they tell "wrong" from "cannot": what the library was built without is NOT_CHECKED.
 */
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/ed448.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/rsa.h>

#include "parse.h"
#include "x509.h"

enum {
	/* F4 has 17 bits. An exponent as long as the modulus costs a thousand times as much. */
	EXPONENT_BITS_MAX = 64,
	RSA_OCTETS_MAX = RSA_MAX_SIZE / 8,
	DIGEST_INFO_MAX = 19 + WC_MAX_DIGEST_SIZE,	/* RFC 8017 9.2, note 1 */
	/* Cross-signing gives a certificate two or three candidates for its issuer. */
	VERDICTS_KEPT = 6
};

struct digest {
	enum wc_HashType type;
	uint8_t at[WC_MAX_DIGEST_SIZE];
	word32 len;
};

void digest_of(const uint8_t *bytes, size_t len, uint8_t out[32])
{
	static const uint8_t nothing[1];

	if (wc_Sha256Hash(bytes ? bytes : nothing, (word32)len, out) != 0)
		memset(out, 0, 32);
}

static enum wc_HashType hash_type_of(enum hash_kind hash)
{
	switch (hash) {
	case HASH_MD5:
		return WC_HASH_TYPE_MD5;
	case HASH_SHA1:
		return WC_HASH_TYPE_SHA;
	case HASH_SHA224:
		return WC_HASH_TYPE_SHA224;
	case HASH_SHA256:
		return WC_HASH_TYPE_SHA256;
	case HASH_SHA384:
		return WC_HASH_TYPE_SHA384;
	case HASH_SHA512:
		return WC_HASH_TYPE_SHA512;
	default:
		return WC_HASH_TYPE_NONE;
	}
}

static int mask_of(enum hash_kind hash)
{
	switch (hash) {
	case HASH_SHA1:
		return WC_MGF1SHA1;
	case HASH_SHA224:
		return WC_MGF1SHA224;
	case HASH_SHA256:
		return WC_MGF1SHA256;
	case HASH_SHA384:
		return WC_MGF1SHA384;
	case HASH_SHA512:
		return WC_MGF1SHA512;
	default:
		return WC_MGF1NONE;
	}
}

static bool digest_make(enum hash_kind hash, struct reader bytes, struct digest *out)
{
	out->type = hash_type_of(hash);
	int len = out->type == WC_HASH_TYPE_NONE ? 0 : wc_HashGetDigestSize(out->type);

	if (len <= 0 || (size_t)len > sizeof(out->at))
		return false;
	out->len = (word32)len;
	return wc_Hash(out->type, bytes.at, (word32)left(&bytes), out->at, out->len) == 0;
}

/* ---- RSA ---- */

static bool rsa_encoding_fits(const struct digest *digest, const uint8_t *opened, int opened_len)
{
	uint8_t expected[DIGEST_INFO_MAX + 16];
	word32 len = wc_EncodeSignature(expected, digest->at, digest->len,
					wc_HashGetOID(digest->type));

	return opened_len > 0 && len == (word32)opened_len && !memcmp(expected, opened, len);
}

static enum signature_check rsa_open(const struct signed_parts *s, const struct digest *digest,
				     RsaKey *key)
{
	uint8_t opened[RSA_OCTETS_MAX];
	uint8_t sealed[RSA_OCTETS_MAX];
	word32 len = (word32)left(&s->signature);

	memcpy(sealed, s->signature.at, len);
	if (s->algorithm.key == KEY_RSA) {
		int got = wc_RsaSSL_Verify(sealed, len, opened, sizeof(opened), key);

		return rsa_encoding_fits(digest, opened, got) ? SIGNATURE_GOOD : SIGNATURE_BAD;
	}
	int mask = mask_of(s->algorithm.mask_hash);
	int salt = (int)s->algorithm.salt_len;

	if (mask == WC_MGF1NONE || s->algorithm.salt_len > RSA_OCTETS_MAX)
		return SIGNATURE_NOT_CHECKED;
	int got = wc_RsaPSS_Verify_ex(sealed, len, opened, sizeof(opened), digest->type, mask, salt, key);

	if (got < 0)
		return SIGNATURE_BAD;
	return wc_RsaPSS_CheckPadding_ex(digest->at, digest->len, opened, (word32)got, digest->type,
					 salt, wc_RsaEncryptSize(key) * 8) == 0
		? SIGNATURE_GOOD : SIGNATURE_BAD;
}

static enum signature_check rsa_check(const struct signed_parts *s, const struct public_key *k)
{
	struct digest digest;
	size_t modulus = left(&k->modulus), exponent = left(&k->exponent);
	RsaKey key;

	if (modulus == 0 || modulus > RSA_OCTETS_MAX || exponent == 0 ||
	    exponent > EXPONENT_BITS_MAX / 8 || !digest_make(s->algorithm.hash, s->covered, &digest))
		return SIGNATURE_NOT_CHECKED;
	/* RFC 8017 8.2.2: a signature of another length than the modulus is invalid. */
	if (left(&s->signature) != modulus)
		return SIGNATURE_BAD;
	if (wc_InitRsaKey(&key, NULL) != 0)
		return SIGNATURE_NOT_CHECKED;
	enum signature_check result = SIGNATURE_NOT_CHECKED;

	if (wc_RsaPublicKeyDecodeRaw(k->modulus.at, (word32)modulus, k->exponent.at, (word32)exponent,
				     &key) == 0)
		result = rsa_open(s, &digest, &key);
	wc_FreeRsaKey(&key);
	return result;
}

/* ---- ECDSA ---- */

static int curve_id_of(const char *curve)
{
	static const struct { const char *name; int id; } rows[] = {
		{ "P-256", ECC_SECP256R1 }, { "P-384", ECC_SECP384R1 }, { "P-521", ECC_SECP521R1 },
		{ "P-224", ECC_SECP224R1 }, { "P-192", ECC_SECP192R1 },
		{ "secp256k1", ECC_SECP256K1 }, { "secp224k1", ECC_SECP224K1 },
		{ "secp192k1", ECC_SECP192K1 }, { "secp160r1", ECC_SECP160R1 },
		{ "secp160k1", ECC_SECP160K1 }, { "secp160r2", ECC_SECP160R2 },
		{ "brainpoolP256r1", ECC_BRAINPOOLP256R1 }, { "brainpoolP320r1", ECC_BRAINPOOLP320R1 },
		{ "brainpoolP384r1", ECC_BRAINPOOLP384R1 }, { "brainpoolP512r1", ECC_BRAINPOOLP512R1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (curve && !strcmp(rows[i].name, curve))
			return rows[i].id;
	return ECC_CURVE_INVALID;
}

static enum signature_check ecdsa_check(const struct signed_parts *s, const struct public_key *k)
{
	struct digest digest;
	int curve = curve_id_of(k->curve);
	ecc_key key;

	if (curve == ECC_CURVE_INVALID || wc_ecc_get_curve_idx(curve) < 0 ||
	    !digest_make(s->algorithm.hash, s->covered, &digest) || wc_ecc_init(&key) != 0)
		return SIGNATURE_NOT_CHECKED;
	enum signature_check result = SIGNATURE_NOT_CHECKED;

	if (wc_ecc_import_x963_ex(k->octets.at, (word32)left(&k->octets), &key, curve) == 0) {
		int fits = 0;
		int failed = wc_ecc_verify_hash(s->signature.at, (word32)left(&s->signature), digest.at,
						digest.len, &fits, &key);

		result = failed == 0 && fits ? SIGNATURE_GOOD : SIGNATURE_BAD;
	}
	wc_ecc_free(&key);
	return result;
}

/* ---- EdDSA ---- */

static enum signature_check ed25519_check(const struct signed_parts *s, const struct public_key *k)
{
	enum signature_check result = SIGNATURE_NOT_CHECKED;
	ed25519_key key;
	int fits = 0;

	if (wc_ed25519_init(&key) != 0)
		return result;
	if (wc_ed25519_import_public(k->octets.at, (word32)left(&k->octets), &key) == 0)
		result = wc_ed25519_verify_msg(s->signature.at, (word32)left(&s->signature),
					       s->covered.at, (word32)left(&s->covered), &fits,
					       &key) == 0 && fits ? SIGNATURE_GOOD : SIGNATURE_BAD;
	wc_ed25519_free(&key);
	return result;
}

static enum signature_check ed448_check(const struct signed_parts *s, const struct public_key *k)
{
	enum signature_check result = SIGNATURE_NOT_CHECKED;
	ed448_key key;
	int fits = 0;

	if (wc_ed448_init(&key) != 0)
		return result;
	if (wc_ed448_import_public(k->octets.at, (word32)left(&k->octets), &key) == 0)
		result = wc_ed448_verify_msg(s->signature.at, (word32)left(&s->signature),
					     s->covered.at, (word32)left(&s->covered), &fits, &key,
					     NULL, 0) == 0 && fits ? SIGNATURE_GOOD : SIGNATURE_BAD;
	wc_ed448_free(&key);
	return result;
}

/* ---- all of them ---- */

bool signed_parts_read(struct reader der, struct signed_parts *out)
{
	struct der_item whole, covered;

	if (!der_expect(&der, DER_SEQUENCE, &whole) ||
	    !der_expect(&whole.body, DER_SEQUENCE, &covered))
		return false;
	out->covered = reader_of(covered.start, covered.len);
	signature_algorithm_read(&whole.body, &out->algorithm);
	if (!der_octets_of_bits(&whole.body, &out->signature))
		return false;
	out->rest = whole.body;
	return true;
}

enum signature_check signed_parts_check(const struct signed_parts *s, struct reader spki)
{
	struct der_item whole;
	struct public_key key;

	if (!der_expect(&spki, DER_SEQUENCE, &whole))
		return SIGNATURE_NOT_CHECKED;
	public_key_read(&whole.body, &key);
	if (!read_ok(&whole.body) || key.type == KEY_UNKNOWN || s->algorithm.key == KEY_UNKNOWN)
		return SIGNATURE_NOT_CHECKED;
	/* A plain RSA key may sign with PSS (RFC 4055 1.2), no other key signs for another type. */
	if (key.type != s->algorithm.key && !(key.type == KEY_RSA && s->algorithm.key == KEY_RSA_PSS))
		return SIGNATURE_BAD;
	switch (key.type) {
	case KEY_RSA:
	case KEY_RSA_PSS:
		return rsa_check(s, &key);
	case KEY_EC:
		return ecdsa_check(s, &key);
	case KEY_ED25519:
		return ed25519_check(s, &key);
	case KEY_ED448:
		return ed448_check(s, &key);
	default:
		return SIGNATURE_NOT_CHECKED;
	}
}

/* ---- one certificate by another, and remembered ---- */

struct verdicts {
	struct {
		uint8_t issuer[32];
		enum signature_check result;
	} at[VERDICTS_KEPT];
	unsigned count;		/* ever made; the oldest gives way */
};

static enum signature_check check_pair(const struct certificate *c, const struct certificate *issuer)
{
	struct signed_parts parts;

	if (!c->der || !issuer->spki || !signed_parts_read(reader_of(c->der, c->der_len), &parts))
		return SIGNATURE_NOT_CHECKED;
	return signed_parts_check(&parts, reader_of(issuer->spki, issuer->spki_len));
}

enum signature_check certificate_check_signature(const struct certificate *c,
						 const struct certificate *issuer)
{
	struct verdicts *made = c->verdicts;

	for (unsigned i = 0; made && i < made->count && i < VERDICTS_KEPT; i++)
		if (!memcmp(made->at[i].issuer, issuer->sha256, sizeof(issuer->sha256)))
			return made->at[i].result;
	enum signature_check result = check_pair(c, issuer);

	if (!made)
		return result;
	unsigned slot = made->count++ % VERDICTS_KEPT;

	memcpy(made->at[slot].issuer, issuer->sha256, sizeof(issuer->sha256));
	made->at[slot].result = result;
	return result;
}

void *verdicts_new(void)
{
	return must(calloc(1, sizeof(struct verdicts)));
}
