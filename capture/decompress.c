#define ZLIB_CONST
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "decompress.h"

struct decompressor {
	enum compression kind;
	z_stream gzip;
	ZSTD_DStream *zstd;
	bool inside;	/* a gzip member or zstd frame has begun and not ended */
};

enum { GZIP_FIRST = 0x1f, GZIP_SECOND = 0x8b };

enum compression compression_of(struct reader start)
{
	enum { ZSTD_FRAME = 0x28b52ffd, ZSTD_SKIPPABLE = 0x002a4d18, SKIPPABLE_MASK = 0x00ffffff };
	struct reader gzip = start;

	if (take_u8(&gzip) == GZIP_FIRST && take_u8(&gzip) == GZIP_SECOND)
		return COMPRESSION_GZIP;
	uint32_t magic = take_u32(&start);
	if (magic == ZSTD_FRAME)
		return COMPRESSION_ZSTD;
	/* skippable frames (RFC 8878 3.1.2): 0x184D2A50 to 0x184D2A5F, little-endian */
	if ((magic & SKIPPABLE_MASK) == ZSTD_SKIPPABLE && magic >> 28 == 5)
		return COMPRESSION_ZSTD;
	return COMPRESSION_NONE;
}

struct decompressor *decompressor_new(enum compression kind)
{
	enum { GZIP_ONLY = 16, WINDOW = 15 };
	struct decompressor *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->kind = kind;
	bool ready;
	if (kind == COMPRESSION_GZIP) {
		ready = inflateInit2(&d->gzip, GZIP_ONLY + WINDOW) == Z_OK;
	} else {
		d->zstd = ZSTD_createDStream();
		ready = d->zstd != NULL;
	}
	if (ready)
		return d;
	free(d);
	return NULL;
}

void decompressor_free(struct decompressor *d)
{
	if (!d)
		return;
	if (d->kind == COMPRESSION_GZIP)
		inflateEnd(&d->gzip);
	ZSTD_freeDStream(d->zstd);
	free(d);
}

/* What lies between two gzip members: nothing, or the zeros that pad a tape block. */
static const char *enter_member(struct decompressor *d, struct reader *in)
{
	while (more(in) && *in->at == 0)
		take(in, 1);
	if (!more(in))
		return NULL;
	if (*in->at != GZIP_FIRST)
		return "something that is not gzip follows the gzip data";
	inflateReset(&d->gzip);
	d->inside = true;
	return NULL;
}

static const char *gunzip(struct decompressor *d, struct reader *in, uint8_t *out, size_t room,
			  size_t *made)
{
	if (!d->inside) {
		const char *wrong = enter_member(d, in);
		if (wrong || !d->inside)
			return wrong;
	}
	d->gzip.next_in = in->at;
	d->gzip.avail_in = (uInt)left(in);
	d->gzip.next_out = out;
	d->gzip.avail_out = (uInt)room;
	int got = inflate(&d->gzip, Z_NO_FLUSH);
	take(in, left(in) - d->gzip.avail_in);
	*made = room - d->gzip.avail_out;
	if (got == Z_STREAM_END)
		d->inside = false;
	else if (got != Z_OK && got != Z_BUF_ERROR)
		return d->gzip.msg ? d->gzip.msg : "the gzip data is damaged";
	return NULL;
}

static const char *unzstd(struct decompressor *d, struct reader *in, uint8_t *out, size_t room,
			  size_t *made)
{
	if (!d->inside && !more(in))
		return NULL;
	ZSTD_inBuffer from = { .src = in->at, .size = left(in) };
	ZSTD_outBuffer to = { .dst = out, .size = room };
	size_t got = ZSTD_decompressStream(d->zstd, &to, &from);
	take(in, from.pos);
	*made = to.pos;
	if (ZSTD_isError(got))
		return ZSTD_getErrorName(got);
	d->inside = got != 0;
	return NULL;
}

const char *decompress(struct decompressor *d, struct reader *in, uint8_t *out, size_t room,
		       size_t *made)
{
	*made = 0;
	if (d->kind == COMPRESSION_GZIP)
		return gunzip(d, in, out, room, made);
	return unzstd(d, in, out, room, made);
}

bool decompressor_may_end(const struct decompressor *d)
{
	return !d->inside;
}
