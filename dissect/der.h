/*
 * DER (X.690) on the bounds-checked reader: one tag, one definite length, one body. What breaks
 * here breaks the reader for good, at the byte where it went wrong.
 */
#ifndef TLSWHY_DER_H
#define TLSWHY_DER_H

#include "../bytes.h"

enum der_tag {
	DER_BOOLEAN = 0x01, DER_INTEGER = 0x02, DER_BIT_STRING = 0x03, DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05, DER_OID = 0x06, DER_ENUMERATED = 0x0a, DER_UTF8 = 0x0c,
	DER_PRINTABLE = 0x13, DER_T61 = 0x14, DER_IA5 = 0x16, DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18, DER_VISIBLE = 0x1a, DER_UNIVERSAL = 0x1c, DER_BMP = 0x1e,
	DER_SEQUENCE = 0x30, DER_SET = 0x31,
	DER_CONTEXT = 0x80,		/* + number: primitive, IMPLICIT of a primitive type */
	DER_CONSTRUCTED_CONTEXT = 0xa0	/* + number: EXPLICIT, or IMPLICIT of a constructed type */
};

struct der_item {
	uint8_t tag;
	struct reader body;
	const uint8_t *start;	/* of the tag; start and len span the whole item */
	size_t len;
};

/* The next item, whatever it is. False, and the reader broken, when there is no whole one: tags
 * beyond 30, indefinite lengths and lengths of more than four octets do not occur in X.509. */
bool der_next(struct reader *r, struct der_item *out);

/* The next item must have this tag; another one breaks the reader where it starts. */
bool der_expect(struct reader *r, uint8_t tag, struct der_item *out);

/* Takes the next item only if it has this tag. */
bool der_optional(struct reader *r, uint8_t tag, struct der_item *out);

/* Breaks a reader at a place of the caller's choice: the bytes are there, but wrong. */
void der_break(struct reader *r, const uint8_t *at);

/* BIT STRING without unused bits, as keys and signatures are. */
bool der_octets_of_bits(struct reader *r, struct reader *out);

/* A small non-negative INTEGER; breaks the reader when it is anything else. */
uint32_t der_small(struct reader *r);

enum { OID_TEXT_MAX = 64 };

/* Dotted decimal. An arc beyond 64 bits or a text beyond OID_TEXT_MAX gives "?". */
void der_oid_text(struct reader oid, char out[OID_TEXT_MAX]);

/* UTCTime or GeneralizedTime as seconds since 1970 (RFC 5280 4.1.2.5); breaks the reader when the
 * next item is neither, or says no time. */
int64_t der_time(struct reader *r);

#endif
