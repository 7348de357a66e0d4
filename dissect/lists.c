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

/* The next code point of the list; false at its end or where it is cut. */
static bool next_code(struct wire_list *list, uint16_t *code)
{
	struct reader *r = &list->items;

	while (more(r)) {
		bool known = true;

		switch (list->item) {
		case ITEM_U8:
			*code = take_u8(r);
			break;
		case ITEM_EXTENSION:
		case ITEM_KEY_SHARE:
			*code = take_u16(r);
			take_vector16(r);
			break;
		case ITEM_SUITE_V2:
			known = take_u8(r) == 0;
			*code = take_u16(r);
			break;
		default:
			*code = take_u16(r);
		}
		if (known)
			return read_ok(r);
	}
	return false;
}

static bool next_text(struct wire_list *list, struct reader *text)
{
	if (!more(&list->items))
		return false;
	*text = list->item == ITEM_TEXT8 ? take_vector8(&list->items) : take_vector16(&list->items);
	return read_ok(&list->items);
}

static bool is_text(enum item item)
{
	return item == ITEM_TEXT8 || item == ITEM_TEXT16;
}

uint16_t wire_list_count(struct wire_list list, struct breakage *broken)
{
	uint32_t count = 0;
	uint16_t code;
	struct reader text;

	while (is_text(list.item) ? next_text(&list, &text) : next_code(&list, &code))
		count++;
	breakage_note(broken, &list.items);
	return (uint16_t)count;	/* a vector16 of one-byte items at most */
}

size_t wire_list_text_bytes(struct wire_list list)
{
	size_t bytes = 0;
	struct reader text;

	while (next_text(&list, &text))
		bytes += left(&text);
	return bytes;
}

void *block_new(size_t head, size_t texts, size_t codes, size_t bytes, struct block *out)
{
	size_t texts_at = (head + _Alignof(struct text) - 1) / _Alignof(struct text)
			  * _Alignof(struct text);
	size_t codes_at = texts_at + texts * sizeof *out->texts;
	size_t bytes_at = codes_at + codes * sizeof *out->codes;
	char *block = must(calloc(1, bytes_at + bytes));

	out->texts = (struct text *)(void *)(block + texts_at);
	out->codes = (uint16_t *)(void *)(block + codes_at);
	out->bytes = block + bytes_at;
	return block;
}

struct code_list block_codes(struct block *b, struct wire_list list)
{
	struct code_list out = { .at = b->codes };
	uint16_t code;

	while (next_code(&list, &code)) {
		*b->codes++ = code;
		out.count++;
	}
	return out;
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
