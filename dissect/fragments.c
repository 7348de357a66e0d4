#include <stdlib.h>

#include "fragments.h"
#include "parse.h"

struct fragment {
	struct fragment *next;
	uint64_t offset;
	size_t len;
	uint8_t bytes[];
};

static uint64_t end_of(const struct fragment *piece)
{
	return piece->offset + piece->len;
}

/* These bytes lie in a hole: keep them behind `link`. */
static void keep(struct fragments *f, struct fragment **link, uint64_t offset, const uint8_t *bytes,
		 size_t len)
{
	struct fragment *piece = must(malloc(sizeof(*piece) + len));

	piece->next = *link;
	piece->offset = offset;
	piece->len = len;
	memcpy(piece->bytes, bytes, len);
	*link = piece;
	f->held += len;
	f->count++;
}

bool fragments_add(struct fragments *f, uint64_t offset, const uint8_t *bytes, size_t len,
		   size_t held_max)
{
	struct reader fresh = reader_of(bytes, len);
	struct fragment **link = &f->first;

	while (more(&fresh)) {
		const struct fragment *piece = *link;
		if (piece && end_of(piece) <= offset) {
			link = &(*link)->next;
			continue;
		}
		if (piece && piece->offset <= offset) {		/* the first copy counts */
			uint64_t known = end_of(piece) - offset;
			size_t skipped = known < left(&fresh) ? (size_t)known : left(&fresh);
			take(&fresh, skipped);
			offset += skipped;
			continue;
		}
		size_t hole = left(&fresh);
		if (piece && piece->offset - offset < hole)
			hole = (size_t)(piece->offset - offset);
		if (f->count >= FRAGMENTS_MAX || hole > held_max || f->held > held_max - hole)
			return false;
		keep(f, link, offset, take(&fresh, hole), hole);
		offset += hole;
	}
	return true;
}

size_t fragments_bytes(const struct fragments *f)
{
	return f->held + f->count * sizeof(struct fragment);
}

size_t fragments_reach(const struct fragments *f, uint64_t offset)
{
	uint64_t reached = offset;

	for (const struct fragment *piece = f->first; piece && piece->offset <= reached;
	     piece = piece->next) {
		if (end_of(piece) > reached)
			reached = end_of(piece);
	}
	return (size_t)(reached - offset);
}

void fragments_copy(const struct fragments *f, uint64_t offset, uint8_t *out, size_t len)
{
	for (const struct fragment *piece = f->first; piece && len; piece = piece->next) {
		if (end_of(piece) <= offset)
			continue;
		struct reader r = reader_of(piece->bytes, piece->len);
		take(&r, (size_t)(offset - piece->offset));
		size_t share = left(&r) < len ? left(&r) : len;
		memcpy(out, take(&r, share), share);
		out += share;
		offset += share;
		len -= share;
	}
}

void fragments_drop(struct fragments *f, uint64_t offset)
{
	while (f->first && end_of(f->first) <= offset) {
		struct fragment *gone = f->first;
		f->first = gone->next;
		f->held -= gone->len;
		f->count--;
		free(gone);
	}
}

void fragments_clear(struct fragments *f)
{
	fragments_drop(f, UINT64_MAX);
}
