/* Frames from annotated hex, and files to read them from, for the tests of capture/. */
#ifndef TLSWHY_SUPPORT_FRAMES_H
#define TLSWHY_SUPPORT_FRAMES_H

#include "../../capture/packet.h"

enum { BUFFER_MAX = 1 << 20 };

/* Bytes that a test puts together. */
struct buffer {
	uint8_t bytes[BUFFER_MAX];
	size_t len;
};

/* Appends bytes given in hex, blanks between them as one likes. */
void put_hex(struct buffer *b, const char *hex);
void put_bytes(struct buffer *b, const void *bytes, size_t len);
void put_u8(struct buffer *b, unsigned value);
void put_u16(struct buffer *b, unsigned value);		/* big-endian */
void put_u32(struct buffer *b, uint32_t value);
void put_u32_le(struct buffer *b, uint32_t value);
void put_u16_le(struct buffer *b, unsigned value);

/* An allocation of exactly these bytes, so that the sanitizer sees one too far. */
uint8_t *exact_copy(const void *bytes, size_t len);

/* A temporary file with these bytes; the caller gives the path to remove_file. */
char *file_with(const void *bytes, size_t len);
void remove_file(char *path);

#endif
