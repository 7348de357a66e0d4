/* Object identifiers of keys and signatures, and what goes with them. */
#include "algorithm.h"

#include <stdio.h>

struct signature_row {
	const char *oid, *name;
	enum key_type key;
	enum hash_kind hash;
};

static const char rsassa_pss[] = "1.2.840.113549.1.1.10";

static const struct signature_row signature_rows[] = {
	{ "1.2.840.113549.1.1.2", "md2WithRSAEncryption", KEY_RSA, HASH_MD2 },
	{ "1.2.840.113549.1.1.4", "md5WithRSAEncryption", KEY_RSA, HASH_MD5 },
	{ "1.2.840.113549.1.1.5", "sha1WithRSAEncryption", KEY_RSA, HASH_SHA1 },
	{ "1.2.840.113549.1.1.14", "sha224WithRSAEncryption", KEY_RSA, HASH_SHA224 },
	{ "1.2.840.113549.1.1.11", "sha256WithRSAEncryption", KEY_RSA, HASH_SHA256 },
	{ "1.2.840.113549.1.1.12", "sha384WithRSAEncryption", KEY_RSA, HASH_SHA384 },
	{ "1.2.840.113549.1.1.13", "sha512WithRSAEncryption", KEY_RSA, HASH_SHA512 },
	{ "1.3.14.3.2.3", "md5WithRSA", KEY_RSA, HASH_MD5 },
	{ "1.3.14.3.2.29", "sha1WithRSASignature", KEY_RSA, HASH_SHA1 },
	{ rsassa_pss, "RSASSA-PSS", KEY_RSA_PSS, HASH_SHA1 },
	{ "1.2.840.10045.4.1", "ecdsa-with-SHA1", KEY_EC, HASH_SHA1 },
	{ "1.2.840.10045.4.3.1", "ecdsa-with-SHA224", KEY_EC, HASH_SHA224 },
	{ "1.2.840.10045.4.3.2", "ecdsa-with-SHA256", KEY_EC, HASH_SHA256 },
	{ "1.2.840.10045.4.3.3", "ecdsa-with-SHA384", KEY_EC, HASH_SHA384 },
	{ "1.2.840.10045.4.3.4", "ecdsa-with-SHA512", KEY_EC, HASH_SHA512 },
	{ "1.2.840.10040.4.3", "dsa-with-sha1", KEY_DSA, HASH_SHA1 },
	{ "1.3.14.3.2.27", "dsaWithSHA1", KEY_DSA, HASH_SHA1 },
	{ "2.16.840.1.101.3.4.3.1", "dsa-with-sha224", KEY_DSA, HASH_SHA224 },
	{ "2.16.840.1.101.3.4.3.2", "dsa-with-sha256", KEY_DSA, HASH_SHA256 },
	{ "1.3.101.112", "Ed25519", KEY_ED25519, HASH_INTRINSIC },
	{ "1.3.101.113", "Ed448", KEY_ED448, HASH_INTRINSIC },
	{ "1.2.156.10197.1.501", "SM2-with-SM3", KEY_UNKNOWN, HASH_UNKNOWN },
	{ "1.2.643.7.1.1.3.2", "GOST R 34.10-2012 (256 bit)", KEY_UNKNOWN, HASH_UNKNOWN },
	{ "1.2.643.7.1.1.3.3", "GOST R 34.10-2012 (512 bit)", KEY_UNKNOWN, HASH_UNKNOWN },
	{ "2.16.840.1.101.3.4.3.17", "ML-DSA-44", KEY_POST_QUANTUM, HASH_INTRINSIC },
	{ "2.16.840.1.101.3.4.3.18", "ML-DSA-65", KEY_POST_QUANTUM, HASH_INTRINSIC },
	{ "2.16.840.1.101.3.4.3.19", "ML-DSA-87", KEY_POST_QUANTUM, HASH_INTRINSIC },
	{ "2.16.840.1.101.3.4.3.20", "SLH-DSA-SHA2-128s", KEY_POST_QUANTUM, HASH_INTRINSIC },
	{ "2.16.840.1.101.3.4.3.21", "SLH-DSA-SHA2-128f", KEY_POST_QUANTUM, HASH_INTRINSIC },
	{ "2.16.840.1.101.3.4.3.22", "SLH-DSA-SHA2-192s", KEY_POST_QUANTUM, HASH_INTRINSIC },
	{ "2.16.840.1.101.3.4.3.23", "SLH-DSA-SHA2-192f", KEY_POST_QUANTUM, HASH_INTRINSIC },
	{ "2.16.840.1.101.3.4.3.24", "SLH-DSA-SHA2-256s", KEY_POST_QUANTUM, HASH_INTRINSIC },
	{ "2.16.840.1.101.3.4.3.25", "SLH-DSA-SHA2-256f", KEY_POST_QUANTUM, HASH_INTRINSIC },
	{ "2.16.840.1.101.3.4.3.26", "SLH-DSA-SHAKE-128s", KEY_POST_QUANTUM, HASH_INTRINSIC },
	{ "2.16.840.1.101.3.4.3.27", "SLH-DSA-SHAKE-128f", KEY_POST_QUANTUM, HASH_INTRINSIC },
	{ "2.16.840.1.101.3.4.3.28", "SLH-DSA-SHAKE-192s", KEY_POST_QUANTUM, HASH_INTRINSIC },
	{ "2.16.840.1.101.3.4.3.29", "SLH-DSA-SHAKE-192f", KEY_POST_QUANTUM, HASH_INTRINSIC },
	{ "2.16.840.1.101.3.4.3.30", "SLH-DSA-SHAKE-256s", KEY_POST_QUANTUM, HASH_INTRINSIC },
	{ "2.16.840.1.101.3.4.3.31", "SLH-DSA-SHAKE-256f", KEY_POST_QUANTUM, HASH_INTRINSIC },
};

/* Arcs below which there are only post-quantum algorithms: Dilithium and others as they were numbered
 * before the standards, and the drafts' composites with a classic one. */
static const char *const post_quantum_arcs[] = {
	"1.3.6.1.4.1.2.267.", "1.3.9999.", "2.16.840.1.114027.80.8.1.", "2.16.840.1.114027.80.9.1.",
};

struct hash_row {
	const char *oid;
	enum hash_kind hash;
};

static const struct hash_row hash_rows[] = {
	{ "1.2.840.113549.2.5", HASH_MD5 },
	{ "1.3.14.3.2.26", HASH_SHA1 },
	{ "2.16.840.1.101.3.4.2.4", HASH_SHA224 },
	{ "2.16.840.1.101.3.4.2.1", HASH_SHA256 },
	{ "2.16.840.1.101.3.4.2.2", HASH_SHA384 },
	{ "2.16.840.1.101.3.4.2.3", HASH_SHA512 },
};

static const struct signature_row *signature_row(const char *oid)
{
	for (size_t i = 0; i < sizeof(signature_rows) / sizeof(*signature_rows); i++)
		if (!strcmp(signature_rows[i].oid, oid))
			return &signature_rows[i];
	return NULL;
}

static bool is_post_quantum(const char *oid)
{
	const struct signature_row *row = signature_row(oid);

	for (size_t i = 0; i < sizeof(post_quantum_arcs) / sizeof(*post_quantum_arcs); i++)
		if (!strncmp(oid, post_quantum_arcs[i], strlen(post_quantum_arcs[i])))
			return true;
	return row && row->key == KEY_POST_QUANTUM;
}

/* The OID of an AlgorithmIdentifier; `rest` are its parameters. */
static void take_algorithm(struct reader *r, char oid[OID_TEXT_MAX], struct reader *rest)
{
	struct der_item whole, type;

	snprintf(oid, OID_TEXT_MAX, "?");
	*rest = (struct reader){ .at = NULL };
	if (!der_expect(r, DER_SEQUENCE, &whole))
		return;
	if (!der_expect(&whole.body, DER_OID, &type)) {
		der_break(r, whole.body.broke);
		return;
	}
	der_oid_text(type.body, oid);
	*rest = whole.body;
}

static enum hash_kind take_hash(struct reader *r)
{
	char oid[OID_TEXT_MAX];
	struct reader rest;

	take_algorithm(r, oid, &rest);
	for (size_t i = 0; i < sizeof(hash_rows) / sizeof(*hash_rows); i++)
		if (!strcmp(hash_rows[i].oid, oid))
			return hash_rows[i].hash;
	return HASH_UNKNOWN;
}

/* RSASSA-PSS-params (RFC 4055 3.1): all optional, SHA-1 and 20 octets of salt by default. */
static void read_pss(struct reader parameters, struct signature_algorithm *out)
{
	struct der_item whole, field;
	char oid[OID_TEXT_MAX];
	struct reader mask;

	out->hash = out->mask_hash = HASH_SHA1;
	out->salt_len = 20;
	if (!der_optional(&parameters, DER_SEQUENCE, &whole))
		return;
	if (der_optional(&whole.body, DER_CONSTRUCTED_CONTEXT + 0, &field))
		out->hash = take_hash(&field.body);
	if (der_optional(&whole.body, DER_CONSTRUCTED_CONTEXT + 1, &field)) {
		take_algorithm(&field.body, oid, &mask);
		out->mask_hash = take_hash(&mask);
	}
	if (der_optional(&whole.body, DER_CONSTRUCTED_CONTEXT + 2, &field))
		out->salt_len = der_small(&field.body);
}

void signature_algorithm_read(struct reader *r, struct signature_algorithm *out)
{
	char oid[OID_TEXT_MAX];
	struct reader parameters;

	*out = (struct signature_algorithm){ .key = KEY_UNKNOWN };
	take_algorithm(r, oid, &parameters);
	const struct signature_row *row = signature_row(oid);

	snprintf(out->name, sizeof(out->name), "%s", row ? row->name : oid);
	if (row) {
		out->key = row->key;
		out->hash = row->hash;
	} else if (is_post_quantum(oid)) {
		out->key = KEY_POST_QUANTUM;
		out->hash = HASH_INTRINSIC;
	}
	if (out->key == KEY_RSA_PSS)
		read_pss(parameters, out);
}

/* ---- keys ---- */

struct curve_row {
	const char *oid, *name;
	uint16_t bits;
};

static const struct curve_row curve_rows[] = {
	{ "1.2.840.10045.3.1.7", "P-256", 256 },
	{ "1.3.132.0.34", "P-384", 384 },
	{ "1.3.132.0.35", "P-521", 521 },
	{ "1.3.132.0.33", "P-224", 224 },
	{ "1.2.840.10045.3.1.1", "P-192", 192 },
	{ "1.3.132.0.10", "secp256k1", 256 },
	{ "1.3.132.0.32", "secp224k1", 224 },
	{ "1.3.132.0.31", "secp192k1", 192 },
	{ "1.3.132.0.8", "secp160r1", 160 },
	{ "1.3.132.0.9", "secp160k1", 160 },
	{ "1.3.132.0.30", "secp160r2", 160 },
	{ "1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", 256 },
	{ "1.3.36.3.3.2.8.1.1.9", "brainpoolP320r1", 320 },
	{ "1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", 384 },
	{ "1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", 512 },
	{ "1.2.156.10197.1.301", "SM2", 256 },
	{ "1.3.132.0.1", "sect163k1", 163 },
	{ "1.3.132.0.15", "sect163r2", 163 },
	{ "1.3.132.0.26", "sect233k1", 233 },
	{ "1.3.132.0.27", "sect233r1", 233 },
	{ "1.3.132.0.16", "sect283k1", 283 },
	{ "1.3.132.0.17", "sect283r1", 283 },
	{ "1.3.132.0.38", "sect571k1", 571 },
	{ "1.3.132.0.39", "sect571r1", 571 },
};

/* Bits of an unsigned number; its leading zeros are dropped from the reader. */
static uint32_t bits_of(struct reader *number)
{
	while (more(number) && *number->at == 0)
		take_u8(number);
	if (!more(number))
		return 0;
	uint32_t bits = (uint32_t)left(number) * 8;

	for (uint8_t first = *number->at; first < 0x80; first = (uint8_t)(first << 1))
		bits--;
	return bits;
}

/* RSAPublicKey (RFC 8017 A.1.1) inside the BIT STRING. */
static void read_rsa(struct reader *spki, struct public_key *out)
{
	struct reader octets = out->octets;
	struct der_item whole, modulus, exponent;

	if (!der_expect(&octets, DER_SEQUENCE, &whole) ||
	    !der_expect(&whole.body, DER_INTEGER, &modulus) ||
	    !der_expect(&whole.body, DER_INTEGER, &exponent)) {
		der_break(spki, octets.broke ? octets.broke : whole.body.broke);
		return;
	}
	out->modulus = modulus.body;
	out->exponent = exponent.body;
	out->bits = bits_of(&out->modulus);
	bits_of(&out->exponent);
}

static void read_curve(struct reader parameters, struct public_key *out)
{
	struct der_item curve;
	char oid[OID_TEXT_MAX];

	out->curve = "unknown";
	if (!der_optional(&parameters, DER_OID, &curve)) {
		if (more(&parameters) && *parameters.at == DER_SEQUENCE)
			out->curve = "explicit";
		/* The point says how wide its field is: 0x04, x, y (SEC 1 2.3.3). */
		if (more(&out->octets) && *out->octets.at == 4)
			out->bits = (uint32_t)(left(&out->octets) - 1) / 2 * 8;
		return;
	}
	der_oid_text(curve.body, oid);
	for (size_t i = 0; i < sizeof(curve_rows) / sizeof(*curve_rows); i++) {
		if (strcmp(curve_rows[i].oid, oid) != 0)
			continue;
		out->curve = curve_rows[i].name;
		out->bits = curve_rows[i].bits;
	}
}

/* Dss-Parms (RFC 3279 2.3.2): p comes first, and its length is the key's. */
static void read_dsa(struct reader parameters, struct public_key *out)
{
	struct der_item whole, p;

	if (der_optional(&parameters, DER_SEQUENCE, &whole) &&
	    der_optional(&whole.body, DER_INTEGER, &p))
		out->bits = bits_of(&p.body);
}

static enum key_type key_type_of(const char *oid)
{
	if (!strcmp(oid, "1.2.840.113549.1.1.1"))
		return KEY_RSA;
	if (!strcmp(oid, rsassa_pss))
		return KEY_RSA_PSS;
	if (!strcmp(oid, "1.2.840.10045.2.1"))
		return KEY_EC;
	if (!strcmp(oid, "1.2.840.10040.4.1"))
		return KEY_DSA;
	if (!strcmp(oid, "1.3.101.112"))
		return KEY_ED25519;
	if (!strcmp(oid, "1.3.101.113"))
		return KEY_ED448;
	return is_post_quantum(oid) ? KEY_POST_QUANTUM : KEY_UNKNOWN;
}

void public_key_read(struct reader *spki, struct public_key *out)
{
	char oid[OID_TEXT_MAX];
	struct reader parameters;

	*out = (struct public_key){ .type = KEY_UNKNOWN };
	take_algorithm(spki, oid, &parameters);
	if (!der_octets_of_bits(spki, &out->octets))
		return;
	out->type = key_type_of(oid);
	if (out->type == KEY_RSA || out->type == KEY_RSA_PSS)
		read_rsa(spki, out);
	if (out->type == KEY_EC)
		read_curve(parameters, out);
	if (out->type == KEY_DSA)
		read_dsa(parameters, out);
	if (out->type == KEY_ED25519)
		out->bits = 256;
	if (out->type == KEY_ED448)
		out->bits = 456;
}
