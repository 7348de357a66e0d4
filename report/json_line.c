#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_line.h"

static void put_bytes(struct json_line *l, const char *bytes, size_t len)
{
	if (l->len + len > l->room) {
		size_t room = 2 * (l->len + len);
		char *text = l->failed ? NULL : realloc(l->text, room);
		if (!text) {
			l->failed = true;
			return;
		}
		l->text = text;
		l->room = room;
	}
	memcpy(l->text + l->len, bytes, len);
	l->len += len;
}

static void put_byte(struct json_line *l, char byte)
{
	put_bytes(l, &byte, 1);
}

static bool is_bare(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

static void put_string(struct json_line *l, const char *text, size_t len)
{
	put_byte(l, '"');
	for (size_t i = 0; i < len; ) {
		size_t run = i;
		while (run < len && is_bare(text[run]))
			run++;
		put_bytes(l, text + i, run - i);
		i = run;
		if (i == len)
			break;
		char escape[8];
		int n = (unsigned char)text[i] < 0x20
			? snprintf(escape, sizeof(escape), "\\u%04x", (unsigned char)text[i])
			: snprintf(escape, sizeof(escape), "\\%c", text[i]);
		put_bytes(l, escape, (size_t)n);
		i++;
	}
	put_byte(l, '"');
}

static void put_integer(struct json_line *l, json_int_t value)
{
	char digits[24];
	size_t at = sizeof(digits);
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	do
		digits[--at] = (char)('0' + rest % 10);
	while (rest /= 10);
	if (value < 0)
		digits[--at] = '-';
	put_bytes(l, digits + at, sizeof(digits) - at);
}

/* Twelve digits are what a double of milliseconds or seconds is good for. */
static void put_real(struct json_line *l, double value)
{
	char digits[32];

	put_bytes(l, digits, (size_t)snprintf(digits, sizeof(digits), "%.12g", value));
}

static void put_value(struct json_line *l, const json_t *value);

static void put_array(struct json_line *l, const json_t *array)
{
	put_byte(l, '[');
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (i)
			put_byte(l, ',');
		put_value(l, json_array_get(array, i));
	}
	put_byte(l, ']');
}

static void put_object(struct json_line *l, const json_t *value)
{
	json_t *object = (json_t *)(uintptr_t)value;	/* jansson's iterators are not const */
	bool first = true;

	put_byte(l, '{');
	for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
		const char *key = json_object_iter_key(at);
		if (!first)
			put_byte(l, ',');
		first = false;
		put_string(l, key, strlen(key));
		put_byte(l, ':');
		put_value(l, json_object_iter_value(at));
	}
	put_byte(l, '}');
}

/* As deep as our own records are; null is never in them. */
static void put_value(struct json_line *l, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		put_object(l, value);
		break;
	case JSON_ARRAY:
		put_array(l, value);
		break;
	case JSON_STRING:
		put_string(l, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		put_integer(l, json_integer_value(value));
		break;
	case JSON_REAL:
		put_real(l, json_real_value(value));
		break;
	case JSON_TRUE:
		put_bytes(l, "true", 4);
		break;
	case JSON_FALSE:
		put_bytes(l, "false", 5);
		break;
	case JSON_NULL:
		put_bytes(l, "null", 4);
		break;
	}
}

bool json_line_of(struct json_line *l, const json_t *record)
{
	l->len = 0;
	l->failed = false;
	put_value(l, record);
	put_byte(l, '\n');
	return !l->failed;
}
