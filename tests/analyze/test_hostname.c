/* Names asked for against names presented, RFC 9525 6. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../analyze/hostname.h"
#include "support_chains.h"

static void names_are_compared_without_regard_to_case_or_the_last_dot(void **state)
{
	(void)state;
	assert_true(hostname_covers("www.example.com", "WWW.Example.COM"));
	assert_true(hostname_covers("www.example.com.", "www.example.com"));
	assert_true(hostname_covers("www.example.com", "www.example.com."));
	assert_false(hostname_covers("www.example.com", "www.example.org"));
	assert_false(hostname_covers("www.example.com", "example.com"));
	assert_false(hostname_covers("example.com", "www.example.com"));
}

static void a_wildcard_stands_for_exactly_one_label(void **state)
{
	(void)state;
	assert_true(hostname_covers("*.example.com", "www.example.com"));
	assert_true(hostname_covers("*.EXAMPLE.com.", "a.example.COM"));
	assert_false(hostname_covers("*.example.com", "example.com"));
	assert_false(hostname_covers("*.example.com", "a.b.example.com"));
	assert_false(hostname_covers("*.example.com", ".example.com"));
	assert_true(hostname_covers("*.example.com", "xn--bcher-kva.example.com"));
}

static void a_wildcard_is_a_whole_label_and_the_first_one(void **state)
{
	(void)state;
	assert_false(hostname_covers("w*.example.com", "www.example.com"));
	assert_false(hostname_covers("*w.example.com", "www.example.com"));
	assert_false(hostname_covers("www.*.com", "www.example.com"));
	assert_false(hostname_covers("*.*.com", "www.example.com"));
	assert_false(hostname_covers("*", "localhost"));
}

static void nobody_owns_all_names_of_a_top_level_domain(void **state)
{
	(void)state;
	assert_false(hostname_covers("*.com", "example.com"));
	assert_false(hostname_covers("*.com.", "example.com"));
	assert_false(hostname_covers("*.", "com"));
}

static void an_address_is_no_name_even_under_a_wildcard(void **state)
{
	(void)state;
	assert_false(hostname_covers("*.0.2.1", "192.0.2.1"));
	assert_false(hostname_covers("192.0.2.1", "192.0.2.1"));
}

static void internationalised_names_are_compared_as_they_are_encoded(void **state)
{
	(void)state;
	assert_true(hostname_covers("xn--bcher-kva.example", "XN--BCHER-KVA.example"));
	assert_false(hostname_covers("b\\C3\\BCcher.example", "xn--bcher-kva.example"));
}

static void an_escaped_nul_does_not_end_a_name(void **state)
{
	(void)state;
	assert_false(hostname_covers("www.example.com\\00.evil.example", "www.example.com"));
}

static void empty_names_match_nothing(void **state)
{
	(void)state;
	assert_false(hostname_covers("", ""));
	assert_false(hostname_covers(".", "."));
	assert_false(hostname_covers("", "example.com"));
}

static enum name_match match_file(const char *file, const char *name, const char *server)
{
	struct certificate_list list = chain_from(file);
	struct address address = { .ip_len = 4 };

	if (server)
		assert_int_equal(inet_pton(AF_INET, server, address.ip), 1);
	enum name_match match = hostname_match(list.at[0], name, server ? &address : NULL);

	chain_free(&list);
	return match;
}

static void without_sni_only_the_address_can_speak_for_it(void **state)
{
	(void)state;
	assert_int_equal(match_file("name_address_only", NULL, "192.0.2.1"), NAME_MATCHES_ADDRESS);
	assert_int_equal(match_file("name_address_only", NULL, "192.0.2.2"), NAME_NOT_ASKED);
	assert_int_equal(match_file("name_address_only", NULL, NULL), NAME_NOT_ASKED);
	assert_int_equal(match_file("good", NULL, "192.0.2.1"), NAME_NOT_ASKED);
}

static void the_cn_counts_only_where_there_is_no_name_and_only_for_old_clients(void **state)
{
	(void)state;
	assert_int_equal(match_file("name_in_cn_only", "www.example.com", NULL), NAME_MATCHES_CN);
	assert_int_equal(match_file("name_in_cn_only", "shop.example.com", NULL), NAME_DIFFERS);
	assert_int_equal(match_file("name_address_only", "www.example.com", NULL), NAME_DIFFERS);
}

static void a_name_beyond_those_kept_as_text_is_found(void **state)
{
	(void)state;
	assert_int_equal(match_file("good_name_beyond_64", "www.example.com", NULL), NAME_MATCHES);
	assert_int_equal(match_file("good_name_beyond_64", "n65.example.com", NULL), NAME_MATCHES);
	assert_int_equal(match_file("good_name_beyond_64", "n66.example.com", NULL), NAME_DIFFERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_compared_without_regard_to_case_or_the_last_dot),
		cmocka_unit_test(a_wildcard_stands_for_exactly_one_label),
		cmocka_unit_test(a_wildcard_is_a_whole_label_and_the_first_one),
		cmocka_unit_test(nobody_owns_all_names_of_a_top_level_domain),
		cmocka_unit_test(an_address_is_no_name_even_under_a_wildcard),
		cmocka_unit_test(internationalised_names_are_compared_as_they_are_encoded),
		cmocka_unit_test(an_escaped_nul_does_not_end_a_name),
		cmocka_unit_test(empty_names_match_nothing),
		cmocka_unit_test(without_sni_only_the_address_can_speak_for_it),
		cmocka_unit_test(the_cn_counts_only_where_there_is_no_name_and_only_for_old_clients),
		cmocka_unit_test(a_name_beyond_those_kept_as_text_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
