#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../capture/capture.h"
#include "support_frames.h"

/* A pcap of `count` SYNs from 10.0.0.1, ports 40000 and up, to ports 443 and up. */
static struct buffer *syns(unsigned count)
{
	struct buffer *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	put_hex(b, "a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001");
	for (unsigned i = 0; i < count; i++) {
		put_u32(b, 1700000000 + i);
		put_hex(b, "00000000 00000036 00000036");	/* 54 bytes */
		put_hex(b, "020000000002 020000000001 0800");
		put_hex(b, "45 00 0028 0001 4000 40 06 0000 0a000001 0a000002");
		put_u16(b, 40000 + i);
		put_u16(b, 443 + i);
		put_hex(b, "00000001 00000000 50 02 2000 0000 0000");
	}
	return b;
}

struct tally {
	unsigned opened, over, secrets;
	uint64_t last_frame;
	enum capture_result result;
	struct capture_stats stats;
	char problem[600];
};

static struct tally run(struct buffer *b, size_t len, const char *filter)
{
	const struct capture_options options = { .filter = filter };
	struct tally t = { .opened = 0 };
	struct capture_event event;
	char *path = file_with(b->bytes, len);
	struct capture *c = capture_open_file(path, &options, t.problem, sizeof(t.problem));

	assert_non_null(c);
	while ((t.result = capture_next(c, &event)) == CAPTURE_EVENT) {
		t.opened += event.kind == FLOW_OPENED;
		t.over += event.kind == FLOW_OVER;
		t.secrets += event.kind == CAPTURE_SECRETS;
		if (event.kind == FLOW_OPENED)
			t.last_frame = event.mark.frame;
	}
	snprintf(t.problem, sizeof(t.problem), "%s", capture_problem(c));
	t.stats = *capture_stats(c);
	capture_close(c);
	remove_file(path);
	return t;
}

static void every_flow_of_a_file_opens_and_ends_once(void **state)
{
	(void)state;
	struct buffer *b = syns(3);
	struct tally t = run(b, b->len, NULL);
	assert_int_equal(t.opened, 3);
	assert_int_equal(t.over, 3);
	assert_int_equal(t.result, CAPTURE_END);
	assert_string_equal(t.problem, "");
	assert_int_equal(t.stats.packets, 3);
	assert_int_equal(t.stats.bytes, 3 * 54);
	assert_int_equal(t.stats.first.frame, 1);
	assert_int_equal(t.stats.last.frame, 3);
	assert_int_equal(t.stats.last.time, INT64_C(1700000002) * 1000000000);
	free(b);
}

static void a_filter_rejects_packets_and_leaves_their_numbers(void **state)
{
	(void)state;
	struct buffer *b = syns(3);
	struct tally t = run(b, b->len, "tcp port 445");
	assert_int_equal(t.opened, 1);
	assert_int_equal(t.last_frame, 3);
	assert_int_equal(t.stats.packets, 3);
	free(b);
}

static void a_wrong_filter_is_refused_with_the_reason(void **state)
{
	(void)state;
	const struct capture_options options = { .filter = "port here" };
	struct buffer *b = syns(1);
	char *path = file_with(b->bytes, b->len), problem[300];
	assert_null(capture_open_file(path, &options, problem, sizeof(problem)));
	assert_non_null(strstr(problem, "filter \"port here\": "));
	remove_file(path);
	free(b);
}

static void a_damaged_file_ends_in_damage_after_all_its_flows(void **state)
{
	(void)state;
	struct buffer *b = syns(3);
	struct tally t = run(b, b->len - 1, NULL);
	assert_int_equal(t.opened, 2);
	assert_int_equal(t.over, 2);
	assert_int_equal(t.result, CAPTURE_DAMAGED);
	assert_non_null(strstr(t.problem, ": packet 3 at byte offset 164: the file is cut off"));
	free(b);
}

static void a_clock_that_goes_back_is_counted(void **state)
{
	(void)state;
	struct buffer *b = syns(3);
	b->bytes[24 + 70 + 3]++;	/* one second more: no step back */
	assert_int_equal(run(b, b->len, NULL).stats.clock_steps, 0);
	b->bytes[24 + 70 + 2]++;	/* 256 more */
	assert_int_equal(run(b, b->len, NULL).stats.clock_steps, 1);
	free(b);
}

static void secrets_of_a_pcapng_come_as_an_event(void **state)
{
	(void)state;
	struct buffer *b = calloc(1, sizeof(*b));
	put_hex(b, "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c");
	put_hex(b, "0000000a 00000018 544c534b 00000004 41414141 00000018");
	struct tally t = run(b, b->len, "tcp");
	assert_int_equal(t.secrets, 1);
	assert_int_equal(t.result, CAPTURE_END);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_flow_of_a_file_opens_and_ends_once),
		cmocka_unit_test(a_filter_rejects_packets_and_leaves_their_numbers),
		cmocka_unit_test(a_wrong_filter_is_refused_with_the_reason),
		cmocka_unit_test(a_damaged_file_ends_in_damage_after_all_its_flows),
		cmocka_unit_test(a_clock_that_goes_back_is_counted),
		cmocka_unit_test(secrets_of_a_pcapng_come_as_an_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
