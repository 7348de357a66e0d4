/*
 * A record as one line of text, written member by member: a tree of it first would cost three times
 * what all else of a record does. Strings must be well-formed UTF-8 (format.h), so only what RFC 8259 7
 * demands is escaped here. Without memory the program ends: a record that lacks a part would be a lie.
 */
#ifndef TLSWHY_JSON_LINE_H
#define TLSWHY_JSON_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_line {
	char *text;	/* owned: release with free(); its room serves the next record */
	size_t len, room;
};

/* Where an object or array began that may turn out to be empty. */
typedef size_t line_place;

/* The outermost object of a record; the second ends it, and the line. */
void line_begin(struct json_line *l);
void line_end(struct json_line *l);

/* A member under `key`, which nothing in has to be escaped; in an array `key` is NULL. */
line_place line_open_object(struct json_line *l, const char *key);
line_place line_open_array(struct json_line *l, const char *key);
void line_string(struct json_line *l, const char *key, const char *text, size_t len);
void line_integer(struct json_line *l, const char *key, int64_t value);
void line_real(struct json_line *l, const char *key, double value);	/* to twelve digits */
void line_bool(struct json_line *l, const char *key, bool value);

/* The second takes it back, key and all, where nothing was put into it. */
void line_close_object(struct json_line *l);
void line_close_array(struct json_line *l);
void line_close_object_or_drop(struct json_line *l, line_place began);
void line_close_array_or_drop(struct json_line *l, line_place began);

#endif
