/*
 * The protections before AEAD (RFC 5246 6.2.3): GenericStreamCipher and GenericBlockCipher, with
 * cipher and HMAC apart, in TLS 1.0 to 1.2 and DTLS.
 */
#ifndef TLSWHY_GENERIC_H
#define TLSWHY_GENERIC_H

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/arc4.h>

#include "dissect.h"

enum generic_cipher {
	GENERIC_NONE, GENERIC_NULL, GENERIC_RC4, GENERIC_AES, GENERIC_CAMELLIA, GENERIC_3DES
};

enum { GENERIC_KEY_MAX = 32, GENERIC_MAC_MAX = 48, GENERIC_BLOCK_MAX = 16 };

struct generic_keys {
	enum generic_cipher cipher;
	uint8_t key_len, mac_key_len, mac_len, block;
	bool encrypt_then_mac;		/* RFC 7366 */
	bool chained_iv;		/* TLS 1.0: the last block of the record before */
	uint8_t key[GENERIC_KEY_MAX];
	uint8_t mac_key[GENERIC_MAC_MAX];
	uint8_t iv[GENERIC_BLOCK_MAX];
	Arc4 rc4;			/* goes on from record to record */
};

/* What the MAC covers besides the content (RFC 5246 6.2.3.1); DTLS: epoch and number in one. */
struct generic_header {
	uint64_t sequence;
	uint8_t type;
	uint16_t version;
};

/* generic_prefix: sequence number, type, version and length as a MAC or AEAD covers them. */
void generic_prefix(uint8_t out[13], const struct generic_header *header, size_t len);

/*
 * generic_of: cipher, key and MAC lengths of a suite; GENERIC_NONE in `cipher` if it is none of
 * these. The keys are the caller's to fill in, then generic_start readies them.
 */
void generic_of(struct generic_keys *keys, const struct cipher_suite *suite, uint16_t version,
		bool encrypt_then_mac, bool truncated_hmac);
void generic_start(struct generic_keys *keys);

/*
 * generic_open decrypts one record and checks its MAC. `out` has room for len bytes. The state that
 * runs from record to record moves on whether it verifies or not.
 */
bool generic_open(struct generic_keys *keys, const struct generic_header *header, const uint8_t *in,
		  size_t len, uint8_t *out, size_t *out_len);

#endif
