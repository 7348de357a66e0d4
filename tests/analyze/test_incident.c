/* Which attempts are one user's retries, and which are nobody's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../analyze/trace.h"

enum { TRACES = 64, SECOND = 1000, WEB = 77, SHOP = 78, OPENSSL = 5, FALLBACK = 6 };

struct run {
	struct trace at[TRACES];
	size_t count;
};

/* An attempt by client 10.0.0.N at 192.0.2.1:443 for WEB, at so many milliseconds, 100 long. */
static struct trace *tries(struct run *r, uint8_t client, int64_t ms, enum outcome outcome)
{
	struct trace *t = &r->at[r->count++];

	assert_true(r->count <= TRACES);
	*t = (struct trace){ .serial = r->count, .began = ms * 1000000, .settled = (ms + 100) * 1000000,
		.client = { .ip = { 10, 0, 0, client }, .ip_len = 4 },
		.server = { .ip = { 192, 0, 2, 1 }, .ip_len = 4, .port = 443 },
		.name = WEB, .fingerprint = OPENSSL, .outcome = outcome, .data = outcome == OUTCOME_COMPLETED };
	return t;
}

static int by_serial(const void *x, const void *y)
{
	const struct trace *a = x, *b = y;

	return a->serial < b->serial ? -1 : 1;
}

static void incidents(struct run *r)
{
	find_incidents(r->at, r->count);
	qsort(r->at, r->count, sizeof(r->at[0]), by_serial);
}

static void probes(struct run *r)
{
	find_probes(r->at, r->count);
	qsort(r->at, r->count, sizeof(r->at[0]), by_serial);
}

static size_t probe_count(const struct run *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++)
		n += r->at[i].probe;
	return n;
}

/* ---- incidents ---- */

static void retries_until_one_works_are_one_incident(void **state)
{
	struct run r = { .count = 0 };

	(void)state;
	tries(&r, 1, 0, OUTCOME_FAILED);
	tries(&r, 1, 300, OUTCOME_FAILED)->fingerprint = FALLBACK;
	tries(&r, 1, 1900, OUTCOME_COMPLETED)->fingerprint = FALLBACK;
	incidents(&r);
	assert_int_not_equal(r.at[0].incident, 0);
	assert_int_equal(r.at[0].incident, r.at[2].incident);
	assert_int_equal(r.at[1].retry.attempt, 2);
	assert_int_equal(r.at[1].retry.attempts, 3);
	assert_int_equal(r.at[0].retry.outcome, OUTCOME_COMPLETED);
	assert_int_equal(r.at[0].retry.span, INT64_C(2000000000));
}

static void what_comes_after_success_is_another_matter(void **state)
{
	struct run r = { .count = 0 };

	(void)state;
	tries(&r, 1, 0, OUTCOME_FAILED);
	tries(&r, 1, 200, OUTCOME_COMPLETED);
	tries(&r, 1, 400, OUTCOME_FAILED);
	incidents(&r);
	assert_int_equal(r.at[1].retry.attempts, 2);
	assert_int_equal(r.at[2].incident, 0);
}

static void connections_opened_at_once_for_one_page_are_one_incident(void **state)
{
	struct run r = { .count = 0 };

	(void)state;
	tries(&r, 1, 0, OUTCOME_FAILED);
	tries(&r, 1, 2, OUTCOME_COMPLETED);
	tries(&r, 1, 4, OUTCOME_FAILED);	/* begun before the second had worked */
	incidents(&r);
	assert_int_equal(r.at[2].retry.attempts, 3);
}

static void other_clients_names_and_hours_are_not_retries(void **state)
{
	struct run r = { .count = 0 };

	(void)state;
	tries(&r, 1, 0, OUTCOME_FAILED);
	tries(&r, 2, 100, OUTCOME_COMPLETED);
	tries(&r, 1, 200, OUTCOME_COMPLETED)->name = SHOP;
	tries(&r, 1, 60 * SECOND, OUTCOME_COMPLETED);
	incidents(&r);
	for (size_t i = 0; i < r.count; i++)
		assert_int_equal(r.at[i].incident, 0);
}

static void successes_alone_are_no_incident(void **state)
{
	struct run r = { .count = 0 };

	(void)state;
	tries(&r, 1, 0, OUTCOME_COMPLETED);
	tries(&r, 1, 10, OUTCOME_COMPLETED);
	incidents(&r);
	assert_int_equal(r.at[0].incident, 0);
	assert_int_equal(r.at[1].retry.attempts, 0);
}

static void a_refused_connection_without_a_name_is_tried_again_by_address(void **state)
{
	struct run r = { .count = 0 };

	(void)state;
	tries(&r, 1, 0, OUTCOME_FAILED)->name = 0;
	tries(&r, 1, 500, OUTCOME_COMPLETED);
	incidents(&r);
	assert_int_equal(r.at[0].retry.attempts, 2);
}

static void ech_and_then_none_is_one_incident_whatever_the_outer_name(void **state)
{
	struct run r = { .count = 0 };
	struct trace *outer;

	(void)state;
	outer = tries(&r, 1, 0, OUTCOME_FAILED);
	outer->ech = true;
	outer->name = SHOP;
	tries(&r, 1, 500, OUTCOME_COMPLETED);
	incidents(&r);
	assert_int_equal(r.at[0].retry.attempts, 2);
}

static void what_was_never_answered_was_given_up_when_the_next_begins(void **state)
{
	struct run quic = { .count = 0 }, beside = { .count = 0 }, late = { .count = 0 };

	(void)state;
	tries(&quic, 1, 0, OUTCOME_INCONCLUSIVE)->unanswered = true;
	tries(&quic, 1, 2000, OUTCOME_COMPLETED);
	incidents(&quic);
	assert_int_equal(quic.at[0].retry.attempts, 2);
	tries(&late, 1, 0, OUTCOME_INCONCLUSIVE);	/* the capture began in the middle of it */
	tries(&late, 1, 2000, OUTCOME_COMPLETED);
	incidents(&late);
	assert_int_equal(late.at[0].incident, 0);
	tries(&beside, 1, 0, OUTCOME_INCONCLUSIVE)->unanswered = true;	/* two at once, and the capture ends */
	tries(&beside, 1, 50, OUTCOME_COMPLETED);
	incidents(&beside);
	assert_int_equal(beside.at[0].incident, 0);
}

static void over_ipv6(struct trace *t)
{
	t->client = (struct address){ .ip = { 0x20, 0x01, 0x0d, 0xb8 }, .ip_len = 16 };
	t->server = (struct address){ .ip = { 0x20, 0x01, 0x0d, 0xb9 }, .ip_len = 16, .port = 443 };
}

static void ipv6_and_then_ipv4_is_one_incident(void **state)
{
	struct run r = { .count = 0 };

	(void)state;
	over_ipv6(tries(&r, 1, 0, OUTCOME_FAILED));
	tries(&r, 1, 300, OUTCOME_COMPLETED);
	incidents(&r);
	assert_int_equal(r.at[0].retry.attempts, 2);
}

static void ipv4_of_somebody_else_is_not_the_other_half_of_ipv6(void **state)
{
	struct run crowded = { .count = 0 }, other = { .count = 0 };

	(void)state;
	over_ipv6(tries(&crowded, 1, 0, OUTCOME_FAILED));
	tries(&crowded, 1, 300, OUTCOME_COMPLETED);
	tries(&crowded, 2, 310, OUTCOME_COMPLETED);	/* one of the two, nobody knows which */
	incidents(&crowded);
	assert_int_equal(crowded.at[0].incident, 0);
	over_ipv6(tries(&other, 1, 0, OUTCOME_FAILED));
	tries(&other, 1, 300, OUTCOME_COMPLETED)->fingerprint = FALLBACK;
	incidents(&other);
	assert_int_equal(other.at[0].incident, 0);
}

/* A SYN over IPv6 that is answered by a RST, 1 ms later. */
static struct trace *refused(struct run *r, uint8_t host, uint32_t link, int64_t ms)
{
	struct trace *t = tries(r, 1, ms, OUTCOME_FAILED);

	over_ipv6(t);
	t->client.ip[15] = host;
	t->link = link;
	t->name = t->fingerprint = 0;
	t->unopened = true;
	t->settled = t->began + 1000000;
	return t;
}

static struct trace *over_ipv4(struct run *r, uint8_t client, uint32_t link, int64_t ms)
{
	struct trace *t = tries(r, client, ms, OUTCOME_COMPLETED);

	t->link = link;
	return t;
}

static uint32_t tries_of(struct run *r, size_t i)
{
	incidents(r);
	return r->at[i].retry.attempts;
}

static void a_refusal_over_ipv6_and_ipv4_of_the_same_machine_is_one_incident(void **state)
{
	struct run r = { .count = 0 };

	(void)state;
	refused(&r, 1, 0xaa, 0);
	over_ipv4(&r, 2, 0xbb, 20);		/* another machine */
	over_ipv4(&r, 1, 0xaa, 30);
	assert_int_equal(tries_of(&r, 0), 2);
	assert_int_equal(r.at[0].retry.outcome, OUTCOME_COMPLETED);
	assert_int_equal(r.at[2].incident, r.at[0].incident);
	assert_int_equal(r.at[1].incident, 0);
}

static void every_address_that_refused_belongs_to_it(void **state)
{
	struct run r = { .count = 0 };

	(void)state;
	refused(&r, 1, 0xaa, 0);
	refused(&r, 1, 0xaa, 5)->server.ip[15] = 9;
	over_ipv4(&r, 1, 0xaa, 30);
	assert_int_equal(tries_of(&r, 0), 3);
}

static void behind_one_router_only_the_servers_name_tells(void **state)
{
	struct run nameless = { .count = 0 }, named = { .count = 0 }, other = { .count = 0 };

	(void)state;
	refused(&nameless, 1, 0xaa, 0);
	over_ipv4(&nameless, 1, 0xaa, 30);
	over_ipv4(&nameless, 2, 0xaa, 9000);
	assert_int_equal(tries_of(&nameless, 0), 0);

	refused(&named, 1, 0xaa, 0);
	over_ipv4(&named, 1, 0xaa, 30);
	over_ipv4(&named, 2, 0xaa, 9000);
	over_ipv6(over_ipv4(&named, 3, 0xaa, 5000));	/* for the same name, at the address that refused */
	assert_int_equal(tries_of(&named, 0), 2);

	refused(&other, 1, 0xaa, 0);
	over_ipv4(&other, 1, 0xaa, 30);
	over_ipv6(over_ipv4(&other, 3, 0xaa, 5000));
	other.at[2].name = SHOP;
	assert_int_equal(tries_of(&other, 0), 0);
}

static void where_two_were_refused_or_two_came_nobody_is_told_apart(void **state)
{
	struct run refusals = { .count = 0 }, comers = { .count = 0 }, sites = { .count = 0 };

	(void)state;
	refused(&refusals, 1, 0xaa, 0);
	refused(&refusals, 2, 0xaa, 10);
	over_ipv4(&refusals, 1, 0xaa, 30);
	assert_int_equal(tries_of(&refusals, 0), 0);

	refused(&comers, 1, 0, 0);
	over_ipv4(&comers, 1, 0, 30);
	over_ipv4(&comers, 2, 0, 40);
	assert_int_equal(tries_of(&comers, 0), 0);

	refused(&sites, 1, 0xaa, 0);
	over_ipv4(&sites, 1, 0xaa, 30);
	over_ipv4(&sites, 1, 0xaa, 35)->server.ip[3] = 7;	/* a page with many sources */
	assert_int_equal(tries_of(&sites, 0), 0);
}

static void who_comes_late_or_to_another_port_was_not_refused_before(void **state)
{
	struct run late = { .count = 0 }, port = { .count = 0 };

	(void)state;
	refused(&late, 1, 0xaa, 0);
	over_ipv4(&late, 1, 0xaa, 900);
	assert_int_equal(tries_of(&late, 0), 0);
	refused(&port, 1, 0xaa, 0);
	over_ipv4(&port, 1, 0xaa, 30)->server.port = 993;
	assert_int_equal(tries_of(&port, 0), 0);
}

/* ---- probes ---- */

static void idle_handshakes_at_equal_pauses_are_health_checks(void **state)
{
	struct run r = { .count = 0 };

	(void)state;
	for (int i = 0; i < 5; i++)
		tries(&r, 1, i * 5 * SECOND + i % 2 * 100, OUTCOME_COMPLETED)->data = false;
	probes(&r);
	assert_int_equal(probe_count(&r), 5);
}

static void uneven_or_used_or_failing_ones_are_no_health_checks(void **state)
{
	struct run uneven = { .count = 0 }, used = { .count = 0 }, failing = { .count = 0 };

	(void)state;
	for (int i = 0; i < 5; i++) {
		tries(&uneven, 1, i * i * 5 * SECOND, OUTCOME_COMPLETED)->data = false;
		tries(&used, 1, i * 5 * SECOND, OUTCOME_COMPLETED);
		tries(&failing, 1, i * 5 * SECOND, OUTCOME_FAILED);
	}
	probes(&uneven);
	probes(&used);
	probes(&failing);
	assert_int_equal(probe_count(&uneven) + probe_count(&used) + probe_count(&failing), 0);
}

static void an_idle_connection_beside_a_used_one_was_kept_in_store(void **state)
{
	struct run r = { .count = 0 };

	(void)state;
	tries(&r, 1, 0, OUTCOME_COMPLETED);
	tries(&r, 1, 50, OUTCOME_COMPLETED)->data = false;
	tries(&r, 2, 50, OUTCOME_COMPLETED)->data = false;	/* another client's, alone */
	probes(&r);
	assert_false(r.at[0].probe);
	assert_true(r.at[1].probe);
	assert_false(r.at[2].probe);
}

static void many_different_hellos_to_one_server_are_a_scan(void **state)
{
	struct run scan = { .count = 0 }, user = { .count = 0 };

	(void)state;
	for (int i = 0; i < 16; i++) {
		tries(&scan, 1, i * 100, i % 2 ? OUTCOME_FAILED : OUTCOME_COMPLETED)->fingerprint = (uint64_t)i + 1;
		scan.at[i].data = false;
		tries(&user, 1, i * 100, OUTCOME_FAILED);	/* one hello, again and again */
	}
	probes(&scan);
	probes(&user);
	assert_int_equal(probe_count(&scan), 16);
	assert_int_equal(probe_count(&user), 0);
}

static void many_servers_are_a_scan_unless_all_of_them_fail(void **state)
{
	struct run scan = { .count = 0 }, cut_off = { .count = 0 };

	(void)state;
	for (uint8_t i = 0; i < 16; i++) {
		struct trace *t = tries(&scan, 1, i * 100, OUTCOME_COMPLETED);

		t->data = false;
		t->server.ip[3] = i;
		tries(&cut_off, 1, i * 100, OUTCOME_FAILED)->server.ip[3] = i;
	}
	probes(&scan);
	probes(&cut_off);
	assert_int_equal(probe_count(&scan), 16);
	assert_int_equal(probe_count(&cut_off), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(retries_until_one_works_are_one_incident),
		cmocka_unit_test(what_comes_after_success_is_another_matter),
		cmocka_unit_test(connections_opened_at_once_for_one_page_are_one_incident),
		cmocka_unit_test(other_clients_names_and_hours_are_not_retries),
		cmocka_unit_test(successes_alone_are_no_incident),
		cmocka_unit_test(a_refused_connection_without_a_name_is_tried_again_by_address),
		cmocka_unit_test(ech_and_then_none_is_one_incident_whatever_the_outer_name),
		cmocka_unit_test(ipv6_and_then_ipv4_is_one_incident),
		cmocka_unit_test(ipv4_of_somebody_else_is_not_the_other_half_of_ipv6),
		cmocka_unit_test(what_was_never_answered_was_given_up_when_the_next_begins),
		cmocka_unit_test(a_refusal_over_ipv6_and_ipv4_of_the_same_machine_is_one_incident),
		cmocka_unit_test(every_address_that_refused_belongs_to_it),
		cmocka_unit_test(behind_one_router_only_the_servers_name_tells),
		cmocka_unit_test(where_two_were_refused_or_two_came_nobody_is_told_apart),
		cmocka_unit_test(who_comes_late_or_to_another_port_was_not_refused_before),
		cmocka_unit_test(idle_handshakes_at_equal_pauses_are_health_checks),
		cmocka_unit_test(uneven_or_used_or_failing_ones_are_no_health_checks),
		cmocka_unit_test(an_idle_connection_beside_a_used_one_was_kept_in_store),
		cmocka_unit_test(many_different_hellos_to_one_server_are_a_scan),
		cmocka_unit_test(many_servers_are_a_scan_unless_all_of_them_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
