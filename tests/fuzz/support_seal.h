/* The other half of dissect/aead.h, which only opens: targets whose input is plaintext seal it. */
#ifndef TLSWHY_FUZZ_SUPPORT_SEAL_H
#define TLSWHY_FUZZ_SUPPORT_SEAL_H

#include "../../dissect/protection.h"
#include "../../dissect/quic_packet.h"

/* Ciphertext and tag of `len` bytes into `out`; the length of both. */
size_t aead_seal(const struct aead_key *key, const uint8_t nonce[AEAD_NONCE_LEN], const uint8_t *aad,
		 size_t aad_len, const uint8_t *plain, size_t len, uint8_t *out);

/*
 * A whole TLS record of this type around `len` bytes, as its `sequence`-th under `p`: TLS 1.3 hides
 * the type inside, 1.2 does not. `out` has room for them and RECORD_MORE; the record's length.
 */
enum { RECORD_MORE = 5 + 8 + 1 + AEAD_TAG_MAX };
size_t record_seal(const struct protection *p, uint64_t sequence, uint8_t type, const uint8_t *plain,
		   size_t len, uint8_t *out);

/*
 * A QUIC packet: `header` up to its number, of which there are two bytes, then `len` bytes of frames.
 * `out` has room for all and PACKET_MORE; the packet's length.
 */
enum { PACKET_MORE = 2 + AEAD_TAG_MAX };
size_t packet_seal(const struct quic_keys *keys, const uint8_t *header, size_t header_len, uint16_t number,
		   const uint8_t *frames, size_t len, uint8_t *out);

#endif
