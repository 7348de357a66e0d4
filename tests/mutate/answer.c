#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"

/* Where the first record that is about no handshake begins. */
static size_t handshakes_len(const char *text, size_t len)
{
	static const char other[] = "{\"schema\":\"tlswhy/1\",\"type\":\"handshake\"";
	const char *at = text, *end = text + len;

	while (at < end && (size_t)(end - at) > sizeof(other) && !memcmp(at, other, sizeof(other) - 1)) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		at = newline ? newline + 1 : end;
	}
	return (size_t)(at - text);
}

struct answer answer_of(const void *bytes, size_t len, bool told)
{
	struct answer a = { 0 };
	struct paper json, text;
	char path[PATH_ROOM];
	int fd = file_of(bytes, len, path);

	paper_open(&json, report_json_new);
	if (told)
		paper_open(&text, report_text_new);
	a.reading = read_capture(path, NULL, (struct report *[]){ json.report, told ? text.report : NULL }, told ? 2 : 1);
	close(fd);
	if (told)
		paper_close(&text, false);
	a.text = paper_keep(&json, true, &a.len);
	a.len = handshakes_len(a.text, a.len);
	return a;
}

void answer_free(struct answer *a)
{
	free(a->text);
	free(a->verdicts);
}

static uint16_t port_of(const json_t *record, const char *side)
{
	const json_t *end = json_object_get(json_object_get(record, "flow"), side);

	return (uint16_t)json_integer_value(json_object_get(end, "port"));
}

static void copy_text(char *out, size_t room, const json_t *text)
{
	snprintf(out, room, "%s", json_is_string(text) ? json_string_value(text) : "");
}

static void take_record(struct answer *a, const json_t *record)
{
	struct verdict_line *v = &a->verdicts[a->count];

	if (a->count == VERDICTS_MAX)
		return;
	a->count++;
	v->first_frame = (uint64_t)json_integer_value(json_object_get(record, "first_frame"));
	v->last_frame = (uint64_t)json_integer_value(json_object_get(record, "last_frame"));
	v->client_port = port_of(record, "client");
	v->server_port = port_of(record, "server");
	copy_text(v->outcome, sizeof(v->outcome), json_object_get(record, "outcome"));
	copy_text(v->code, sizeof(v->code), json_object_get(json_object_get(record, "diagnosis"), "code"));
}

void answer_parse(struct answer *a)
{
	if (a->verdicts)
		return;
	a->verdicts = calloc(VERDICTS_MAX, sizeof(*a->verdicts));
	claim(a->verdicts, "there is memory");
	for (const char *at = a->text, *end = a->text + a->len; at < end; ) {
		size_t len = (size_t)((const char *)memchr(at, '\n', (size_t)(end - at)) - at);
		json_t *record = json_loadb(at, len, 0, NULL);

		claim(record, "a record can be parsed");
		take_record(a, record);
		json_decref(record);
		at += len + 1;
	}
}

bool same_records(const struct answer *a, const struct answer *b)
{
	return a->len == b->len && !memcmp(a->text, b->text, a->len);
}

static int compare_lines(const void *x, const void *y)
{
	const struct verdict_line *a = x, *b = y;
	int order = (a->client_port > b->client_port) - (a->client_port < b->client_port);

	if (!order)
		order = (a->server_port > b->server_port) - (a->server_port < b->server_port);
	if (!order)
		order = strcmp(a->outcome, b->outcome);
	return order ? order : strcmp(a->code, b->code);
}

bool same_verdicts(struct answer *a, struct answer *b)
{
	if (a->count != b->count)
		return false;
	qsort(a->verdicts, a->count, sizeof(a->verdicts[0]), compare_lines);
	qsort(b->verdicts, b->count, sizeof(b->verdicts[0]), compare_lines);
	for (size_t i = 0; i < a->count; i++)
		if (compare_lines(&a->verdicts[i], &b->verdicts[i]) != 0)
			return false;
	return true;
}

const struct verdict_line *verdict_of(const struct answer *a, uint64_t first_frame)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->verdicts[i].first_frame == first_frame)
			return &a->verdicts[i];
	return NULL;
}
