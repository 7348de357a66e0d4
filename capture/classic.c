/*
 * The classic pcap format: a file header, then packets, each behind a header of its own
 * (draft-ietf-opsawg-pcap 4 and 5).
 */
#include "format.h"

enum {
	FILE_HEADER = 24,
	PACKET_HEADER = 16,
	MODIFIED_PACKET_HEADER = 24,	/* Kuznetzov's, with interface and protocol behind it */
	SECONDS_AT = 0, FRACTION_AT = 4, LEN_AT = 8, WIRE_LEN_AT = 12
};

/* The magic numbers as the writer's own byte order has them. */
static const struct flavour {
	uint32_t magic;
	int64_t tick;
	size_t header_len;
} flavours[] = {
	{ 0xa1b2c3d4, 1000, PACKET_HEADER },
	{ 0xa1b23c4d, 1, PACKET_HEADER },
	{ 0xa1b2cd34, 1000, MODIFIED_PACKET_HEADER },
};

static uint32_t swapped(uint32_t x)
{
	return x >> 24 | (x >> 8 & 0xff00) | (x << 8 & 0xff0000) | x << 24;
}

static const struct flavour *flavour_of(uint32_t magic)
{
	for (size_t i = 0; i < sizeof(flavours) / sizeof(flavours[0]); i++) {
		if (flavours[i].magic == magic)
			return &flavours[i];
	}
	return NULL;
}

bool classic_magic(uint32_t magic)
{
	return flavour_of(magic) || flavour_of(swapped(magic));
}

static uint32_t word_at(const struct file *f, const uint8_t *b)
{
	return f->little_endian ? u32_le_at(b) : u32_at(b);
}

/* Large packets come in rows of one length: the headers of the one that is PACES on are most likely
 * there, and not in the cache where the file is mapped. A wrong guess harms nothing. */
static void expect_like_it(const uint8_t *header, size_t pace)
{
	enum { PACES = 6, CACHE_LINE = 64 };
	uintptr_t there = (uintptr_t)header + PACES * pace;

	__builtin_prefetch((const void *)there);
	__builtin_prefetch((const void *)(there + CACHE_LINE));
}

static bool classic_at_hand(struct file *f, struct frame *out)
{
	struct reader r = f->source.window;
	const uint8_t *header = take(&r, f->header_len);
	uint32_t len, wire_len;

	if (!header)
		return false;
	len = word_at(f, header + LEN_AT);
	wire_len = word_at(f, header + WIRE_LEN_AT);
	out->bytes = take(&r, len);
	if (!out->bytes || len > FRAME_BYTES_MAX)
		return false;
	expect_like_it(header, f->header_len + len);
	out->len = len;
	out->wire_len = wire_len > len ? wire_len : len;
	out->mark = (struct mark){
		.frame = ++f->frames,
		.time = (int64_t)word_at(f, header + SECONDS_AT) * NANOSECONDS +
			(int64_t)word_at(f, header + FRACTION_AT) * f->tick,
	};
	out->link_type = f->link_type;
	f->last_time = out->mark.time;
	f->source.window = r;
	return true;
}

static enum input_result classic_next(struct file *f, struct frame *out)
{
	struct source *s = &f->source;
	uint32_t len;

	if (!source_peek(s, f->header_len)) {
		if (!more(&s->window) && !source_damage(s))
			return INPUT_END;
		return file_broke(f, source_offset(s),
				  "the file is cut off within a packet header");
	}
	len = word_at(f, s->window.at + LEN_AT);
	if (len > FRAME_BYTES_MAX)
		return file_broke(f, source_offset(s), "the length of the packet is absurd");
	if (!source_peek(s, f->header_len + len) || !classic_at_hand(f, out))
		return file_broke(f, source_offset(s), "the file is cut off within the packet");
	return INPUT_FRAME;
}

bool classic_open(struct file *f, uint32_t magic, const char **why)
{
	enum { LINK_TYPE_BITS = 0x03ffffff };	/* above it: whether and how long an FCS follows */
	enum { SKIPPED = 16 };			/* version, zone, accuracy, snap length */
	const struct flavour *flavour = flavour_of(magic);

	f->little_endian = !flavour;
	if (!flavour)
		flavour = flavour_of(swapped(magic));
	if (!source_peek(&f->source, FILE_HEADER)) {
		*why = "cut off within the file header";
		return false;
	}
	struct reader header = take_reader(&f->source.window, FILE_HEADER);
	take(&header, sizeof(magic));
	take(&header, SKIPPED);
	f->link_type = link_type_of(field32(f, &header) & LINK_TYPE_BITS);
	f->tick = flavour->tick;
	f->header_len = flavour->header_len;
	f->next = classic_next;
	f->at_hand = classic_at_hand;
	return true;
}
