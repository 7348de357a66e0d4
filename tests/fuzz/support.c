#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../dissect/parse.h"
#include "support.h"

void claim(bool so, const char *what)
{
	if (so)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

uint8_t *exact_copy(const void *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	claim(copy, "there is memory");
	if (len)
		memcpy(copy, bytes, len);
	return copy;
}

void touch(const void *bytes, size_t len)
{
	const volatile uint8_t *at = bytes;
	unsigned sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += at[i];
	(void)sum;
}

void touch_text(const char *text)
{
	if (text)
		touch(text, strlen(text) + 1);
}

int file_of(const void *bytes, size_t len, char path[PATH_ROOM])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	claim(fd >= 0 && write(fd, bytes, len) == (ssize_t)len, "a file in memory can be written");
	snprintf(path, PATH_ROOM, "/proc/self/fd/%d", fd);
	return fd;
}

void message_of(uint8_t type, uint16_t version, uint16_t suite, struct reader body,
		struct certificate_cache *cache, struct tls_message *out)
{
	struct message_context context = { .version = version, .suite = suite, .record_count = 1, .cache = cache };

	message_parse(&context, type, body.at, left(&body), out);
}

void paper_open(struct paper *p, struct report *(*maker)(const struct report_options *))
{
	paper_open_with(p, maker, &(struct report_options){ .all = true, .columns = 80 });
}

void paper_open_with(struct paper *p, struct report *(*maker)(const struct report_options *),
		     const struct report_options *options)
{
	struct report_options here = *options;

	*p = (struct paper){ .colour = options->colour };
	here.out = p->out = open_memstream(&p->text, &p->len);
	claim(p->out, "there is memory");
	p->report = maker(&here);
	claim(p->report, "there is memory");
}

/* How long the sequence is that sets a colour here (ECMA-48 8.3.117, SGR); 0: there is none. */
static size_t colour_at(const char *text, size_t len)
{
	size_t n = 2;

	if (len < 3 || text[0] != '\033' || text[1] != '[')
		return 0;
	while (n < len && ((text[n] >= '0' && text[n] <= '9') || text[n] == ';'))
		n++;
	return n < len && text[n] == 'm' ? n + 1 : 0;
}

/* Jansson reads a string only if it is UTF-8. */
static void claim_utf8(const char *text, size_t len)
{
	json_t *string = json_stringn(text, len);

	claim(string, "the report is UTF-8");
	json_decref(string);
}

static void claim_no_controls(const char *text, size_t len, bool colour)
{
	for (size_t i = 0; i < len; i++) {
		size_t skip = colour ? colour_at(text + i, len - i) : 0;
		uint8_t c = (uint8_t)text[i];

		if (skip) {
			i += skip - 1;
			continue;
		}
		claim((c >= 0x20 && c != 0x7f) || c == '\n', "no control character reaches the report");
		/* C1 controls are U+0080 to U+009F: c2 80 to c2 9f */
		claim(c != 0xc2 || i + 1 == len || (uint8_t)text[i + 1] > 0x9f,
		      "no C1 control character reaches the report");
	}
}

static void claim_record(const char *line, size_t len)
{
	json_error_t error;
	json_t *record = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);

	claim(json_is_object(record), "a line is a JSON object without doubled members");
	claim(json_is_string(json_object_get(record, "schema")), "a record says its schema");
	claim(json_is_string(json_object_get(record, "type")), "a record says its type");
	json_decref(record);
}

void paper_close(struct paper *p, bool json)
{
	size_t len;

	free(paper_keep(p, json, &len));
}

char *paper_keep(struct paper *p, bool json, size_t *text_len)
{
	p->report->close(p->report);
	claim(!fclose(p->out), "the report can be written");
	claim_utf8(p->text, p->len);
	claim_no_controls(p->text, p->len, p->colour);
	for (const char *line = p->text, *end = p->text + p->len; json && line < end; ) {
		size_t len = (size_t)((const char *)memchr(line, '\n', (size_t)(end - line)) - line);

		claim_record(line, len);
		line += len + 1;
	}
	*text_len = p->len;
	return p->text;
}
