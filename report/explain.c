/* `tlswhy explain`: what a cause means, or which causes a pasted message fits. */
#include <string.h>

#include "page.h"
#include "report.h"

enum {
	MATCHES_TOLD = 6,
	CODE_COLUMN = 32,	/* behind the longest code */
	LABEL_COLUMN = 10
};

static void tell_list(const struct page *p)
{
	size_t count;
	const struct cause *all = causes(&count);
	const char *section = "";

	for (size_t i = 0; i < count; i++) {
		if (strcmp(section, all[i].section)) {
			if (*section)
				putc('\n', p->out);
			section = all[i].section;
			page_put(p, BOLD, section);
			putc('\n', p->out);
		}
		fprintf(p->out, "  %s", all[i].code);
		page_pad(p, 2 + (int)strlen(all[i].code), CODE_COLUMN);
		page_wrap(p, CODE_COLUMN, CODE_COLUMN, all[i].title);
	}
	fputs("\ntlswhy explain CODE tells more; tlswhy explain 'an error message' finds its "
	      "causes.\n",
	      p->out);
}

static void tell_heading(const struct page *p, const char *heading)
{
	putc('\n', p->out);
	page_put(p, BOLD, heading);
	putc('\n', p->out);
}

static void tell_fixes(const struct page *p, const char *heading, const char *const *fixes)
{
	if (!*fixes)
		return;
	tell_heading(p, heading);
	for (; *fixes; fixes++)
		page_item(p, 2, "-", *fixes);
}

static void tell_seen_as(const struct page *p, const struct cause *c)
{
	int column = LABEL_COLUMN;

	if (!c->seen_as[0].where)
		return;
	for (size_t i = 0; c->seen_as[i].where; i++) {
		int behind = (int)strlen(c->seen_as[i].where) + 4;
		column = behind > column ? behind : column;
	}
	tell_heading(p, "What people and logs see");
	for (size_t i = 0; c->seen_as[i].where; i++) {
		fprintf(p->out, "  %s", c->seen_as[i].where);
		page_pad(p, 2 + (int)strlen(c->seen_as[i].where), column);
		page_wrap(p, column, column, c->seen_as[i].text);
	}
}

static void tell_page(const struct page *p, const struct cause *c)
{
	char title[TEXT_MAX];

	page_put(p, BOLD, c->code);
	snprintf(title, sizeof(title), ": %s.", c->title);
	page_wrap(p, (int)strlen(c->code), 2, title);
	putc('\n', p->out);
	page_say(p, 2, "%s", c->meaning);
	tell_heading(p, "What looks like it");
	page_say(p, 2, "%s", c->lookalikes);
	tell_fixes(p, "For the client's owner", c->fix_client);
	tell_fixes(p, "For the server's owner", c->fix_server);
	tell_fixes(p, "For the network's owner", c->fix_network);
	tell_heading(p, "Check");
	page_command(p, 2, c->check);
	tell_seen_as(p, c);
	if (c->references[0])
		tell_heading(p, "References");
	for (size_t i = 0; c->references[i]; i++)
		page_say(p, 2, "%s", c->references[i]);
}

static bool tell_matches(const struct page *p, const char *message)
{
	const struct cause *found[MATCHES_TOLD];
	size_t count = causes_matching(message, found, MATCHES_TOLD);

	if (!count)
		return false;
	if (count == 1) {
		tell_page(p, found[0]);
		return true;
	}
	fputs("That message fits, best first:\n\n", p->out);
	for (size_t i = 0; i < count; i++) {
		fputs("  ", p->out);
		page_put(p, BOLD, found[i]->code);
		page_pad(p, 2 + (int)strlen(found[i]->code), CODE_COLUMN);
		page_wrap(p, CODE_COLUMN, CODE_COLUMN, found[i]->title);
		page_say(p, 4, "%s", found[i]->meaning);
		putc('\n', p->out);
	}
	fputs("tlswhy explain CODE tells more; a capture of the failure tells which.\n", p->out);
	return true;
}

bool report_explain(FILE *out, const char *what, const struct report_options *options)
{
	enum { NARROWEST = 80 };
	struct page p = { out, options->columns, options->colour };

	if (p.columns < NARROWEST)
		p.columns = NARROWEST;
	if (!what || !*what) {
		tell_list(&p);
		return true;
	}
	const struct cause *c = cause_of(what);
	if (!c)
		return tell_matches(&p, what);
	tell_page(&p, c);
	return true;
}
