/*
 * IANA numbers and their names, from the TSV files in dissect/registry/, made into tables by
 * dissect/registry/tables.awk at build time.
 */
#ifndef TLSWHY_NAMES_H
#define TLSWHY_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the record protection works, for arithmetic on hidden records (RFC 5246 6.2.3, RFC 8446 5.2). */
enum cipher_mode { MODE_NULL, MODE_STREAM, MODE_CBC, MODE_GCM, MODE_CCM, MODE_CCM8, MODE_CHACHA, MODE_OTHER };

struct cipher_suite {
	uint16_t number;
	const char *name;		/* TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 */
	const char *openssl_name;	/* NULL if it has none */
	const char *kx;			/* RSA, DHE, ECDHE, ECDH, DH, PSK, ..., any (TLS 1.3) */
	const char *auth;		/* RSA, ECDSA, DSS, PSK, anon, any ... */
	const char *cipher;		/* AES_128_GCM ... as in the TSV */
	const char *mac;
	const char *weakness;		/* "" if none */
	uint16_t key_bits;
	enum cipher_mode mode;
	uint8_t explicit_iv;		/* bytes of per-record IV or nonce in TLS 1.2 */
	uint8_t mac_or_tag_len;
	uint8_t block;			/* CBC block, else 0 */
	bool tls13;			/* a TLS 1.3 suite */
	bool sha384;			/* PRF or HKDF hash */
	bool forward_secrecy;
	bool ecdhe, ecdsa, rsa;		/* kx is ECDHE; auth is ECDSA, RSA */
	bool bad;			/* graded bad: broken or export */
	bool weak;			/* graded weak or worse */
};

struct named_group {
	uint16_t number;
	const char *name;
	const char *kind;		/* ec, ffdhe, hybrid, pqc ... as in the TSV */
	uint16_t bits;
	uint16_t client_share_len, server_share_len;	/* 0 unknown */
};

struct signature_scheme {
	uint16_t number;
	const char *name;
	const char *key;		/* RSA, RSA-PSS, ECDSA, EdDSA, DSA, ML-DSA ... */
	const char *hash;		/* SHA1, SHA256 ..., "" intrinsic */
	bool tls12, tls13;		/* tls13: usable for CertificateVerify */
};

/* What is asked of suites in each handshake, in a byte: their rows would come from memory. ECDHE is the
 * key exchange without a PSK, ECDSA and RSA what authenticates. 0 for a number that has no row. */
enum { SUITE_TLS13 = 1, SUITE_ECDHE = 2, SUITE_ECDSA = 4, SUITE_RSA = 8, SUITE_AEAD = 16,
       SUITE_CCM8 = 32, SUITE_SHA384 = 64 };
uint8_t cipher_suite_traits(uint16_t number);

/* Each returns NULL for a number that has no row. */
const struct cipher_suite *cipher_suite(uint16_t number);
const struct named_group *named_group(uint16_t number);
const struct signature_scheme *signature_scheme(uint16_t number);

/* Each returns NULL for a number that has no row: "TLSv1.2", "handshake_failure", "server_name",
 * "client_hello". DTLS versions too. */
const char *version_name(uint16_t number);
const char *alert_name(uint8_t number);
const char *extension_name(uint16_t number);
const char *handshake_type_name(uint8_t number);

/* TLS 1.3 and DTLS 1.3, their drafts (RFC 8446 4.2.1.1 of draft 28: 0x7fxx) and Facebook's. */
static inline bool is_tls13(uint16_t version)
{
	return version == 0x0304 || version == 0xfefc || version >> 8 == 0x7f || version >> 8 == 0xfb;
}

/* RFC 8701: reserved values that mean nothing. */
static inline bool is_grease(uint16_t number)
{
	return (number & 0x0f0f) == 0x0a0a && number >> 8 == (number & 0xff);
}

/* The protocol that a port is known for: "https", "smtp", ...; NULL if none. *implicit_tls: TLS from
 * the first byte; *explicit_tls: plaintext that may be upgraded. Either may be NULL. */
const char *port_protocol(uint16_t port, bool *implicit_tls, bool *explicit_tls);

/* The TLS inspection product whose name is in this text (issuer DN or CN), or NULL. */
const char *inspection_product(const char *text);

#endif
