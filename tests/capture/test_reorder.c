/* Frames in the order of their times, as far as a small window can see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../capture/reorder.h"

enum { FRAMES_MAX = 20000 };

/* An input that says these times, in milliseconds, one frame each; the byte is the frame's own. */
struct script {
	const int64_t *times;
	size_t count, at;
	enum input_result end;
	uint8_t byte;
	bool closed;
};

static enum input_result script_next(void *of, struct frame *out)
{
	struct script *s = of;

	if (s->at == s->count)
		return s->end;
	s->byte = (uint8_t)s->at;
	*out = (struct frame){ .mark = { .frame = s->at + 1, .time = s->times[s->at] * 1000000 }, .bytes = &s->byte,
			       .len = 1, .wire_len = 1 };
	s->at++;
	return INPUT_FRAME;
}

/* The rest of the ten frames that the last one is among; each has a byte of its own until the next ten. */
struct pages {
	struct script script;
	uint8_t bytes[10];
};

static void give_page(struct pages *p, struct frame *out)
{
	size_t at = p->script.at;

	if (at % sizeof(p->bytes) == 0)
		memset(p->bytes, 0xff, sizeof(p->bytes));
	script_next(&p->script, out);
	p->bytes[at % sizeof(p->bytes)] = (uint8_t)at;
	out->bytes = &p->bytes[at % sizeof(p->bytes)];
}

static enum input_result pages_next(void *of, struct frame *out)
{
	struct pages *p = of;

	if (p->script.at == p->script.count)
		return p->script.end;
	give_page(p, out);
	return INPUT_FRAME;
}

static size_t pages_more(void *of, struct frame *out, size_t max)
{
	struct pages *p = of;
	size_t n = 0;

	while (n < max && p->script.at % sizeof(p->bytes) && p->script.at < p->script.count)
		give_page(p, &out[n++]);
	return n;
}

static void script_close(void *of)
{
	((struct script *)of)->closed = true;
}

/* The frames' numbers in the order in which they come out. */
static size_t numbers(const int64_t *times, size_t count, uint64_t *out)
{
	struct script s = { .times = times, .count = count, .end = INPUT_END };
	struct input input = { .of = &s, .next = script_next, .close = script_close };
	struct frame frame;
	size_t n = 0;

	assert_true(reorder_input(&input));
	while (input.next(input.of, &frame) == INPUT_FRAME) {
		assert_int_equal(frame.bytes[0], (uint8_t)(frame.mark.frame - 1));
		out[n++] = frame.mark.frame;
	}
	assert_int_equal(input.next(input.of, &frame), INPUT_END);
	input.close(input.of);
	assert_true(s.closed);
	return n;
}

static void assert_order(const int64_t *times, size_t count, const uint64_t *expected)
{
	uint64_t out[16];

	assert_int_equal(numbers(times, count, out), count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(out[i], expected[i]);
}

static void frames_that_stand_out_of_order_change_places(void **state)
{
	static const int64_t times[] = { 2, 1, 5, 3, 4 };
	static const uint64_t expected[] = { 2, 1, 4, 5, 3 };

	(void)state;
	assert_order(times, 5, expected);
}

static void frames_of_one_time_stay_as_they_came(void **state)
{
	static const int64_t times[] = { 7, 7, 6, 7 };
	static const uint64_t expected[] = { 3, 1, 2, 4 };

	(void)state;
	assert_order(times, 4, expected);
}

static void nothing_crosses_a_step_of_the_clock(void **state)
{
	static const int64_t times[] = { 9001, 9000, 2, 1, 3 };
	static const uint64_t expected[] = { 2, 1, 4, 3, 5 };

	(void)state;
	assert_order(times, 5, expected);
}

static void two_steps_in_a_row_keep_every_frame(void **state)
{
	static const int64_t times[] = { 90000, 9000, 1 };
	static const uint64_t expected[] = { 1, 2, 3 };

	(void)state;
	assert_order(times, 3, expected);
}

static void a_long_calm_does_not_end_the_watch(void **state)
{
	static int64_t times[FRAMES_MAX];
	static uint64_t out[FRAMES_MAX];

	(void)state;
	for (size_t i = 0; i < FRAMES_MAX; i++)
		times[i] = (int64_t)i;
	/* The first one late is too late, its followers are not. */
	for (size_t i = 15000; i < 15100; i += 2) {
		times[i] = (int64_t)i + 1;
		times[i + 1] = (int64_t)i;
	}
	assert_int_equal(numbers(times, FRAMES_MAX, out), FRAMES_MAX);
	assert_int_equal(out[0], 1);
	assert_int_equal(out[15050], 15052);
	assert_int_equal(out[15051], 15051);
	assert_int_equal(out[FRAMES_MAX - 1], FRAMES_MAX);
}

static void check_bytes(const struct frame *frames, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(frames[i].bytes[0], (uint8_t)(frames[i].mark.frame - 1));
}

/* The same, fetched by many frames at a time wherever there are many. */
static size_t numbers_by_many(const int64_t *times, size_t count, uint64_t *out)
{
	struct pages p = { .script = { .times = times, .count = count, .end = INPUT_END } };
	struct input input = { .of = &p, .next = pages_next, .more = pages_more, .close = script_close };
	struct frame got[7];
	size_t n = 0, many;

	assert_true(reorder_input(&input));
	do {
		many = input.more(input.of, got, 7);
		if (!many && input.next(input.of, got) == INPUT_FRAME)
			many = 1;
		check_bytes(got, many);
		for (size_t i = 0; i < many; i++)
			out[n++] = got[i].mark.frame;
	} while (many);
	input.close(input.of);
	return n;
}

static void frames_fetched_by_many_come_in_the_same_order(void **state)
{
	static int64_t times[FRAMES_MAX];
	static uint64_t one[FRAMES_MAX], many[FRAMES_MAX];
	uint32_t chance = 1;

	(void)state;
	for (size_t i = 0; i < FRAMES_MAX; i++) {
		chance = chance * 1103515245 + 12345;
		times[i] = (int64_t)i * 10;
		if (chance >> 16 & 1 && (i < 5000 || i > 11000))
			times[i] -= chance >> 20 & 0xff;
		if (i % 3000 == 2999)
			times[i] -= 5000;	/* the clock is set */
	}
	assert_int_equal(numbers(times, FRAMES_MAX, one), FRAMES_MAX);
	assert_int_equal(numbers_by_many(times, FRAMES_MAX, many), FRAMES_MAX);
	assert_memory_equal(one, many, sizeof(one));
}

static void an_input_that_breaks_gives_all_its_frames_first(void **state)
{
	static const int64_t times[] = { 2, 1 };
	struct script s = { .times = times, .count = 2, .end = INPUT_DAMAGED };
	struct input input = { .of = &s, .next = script_next, .close = script_close };
	struct frame frame;

	(void)state;
	assert_true(reorder_input(&input));
	assert_int_equal(input.next(input.of, &frame), INPUT_FRAME);
	assert_int_equal(frame.mark.frame, 2);
	assert_int_equal(input.next(input.of, &frame), INPUT_FRAME);
	assert_int_equal(input.next(input.of, &frame), INPUT_DAMAGED);
	input.close(input.of);
}

static void an_idle_input_holds_nothing_back(void **state)
{
	static const int64_t times[] = { 1, 2, 3 };
	struct script s = { .times = times, .count = 2, .end = INPUT_IDLE };
	struct input input = { .of = &s, .next = script_next, .close = script_close };
	struct frame frame;

	(void)state;
	assert_true(reorder_input(&input));
	assert_int_equal(input.next(input.of, &frame), INPUT_FRAME);
	assert_int_equal(input.next(input.of, &frame), INPUT_FRAME);
	assert_int_equal(input.next(input.of, &frame), INPUT_IDLE);
	s.count = 3;
	assert_int_equal(input.next(input.of, &frame), INPUT_FRAME);
	assert_int_equal(frame.mark.frame, 3);
	assert_int_equal(input.next(input.of, &frame), INPUT_IDLE);
	input.close(input.of);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_that_stand_out_of_order_change_places),
		cmocka_unit_test(frames_of_one_time_stay_as_they_came),
		cmocka_unit_test(nothing_crosses_a_step_of_the_clock),
		cmocka_unit_test(two_steps_in_a_row_keep_every_frame),
		cmocka_unit_test(a_long_calm_does_not_end_the_watch),
		cmocka_unit_test(frames_fetched_by_many_come_in_the_same_order),
		cmocka_unit_test(an_input_that_breaks_gives_all_its_frames_first),
		cmocka_unit_test(an_idle_input_holds_nothing_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
