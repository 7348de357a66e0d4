#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "support_talk.h"

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* msg_type, length; legacy_version, random, no session id, one suite, null compression */
#define CLIENT_HELLO "01 000029" "0303" RANDOM "00" "0002 c02f" "01 00"
#define SERVER_HELLO_12 "02 000026" "0303" RANDOM "00" "c02f" "00"
/* with supported_versions 0x0304 */
#define SERVER_HELLO_13 "02 00002e" "0303" RANDOM "00" "1301" "00" "0006" "002b 0002 0304"
#define EMPTY_CERTIFICATE "0b 000003 000000"
#define SERVER_HELLO_DONE "0e 000000"
#define CLIENT_KEY_EXCHANGE "10 000003 02 aabb"

static void assert_events(struct talk *t, const char *expected)
{
	char *events = replay_in_every_way(t);

	assert_string_equal(events, expected);
	free(events);
	talk_free(t);
}

static void a_tls12_handshake_is_read_up_to_its_change_cipher_spec(void **state)
{
	struct talk t = { .count = 0 };

	(void)state;
	say_record(&t, SIDE_CLIENT, 22, CLIENT_HELLO);
	say_record(&t, SIDE_SERVER, 22, SERVER_HELLO_12 EMPTY_CERTIFICATE SERVER_HELLO_DONE);
	say_record(&t, SIDE_CLIENT, 22, CLIENT_KEY_EXCHANGE);
	say_record(&t, SIDE_CLIENT, 20, "01");
	say_noise(&t, SIDE_CLIENT, 22, 40);
	say_record(&t, SIDE_SERVER, 20, "01");
	say_noise(&t, SIDE_SERVER, 22, 40);
	say_noise(&t, SIDE_CLIENT, 23, 100);
	say_noise(&t, SIDE_SERVER, 21, 26);
	assert_events(&t, "C record 22 45\nC client_hello 41\n"
			  "S record 22 53\nS server_hello 38\nS certificate 3\nS server_hello_done 0\n"
			  "C record 22 7\nC client_key_exchange 3\n"
			  "C record 20 1\nC record 22 40 hidden\n"
			  "S record 20 1\nS record 22 40 hidden\n"
			  "C record 23 100 hidden\nS record 21 26 hidden\n");
}

static void in_tls13_type_23_hides_and_a_two_byte_alert_does_not(void **state)
{
	struct talk t = { .count = 0 };

	(void)state;
	say_record(&t, SIDE_CLIENT, 22, CLIENT_HELLO);
	say_record(&t, SIDE_SERVER, 22, SERVER_HELLO_13);
	say_record(&t, SIDE_SERVER, 20, "01");
	say_noise(&t, SIDE_SERVER, 23, 900);
	say_record(&t, SIDE_CLIENT, 20, "01");
	say_record(&t, SIDE_CLIENT, 21, "02 2a");	/* fatal, bad_certificate */
	assert_events(&t, "C record 22 45\nC client_hello 41\n"
			  "S record 22 50\nS server_hello 46\n"
			  "S record 20 1\nS record 23 900 hidden\n"
			  "C record 20 1\nC record 21 2\nC alert 2 42\n");
}

static void a_message_may_be_spread_over_one_byte_records(void **state)
{
	struct talk t = { .count = 0 };

	(void)state;
	say_record(&t, SIDE_CLIENT, 22, CLIENT_HELLO);
	say_record(&t, SIDE_SERVER, 22, "0e");
	say_record(&t, SIDE_SERVER, 22, "00");
	say_record(&t, SIDE_SERVER, 21, "01 70");	/* an alert may come between */
	say_record(&t, SIDE_SERVER, 22, "00");
	say_record(&t, SIDE_SERVER, 22, "00");
	assert_events(&t, "C record 22 45\nC client_hello 41\n"
			  "S record 22 1\nS record 22 1\nS record 21 2\nS alert 1 112\n"
			  "S record 22 1\nS record 22 1\nS server_hello_done 0\n");
}

static void a_message_may_end_where_the_next_begins(void **state)
{
	struct talk t = { .count = 0 };

	(void)state;
	say_record(&t, SIDE_CLIENT, 22, CLIENT_HELLO);
	say_record(&t, SIDE_SERVER, 22, SERVER_HELLO_12 "0b 0000");
	say_record(&t, SIDE_SERVER, 22, "03 000000 0e 00");
	say_record(&t, SIDE_SERVER, 22, "0000");
	assert_events(&t, "C record 22 45\nC client_hello 41\n"
			  "S record 22 45\nS server_hello 38\n"
			  "S record 22 6\nS certificate 3\nS record 22 2\nS server_hello_done 0\n");
}

static void an_alert_may_come_first(void **state)
{
	struct talk t = { .count = 0 };

	(void)state;
	say_record(&t, SIDE_CLIENT, 22, CLIENT_HELLO);
	say_record(&t, SIDE_SERVER, 21, "02 28");
	assert_events(&t, "C record 22 45\nC client_hello 41\nS record 21 2\nS alert 2 40\n");
}

static void an_sslv2_hello_is_a_client_hello(void **state)
{
	struct talk t = { .count = 0 };

	(void)state;
	/* length 43; msg_type, version, suites 6 bytes, no session id, challenge 28 */
	say(&t, SIDE_CLIENT, "802b" "01" "0301" "0006" "0000" "001c"
			     "010080" "000005"
			     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b");
	say_record(&t, SIDE_SERVER, 22, SERVER_HELLO_12);
	assert_events(&t, "C record 22 43\nC client_hello 43\nS record 22 42\nS server_hello 38\n");
}

static void a_server_that_answers_in_http_is_foreign(void **state)
{
	struct talk t = { .count = 0 };
	static const char answer[] = "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n";
	char expected[128];

	(void)state;
	say_record(&t, SIDE_CLIENT, 22, CLIENT_HELLO);
	say_bytes(&t, SIDE_SERVER, answer, sizeof answer - 1);
	hang_up(&t, SIDE_SERVER);
	snprintf(expected, sizeof expected,
		 "C record 22 45\nC client_hello 41\nS foreign %d instead of an answer\n",
		 FOREIGN_HTTP);
	assert_events(&t, expected);
}

static void say_text(struct talk *t, enum side from, const char *text)
{
	say_bytes(t, from, text, strlen(text));
}

static void tls_begins_behind_a_starttls_dialogue(void **state)
{
	struct talk t = { .count = 0 };
	char expected[256];

	(void)state;
	say_text(&t, SIDE_SERVER, "220 mail.example.com ESMTP\r\n");
	say_text(&t, SIDE_CLIENT, "EHLO client.example.com\r\n");
	say_text(&t, SIDE_SERVER, "250-mail.example.com\r\n250 STARTTLS\r\n");
	say_text(&t, SIDE_CLIENT, "STARTTLS\r\n");
	say_text(&t, SIDE_SERVER, "220 2.0.0 Ready to start TLS\r\n");
	say_record(&t, SIDE_CLIENT, 22, CLIENT_HELLO);
	say_record(&t, SIDE_SERVER, 22, SERVER_HELLO_12);
	snprintf(expected, sizeof expected,
		 "C upgrade %d\nS upgrade %d\nC upgrade %d\nS upgrade %d\n"
		 "C record 22 45\nC client_hello 41\nS record 22 42\nS server_hello 38\n",
		 UPGRADE_SEEN, UPGRADE_OFFERED, UPGRADE_ASKED, UPGRADE_ACCEPTED);
	assert_events(&t, expected);
}

/* MS-TDS 2.2.6.5: PRELOGIN each way, then the handshake inside packets of type 0x12. */
static void tls_inside_tds_packets_is_unwrapped(void **state)
{
	struct talk t = { .count = 0 };
	char *events;

	(void)state;
	say(&t, SIDE_CLIENT, "12 01 001a 0000 00 00" "00 000b 0006 01 0011 0001 ff 0c0010040000 01");
	say(&t, SIDE_SERVER, "04 01 001a 0000 01 00" "00 000b 0006 01 0011 0001 ff 0c0010040000 01");
	say(&t, SIDE_CLIENT, "12 01 003a 0000 00 00" "16 0301 002d" CLIENT_HELLO);
	say(&t, SIDE_SERVER, "12 00 0021 0000 00 00" "16 0303 002a 02 000026 0303" "000102030405060708"
			     "090a0b0c0d");
	say(&t, SIDE_SERVER, "12 01 001e 0000 01 00" "0e0f101112131415161718191a1b1c1d1e1f"
			     "00 c02f 00");
	events = replay_in_every_way(&t);
	assert_non_null(strstr(events, "C record 22 45\nC client_hello 41\n"
				       "S record 22 42\nS server_hello 38\n"));
	assert_null(strstr(events, "broken"));
	free(events);
	talk_free(&t);
}

static void a_server_that_repeats_the_hello_is_an_echo(void **state)
{
	struct talk t = { .count = 0 };
	char expected[256];

	(void)state;
	say_record(&t, SIDE_CLIENT, 22, CLIENT_HELLO);
	say_record(&t, SIDE_SERVER, 22, CLIENT_HELLO);
	snprintf(expected, sizeof expected,
		 "C record 22 45\nC client_hello 41\n"
		 "S record 22 45\nS foreign %d instead of an answer\nS client_hello 41\n",
		 FOREIGN_ECHO);
	assert_events(&t, expected);
}

static void a_gap_amid_protected_bytes_keeps_the_records_in_step(void **state)
{
	struct talk t = { .count = 0 };

	(void)state;
	say_record(&t, SIDE_CLIENT, 22, CLIENT_HELLO);
	say(&t, SIDE_SERVER, "17 0303 0064 aabbccdd");
	lose(&t, SIDE_SERVER, 96);
	say_record(&t, SIDE_SERVER, 21, "02 28");
	assert_events(&t, "C record 22 45\nC client_hello 41\n"
			  "S gap\nS record 23 100 hidden\nS record 21 2\nS alert 2 40\n");
}

static void after_a_gap_the_next_record_is_found(void **state)
{
	struct talk t = { .count = 0 };

	(void)state;
	say_record(&t, SIDE_CLIENT, 22, CLIENT_HELLO);
	say_record(&t, SIDE_SERVER, 22, SERVER_HELLO_12);
	lose(&t, SIDE_SERVER, 1000);
	say(&t, SIDE_SERVER, "ffeeddccbbaa99887766");	/* the end of what was lost */
	say_record(&t, SIDE_SERVER, 22, SERVER_HELLO_DONE);
	assert_events(&t, "C record 22 45\nC client_hello 41\nS record 22 42\nS server_hello 38\n"
			  "S gap\nS record 22 4\nS server_hello_done 0\n");
}

static void a_side_whose_beginning_is_lost_is_not_foreign(void **state)
{
	struct talk t = { .count = 0 };

	(void)state;
	say_record(&t, SIDE_CLIENT, 22, CLIENT_HELLO);
	lose(&t, SIDE_SERVER, 1448);
	say(&t, SIDE_SERVER, "ffeeddccbbaa99887766");
	say_record(&t, SIDE_SERVER, 22, SERVER_HELLO_DONE);
	assert_events(&t, "C record 22 45\nC client_hello 41\n"
			  "S gap\nS record 22 4\nS server_hello_done 0\n");
}

static void a_torn_message_is_given_up_but_its_record_is_not(void **state)
{
	struct talk t = { .count = 0 };

	(void)state;
	say_record(&t, SIDE_CLIENT, 22, CLIENT_HELLO);
	say_record(&t, SIDE_SERVER, 22, SERVER_HELLO_12);
	say(&t, SIDE_SERVER, "16 0303 0100 0b 0000fc 0000f9");
	lose(&t, SIDE_SERVER, 200);
	say(&t, SIDE_SERVER, "0101010101010101010101010101010101010101010101010101010101010101"
			     "01010101010101010101010101010101010101010101");
	lose(&t, SIDE_SERVER, 0);
	say_record(&t, SIDE_SERVER, 22, SERVER_HELLO_DONE);
	char *events = replay(&t, 0, 0, 0);

	assert_non_null(strstr(events, "S server_hello_done 0\n"));
	assert_null(strstr(events, "S certificate"));
	free(events);
	talk_free(&t);
}

static void a_bad_header_in_mid_stream_is_told_with_its_offset(void **state)
{
	struct talk t = { .count = 0 };

	(void)state;
	say_record(&t, SIDE_CLIENT, 22, CLIENT_HELLO);
	say(&t, SIDE_CLIENT, "4745542f20");
	say_record(&t, SIDE_CLIENT, 21, "02 32");
	assert_events(&t, "C record 22 45\nC client_hello 41\nC broken 0 at 50\n"
			  "C record 21 2\nC alert 2 50\n");
}

static void an_absurd_message_length_is_told_and_nothing_is_kept(void **state)
{
	struct talk t = { .count = 0 };

	(void)state;
	say_record(&t, SIDE_CLIENT, 22, CLIENT_HELLO);
	say_record(&t, SIDE_SERVER, 22, "0b ffffff 00000000");
	say_record(&t, SIDE_SERVER, 22, "0000");
	say_record(&t, SIDE_SERVER, 21, "02 32");
	assert_events(&t, "C record 22 45\nC client_hello 41\n"
			  "S record 22 8\nS broken 4 at 0\nS record 22 2\n"
			  "S record 21 2\nS alert 2 50\n");
}

static void behind_an_overlong_message_the_next_one_is_read(void **state)
{
	enum { TOO_LONG = 262145 };	/* MESSAGE_MAX and one */
	struct talk t = { .count = 0 };
	size_t passed = 16;

	(void)state;
	say_record(&t, SIDE_CLIENT, 22, CLIENT_HELLO);
	say_record(&t, SIDE_SERVER, 22, "0b 040001" "00000000000000000000000000000000");
	for (; TOO_LONG - passed > 16384; passed += 16384)
		say_noise(&t, SIDE_SERVER, 22, 16384);
	say_noise(&t, SIDE_SERVER, 22, TOO_LONG - passed);
	say_record(&t, SIDE_SERVER, 22, SERVER_HELLO_DONE);

	char *events = replay(&t, 0, 0, 0);

	assert_non_null(strstr(events, "S record 22 4\nS server_hello_done 0\n"));
	assert_non_null(strstr(events, "S broken 4 at 0\n"));
	free(events);
	talk_free(&t);
}

static void a_second_client_hello_is_read_though_the_server_is_not_seen(void **state)
{
	struct talk t = { .count = 0 };

	(void)state;
	say_record(&t, SIDE_CLIENT, 22, CLIENT_HELLO);
	say_record(&t, SIDE_CLIENT, 20, "01");
	say_record(&t, SIDE_CLIENT, 22, CLIENT_HELLO);
	say_noise(&t, SIDE_CLIENT, 22, 40);
	assert_events(&t, "C record 22 45\nC client_hello 41\nC record 20 1\n"
			  "C record 22 45\nC client_hello 41\nC record 22 40 hidden\n");
}

static void before_any_hello_a_long_alert_is_protected(void **state)
{
	struct talk t = { .count = 0 };

	(void)state;
	say_noise(&t, SIDE_SERVER, 21, 26);
	assert_events(&t, "S record 21 26 hidden\n");
}

static void empty_fragments_and_odd_alerts_are_told(void **state)
{
	struct talk t = { .count = 0 };

	(void)state;
	say_record(&t, SIDE_CLIENT, 22, CLIENT_HELLO);
	say_record(&t, SIDE_SERVER, 22, "");
	say_record(&t, SIDE_SERVER, 21, "02");
	assert_events(&t, "C record 22 45\nC client_hello 41\n"
			  "S record 22 0\nS broken 2 at 0\nS record 21 1\nS broken 5 at 5\n");
}

static void an_overlong_record_is_told_and_passed_over(void **state)
{
	struct talk t = { .count = 0 };

	(void)state;
	say_record(&t, SIDE_CLIENT, 22, CLIENT_HELLO);
	say_record(&t, SIDE_SERVER, 22, SERVER_HELLO_12);
	say_noise(&t, SIDE_SERVER, 23, 20000);
	say_record(&t, SIDE_SERVER, 21, "02 16");
	assert_events(&t, "C record 22 45\nC client_hello 41\nS record 22 42\nS server_hello 38\n"
			  "S broken 1 at 47\nS record 23 20000 hidden\n"
			  "S record 21 2\nS alert 2 22\n");
}

static void a_malformed_hello_is_told_with_where_it_broke(void **state)
{
	struct talk t = { .count = 0 };

	(void)state;
	/* cipher_suites promise 0x00ff bytes */
	say_record(&t, SIDE_CLIENT, 22, "01 000029" "0303" RANDOM "00" "00ff c02f" "01 00");
	assert_events(&t, "C record 22 45\nC client_hello 41 malformed\nC broken 3 at 37\n");
}

static void pending_bytes_are_counted(void **state)
{
	struct dissector *dissector = dissector_new(NULL, NULL);
	struct tls *tls = tls_new(dissector, TRANSPORT_TCP);
	static const uint8_t part[] = { 22, 3, 1, 2, 0, 1, 0, 1 };
	struct capture_event event = { .kind = FLOW_BYTES, .from = SIDE_CLIENT, .bytes = part,
				       .len = sizeof part };
	uint64_t have, want;

	(void)state;
	tls_feed(tls, &event);
	assert_null(tls_next(tls));
	tls_pending(tls, SIDE_CLIENT, &have, &want);
	assert_int_equal(have, 8);
	assert_int_equal(want, 517);
	tls_pending(tls, SIDE_SERVER, &have, &want);
	assert_int_equal(want, 0);
	tls_free(tls);
	dissector_free(dissector);
}

static void a_taken_message_outlives_its_event(void **state)
{
	struct talk t = { .count = 0 };
	struct dissector *dissector = dissector_new(NULL, NULL);
	struct tls *tls = tls_new(dissector, TRANSPORT_TCP);
	struct tls_event *hello;
	struct tls_message kept;

	(void)state;
	say_record(&t, SIDE_CLIENT, 22, CLIENT_HELLO);

	struct capture_event event = { .kind = FLOW_BYTES, .from = SIDE_CLIENT,
				       .bytes = t.turns[0].bytes, .len = t.turns[0].len };

	tls_feed(tls, &event);
	assert_non_null(tls_next(tls));
	hello = tls_next(tls);
	assert_non_null(hello);
	kept = hello->message;
	tls_take(hello);
	assert_null(tls_next(tls));
	tls_free(tls);
	dissector_free(dissector);
	talk_free(&t);
	assert_int_equal(kept.body.client_hello->suites.at[0], 0xc02f);
	message_free(&kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tls12_handshake_is_read_up_to_its_change_cipher_spec),
		cmocka_unit_test(in_tls13_type_23_hides_and_a_two_byte_alert_does_not),
		cmocka_unit_test(a_message_may_be_spread_over_one_byte_records),
		cmocka_unit_test(a_message_may_end_where_the_next_begins),
		cmocka_unit_test(an_alert_may_come_first),
		cmocka_unit_test(an_sslv2_hello_is_a_client_hello),
		cmocka_unit_test(a_server_that_answers_in_http_is_foreign),
		cmocka_unit_test(tls_begins_behind_a_starttls_dialogue),
		cmocka_unit_test(tls_inside_tds_packets_is_unwrapped),
		cmocka_unit_test(a_server_that_repeats_the_hello_is_an_echo),
		cmocka_unit_test(a_gap_amid_protected_bytes_keeps_the_records_in_step),
		cmocka_unit_test(after_a_gap_the_next_record_is_found),
		cmocka_unit_test(a_side_whose_beginning_is_lost_is_not_foreign),
		cmocka_unit_test(a_torn_message_is_given_up_but_its_record_is_not),
		cmocka_unit_test(a_bad_header_in_mid_stream_is_told_with_its_offset),
		cmocka_unit_test(an_absurd_message_length_is_told_and_nothing_is_kept),
		cmocka_unit_test(behind_an_overlong_message_the_next_one_is_read),
		cmocka_unit_test(a_second_client_hello_is_read_though_the_server_is_not_seen),
		cmocka_unit_test(before_any_hello_a_long_alert_is_protected),
		cmocka_unit_test(empty_fragments_and_odd_alerts_are_told),
		cmocka_unit_test(an_overlong_record_is_told_and_passed_over),
		cmocka_unit_test(a_malformed_hello_is_told_with_where_it_broke),
		cmocka_unit_test(pending_bytes_are_counted),
		cmocka_unit_test(a_taken_message_outlives_its_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
