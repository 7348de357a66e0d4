#include <stdarg.h>

#include "page.h"

enum { SAY_ROOM = 2048, NARROWEST = 20 };

void page_put(const struct page *p, enum colour colour, const char *text)
{
	static const char *const escapes[] = {
		[PLAIN] = "", [BOLD] = "\033[1m", [RED] = "\033[1;31m", [YELLOW] = "\033[33m",
		[GREEN] = "\033[32m", [DIM] = "\033[2m",
	};

	if (p->colour && colour != PLAIN)
		fprintf(p->out, "%s%s\033[0m", escapes[colour], text);
	else
		fputs(text, p->out);
}

void page_pad(const struct page *p, int from, int to)
{
	if (to > from)
		fprintf(p->out, "%*s", to - from, "");
}

static void new_line(const struct page *p, int indent, const char *tail)
{
	fprintf(p->out, "%s\n", tail);
	page_pad(p, 0, indent);
}

/* `tail` stands at the end of each line but the last. */
static void wrap(const struct page *p, int at, int hang, const char *text, const char *tail)
{
	char safe[SAY_ROOM];
	int room = p->columns - hang < NARROWEST ? hang + NARROWEST : p->columns;
	int last = room - (int)strlen(tail);
	bool fresh = true;

	printable(text, strlen(text), AS_ASCII, safe, sizeof(safe));
	for (const char *word = safe; *(word += strspn(word, " ")); ) {
		int len = (int)strcspn(word, " ");
		if (!fresh && at + 1 + len > last) {
			new_line(p, hang, tail);
			at = hang;
			fresh = true;
		}
		if (!fresh) {
			putc(' ', p->out);
			at++;
		}
		for (; at + len > last; at = hang) {
			int part = last > at ? last - at : 0;
			fprintf(p->out, "%.*s", part, word);
			word += part;
			len -= part;
			new_line(p, hang, tail);
		}
		fprintf(p->out, "%.*s", len, word);
		at += len;
		word += len;
		fresh = false;
	}
	putc('\n', p->out);
}

void page_wrap(const struct page *p, int at, int hang, const char *text)
{
	wrap(p, at, hang, text, "");
}

/* A note behind a command is a shell's comment, on lines of its own: a comment cannot be continued
 * with a backslash, and what is copied here is run. */
void page_command(const struct page *p, int indent, const char *command)
{
	char line[SAY_ROOM];
	const char *note = *command == '#' ? command : strstr(command, " # ");
	size_t len = note ? (size_t)(note - command) : strlen(command);

	if (len) {
		snprintf(line, sizeof(line), "%.*s", (int)len, command);
		page_pad(p, 0, indent);
		wrap(p, indent, indent + 2, line, " \\");
	}
	if (note)
		page_item(p, indent, "#", note + strspn(note, " #"));
}

void page_item(const struct page *p, int indent, const char *mark, const char *text)
{
	int at = indent + (int)strlen(mark) + 1;

	fprintf(p->out, "%*s%s ", indent, "", mark);
	page_wrap(p, at, at, text);
}

void page_say(const struct page *p, int indent, const char *format, ...)
{
	char text[SAY_ROOM];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	page_pad(p, 0, indent);
	page_wrap(p, indent, indent, text);
}
