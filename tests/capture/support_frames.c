#include "support_frames.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A test that does not fit its buffer, or finds no disk, is wrong itself. */
static void insist(bool condition)
{
	if (!condition)
		abort();
}

void put_bytes(struct buffer *b, const void *bytes, size_t len)
{
	insist(len <= BUFFER_MAX - b->len);
	if (len)
		memcpy(b->bytes + b->len, bytes, len);
	b->len += len;
}

void put_u8(struct buffer *b, unsigned value)
{
	uint8_t byte = (uint8_t)value;

	put_bytes(b, &byte, 1);
}

void put_u16(struct buffer *b, unsigned value)
{
	put_u8(b, value >> 8);
	put_u8(b, value & 0xff);
}

void put_u32(struct buffer *b, uint32_t value)
{
	put_u16(b, value >> 16);
	put_u16(b, value & 0xffff);
}

void put_u16_le(struct buffer *b, unsigned value)
{
	put_u8(b, value & 0xff);
	put_u8(b, value >> 8);
}

void put_u32_le(struct buffer *b, uint32_t value)
{
	put_u16_le(b, value & 0xffff);
	put_u16_le(b, value >> 16);
}

void put_hex(struct buffer *b, const char *hex)
{
	for (; *hex; hex++) {
		if (isspace((unsigned char)*hex))
			continue;
		insist(isxdigit((unsigned char)hex[0]) && isxdigit((unsigned char)hex[1]));
		const char digits[] = { hex[0], hex[1], '\0' };
		put_u8(b, (unsigned)strtoul(digits, NULL, 16));
		hex++;
	}
}

uint8_t *exact_copy(const void *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	insist(copy != NULL);
	if (len)
		memcpy(copy, bytes, len);
	return copy;
}

char *file_with(const void *bytes, size_t len)
{
	char *path = strdup("/tmp/tlswhy-test-XXXXXX");

	insist(path != NULL);
	int fd = mkstemp(path);
	insist(fd >= 0);
	FILE *f = fdopen(fd, "wb");
	insist(f && (len == 0 || fwrite(bytes, len, 1, f) == 1) && fclose(f) == 0);
	return path;
}

void remove_file(char *path)
{
	unlink(path);
	free(path);
}
