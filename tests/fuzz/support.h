/* What the fuzz targets share: claims, input as files, and what every report must be. */
#ifndef TLSWHY_FUZZ_SUPPORT_H
#define TLSWHY_FUZZ_SUPPORT_H

#include <stdio.h>

#include "../../analyze/analyze.h"
#include "../../report/report.h"

/* One run of a target; returns 0. libFuzzer's name. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program, as a crash does, when it is not so. */
void claim(bool so, const char *what);

/* An allocation of exactly these bytes (at least one), so that the sanitizer sees one too far. */
uint8_t *exact_copy(const void *bytes, size_t len);

/* Reads every byte, so that the sanitizers see a pointer that leads nowhere. */
void touch(const void *bytes, size_t len);
void touch_text(const char *text);	/* NULL allowed */

enum { PATH_ROOM = 64 };

/* A file in memory with these bytes; its path is good until the descriptor is closed. */
int file_of(const void *bytes, size_t len, char path[PATH_ROOM]);

/* One whole handshake message, as the dissector reads it; release with message_free. */
void message_of(uint8_t type, uint16_t version, uint16_t suite, struct reader body,
		struct certificate_cache *cache, struct tls_message *out);

/* A report into memory. */
struct paper {
	char *text;
	size_t len;
	FILE *out;
	struct report *report;
	bool colour;
};

/* All that there is to tell, for a terminal of 80 columns without colour; or as these options say,
 * but for where to. */
void paper_open(struct paper *p, struct report *(*maker)(const struct report_options *));
void paper_open_with(struct paper *p, struct report *(*maker)(const struct report_options *),
		     const struct report_options *options);

/* Ends the report and claims of it what holds for all: UTF-8, no control character but the line
 * feed and, with colour, our own; for `json` also that each line is an object of the schema. */
void paper_close(struct paper *p, bool json);

/* The same, and gives the text to the caller, who frees it. */
char *paper_keep(struct paper *p, bool json, size_t *len);

#endif
