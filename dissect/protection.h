/* One epoch's keys of one direction: from a secret to plaintext, whatever the version and suite. */
#ifndef TLSWHY_PROTECTION_H
#define TLSWHY_PROTECTION_H

#include "aead.h"
#include "generic.h"
#include "kdf.h"

struct protection {
	bool tls13;			/* inner content types, nonces without an explicit part */
	uint8_t explicit_nonce;		/* bytes of the nonce that each record carries (TLS 1.2) */
	struct aead_key aead;		/* algorithm AEAD_NONE: `generic` instead */
	uint8_t iv[AEAD_NONCE_LEN];
	struct generic_keys generic;
};

/* What the ServerHello settled; for DTLS the TLS version that its version is built on. */
struct negotiated {
	uint16_t version;
	const struct cipher_suite *suite;	/* NULL: not known */
	bool encrypt_then_mac, truncated_hmac;
	uint8_t client_random[RANDOM_LEN], server_random[RANDOM_LEN];
};

/* One protected record as it was on the wire. */
struct sealed {
	uint64_t sequence;		/* DTLS 1.2: epoch and number in one */
	uint8_t type;
	uint16_t version;
	const uint8_t *header;		/* TLS 1.3: additional data */
	size_t header_len;
	const uint8_t *fragment;
	size_t len;
};

/* protection_from_traffic_secret: RFC 8446 7.3. False where the suite cannot be opened. */
bool protection_from_traffic_secret(struct protection *out, const struct cipher_suite *suite,
				    const struct secret *secret, const char *label_prefix);

/* protection_from_master: this side's share of the key block, RFC 5246 6.3. */
bool protection_from_master(struct protection *out, const struct negotiated *negotiated,
			    const struct secret *master, enum side side);

/*
 * protection_open: true when the record authenticates. `out` has room for its len bytes. *type is
 * what is inside, padding removed. `p` changes only in what runs from record to record (RC4, TLS
 * 1.0's IV), success or not.
 */
bool protection_open(struct protection *p, const struct sealed *record, uint8_t *out,
		     size_t *out_len, uint8_t *type);

/*
 * TLS 1.0 goes on from the last ciphertext block of the record before: protection_keep_tail keeps
 * the end of a record, protection_chain puts its last block into keys that come later than it.
 */
enum { RECORD_TAIL_LEN = GENERIC_BLOCK_MAX + GENERIC_MAC_MAX };
void protection_keep_tail(uint8_t out[RECORD_TAIL_LEN], const struct sealed *record);
void protection_chain(struct protection *p, const uint8_t tail[RECORD_TAIL_LEN]);

#endif
