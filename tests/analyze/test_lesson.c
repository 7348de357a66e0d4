/* What a server showed in other flows, and to whom it belongs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support_verdict.h"

static const struct address server = { .ip = { 192, 0, 2, 1 }, .ip_len = 4, .port = 443 };
static const struct address neighbour = { .ip = { 192, 0, 2, 1 }, .ip_len = 4, .port = 8443 };

static struct lessons *taught(struct story s)
{
	struct lessons *l = lessons_new(0);

	assert_non_null(l);
	learn(l, s);
	return l;
}

static void a_handshake_teaches_what_the_server_chose(void **state)
{
	struct story s = begin();
	struct lessons *l;
	const struct lesson *lesson;

	(void)state;
	completes12(&s, "good_rsa_8192_leaf");
	l = taught(s);
	lesson = lessons_of(l, &server, 0);
	assert_non_null(lesson);
	assert_int_equal(lesson->completed, 1);
	assert_true(code_set_has(&lesson->versions, 0x0303));
	assert_true(code_set_has(&lesson->suites, 0xc02f));
	assert_true(code_set_has(&lesson->groups, 29));
	assert_true(code_set_has(&lesson->signatures, 0x0804));
	assert_true(lesson->rsa_leaf && !lesson->ecdsa_leaf);
	assert_int_equal(lesson->largest_hello_passed, 200);
	assert_non_null(lesson_name(lesson, "www.example.com"));
	assert_non_null(lesson_name(lesson, "www.example.com")->chain);
	assert_null(lesson_name(lesson, "shop.example.com"));
	lessons_free(l);
}

static void what_one_port_does_says_nothing_of_another(void **state)
{
	struct story s = begin();
	struct lessons *l;

	(void)state;
	completes12(&s, "good");
	l = taught(s);
	assert_null(lessons_of(l, &neighbour, 0));
	lessons_free(l);
}

static void a_refusal_teaches_no_choice(void **state)
{
	struct lessons *l = taught(refused(hello13(), 40));
	const struct lesson *lesson = lessons_of(l, &server, 0);

	(void)state;
	assert_int_equal(lesson->failed, 1);
	assert_int_equal(lesson->suites.count + lesson->versions.count, 0);
	assert_int_equal(lesson->largest_hello_passed, 0);
	assert_int_equal(lesson->tls13_answered, 0);
	lessons_free(l);
}

static void a_hello_without_tls13_that_worked_is_remembered_with_its_place(void **state)
{
	struct story older = begin(), newer = begin();
	struct lessons *l;
	const struct lesson *lesson;

	(void)state;
	completes12(&older, "good");
	l = taught(older);
	lesson = lessons_of(l, &server, 0);
	assert_int_not_equal(lesson->older.mark.frame, 0);
	assert_int_equal(lesson->older.client.port, 40000);
	assert_int_equal(lesson->tls13_answered, 0);
	completes13(&newer);
	learn(l, newer);
	assert_int_equal(lesson->tls13_answered, 1);
	lessons_free(l);
}

static void an_offer_of_starttls_is_remembered_and_its_want_is_not(void **state)
{
	struct story offered = begin(), missing = begin();
	struct lessons *l;

	(void)state;
	upgrade(&missing, SIDE_SERVER, FOREIGN_SMTP, false, UPGRADE_NOT_OFFERED, "250 SIZE");
	l = taught(missing);
	assert_int_equal(lessons_of(l, &server, 0)->upgrade.mark.frame, 0);
	upgrade(&offered, SIDE_SERVER, FOREIGN_SMTP, false, UPGRADE_OFFERED, "250 STARTTLS");
	learn(l, offered);
	assert_int_not_equal(lessons_of(l, &server, 0)->upgrade.mark.frame, 0);
	lessons_free(l);
}

static void sets_are_bounded(void **state)
{
	struct lessons *l = lessons_new(0);
	const struct lesson *lesson;

	(void)state;
	for (uint16_t i = 0; i < 3 * LESSON_CODES; i++) {
		struct story s = begin();

		says_hello(&s, hello12());
		hears_hello(&s, answer(0x0303, (uint16_t)(0xc000 + i)));
		learn(l, s);
	}
	lesson = lessons_of(l, &server, 0);
	assert_int_equal(lesson->suites.count, LESSON_CODES);
	lessons_free(l);
}

static void a_flow_that_is_no_tls_teaches_nothing(void **state)
{
	struct story s = begin();
	struct lessons *l;

	(void)state;
	foreign(&s, SIDE_CLIENT, FOREIGN_HTTP, "GET / HTTP/1.1\r\n\r\n");
	l = taught(s);
	assert_null(lessons_of(l, &server, 0));
	lessons_free(l);
}

static struct story through_proxy(const char *target)
{
	struct story s = begin();

	upgrade(&s, SIDE_SERVER, FOREIGN_HTTP, true, UPGRADE_ACCEPTED, "HTTP/1.1 200 OK");
	snprintf(s.h->upgrades[0].told.target, sizeof(s.h->upgrades[0].told.target), "%s", target);
	s.h->upgrades[0].told.target_port = 443;
	completes13(&s);
	fin(&s, SIDE_CLIENT);
	return s;
}

static void what_a_proxy_leads_to_is_a_server_of_its_own(void **state)
{
	struct lessons *l = lessons_new(0);
	struct story one = through_proxy("a.example"), other = through_proxy("b.example");
	uint64_t a = tunnel_hash(opened_tunnel(one.h)), b = tunnel_hash(opened_tunnel(other.h));

	(void)state;
	assert_true(a && b && a != b);
	learn(l, one);
	assert_int_equal(lessons_of(l, &server, a)->completed, 1);
	assert_null(lessons_of(l, &server, b));
	learn(l, other);
	assert_int_equal(lessons_of(l, &server, a)->completed, 1);
	/* The proxy itself has spoken no TLS. */
	assert_int_equal(lessons_of(l, &server, 0)->completed, 0);
	assert_true(lessons_of(l, &server, 0)->words_first);
	lessons_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handshake_teaches_what_the_server_chose),
		cmocka_unit_test(what_one_port_does_says_nothing_of_another),
		cmocka_unit_test(a_refusal_teaches_no_choice),
		cmocka_unit_test(a_hello_without_tls13_that_worked_is_remembered_with_its_place),
		cmocka_unit_test(an_offer_of_starttls_is_remembered_and_its_want_is_not),
		cmocka_unit_test(sets_are_bounded),
		cmocka_unit_test(a_flow_that_is_no_tls_teaches_nothing),
		cmocka_unit_test(what_a_proxy_leads_to_is_a_server_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
