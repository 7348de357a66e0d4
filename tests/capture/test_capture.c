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

/* A segment between 10.0.0.1 and port 443 of 10.0.0.2, with a byte behind it; an answer has it as padding. */
static void put_segment(struct buffer *b, uint32_t second, bool answer, uint16_t port, const char *tail)
{
	put_u32(b, second);
	put_hex(b, "00000000 00000037 00000037 020000000002 020000000001 0800");
	put_hex(b, answer ? "45 00 0028 0001 4000 40 06 0000" : "45 00 0029 0001 4000 40 06 0000");
	put_hex(b, answer ? "0a000002 0a000001" : "0a000001 0a000002");
	put_u16(b, answer ? 443 : port);
	put_u16(b, answer ? port : 443);
	put_hex(b, tail);
}

/* Three connections, an hour apart. */
static struct buffer *connections(void)
{
	struct buffer *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	put_hex(b, "a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001");
	for (uint16_t i = 0; i < 3; i++) {
		uint32_t second = 1700000000 + 3600U * i;

		put_segment(b, second, false, 40000 + i, "00000001 00000000 50 02 2000 0000 0000 00");
		put_segment(b, second, true, 40000 + i, "00000005 00000002 50 12 2000 0000 0000 00");
		put_segment(b, second, false, 40000 + i, "00000002 00000006 50 18 2000 0000 0000 16");
	}
	return b;
}

static unsigned frames_in(const char *path)
{
	char problem[600];
	struct capture *c = capture_open_file(path, &(struct capture_options){ 0 }, problem, sizeof(problem));
	struct capture_event event;
	uint64_t frames;

	assert_non_null(c);
	while (capture_next(c, &event) == CAPTURE_EVENT)
		;
	frames = capture_stats(c)->packets;
	capture_close(c);
	return (unsigned)frames;
}

static void what_was_kept_of_a_dismissed_flow_is_not_the_evidence_of_a_later_one(void **state)
{
	(void)state;
	const struct capture_options options = { .keep = 1 << 20 };
	struct buffer *b = connections();
	char *path = file_with(b->bytes, b->len), *kept = file_with("", 0), problem[600];
	struct capture *c = capture_open_file(path, &options, problem, sizeof(problem));
	struct evidence *e = evidence_open(kept, problem, sizeof(problem));
	struct capture_event event;
	unsigned opened = 0;
	uint32_t flows[3];

	assert_non_null(c);
	assert_non_null(e);
	while (capture_next(c, &event) == CAPTURE_EVENT) {
		if (event.kind == FLOW_OPENED)
			flows[opened++] = event.flow;
		if (event.kind == FLOW_BYTES && opened < 3)
			capture_dismiss(c, event.flow);
		if (event.kind == FLOW_OVER)
			assert_true(capture_evidence(c, event.flow, e));
	}
	assert_int_equal(opened, 3);
	assert_int_equal(flows[2], flows[0]);	/* the number was free again */
	assert_true(evidence_close(e, problem, sizeof(problem)));
	assert_int_equal(frames_in(kept), 3);
	capture_close(c);
	remove_file(path);
	remove_file(kept);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_kept_of_a_dismissed_flow_is_not_the_evidence_of_a_later_one),
		cmocka_unit_test(every_flow_of_a_file_opens_and_ends_once),
		cmocka_unit_test(a_filter_rejects_packets_and_leaves_their_numbers),
		cmocka_unit_test(a_wrong_filter_is_refused_with_the_reason),
		cmocka_unit_test(a_damaged_file_ends_in_damage_after_all_its_flows),
		cmocka_unit_test(a_clock_that_goes_back_is_counted),
		cmocka_unit_test(secrets_of_a_pcapng_come_as_an_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
