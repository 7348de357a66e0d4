/*
 * From lists on the wire to lists of facts. A hello is read in one pass that only remembers where
 * its lists stand; then their sizes are known and all of them are copied into one block.
 */
#ifndef TLSWHY_LISTS_H
#define TLSWHY_LISTS_H

#include "dissect.h"

enum item {
	ITEM_U16,	/* code point */
	ITEM_U8,	/* code point in one byte */
	ITEM_EXTENSION,	/* type, vector16 */
	ITEM_KEY_SHARE,	/* group, vector16: the same shape */
	ITEM_SUITE_V2,	/* three bytes, a TLS suite when the first is 0 (RFC 5246 E.2) */
	ITEM_TEXT8,	/* vector8 */
	ITEM_TEXT16	/* vector16 */
};

struct wire_list {
	struct reader items;
	enum item item;
};

/* Where a body broke first: NULL while it did not. */
struct breakage {
	const uint8_t *at;
};

/* Notes a reader that ran short or has bytes left over. */
void breakage_note(struct breakage *b, const struct reader *r);

/* Whether nothing broke; if something did, *broke_at is where in the body, else 0. */
bool breakage_verdict(const struct breakage *b, const uint8_t *body, uint32_t *broke_at);

/* How many whole items; a last one that is cut is noted. */
uint16_t wire_list_count(struct wire_list list, struct breakage *broken);

/* Total bytes of the whole texts in a list. */
size_t wire_list_text_bytes(struct wire_list list);

/* A block being filled: texts first (they need the strictest alignment), then codes, then bytes. */
struct block {
	struct text *texts;
	uint16_t *codes;
	char *bytes;
};

/* Room for `head` bytes of struct and the rest; *out says where it goes. Zeroed; for free(). */
void *block_new(size_t head, size_t texts, size_t codes, size_t bytes, struct block *out);

/* Each copies what was counted before and moves the block on. */
struct code_list block_codes(struct block *b, struct wire_list list);
struct text_list block_texts(struct block *b, struct wire_list list);
struct text block_text(struct block *b, struct reader text);

#endif
