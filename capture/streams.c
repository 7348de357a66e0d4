#include "streams.h"

#include <stdlib.h>
#include <string.h>

enum {
	DISTANCES = 48,		/* so that a block with its head fills a cache line */
	BLOCKS_FIRST = 16,
	DIGIT_BITS = 7,		/* a distance is written in digits of so many bits, the lowest first */
	DIGIT_MORE = 1 << DIGIT_BITS,
	DIGITS_MAX = (64 + DIGIT_BITS - 1) / DIGIT_BITS,
};

/* Some streams that began one after the other. */
struct block {
	uint64_t packet;	/* at which the first of them began */
	uint32_t before;	/* streams before it */
	uint8_t used;		/* bytes of distances */
	uint8_t distance[DISTANCES];	/* in packets from one to the next */
};

struct beginnings {
	struct block *blocks;
	size_t count, room;	/* blocks */
	uint64_t last;		/* packet of the last stream */
	uint32_t streams;
};

struct capture_streams {
	struct beginnings of[2];	/* by transport */
	size_t memory;
};

struct capture_streams *capture_streams_new(size_t memory)
{
	struct capture_streams *s = calloc(1, sizeof(*s));

	if (s)
		s->memory = memory;
	return s;
}

void capture_streams_free(struct capture_streams *s)
{
	if (!s)
		return;
	free(s->of[TRANSPORT_TCP].blocks);
	free(s->of[TRANSPORT_UDP].blocks);
	free(s);
}

size_t streams_bytes(const struct capture_streams *s)
{
	size_t rooms = s ? s->of[TRANSPORT_TCP].room + s->of[TRANSPORT_UDP].room : 0;

	return rooms * sizeof(struct block);
}

/* Room for so many blocks more; false when there is no memory for them. */
static bool make_room(struct capture_streams *s, struct beginnings *b, size_t more)
{
	size_t room = b->room ? b->room : BLOCKS_FIRST;
	struct block *blocks;

	while (room < b->count + more)
		room *= 2;
	if (room == b->room)
		return true;
	if (streams_bytes(s) + (room - b->room) * sizeof(*blocks) > s->memory)
		return false;
	blocks = realloc(b->blocks, room * sizeof(*blocks));
	if (!blocks)
		return false;
	b->blocks = blocks;
	b->room = room;
	return true;
}

static bool add_block(struct capture_streams *s, struct beginnings *b, uint64_t packet)
{
	if (!make_room(s, b, 1))
		return false;
	b->blocks[b->count++] = (struct block){ .packet = packet, .before = b->streams };
	return true;
}

/* False when the block is full. */
static bool add_distance(struct block *block, uint64_t distance)
{
	uint8_t digits[DIGITS_MAX], count = 0;

	do {
		digits[count++] = (uint8_t)((distance & (DIGIT_MORE - 1)) | DIGIT_MORE);
		distance >>= DIGIT_BITS;
	} while (distance);
	digits[count - 1] &= DIGIT_MORE - 1;
	if (count > DISTANCES - block->used)
		return false;
	memcpy(block->distance + block->used, digits, count);
	block->used = (uint8_t)(block->used + count);
	return true;
}

void streams_note(struct capture_streams *s, enum transport transport, uint64_t packet)
{
	struct beginnings *b = &s->of[transport];

	if (!b->count || !add_distance(&b->blocks[b->count - 1], packet - b->last)) {
		if (!add_block(s, b, packet))
			return;
	}
	b->last = packet;
	b->streams++;
}

void streams_move(struct capture_streams *to, struct capture_streams *from)
{
	for (int transport = 0; transport < 2; transport++) {
		struct beginnings *target = &to->of[transport], *source = &from->of[transport];

		if (source->count && make_room(to, target, source->count)) {
			memcpy(target->blocks + target->count, source->blocks,
			       source->count * sizeof(*source->blocks));
			target->count += source->count;
		}
		source->count = 0;
	}
}

/* ---- asking ----------------------------------------------------------------------------- */

/* Goes from stream to stream of a block. */
struct walk {
	const struct block *block;
	uint8_t at;
	uint64_t packet;
	uint32_t stream;
};

static bool walk_on(struct walk *w)
{
	uint64_t distance = 0;

	if (w->at == w->block->used)
		return false;
	for (unsigned shift = 0;; shift += DIGIT_BITS) {
		uint8_t digit = w->block->distance[w->at++];

		distance |= (uint64_t)(digit & (DIGIT_MORE - 1)) << shift;
		if (!(digit & DIGIT_MORE))
			break;
	}
	w->packet += distance;
	w->stream++;
	return true;
}

static struct walk walk_from(const struct block *block)
{
	return (struct walk){ .block = block, .packet = block->packet, .stream = block->before };
}

/* The last block whose first stream is not beyond `stream` and began before `packet`; NULL if none. */
static const struct block *block_before(const struct beginnings *b, uint32_t stream, uint64_t packet)
{
	size_t low = 0, high = b->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (b->blocks[middle].before <= stream && b->blocks[middle].packet < packet)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &b->blocks[low - 1] : NULL;
}

static uint64_t packet_of(const struct beginnings *b, uint32_t stream)
{
	const struct block *block = block_before(b, stream, UINT64_MAX);
	struct walk w;

	if (!block)
		return 0;
	w = walk_from(block);
	while (w.stream < stream && walk_on(&w))
		;
	return w.packet;
}

/* How many streams began before this packet. */
static uint32_t count_before(const struct beginnings *b, uint64_t packet)
{
	const struct block *block = block_before(b, UINT32_MAX, packet);
	struct walk w;

	if (!block)
		return 0;
	w = walk_from(block);
	while (w.packet < packet) {
		if (!walk_on(&w))
			return w.stream + 1;
	}
	return w.stream;
}

uint32_t capture_stream_number(struct capture_streams *const *all, size_t shares, size_t share,
			       enum transport transport, uint32_t stream)
{
	uint64_t packet = packet_of(&all[share]->of[transport], stream);
	uint32_t number = stream;

	for (size_t i = 0; i < shares; i++)
		number += i == share ? 0 : count_before(&all[i]->of[transport], packet);
	return number;
}
