/*
 * The reader: the one way in which tlswhy reads bytes that it did not make.
 *
 * A reader walks once, front to back, over bytes that it does not own. The first read past the
 * end breaks it for good: later reads give zero or an empty reader, so that a parser reads like
 * the RFC's struct and asks one question when it is done, read_whole(). A vector comes back as a
 * reader of its own, so a child cannot leave its parent; a broken parent gives broken children.
 */
#ifndef TLSWHY_BYTES_H
#define TLSWHY_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct reader {
	const uint8_t *at, *end;	/* at <= end, always */
	const uint8_t *broke;		/* where the first short read began, else NULL */
};

static inline struct reader reader_of(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	return (struct reader){ .at = at, .end = len ? at + len : at };
}

/* How many bytes are left; 0 once the reader broke. */
static inline size_t left(const struct reader *r)
{
	return (size_t)(r->end - r->at);
}

static inline bool more(const struct reader *r)
{
	return r->at < r->end;
}

/* The next n bytes, borrowed from what the reader walks over; NULL if there are fewer. */
static inline const uint8_t *take(struct reader *r, size_t n)
{
	static const uint8_t nothing[1];
	const uint8_t *from = r->at;

	if (!r->broke && n <= left(r)) {
		if (n)
			r->at += n;
		return from ? from : nothing;
	}
	if (!r->broke)
		r->broke = from ? from : nothing;
	r->at = r->end;		/* so that while (more(r)) ends */
	return NULL;
}

static inline uint8_t take_u8(struct reader *r)
{
	const uint8_t *b = take(r, 1);

	return b ? b[0] : 0;
}

static inline uint16_t take_u16(struct reader *r)
{
	const uint8_t *b = take(r, 2);

	if (!b)
		return 0;
	return (uint16_t)(b[0] << 8 | b[1]);
}

static inline uint32_t take_u24(struct reader *r)
{
	const uint8_t *b = take(r, 3);

	return b ? (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2] : 0;
}

static inline uint32_t take_u32(struct reader *r)
{
	const uint8_t *b = take(r, 4);

	return b ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3] : 0;
}

static inline uint64_t take_u64(struct reader *r)
{
	uint64_t high = take_u32(r);

	return high << 32 | take_u32(r);
}

static inline uint16_t take_u16_le(struct reader *r)
{
	const uint8_t *b = take(r, 2);

	if (!b)
		return 0;
	return (uint16_t)(b[1] << 8 | b[0]);
}

static inline uint32_t take_u32_le(struct reader *r)
{
	const uint8_t *b = take(r, 4);

	return b ? (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0] : 0;
}

/* The next n bytes as a reader of their own; a broken one if there are fewer. */
static inline struct reader take_reader(struct reader *r, size_t n)
{
	const uint8_t *b = take(r, n);

	if (!b)
		return (struct reader){ .at = r->end, .end = r->end, .broke = r->broke };
	return reader_of(b, n);
}

/* opaque vector<0..2^8-1>, <0..2^16-1>, <0..2^24-1> (RFC 8446 3.4): length, then that many bytes. */
static inline struct reader take_vector8(struct reader *r)
{
	return take_reader(r, take_u8(r));
}

static inline struct reader take_vector16(struct reader *r)
{
	return take_reader(r, take_u16(r));
}

static inline struct reader take_vector24(struct reader *r)
{
	return take_reader(r, take_u24(r));
}

/* Fields of a header that a take() of its whole length gave. */
static inline uint16_t u16_at(const uint8_t *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

static inline uint32_t u32_at(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static inline uint32_t u32_le_at(const uint8_t *b)
{
	return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

/* Nothing was missing. */
static inline bool read_ok(const struct reader *r)
{
	return !r->broke;
}

/* Nothing was missing and nothing is left over. */
static inline bool read_whole(const struct reader *r)
{
	return !r->broke && r->at == r->end;
}

#endif
