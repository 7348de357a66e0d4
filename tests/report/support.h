/* A failed handshake made by hand, and reports caught as text. */
#ifndef TLSWHY_TESTS_REPORT_SUPPORT_H
#define TLSWHY_TESTS_REPORT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../report/report.h"

struct example {
	struct client_hello hello;
	struct certificate leaf;
	struct certificate_list chain;
	struct san names[2];
	struct flow_facts flow;
	struct handshake handshake;
	struct verdict verdict;
};

/* An expired certificate that the client refused; free with example_free. */
struct example *example_new(void);
void example_free(struct example *e);

/* 2024-03-02T10:00:00 UTC and so many microseconds. */
int64_t example_time(int64_t microseconds);

typedef struct report *(*report_maker)(const struct report_options *options);

/* What a report writes, caught in memory: release `text` with free(). */
struct caught {
	FILE *out;
	char *text;
	size_t len;
	struct report *report;
};

void catch_report(struct caught *c, report_maker maker, const struct report_options *options);
void catch_end(struct caught *c);	/* closes; text is complete then */

/* Length of the longest line. */
size_t longest_line(const char *text);
bool is_plain_ascii(const char *text);	/* printable and newlines only */
size_t count_of(const char *needle, const char *text);

#endif
