/* Builds DER from the inside out, for certificates that no tool would make. */
#ifndef TLSWHY_SUPPORT_DER_H
#define TLSWHY_SUPPORT_DER_H

#include <stddef.h>
#include <stdint.h>

struct made {
	uint8_t *at;
	size_t len, room;
};

void made_free(struct made *m);
void made_bytes(struct made *m, const void *bytes, size_t len);
/* A whole item. */
void made_item(struct made *m, uint8_t tag, const void *body, size_t len);
void made_oid(struct made *m, const char *hex_body);
/* Puts tag and length in front of all that was made since `start`. */
void made_wrap(struct made *m, size_t start, uint8_t tag);
/* A copy of exactly its size, so that a sanitizer sees one byte too far; free() it. */
uint8_t *made_exact(const struct made *m);

/* What is odd about a certificate; zero or NULL: nothing. */
struct recipe {
	const uint8_t *serial;
	size_t serial_len;
	const void *common_name;
	size_t common_name_len;
	uint8_t name_tag;		/* 0: UTF8String */
	const char *not_after;		/* UTCTime */
	void (*extensions)(struct made *list);
};

/* A version 3 certificate of that kind, with an EC key and a signature of three bytes. */
struct made make_certificate(const struct recipe *recipe);

/* One Extension: the OID's hex, critical or not, and the value's DER. */
void make_extension(struct made *list, const char *oid_hex, int critical, const struct made *value);

#endif
