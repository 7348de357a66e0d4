/*
 * Text out of a certificate, made safe to show: printable ASCII as it is, everything else as \XX,
 * one pair of hex digits for each octet of its UTF-8 (RFC 4514 2.4). So a terminal sees no control
 * character, no NUL ends a name early, and no look-alike letter passes for another.
 */
#ifndef TLSWHY_PRINTABLE_H
#define TLSWHY_PRINTABLE_H

#include "arena.h"
#include "der.h"

/* X.520 allows 64 characters an attribute; real names stay below 400. The rest is only said to be
 * there, by "...". */
enum { PRINTABLE_MAX = 1000 };

struct printable {
	char text[PRINTABLE_MAX + 4];
	size_t len;
	bool full;
	bool in_name;		/* escape what separates the parts of a DN too */
};

void printable_words(struct printable *p, const char *words);	/* our own, not escaped */
void printable_bytes(struct printable *p, struct reader bytes);	/* taken as ASCII or UTF-8 */
void printable_hex(struct printable *p, struct reader bytes);

/* A DER string in its own encoding; what is no string becomes '#' and the hex of the whole item
 * (RFC 4514 2.4). */
void printable_string(struct printable *p, const struct der_item *value);

const char *printable_keep(const struct printable *p, struct arena *arena);

#endif
