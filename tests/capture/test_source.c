#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

#include "../../capture/source.h"
#include "support_frames.h"

enum { TEXT_LEN = 1500000 };	/* more than one window */

/* Bytes that compress somewhat and never repeat for long. */
static uint8_t *text(void)
{
	uint8_t *bytes = malloc(TEXT_LEN);
	uint32_t x = 1;

	assert_non_null(bytes);
	for (size_t i = 0; i < TEXT_LEN; i++) {
		x = x * 1103515245 + 12345;
		bytes[i] = (uint8_t)('a' + (x >> 16) % 7);
	}
	return bytes;
}

static void put_gzip(struct buffer *b, const uint8_t *bytes, size_t len)
{
	z_stream z = { .next_in = (Bytef *)bytes, .avail_in = (uInt)len };

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = b->bytes + b->len;
	z.avail_out = (uInt)(BUFFER_MAX - b->len);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	b->len += z.total_out;
	deflateEnd(&z);
}

static void put_zstd(struct buffer *b, const uint8_t *bytes, size_t len)
{
	size_t made = ZSTD_compress(b->bytes + b->len, BUFFER_MAX - b->len, bytes, len, 3);

	assert_false(ZSTD_isError(made));
	b->len += made;
}

/* Reads to the end in odd steps; how many bytes were those of `expected`. */
static size_t read_all(const char *path, const uint8_t *expected, bool *damaged)
{
	struct source s;
	char problem[200];
	size_t done = 0;

	assert_true(source_open(&s, path, problem, sizeof(problem)));
	for (size_t step = 1; source_peek(&s, 1); step = step * 3 % 70001) {
		size_t n = source_peek(&s, step) ? step : left(&s.window);
		assert_int_equal(source_offset(&s), done);
		assert_true(done + n <= TEXT_LEN);
		assert_memory_equal(s.window.at, expected + done, n);
		take(&s.window, n);
		done += n;
	}
	*damaged = source_damage(&s) != NULL;
	source_close(&s);
	return done;
}

static void reads_all(struct buffer *b, const uint8_t *expected, size_t len)
{
	char *path = file_with(b->bytes, b->len);
	bool damaged;

	assert_int_equal(read_all(path, expected, &damaged), len);
	assert_false(damaged);
	remove_file(path);
	free(b);
}

static void a_plain_file_comes_as_it_is(void **state)
{
	(void)state;
	uint8_t *bytes = text();
	struct buffer *b = calloc(1, sizeof(*b));
	put_bytes(b, bytes, 900001);
	reads_all(b, bytes, 900001);
	free(bytes);
}

static void a_dash_is_standard_input(void **state)
{
	(void)state;
	uint8_t *bytes = text();
	char *path = file_with(bytes, 5000);
	bool damaged;
	assert_non_null(freopen(path, "rb", stdin));
	assert_int_equal(read_all("-", bytes, &damaged), 5000);
	assert_false(damaged);
	remove_file(path);
	free(bytes);
}

static void a_pipe_gives_its_bytes_as_they_come_and_knows_no_length(void **state)
{
	(void)state;
	int ends[2];
	char path[40], problem[200];
	struct source s;
	assert_int_equal(pipe(ends), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	assert_int_equal(write(ends[1], "abcdefgh", 8), 8);
	assert_true(source_open(&s, path, problem, sizeof(problem)));
	assert_true(source_peek(&s, 8));	/* does not wait for a full block */
	assert_true(source_progress(&s) < 0);
	assert_int_equal(close(ends[1]), 0);
	assert_false(source_peek(&s, 9));
	assert_int_equal(left(&s.window), 8);
	assert_null(source_damage(&s));
	source_close(&s);
	close(ends[0]);
}

static void gzip_members_follow_one_another(void **state)
{
	(void)state;
	uint8_t *bytes = text();
	struct buffer *b = calloc(1, sizeof(*b));
	put_gzip(b, bytes, 700000);
	put_gzip(b, bytes + 700000, 0);
	put_gzip(b, bytes + 700000, TEXT_LEN - 700000);
	put_hex(b, "00 00 00 00");	/* padding, as on tapes */
	reads_all(b, bytes, TEXT_LEN);
	free(bytes);
}

static void zstd_frames_follow_one_another(void **state)
{
	(void)state;
	uint8_t *bytes = text();
	struct buffer *b = calloc(1, sizeof(*b));
	put_hex(b, "502a4d18 03000000 aabbcc");	/* a skippable frame */
	put_zstd(b, bytes, 700000);
	put_zstd(b, bytes + 700000, TEXT_LEN - 700000);
	reads_all(b, bytes, TEXT_LEN);
	free(bytes);
}

static void what_comes_before_damage_is_read(void **state)
{
	(void)state;
	uint8_t *bytes = text();
	for (int kind = 0; kind < 2; kind++) {
		struct buffer *b = calloc(1, sizeof(*b));
		(kind ? put_zstd : put_gzip)(b, bytes, TEXT_LEN);
		char *cut = file_with(b->bytes, b->len / 2);
		bool damaged;
		size_t read = read_all(cut, bytes, &damaged);
		assert_true(damaged);
		assert_true(read > TEXT_LEN / 3 && read < TEXT_LEN * 2 / 3);
		remove_file(cut);
		memset(b->bytes + b->len / 2, 0xff, 64);
		char *garbled = file_with(b->bytes, b->len);
		struct source s;
		char problem[200];
		assert_true(source_open(&s, garbled, problem, sizeof(problem)));
		assert_false(source_skip_far(&s, TEXT_LEN + 1));
		assert_non_null(source_damage(&s));
		assert_true(source_offset(&s) > TEXT_LEN / 3);
		source_close(&s);
		remove_file(garbled);
		free(b);
	}
	free(bytes);
}

static void garbage_behind_gzip_is_damage(void **state)
{
	(void)state;
	uint8_t *bytes = text();
	struct buffer *b = calloc(1, sizeof(*b));
	put_gzip(b, bytes, 1000);
	put_hex(b, "4141");
	char *path = file_with(b->bytes, b->len);
	bool damaged;
	assert_int_equal(read_all(path, bytes, &damaged), 1000);
	assert_true(damaged);
	remove_file(path);
	free(b);
	free(bytes);
}

static void a_missing_file_and_a_directory_say_so(void **state)
{
	(void)state;
	struct source s;
	char problem[200];
	assert_false(source_open(&s, "/nonexistent/file", problem, sizeof(problem)));
	assert_string_equal(problem, "/nonexistent/file: No such file or directory");
	assert_false(source_open(&s, "/", problem, sizeof(problem)));
	assert_string_equal(problem, "/: is a directory");
}

static void progress_goes_from_nothing_to_all(void **state)
{
	(void)state;
	uint8_t *bytes = text();
	char *path = file_with(bytes, TEXT_LEN);
	struct source s;
	char problem[200];
	assert_true(source_open(&s, path, problem, sizeof(problem)));
	assert_true(source_progress(&s) < 0.01);
	assert_true(source_skip_far(&s, TEXT_LEN / 2));
	assert_true(source_progress(&s) > 0.49 && source_progress(&s) < 0.51);
	assert_true(source_skip_far(&s, TEXT_LEN / 2));
	assert_true(source_progress(&s) > 0.99);
	source_close(&s);
	remove_file(path);
	free(bytes);
}

static void a_file_that_grows_while_it_is_read_comes_whole(void **state)
{
	(void)state;
	enum { BEGINNING = 900001 };
	uint8_t *bytes = text();
	char *path = file_with(bytes, BEGINNING), problem[200];
	struct source s;

	assert_true(source_open(&s, path, problem, sizeof(problem)));
	assert_true(source_skip_far(&s, BEGINNING - 10));
	FILE *f = fopen(path, "ab");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes + BEGINNING, 1, TEXT_LEN - BEGINNING, f), TEXT_LEN - BEGINNING);
	assert_int_equal(fclose(f), 0);
	assert_true(source_peek(&s, TEXT_LEN - BEGINNING + 10));
	assert_int_equal(source_offset(&s), BEGINNING - 10);
	assert_memory_equal(s.window.at, bytes + BEGINNING - 10, TEXT_LEN - BEGINNING + 10);
	assert_false(source_peek(&s, TEXT_LEN - BEGINNING + 11));
	assert_null(source_damage(&s));
	source_close(&s);
	remove_file(path);
	free(bytes);
}

/* As by who writes a ring of files and begins this one anew. */
static void a_file_that_is_cut_short_while_it_is_read_ends(void **state)
{
	(void)state;
	enum { SHOWN = 600000, KEPT = 300000, PAGES_AWAY = 400000 };
	uint8_t *bytes = text();
	char *path = file_with(bytes, TEXT_LEN), problem[200];
	struct source s;

	assert_true(source_open(&s, path, problem, sizeof(problem)));
	assert_true(source_peek(&s, SHOWN));
	assert_int_equal(truncate(path, KEPT), 0);
	assert_memory_equal(s.window.at, bytes, KEPT);
	for (size_t i = PAGES_AWAY; i < SHOWN; i++)
		assert_int_equal(s.window.at[i], 0);
	assert_false(source_skip_far(&s, TEXT_LEN));
	assert_false(source_peek(&s, 1));
	source_close(&s);
	remove_file(path);
	free(bytes);
}

static void a_bomb_takes_no_memory(void **state)
{
	(void)state;
	enum { BOMB = 200 * 1024 * 1024 };
	struct buffer *b = calloc(1, sizeof(*b));
	uint8_t *zeros = calloc(1, BOMB);
	put_zstd(b, zeros, BOMB);
	free(zeros);
	char *path = file_with(b->bytes, b->len);
	struct source s;
	char problem[200];
	assert_true(source_open(&s, path, problem, sizeof(problem)));
	assert_true(source_skip_far(&s, BOMB));
	assert_false(source_peek(&s, 1));
	assert_null(source_damage(&s));
	source_close(&s);
	remove_file(path);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_file_comes_as_it_is),
		cmocka_unit_test(a_dash_is_standard_input),
		cmocka_unit_test(a_pipe_gives_its_bytes_as_they_come_and_knows_no_length),
		cmocka_unit_test(gzip_members_follow_one_another),
		cmocka_unit_test(zstd_frames_follow_one_another),
		cmocka_unit_test(what_comes_before_damage_is_read),
		cmocka_unit_test(garbage_behind_gzip_is_damage),
		cmocka_unit_test(a_missing_file_and_a_directory_say_so),
		cmocka_unit_test(progress_goes_from_nothing_to_all),
		cmocka_unit_test(a_file_that_grows_while_it_is_read_comes_whole),
		cmocka_unit_test(a_file_that_is_cut_short_while_it_is_read_ends),
		cmocka_unit_test(a_bomb_takes_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
