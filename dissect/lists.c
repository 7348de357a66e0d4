#include "lists.h"

#include "parse.h"

void breakage_note(struct breakage *b, const struct reader *r)
{
	if (!b->at && !read_whole(r))
		b->at = r->broke ? r->broke : r->at;
}

bool breakage_verdict(const struct breakage *b, const uint8_t *body, uint32_t *broke_at)
{
	*broke_at = b->at && body ? (uint32_t)(b->at - body) : 0;
	return !b->at;
}

/* ---- code points --------------------------------------------------------------------------- */

void codes_begin(struct codes *c, size_t message_len)
{
	c->count = 0;
	c->at = message_len <= CODES_FEW ? c->few : must(malloc(message_len * sizeof *c->at));
}

void codes_free(struct codes *c)
{
	if (c->at != c->few)
		free(c->at);
}

/* Most lists are of this kind, so they are not read one by one. */
static uint32_t add_u16s(uint16_t *to, struct reader *r)
{
	size_t n = left(r) / 2;
	const uint8_t *from = take(r, 2 * n);

	for (size_t i = 0; i < n; i++)
		to[i] = (uint16_t)(from[2 * i] << 8 | from[2 * i + 1]);
	return (uint32_t)n;
}

static uint32_t add_u8s(uint16_t *to, struct reader *r)
{
	size_t n = left(r);
	const uint8_t *from = take(r, n);

	for (size_t i = 0; i < n; i++)
		to[i] = from[i];
	return (uint32_t)n;
}

static uint32_t add_key_shares(uint16_t *to, struct reader *r)
{
	uint32_t n = 0;

	while (more(r)) {
		uint16_t group = take_u16(r);

		take_vector16(r);
		if (read_ok(r))
			to[n++] = group;
	}
	return n;
}

static uint32_t add_suites_v2(uint16_t *to, struct reader *r)
{
	uint32_t n = 0;

	while (more(r)) {
		bool is_tls = take_u8(r) == 0;
		uint16_t suite = take_u16(r);

		if (is_tls && read_ok(r))
			to[n++] = suite;
	}
	return n;
}

struct span codes_add(struct codes *c, struct wire_list list, struct breakage *broken)
{
	struct reader *r = &list.items;
	uint16_t *to = c->at + c->count;
	uint32_t n = 0;

	switch (list.item) {
	case ITEM_U16: n = add_u16s(to, r); break;
	case ITEM_U8: n = add_u8s(to, r); break;
	case ITEM_KEY_SHARE: n = add_key_shares(to, r); break;
	case ITEM_SUITE_V2: n = add_suites_v2(to, r); break;
	case ITEM_TEXT8:
	case ITEM_TEXT16: break;
	}
	breakage_note(broken, r);
	c->count += n;
	return (struct span){ .from = c->count - n, .count = (uint16_t)n };
}

/* ---- texts --------------------------------------------------------------------------------- */

static bool next_text(struct wire_list *list, struct reader *text)
{
	if (!more(&list->items))
		return false;
	*text = list->item == ITEM_TEXT8 ? take_vector8(&list->items) : take_vector16(&list->items);
	return read_ok(&list->items);
}

uint16_t texts_count(struct wire_list list, struct breakage *broken)
{
	uint32_t count = 0;
	struct reader text;

	while (next_text(&list, &text))
		count++;
	breakage_note(broken, &list.items);
	return (uint16_t)count;	/* a vector16 of one-byte items at most */
}

size_t texts_bytes(struct wire_list list)
{
	size_t bytes = 0;
	struct reader text;

	while (next_text(&list, &text))
		bytes += left(&text);
	return bytes;
}

/* ---- the block ----------------------------------------------------------------------------- */

void *block_new(struct stock *stock, size_t head, size_t texts, const struct codes *codes, size_t bytes,
		struct block *out)
{
	size_t texts_at = (head + _Alignof(struct text) - 1) / _Alignof(struct text)
			  * _Alignof(struct text);
	size_t codes_at = texts_at + texts * sizeof *out->texts;
	size_t codes_len = codes ? codes->count * sizeof *codes->at : 0;
	char *block = stock_take(stock, codes_at + codes_len + bytes);

	memset(block, 0, codes_at);
	if (codes_len)
		memcpy(block + codes_at, codes->at, codes_len);
	out->texts = (struct text *)(void *)(block + texts_at);
	out->codes = (const uint16_t *)(const void *)(block + codes_at);
	out->bytes = block + codes_at + codes_len;
	return block;
}

struct code_list block_codes(const struct block *b, struct span span)
{
	return (struct code_list){ .at = b->codes + span.from, .count = span.count };
}

struct text block_text(struct block *b, struct reader text)
{
	struct text out = { .at = b->bytes, .len = (uint16_t)left(&text) };

	if (out.len)
		memcpy(b->bytes, text.at, out.len);
	b->bytes += out.len;
	return out;
}

struct text_list block_texts(struct block *b, struct wire_list list)
{
	struct text_list out = { .at = b->texts };
	struct reader text;

	while (next_text(&list, &text)) {
		*b->texts++ = block_text(b, text);
		out.count++;
	}
	return out;
}
