#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "relay.h"

enum {
	BLOCKS = 8,			/* a power of two */
	BLOCK_BYTES = 1 << 20,
	BLOCK_FRAMES = 4096,
	FRAMES_AT_HAND = 32,		/* asked for at a time */
	FRESH_MS = 50,			/* so long at most lies a frame in a block that is not full */
	WAIT_MS = 250,			/* a reader without frames returns to its caller so often */
	TEXT_MAX = 256
};

static const int64_t MS = 1000000;

struct block {
	size_t count, used;
	int64_t began;			/* monotonic: of its first frame */
	int64_t idle;			/* clock of the capture behind its frames, 0: nothing was said */
	uint64_t kernel, interface;	/* lost so far */
	struct frame frames[BLOCK_FRAMES];	/* their bytes lie in `bytes` */
	uint8_t *bytes;			/* BLOCK_BYTES, or more for one large frame */
	size_t room;
};

struct reader_place {
	struct capture_relay *relay;
	uint64_t block;			/* that it reads, or will */
	size_t frame;			/* in that block */
	bool holds;			/* it was given frames of that block */
	struct mark last;
	uint64_t kernel, interface;
};

struct capture_relay {
	struct live *live;
	struct input source;
	pthread_t thread;
	bool started, stopping;
	pthread_mutex_t lock;		/* over what follows */
	pthread_cond_t filled, emptied;
	struct block blocks[BLOCKS];
	uint64_t laid;			/* blocks handed to the readers, ever */
	enum input_result end;		/* INPUT_FRAME while it goes on */
	char news[TEXT_MAX], told[TEXT_MAX], problem[TEXT_MAX];
	unsigned reader_count;
	struct reader_place readers[];
};

static int64_t monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 * MS + now.tv_nsec;
}

/* ---- the thread that reads ---------------------------------------------------------------- */

/* The block furthest behind that a reader has not let go. Under the lock. */
static uint64_t oldest_read(const struct capture_relay *r)
{
	uint64_t oldest = r->laid;

	for (unsigned i = 0; i < r->reader_count; i++)
		if (r->readers[i].block < oldest)
			oldest = r->readers[i].block;
	return oldest;
}

/* The next block to fill, empty; NULL when there is no need any more. */
static struct block *begin_block(struct capture_relay *r)
{
	struct block *b = NULL;

	pthread_mutex_lock(&r->lock);
	while (!r->stopping && r->laid - oldest_read(r) >= BLOCKS)
		pthread_cond_wait(&r->emptied, &r->lock);
	if (!r->stopping)
		b = &r->blocks[r->laid % BLOCKS];
	pthread_mutex_unlock(&r->lock);
	if (b) {
		b->count = b->used = 0;
		b->idle = 0;
	}
	return b;
}

static void lay_down(struct capture_relay *r, struct block *b)
{
	const char *news = live_news(r->live);

	r->source.drops(r->source.of, &b->kernel, &b->interface);
	pthread_mutex_lock(&r->lock);
	r->laid++;
	if (news)
		snprintf(r->news, sizeof(r->news), "%s", news);
	pthread_cond_broadcast(&r->filled);
	pthread_mutex_unlock(&r->lock);
}

static bool fits(const struct block *b, const struct frame *frame)
{
	return b->count < BLOCK_FRAMES && (!b->count || frame->len <= b->room - b->used);
}

/* False without memory for a frame larger than a block, which is left out then. */
static bool put(struct block *b, const struct frame *frame)
{
	if (frame->len > b->room) {
		uint8_t *larger = realloc(b->bytes, frame->len);

		if (!larger)
			return false;
		b->bytes = larger;
		b->room = frame->len;
	}
	if (!b->count)
		b->began = monotonic();
	b->frames[b->count] = *frame;
	b->frames[b->count].bytes = b->bytes + b->used;
	memcpy(b->bytes + b->used, frame->bytes, frame->len);
	b->used += frame->len;
	b->count++;
	return true;
}

static bool is_due(const struct block *b)
{
	return b->count == BLOCK_FRAMES || (b->count && monotonic() - b->began >= FRESH_MS * MS);
}

static void tell_end(struct capture_relay *r, enum input_result end)
{
	pthread_mutex_lock(&r->lock);
	r->end = end;
	snprintf(r->problem, sizeof(r->problem), "%s", r->source.problem(r->source.of));
	pthread_cond_broadcast(&r->filled);
	pthread_mutex_unlock(&r->lock);
}

/* Returns the block that is being filled; NULL when there is no need any more. */
static struct block *add(struct capture_relay *r, struct block *b, const struct frame *frame)
{
	if (!fits(b, frame)) {
		lay_down(r, b);
		b = begin_block(r);
	}
	if (b)
		put(b, frame);
	return b;
}

/* What is at hand behind a frame. */
static struct block *add_more(struct capture_relay *r, struct block *b)
{
	struct frame frames[FRAMES_AT_HAND];
	size_t count;

	while (b && (count = r->source.more(r->source.of, frames, FRAMES_AT_HAND)))
		for (size_t i = 0; b && i < count; i++)
			b = add(r, b, &frames[i]);
	return b;
}

/* What the source says next, in a block or as the end; returns the block that is being filled. */
static struct block *relay_some(struct capture_relay *r, struct block *b, bool *over)
{
	struct frame frame;
	enum input_result got = r->source.next(r->source.of, &frame);

	if (got == INPUT_FRAME)
		b = add_more(r, add(r, b, &frame));
	else if (got == INPUT_IDLE)
		b->idle = frame.mark.time;
	if (b && (got != INPUT_FRAME || is_due(b))) {
		lay_down(r, b);
		b = begin_block(r);
	}
	*over = got != INPUT_FRAME && got != INPUT_IDLE;
	if (*over)
		tell_end(r, got);
	return b;
}

static void *relay_frames(void *of)
{
	struct capture_relay *r = of;
	struct block *b = begin_block(r);

	for (bool over = false; b && !over; )
		b = relay_some(r, b, &over);
	return NULL;
}

/* ---- the readers -------------------------------------------------------------------------- */

/* Gives back the block that was read to its end. Under the lock. */
static void let_go(struct reader_place *p)
{
	p->block++;
	p->frame = 0;
	p->holds = false;
	pthread_cond_signal(&p->relay->emptied);
}

/* False when there is none for some time. Under the lock. */
static bool wait_for_block(struct reader_place *p)
{
	struct capture_relay *r = p->relay;
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += WAIT_MS * MS;
	until.tv_sec += until.tv_nsec / (1000 * MS);
	until.tv_nsec %= 1000 * MS;
	while (p->block == r->laid && r->end == INPUT_FRAME)
		if (pthread_cond_clockwait(&r->filled, &r->lock, CLOCK_MONOTONIC, &until))
			return false;
	return p->block != r->laid;
}

/* The block to read on in; NULL when nothing is there to be read. */
static struct block *current_block(struct reader_place *p, enum input_result *otherwise)
{
	struct capture_relay *r = p->relay;
	struct block *b = NULL;

	pthread_mutex_lock(&r->lock);
	if (p->holds)
		let_go(p);
	*otherwise = INPUT_IDLE;
	if (wait_for_block(p)) {
		b = &r->blocks[p->block % BLOCKS];
		p->holds = true;
	} else if (p->block == r->laid && r->end != INPUT_FRAME) {
		*otherwise = r->end;
	}
	pthread_mutex_unlock(&r->lock);
	return b;
}

static enum input_result next_frame(void *of, struct frame *out)
{
	struct reader_place *p = of;
	struct block *b = p->holds ? &p->relay->blocks[p->block % BLOCKS] : NULL;
	enum input_result otherwise;

	if (!b || p->frame == b->count)
		b = current_block(p, &otherwise);
	if (!b) {
		out->mark = p->last;
		return otherwise;
	}
	p->kernel = b->kernel;
	p->interface = b->interface;
	if (p->frame < b->count) {
		*out = b->frames[p->frame++];
		p->last = out->mark;
		return INPUT_FRAME;
	}
	if (b->idle > p->last.time)
		p->last.time = b->idle;
	out->mark = p->last;
	return INPUT_IDLE;
}

/* Those of the block that is being read. */
static size_t more_frames(void *of, struct frame *out, size_t max)
{
	struct reader_place *p = of;
	struct block *b = &p->relay->blocks[p->block % BLOCKS];
	size_t count;

	if (!p->holds || p->frame == b->count)
		return 0;
	count = b->count - p->frame < max ? b->count - p->frame : max;
	memcpy(out, b->frames + p->frame, count * sizeof(*out));
	p->frame += count;
	p->last = out[count - 1].mark;
	return count;
}

static int link_type(const void *of)
{
	const struct reader_place *p = of;

	return p->relay->source.link_type(p->relay->source.of);
}

static void drops(void *of, uint64_t *kernel, uint64_t *interface)
{
	const struct reader_place *p = of;

	*kernel = p->kernel;
	*interface = p->interface;
}

static const char *problem(const void *of)
{
	const struct reader_place *p = of;

	return p->relay->problem;
}

static double progress(const void *of)
{
	(void)of;
	return -1;
}

static void leave(void *of)
{
	struct reader_place *p = of;

	pthread_mutex_lock(&p->relay->lock);
	p->block = UINT64_MAX;
	pthread_cond_signal(&p->relay->emptied);
	pthread_mutex_unlock(&p->relay->lock);
}

struct input relay_input(struct capture_relay *r, unsigned reader)
{
	return (struct input){
		.of = &r->readers[reader], .next = next_frame, .more = more_frames, .link_type = link_type,
		.drops = drops, .problem = problem, .progress = progress, .close = leave,
	};
}

/* ---- life --------------------------------------------------------------------------------- */

static bool furnish(struct capture_relay *r)
{
	for (int i = 0; i < BLOCKS; i++) {
		r->blocks[i].bytes = malloc(BLOCK_BYTES);
		r->blocks[i].room = BLOCK_BYTES;
		if (!r->blocks[i].bytes)
			return false;
	}
	return true;
}

struct capture_relay *capture_relay_live(const struct capture_live *live, const struct capture_options *options,
					 unsigned readers, char *problem, size_t problem_len)
{
	struct capture_relay *r = calloc(1, sizeof(*r) + readers * sizeof(*r->readers));

	snprintf(problem, problem_len, "no memory");
	if (!r)
		return NULL;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->filled, NULL);
	pthread_cond_init(&r->emptied, NULL);
	r->reader_count = readers;
	for (unsigned i = 0; i < readers; i++)
		r->readers[i].relay = r;
	if (furnish(r))
		r->live = live_open(live, options, problem, problem_len);
	if (!r->live) {
		capture_relay_free(r);
		return NULL;
	}
	r->source = live_input(r->live);
	return r;
}

bool capture_relay_start(struct capture_relay *r)
{
	r->started = !pthread_create(&r->thread, NULL, relay_frames, r);
	return r->started;
}

const char *capture_relay_news(struct capture_relay *r)
{
	const char *news = NULL;

	pthread_mutex_lock(&r->lock);
	if (r->news[0]) {
		memcpy(r->told, r->news, sizeof(r->told));
		r->news[0] = '\0';
		news = r->told;
	}
	pthread_mutex_unlock(&r->lock);
	return news;
}

void relay_taps(const struct capture_relay *r, struct taps *out)
{
	live_taps(r->live, out);
}

void capture_relay_free(struct capture_relay *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->stopping = true;
	pthread_cond_broadcast(&r->emptied);
	pthread_mutex_unlock(&r->lock);
	if (r->started)
		pthread_join(r->thread, NULL);
	if (r->live)
		r->source.close(r->source.of);
	for (int i = 0; i < BLOCKS; i++)
		free(r->blocks[i].bytes);
	pthread_cond_destroy(&r->emptied);
	pthread_cond_destroy(&r->filled);
	pthread_mutex_destroy(&r->lock);
	free(r);
}
