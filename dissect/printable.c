/* Strings of the ASN.1 string types as escaped ASCII. */
#include "printable.h"

static const char hex_digit[] = "0123456789ABCDEF";

/* Adds a unit whole or not at all, so that no escape is ever cut in two. */
static void add(struct printable *p, const char *unit, size_t len)
{
	if (p->full)
		return;
	if (len > PRINTABLE_MAX - p->len) {
		unit = "...";
		len = 3;
		p->full = true;
	}
	memcpy(p->text + p->len, unit, len);
	p->len += len;
	p->text[p->len] = '\0';
}

void printable_words(struct printable *p, const char *words)
{
	add(p, words, strlen(words));
}

static void add_octet(struct printable *p, uint8_t octet, bool first, bool last)
{
	bool separates = p->in_name && (strchr("\"+,;<>", octet) ||
					(octet == ' ' && (first || last)) || (octet == '#' && first));

	if (octet < 0x20 || octet > 0x7e)
		add(p, (char[]){ '\\', hex_digit[octet >> 4], hex_digit[octet & 15] }, 3);
	else if (octet == '\\' || separates)
		add(p, (char[]){ '\\', (char)octet }, 2);
	else
		add(p, (char[]){ (char)octet }, 1);
}

void printable_bytes(struct printable *p, struct reader bytes)
{
	for (bool first = true; more(&bytes) && !p->full; first = false) {
		uint8_t octet = take_u8(&bytes);

		add_octet(p, octet, first, !more(&bytes));
	}
}

void printable_hex(struct printable *p, struct reader bytes)
{
	while (more(&bytes) && !p->full) {
		uint8_t octet = take_u8(&bytes);

		add(p, (char[]){ hex_digit[octet >> 4], hex_digit[octet & 15] }, 2);
	}
}

/* RFC 3629 3; what is no character becomes U+FFFD. */
static void add_character(struct printable *p, uint32_t c, bool first, bool last)
{
	uint8_t utf8[4];
	size_t len = 0;

	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = 0xfffd;
	if (c < 0x80) {
		utf8[len++] = (uint8_t)c;
	} else if (c < 0x800) {
		utf8[len++] = (uint8_t)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		utf8[len++] = (uint8_t)(0xe0 | c >> 12);
		utf8[len++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	} else {
		utf8[len++] = (uint8_t)(0xf0 | c >> 18);
		utf8[len++] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
		utf8[len++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	}
	if (c >= 0x80)
		utf8[len++] = (uint8_t)(0x80 | (c & 0x3f));
	for (size_t i = 0; i < len; i++)
		add_octet(p, utf8[i], first, last);
}

/* T61String was used for Latin-1, BMPString and UniversalString have two and four octets each. */
static void add_wide(struct printable *p, struct reader bytes, size_t width)
{
	for (bool first = true; more(&bytes) && !p->full; first = false) {
		uint32_t c = width == 1 ? take_u8(&bytes) : width == 2 ? take_u16(&bytes)
									: take_u32(&bytes);

		add_character(p, c, first, !more(&bytes));
	}
}

void printable_string(struct printable *p, const struct der_item *value)
{
	switch (value->tag) {
	case DER_T61:
		add_wide(p, value->body, 1);
		break;
	case DER_BMP:
		add_wide(p, value->body, 2);
		break;
	case DER_UNIVERSAL:
		add_wide(p, value->body, 4);
		break;
	case DER_UTF8:
	case DER_PRINTABLE:
	case DER_IA5:
	case DER_VISIBLE:
	case 0x12:	/* NumericString */
		printable_bytes(p, value->body);
		break;
	default:
		printable_words(p, "#");
		printable_hex(p, reader_of(value->start, value->len));
	}
}

const char *printable_keep(const struct printable *p, struct arena *arena)
{
	return arena_text(arena, p->text, p->len);
}
