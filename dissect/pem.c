/* Base64 between "-----BEGIN X-----" and "-----END X-----". */
#include "pem.h"

#include <errno.h>
#include <stdio.h>

#include "parse.h"

static const char begin[] = "-----BEGIN ";
static const char end[] = "-----END ";
static const char dashes[] = "-----";

bool file_read(const char *path, size_t max, struct file_bytes *out, char *problem,
	       size_t problem_len)
{
	FILE *f = fopen(path, "rb");
	size_t room = 64 * 1024, len = 0, got = 0;
	uint8_t *bytes = must(malloc(room));

	errno = f ? 0 : errno;
	while (f && (got = fread(bytes + len, 1, room - len, f)) > 0 && len + got <= max) {
		len += got;
		if (len == room)
			bytes = must(realloc(bytes, room *= 2));
	}
	bool whole = f && !ferror(f) && got == 0;

	if (!whole)
		snprintf(problem, problem_len, "%s: %s", path, errno ? strerror(errno) : "too large");
	if (f)
		fclose(f);
	if (!whole) {
		free(bytes);
		return false;
	}
	*out = (struct file_bytes){ .at = bytes, .len = len };
	return true;
}

static bool find(struct reader *text, const char *words)
{
	const uint8_t *at = more(text) ? memmem(text->at, left(text), words, strlen(words)) : NULL;

	if (!at)
		return false;
	take(text, (size_t)(at - text->at) + strlen(words));
	return true;
}

bool is_pem(struct reader text)
{
	return find(&text, begin);
}

static int base64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Whatever is no Base64 digit (line ends, padding, headers of old tools) is passed over. */
static void decode(struct reader text, struct file_bytes *out)
{
	uint32_t bits = 0;
	int count = 0;

	out->at = must(malloc(left(&text) * 3 / 4 + 1));
	out->len = 0;
	while (more(&text)) {
		int value = base64_value(take_u8(&text));

		if (value < 0)
			continue;
		bits = bits << 6 | (uint32_t)value;
		count += 6;
		if (count >= 8) {
			count -= 8;
			out->at[out->len++] = (uint8_t)(bits >> count);
		}
	}
}

static bool label_ends_in(const uint8_t *label, size_t len, const char *kind)
{
	size_t wanted = strlen(kind);

	return len >= wanted && !memcmp(label + len - wanted, kind, wanted);
}

bool pem_next(struct reader *text, const char *kind, struct file_bytes *out)
{
	while (find(text, begin)) {
		const uint8_t *label = text->at;

		if (!find(text, dashes))
			return false;
		size_t label_len = (size_t)(text->at - label) - strlen(dashes);
		const uint8_t *body = text->at;

		if (!find(text, end))
			return false;
		if (!label_ends_in(label, label_len, kind))
			continue;
		decode(reader_of(body, (size_t)(text->at - body) - strlen(end)), out);
		return true;
	}
	return false;
}
