/* Where reports go: whole records, in order, without ever waiting for the reader unless told to. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../report/report.h"

static char room[64], path[96];
static char problem[256];

static int make_room(void **state)
{
	(void)state;
	strcpy(room, "/tmp/tlswhy-output-XXXXXX");
	if (!mkdtemp(room))
		return -1;
	snprintf(path, sizeof(path), "%s/out", room);
	return 0;
}

static int clear_room(void **state)
{
	static const char *const endings[] = { "", ".1", ".2", ".3", ".moved", ".new" };
	char name[128];

	(void)state;
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, endings[i]);
		unlink(name);
	}
	return rmdir(room);
}

static char *content_of(const char *ending)
{
	static char text[4096];
	char name[128];

	snprintf(name, sizeof(name), "%s%s", path, ending);
	FILE *f = fopen(name, "r");
	size_t len = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[len] = '\0';
	return f ? text : NULL;
}

static void put(struct output *o, const char *text)
{
	fputs(text, output_stream(o));
	assert_true(output_commit(o));
}

static void records_arrive_whole_and_in_order(void **state)
{
	struct output_options options = { .path = path };
	struct output *o = output_open(&options, problem, sizeof(problem));

	(void)state;
	assert_non_null(o);
	put(o, "one\n");
	fputs("two ", output_stream(o));
	put(o, "and three\n");
	assert_true(output_close(o));
	assert_string_equal(content_of(""), "one\ntwo and three\n");
}

static void a_file_is_begun_anew_before_it_grows_too_large(void **state)
{
	struct output_options options = { .path = path, .rotate_size = 10, .keep = 2, .patient = true };
	struct output *o = output_open(&options, problem, sizeof(problem));

	(void)state;
	assert_non_null(o);
	put(o, "first\n");
	put(o, "second\n");
	put(o, "third\n");
	put(o, "fourth\n");
	assert_true(output_close(o));
	assert_string_equal(content_of(""), "fourth\n");
	assert_string_equal(content_of(".1"), "third\n");
	assert_string_equal(content_of(".2"), "second\n");
	assert_null(content_of(".3"));
}

static void a_file_that_was_moved_away_is_opened_again(void **state)
{
	struct output_options options = { .path = path, .patient = true };
	struct output *o = output_open(&options, problem, sizeof(problem));
	char moved[128];

	(void)state;
	assert_non_null(o);
	snprintf(moved, sizeof(moved), "%s.moved", path);
	assert_int_equal(rename(path, moved), 0);
	output_reopen(o);
	put(o, "here\n");
	assert_true(output_close(o));
	assert_string_equal(content_of(".moved"), "");
	assert_string_equal(content_of(""), "here\n");
}

/* A pipe that nobody reads holds 64 KiB; what does not fit waits, and the oldest of it goes. */
static void a_reader_who_stands_still_costs_the_oldest_records(void **state)
{
	enum { RECORDS = 1000, RECORD = 1000, QUEUE = 20 * RECORD };
	int pipe_ends[2], kept = dup(STDOUT_FILENO);
	struct output_options options = { .queue = QUEUE };
	static char text[RECORD + 1], got[RECORDS * RECORD + 1];
	size_t have = 0;

	(void)state;
	fflush(stdout);
	assert_int_equal(pipe(pipe_ends), 0);
	dup2(pipe_ends[1], STDOUT_FILENO);
	struct output *o = output_open(&options, problem, sizeof(problem));
	assert_non_null(o);
	for (int i = 0; i < RECORDS; i++) {
		memset(text, 'x', RECORD);
		snprintf(text, sizeof(text), "%06d", i);
		text[6] = ' ';
		text[RECORD - 1] = '\n';
		put(o, text);
	}
	uint64_t dropped = output_dropped(o);
	assert_true(dropped > RECORDS / 2);
	fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK);
	for (int idle = 0; idle < 200; ) {
		ssize_t n = read(pipe_ends[0], got + have, sizeof(got) - have);

		if (n > 0)
			have += (size_t)n;
		else
			usleep(1000);
		idle = n > 0 ? 0 : idle + 1;
	}
	bool closed = output_close(o);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	assert_true(closed);
	assert_int_equal(have, (RECORDS - dropped) * RECORD);
	for (size_t at = RECORD; at < have; at += RECORD)
		assert_true(memcmp(got + at, got + at - RECORD, 6) > 0);
	assert_memory_equal(got + have - RECORD, "000999 ", 7);
}

static void a_full_disk_is_told_once_it_is_known(void **state)
{
	struct output_options options = { .path = "/dev/full", .patient = true };
	struct output *o = output_open(&options, problem, sizeof(problem));

	(void)state;
	if (!o) {
		print_message("skipped: no /dev/full\n");
		skip();
	}
	fputs("lost\n", output_stream(o));
	output_commit(o);
	assert_false(output_close(o));
	assert_int_equal(errno, ENOSPC);
}

static void a_path_that_cannot_be_opened_is_named(void **state)
{
	struct output_options options = { .path = "/nowhere/at/all" };

	(void)state;
	assert_null(output_open(&options, problem, sizeof(problem)));
	assert_non_null(strstr(problem, "/nowhere/at/all: "));
}

static void metrics_are_replaced_as_a_whole(void **state)
{
	struct summary s = { .failed = 2, .completed = 40, .packets = 1000, .dropped_kernel = 3, .code_count = 1 };

	(void)state;
	s.codes[0].code = "cert_expired";
	s.codes[0].count = 2;
	assert_true(report_metrics(path, &s));
	assert_non_null(strstr(content_of(""), "\ntlswhy_handshakes_total{outcome=\"failed\"} 2\n"));
	assert_non_null(strstr(content_of(""), "\ntlswhy_diagnoses_total{code=\"cert_expired\"} 2\n"));
	assert_non_null(strstr(content_of(""), "\ntlswhy_dropped_total{by=\"kernel\"} 3\n"));
	assert_null(content_of(".new"));
	assert_false(report_metrics("/nowhere/at/all", &s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(records_arrive_whole_and_in_order, make_room, clear_room),
		cmocka_unit_test_setup_teardown(a_file_is_begun_anew_before_it_grows_too_large, make_room,
						clear_room),
		cmocka_unit_test_setup_teardown(a_file_that_was_moved_away_is_opened_again, make_room, clear_room),
		cmocka_unit_test(a_reader_who_stands_still_costs_the_oldest_records),
		cmocka_unit_test(a_full_disk_is_told_once_it_is_known),
		cmocka_unit_test(a_path_that_cannot_be_opened_is_named),
		cmocka_unit_test_setup_teardown(metrics_are_replaced_as_a_whole, make_room, clear_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
