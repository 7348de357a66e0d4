/* Retries and probes of a run that does not end, attempt by attempt as they are over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../analyze/recent.h"

enum { SECOND = 1000, WEB = 77, SHOP = 78, OPENSSL = 5 };

struct run {
	struct recent *recent;
	uint64_t serial;
	struct placement last;
	uint64_t probes;
};

static struct run run_new(void)
{
	struct run r = { .recent = recent_new(0) };

	assert_non_null(r.recent);
	return r;
}

/* An attempt by 10.0.0.N at 192.0.2.1:443 for WEB that began at so many ms and took 100. */
static struct trace attempt(uint8_t client, int64_t ms, enum outcome outcome)
{
	return (struct trace){ .began = ms * 1000000, .settled = (ms + 100) * 1000000,
		.client = { .ip = { 10, 0, 0, client }, .ip_len = 4 },
		.server = { .ip = { 192, 0, 2, 1 }, .ip_len = 4, .port = 443 },
		.name = WEB, .fingerprint = OPENSSL, .outcome = outcome, .data = outcome == OUTCOME_COMPLETED };
}

static struct trace idle_visit(uint8_t client, int64_t ms)
{
	struct trace t = attempt(client, ms, OUTCOME_COMPLETED);

	t.data = false;
	t.left_without_data = true;
	return t;
}

static const struct placement *ends(struct run *r, struct trace t)
{
	t.serial = ++r->serial;
	recent_note(r->recent, &t, &r->last);
	r->probes += r->last.probe + r->last.probes_before;
	return &r->last;
}

static uint32_t incident(struct run *r, struct trace t)
{
	return ends(r, t)->incident;
}

/* ---- incidents ---- */

static void a_failure_and_what_is_tried_instead_share_a_number(void **state)
{
	struct run r = run_new();
	uint32_t first = incident(&r, attempt(1, 0, OUTCOME_FAILED));

	(void)state;
	assert_int_not_equal(first, 0);
	assert_int_equal(r.last.retry.attempts, 0);	/* who knows what comes */
	assert_int_equal(incident(&r, attempt(1, 300, OUTCOME_FAILED)), first);
	assert_int_equal(incident(&r, attempt(1, 700, OUTCOME_COMPLETED)), first);
	assert_int_equal(r.last.retry.attempt, 3);
	assert_int_equal(r.last.retry.attempts, 3);
	assert_int_equal(r.last.retry.outcome, OUTCOME_COMPLETED);
	assert_int_equal(r.last.retry.span, INT64_C(800000000));
	recent_free(r.recent);
}

static void what_works_at_once_and_what_follows_is_no_incident(void **state)
{
	struct run r = run_new();
	uint32_t first;

	(void)state;
	assert_int_equal(incident(&r, attempt(1, 0, OUTCOME_COMPLETED)), 0);
	first = incident(&r, attempt(1, 1000, OUTCOME_FAILED));
	assert_int_equal(incident(&r, attempt(1, 1200, OUTCOME_COMPLETED)), first);
	assert_int_equal(incident(&r, attempt(1, 2000, OUTCOME_COMPLETED)), 0);
	assert_int_not_equal(incident(&r, attempt(1, 3000, OUTCOME_FAILED)), first);
	recent_free(r.recent);
}

static void others_later_and_elsewhere_are_other_matters(void **state)
{
	struct run r = run_new();
	uint32_t first = incident(&r, attempt(1, 0, OUTCOME_FAILED));
	struct trace other = attempt(1, 300, OUTCOME_FAILED);

	(void)state;
	assert_int_not_equal(incident(&r, attempt(2, 300, OUTCOME_FAILED)), first);
	other.name = SHOP;
	assert_int_not_equal(incident(&r, other), first);
	assert_int_not_equal(incident(&r, attempt(1, 60 * SECOND, OUTCOME_FAILED)), first);
	recent_free(r.recent);
}

/* A SYN that nobody answers is given up long after the other way has worked. */
static void a_failure_that_takes_its_time_learns_what_worked_instead(void **state)
{
	struct run r = run_new();
	struct trace slow = attempt(1, 0, OUTCOME_FAILED), quick = attempt(1, 300, OUTCOME_COMPLETED);

	(void)state;
	slow.settled = INT64_C(75000000000);
	quick.server.ip[3] = 2;
	assert_int_equal(incident(&r, quick), 0);
	assert_int_not_equal(incident(&r, slow), 0);
	assert_int_equal(r.last.retry.attempt, 1);
	assert_int_equal(r.last.retry.attempts, 2);
	assert_int_equal(r.last.retry.outcome, OUTCOME_COMPLETED);
	recent_free(r.recent);
}

static struct trace over_ipv6(struct trace t)
{
	t.client = (struct address){ .ip = { 0x20, 1, 0xd, 0xb8, 9 }, .ip_len = 16 };
	t.server.ip_len = 16;
	return t;
}

static void ipv6_and_then_ipv4_is_one_user(void **state)
{
	struct run r = run_new();
	uint32_t first = incident(&r, over_ipv6(attempt(1, 0, OUTCOME_FAILED)));
	struct trace slow = over_ipv6(attempt(1, 30 * SECOND, OUTCOME_FAILED));

	(void)state;
	assert_int_equal(incident(&r, attempt(1, 250, OUTCOME_COMPLETED)), first);
	assert_int_equal(r.last.retry.attempts, 2);
	slow.settled = INT64_C(105000000000);
	assert_int_equal(incident(&r, attempt(7, 30 * SECOND + 250, OUTCOME_COMPLETED)), 0);
	incident(&r, slow);
	assert_int_equal(r.last.retry.attempts, 2);
	recent_free(r.recent);
}

static void what_was_never_answered_was_given_up_when_the_next_began(void **state)
{
	struct run r = run_new();
	struct trace quic = attempt(1, 0, OUTCOME_INCONCLUSIVE), beside = attempt(2, 0, OUTCOME_INCONCLUSIVE);

	(void)state;
	quic.unanswered = beside.unanswered = true;
	assert_int_equal(incident(&r, attempt(1, 2 * SECOND, OUTCOME_COMPLETED)), 0);
	incident(&r, quic);
	assert_int_equal(r.last.retry.attempts, 2);
	assert_int_equal(incident(&r, attempt(2, 50, OUTCOME_COMPLETED)), 0);
	assert_int_equal(incident(&r, beside), 0);
	recent_free(r.recent);
}

static void an_address_that_refused_and_the_one_of_the_other_version_are_one_user(void **state)
{
	struct run r = run_new();
	struct trace refused = over_ipv6(attempt(1, 0, OUTCOME_FAILED)), next = attempt(1, 20, OUTCOME_COMPLETED);
	struct trace slow = over_ipv6(attempt(1, 30 * SECOND, OUTCOME_FAILED));
	uint32_t first;

	(void)state;
	refused.name = refused.fingerprint = slow.name = slow.fingerprint = 0;
	refused.unopened = slow.unopened = true;
	refused.link = slow.link = next.link = 0xaa;
	refused.settled = 1000000;
	first = incident(&r, refused);
	assert_int_equal(incident(&r, next), first);
	assert_int_equal(r.last.retry.attempts, 2);
	slow.settled = INT64_C(31000000000);	/* told when the other had worked already */
	next = attempt(1, 30 * SECOND + 250, OUTCOME_COMPLETED);
	next.link = 0xaa;
	assert_int_equal(incident(&r, next), 0);
	incident(&r, slow);
	assert_int_equal(r.last.retry.attempts, 2);
	recent_free(r.recent);
}

static void where_two_might_have_changed_over_nobody_is_blamed(void **state)
{
	struct run r = run_new();
	struct trace slow = over_ipv6(attempt(1, 0, OUTCOME_FAILED));

	(void)state;
	slow.settled = INT64_C(75000000000);
	incident(&r, attempt(7, 250, OUTCOME_COMPLETED));
	incident(&r, attempt(8, 260, OUTCOME_COMPLETED));
	incident(&r, slow);
	assert_int_equal(r.last.retry.attempts, 0);
	recent_free(r.recent);
}

static void ech_and_then_none_is_one_incident(void **state)
{
	struct run r = run_new();
	struct trace outer = attempt(1, 0, OUTCOME_FAILED), plain = attempt(1, 200, OUTCOME_COMPLETED);
	uint32_t first;

	(void)state;
	outer.ech = true;
	outer.name = SHOP;	/* the public name */
	first = incident(&r, outer);
	assert_int_equal(incident(&r, plain), first);
	recent_free(r.recent);
}

/* ---- probes ---- */

static void visits_on_the_clock_are_checks_from_the_fourth_on_and_then_the_first_three_too(void **state)
{
	struct run r = run_new();

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_false(ends(&r, idle_visit(1, i * 5 * SECOND))->probe);
	assert_true(ends(&r, idle_visit(1, 15 * SECOND))->probe);
	assert_int_equal(r.probes, 4);
	assert_true(ends(&r, idle_visit(1, 20 * SECOND))->probe);
	assert_int_equal(r.probes, 5);
	recent_free(r.recent);
}

static void people_are_no_clockwork(void **state)
{
	static const int64_t when[] = { 0, 5, 11, 13, 30, 34, 41 };
	struct run r = run_new();

	(void)state;
	for (size_t i = 0; i < sizeof(when) / sizeof(when[0]); i++)
		ends(&r, idle_visit(1, when[i] * SECOND));
	for (int i = 0; i < 8; i++)
		ends(&r, attempt(2, i * 5 * SECOND, OUTCOME_COMPLETED));	/* these carry data */
	assert_int_equal(r.probes, 0);
	recent_free(r.recent);
}

static void a_connection_in_store_is_opened_beside_one_that_is_used(void **state)
{
	struct run r = run_new();

	(void)state;
	ends(&r, attempt(1, 0, OUTCOME_COMPLETED));
	assert_true(ends(&r, idle_visit(1, 20))->probe);
	ends(&r, idle_visit(2, 0));	/* over before the one that is used */
	ends(&r, attempt(2, 20, OUTCOME_COMPLETED));
	assert_int_equal(r.probes, 2);
	ends(&r, idle_visit(3, 0));
	ends(&r, attempt(3, 9 * SECOND, OUTCOME_COMPLETED));
	assert_int_equal(r.probes, 2);
	recent_free(r.recent);
}

static void many_hellos_to_one_server_or_many_servers_are_a_scan(void **state)
{
	struct run r = run_new();

	(void)state;
	for (int i = 0; i < 14; i++) {
		struct trace t = attempt(1, i * 10, OUTCOME_FAILED);

		t.fingerprint = 100 + (uint64_t)i;
		ends(&r, t);
	}
	assert_int_equal(r.probes, 14);
	for (int i = 0; i < 14; i++) {
		struct trace t = idle_visit(2, i * 10);

		t.server.ip[3] = (uint8_t)(10 + i);
		ends(&r, t);
	}
	assert_int_equal(r.probes, 28);
	recent_free(r.recent);
}

static void who_asks_for_something_is_no_scanner(void **state)
{
	struct run r = run_new();

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct trace t = attempt(1, i * 10 * SECOND, i == 3 ? OUTCOME_COMPLETED : OUTCOME_FAILED);

		t.fingerprint = 100 + (uint64_t)i;
		ends(&r, t);
	}
	assert_int_equal(r.probes, 0);
	recent_free(r.recent);
}

/* ---- memory ---- */

static void memory_is_for_those_heard_last(void **state)
{
	struct run r = { .recent = recent_new(64 * 1024) };
	uint32_t first;

	(void)state;
	assert_non_null(r.recent);
	first = incident(&r, attempt(1, 0, OUTCOME_FAILED));
	for (int i = 0; i < 5000; i++) {
		struct trace t = attempt(2, 1 + i / 100, OUTCOME_FAILED);

		t.client.ip[1] = (uint8_t)(i >> 8);
		t.client.ip[2] = (uint8_t)i;
		ends(&r, t);
	}
	assert_int_not_equal(incident(&r, attempt(1, 300, OUTCOME_FAILED)), first);
	recent_free(r.recent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_and_what_is_tried_instead_share_a_number),
		cmocka_unit_test(what_works_at_once_and_what_follows_is_no_incident),
		cmocka_unit_test(others_later_and_elsewhere_are_other_matters),
		cmocka_unit_test(a_failure_that_takes_its_time_learns_what_worked_instead),
		cmocka_unit_test(ipv6_and_then_ipv4_is_one_user),
		cmocka_unit_test(what_was_never_answered_was_given_up_when_the_next_began),
		cmocka_unit_test(an_address_that_refused_and_the_one_of_the_other_version_are_one_user),
		cmocka_unit_test(where_two_might_have_changed_over_nobody_is_blamed),
		cmocka_unit_test(ech_and_then_none_is_one_incident),
		cmocka_unit_test(visits_on_the_clock_are_checks_from_the_fourth_on_and_then_the_first_three_too),
		cmocka_unit_test(people_are_no_clockwork),
		cmocka_unit_test(a_connection_in_store_is_opened_beside_one_that_is_used),
		cmocka_unit_test(many_hellos_to_one_server_or_many_servers_are_a_scan),
		cmocka_unit_test(who_asks_for_something_is_no_scanner),
		cmocka_unit_test(memory_is_for_those_heard_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
