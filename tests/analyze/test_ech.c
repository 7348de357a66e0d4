/* Encrypted ClientHello that was not accepted, and GREASE that looks like it (RFC 9849). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support_verdict.h"

enum { FINISHED = 53, ALERT = 19, TICKET = 234, REQUEST = 120 };

/* The server answers as the public name, and the client finishes. */
static struct story finished_with_ech(void)
{
	struct story s = begin();

	up_to_server_flight13(&s);
	s.h->hello->ech = ECH_OUTER;
	s.h->hello->ech_config_id = 42;
	change_cipher(&s, SIDE_CLIENT);
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, FINISHED);
	return s;
}

static struct story finished_and_left(void)
{
	struct story s = finished_with_ech();

	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, ALERT);
	return s;
}

/* RFC 9849 6.1.6: "the client MUST abort the connection with an ech_required alert". */
static void who_finishes_and_leaves_in_a_breath_was_refused_ech(void **state)
{
	struct story s = finished_and_left();

	(void)state;
	rst(&s, SIDE_CLIENT);
	assert_best(s, "ech_rejected", POSSIBLE);
}

static void the_tickets_of_a_server_that_goes_on_do_not_hide_it(void **state)
{
	struct story s = finished_and_left();

	(void)state;
	hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, TICKET);
	fin(&s, SIDE_CLIENT);
	assert_best(s, "ech_rejected", POSSIBLE);
}

static void another_try_without_ech_or_with_another_key_confirms_it(void **state)
{
	struct trace plain = { .ech = false }, other = { .ech = true, .ech_config_id = 7 };
	struct trace same = { .ech = true, .ech_config_id = 42 };

	(void)state;
	plain.first.frame = other.first.frame = same.first.frame = 99;
	assert_best_before(finished_and_left(), &plain, "ech_rejected", LIKELY);
	assert_best_before(finished_and_left(), &other, "ech_rejected", LIKELY);
	assert_best_before(finished_and_left(), &same, "ech_rejected", POSSIBLE);
}

/* A tap lost the packets with its hello; another try of the same client follows. */
static void a_flow_without_its_hello_is_no_case_of_it(void **state)
{
	struct trace next = { .ech = true, .ech_config_id = 7 };
	struct story s = begin();

	(void)state;
	hears_hello(&s, answer(0x0304, 0x1301));
	hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 1200);
	fin(&s, SIDE_CLIENT);
	assert_best_before(s, &next, "client_abandoned", LIKELY);
}

static void a_public_name_that_is_not_trusted_may_be_the_reason(void **state)
{
	struct trace plain = { .ech = false };
	struct story s = begin();

	(void)state;
	plain.first.frame = 99;
	up_to_server_flight13(&s);
	s.h->hello->ech = ECH_OUTER;
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, ALERT);
	fin(&s, SIDE_CLIENT);
	assert_best_before(s, &plain, "cert_rejected", LIKELY);
}

/* RFC 9849 6.2: who sends GREASE ignores what the server makes of it. */
static void who_goes_on_has_sent_grease_or_was_accepted(void **state)
{
	struct story s = finished_with_ech();

	(void)state;
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, REQUEST);
	hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 500);
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, ALERT);
	fin(&s, SIDE_CLIENT);
	assert_outcome(s, OUTCOME_COMPLETED);
}

static void who_leaves_later_had_nothing_to_say(void **state)
{
	struct story s = finished_with_ech();

	(void)state;
	pass(&s, 0.4);
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, ALERT);
	fin(&s, SIDE_CLIENT);
	assert_outcome(s, OUTCOME_COMPLETED);
}

static void a_goodbye_behind_the_servers_is_none_of_it(void **state)
{
	struct story s = finished_with_ech();

	(void)state;
	hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, TICKET);
	fin(&s, SIDE_SERVER);
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, ALERT);
	fin(&s, SIDE_CLIENT);
	assert_outcome(s, OUTCOME_COMPLETED);
}

static void without_ech_in_the_hello_a_short_visit_is_a_visit(void **state)
{
	struct story s = finished_and_left();

	(void)state;
	s.h->hello->ech = ECH_NONE;
	fin(&s, SIDE_CLIENT);
	assert_outcome(s, OUTCOME_COMPLETED);
}

static void a_server_of_tls12_is_left_behind_its_finished(void **state)
{
	struct story s = begin();

	(void)state;
	up_to_server_flight12(&s, "good");
	s.h->hello->ech = ECH_OUTER;
	client_finishes12(&s);
	change_cipher(&s, SIDE_SERVER);
	hidden(&s, SIDE_SERVER, CONTENT_HANDSHAKE, 40);
	hidden(&s, SIDE_CLIENT, CONTENT_ALERT, 26);
	fin(&s, SIDE_CLIENT);
	assert_best(s, "ech_rejected", POSSIBLE);
}

static void the_alert_itself_settles_it(void **state)
{
	struct story s = finished_with_ech();

	(void)state;
	fatal(&s, SIDE_CLIENT, 121);
	fin(&s, SIDE_CLIENT);
	assert_best(s, "ech_rejected", CERTAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_finishes_and_leaves_in_a_breath_was_refused_ech),
		cmocka_unit_test(the_tickets_of_a_server_that_goes_on_do_not_hide_it),
		cmocka_unit_test(another_try_without_ech_or_with_another_key_confirms_it),
		cmocka_unit_test(a_flow_without_its_hello_is_no_case_of_it),
		cmocka_unit_test(a_public_name_that_is_not_trusted_may_be_the_reason),
		cmocka_unit_test(who_goes_on_has_sent_grease_or_was_accepted),
		cmocka_unit_test(who_leaves_later_had_nothing_to_say),
		cmocka_unit_test(a_goodbye_behind_the_servers_is_none_of_it),
		cmocka_unit_test(without_ech_in_the_hello_a_short_visit_is_a_visit),
		cmocka_unit_test(a_server_of_tls12_is_left_behind_its_finished),
		cmocka_unit_test(the_alert_itself_settles_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
