/* What the lengths and places of hidden records say (RFC 8446 5.2, RFC 5246 6.2.3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support_story.h"

enum { DATA = CONTENT_APPLICATION_DATA, CHACHA20 = 0x1303, AES_256 = 0x1302, AES_128 = 0x1301, CCM_8 = 0x1305 };

/* A server's flight under this suite, then these records of the client's. */
static struct story client_sends(struct client_hello *hello, uint16_t suite, const uint32_t *lengths, size_t count)
{
	struct story s = begin();

	says_hello(&s, hello);
	hears_hello(&s, answer(0x0304, suite));
	hidden(&s, SIDE_SERVER, DATA, 1200);
	for (size_t i = 0; i < count; i++)
		hidden(&s, SIDE_CLIENT, DATA, lengths[i]);
	conclude_story(&s);
	return s;
}

static void assert_flight(uint16_t suite, enum client_flight expected, const uint32_t *lengths, size_t count)
{
	struct story s = client_sends(hello13(), suite, lengths, count);

	assert_int_equal(infer_client_flight(s.h), expected);
	forget(&s);
}

#define FLIGHT(suite, expected, ...) assert_flight(suite, expected, (const uint32_t[]){ __VA_ARGS__ }, \
	sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

static void two_bytes_a_type_and_a_tag_are_an_alert(void **state)
{
	(void)state;
	FLIGHT(AES_128, FLIGHT_ALERT, 19);
	FLIGHT(AES_256, FLIGHT_ALERT, 19);
	FLIGHT(CHACHA20, FLIGHT_ALERT, 19);
	FLIGHT(CCM_8, FLIGHT_ALERT, 11);
	FLIGHT(AES_128, FLIGHT_ALERT, 35);	/* JSSE pads by 16 */
	FLIGHT(AES_128, FLIGHT_OTHER, 11);	/* the length of an alert, of another suite */
	FLIGHT(CCM_8, FLIGHT_OTHER, 19);
	FLIGHT(AES_128, FLIGHT_OTHER, 18);
	FLIGHT(AES_128, FLIGHT_OTHER, 20);
}

static void a_hash_with_its_header_is_finished(void **state)
{
	(void)state;
	FLIGHT(AES_128, FLIGHT_FINISHED, 53);
	FLIGHT(CHACHA20, FLIGHT_FINISHED, 53, 19);
	FLIGHT(AES_256, FLIGHT_FINISHED, 69);
	FLIGHT(AES_128, FLIGHT_FINISHED, 69);	/* JSSE's padding */
	FLIGHT(AES_256, FLIGHT_FINISHED, 85);
	FLIGHT(CCM_8, FLIGHT_FINISHED, 45);
	FLIGHT(AES_256, FLIGHT_OTHER, 53);	/* SHA-256's length under a SHA-384 suite */
	FLIGHT(AES_128, FLIGHT_OTHER, 85);
}

static void an_empty_certificate_goes_before_finished_or_with_it(void **state)
{
	(void)state;
	FLIGHT(AES_128, FLIGHT_EMPTY_CERTIFICATE, 25, 53);
	FLIGHT(AES_256, FLIGHT_EMPTY_CERTIFICATE, 25, 69);
	FLIGHT(AES_128, FLIGHT_EMPTY_CERTIFICATE, 41, 69);	/* JSSE */
	FLIGHT(AES_128, FLIGHT_EMPTY_CERTIFICATE, 61);		/* NSS puts both into one record */
	FLIGHT(AES_256, FLIGHT_EMPTY_CERTIFICATE, 77);
	FLIGHT(AES_128, FLIGHT_OTHER, 25);
	FLIGHT(AES_128, FLIGHT_OTHER, 25, 100);
}

static void a_certificate_is_long(void **state)
{
	(void)state;
	FLIGHT(AES_128, FLIGHT_CERTIFICATE, 900, 281, 53);
	FLIGHT(AES_256, FLIGHT_CERTIFICATE, 1400);
	FLIGHT(AES_128, FLIGHT_OTHER, 199);
}

static void chromium_answers_alps_in_the_record_of_finished(void **state)
{
	const uint32_t with_alps[] = { 53 + 20 };
	const uint32_t with_empty_certificate[] = { 61 };
	struct client_hello *hello = hello13();
	struct story s;

	(void)state;
	hello->extensions = CODES(0, 43, 51, 17613);
	s = client_sends(hello, AES_128, with_alps, 1);
	assert_int_equal(infer_client_flight(s.h), FLIGHT_FINISHED);
	forget(&s);

	hello = hello13();
	hello->extensions = CODES(0, 43, 51, 17613);
	s = client_sends(hello, AES_128, with_empty_certificate, 1);
	assert_int_equal(infer_client_flight(s.h), FLIGHT_EMPTY_CERTIFICATE);
	forget(&s);

	FLIGHT(AES_128, FLIGHT_OTHER, 53 + 20);	/* without ALPS in the hello */
}

static void end_of_early_data_is_no_part_of_the_flight(void **state)
{
	const uint32_t lengths[] = { 21, 53 };
	struct client_hello *hello = hello13();
	struct story s;

	(void)state;
	hello->early_data = true;
	s = client_sends(hello, AES_128, lengths, 2);
	assert_int_equal(infer_client_flight(s.h), FLIGHT_FINISHED);
	forget(&s);
	FLIGHT(AES_128, FLIGHT_OTHER, 21, 53);	/* nobody announced early data */
}

static void early_data_before_the_server_hello_is_not_the_flight(void **state)
{
	struct client_hello *hello = hello13();
	struct story s = begin();

	(void)state;
	hello->early_data = true;
	says_hello(&s, hello);
	hidden(&s, SIDE_CLIENT, DATA, 300);
	hears_hello(&s, answer(0x0304, AES_128));
	hidden(&s, SIDE_SERVER, DATA, 200);
	hidden(&s, SIDE_CLIENT, DATA, 21);
	hidden(&s, SIDE_CLIENT, DATA, 53);
	conclude_story(&s);
	assert_int_equal(infer_client_flight(s.h), FLIGHT_FINISHED);
	assert_true(happened(s.h->finished[SIDE_CLIENT]));
	forget(&s);
}

static void a_coalesced_flight_is_whole_once_the_client_finished(void **state)
{
	const uint32_t lengths[] = { 53 };
	struct story s = client_sends(hello13(), AES_128, lengths, 1);

	(void)state;
	assert_true(happened(s.h->finished[SIDE_SERVER]));
	assert_int_equal(infer_server_flight_bytes(s.h), 1200);
	assert_int_equal(s.h->alert_count, 0);
	forget(&s);
}

static void a_flight_with_an_alert_in_its_place_leaves_nobody_finished(void **state)
{
	const uint32_t lengths[] = { 19 };
	struct story s = client_sends(hello13(), AES_128, lengths, 1);

	(void)state;
	assert_false(happened(s.h->finished[SIDE_CLIENT]));
	assert_int_equal(s.h->alert_count, 1);
	assert_true(s.h->alerts[0].hidden && s.h->alerts[0].inferred);
	assert_int_equal(s.h->alerts[0].from, SIDE_CLIENT);
	forget(&s);
}

static void what_follows_finished_is_data_or_an_alert(void **state)
{
	const uint32_t lengths[] = { 53, 120, 19 };
	struct story s = client_sends(hello13(), AES_128, lengths, 3);

	(void)state;
	assert_int_equal(s.h->data_records[SIDE_CLIENT], 1);
	assert_int_equal(s.h->alert_count, 1);
	forget(&s);
}

static void records_beyond_those_kept_are_data_but_for_a_last_alert(void **state)
{
	uint32_t lengths[RECORDS_KEPT + 6] = { 53 };
	struct story s;

	(void)state;
	for (size_t i = 1; i < RECORDS_KEPT + 5; i++)
		lengths[i] = 500;
	lengths[RECORDS_KEPT + 5] = 19;
	s = client_sends(hello13(), AES_128, lengths, RECORDS_KEPT + 6);
	assert_int_equal(s.h->data_records[SIDE_CLIENT], RECORDS_KEPT + 4);
	assert_int_equal(s.h->alert_count, 1);
	forget(&s);
}

static void a_server_that_stops_in_its_flight_alerts_there(void **state)
{
	struct story s = begin();

	(void)state;
	says_hello(&s, hello13());
	hears_hello(&s, answer(0x0304, AES_128));
	hidden(&s, SIDE_SERVER, DATA, 23);
	hidden(&s, SIDE_SERVER, DATA, 19);
	conclude_story(&s);
	assert_int_equal(s.h->alert_count, 1);
	assert_int_equal(s.h->alerts[0].from, SIDE_SERVER);
	assert_int_equal(infer_client_flight(s.h), FLIGHT_NONE);
	forget(&s);
}

static enum outcome with_padded_server(const uint32_t *behind, size_t count)
{
	static const uint32_t flight[] = { 80, 144, 1552, 144, 80 };
	struct story s = begin();
	enum outcome outcome;

	says_hello(&s, hello13());
	hears_hello(&s, answer(0x0304, 0x1302));
	for (size_t i = 0; i < 5; i++)
		hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, flight[i]);
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 25);	/* an empty certificate */
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 69);
	for (size_t i = 0; i < count; i++)
		hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, behind[i]);
	fin(&s, SIDE_SERVER);
	conclude_story(&s);
	outcome = s.ending.outcome;
	forget(&s);
	return outcome;
}

/* OpenSSL's record_padding: every length is a multiple of the block, and the tag. */
static void a_padded_alert_is_known_as_the_last_word(void **state)
{
	static const uint32_t alert[] = { 80 }, tickets[] = { 272, 272, 80 };

	(void)state;
	assert_int_equal(with_padded_server(alert, 1), OUTCOME_FAILED);
	assert_int_equal(with_padded_server(tickets, 3), OUTCOME_COMPLETED);
}

static void before_tls13_content_types_stay_readable(void **state)
{
	struct story s = begin();

	(void)state;
	up_to_server_flight12(&s, "good");
	client_finishes12(&s);
	hidden(&s, SIDE_SERVER, CONTENT_ALERT, 26);
	conclude_story(&s);
	assert_true(happened(s.h->finished[SIDE_CLIENT]));
	assert_false(happened(s.h->finished[SIDE_SERVER]));
	assert_int_equal(s.h->alert_count, 1);
	assert_true(s.h->alerts[0].hidden && !s.h->alerts[0].inferred);
	forget(&s);
}

static void a_hidden_record_before_change_cipher_spec_is_no_finished(void **state)
{
	struct story s = begin();

	(void)state;
	up_to_server_flight12(&s, "good");
	hidden(&s, SIDE_CLIENT, CONTENT_HANDSHAKE, 40);	/* its ChangeCipherSpec is not in the capture */
	conclude_story(&s);
	assert_false(happened(s.h->finished[SIDE_CLIENT]));
	forget(&s);
}

static void a_server_that_finished_a_full_handshake_had_the_clients_finished(void **state)
{
	struct story s = begin();

	(void)state;
	up_to_server_flight12(&s, "good");
	message(&s, SIDE_CLIENT, HS_CLIENT_KEY_EXCHANGE);	/* and then bytes that are no records */
	change_cipher(&s, SIDE_SERVER);
	hidden(&s, SIDE_SERVER, CONTENT_HANDSHAKE, 40);
	conclude_story(&s);
	assert_true(happened(s.h->finished[SIDE_CLIENT]));
	assert_int_equal(s.ending.phase, PHASE_DONE);
	forget(&s);
}

static void a_handshake_record_behind_both_finished_renegotiates(void **state)
{
	struct story s = begin();

	(void)state;
	completes12(&s, "good");
	hidden(&s, SIDE_CLIENT, CONTENT_HANDSHAKE, 250);
	conclude_story(&s);
	assert_true(s.h->renegotiating);
	forget(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_bytes_a_type_and_a_tag_are_an_alert),
		cmocka_unit_test(a_hash_with_its_header_is_finished),
		cmocka_unit_test(an_empty_certificate_goes_before_finished_or_with_it),
		cmocka_unit_test(a_certificate_is_long),
		cmocka_unit_test(chromium_answers_alps_in_the_record_of_finished),
		cmocka_unit_test(end_of_early_data_is_no_part_of_the_flight),
		cmocka_unit_test(early_data_before_the_server_hello_is_not_the_flight),
		cmocka_unit_test(a_coalesced_flight_is_whole_once_the_client_finished),
		cmocka_unit_test(a_flight_with_an_alert_in_its_place_leaves_nobody_finished),
		cmocka_unit_test(what_follows_finished_is_data_or_an_alert),
		cmocka_unit_test(records_beyond_those_kept_are_data_but_for_a_last_alert),
		cmocka_unit_test(a_server_that_stops_in_its_flight_alerts_there),
		cmocka_unit_test(a_padded_alert_is_known_as_the_last_word),
		cmocka_unit_test(before_tls13_content_types_stay_readable),
		cmocka_unit_test(a_hidden_record_before_change_cipher_spec_is_no_finished),
		cmocka_unit_test(a_server_that_finished_a_full_handshake_had_the_clients_finished),
		cmocka_unit_test(a_handshake_record_behind_both_finished_renegotiates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
