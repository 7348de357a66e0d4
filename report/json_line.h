/*
 * A record as one line of text. jansson's own writer looks at every character of every string for
 * what may need escaping and hands out a token at a time, which costs more than making the record;
 * our strings are known to be well-formed UTF-8 (format.h), so only what RFC 8259 7 demands is
 * escaped here.
 */
#ifndef TLSWHY_JSON_LINE_H
#define TLSWHY_JSON_LINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct json_line {
	char *text;	/* owned: release with free(); its room serves the next record */
	size_t len, room;
	bool failed;	/* no memory */
};

/* json_line_of replaces the line's text by the record and a newline; false without memory. */
bool json_line_of(struct json_line *line, const json_t *record);

#endif
