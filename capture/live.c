#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "live.h"
#include "tap.h"

enum {
	/* A pending frame waits this long for an earlier one on another interface: twice the time
	 * after which the kernel hands over a block that is not full. */
	HOLD_MS = 2 * TAP_BLOCK_MS,
	/* The longest sleep: the caller has time-outs of its own to look after. */
	SLEEP_MS = 250,
	SLEEP_HOLDING_MS = TAP_BLOCK_MS / 2,
	NEWS_MAX = 256
};

static const int64_t MS = 1000000;

struct live {
	struct tap *taps;
	size_t count;
	struct pollfd *polls;	/* one a tap and one for `wake` */
	int wake;
	bool waited;		/* since the last frame */
	int64_t rested;		/* when the caller was last told that nothing came, monotonic */
	uint64_t frames;
	int64_t last_time;	/* of the last frame, by its own clock */
	int64_t last_seen;	/* of the last frame, by the monotonic clock */
	char news[NEWS_MAX], told[NEWS_MAX];	/* to be told; told last */
	char problem[PCAP_ERRBUF_SIZE];
};

static int64_t clock_now(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 * MS + now.tv_nsec;
}

static void live_close(void *of)
{
	struct live *l = of;

	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++)
		tap_close(&l->taps[i]);
	free(l->taps);
	free(l->polls);
	free(l);
}

struct live *live_open(const struct capture_live *live, const struct capture_options *options,
		       char *problem, size_t problem_len)
{
	struct live *l = calloc(1, sizeof(*l));
	size_t count = live->interface_count;

	snprintf(problem, problem_len, "no memory");
	if (!l)
		return NULL;
	if (count > TAPS_MAX) {
		snprintf(problem, problem_len, "no more than %d interfaces at a time", TAPS_MAX);
		free(l);
		return NULL;
	}
	l->wake = options->wake > 0 ? options->wake : -1;
	l->taps = calloc(count, sizeof(*l->taps));
	l->polls = calloc(count + 1, sizeof(*l->polls));
	if (!l->taps || !l->polls) {
		live_close(l);
		return NULL;
	}
	for (; l->count < count; l->count++) {
		if (tap_open(&l->taps[l->count], live->interfaces[l->count], live, options->filter,
			     problem, problem_len))
			continue;
		live_close(l);
		return NULL;
	}
	l->last_time = clock_now(CLOCK_REALTIME);
	l->last_seen = clock_now(CLOCK_MONOTONIC);
	problem[0] = '\0';
	return l;
}

void live_taps(const struct live *l, struct taps *out)
{
	out->count = l->count;
	for (size_t i = 0; i < l->count; i++)
		out->fds[i] = l->taps[i].fd;
}

/* ---- which frame is next ---------------------------------------------------------------- */

static void fill(struct live *l, int64_t now)
{
	for (size_t i = 0; i < l->count; i++)
		tap_fill(&l->taps[i], now, l->news, sizeof(l->news));
}

static struct tap *earliest(struct live *l, bool *all_ready, bool *any_alive)
{
	struct tap *first = NULL;

	*all_ready = true;
	*any_alive = false;
	for (size_t i = 0; i < l->count; i++) {
		struct tap *t = &l->taps[i];

		*any_alive |= t->state != TAP_GONE;
		if (!tap_head(t)) {
			*all_ready &= t->state != TAP_UP;
			continue;
		}
		if (!first || tap_head(t)->mark.time < tap_head(first)->mark.time)
			first = t;
	}
	return first;
}

/* By the host's clock; by how long we have it, where the frame's clock is another one. */
static bool held_enough(struct tap *t, int64_t now)
{
	return clock_now(CLOCK_REALTIME) - tap_head(t)->mark.time >= HOLD_MS * MS ||
	       now - t->fetched >= HOLD_MS * MS;
}

static void hand_out(struct live *l, struct tap *t, struct frame *out)
{
	*out = t->frames[t->at++];
	out->mark.frame = ++l->frames;
	l->last_time = out->mark.time;
	l->last_seen = t->fetched;
	l->waited = false;
}

/* The caller has other things to look after: time-outs, what the kernel dropped. Where a frame is at
 * hand, which may have waited long, the clock of the capture is not beyond it. */
static void rest(struct live *l, bool holding, struct frame *out, int64_t now)
{
	out->mark = (struct mark){ .frame = l->frames, .time = l->last_time };
	if (!holding)
		out->mark.time += now - l->last_seen;
	l->waited = false;
	l->rested = now;
}

/* Until an interface without a frame at hand may have one, or the caller is wanted. */
static void sleep_on(struct live *l, bool holding)
{
	nfds_t count = 0;

	for (size_t i = 0; i < l->count; i++)
		if (!tap_head(&l->taps[i]) && l->taps[i].state != TAP_GONE)
			l->polls[count++] = (struct pollfd){ .fd = l->taps[i].fd, .events = POLLIN };
	l->polls[count++] = (struct pollfd){ .fd = l->wake, .events = POLLIN };
	poll(l->polls, count, holding ? SLEEP_HOLDING_MS : SLEEP_MS);
	l->waited = true;
}

static enum input_result live_next(void *of, struct frame *out)
{
	struct live *l = of;

	for (;;) {
		int64_t now = clock_now(CLOCK_MONOTONIC);
		bool all_ready, any_alive;

		fill(l, now);
		struct tap *t = earliest(l, &all_ready, &any_alive);
		if (t && now - l->rested >= SLEEP_MS * MS) {	/* where frames never cease, too */
			rest(l, true, out, now);
			return INPUT_IDLE;
		}
		if (t && (all_ready || held_enough(t, now))) {
			hand_out(l, t, out);
			return INPUT_FRAME;
		}
		if (!any_alive) {
			snprintf(l->problem, sizeof(l->problem), "%s", l->news[0] ? l->news : l->told);
			l->news[0] = '\0';
			return INPUT_DAMAGED;
		}
		if (l->waited) {
			rest(l, t != NULL, out, now);
			return INPUT_IDLE;
		}
		sleep_on(l, t != NULL);
	}
}

/* While none that has nothing at hand could come up with an earlier one. */
static size_t live_more(void *of, struct frame *out, size_t max)
{
	struct live *l = of;
	bool all_ready, any_alive;
	size_t count = 0;

	for (; count < max; count++) {
		struct tap *t = earliest(l, &all_ready, &any_alive);

		if (!t || !all_ready)
			break;
		hand_out(l, t, &out[count]);
	}
	return count;
}

const char *live_news(struct live *l)
{
	if (!l->news[0])
		return NULL;
	memcpy(l->told, l->news, sizeof(l->told));
	l->news[0] = '\0';
	return l->told;
}

/* ---- as an input ------------------------------------------------------------------------ */

static int live_link_type(const void *of)
{
	const struct live *l = of;

	for (size_t i = 1; i < l->count; i++)
		if (l->taps[i].link_type != l->taps[0].link_type)
			return -1;
	return l->taps[0].link_type;
}

static void live_drops(void *of, uint64_t *kernel, uint64_t *interface)
{
	struct live *l = of;

	*kernel = *interface = 0;
	for (size_t i = 0; i < l->count; i++)
		tap_count_drops(&l->taps[i], kernel, interface);
}

static const char *live_problem(const void *of)
{
	const struct live *l = of;

	return l->problem;
}

static double live_progress(const void *of)
{
	(void)of;
	return -1;
}

struct input live_input(struct live *l)
{
	return (struct input){
		.of = l, .next = live_next, .more = live_more, .link_type = live_link_type, .drops = live_drops,
		.problem = live_problem, .progress = live_progress, .close = live_close,
	};
}
