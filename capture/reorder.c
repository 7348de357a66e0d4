#include "reorder.h"

#include <stdlib.h>
#include <string.h>

enum {
	WINDOW = 64,		/* frames that wait: a burst from each queue of a card */
	LENT_MAX = 32,		/* frames handed out at once */
	SLOTS = WINDOW + LENT_MAX + 1,	/* one may stand behind a step of the clock */
	RING = 128,		/* places in line; a power of two, no less than SLOTS */
	AHEAD = 32,		/* frames fetched at once */
	CALM = 4096		/* frames in order after which none waits until one is not */
};

/* Back by more than this, the clock was set: what came before stays before. */
static const int64_t STEP_NS = 1000000000;

/* A frame that waits. Its bytes are the input's until that reads on, then the slot's. */
struct slot {
	struct frame frame;
	uint8_t *bytes;
	size_t room;
};

struct reorder {
	struct input inner;
	struct frame ahead[AHEAD];	/* the next ones of inner */
	size_t ahead_at, ahead_count;
	struct slot slots[SLOTS];
	uint8_t line[RING];	/* slots of the frames that wait, from `first` on, the earliest first */
	uint8_t spare[SLOTS], lent[LENT_MAX];
	uint8_t first, count, spare_count, lent_count;
	int behind;		/* slot; -1: none */
	int64_t latest;		/* time of the frame read last */
	uint32_t calm;		/* frames since one was out of order */
	bool begun, draining;
	enum input_result last;	/* what to say when no frame is left */
	struct frame nothing;	/* and what came with it */
};

/* Room for a frame's bytes; false without memory: then the frame must go out as it is. */
static bool reserve(struct slot *s, size_t len)
{
	uint8_t *bytes;

	if (len <= s->room)
		return true;
	bytes = realloc(s->bytes, len);
	if (!bytes)
		return false;
	s->bytes = bytes;
	s->room = len;
	return true;
}

static struct slot *waiting(struct reorder *r, size_t place)
{
	return &r->slots[r->line[(r->first + place) % RING]];
}

static void save(struct slot *s)
{
	if (s->frame.len && s->frame.bytes != s->bytes)
		memcpy(s->bytes, s->frame.bytes, s->frame.len);
	s->frame.bytes = s->bytes;
}

/* The inner input is about to take back what it lent. */
static void save_all(struct reorder *r)
{
	for (size_t i = 0; i < r->count; i++)
		save(waiting(r, i));
	if (r->behind >= 0)
		save(&r->slots[r->behind]);
}

/* Frames of one time stay as they came. */
static void insert(struct reorder *r, uint8_t slot)
{
	int64_t time = r->slots[slot].frame.mark.time;
	size_t place = r->count++;

	for (; place && waiting(r, place - 1)->frame.mark.time > time; place--)
		r->line[(r->first + place) % RING] = r->line[(r->first + place - 1) % RING];
	r->line[(r->first + place) % RING] = slot;
}

static bool stepped_back(const struct reorder *r, const struct frame *frame)
{
	return r->begun && frame->mark.time < r->latest && r->latest - frame->mark.time > STEP_NS;
}

static void note_order(struct reorder *r, const struct frame *frame)
{
	bool disorder = r->begun && frame->mark.time < r->latest;

	r->calm = disorder ? 0 : r->calm + (r->calm < CALM);
	r->begun = true;
	r->latest = frame->mark.time;
}

/* Takes the inner input's next frame in; false when it goes straight out. */
static bool keep(struct reorder *r, const struct frame *frame)
{
	bool step = stepped_back(r, frame);
	uint8_t slot;

	note_order(r, frame);
	if (r->calm == CALM && !r->count)
		return false;
	slot = r->spare[r->spare_count - 1];
	if (!reserve(&r->slots[slot], frame->len))
		return false;
	r->slots[slot].frame = *frame;
	r->spare_count--;
	if (step && r->count)
		r->behind = slot;
	else
		insert(r, slot);
	return true;
}

static bool may_read(const struct reorder *r)
{
	return !r->draining && r->behind < 0 && r->count < WINDOW && !(r->calm == CALM && r->count);
}

static bool hand_out(struct reorder *r, struct frame *out)
{
	uint8_t slot;

	if (!r->count)
		return false;
	slot = r->line[r->first];
	r->first = (uint8_t)((r->first + 1) % RING);
	r->count--;
	r->lent[r->lent_count++] = slot;
	*out = r->slots[slot].frame;
	if (!r->count && r->behind >= 0) {
		insert(r, (uint8_t)r->behind);
		r->behind = -1;
	}
	return true;
}

static void take_back(struct reorder *r)
{
	while (r->lent_count)
		r->spare[r->spare_count++] = r->lent[--r->lent_count];
}

/* Whether the inner input's next frame is at hand. */
static bool look_ahead(struct reorder *r)
{
	if (r->ahead_at < r->ahead_count)
		return true;
	r->ahead_at = 0;
	r->ahead_count = r->inner.more ? r->inner.more(r->inner.of, r->ahead, AHEAD) : 0;
	return r->ahead_count > 0;
}

static enum input_result read_on(struct reorder *r, struct frame *out)
{
	if (look_ahead(r)) {
		*out = r->ahead[r->ahead_at++];
		return INPUT_FRAME;
	}
	save_all(r);
	return r->inner.next(r->inner.of, out);
}

static enum input_result next(void *of, struct frame *out)
{
	struct reorder *r = of;

	take_back(r);
	while (may_read(r)) {
		struct frame frame = { .len = 0 };
		enum input_result got = read_on(r, &frame);

		if (got == INPUT_FRAME && keep(r, &frame))
			continue;
		if (got == INPUT_FRAME || got == INPUT_SECRETS) {
			*out = frame;
			return got;
		}
		r->draining = true;
		r->last = got;
		r->nothing = frame;
	}
	if (hand_out(r, out))
		return INPUT_FRAME;
	r->draining = r->last != INPUT_IDLE;
	*out = r->nothing;
	return r->last;
}

/* While it is calm, frames go straight out: up to the first that is out of order, which waits ahead. */
static size_t pass(struct reorder *r, struct frame *out, size_t max)
{
	size_t there = r->inner.more(r->inner.of, out, max < AHEAD ? max : AHEAD), count = 0;

	while (count < there && out[count].mark.time >= r->latest)
		r->latest = out[count++].mark.time;
	r->ahead_at = 0;
	r->ahead_count = there - count;
	memcpy(r->ahead, out + count, r->ahead_count * sizeof(*out));
	return count;
}

static bool is_calm(const struct reorder *r)
{
	return r->calm == CALM && !r->count && r->behind < 0 && !r->draining && r->ahead_at == r->ahead_count;
}

static size_t more(void *of, struct frame *out, size_t max)
{
	struct reorder *r = of;
	size_t count = 0;

	take_back(r);
	if (is_calm(r) && r->inner.more) {
		count = pass(r, out, max);
		if (count)
			return count;
	}
	while (count < max && count < LENT_MAX) {
		if (!may_read(r)) {
			if (!hand_out(r, &out[count]))
				break;
			count++;
		} else if (!look_ahead(r)) {
			break;
		} else if (!keep(r, &r->ahead[r->ahead_at++])) {
			out[count++] = r->ahead[r->ahead_at - 1];
		}
	}
	return count;
}

static int link_type(const void *of)
{
	const struct reorder *r = of;

	return r->inner.link_type(r->inner.of);
}

static void drops(void *of, uint64_t *kernel, uint64_t *interface)
{
	struct reorder *r = of;

	r->inner.drops(r->inner.of, kernel, interface);
}

static const char *problem(const void *of)
{
	const struct reorder *r = of;

	return r->inner.problem(r->inner.of);
}

static double progress(const void *of)
{
	const struct reorder *r = of;

	return r->inner.progress(r->inner.of);
}

static void close_input(void *of)
{
	struct reorder *r = of;

	r->inner.close(r->inner.of);
	for (int i = 0; i < SLOTS; i++)
		free(r->slots[i].bytes);
	free(r);
}

bool reorder_input(struct input *input)
{
	struct reorder *r = calloc(1, sizeof(*r));

	if (!r)
		return false;
	r->inner = *input;
	r->behind = -1;
	for (uint8_t i = 0; i < SLOTS; i++)
		r->spare[r->spare_count++] = i;
	*input = (struct input){
		.of = r, .next = next, .more = more, .link_type = link_type, .drops = drops,
		.problem = problem, .progress = progress, .close = close_input,
	};
	return true;
}
