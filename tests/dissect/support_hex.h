/* Bytes written as hex, each in an allocation of exactly its size: one byte too far is a report. */
#ifndef TLSWHY_TESTS_SUPPORT_HEX_H
#define TLSWHY_TESTS_SUPPORT_HEX_H

#include <stddef.h>
#include <stdint.h>

struct bytes {
	uint8_t *at;
	size_t len;
};

struct bytes bytes_of_hex(const char *hex);	/* blanks are skipped; free .at */
struct bytes bytes_copy(const void *from, size_t len);

#endif
