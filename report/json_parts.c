#include "../must.h"
#include "json_parts.h"

enum {
	TEXT_ROOM = 4096 /* bytes of one string: the longest that a report hands on, escaped */
};

static json_t *checked(json_t *value)
{
	return must(value);
}

json_t *new_object(void)
{
	return checked(json_object());
}

json_t *new_array(void)
{
	return checked(json_array());
}

void put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(object, key, checked(value)))
		out_of_memory();
}

void append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, checked(value)))
		out_of_memory();
}

void put_unless_empty(json_t *object, const char *key, json_t *array)
{
	if (json_array_size(array))
		put(object, key, array);
	else
		json_decref(array);
}

json_t *text_of_bytes(const void *bytes, size_t len)
{
	char text[TEXT_ROOM];
	size_t n = printable(bytes, len, AS_UTF8, text, sizeof(text));

	return checked(json_stringn_nocheck(text, n));
}

json_t *text_of(const char *text)
{
	return text_of_bytes(text, strlen(text));
}

json_t *name_of(const char *name)
{
	return checked(json_string_nocheck(name));
}

void put_name(json_t *object, const char *key, const char *name)
{
	if (name)
		put(object, key, name_of(name));
}

void put_text(json_t *object, const char *key, const char *text)
{
	if (text && *text)
		put(object, key, text_of(text));
}

void put_count(json_t *object, const char *key, uint64_t count)
{
	put(object, key, json_integer(count > INT64_MAX ? INT64_MAX : (json_int_t)count));
}

void put_some(json_t *object, const char *key, uint64_t count)
{
	if (count)
		put_count(object, key, count);
}

void put_flag(json_t *object, const char *key, bool flag)
{
	put(object, key, json_boolean(flag));
}

void put_time(json_t *object, const char *key, int64_t ns)
{
	char text[TIME_TEXT];

	if (time_text(ns, text))
		put(object, key, name_of(text));
}

void put_seconds(json_t *object, const char *key, int64_t seconds)
{
	char text[TIME_TEXT];

	if (seconds_text(seconds, text))
		put(object, key, name_of(text));
}

void put_mark(json_t *object, const struct mark *mark)
{
	if (!mark->frame)
		return;
	put_count(object, "frame", mark->frame);
	put_time(object, "time", mark->time);
}

void put_findings(json_t *object, const struct finding *at, size_t count)
{
	json_t *list = new_array();

	for (size_t i = 0; i < count; i++) {
		json_t *finding = new_object();
		put_name(finding, "code", at[i].code);
		put_name(finding, "severity", severity_name(at[i].severity));
		put_text(finding, "summary", at[i].summary);
		append(list, finding);
	}
	put_unless_empty(object, "findings", list);
}

json_t *number_name(const char *name, uint16_t number)
{
	char text[8];

	if (name)
		return name_of(name);
	snprintf(text, sizeof(text), "0x%04X", number);
	return name_of(text);
}

json_t *new_record(const char *type)
{
	json_t *record = new_object();

	put_name(record, "schema", "tlswhy/1");
	put_name(record, "type", type);
	return record;
}
