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
		cmocka_unit_test(an_input_that_breaks_gives_all_its_frames_first),
		cmocka_unit_test(an_idle_input_holds_nothing_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
