#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../dissect/keylog.h"
#include "support_hex.h"

#define RANDOM_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define RANDOM_B "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SECRET_32 "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define SECRET_48 SECRET_32 "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2"

/* The text in an allocation of exactly its size, without a terminator. */
static size_t add(struct keylog *k, const char *text)
{
	struct bytes exact = bytes_copy(text, strlen(text));
	size_t taken = keylog_add_text(k, (const char *)exact.at, exact.len);

	free(exact.at);
	return taken;
}

static bool has(const struct keylog *k, enum secret_label label, const char *random_hex,
		uint8_t len)
{
	struct bytes random = bytes_of_hex(random_hex);
	struct secret secret;
	bool found = keylog_find(k, &secret, label, random.at, 0);

	free(random.at);
	return found && secret.len == len && secret.bytes[0] == 0xa1;
}

static void each_label_keeps_its_secret_by_client_random(void **state)
{
	(void)state;
	struct keylog *k = keylog_new();
	assert_int_equal(add(k, "CLIENT_RANDOM " RANDOM_A " " SECRET_48 "\n"
				"CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM_B " " SECRET_32 "\n"
				"SERVER_HANDSHAKE_TRAFFIC_SECRET " RANDOM_B " " SECRET_48 "\n"
				"CLIENT_TRAFFIC_SECRET_0 " RANDOM_B " " SECRET_32 "\n"
				"SERVER_TRAFFIC_SECRET_0 " RANDOM_B " " SECRET_32 "\n"
				"CLIENT_EARLY_TRAFFIC_SECRET " RANDOM_B " " SECRET_32), 6);
	assert_true(has(k, SECRET_MASTER, RANDOM_A, 48));
	assert_false(has(k, SECRET_MASTER, RANDOM_B, 48));
	assert_true(has(k, SECRET_CLIENT_HANDSHAKE, RANDOM_B, 32));
	assert_true(has(k, SECRET_SERVER_HANDSHAKE, RANDOM_B, 48));
	assert_true(has(k, SECRET_CLIENT_TRAFFIC, RANDOM_B, 32));
	assert_true(has(k, SECRET_SERVER_TRAFFIC, RANDOM_B, 32));
	assert_true(has(k, SECRET_CLIENT_EARLY, RANDOM_B, 32));
	keylog_free(k);
}

static void comments_garbage_and_carriage_returns_do_no_harm(void **state)
{
	(void)state;
	struct keylog *k = keylog_new();
	assert_int_equal(add(k, "# made by somebody\r\n\r\n"
				"\tCLIENT_RANDOM\t" RANDOM_A "  " SECRET_48 " \r\n"
				"EXPORTER_SECRET " RANDOM_A " " SECRET_32 "\r\n"
				"nonsense \x01\xff\r\n"
				"CLIENT_RANDOM " RANDOM_B "\n"
				"CLIENT_RANDOM " RANDOM_B " zz" SECRET_48 "\n"
				"CLIENT_RANDOM " RANDOM_B " " SECRET_32 "\n"
				"CLIENT_RANDOM " SECRET_48 " " SECRET_48 "\n"), 1);
	assert_true(has(k, SECRET_MASTER, RANDOM_A, 48));
	assert_false(keylog_is_empty(k));
	keylog_free(k);
}

static void a_line_cut_anywhere_is_no_secret(void **state)
{
	(void)state;
	static const char line[] = "CLIENT_RANDOM " RANDOM_A " " SECRET_48;
	for (size_t len = 0; len < sizeof(line) - 1; len++) {
		struct keylog *k = keylog_new();
		struct bytes cut = bytes_copy(line, len);
		assert_int_equal(keylog_add_text(k, (const char *)cut.at, cut.len), 0);
		assert_true(keylog_is_empty(k));
		free(cut.at);
		keylog_free(k);
	}
}

static void many_secrets_stay_findable(void **state)
{
	(void)state;
	struct keylog *k = keylog_new();
	char line[256];
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "CLIENT_RANDOM %08x%.56s %s\n", i, RANDOM_A,
			 SECRET_48);
		assert_int_equal(add(k, line), 1);
	}
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "%08x%.56s", i, RANDOM_A);
		assert_true(has(k, SECRET_MASTER, line, 48));
	}
	keylog_free(k);
}

static void two_secrets_for_one_handshake_are_both_kept(void **state)
{
	(void)state;
	struct keylog *k = keylog_new();
	struct bytes random = bytes_of_hex(RANDOM_A);
	struct secret secret;
	char line[256];
	for (int i = 0; i < 10; i++) {
		snprintf(line, sizeof(line), "CLIENT_RANDOM %s %02x%s\n", RANDOM_A, i,
			 &SECRET_48[2]);
		size_t taken = keylog_add_text(k, line, strlen(line));
		assert_int_equal(taken, i < SECRETS_ALIKE_MAX);
		if (i < SECRETS_ALIKE_MAX)	/* again: nothing new */
			assert_int_equal(keylog_add_text(k, line, strlen(line)), 1);
	}
	unsigned seen = 0;
	for (unsigned nth = 0; keylog_find(k, &secret, SECRET_MASTER, random.at, nth); nth++)
		seen |= 1u << secret.bytes[0];
	assert_int_equal(seen, (1 << SECRETS_ALIKE_MAX) - 1);
	free(random.at);
	keylog_free(k);
}

static void a_file_is_read_whole_and_a_missing_one_is_named(void **state)
{
	(void)state;
	char path[] = "/tmp/tlswhy-keylog-XXXXXX", problem[128] = "";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	static const char text[] = "# x\nCLIENT_RANDOM " RANDOM_A " " SECRET_48 "\n";
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	struct keylog *k = keylog_new();
	assert_true(keylog_add_file(k, path, problem, sizeof(problem)));
	assert_true(has(k, SECRET_MASTER, RANDOM_A, 48));
	unlink(path);
	assert_false(keylog_add_file(k, path, problem, sizeof(problem)));
	assert_non_null(strstr(problem, path));
	keylog_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_label_keeps_its_secret_by_client_random),
		cmocka_unit_test(comments_garbage_and_carriage_returns_do_no_harm),
		cmocka_unit_test(a_line_cut_anywhere_is_no_secret),
		cmocka_unit_test(many_secrets_stay_findable),
		cmocka_unit_test(two_secrets_for_one_handshake_are_both_kept),
		cmocka_unit_test(a_file_is_read_whole_and_a_missing_one_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
