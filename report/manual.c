/* The man page's chapter on causes, as mdoc(7), from the same table as everything else. */
#include <string.h>

#include "report.h"

enum { INPUT_WIDTH = 76 };	/* of a source line, as mandoc's style check wants it */

/* A word, so that nothing in it is an escape or, where a line begins, a macro. */
static void put_word(FILE *out, const char *word, size_t len, bool begins)
{
	if (begins && (*word == '.' || *word == '\''))
		fputs("\\&", out);
	for (size_t i = 0; i < len; i++) {
		if (word[i] == '\\')
			fputs("\\e", out);
		else if (word[i] == '-')
			fputs("\\-", out);
		else
			putc(word[i], out);
	}
}

/* Text in short lines; a new sentence begins a new line, as mdoc(7) wants it. */
static void put_text(FILE *out, const char *text)
{
	size_t at = 0;

	for (const char *word = text; *(word += strspn(word, " ")); ) {
		size_t len = strcspn(word, " ");
		if (at && at + 1 + len > INPUT_WIDTH) {
			putc('\n', out);
			at = 0;
		}
		if (at)
			putc(' ', out);
		put_word(out, word, len, !at);
		at += 1 + len;
		word += len;
		if (word[-1] == '.' && *word) {
			putc('\n', out);
			at = 0;
		}
	}
	putc('\n', out);
}

static void put_fixes(FILE *out, const char *owner, const char *const *fixes)
{
	for (; *fixes; fixes++) {
		fprintf(out, ".It %s:\n", owner);
		put_text(out, *fixes);
	}
}

static void put_cause(FILE *out, const struct cause *c)
{
	fprintf(out, ".It Sy %s\n", c->code);
	put_text(out, c->title);
	fputs(".Pp\n", out);
	put_text(out, c->meaning);
	fputs(".Pp\nLookalikes:\n", out);
	put_text(out, c->lookalikes);
	fputs(".Bl -tag -width client: -compact\n", out);
	put_fixes(out, "client", c->fix_client);
	put_fixes(out, "server", c->fix_server);
	put_fixes(out, "network", c->fix_network);
	fputs(".It check:\n", out);
	put_text(out, c->check);
	fputs(".El\n", out);
}

bool report_manual(FILE *out)
{
	size_t count;
	const struct cause *all = causes(&count);
	const char *section = "";

	fputs(".Sh CAUSES\nWhat\n.Nm\n.Cm explain\nsays of each cause, without the messages "
	      "in which programs show it.\n", out);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(section, all[i].section)) {
			if (*section)
				fputs(".El\n", out);
			section = all[i].section;
			fprintf(out, ".Ss %s\n.Bl -tag -width Ds\n", section);
		}
		put_cause(out, &all[i]);
	}
	fputs(".El\n", out);
	return !ferror(out);
}
