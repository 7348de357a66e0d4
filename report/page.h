/*
 * A page: text wrapped to the width of a terminal, with colour where asked. All that is written
 * is ASCII, so that a byte is a column on any terminal.
 */
#ifndef TLSWHY_PAGE_H
#define TLSWHY_PAGE_H

#include <stdio.h>

#include "format.h"

enum colour { PLAIN, BOLD, RED, YELLOW, GREEN, DIM };

struct page {
	FILE *out;
	int columns;
	bool colour;
};

/* Text as it is, in a colour; the caller knows that it fits. */
void page_put(const struct page *p, enum colour colour, const char *text);

/* Spaces up to a column, from one. */
void page_pad(const struct page *p, int from, int to);

/*
 * page_wrap writes text from column `at` on, where the cursor is, and breaks it between words;
 * further lines begin at column `hang`. A word longer than a line is broken. Ends the line. Bytes
 * that are no printable ASCII are escaped.
 */
void page_wrap(const struct page *p, int at, int hang, const char *text);

/* A command line; where it is broken, a backslash lets a shell read on. */
void page_command(const struct page *p, int indent, const char *command);

/* A mark ("-"), then wrapped text with a hanging indent behind it. */
void page_item(const struct page *p, int indent, const char *mark, const char *text);

/* An indented paragraph; text like printf's, cut at 2 KiB. */
void page_say(const struct page *p, int indent, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
