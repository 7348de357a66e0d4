#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_hex.h"

struct bytes bytes_copy(const void *from, size_t len)
{
	struct bytes b = { malloc(len ? len : 1), len };

	if (!b.at)
		abort();
	memcpy(b.at, from, len);
	return b;
}

static uint8_t digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = strchr(digits, tolower((unsigned char)c));

	if (!c || !at)
		abort();
	return (uint8_t)(at - digits);
}

struct bytes bytes_of_hex(const char *hex)
{
	uint8_t *room = malloc(strlen(hex) / 2 + 1);
	size_t len = 0;

	if (!room)
		abort();
	while (*hex) {
		if (isspace((unsigned char)*hex)) {
			hex++;
			continue;
		}
		room[len++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
		hex += 2;
	}
	struct bytes exact = bytes_copy(room, len);
	free(room);
	return exact;
}
