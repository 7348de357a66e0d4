/*
 * X.509 certificates (RFC 5280) as they were captured: parsed once per digest, shared, judged by
 * nobody here. wolfSSL lives behind this header and nowhere else.
 *
 * The fields are read by a small DER walker on the bounds-checked reader, because the certificates
 * that a diagnosis is about are those that a strict library refuses whole; wolfSSL verifies
 * signatures, computes digests and decodes keys.
 */
#ifndef TLSWHY_CERTIFICATE_H
#define TLSWHY_CERTIFICATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key_type { KEY_UNKNOWN, KEY_RSA, KEY_RSA_PSS, KEY_EC, KEY_ED25519, KEY_ED448, KEY_DSA, KEY_POST_QUANTUM };
enum hash_kind { HASH_UNKNOWN, HASH_MD2, HASH_MD5, HASH_SHA1, HASH_SHA224, HASH_SHA256, HASH_SHA384,
		 HASH_SHA512, HASH_INTRINSIC };
enum tristate { NO, YES, NOT_STATED };

enum san_kind { SAN_DNS, SAN_IP, SAN_EMAIL, SAN_URI, SAN_OTHER };

struct san {
	enum san_kind kind;
	const char *text;	/* printable: control characters and non-ASCII escaped; IPs as text */
};

/* Bits of keyUsage (RFC 5280 4.2.1.3). */
enum key_usage { KU_DIGITAL_SIGNATURE = 1, KU_NON_REPUDIATION = 2, KU_KEY_ENCIPHERMENT = 4,
		 KU_DATA_ENCIPHERMENT = 8, KU_KEY_AGREEMENT = 16, KU_CERT_SIGN = 32, KU_CRL_SIGN = 64 };

/* Bits of extKeyUsage (RFC 5280 4.2.1.12). */
enum ext_key_usage { EKU_SERVER_AUTH = 1, EKU_CLIENT_AUTH = 2, EKU_ANY = 4, EKU_OCSP_SIGNING = 8,
		     EKU_CODE_SIGNING = 16, EKU_EMAIL = 32, EKU_OTHER = 64 };

/* Immutable once made; all text is NUL-terminated, printable, escaped, owned by the certificate. */
struct certificate {
	uint8_t sha256[32];
	const uint8_t *der;
	uint32_t der_len;

	bool malformed;			/* the walk broke at broke_at; fields after it are empty */
	uint32_t broke_at;
	const char *broke_in;		/* "serialNumber", "validity", ... NULL if it did not */
	uint8_t version;		/* 1 to 3, 0 unknown */
	const char *subject, *issuer;	/* RFC 4514 style: "CN=x, O=y" */
	const char *subject_cn, *issuer_cn, *issuer_o;	/* "" if absent */
	const char *inspection;		/* the TLS inspection product that the issuer is named after, or NULL */
	const uint8_t *subject_der, *issuer_der;	/* raw Name */
	uint32_t subject_der_len, issuer_der_len;
	const char *serial;		/* upper-case hex, no sign */
	bool serial_negative;
	uint8_t serial_len;
	int64_t not_before, not_after;	/* seconds since 1970 UTC */
	bool validity_read;
	enum key_type key;
	uint32_t key_bits;
	const char *curve;		/* "P-256", ..., "explicit" (RFC 5480 2.1.1 forbids it), "unknown";
					 * NULL unless EC */
	const uint8_t *spki;		/* SubjectPublicKeyInfo DER */
	uint32_t spki_len;
	const char *signature;		/* sha256WithRSAEncryption, ecdsa-with-SHA384, Ed25519, or dotted OID */
	enum key_type signature_key;
	enum hash_kind signature_hash;
	bool signature_algorithms_differ;	/* inner and outer AlgorithmIdentifier disagree */

	enum tristate ca;		/* basicConstraints: absent is NOT_STATED */
	int32_t path_length;		/* -1: none */
	bool has_key_usage, has_ext_key_usage;
	uint16_t key_usage, ext_key_usage;	/* bits above */
	const struct san *san;
	uint16_t san_count;		/* kept, <= SAN_KEPT */
	uint32_t san_total;
	const uint8_t *san_der;		/* inside of the GeneralNames, for certificate_next_san */
	uint32_t san_der_len;
	const uint8_t *authority_key_id, *subject_key_id;
	uint8_t authority_key_id_len, subject_key_id_len;
	const uint8_t *authority_issuer;	/* raw Name of the issuer's own issuer, if the AKI says it */
	uint32_t authority_issuer_len;		/* 0: it does not (RFC 5280 4.2.1.1) */
	const char *ca_issuers, *ocsp_url, *crl_url;	/* first of each, NULL if none */
	bool must_staple;		/* RFC 7633 status_request */
	bool has_sct;
	bool has_name_constraints;
	const uint8_t *name_constraints;	/* DER value of the extension */
	uint32_t name_constraints_len;
	const char *unknown_critical;	/* OID of a critical extension nobody here understands, NULL */
	bool duplicate_extension;
	bool self_issued;		/* issuer equals subject, byte for byte */
	atomic_int references;		/* certificate_hold, certificate_release: of any thread */
	void *verdicts;			/* private to signature.c: signature checks already made */
	void *own;			/* private to certificate.c: the memory behind all of this */
};

enum { SAN_KEPT = 64 };

/* Walks over all names, those beyond SAN_KEPT too. `at` starts at 0 and is moved on; `text` takes the
 * name as struct san has it, cut where it does not fit. False when there is none left. */
bool certificate_next_san(const struct certificate *c, uint32_t *at, enum san_kind *kind, char *text,
			  size_t text_len);

/* One for all threads of a run: it locks itself. */
struct certificate_cache;

/* Shared parses by digest, bounded to `memory` bytes (0: 16 MiB). */
struct certificate_cache *certificate_cache_new(size_t memory);
void certificate_cache_free(struct certificate_cache *cache);

/* certificate_get parses DER, or finds it parsed before. The caller owns one reference. Never NULL
 * but without memory: what cannot be read is a certificate too, with malformed set. */
struct certificate *certificate_get(struct certificate_cache *cache, const uint8_t *der, size_t len);
struct certificate *certificate_hold(struct certificate *c);
void certificate_release(struct certificate *c);	/* NULL allowed */

enum signature_check { SIGNATURE_GOOD, SIGNATURE_BAD, SIGNATURE_NOT_CHECKED };

/* Was `c` signed by the key in `issuer`? Names are not compared. NOT_CHECKED when the algorithm is
 * one that wolfSSL lacks: never a reason to call a certificate invalid. Cached per pair. */
enum signature_check certificate_check_signature(const struct certificate *c,
						 const struct certificate *issuer);

/* Does a name of `c` break the name constraints of this CA above it (RFC 5280 4.2.1.10)? `which` then
 * says the first that does. */
bool certificate_violates(const struct certificate *ca, const struct certificate *c, char *which,
			  size_t which_len);

/* ---- trust store ---- */

struct trust_store;

/* trust_open reads PEM or DER: a bundle file and/or a directory of files, either may be NULL. An
 * unreadable one gives NULL and a line in `problem`. */
struct trust_store *trust_open(const char *ca_file, const char *ca_path, char *problem, size_t problem_len);
void trust_free(struct trust_store *t);

/* Roots with this subject Name; returns how many, at most `max`, into `out` (borrowed). */
size_t trust_by_subject(const struct trust_store *t, const uint8_t *name_der, size_t name_len,
			const struct certificate **out, size_t max);
bool trust_has(const struct trust_store *t, const struct certificate *c);	/* same subject and key */

size_t trust_count(const struct trust_store *t);	/* NULL: 0 */
/* Does a root belong to this O? Then an issuer of that O is its intermediate, known or not. */
bool trust_has_organization(const struct trust_store *t, const char *organization);

/* ---- revocation ---- */

enum ocsp_status { OCSP_GOOD, OCSP_REVOKED, OCSP_UNKNOWN, OCSP_UNREADABLE, OCSP_NOT_SUCCESSFUL };

/* A stapled OCSP response (RFC 6960, RFC 6066 8), for its first single response. */
struct ocsp_staple {
	enum ocsp_status status;
	uint8_t response_status;	/* OCSPResponseStatus */
	int64_t this_update, next_update, revoked_at;	/* seconds; 0 absent */
	char serial[44];		/* hex of the certificate it is about */
	enum signature_check signature;	/* by its issuer or a delegate, once ocsp_check was asked */
	const uint8_t *der;		/* borrowed from the block below */
	uint32_t der_len;
};

/* Parses; release with free(). NULL only without memory. */
struct ocsp_staple *ocsp_parse(const uint8_t *der, size_t len);
/* Verifies the response's signature against the issuer (or a delegate it signed). */
enum signature_check ocsp_check(const struct ocsp_staple *s, const struct certificate *issuer);

struct crl_set;
struct crl_set *crl_open(const char *path, char *problem, size_t problem_len);
void crl_free(struct crl_set *s);
/* Is `c` listed by a CRL of its issuer? *revoked_at in seconds when so. */
bool crl_lists(const struct crl_set *s, const struct certificate *c, int64_t *revoked_at);

#endif
