/* Who ended it, with what, and whether it had worked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support_story.h"

enum { DECODE_ERROR = 50, HANDSHAKE_FAILURE = 40, CLOSE_NOTIFY = 0, USER_CANCELED = 90, UNKNOWN_CA = 48,
       UNRECOGNIZED_NAME = 112, PROTOCOL_VERSION = 70 };

static void assert_end(struct story *s, enum phase phase, enum ending_how how, enum side by, enum outcome outcome)
{
	conclude_story(s);
	assert_int_equal(s->ending.phase, phase);
	assert_int_equal(s->ending.how, how);
	if (how != ENDED_NOT && how != ENDED_BY_SILENCE && how != ENDED_BY_ICMP)
		assert_int_equal(s->ending.by, by);
	assert_int_equal(s->ending.outcome, outcome);
	forget(s);
}

/* ---- echoes ---- */

static void a_decode_error_behind_the_peers_fin_is_an_echo(void **state)
{
	struct story s = begin();

	(void)state;
	up_to_server_flight12(&s, "good");
	fin(&s, SIDE_CLIENT);
	fatal(&s, SIDE_SERVER, DECODE_ERROR);
	assert_end(&s, PHASE_CLIENT_TURN, ENDED_BY_FIN, SIDE_CLIENT, OUTCOME_FAILED);
}

static void a_decode_error_before_any_fin_is_the_cause(void **state)
{
	struct story s = begin();

	(void)state;
	up_to_server_flight12(&s, "good");
	fatal(&s, SIDE_SERVER, DECODE_ERROR);
	fin(&s, SIDE_CLIENT);
	assert_end(&s, PHASE_CLIENT_TURN, ENDED_BY_ALERT, SIDE_SERVER, OUTCOME_FAILED);
}

static void an_alert_of_its_own_meaning_behind_a_fin_is_no_echo(void **state)
{
	struct story s = begin();

	(void)state;
	says_hello(&s, hello12());
	fin(&s, SIDE_CLIENT);	/* half-closed, and the server still answers */
	fatal(&s, SIDE_SERVER, PROTOCOL_VERSION);
	assert_end(&s, PHASE_HELLO, ENDED_BY_ALERT, SIDE_SERVER, OUTCOME_FAILED);
}

static void the_second_of_two_fatal_alerts_answers_the_first(void **state)
{
	struct story s = begin();

	(void)state;
	up_to_server_flight12(&s, "good");
	fatal(&s, SIDE_CLIENT, UNKNOWN_CA);
	fatal(&s, SIDE_SERVER, HANDSHAKE_FAILURE);
	assert_end(&s, PHASE_CLIENT_TURN, ENDED_BY_ALERT, SIDE_CLIENT, OUTCOME_FAILED);
}

static void an_alert_then_a_reset_by_the_same_side_is_that_alert(void **state)
{
	struct story s = begin();

	(void)state;
	says_hello(&s, hello12());
	fatal(&s, SIDE_SERVER, HANDSHAKE_FAILURE);
	rst(&s, SIDE_SERVER);
	assert_end(&s, PHASE_HELLO, ENDED_BY_ALERT, SIDE_SERVER, OUTCOME_FAILED);
}

static void a_fin_before_the_same_sides_alert_is_only_the_kernels_order(void **state)
{
	struct story s = begin();

	(void)state;
	up_to_server_flight12(&s, "good");
	fin(&s, SIDE_CLIENT);
	fatal(&s, SIDE_CLIENT, UNKNOWN_CA);
	assert_end(&s, PHASE_CLIENT_TURN, ENDED_BY_ALERT, SIDE_CLIENT, OUTCOME_FAILED);
}

static void a_hidden_alert_of_the_server_behind_the_clients_fin_is_an_echo(void **state)
{
	struct story s = begin();

	(void)state;
	says_hello(&s, hello13());
	hears_hello(&s, answer(0x0304, 0x1301));
	hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 1200);
	fin(&s, SIDE_CLIENT);
	hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 19);
	assert_end(&s, PHASE_CLIENT_TURN, ENDED_BY_FIN, SIDE_CLIENT, OUTCOME_FAILED);
}

/* ---- leaving ---- */

static void close_notify_in_mid_handshake_is_leaving(void **state)
{
	struct story s = begin();

	(void)state;
	up_to_server_flight12(&s, "good");
	warning(&s, SIDE_CLIENT, CLOSE_NOTIFY);
	fin(&s, SIDE_CLIENT);
	assert_end(&s, PHASE_CLIENT_TURN, ENDED_BY_CLOSE_NOTIFY, SIDE_CLIENT, OUTCOME_FAILED);
}

static void user_canceled_with_close_notify_is_leaving(void **state)
{
	struct story s = begin();

	(void)state;
	up_to_server_flight12(&s, "good");
	warning(&s, SIDE_CLIENT, USER_CANCELED);
	warning(&s, SIDE_CLIENT, CLOSE_NOTIFY);
	conclude_story(&s);
	assert_int_equal(s.ending.how, ENDED_BY_CLOSE_NOTIFY);
	assert_int_equal(s.ending.alert->code, USER_CANCELED);
	forget(&s);
}

static void a_warning_ends_nothing(void **state)
{
	struct story s = begin();

	(void)state;
	says_hello(&s, hello12());
	warning(&s, SIDE_SERVER, UNRECOGNIZED_NAME);
	hears_hello(&s, answer(0x0303, 0xc02f));
	fin(&s, SIDE_CLIENT);
	assert_end(&s, PHASE_SERVER_FLIGHT, ENDED_BY_FIN, SIDE_CLIENT, OUTCOME_FAILED);
}

/* RFC 8446 6: "all the alerts listed in Section 6.2 MUST be sent with AlertLevel=fatal" and are so
 * treated whatever their level. */
static void in_tls13_an_error_alert_is_fatal_whatever_its_level(void **state)
{
	struct story s = begin();

	(void)state;
	says_hello(&s, hello13());
	hears_hello(&s, answer(0x0304, 0x1301));
	warning(&s, SIDE_CLIENT, UNKNOWN_CA);
	assert_end(&s, PHASE_SERVER_FLIGHT, ENDED_BY_ALERT, SIDE_CLIENT, OUTCOME_FAILED);
}

static void a_hidden_alert_in_place_of_finished_is_a_refusal(void **state)
{
	struct story s = begin();

	(void)state;
	up_to_server_flight13(&s);
	change_cipher(&s, SIDE_CLIENT);
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 19);
	fin(&s, SIDE_CLIENT);
	assert_end(&s, PHASE_CLIENT_TURN, ENDED_BY_HIDDEN_ALERT, SIDE_CLIENT, OUTCOME_FAILED);
}

/* ---- success ---- */

static void a_whole_handshake_with_data_has_worked(void **state)
{
	struct story s = begin();

	(void)state;
	completes13(&s);
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 19);
	fin(&s, SIDE_CLIENT);
	assert_end(&s, PHASE_DONE, ENDED_BY_HIDDEN_ALERT, SIDE_CLIENT, OUTCOME_COMPLETED);
	s = begin();
	completes12(&s, "good");
	rst(&s, SIDE_CLIENT);
	assert_end(&s, PHASE_DONE, ENDED_BY_RST, SIDE_CLIENT, OUTCOME_COMPLETED);
}

static void leaving_without_a_byte_of_data_is_worth_a_second_look(void **state)
{
	struct story s = begin();

	(void)state;
	up_to_server_flight13(&s);
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 53);
	fin(&s, SIDE_CLIENT);
	conclude_story(&s);
	assert_int_equal(s.ending.outcome, OUTCOME_COMPLETED);
	assert_true(s.ending.left_without_data);
	forget(&s);
}

/* Captured near the server, a client that leaves at once leaves a round trip after the last Finished. */
static void the_way_to_the_client_and_back_is_no_hesitation(void **state)
{
	struct story far = begin(), slow = begin();
	const int64_t second = 1000000000;

	(void)state;
	pass(&far, 0.65);
	completes12(&far, "good");
	pass(&far, 0.65);
	fin(&far, SIDE_CLIENT);
	conclude_story(&far);
	assert_true(far.ending.waited > second / 2);
	assert_true(far.ending.took_to_leave < second / 10);
	forget(&far);
	completes12(&slow, "good");
	pass(&slow, 0.65);
	fin(&slow, SIDE_CLIENT);
	conclude_story(&slow);
	assert_true(slow.ending.took_to_leave > second / 2);
	forget(&slow);
}

/* The alert that ends a connection is not what its sender was last heard with before. */
static void a_wait_begins_with_the_last_word_before_the_end(void **state)
{
	struct story s = begin();

	(void)state;
	pass(&s, 2);
	completes12(&s, "good");
	hidden(&s, SIDE_CLIENT, CONTENT_ALERT, 26);
	hidden(&s, SIDE_SERVER, CONTENT_ALERT, 26);
	conclude_story(&s);
	assert_true(s.ending.waited < 1000000000);
	forget(&s);
}

/* The client has no certificate to show. */
static void shows_an_empty_list(struct story *s)
{
	up_to_server_flight13(s);
	hidden(s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 25);
	hidden(s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 53);
}

/* RFC 8446 4.4.2.4: the server judges the client's certificate when the client believes it is done. */
static void an_alert_behind_an_empty_client_certificate_is_a_late_refusal(void **state)
{
	struct story s = begin();

	(void)state;
	shows_an_empty_list(&s);
	hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 19);
	fin(&s, SIDE_SERVER);
	conclude_story(&s);
	assert_true(s.ending.rejected_late);
	assert_int_equal(s.ending.outcome, OUTCOME_FAILED);
	forget(&s);
}

/* A client at peace that says goodbye is answered with another: the FIN behind it may not be captured. */
static void the_answer_to_a_late_goodbye_is_no_refusal(void **state)
{
	struct story s = begin();

	(void)state;
	shows_an_empty_list(&s);
	pass(&s, 0.35);
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 19);
	hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 19);
	fin(&s, SIDE_SERVER);
	conclude_story(&s);
	assert_false(s.ending.rejected_late);
	assert_int_equal(s.ending.outcome, OUTCOME_COMPLETED);
	forget(&s);
}

static void shows_a_certificate(struct story *s)
{
	up_to_server_flight13(s);
	hidden(s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 1015);
	hidden(s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 97);
	hidden(s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 53);
}

/* Node.js and Bun; a ticket before it, or a pause, and the server had no quarrel with it. */
static void a_server_that_leaves_at_once_behind_a_client_certificate_refused_it(void **state)
{
	struct story s = begin(), ticket = begin(), later = begin();

	(void)state;
	shows_a_certificate(&s);
	fin(&s, SIDE_SERVER);
	conclude_story(&s);
	assert_true(s.ending.rejected_late);
	forget(&s);
	shows_a_certificate(&ticket);
	hidden(&ticket, SIDE_SERVER, CONTENT_APPLICATION_DATA, 250);
	fin(&ticket, SIDE_SERVER);
	conclude_story(&ticket);
	assert_false(ticket.ending.rejected_late);
	forget(&ticket);
	shows_a_certificate(&later);
	pass(&later, 5);
	fin(&later, SIDE_SERVER);
	conclude_story(&later);
	assert_false(later.ending.rejected_late);
	forget(&later);
}

static void a_servers_goodbye_to_a_client_without_certificate_is_no_refusal(void **state)
{
	struct story s = begin();

	(void)state;
	up_to_server_flight13(&s);
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 53);
	pass(&s, 5);	/* an idle connection is closed */
	hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 19);
	fin(&s, SIDE_SERVER);
	conclude_story(&s);
	assert_false(s.ending.rejected_late);
	assert_int_equal(s.ending.outcome, OUTCOME_COMPLETED);
	forget(&s);
}

/* A fatal alert is answered by nothing (RFC 8446 6.2): of a client on OpenSSL, which keeps to that. */
static void a_servers_goodbye_that_is_answered_is_no_refusal(void **state)
{
	struct story s = begin(), refused = begin();

	(void)state;
	shows_an_empty_list(&s);
	hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 19);
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 19);
	fin(&s, SIDE_CLIENT);
	fin(&s, SIDE_SERVER);
	conclude_story(&s);
	assert_false(s.ending.rejected_late);
	forget(&s);
	shows_an_empty_list(&refused);
	hidden(&refused, SIDE_SERVER, CONTENT_APPLICATION_DATA, 19);
	fin(&refused, SIDE_SERVER);
	hidden(&refused, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 19);
	fin(&refused, SIDE_CLIENT);
	conclude_story(&refused);
	assert_true(refused.ending.rejected_late);
	forget(&refused);
}

static void an_alert_at_once_behind_finished_is_a_verdict_on_it(void **state)
{
	struct story s = begin(), asked = begin();

	(void)state;
	up_to_server_flight13(&s);
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 53);
	hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 19);
	fin(&s, SIDE_SERVER);
	conclude_story(&s);
	assert_true(s.ending.rejected_late);
	forget(&s);
	up_to_server_flight13(&asked);	/* with a request before it, it may be an answer to that */
	hidden(&asked, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 53);
	hidden(&asked, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 200);
	hidden(&asked, SIDE_SERVER, CONTENT_APPLICATION_DATA, 19);
	fin(&asked, SIDE_SERVER);
	conclude_story(&asked);
	assert_false(asked.ending.rejected_late);
	forget(&asked);
}

static void a_goodbye_that_answers_a_goodbye_is_no_verdict(void **state)
{
	struct story s = begin();

	(void)state;
	up_to_server_flight13(&s);
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 53);
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 19);
	hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 19);
	fin(&s, SIDE_SERVER);
	fin(&s, SIDE_CLIENT);
	conclude_story(&s);
	assert_false(s.ending.rejected_late);
	assert_int_equal(s.ending.outcome, OUTCOME_COMPLETED);
	forget(&s);
}

/* libldap unbinds in clear when it dislikes the certificate; the server's alert only answers that. */
static void a_client_that_leaves_tls_behind_its_finished_has_refused(void **state)
{
	struct story s = begin(), later = begin();

	(void)state;
	up_to_server_flight13(&s);
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 53);
	leaves_tls(&s, SIDE_CLIENT);
	hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 19);
	fin(&s, SIDE_SERVER);
	conclude_story(&s);
	assert_int_equal(s.ending.how, ENDED_IN_CLEAR);
	assert_int_equal(s.ending.by, SIDE_CLIENT);
	assert_int_equal(s.ending.outcome, OUTCOME_FAILED);
	forget(&s);
	completes13(&later);	/* FTP's CCC: the session goes on in clear, by agreement */
	leaves_tls(&later, SIDE_CLIENT);
	fin(&later, SIDE_CLIENT);
	conclude_story(&later);
	assert_int_equal(later.ending.outcome, OUTCOME_COMPLETED);
	forget(&later);
}

/* The server accepts the Finished, so what came behind it in that segment was damaged on the way here. */
static void bytes_that_the_server_finishes_behind_were_not_in_clear(void **state)
{
	struct story s = begin();

	(void)state;
	up_to_server_flight12(&s, "good");
	client_finishes12(&s);
	leaves_tls(&s, SIDE_CLIENT);
	change_cipher(&s, SIDE_SERVER);
	hidden(&s, SIDE_SERVER, CONTENT_HANDSHAKE, 40);
	hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 500);
	fin(&s, SIDE_CLIENT);
	conclude_story(&s);
	assert_int_equal(s.ending.outcome, OUTCOME_COMPLETED);
	forget(&s);
}

/* ---- silence ---- */

static void a_capture_that_stops_at_once_proves_nothing(void **state)
{
	struct story s = begin();

	(void)state;
	says_hello(&s, hello12());
	s.silence = 5;
	assert_end(&s, PHASE_HELLO, ENDED_NOT, SIDE_CLIENT, OUTCOME_INCONCLUSIVE);
}

static void a_capture_that_goes_on_for_a_minute_proves_silence(void **state)
{
	struct story s = begin();

	(void)state;
	says_hello(&s, hello12());
	s.silence = 61;
	assert_end(&s, PHASE_HELLO, ENDED_BY_SILENCE, SIDE_CLIENT, OUTCOME_FAILED);
}

static void datagrams_that_nobody_answers_end_in_silence(void **state)
{
	struct story s = begin_datagrams('d');

	(void)state;
	says_hello(&s, hello12());
	pass(&s, 1);
	bytes_of(&s, SIDE_CLIENT, 200);
	pass(&s, 2);
	bytes_of(&s, SIDE_CLIENT, 200);
	s.silence = 100;
	conclude_story(&s);
	assert_int_equal(s.ending.how, ENDED_BY_SILENCE);
	assert_int_equal(s.ending.outcome, OUTCOME_FAILED);
	assert_true(s.ending.waited > INT64_C(3000000000));
	forget(&s);
}

static void waiting_is_counted_from_the_last_data_not_the_fin(void **state)
{
	struct story s = begin();

	(void)state;
	says_hello(&s, hello12());
	acknowledges(&s, SIDE_SERVER);
	pass(&s, 10);
	fin(&s, SIDE_CLIENT);
	conclude_story(&s);
	assert_true(s.ending.waited >= INT64_C(10000000000) && s.ending.waited < INT64_C(10100000000));
	forget(&s);
}

/* ---- phases ---- */

static void a_refused_connection_never_got_beyond_tcp(void **state)
{
	struct story s = begin();

	(void)state;
	s.flow.side[SIDE_SERVER] = (struct tcp_side){ .address = s.flow.side[SIDE_SERVER].address };
	rst(&s, SIDE_SERVER);
	assert_end(&s, PHASE_TCP, ENDED_BY_RST, SIDE_SERVER, OUTCOME_FAILED);
}

static void who_resets_where_an_ack_pointed_had_accepted(void **state)
{
	struct story s = begin();

	(void)state;
	s.flow.side[SIDE_SERVER] = (struct tcp_side){ .address = s.flow.side[SIDE_SERVER].address };
	rst(&s, SIDE_SERVER);
	s.flow.side[SIDE_SERVER].resets[0].answers_packet = true;	/* the SYN-ACK was not captured */
	assert_end(&s, PHASE_BEFORE_HELLO, ENDED_BY_RST, SIDE_SERVER, OUTCOME_FAILED);
}

static void a_retry_that_nobody_follows_is_the_last_word(void **state)
{
	struct server_hello *retry = answer(0x0304, 0x1301);
	struct story s = begin();

	(void)state;
	retry->is_retry = true;
	retry->group = 23;
	says_hello(&s, hello13());
	hears_hello(&s, retry);
	fin(&s, SIDE_CLIENT);
	assert_end(&s, PHASE_RETRY, ENDED_BY_FIN, SIDE_CLIENT, OUTCOME_FAILED);
}

static void a_flight_too_short_for_a_certificate_is_not_whole(void **state)
{
	struct story s = begin();

	(void)state;
	says_hello(&s, hello13());
	hears_hello(&s, answer(0x0304, 0x1301));
	hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 100);
	fin(&s, SIDE_CLIENT);
	assert_end(&s, PHASE_SERVER_FLIGHT, ENDED_BY_FIN, SIDE_CLIENT, OUTCOME_FAILED);
}

static void a_client_that_finished_before_tls13_waits_for_the_server(void **state)
{
	struct story s = begin();

	(void)state;
	up_to_server_flight12(&s, "good");
	client_finishes12(&s);
	fin(&s, SIDE_SERVER);
	assert_end(&s, PHASE_SERVER_TURN, ENDED_BY_FIN, SIDE_SERVER, OUTCOME_FAILED);
}

static void whoever_says_the_client_hello_is_the_client(void **state)
{
	struct story s = begin();
	struct tls_message m = { .type = HS_CLIENT_HELLO, .body.client_hello = hello12() };
	struct tls_event e = { .kind = TLS_MESSAGE, .from = SIDE_SERVER, .mark = { .frame = 3, .time = 3000 } };

	struct tls_event record = { .kind = TLS_RECORD, .from = SIDE_SERVER, .mark = e.mark,
		.record = { .type = CONTENT_HANDSHAKE, .length = 200 } };

	(void)state;
	e.message = m;
	handshake_note(s.h, &record);
	handshake_note(s.h, &e);
	assert_int_equal(s.h->record_count[SIDE_CLIENT], 1);
	assert_int_equal(s.h->records[SIDE_CLIENT][0].length, 200);
	conclude_story(&s);
	assert_true(s.h->turned);
	assert_int_equal(s.h->flow->side[SIDE_CLIENT].address.port, 443);
	forget(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_decode_error_behind_the_peers_fin_is_an_echo),
		cmocka_unit_test(a_decode_error_before_any_fin_is_the_cause),
		cmocka_unit_test(an_alert_of_its_own_meaning_behind_a_fin_is_no_echo),
		cmocka_unit_test(the_second_of_two_fatal_alerts_answers_the_first),
		cmocka_unit_test(an_alert_then_a_reset_by_the_same_side_is_that_alert),
		cmocka_unit_test(a_fin_before_the_same_sides_alert_is_only_the_kernels_order),
		cmocka_unit_test(a_hidden_alert_of_the_server_behind_the_clients_fin_is_an_echo),
		cmocka_unit_test(close_notify_in_mid_handshake_is_leaving),
		cmocka_unit_test(user_canceled_with_close_notify_is_leaving),
		cmocka_unit_test(a_warning_ends_nothing),
		cmocka_unit_test(in_tls13_an_error_alert_is_fatal_whatever_its_level),
		cmocka_unit_test(a_hidden_alert_in_place_of_finished_is_a_refusal),
		cmocka_unit_test(a_whole_handshake_with_data_has_worked),
		cmocka_unit_test(leaving_without_a_byte_of_data_is_worth_a_second_look),
		cmocka_unit_test(the_way_to_the_client_and_back_is_no_hesitation),
		cmocka_unit_test(a_wait_begins_with_the_last_word_before_the_end),
		cmocka_unit_test(an_alert_behind_an_empty_client_certificate_is_a_late_refusal),
		cmocka_unit_test(the_answer_to_a_late_goodbye_is_no_refusal),
		cmocka_unit_test(a_server_that_leaves_at_once_behind_a_client_certificate_refused_it),
		cmocka_unit_test(a_servers_goodbye_to_a_client_without_certificate_is_no_refusal),
		cmocka_unit_test(a_servers_goodbye_that_is_answered_is_no_refusal),
		cmocka_unit_test(an_alert_at_once_behind_finished_is_a_verdict_on_it),
		cmocka_unit_test(a_goodbye_that_answers_a_goodbye_is_no_verdict),
		cmocka_unit_test(a_client_that_leaves_tls_behind_its_finished_has_refused),
		cmocka_unit_test(bytes_that_the_server_finishes_behind_were_not_in_clear),
		cmocka_unit_test(a_capture_that_stops_at_once_proves_nothing),
		cmocka_unit_test(a_capture_that_goes_on_for_a_minute_proves_silence),
		cmocka_unit_test(datagrams_that_nobody_answers_end_in_silence),
		cmocka_unit_test(waiting_is_counted_from_the_last_data_not_the_fin),
		cmocka_unit_test(a_refused_connection_never_got_beyond_tcp),
		cmocka_unit_test(who_resets_where_an_ack_pointed_had_accepted),
		cmocka_unit_test(a_retry_that_nobody_follows_is_the_last_word),
		cmocka_unit_test(a_flight_too_short_for_a_certificate_is_not_whole),
		cmocka_unit_test(a_client_that_finished_before_tls13_waits_for_the_server),
		cmocka_unit_test(whoever_says_the_client_hello_is_the_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
