#include "support.h"

#include <stdlib.h>

static const struct report_options plain = { .columns = 80 };

/* What `tlswhy explain WHAT` prints; *fits is what it returns. Release with free(). */
static char *explained(const char *what, bool *fits)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	*fits = report_explain(out, what, &plain);
	fclose(out);
	return text;
}

static void without_an_argument_it_lists_every_cause_under_its_section(void **state)
{
	size_t count;
	const struct cause *all = causes(&count);
	bool fits;
	char *text = explained(NULL, &fits);

	(void)state;
	assert_true(fits);
	for (size_t i = 0; i < count; i++) {
		assert_non_null(strstr(text, all[i].code));
		assert_non_null(strstr(text, all[i].section));
	}
	assert_true(count_of("Server certificate\n", text) == 1);
	free(text);
}

static void every_page_has_words_for_each_owner_and_fits_80_columns(void **state)
{
	size_t count;
	const struct cause *all = causes(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		bool fits;
		char *text = explained(all[i].code, &fits);
		assert_true(fits);
		assert_true(longest_line(text) <= 80);
		assert_true(is_plain_ascii(text));
		assert_true(strncmp(text, all[i].code, strlen(all[i].code)) == 0);
		assert_non_null(strstr(text, "For the client's owner"));
		assert_non_null(strstr(text, "For the server's owner"));
		assert_non_null(strstr(text, "For the network's owner"));
		assert_non_null(strstr(text, "References"));
		free(text);
	}
}

static void a_pasted_message_that_fits_one_cause_opens_its_page(void **state)
{
	bool fits;
	char *text = explained("SSL_do_handshake() failed (SSL: error:0A0000EB:SSL routines::no "
			       "application protocol) while SSL handshaking", &fits);

	(void)state;
	assert_true(fits);
	assert_true(strncmp(text, "alpn_mismatch: ", 15) == 0);
	free(text);
}

static void a_pasted_message_that_fits_several_lists_them(void **state)
{
	bool fits;
	char *text = explained("x509: certificate signed by unknown authority", &fits);

	(void)state;
	assert_true(fits);
	assert_non_null(strstr(text, "cert_unknown_ca"));
	assert_non_null(strstr(text, "cert_chain_incomplete"));
	assert_non_null(strstr(text, "cert_self_signed"));
	free(text);
}

static void what_nothing_fits_is_not_explained(void **state)
{
	bool fits;
	char *text = explained("the printer is out of paper", &fits);

	(void)state;
	assert_false(fits);
	assert_string_equal(text, "");
	free(text);
}

static void no_line_of_the_manual_is_taken_for_a_macro_by_accident(void **state)
{
	static const char *const macros[] = { ".Sh ", ".Ss ", ".Bl ", ".It ",
					     ".El",  ".Pp",  ".Nm",  ".Cm " };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_non_null(out);
	assert_true(report_manual(out));
	fclose(out);
	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		bool known = *line != '.' && *line != '\'';
		for (size_t i = 0; i < sizeof(macros) / sizeof(macros[0]); i++)
			known = known || !strncmp(line, macros[i], strlen(macros[i]));
		if (!known)
			fail_msg("not one of ours: %.40s", line);
	}
	assert_true(count_of(".Bl ", text) == count_of(".El\n", text));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_an_argument_it_lists_every_cause_under_its_section),
		cmocka_unit_test(every_page_has_words_for_each_owner_and_fits_80_columns),
		cmocka_unit_test(a_pasted_message_that_fits_one_cause_opens_its_page),
		cmocka_unit_test(a_pasted_message_that_fits_several_lists_them),
		cmocka_unit_test(what_nothing_fits_is_not_explained),
		cmocka_unit_test(no_line_of_the_manual_is_taken_for_a_macro_by_accident),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
