#include <stdio.h>

#include "json_parts.h"

enum {
	TEXT_ROOM = 4096 /* bytes of one string: the longest that a report hands on, escaped */
};

void put_bytes_as_text(struct json_line *l, const char *key, const void *bytes, size_t len)
{
	char text[TEXT_ROOM];

	line_string(l, key, text, printable(bytes, len, AS_UTF8, text, sizeof(text)));
}

void put_name(struct json_line *l, const char *key, const char *name)
{
	if (name)
		line_string(l, key, name, strlen(name));
}

void put_text(struct json_line *l, const char *key, const char *text)
{
	if (text && *text)
		put_bytes_as_text(l, key, text, strlen(text));
}

void put_count(struct json_line *l, const char *key, uint64_t count)
{
	line_integer(l, key, count > INT64_MAX ? INT64_MAX : (int64_t)count);
}

void put_some(struct json_line *l, const char *key, uint64_t count)
{
	if (count)
		put_count(l, key, count);
}

void put_flag(struct json_line *l, const char *key, bool flag)
{
	line_bool(l, key, flag);
}

void put_time(struct json_line *l, const char *key, int64_t ns)
{
	char text[TIME_TEXT];

	if (time_text(ns, text))
		put_name(l, key, text);
}

void put_seconds(struct json_line *l, const char *key, int64_t seconds)
{
	char text[TIME_TEXT];

	if (seconds_text(seconds, text))
		put_name(l, key, text);
}

void put_milliseconds(struct json_line *l, const char *key, int64_t ns)
{
	line_real(l, key, (double)ns / 1e6);
}

void put_mark(struct json_line *l, const struct mark *mark)
{
	if (!mark->frame)
		return;
	put_count(l, "frame", mark->frame);
	put_time(l, "time", mark->time);
}

void put_findings(struct json_line *l, const struct finding *at, size_t count)
{
	if (!count)
		return;
	line_open_array(l, "findings");
	for (size_t i = 0; i < count; i++) {
		line_open_object(l, NULL);
		put_name(l, "code", at[i].code);
		put_name(l, "severity", severity_name(at[i].severity));
		put_text(l, "summary", at[i].summary);
		line_close_object(l);
	}
	line_close_array(l);
}

const char *number_text(const char *name, uint16_t number, char room[NUMBER_TEXT])
{
	if (name)
		return name;
	snprintf(room, NUMBER_TEXT, "0x%04X", number);
	return room;
}

void put_number(struct json_line *l, const char *key, const char *name, uint16_t number)
{
	char text[NUMBER_TEXT];

	put_name(l, key, number_text(name, number, text));
}

void begin_record(struct json_line *l, const char *type)
{
	line_begin(l);
	put_name(l, "schema", "tlswhy/1");
	put_name(l, "type", type);
}
