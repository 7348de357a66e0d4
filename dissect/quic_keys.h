/* QUIC packet protection: versions, Initial keys, header protection (RFC 9001 5, RFC 9369 3.3). */
#ifndef TLSWHY_QUIC_KEYS_H
#define TLSWHY_QUIC_KEYS_H

#include "aead.h"
#include "kdf.h"

enum { QUIC_SALT_LEN = 20, QUIC_CID_MAX = 20, QUIC_SAMPLE_LEN = 16 };

/* A version whose Initial packets can be opened. */
struct quic_version {
	uint32_t first, last;		/* numbers of the drafts that share these facts */
	bool v2;			/* labels and packet types of RFC 9369 */
	uint8_t salt[QUIC_SALT_LEN];
};

struct quic_cid {
	uint8_t len;
	uint8_t bytes[QUIC_CID_MAX];
};

/* One direction of one packet number space. */
struct quic_keys {
	struct aead_key aead;
	uint8_t iv[AEAD_NONCE_LEN];
	uint8_t hp[AEAD_KEY_MAX];
	uint64_t largest;		/* packet number opened so far */
};

/* quic_version: NULL when this number's keys are not known. */
const struct quic_version *quic_version(uint32_t number);

/* quic_initial_keys: both directions', from the client's first Destination Connection ID. */
bool quic_initial_keys(struct quic_keys *of_client, struct quic_keys *of_server,
		       const struct quic_version *version, const struct quic_cid *cid);

/* quic_traffic_keys: from a secret of the key log. */
bool quic_traffic_keys(struct quic_keys *out, const struct quic_version *version,
		       const struct cipher_suite *suite, const struct secret *secret);

/* One packet as received: its header up to the packet number, then number and payload. */
struct quic_sealed {
	const uint8_t *header;
	size_t header_len;
	struct reader rest;
};

/*
 * quic_open removes header protection and opens the payload into `out` (room for what `rest`
 * holds). False when it does not authenticate. Works on copies: the packet stays as it is.
 */
bool quic_open(struct quic_keys *keys, const struct quic_sealed *packet, uint8_t *out,
	       size_t *out_len);

#endif
