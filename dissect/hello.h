/*
 * What both hellos have in common: extension types, the block that holds extensions, session ids.
 */
#ifndef TLSWHY_HELLO_H
#define TLSWHY_HELLO_H

#include "lists.h"
#include "parse.h"

/* Extension types that are read (IANA TLS ExtensionType Values). */
enum extension {
	EXT_SERVER_NAME = 0, EXT_STATUS_REQUEST = 5, EXT_SUPPORTED_GROUPS = 10,
	EXT_EC_POINT_FORMATS = 11, EXT_SIGNATURE_ALGORITHMS = 13, EXT_HEARTBEAT = 15, EXT_ALPN = 16,
	EXT_SCT = 18, EXT_PADDING = 21, EXT_ENCRYPT_THEN_MAC = 22, EXT_EXTENDED_MASTER_SECRET = 23,
	EXT_COMPRESS_CERTIFICATE = 27, EXT_RECORD_SIZE_LIMIT = 28, EXT_SESSION_TICKET = 35,
	EXT_PRE_SHARED_KEY = 41, EXT_EARLY_DATA = 42, EXT_SUPPORTED_VERSIONS = 43, EXT_COOKIE = 44,
	EXT_PSK_KEY_EXCHANGE_MODES = 45, EXT_CERTIFICATE_AUTHORITIES = 47,
	EXT_POST_HANDSHAKE_AUTH = 49, EXT_SIGNATURE_ALGORITHMS_CERT = 50, EXT_KEY_SHARE = 51,
	EXT_ENCRYPTED_CLIENT_HELLO = 65037, EXT_RENEGOTIATION_INFO = 65281
};

/* The extension types of a hello in order, kept among its codes, to notice one that comes twice. */
struct type_set {
	struct codes *codes;
	uint32_t from;		/* the first one's place */
	uint64_t maybe[4];	/* bits by the last eight of a type's: unset is not there */
	uint8_t *bits;		/* of all types, once there are many; else NULL */
};

void type_set_begin(struct type_set *set, struct codes *codes);
struct span type_set_end(struct type_set *set);

/* Adds a type; false when it was there. */
bool type_set_add(struct type_set *set, uint16_t type);

/* The extension block. One that promises more than there is still shows what did come. */
struct reader take_extensions(struct reader *r, struct breakage *broken);

/* opaque legacy_session_id<0..32>: a longer one breaks the hello, and its first 32 bytes count. */
void take_session_id(struct reader id, uint8_t *len, uint8_t to[32], struct breakage *broken);

#endif
