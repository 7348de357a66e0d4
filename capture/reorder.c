#include "reorder.h"

#include <stdlib.h>
#include <string.h>

enum {
	WINDOW = 64,		/* frames that wait: a burst from each queue of a card */
	SLOTS = WINDOW + 2,	/* one more is lent out, and one may stand behind a step of the clock */
	CALM = 4096		/* frames in order after which nothing is copied until one is not */
};

/* Back by more than this, the clock was set: what came before stays before. */
static const int64_t STEP_NS = 1000000000;

struct slot {
	struct frame frame;	/* its bytes are the slot's */
	uint8_t *bytes;
	size_t room;
};

struct reorder {
	struct input inner;
	struct slot slots[SLOTS];
	uint8_t order[SLOTS];	/* of the frames that wait, the earliest last */
	uint8_t spare[SLOTS];
	uint8_t count, spare_count;
	int lent, behind;	/* slots; -1: none */
	int64_t latest;		/* time of the frame read last */
	uint32_t calm;		/* frames since one was out of order */
	bool begun, draining;
	enum input_result last;	/* what to say when no frame is left */
	struct frame nothing;	/* and what came with it */
};

/* False without memory: then the frame must go out as it is. */
static bool copy(struct slot *s, const struct frame *frame)
{
	if (frame->len > s->room) {
		uint8_t *bytes = realloc(s->bytes, frame->len);

		if (!bytes)
			return false;
		s->bytes = bytes;
		s->room = frame->len;
	}
	if (frame->len)
		memcpy(s->bytes, frame->bytes, frame->len);
	s->frame = *frame;
	s->frame.bytes = s->bytes;
	return true;
}

/* Frames of one time stay as they came. */
static void insert(struct reorder *r, uint8_t slot)
{
	int64_t time = r->slots[slot].frame.mark.time;
	uint8_t at = 0;

	while (at < r->count && r->slots[r->order[at]].frame.mark.time > time)
		at++;
	memmove(r->order + at + 1, r->order + at, r->count - at);
	r->order[at] = slot;
	r->count++;
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
	if (!copy(&r->slots[slot], frame))
		return false;
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
	if (!r->count)
		return false;
	r->lent = r->order[--r->count];
	*out = r->slots[r->lent].frame;
	if (!r->count && r->behind >= 0) {
		insert(r, (uint8_t)r->behind);
		r->behind = -1;
	}
	return true;
}

static void take_back(struct reorder *r)
{
	if (r->lent >= 0)
		r->spare[r->spare_count++] = (uint8_t)r->lent;
	r->lent = -1;
}

static enum input_result next(void *of, struct frame *out)
{
	struct reorder *r = of;

	take_back(r);
	while (may_read(r)) {
		struct frame frame = { .len = 0 };
		enum input_result got = r->inner.next(r->inner.of, &frame);

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
	r->lent = r->behind = -1;
	for (uint8_t i = 0; i < SLOTS; i++)
		r->spare[r->spare_count++] = i;
	*input = (struct input){ r, next, link_type, drops, problem, progress, close_input };
	return true;
}
