/*
 * pcapng: sections of blocks, each of a type and a length (draft-ietf-opsawg-pcapng 3 and 4).
 */
#include <stdlib.h>

#include "format.h"

enum {
	BLOCK_NONE = 0,			/* reserved: here a block that is not to be read */
	BLOCK_INTERFACE = 1,
	BLOCK_OLD_PACKET = 2,
	BLOCK_SIMPLE_PACKET = 3,
	BLOCK_STATISTICS = 5,
	BLOCK_ENHANCED_PACKET = 6,
	BLOCK_JOURNAL = 9,
	BLOCK_SECRETS = 10,
	BLOCK_CUSTOM = 0xbad,
	BLOCK_CUSTOM_NOT_COPIED = 0x40000bad
};

enum {
	BLOCK_START = 8,		/* type, length */
	BLOCK_FRAME = 12,		/* the same and the length again behind the body */
	SECTION_BODY = 16,		/* byte order, version, length of the section */
	INTERFACES_MAX = 65536,		/* as many as an old packet block can name; 40 bytes each */
	OPTION_END = 0
};

struct interface {
	int link_type;
	uint32_t snap_len;	/* 0: none */
	uint64_t units;		/* of its timestamps in a second */
	uint64_t tick;		/* ns in a unit, 0 if that is no whole number */
	int64_t offset;		/* seconds to add */
	uint64_t dropped_interface, dropped_kernel;	/* as last told; totals since its start */
};

struct block {
	uint32_t type;
	uint32_t len;		/* in all, as the block says it */
	uint64_t offset;	/* in the file */
	struct reader body;
};

/* Timestamp units to nanoseconds, saturating. */
static int64_t time_of(const struct interface *i, uint64_t units)
{
	if (i->tick && !i->offset && units <= (uint64_t)TIME_MAX / i->tick)
		return (int64_t)(units * i->tick);	/* nearly always */

	uint64_t seconds = units / i->units, rest = units % i->units;
	uint64_t limit = (uint64_t)(TIME_MAX / NANOSECONDS) - 1;

	if (i->offset < 0 && seconds < (uint64_t)-i->offset)
		return 0;
	seconds += (uint64_t)i->offset;
	if (seconds > limit)
		return TIME_MAX;
	double nanoseconds = (double)rest / (double)i->units * NANOSECONDS;
	return (int64_t)(seconds * NANOSECONDS + (uint64_t)nanoseconds);
}

static uint64_t power_of_ten(unsigned exponent)
{
	uint64_t power = 1;

	while (exponent--)
		power *= 10;
	return power;
}

/* if_tsresol: a negative power of ten, or of two if the top bit is set. */
static uint64_t units_of(uint8_t resolution)
{
	enum { BINARY = 0x80, BINARY_MAX = 63, DECIMAL_MAX = 19 };
	unsigned exponent = resolution & 0x7f;

	if (resolution & BINARY)
		return UINT64_C(1) << (exponent < BINARY_MAX ? exponent : BINARY_MAX);
	return power_of_ten(exponent < DECIMAL_MAX ? exponent : DECIMAL_MAX);
}

/* The next option's value; false behind the last one. */
static bool take_option(const struct file *f, struct reader *r, uint16_t *code,
			struct reader *value)
{
	if (!more(r))
		return false;
	*code = field16(f, r);
	size_t len = field16(f, r);
	*value = take_reader(r, len);
	size_t padding = -len & 3;
	take(r, padding < left(r) ? padding : left(r));
	return read_ok(value) && *code != OPTION_END;
}

static int64_t clamp_offset(uint64_t offset)
{
	const int64_t limit = TIME_MAX / NANOSECONDS, seconds = (int64_t)offset;

	if (seconds > limit)
		return limit;
	return seconds < -limit ? -limit : seconds;
}

static uint64_t field64(const struct file *f, struct reader *r)
{
	uint64_t first = field32(f, r), second = field32(f, r);

	return f->little_endian ? second << 32 | first : first << 32 | second;
}

static const char *take_interface(struct file *f, struct reader body)
{
	enum { MICROSECONDS = 1000000, RESOLUTION = 9, OFFSET = 14 };
	struct interface new = { .units = MICROSECONDS };

	new.link_type = link_type_of(field16(f, &body));
	field16(f, &body);
	new.snap_len = field32(f, &body);
	if (!read_ok(&body))
		return "an interface description is too short";
	uint16_t code;
	struct reader value;
	while (take_option(f, &body, &code, &value)) {
		if (code == RESOLUTION && left(&value) == 1)
			new.units = units_of(take_u8(&value));
		else if (code == OFFSET && left(&value) == 8)
			new.offset = clamp_offset(field64(f, &value));
	}
	new.tick = NANOSECONDS % new.units ? 0 : NANOSECONDS / new.units;
	if (f->interface_count == INTERFACES_MAX)
		return "more interfaces than a section can use";
	if (f->interface_count == f->interface_room) {
		size_t room = f->interface_room ? f->interface_room * 2 : 4;
		struct interface *larger = realloc(f->interfaces, room * sizeof(*larger));
		if (!larger)
			return "no memory for the interfaces";
		f->interfaces = larger;
		f->interface_room = room;
	}
	f->interfaces[f->interface_count++] = new;
	return NULL;
}

static void note_total(uint64_t *sum, uint64_t *before, uint64_t now)
{
	if (now > *before)
		*sum += now - *before;
	*before = now;
}

/* What is wrong with a statistics block harms nothing that others build on. */
static void take_statistics(struct file *f, struct reader body)
{
	enum { INTERFACE_DROPS = 5, SYSTEM_DROPS = 7 };
	uint32_t number = field32(f, &body);
	uint16_t code;
	struct reader value;

	take(&body, 8);		/* time */
	if (!read_ok(&body) || number >= f->interface_count)
		return;
	struct interface *i = &f->interfaces[number];
	while (take_option(f, &body, &code, &value)) {
		if (left(&value) != 8)
			continue;
		uint64_t total = field64(f, &value);
		if (code == INTERFACE_DROPS)
			note_total(&f->dropped_interface, &i->dropped_interface, total);
		else if (code == SYSTEM_DROPS)
			note_total(&f->dropped_kernel, &i->dropped_kernel, total);
	}
}

/* Fills in *out from what the packet blocks have in common. */
static const char *frame_of(struct file *f, struct frame *out, uint32_t interface, uint32_t len,
			    uint32_t wire_len, struct reader *body)
{
	if (interface >= f->interface_count)
		return "the packet's interface was never described";
	if (len > FRAME_BYTES_MAX)
		return "the length of the packet is absurd";
	out->bytes = take(body, len);
	if (!out->bytes)
		return "the packet does not fit its block";
	out->len = len;
	out->wire_len = wire_len > len ? wire_len : len;
	out->link_type = f->interfaces[interface].link_type;
	out->mark = (struct mark){ .frame = ++f->frames, .time = f->last_time };
	return NULL;
}

/* Enhanced packet block, or the one before it, whose interface shares a word with a drop count. */
static const char *take_packet(struct file *f, const struct block *b, struct frame *out)
{
	struct reader body = b->body;
	uint32_t interface;

	if (b->type == BLOCK_ENHANCED_PACKET) {
		interface = field32(f, &body);
	} else {
		interface = field16(f, &body);
		field16(f, &body);
	}
	uint64_t time = (uint64_t)field32(f, &body) << 32;
	time |= field32(f, &body);
	uint32_t len = field32(f, &body);
	uint32_t wire_len = field32(f, &body);
	if (!read_ok(&body))
		return "the packet's block is too short";
	const char *wrong = frame_of(f, out, interface, len, wire_len, &body);
	if (!wrong)
		f->last_time = out->mark.time = time_of(&f->interfaces[interface], time);
	return wrong;
}

/* A simple packet has no time of its own; it gets that of the packet before it. */
static const char *take_simple_packet(struct file *f, struct reader body, struct frame *out)
{
	uint32_t wire_len = field32(f, &body);

	if (!read_ok(&body) || !f->interface_count)
		return "a simple packet without an interface";
	uint32_t snap_len = f->interfaces[0].snap_len;
	uint32_t len = snap_len && snap_len < wire_len ? snap_len : wire_len;
	if (len > left(&body))
		len = (uint32_t)left(&body);
	return frame_of(f, out, 0, len, wire_len, &body);
}

/* Leaves out->bytes NULL where the secrets are no NSS key log. */
static const char *take_secrets(struct file *f, struct reader body, struct frame *out)
{
	enum { TLS_KEY_LOG = 0x544c534b };
	uint32_t type = field32(f, &body);
	uint32_t len = field32(f, &body);
	const uint8_t *text = take(&body, len);

	if (!text)
		return "the secrets do not fit their block";
	if (type == TLS_KEY_LOG) {
		*out = (struct frame){ .bytes = text, .len = len,
				       .mark = { .frame = f->frames, .time = f->last_time } };
	}
	return NULL;
}

/* A section header's byte order mark decides how its own length is read. */
static const char *enter_section(struct file *f)
{
	enum { BIG = 0x1a2b3c4d, LITTLE = 0x4d3c2b1a };

	if (!source_peek(&f->source, BLOCK_START + 4))
		return "the file is cut off within a section header";
	struct reader r = reader_of(f->source.window.at, BLOCK_START + 4);
	take(&r, BLOCK_START);
	uint32_t order = take_u32(&r);
	if (order != BIG && order != LITTLE)
		return "a section header with no byte order mark";
	f->little_endian = order == LITTLE;
	f->interface_count = 0;
	return NULL;
}

/* The block's type and length; the section's byte order is known once it returns NULL. */
static const char *take_block_start(struct file *f, struct block *b)
{
	if (!source_peek(&f->source, BLOCK_START))
		return "the file is cut off within a block header";
	struct reader r = reader_of(f->source.window.at, BLOCK_START);
	b->type = field32(f, &r);
	if (b->type == PCAPNG_MAGIC) {
		const char *wrong = enter_section(f);
		if (wrong)
			return wrong;
		r = reader_of(f->source.window.at, BLOCK_START);
		take_u32(&r);
	}
	b->len = field32(f, &r);
	uint32_t body_min = b->type == PCAPNG_MAGIC ? SECTION_BODY : 0;
	if (b->len < BLOCK_FRAME + body_min)
		return "the length of the block is absurd";
	return NULL;
}

/*
 * What a block that is cut off by the end of the file still holds. Its packet may be whole, with
 * only padding or the length behind it missing.
 */
static void take_remains(struct file *f, struct block *b)
{
	take(&f->source.window, BLOCK_START);
	size_t there = left(&f->source.window), announced = b->len - BLOCK_FRAME;
	b->body = take_reader(&f->source.window, there < announced ? there : announced);
}

/* Takes the whole block; blocks that are not read need not fit the window. */
static const char *take_block(struct file *f, struct block *b)
{
	struct source *s = &f->source;
	uint64_t padded = ((uint64_t)b->len + 3) & ~UINT64_C(3);

	if (padded > SOURCE_PEEK_MAX) {
		b->type = BLOCK_NONE;
		return source_skip_far(s, padded) ? NULL : "the file is cut off within a block";
	}
	if (!source_peek(s, (size_t)padded)) {
		take_remains(f, b);
		return "the file is cut off within a block";
	}
	take(&s->window, BLOCK_START);
	b->body = take_reader(&s->window, b->len - BLOCK_FRAME);
	take(&s->window, (size_t)padded - b->len);
	struct reader trailer = take_reader(&s->window, 4);
	uint32_t again = field32(f, &trailer);
	if (again == b->len || again == padded)
		return NULL;
	b->type = BLOCK_NONE;		/* one is garbage, and with it perhaps all of it */
	return "the block's two lengths differ";
}

/* Hands a block to who reads its type; *got says whether there is something to hand out. */
static const char *take_body(struct file *f, const struct block *b, struct frame *out,
			     enum input_result *got)
{
	const char *wrong = NULL;

	*got = INPUT_END;
	switch (b->type) {
	case BLOCK_ENHANCED_PACKET:
	case BLOCK_OLD_PACKET:
		wrong = take_packet(f, b, out);
		*got = INPUT_FRAME;
		break;
	case BLOCK_SIMPLE_PACKET:
		wrong = take_simple_packet(f, b->body, out);
		*got = INPUT_FRAME;
		break;
	case BLOCK_INTERFACE:
		return take_interface(f, b->body);
	case BLOCK_STATISTICS:
		take_statistics(f, b->body);
		break;
	case BLOCK_SECRETS:
		out->bytes = NULL;
		wrong = take_secrets(f, b->body, out);
		*got = out->bytes ? INPUT_SECRETS : INPUT_END;
		break;
	case BLOCK_JOURNAL:
	case BLOCK_CUSTOM:
	case BLOCK_CUSTOM_NOT_COPIED:
		f->frames++;	/* no packets, but Wireshark gives them frame numbers */
		break;
	default:
		break;
	}
	return wrong;
}

static enum input_result pcapng_next(struct file *f, struct frame *out)
{
	for (;;) {
		if (f->problem[0])
			return INPUT_DAMAGED;
		struct block b = { .offset = source_offset(&f->source) };
		if (!source_peek(&f->source, 1) && !source_damage(&f->source))
			return INPUT_END;
		const char *wrong = take_block_start(f, &b);
		if (wrong)
			return file_broke(f, b.offset, wrong);
		const char *cut = take_block(f, &b);
		if (cut)
			file_broke(f, b.offset, cut);
		enum input_result got;
		wrong = take_body(f, &b, out, &got);
		if (wrong && !cut)
			file_broke(f, b.offset, wrong);
		if (!wrong && got != INPUT_END)
			return got;
	}
}

/* Only a whole enhanced packet block: all else is pcapng_next's. */
static bool pcapng_at_hand(struct file *f, struct frame *out)
{
	struct reader r = f->source.window;
	struct block b = { .type = BLOCK_ENHANCED_PACKET };
	uint32_t again;

	if (f->problem[0] || field32(f, &r) != b.type)
		return false;
	b.len = field32(f, &r);
	if (b.len < BLOCK_FRAME || b.len % 4)
		return false;
	b.body = take_reader(&r, b.len - BLOCK_FRAME);
	again = field32(f, &r);
	if (!read_ok(&r) || again != b.len || take_packet(f, &b, out))
		return false;
	f->source.window = r;
	return true;
}

bool pcapng_open(struct file *f, const char **why)
{
	*why = enter_section(f);
	f->link_type = -1;
	f->next = pcapng_next;
	f->at_hand = pcapng_at_hand;
	return *why == NULL;
}
