/*
 * The kinds of hello that a run has met: what each client software sends, kept once, for all threads.
 */
#ifndef TLSWHY_KINDS_H
#define TLSWHY_KINDS_H

#include "../dissect/dissect.h"

enum hello_list { LIST_SUITES, LIST_GROUPS, LIST_SIGNATURES, LIST_EXTENSIONS, HELLO_LISTS };

enum { HELLO_CODES = 48 };

struct hello_codes {
	uint16_t at[HELLO_CODES];	/* without GREASE */
	uint8_t count;
	bool cut;			/* there were more */
};

struct hello_kind {
	uint64_t fingerprint;
	char ja4[JA4_LEN + 1];
	struct hello_codes lists[HELLO_LISTS];
};

struct hello_kinds;

struct hello_kinds *hello_kinds_new(void);	/* NULL only without memory */
void hello_kinds_free(struct hello_kinds *k);

/* The kind that this hello is of, by its fingerprint; it lives as long as `k`. NULL when too many kinds
 * are known already. */
const struct hello_kind *hello_kind_of(struct hello_kinds *k, const struct client_hello *hello,
				       uint64_t fingerprint, char transport);

#endif
