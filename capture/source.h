/*
 * A source: the bytes of one input, front to back, whatever they were wrapped in. Plain files,
 * standard input, gzip (RFC 1952, several members) and zstd (RFC 8878, several frames), told
 * apart by their first bytes. Decoding streams through one window, so that a decompression bomb
 * costs time in proportion to what is read of it and no memory.
 */
#ifndef TLSWHY_SOURCE_H
#define TLSWHY_SOURCE_H

#include "../bytes.h"

struct stream;

struct source {
	struct reader window;	/* decoded bytes at hand; whoever reads takes from it */
	uint64_t window_end;	/* offset in the decoded stream at which the window ends */
	struct stream *stream;
};

/* The most that source_peek can show at once: a pcapng block, as long as Wireshark allows. */
enum { SOURCE_PEEK_MAX = 16 * 1024 * 1024 };

/* "-" is standard input. False on failure, with one line in `problem`. */
bool source_open(struct source *s, const char *path, char *problem, size_t problem_len);
void source_close(struct source *s);

/* source_wake: a pipe ends, as if its writer had gone, when this descriptor can be read. 0: none. */
void source_wake(struct source *s, int wake);

/* Reads on until n bytes are at hand; false if the input ends before. Moves the window. */
bool source_fill(struct source *s, size_t n);

/* Passes over n bytes; false if the input ends before. */
bool source_skip_far(struct source *s, uint64_t n);

/* What broke the input, NULL if nothing did: a read error, a compressed stream that is damaged. */
const char *source_damage(const struct source *s);

/* 0 to 1, or -1 if the length of the input is unknown. */
double source_progress(const struct source *s);

/* n bytes from here are in s->window; n <= SOURCE_PEEK_MAX. Borrowed until the next peek. */
static inline bool source_peek(struct source *s, size_t n)
{
	return left(&s->window) >= n || source_fill(s, n);
}

/* Offset of the next byte in the decoded stream. */
static inline uint64_t source_offset(const struct source *s)
{
	return s->window_end - left(&s->window);
}

#endif
