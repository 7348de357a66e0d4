/*
 * A decompressor turns gzip or zstd into what was compressed, piece by piece.
 */
#ifndef TLSWHY_DECOMPRESS_H
#define TLSWHY_DECOMPRESS_H

#include "../bytes.h"

enum compression { COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD };

/* By the first bytes of the input. */
enum compression compression_of(struct reader start);

struct decompressor;

/* NULL only without memory. */
struct decompressor *decompressor_new(enum compression kind);
void decompressor_free(struct decompressor *d);

/*
 * decompress consumes from `in`, writes up to `room` bytes to `out` and tells in *made how many.
 * NULL, or what is wrong with the compressed data; what was made before that counts.
 */
const char *decompress(struct decompressor *d, struct reader *in, uint8_t *out, size_t room,
		       size_t *made);

/* The compressed data may end here: between gzip members, between zstd frames. */
bool decompressor_may_end(const struct decompressor *d);

#endif
