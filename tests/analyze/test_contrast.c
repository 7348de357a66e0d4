/* What only many attempts at one server show, each beside what looks alike and is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../analyze/contrast.h"

enum { ATTEMPTS = 40, OPENSSL = 1, CURL = 2 };

struct crowd {
	struct attempt at[ATTEMPTS];
	size_t count;
	struct endpoint out;
};

/* One attempt a second: each letter is one client's, '+' it worked, '-' it failed, '?' unknown. */
static struct attempt *joins(struct crowd *c, char outcome, uint8_t client)
{
	struct attempt *a = &c->at[c->count++];

	assert_true(c->count <= ATTEMPTS);
	*a = (struct attempt){ .mark = { .frame = c->count * 10, .time = (int64_t)c->count * 1000000000 },
		.outcome = outcome == '+' ? OUTCOME_COMPLETED : outcome == '-' ? OUTCOME_FAILED : OUTCOME_INCONCLUSIVE,
		.code = outcome == '-' ? "handshake_timeout" : NULL, .fingerprint = OPENSSL, .hello_len = 300,
		.highest_version = 0x0304, .tls12 = true, .tls13 = true, .name = true,
		.client = { .ip = { 10, 0, client, 1 }, .ip_len = 4 } };
	if (outcome == '+') {
		a->version = 0x0304;
		a->suite = 0x1301;
	}
	return a;
}

static void join_all(struct crowd *c, const char *outcomes, uint8_t client)
{
	for (; *outcomes; outcomes++)
		joins(c, *outcomes, client);
}

static const struct finding *finding(const struct crowd *c, const char *code)
{
	for (uint8_t i = 0; i < c->out.finding_count; i++)
		if (!strcmp(c->out.findings[i].code, code))
			return &c->out.findings[i];
	return NULL;
}

static const struct finding *compare(struct crowd *c, const char *code)
{
	c->out = (struct endpoint){ .clients = 2 };
	contrast(c->at, c->count, &c->out);
	return finding(c, code);
}

static void assert_says(const struct finding *f, const char *words)
{
	assert_non_null(f);
	if (!strstr(f->summary, words))
		fail_msg("\"%s\" is not in \"%s\"", words, f->summary);
}

/* ---- all or some ---- */

static void three_failures_and_no_success_fail_for_all(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "---", 1);
	assert_says(compare(&c, "fails_for_all_clients"), "all 3 attempts by 2 clients failed");
	assert_int_equal(c.out.finding_count, 1);
}

static void two_failures_or_one_success_are_not_all(void **state)
{
	struct crowd two = { .count = 0 }, one_worked = { .count = 0 };

	(void)state;
	join_all(&two, "--?", 1);
	assert_null(compare(&two, "fails_for_all_clients"));
	join_all(&one_worked, "---+", 1);
	assert_null(compare(&one_worked, "fails_for_all_clients"));
}

static void a_difference_in_the_offer_is_named_with_its_counts(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	for (int i = 0; i < 4; i++) {
		joins(&c, '+', 1);
		struct attempt *old = joins(&c, '-', 2);

		old->fingerprint = CURL;
		old->tls12 = false;
	}
	assert_says(compare(&c, "fails_for_some_clients"), "all 4 failures offer no TLS 1.2; all 4 successes do");
}

static void a_difference_shared_by_successes_is_none(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	for (int i = 0; i < 8; i++)
		joins(&c, i % 2 ? '-' : '+', 1)->tls12 = i % 4 < 2;
	assert_null(compare(&c, "fails_for_some_clients"));
}

static void another_client_hello_is_other_software(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "+++", 1);
	joins(&c, '-', 1)->fingerprint = CURL;
	joins(&c, '-', 1)->fingerprint = CURL;
	joins(&c, '+', 1);
	assert_says(compare(&c, "fails_for_some_clients"), "other client software");
}

/* Where no subnet says it shorter, the clients that fail are named. */
static void a_few_clients_that_fail_are_named(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "+-+-", 1);
	for (size_t i = 1; i < 4; i += 2)
		c.at[i].client.ip[3] = 77;
	assert_says(compare(&c, "fails_for_some_clients"), "(10.0.1.77)");
}

static void another_subnet_with_the_same_hello_is_an_address(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "+-", 1);
	c.at[1].client.ip[2] = 9;
	join_all(&c, "+-", 1);
	c.at[3].client.ip[2] = 9;
	assert_says(compare(&c, "fails_for_some_clients"), "other client addresses");
}

static void nearly_all_is_told_as_such(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "++++++++++++", 1);
	for (int i = 0; i < 12; i++) {
		struct attempt *a = joins(&c, '-', 2);

		a->fingerprint = CURL;
		a->tls12 = i == 5;
	}
	assert_says(compare(&c, "fails_for_some_clients"), "11 of 12 failures offer no TLS 1.2; all 12 successes do");
}

static void what_the_traits_do_not_tell_one_code_does(void **state)
{
	static const struct hello_kind modern = { .lists = { [LIST_SUITES] = { { 0xc02f, 0xc030 }, 2, false },
		[LIST_GROUPS] = { { 29, 23 }, 2, false } } };
	static const struct hello_kind odd = { .ja4 = "t12d0101", .lists = { [LIST_SUITES] = { { 0xc030 }, 1, false },
		[LIST_GROUPS] = { { 29, 23 }, 2, false } } };
	struct crowd c = { .count = 0 };

	(void)state;
	for (int i = 0; i < 6; i++) {
		struct attempt *a = joins(&c, i % 2 ? '-' : '+', 1);

		a->kind = i % 2 ? &odd : &modern;
		a->fingerprint = i % 2 ? CURL : OPENSSL;
	}
	assert_says(compare(&c, "fails_for_some_clients"), "all 3 failures do not offer TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256; all 3 successes do");
}

static void software_without_one_difference_is_named_by_its_ja4(void **state)
{
	static const struct hello_kind odd = { .ja4 = "t12d0101" };
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "++++", 1);
	for (int i = 0; i < 3; i++) {
		struct attempt *a = joins(&c, '-', 1);

		a->kind = &odd;
		a->fingerprint = CURL;
	}
	assert_says(compare(&c, "fails_for_some_clients"), "JA4 t12d0101");
}

static void a_subnet_that_fails_alone_is_named(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	for (uint8_t i = 0; i < 8; i++) {
		struct attempt *a = joins(&c, i % 2 ? '-' : '+', i % 2 ? 9 : i);

		a->client.ip[3] = i;
	}
	assert_says(compare(&c, "fails_for_some_clients"), "in 10.0.9.0/24");
}

static void one_failure_is_no_group_of_clients(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "+++", 1);
	joins(&c, '-', 2)->fingerprint = CURL;
	assert_null(compare(&c, "fails_for_some_clients"));
}

/* ---- time ---- */

static void the_same_hello_that_fails_now_and_then_is_intermittent(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "+-+-++", 1);
	assert_says(compare(&c, "intermittent"), "2 of 6 attempts fail");
	assert_null(finding(&c, "began_at"));
}

static void failures_behind_successes_began(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "+++?---", 1);
	assert_says(compare(&c, "began_at"), "since 1970-01-01T00:00:05Z (frame 50): 3 of 3 attempts since then, 0 of 3 before");
	assert_null(finding(&c, "intermittent"));
}

static void what_worked_again_did_not_begin(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "+++---+", 1);
	assert_null(compare(&c, "began_at"));
	assert_non_null(finding(&c, "intermittent"));
}

static void clients_that_come_but_once_do_not_explain_a_beginning(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	for (uint8_t i = 0; i < 8; i++)
		joins(&c, i < 4 ? '+' : '-', i);
	assert_non_null(compare(&c, "began_at"));
	assert_null(finding(&c, "fails_for_some_clients"));
}

static void one_in_ten_may_be_misplaced_in_time(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "++++++-++++++-----------+", 1);
	assert_says(compare(&c, "began_at"), "frame 140");
	assert_null(finding(&c, "intermittent"));
}

static void two_successes_before_are_too_few_for_a_beginning(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "++---", 1);
	assert_null(compare(&c, "began_at"));
}

static void another_software_that_comes_later_is_not_a_beginning(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "++++", 1);
	for (int i = 0; i < 3; i++) {
		struct attempt *a = joins(&c, '-', 2);

		a->fingerprint = CURL;
		a->tls12 = false;
	}
	assert_non_null(compare(&c, "fails_for_some_clients"));
	assert_null(finding(&c, "began_at"));
}

/* ---- certificates and members ---- */

static void a_certificate_that_was_replaced_once_changed(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	for (int i = 0; i < 6; i++)
		joins(&c, '+', 1)->leaf = i < 3 ? 11 : 22;
	assert_non_null(compare(&c, "certificate_changed"));
	assert_null(finding(&c, "inconsistent_backends"));
}

static void certificates_that_come_back_are_unequal_members(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	for (int i = 0; i < 6; i++)
		joins(&c, '+', 1)->leaf = i % 2 ? 11 : 22;
	assert_non_null(compare(&c, "inconsistent_backends"));
	assert_null(finding(&c, "certificate_changed"));
}

static void a_certificate_for_each_type_of_key_is_right(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	for (int i = 0; i < 8; i++) {
		struct attempt *a = joins(&c, '+', 1);

		a->fingerprint = i % 2 ? OPENSSL : CURL;
		a->leaf = i % 2 ? 11 : 22;
		a->leaf_key = i % 2 ? KEY_RSA : KEY_EC;
		a->suite = i % 2 ? 0xc02f : 0xc02b;
	}
	compare(&c, "");
	assert_int_equal(c.out.finding_count, 0);
	/* ... but not by turns to one and the same hello. */
	for (int i = 0; i < 8; i++)
		c.at[i].fingerprint = OPENSSL;
	assert_non_null(compare(&c, "inconsistent_backends"));
}

static void a_renewal_may_go_from_member_to_member(void **state)
{
	static const int leaves[] = { 1, 1, 1, 1, 2, 1, 2, 2, 2, 2 };
	struct crowd c = { .count = 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		struct attempt *a = joins(&c, '+', 1);

		a->leaf = (uint64_t)leaves[i];
		a->leaf_not_after = leaves[i] * 1000000;
	}
	assert_says(compare(&c, "certificate_changed"), "one member after another");
	assert_null(finding(&c, "inconsistent_backends"));
}

static void the_expired_certificate_is_the_one_to_tell(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	for (int i = 0; i < 8; i++) {
		struct attempt *a = joins(&c, '+', 1);

		a->mark.time += INT64_C(1700000000000000000);
		a->leaf = i % 4 == 0 ? 11 : 22;
		a->leaf_not_after = i % 4 == 0 ? 1699000000 : 1800000000;
	}
	assert_says(compare(&c, "inconsistent_backends"), "2 of 8 answers carry the certificate that expired on 2023-11-03");
}

static void a_member_that_wants_another_group_is_unequal(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "++++++", 1);
	for (int i = 0; i < 6; i++) {
		c.at[i].group = i % 2 ? 29 : 23;
		c.at[i].retry = i % 2;
	}
	assert_says(compare(&c, "inconsistent_backends"), "key-exchange group, whether another key share is asked for");
}

static void what_is_encrypted_shows_other_certificates_by_its_size(void **state)
{
	struct crowd c = { .count = 0 }, wobble = { .count = 0 }, staple = { .count = 0 };

	(void)state;
	join_all(&c, "++++++++", 1);
	join_all(&wobble, "++++++++", 1);
	join_all(&staple, "++++++++", 1);
	for (int i = 0; i < 8; i++) {
		c.at[i].flight_len = i % 2 ? 1200 : 2100;
		wobble.at[i].flight_len = 1200 + (uint32_t)i % 3;	/* signatures vary in length */
		staple.at[i].flight_len = i == 0 || i == 2 ? 1200 : 1700;	/* each worker fetches its own */
	}
	assert_says(compare(&c, "inconsistent_backends"), "size of what is encrypted");
	assert_null(compare(&wobble, "inconsistent_backends"));
	assert_null(compare(&staple, "inconsistent_backends"));
}

static void a_session_that_is_resumed_compares_with_its_like(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "++++++", 1);
	for (int i = 0; i < 6; i++) {
		c.at[i].resumed = i % 2;
		c.at[i].suite = i % 2 ? 0x1301 : 0x1302;
	}
	assert_null(compare(&c, "inconsistent_backends"));
}

static void one_certificate_for_all_is_neither(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	for (int i = 0; i < 6; i++)
		joins(&c, '+', 1)->leaf = i % 3 ? 11 : 0;	/* hidden in some */
	compare(&c, "");
	assert_int_equal(c.out.finding_count, 0);
}

static void different_answers_to_one_hello_are_unequal_members(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "++++", 1);
	c.at[1].suite = 0x1302;
	assert_non_null(compare(&c, "inconsistent_backends"));
}

static void an_answer_that_changed_once_over_many_attempts_is_a_new_configuration(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "++++++", 1);
	c.at[3].suite = c.at[4].suite = c.at[5].suite = 0x1302;
	assert_null(compare(&c, "inconsistent_backends"));
}

static void several_differences_are_all_named(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		joins(&c, '+', 1)->tls13 = false;
		joins(&c, '-', 2)->hello_len = 1700;
	}
	assert_says(compare(&c, "fails_for_some_clients"), "all 3 failures offer TLS 1.3; none of the 3 successes does; likewise 3 of 3 failures have a ClientHello of more");
}

static void different_answers_to_different_hellos_are_right(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "++++", 1);
	c.at[1].suite = c.at[3].suite = 0xc02f;
	c.at[1].fingerprint = c.at[3].fingerprint = CURL;
	assert_null(compare(&c, "inconsistent_backends"));
}

static void the_same_hello_refused_now_and_then_meets_unequal_members(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "+-+-", 1);
	c.at[1].code = c.at[3].code = "cipher_mismatch";
	assert_says(compare(&c, "inconsistent_backends"), "now fails with cipher_mismatch");
}

static void a_refusal_that_began_is_no_unequal_member(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "+++---", 1);
	for (int i = 3; i < 6; i++)
		c.at[i].code = "cert_expired";
	assert_null(compare(&c, "inconsistent_backends"));
	assert_non_null(finding(&c, "began_at"));
}

static void take_turns(struct crowd *c, const char *code, uint64_t leaf)
{
	for (int i = 0; i < 6; i++) {
		struct attempt *a = joins(c, i % 2 ? '-' : '+', (uint8_t)(i % 2));

		a->code = i % 2 ? code : NULL;
		a->leaf = leaf;
	}
}

static void clients_that_trust_unequally_may_be_all_that_differs(void **state)
{
	struct crowd hidden = { .count = 0 }, same = { .count = 0 };

	(void)state;
	take_turns(&hidden, "cert_unknown_ca", 0);
	assert_says(compare(&hidden, "inconsistent_backends"), "or these clients trust less");
	assert_says(finding(&hidden, "fails_for_some_clients"), "other client addresses");
	take_turns(&same, "cert_unknown_ca", 11);
	assert_null(compare(&same, "inconsistent_backends"));
}

static void what_any_client_refuses_is_the_members(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	take_turns(&c, "cert_expired", 0);
	assert_says(compare(&c, "inconsistent_backends"), "members behind this address differ");
	assert_null(finding(&c, "fails_for_some_clients"));
}

static void one_client_that_judges_one_certificate_anew_is_no_unequal_member(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "+-+-", 1);
	for (int i = 0; i < 4; i++)
		c.at[i].leaf = 11;
	c.at[1].code = c.at[3].code = "cert_unknown_ca";
	assert_null(compare(&c, "inconsistent_backends"));
}

/* ---- intolerance ---- */

static void a_retry_without_tls13_that_works_proves_intolerance(void **state)
{
	struct crowd c = { .count = 0 };
	struct attempt *retry;

	(void)state;
	joins(&c, '-', 1);
	retry = joins(&c, '+', 1);
	retry->tls13 = false;
	retry->highest_version = 0x0303;
	assert_says(compare(&c, "version_intolerant"), "frames 10 and 20");
}

static void another_clients_older_offer_proves_nothing(void **state)
{
	struct crowd c = { .count = 0 };
	struct attempt *other;

	(void)state;
	joins(&c, '-', 1);
	other = joins(&c, '+', 2);
	other->tls13 = false;
	other->highest_version = 0x0303;
	assert_null(compare(&c, "version_intolerant"));
}

static void a_retry_minutes_later_proves_nothing(void **state)
{
	struct crowd c = { .count = 0 };
	struct attempt *retry;

	(void)state;
	joins(&c, '-', 1);
	retry = joins(&c, '+', 1);
	retry->tls13 = false;
	retry->highest_version = 0x0303;
	retry->mark.time += INT64_C(300000000000);
	assert_null(compare(&c, "version_intolerant"));
}

static void large_hellos_that_fail_where_small_ones_pass(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "+-+-", 1);
	c.at[1].hello_len = 1700;
	c.at[3].hello_len = 1800;
	assert_says(compare(&c, "large_client_hello_intolerant"), "1700 bytes and more fail, those of up to 300");
}

static void a_client_that_refuses_the_answer_got_one(void **state)
{
	struct crowd c = { .count = 0 }, retry = { .count = 0 };

	(void)state;
	join_all(&c, "+-+-", 1);
	for (int i = 1; i < 4; i += 2) {
		c.at[i].hello_len = 1700;
		c.at[i].version = 0x0304;
	}
	assert_null(compare(&c, "large_client_hello_intolerant"));
	joins(&retry, '-', 1)->version = 0x0304;
	joins(&retry, '+', 1)->highest_version = 0x0303;
	assert_null(compare(&retry, "version_intolerant"));
}

static void a_small_hello_that_fails_too_is_not_about_size(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "+-+-", 1);
	c.at[1].hello_len = 1700;
	assert_null(compare(&c, "large_client_hello_intolerant"));
}

static void a_large_hello_that_passes_acquits_the_size(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	join_all(&c, "+-+-", 1);
	c.at[0].hello_len = c.at[1].hello_len = c.at[3].hello_len = 1700;
	assert_null(compare(&c, "large_client_hello_intolerant"));
}

/* ---- interception ---- */

static void an_inspection_products_certificate_for_some(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct attempt *a = joins(&c, '+', (uint8_t)i);

		a->leaf = i < 2 ? 11 : 22;
		a->intercepted = i < 2;
	}
	assert_says(compare(&c, "intercepted_for_some"), "2 connections");
	assert_null(finding(&c, "certificate_changed"));
}

static void who_fails_behind_an_inspection_product_does_not_fail_by_chance(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	for (int i = 0; i < 8; i++) {
		bool boxed = i % 4 >= 2;
		struct attempt *a = joins(&c, boxed ? '-' : '+', (uint8_t)(i % 4));

		a->leaf = boxed ? 11 : 22;
		a->intercepted = boxed;
	}
	assert_says(compare(&c, "intercepted_for_some"), "4 connections");
	assert_null(finding(&c, "intermittent"));
}

static void what_fails_without_an_inspection_product_too_may_be_chance(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	for (int i = 0; i < 8; i++) {
		struct attempt *a = joins(&c, i % 2 ? '-' : '+', 1);

		a->leaf = i == 1 ? 11 : 22;
		a->intercepted = i == 1;
	}
	assert_non_null(compare(&c, "intermittent"));
}

static void an_inspection_products_certificate_for_all_is_not_some(void **state)
{
	struct crowd c = { .count = 0 };

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct attempt *a = joins(&c, '+', 1);

		a->leaf = 11;
		a->intercepted = true;
	}
	assert_null(compare(&c, "intercepted_for_some"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_failures_and_no_success_fail_for_all),
		cmocka_unit_test(two_failures_or_one_success_are_not_all),
		cmocka_unit_test(a_difference_in_the_offer_is_named_with_its_counts),
		cmocka_unit_test(a_difference_shared_by_successes_is_none),
		cmocka_unit_test(another_client_hello_is_other_software),
		cmocka_unit_test(a_few_clients_that_fail_are_named),
		cmocka_unit_test(another_subnet_with_the_same_hello_is_an_address),
		cmocka_unit_test(nearly_all_is_told_as_such),
		cmocka_unit_test(what_the_traits_do_not_tell_one_code_does),
		cmocka_unit_test(software_without_one_difference_is_named_by_its_ja4),
		cmocka_unit_test(a_subnet_that_fails_alone_is_named),
		cmocka_unit_test(one_in_ten_may_be_misplaced_in_time),
		cmocka_unit_test(a_certificate_for_each_type_of_key_is_right),
		cmocka_unit_test(a_renewal_may_go_from_member_to_member),
		cmocka_unit_test(the_expired_certificate_is_the_one_to_tell),
		cmocka_unit_test(a_member_that_wants_another_group_is_unequal),
		cmocka_unit_test(what_is_encrypted_shows_other_certificates_by_its_size),
		cmocka_unit_test(a_session_that_is_resumed_compares_with_its_like),
		cmocka_unit_test(a_client_that_refuses_the_answer_got_one),
		cmocka_unit_test(one_failure_is_no_group_of_clients),
		cmocka_unit_test(the_same_hello_that_fails_now_and_then_is_intermittent),
		cmocka_unit_test(failures_behind_successes_began),
		cmocka_unit_test(what_worked_again_did_not_begin),
		cmocka_unit_test(clients_that_come_but_once_do_not_explain_a_beginning),
		cmocka_unit_test(two_successes_before_are_too_few_for_a_beginning),
		cmocka_unit_test(another_software_that_comes_later_is_not_a_beginning),
		cmocka_unit_test(a_certificate_that_was_replaced_once_changed),
		cmocka_unit_test(certificates_that_come_back_are_unequal_members),
		cmocka_unit_test(one_certificate_for_all_is_neither),
		cmocka_unit_test(different_answers_to_one_hello_are_unequal_members),
		cmocka_unit_test(an_answer_that_changed_once_over_many_attempts_is_a_new_configuration),
		cmocka_unit_test(several_differences_are_all_named),
		cmocka_unit_test(different_answers_to_different_hellos_are_right),
		cmocka_unit_test(the_same_hello_refused_now_and_then_meets_unequal_members),
		cmocka_unit_test(a_refusal_that_began_is_no_unequal_member),
		cmocka_unit_test(clients_that_trust_unequally_may_be_all_that_differs),
		cmocka_unit_test(what_any_client_refuses_is_the_members),
		cmocka_unit_test(one_client_that_judges_one_certificate_anew_is_no_unequal_member),
		cmocka_unit_test(a_retry_without_tls13_that_works_proves_intolerance),
		cmocka_unit_test(another_clients_older_offer_proves_nothing),
		cmocka_unit_test(a_retry_minutes_later_proves_nothing),
		cmocka_unit_test(large_hellos_that_fail_where_small_ones_pass),
		cmocka_unit_test(a_small_hello_that_fails_too_is_not_about_size),
		cmocka_unit_test(a_large_hello_that_passes_acquits_the_size),
		cmocka_unit_test(an_inspection_products_certificate_for_some),
		cmocka_unit_test(who_fails_behind_an_inspection_product_does_not_fail_by_chance),
		cmocka_unit_test(what_fails_without_an_inspection_product_too_may_be_chance),
		cmocka_unit_test(an_inspection_products_certificate_for_all_is_not_some),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
