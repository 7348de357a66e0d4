/*
 * From lists on the wire to lists of facts. A hello is read in one pass that only remembers where
 * its lists stand; then they are turned into code points one after the other, and with their sizes
 * known all of them are copied into one block.
 */
#ifndef TLSWHY_LISTS_H
#define TLSWHY_LISTS_H

#include "dissect.h"
#include "stock.h"

enum item {
	ITEM_U16,	/* code point */
	ITEM_U8,	/* code point in one byte */
	ITEM_KEY_SHARE,	/* group, vector16 */
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

enum { CODES_FEW = 2048 };

/* Code points on their way from a message into its block. */
struct codes {
	uint16_t *at;
	uint32_t count;
	uint16_t few[CODES_FEW];	/* unless a hello promises more */
};

/* One list among them. */
struct span {
	uint32_t from;
	uint16_t count;
};

/* Room for all the code points that a message of so many bytes can have; codes_free when done. */
void codes_begin(struct codes *c, size_t message_len);
void codes_free(struct codes *c);

/* Adds the whole items of a list; a last one that is cut is noted. */
struct span codes_add(struct codes *c, struct wire_list list, struct breakage *broken);

/* How many whole texts; a last one that is cut is noted. Their bytes in all. */
uint16_t texts_count(struct wire_list list, struct breakage *broken);
size_t texts_bytes(struct wire_list list);

/* A block being filled: texts first (they need the strictest alignment), then codes, then bytes. */
struct block {
	struct text *texts;
	const uint16_t *codes;
	char *bytes;
};

/* Room for `head` bytes of struct, for texts and bytes, and a copy of the codes (NULL: none); *out says
 * where they go. Zeroed but for the bytes; for free(). */
void *block_new(struct stock *stock, size_t head, size_t texts, const struct codes *codes, size_t bytes,
		struct block *out);

struct code_list block_codes(const struct block *b, struct span span);

/* Each copies what was counted before and moves the block on. */
struct text_list block_texts(struct block *b, struct wire_list list);
struct text block_text(struct block *b, struct reader text);

#endif
