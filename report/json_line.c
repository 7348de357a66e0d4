#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../must.h"
#include "json_line.h"

/* Room for so many bytes more, at the end of the line. */
static char *room_for(struct json_line *l, size_t len)
{
	if (l->len + len > l->room) {
		l->room = 2 * (l->len + len);
		l->text = must(realloc(l->text, l->room));
	}
	return l->text + l->len;
}

static void put_bytes(struct json_line *l, const char *bytes, size_t len)
{
	memcpy(room_for(l, len), bytes, len);
	l->len += len;
}

static void put_byte(struct json_line *l, char byte)
{
	*room_for(l, 1) = byte;
	l->len++;
}

static bool is_bare(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

/* The highest bit of each byte that is below `least`, up to 0x80; a byte above such a one may have it too. */
static uint64_t bytes_below(uint64_t bytes, uint8_t least)
{
	const uint64_t ones = 0x0101010101010101u;

	return (bytes - ones * least) & ~bytes & ones << 7;
}

/* How many bytes from here on need no escape: eight at a time as long as that is so. */
static size_t bare_run(const char *text, size_t len)
{
	const uint64_t quotes = 0x2222222222222222u, backslashes = 0x5c5c5c5c5c5c5c5cu;
	size_t i = 0;

	for (uint64_t eight; len - i >= sizeof(eight); i += sizeof(eight)) {
		memcpy(&eight, text + i, sizeof(eight));
		if (bytes_below(eight, 0x20) | bytes_below(eight ^ quotes, 1) | bytes_below(eight ^ backslashes, 1))
			break;
	}
	while (i < len && is_bare(text[i]))
		i++;
	return i;
}

static void put_escaped(struct json_line *l, char c)
{
	char escape[8];
	int n = (unsigned char)c < 0x20 ? snprintf(escape, sizeof(escape), "\\u%04x", (unsigned char)c)
					: snprintf(escape, sizeof(escape), "\\%c", c);

	put_bytes(l, escape, (size_t)n);
}

static void put_string(struct json_line *l, const char *text, size_t len)
{
	put_byte(l, '"');
	for (size_t i = 0; i < len; ) {
		size_t run = bare_run(text + i, len - i);

		put_bytes(l, text + i, run);
		i += run;
		if (i < len)
			put_escaped(l, text[i++]);
	}
	put_byte(l, '"');
}

/* What stands between a value and the one before it. Nothing but an opening bracket ends in one:
 * strings end in a quote. */
static void put_key(struct json_line *l, const char *key)
{
	char last = l->len ? l->text[l->len - 1] : '{';

	if (last != '{' && last != '[')
		put_byte(l, ',');
	if (!key)
		return;
	size_t len = strlen(key);
	char *at = room_for(l, len + 3);

	at[0] = '"';
	memcpy(at + 1, key, len + 1);
	at[1 + len] = '"';
	at[2 + len] = ':';
	l->len += len + 3;
}

void line_begin(struct json_line *l)
{
	l->len = 0;
	put_byte(l, '{');
}

void line_end(struct json_line *l)
{
	put_bytes(l, "}\n", 2);
}

static line_place open_as(struct json_line *l, const char *key, char bracket)
{
	line_place began = l->len;

	put_key(l, key);
	put_byte(l, bracket);
	return began;
}

line_place line_open_object(struct json_line *l, const char *key)
{
	return open_as(l, key, '{');
}

line_place line_open_array(struct json_line *l, const char *key)
{
	return open_as(l, key, '[');
}

void line_close_object(struct json_line *l)
{
	put_byte(l, '}');
}

void line_close_array(struct json_line *l)
{
	put_byte(l, ']');
}

static void close_or_drop(struct json_line *l, line_place began, char opening, char closing)
{
	if (l->text[l->len - 1] == opening)
		l->len = began;
	else
		put_byte(l, closing);
}

void line_close_object_or_drop(struct json_line *l, line_place began)
{
	close_or_drop(l, began, '{', '}');
}

void line_close_array_or_drop(struct json_line *l, line_place began)
{
	close_or_drop(l, began, '[', ']');
}

void line_string(struct json_line *l, const char *key, const char *text, size_t len)
{
	put_key(l, key);
	put_string(l, text, len);
}

void line_integer(struct json_line *l, const char *key, int64_t value)
{
	char digits[24];
	size_t at = sizeof(digits);
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	do
		digits[--at] = (char)('0' + rest % 10);
	while (rest /= 10);
	if (value < 0)
		digits[--at] = '-';
	put_key(l, key);
	put_bytes(l, digits + at, sizeof(digits) - at);
}

/* Twelve digits are what a double of milliseconds or seconds is good for. */
void line_real(struct json_line *l, const char *key, double value)
{
	char digits[32];

	put_key(l, key);
	put_bytes(l, digits, (size_t)snprintf(digits, sizeof(digits), "%.12g", value));
}

void line_bool(struct json_line *l, const char *key, bool value)
{
	put_key(l, key);
	put_bytes(l, value ? "true" : "false", value ? 4 : 5);
}
