/* The other half of dissect/aead.h, which only opens: targets whose input is plaintext seal it. */
#ifndef TLSWHY_FUZZ_SUPPORT_SEAL_H
#define TLSWHY_FUZZ_SUPPORT_SEAL_H

#include "../../dissect/protection.h"
#include "../../dissect/quic_packet.h"

/* Ciphertext and tag of `len` bytes into `out`; the length of both. */
size_t aead_seal(const struct aead_key *key, const uint8_t nonce[AEAD_NONCE_LEN], const uint8_t *aad,
		 size_t aad_len, const uint8_t *plain, size_t len, uint8_t *out);

/* A record's header into `out`, of TLS, or DTLS up to 1.2 by its version; its length. DTLS has epoch and
 * number in one. */
enum { RECORD_HEADER_MAX = 13 };
size_t record_header(const struct generic_header *header, size_t fragment_len, uint8_t *out);

/*
 * A whole record around `len` bytes, protected: TLS 1.3 hides the type inside, the others do not. `out`
 * has room for them and RECORD_MORE; the record's length.
 */
enum { RECORD_MORE = RECORD_HEADER_MAX + 8 + 1 + AEAD_TAG_MAX };
size_t record_seal(const struct protection *p, const struct generic_header *header, const uint8_t *plain,
		   size_t len, uint8_t *out);

/*
 * A QUIC packet: `header` up to its number, of which there are two bytes, then `len` bytes of frames.
 * `out` has room for all and PACKET_MORE; the packet's length.
 */
enum { PACKET_MORE = 2 + AEAD_TAG_MAX };
size_t packet_seal(const struct quic_keys *keys, const uint8_t *header, size_t header_len, uint16_t number,
		   const uint8_t *frames, size_t len, uint8_t *out);

#endif
