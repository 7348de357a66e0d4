/* DTLS and QUIC: who left, where nothing but packet headers can be read (RFC 9000, 9001, 9147). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support_story.h"

enum { HANDSHAKE = 2, DATA = 3, AES_128 = 0x1301 };
enum { ACK = 23, FINISHED = 62, CERTIFICATE_REQUIRED = 116 };

/* Up to a server's flight, which ends in data of its own as soon as it may. */
static struct story up_to_quic_flight(void)
{
	struct story s = begin_datagrams('q');

	says_hello(&s, hello13());
	hears_hello(&s, answer(0x0304, AES_128));
	packet(&s, SIDE_SERVER, HANDSHAKE, 1000);
	packet(&s, SIDE_SERVER, HANDSHAKE, 300);
	beside(&s, SIDE_SERVER, DATA, 60);
	return s;
}

static struct story both_finished(void)
{
	struct story s = up_to_quic_flight();

	packet(&s, SIDE_CLIENT, HANDSHAKE, FINISHED);
	beside(&s, SIDE_CLIENT, DATA, 120);
	return s;
}

static void server_closes(struct story *s)
{
	packet(s, SIDE_SERVER, HANDSHAKE, ACK);
	beside(s, SIDE_SERVER, DATA, ACK);
}

static void assert_end(struct story *s, enum ending_how how, enum side by, enum outcome outcome)
{
	conclude_story(s);
	assert_int_equal(s->ending.how, how);
	if (how != ENDED_NOT && how != ENDED_BY_SILENCE)
		assert_int_equal(s->ending.by, by);
	assert_int_equal(s->ending.outcome, outcome);
	forget(s);
}

/* ---- QUIC ---- */

static void a_client_that_sends_data_has_finished(void **state)
{
	struct story s = both_finished();

	(void)state;
	packet(&s, SIDE_SERVER, DATA, 200);
	assert_end(&s, ENDED_NOT, SIDE_CLIENT, OUTCOME_COMPLETED);
}

static void handshake_packets_too_small_for_finished_are_the_clients_close(void **state)
{
	struct story s = up_to_quic_flight();

	(void)state;
	packet(&s, SIDE_CLIENT, HANDSHAKE, ACK);
	packet(&s, SIDE_CLIENT, HANDSHAKE, ACK + 3);
	assert_end(&s, ENDED_BY_HIDDEN_ALERT, SIDE_CLIENT, OUTCOME_FAILED);
}

static void one_that_may_be_finished_proves_nothing_where_the_capture_stops(void **state)
{
	struct story s = up_to_quic_flight();

	(void)state;
	packet(&s, SIDE_CLIENT, HANDSHAKE, FINISHED);
	assert_end(&s, ENDED_NOT, SIDE_CLIENT, OUTCOME_INCONCLUSIVE);
}

static void one_that_may_be_finished_is_a_close_when_nothing_ever_follows(void **state)
{
	struct story s = up_to_quic_flight();

	(void)state;
	packet(&s, SIDE_CLIENT, HANDSHAKE, FINISHED);
	s.silence = 2;
	assert_end(&s, ENDED_BY_HIDDEN_ALERT, SIDE_CLIENT, OUTCOME_FAILED);
}

static void a_single_acknowledgement_proves_nothing(void **state)
{
	struct story s = up_to_quic_flight();

	(void)state;
	packet(&s, SIDE_CLIENT, HANDSHAKE, ACK);
	assert_end(&s, ENDED_NOT, SIDE_CLIENT, OUTCOME_INCONCLUSIVE);
}

static void a_server_that_repeats_its_handshake_packets_has_closed(void **state)
{
	struct story s = both_finished();

	(void)state;
	server_closes(&s);
	packet(&s, SIDE_CLIENT, DATA, 40);
	server_closes(&s);
	assert_end(&s, ENDED_BY_HIDDEN_ALERT, SIDE_SERVER, OUTCOME_FAILED);
}

static void the_same_bytes_again_are_a_close_too(void **state)
{
	struct story s = both_finished();

	(void)state;
	server_closes(&s);
	s.flow.side[SIDE_SERVER].duplicates = 2;
	assert_end(&s, ENDED_BY_HIDDEN_ALERT, SIDE_SERVER, OUTCOME_FAILED);
}

static void a_capture_of_every_packet_twice_is_no_close(void **state)
{
	struct story s = both_finished();

	(void)state;
	server_closes(&s);
	s.flow.side[SIDE_SERVER].duplicates = 4;
	s.flow.side[SIDE_CLIENT].duplicates = 3;
	assert_end(&s, ENDED_NOT, SIDE_SERVER, OUTCOME_COMPLETED);
}

static void the_same_bytes_again_show_through_a_capture_of_every_packet_twice(void **state)
{
	struct story s = both_finished();
	struct tcp_side *server = &s.flow.side[SIDE_SERVER], *client = &s.flow.side[SIDE_CLIENT];

	(void)state;
	server_closes(&s);
	client->duplicates = client->data_segments;
	server->duplicates = server->data_segments + 2 * 2;	/* twice more, each captured twice */
	assert_end(&s, ENDED_BY_HIDDEN_ALERT, SIDE_SERVER, OUTCOME_FAILED);
}

static void a_server_that_goes_on_with_data_has_not_closed(void **state)
{
	struct story s = both_finished();

	(void)state;
	server_closes(&s);	/* acknowledges the Finished */
	server_closes(&s);
	packet(&s, SIDE_SERVER, DATA, 300);
	assert_end(&s, ENDED_NOT, SIDE_SERVER, OUTCOME_COMPLETED);
}

static void an_alert_of_the_server_refuses_although_it_had_sent_data(void **state)
{
	struct story s = both_finished();

	(void)state;
	fatal(&s, SIDE_SERVER, CERTIFICATE_REQUIRED);
	assert_end(&s, ENDED_BY_ALERT, SIDE_SERVER, OUTCOME_FAILED);
}

static void a_close_behind_a_retry_is_what_counts(void **state)
{
	struct story s = begin_datagrams('q');

	(void)state;
	says_hello(&s, hello13());
	quic_word(&s, SIDE_SERVER, (struct tls_quic){ .kind = QUIC_RETRY, .version = 1 });
	quic_word(&s, SIDE_SERVER, (struct tls_quic){ .kind = QUIC_CLOSE, .version = 1, .error = 0x0b });
	assert_end(&s, ENDED_BY_QUIC_CLOSE, SIDE_SERVER, OUTCOME_FAILED);
}

static void a_close_without_error_ends_what_had_worked(void **state)
{
	struct story s = both_finished();

	(void)state;
	packet(&s, SIDE_SERVER, DATA, 300);
	quic_word(&s, SIDE_CLIENT, (struct tls_quic){ .kind = QUIC_CLOSE, .version = 1, .application = true });
	assert_end(&s, ENDED_BY_QUIC_CLOSE, SIDE_CLIENT, OUTCOME_COMPLETED);
}

/* ---- DTLS ---- */

static void a_dtls13_record_of_an_alerts_length_is_a_refusal(void **state)
{
	struct story s = begin_datagrams('d');

	(void)state;
	says_hello(&s, hello13());
	hears_hello(&s, answer(0xfefc, AES_128));
	packet(&s, SIDE_SERVER, HANDSHAKE, 1200);
	packet(&s, SIDE_CLIENT, HANDSHAKE, 19);
	assert_end(&s, ENDED_BY_HIDDEN_ALERT, SIDE_CLIENT, OUTCOME_FAILED);
}

static void a_dtls13_acknowledgement_is_no_refusal(void **state)
{
	struct story s = begin_datagrams('d');

	(void)state;
	says_hello(&s, hello13());
	hears_hello(&s, answer(0xfefc, AES_128));
	packet(&s, SIDE_SERVER, HANDSHAKE, 1200);
	packet(&s, SIDE_CLIENT, HANDSHAKE, 2 + 16 + 1 + 16);
	assert_end(&s, ENDED_NOT, SIDE_CLIENT, OUTCOME_INCONCLUSIVE);
}

static void a_flight_repeated_to_nobody_is_silence(void **state)
{
	struct story s = begin_datagrams('d');

	(void)state;
	up_to_server_flight12(&s, "good");
	message(&s, SIDE_CLIENT, HS_CLIENT_KEY_EXCHANGE);
	pass(&s, 1);
	bytes_of(&s, SIDE_CLIENT, 120);
	pass(&s, 2);
	bytes_of(&s, SIDE_CLIENT, 120);
	assert_end(&s, ENDED_BY_SILENCE, SIDE_SERVER, OUTCOME_FAILED);
}

static void a_flight_repeated_once_is_not_yet_silence(void **state)
{
	struct story s = begin_datagrams('d');

	(void)state;
	up_to_server_flight12(&s, "good");
	message(&s, SIDE_CLIENT, HS_CLIENT_KEY_EXCHANGE);
	pass(&s, 1);
	bytes_of(&s, SIDE_CLIENT, 120);
	assert_end(&s, ENDED_NOT, SIDE_SERVER, OUTCOME_INCONCLUSIVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_that_sends_data_has_finished),
		cmocka_unit_test(handshake_packets_too_small_for_finished_are_the_clients_close),
		cmocka_unit_test(one_that_may_be_finished_proves_nothing_where_the_capture_stops),
		cmocka_unit_test(one_that_may_be_finished_is_a_close_when_nothing_ever_follows),
		cmocka_unit_test(a_single_acknowledgement_proves_nothing),
		cmocka_unit_test(a_server_that_repeats_its_handshake_packets_has_closed),
		cmocka_unit_test(the_same_bytes_again_are_a_close_too),
		cmocka_unit_test(a_capture_of_every_packet_twice_is_no_close),
		cmocka_unit_test(the_same_bytes_again_show_through_a_capture_of_every_packet_twice),
		cmocka_unit_test(a_server_that_goes_on_with_data_has_not_closed),
		cmocka_unit_test(an_alert_of_the_server_refuses_although_it_had_sent_data),
		cmocka_unit_test(a_close_behind_a_retry_is_what_counts),
		cmocka_unit_test(a_close_without_error_ends_what_had_worked),
		cmocka_unit_test(a_dtls13_record_of_an_alerts_length_is_a_refusal),
		cmocka_unit_test(a_dtls13_acknowledgement_is_no_refusal),
		cmocka_unit_test(a_flight_repeated_to_nobody_is_silence),
		cmocka_unit_test(a_flight_repeated_once_is_not_yet_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
