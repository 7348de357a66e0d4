#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../dissect/parse.h"
#include "support_datagrams.h"
#include "support_hex.h"

#define RANDOM "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
/* DTLS 1.2; random; no session id; no cookie; one suite; null compression: 42 bytes */
#define HELLO "fefd" RANDOM "00" "00" "0002c02b" "0100"
/* the same with a cookie of two bytes: 44 bytes */
#define HELLO_COOKIE "fefd" RANDOM "00" "02abcd" "0002c02b" "0100"
/* DTLS 1.2; random; no session id; suite; no compression: 38 bytes */
#define SERVER_HELLO "fefd" RANDOM "00" "c02b" "00"

/* A record of DTLS 1.2 around one fragment of a message. */
static struct bytes fragment_record(uint8_t type, size_t length, unsigned sequence, size_t offset,
				    const uint8_t *body, size_t len)
{
	uint8_t record[512] = { 22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1 };

	assert_true(len + 25 <= sizeof(record));
	record[11] = (uint8_t)((len + 12) >> 8);
	record[12] = (uint8_t)(len + 12);
	record[13] = type;
	record[14] = (uint8_t)(length >> 16);
	record[15] = (uint8_t)(length >> 8);
	record[16] = (uint8_t)length;
	record[18] = (uint8_t)sequence;
	record[20] = (uint8_t)(offset >> 8);
	record[21] = (uint8_t)offset;
	record[23] = (uint8_t)(len >> 8);
	record[24] = (uint8_t)len;
	memcpy(record + 25, body, len);
	return bytes_copy(record, len + 25);
}

/* The bytes from `from` up to `to` of the message, as a datagram of their own. */
static void send_part(struct datagrams *d, enum side side, uint8_t type, unsigned sequence,
		      const char *hex, size_t from, size_t to)
{
	struct bytes body = bytes_of_hex(hex);
	size_t end = to < body.len ? to : body.len;
	struct bytes record = fragment_record(type, body.len, sequence, from, body.at + from,
					      end - from);

	datagram(d, side, record.at, record.len);
	free(record.at);
	free(body.at);
}

static void send_message(struct datagrams *d, enum side side, uint8_t type, unsigned sequence,
			 const char *hex)
{
	send_part(d, side, type, sequence, hex, 0, SIZE_MAX);
}

static void a_hello_with_its_cookie_is_read_behind_the_verify_request(void **state)
{
	(void)state;
	struct datagrams d;
	datagrams_open(&d, NULL);
	send_message(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0, HELLO);
	datagram_lines(&d, "C record 22 54\nC client_hello 42 in 1\n");
	send_message(&d, SIDE_SERVER, HS_HELLO_VERIFY_REQUEST, 0, "feff02abcd");
	datagram_lines(&d, "S record 22 17\nS hello_verify_request 5 in 1\n");
	send_message(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 1, HELLO_COOKIE);
	datagram_lines(&d, "C record 22 56\nC client_hello 44 in 1\n");
	send_message(&d, SIDE_SERVER, HS_SERVER_HELLO, 1, SERVER_HELLO);
	datagram_lines(&d, "S record 22 50\nS server_hello 38 in 1\n");
	datagrams_close(&d);
}

static void fragments_make_one_message_in_any_order(void **state)
{
	(void)state;
	for (size_t cut = 1; cut < 42; cut++) {
		struct datagrams d;
		datagrams_open(&d, NULL);
		send_part(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0, HELLO, cut, SIZE_MAX);
		d.len = 0;
		send_part(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0, HELLO, 0, cut);
		assert_non_null(strstr(d.lines, "C client_hello 42 in 2\n"));
		datagrams_close(&d);
	}
}

static void overlapping_fragments_count_once(void **state)
{
	(void)state;
	struct datagrams d;
	datagrams_open(&d, NULL);
	send_part(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0, HELLO, 10, 20);
	send_part(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0, HELLO, 15, 25);
	send_part(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0, HELLO, 12, 18);
	send_part(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0, HELLO, 30, 42);
	send_part(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0, HELLO, 5, 40);
	assert_null(strstr(d.lines, "hello"));
	send_part(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0, HELLO, 0, 6);
	assert_non_null(strstr(d.lines, "C client_hello 42 in 5\n"));
	datagrams_close(&d);
}

static void a_retransmission_is_a_record_but_no_message(void **state)
{
	(void)state;
	struct datagrams d;
	datagrams_open(&d, NULL);
	send_message(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0, HELLO);
	send_message(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0, HELLO);
	datagram_lines(&d, "C record 22 54\nC client_hello 42 in 1\nC record 22 54 repeated\n");
	datagrams_close(&d);
}

static void another_random_under_the_same_number_is_a_new_handshake(void **state)
{
	(void)state;
	struct datagrams d;
	datagrams_open(&d, NULL);
	send_message(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0, HELLO);
	d.len = 0;
	send_message(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0,
		     "fefd" "ff" "112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
		     "00" "00" "0002c02b" "0100");
	datagram_lines(&d, "C record 22 54\nC client_hello 42 in 1\n");
	datagrams_close(&d);
}

static void messages_out_of_order_wait_for_the_one_before(void **state)
{
	(void)state;
	struct datagrams d;
	datagrams_open(&d, NULL);
	send_message(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0, HELLO);
	send_message(&d, SIDE_SERVER, HS_SERVER_HELLO, 0, SERVER_HELLO);
	d.len = 0;
	send_message(&d, SIDE_SERVER, HS_SERVER_HELLO_DONE, 2, "");
	datagram_lines(&d, "S record 22 12\n");
	send_message(&d, SIDE_SERVER, HS_CERTIFICATE, 1, "000000");
	datagram_lines(&d, "S record 22 15\nS certificate 3 in 1\nS server_hello_done 0 in 1\n");
	datagrams_close(&d);
}

static void a_message_that_was_lost_does_not_hold_up_the_others_for_good(void **state)
{
	(void)state;
	struct datagrams d;
	datagrams_open(&d, NULL);
	send_message(&d, SIDE_SERVER, HS_SERVER_HELLO, 0, SERVER_HELLO);
	send_message(&d, SIDE_SERVER, HS_SERVER_HELLO_DONE, 2, "");
	d.len = 0;
	send_message(&d, SIDE_CLIENT, HS_CLIENT_KEY_EXCHANGE, 1, "00");
	assert_non_null(strstr(d.lines, "S server_hello_done 0 in 1\n"));
	send_message(&d, SIDE_SERVER, HS_CERTIFICATE, 1, "000000");
	assert_non_null(strstr(d.lines, "S certificate 3 in 1\n"));
	datagrams_close(&d);
}

static void one_datagram_holds_several_records(void **state)
{
	(void)state;
	struct datagrams d;
	datagrams_open(&d, NULL);
	datagram_hex(&d, SIDE_CLIENT,
		     "16" "fefd" "0000" "000000000003" "000e"
		     "10" "000002" "0000" "000000" "000002" "0102"
		     "14" "fefd" "0000" "000000000004" "0001" "01"
		     "16" "fefd" "0001" "000000000000" "0004" "deadbeef"
		     "15" "fefd" "0000" "000000000005" "0002" "0228");
	datagram_lines(&d, "C record 22 14\nC client_key_exchange 2 in 1\nC record 20 1\n"
			   "C record 22 4 epoch 1 hidden\nC record 21 2\nC alert 2 40\n");
	datagrams_close(&d);
}

static void a_connection_id_is_not_part_of_the_record(void **state)
{
	(void)state;
	struct datagrams d;
	datagrams_open(&d, NULL);
	send_message(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0, HELLO);
	d.len = 0;
	datagram_hex(&d, SIDE_CLIENT,
		     "19" "fefd" "0001" "000000000001" "c1c2c3c4c5" "0003" "aabbcc");
	datagram_lines(&d, "C record 25 3 epoch 1 hidden\n");
	datagrams_close(&d);
}

static void the_short_headers_of_dtls13_are_hidden_records(void **state)
{
	(void)state;
	struct datagrams d;
	datagrams_open(&d, NULL);
	send_message(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0, HELLO);
	d.len = 0;
	/* Two with a length, epoch 2; then one without, with 8 bits of number, epoch 3. */
	datagram_hex(&d, SIDE_SERVER,
		     "2e" "0001" "0002" "aabb" "2e" "0002" "0001" "aa" "23" "07" "010203");
	datagram_lines(&d, "S record 23 2 epoch 2 hidden\nS record 23 1 epoch 2 hidden\n"
			   "S record 23 3 epoch 3 hidden\n");
	/* With a connection id of four bytes. */
	datagram_hex(&d, SIDE_SERVER, "3e" "c1c2c3c4" "0001" "0002" "aabb");
	datagram_lines(&d, "S record 23 2 epoch 2 hidden\n");
	datagrams_close(&d);
}

static void stun_and_rtp_on_the_same_ports_are_passed_over(void **state)
{
	(void)state;
	struct datagrams d;
	datagrams_open(&d, NULL);
	for (int i = 0; i < 40; i++)
		datagram_hex(&d, i % 2 ? SIDE_SERVER : SIDE_CLIENT,
			     "0001" "0000" "2112a442" "000102030405060708090a0b");
	send_message(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0, HELLO);
	datagram_hex(&d, SIDE_SERVER, "0101" "0000" "2112a442" "000102030405060708090a0b");
	datagram_hex(&d, SIDE_SERVER, "80000001000000010000000100");
	send_message(&d, SIDE_SERVER, HS_SERVER_HELLO, 0, SERVER_HELLO);
	datagram_lines(&d, "C record 22 54\nC client_hello 42 in 1\n"
			   "S record 22 50\nS server_hello 38 in 1\n");
	datagrams_close(&d);
}

static void an_answer_in_another_protocol_is_told_once(void **state)
{
	(void)state;
	struct datagrams d;
	datagrams_open(&d, NULL);
	send_message(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0, HELLO);
	d.len = 0;
	datagram(&d, SIDE_SERVER, "220 mail ESMTP\r\n", 16);
	datagram(&d, SIDE_SERVER, "500 what?\r\n", 11);
	assert_int_equal(strncmp(d.lines, "S foreign ", 10), 0);
	assert_string_equal(strchr(d.lines, '\n'), "\n");
	datagrams_close(&d);
}

static void fragments_outside_their_message_are_broken(void **state)
{
	(void)state;
	struct datagrams d;
	datagrams_open(&d, NULL);
	datagram_hex(&d, SIDE_CLIENT,	/* offset 3, length 2, of a message of 4 bytes */
		     "16" "fefd" "0000" "000000000001" "000e"
		     "01" "000004" "0000" "000003" "000002" "0102");
	datagram_lines(&d, "C record 22 14\nC broken 6\n");
	datagram_hex(&d, SIDE_CLIENT,	/* a message of 2^24 - 1 bytes */
		     "16" "fefd" "0000" "000000000001" "000e"
		     "01" "ffffff" "0000" "000000" "000002" "0102");
	datagram_lines(&d, "C record 22 14\nC broken 4\n");
	datagrams_close(&d);
}

static void a_datagram_that_the_capture_cut_is_not_broken(void **state)
{
	(void)state;
	struct bytes body = bytes_of_hex(HELLO);
	struct bytes record = fragment_record(HS_CLIENT_HELLO, body.len, 0, 0, body.at, body.len);
	struct datagrams d;
	datagrams_open(&d, NULL);
	send_message(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0, HELLO);
	d.len = 0;
	d.lines[0] = '\0';
	datagram_cut(&d, SIDE_CLIENT, record.at, record.len - 1);
	datagram_lines(&d, "C record 22 66\n");
	datagram(&d, SIDE_CLIENT, record.at, record.len - 1);
	datagram_lines(&d, "C broken 0\n");
	datagrams_close(&d);
	free(record.at);
	free(body.at);
}

static void only_what_looks_like_dtls_is_taken_for_it(void **state)
{
	(void)state;
	static const char *const others[] = {
		"16030100050100000100", "000100002112a442000102030405060708090a0b",
		"16fefd00000000000000010005aabb",
		"16fefd00ff0000000000010002aabb", "16fefc", "",
	};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct bytes b = bytes_of_hex(others[i]);
		assert_false(dtls_recognise(b.at, b.len));
		free(b.at);
	}
	struct bytes alert = bytes_of_hex("15feff00000000000000000002022a");
	assert_true(dtls_recognise(alert.at, alert.len));
	free(alert.at);
}

/* The end of a DTLS 1.2 handshake between two OpenSSL endpoints, with the secret they logged. */
#define LOGGED_RANDOM "2e90f5014d03d96970ec0027181ea0e46aba058b09deafc5621fbe900389d98d"
#define LOGGED_SERVER_RANDOM "6add3dfe1826bc43d8fd617c2c701be61595712565496236b05e03924e0a73d5"
static const char logged_line[] =
	"CLIENT_RANDOM " LOGGED_RANDOM
	" bafc07b9679b46b3e0a4e5ac4b10e0681de8e2b529547476110274e6ba898ffb7ba11afe367456d10bcaf5a7"
	"a7d0eb42\n";
static const char logged_client_finished[] =
	"16fefd00010000000000000030bb728a64862815982f8e916507d0bd74f8198a755bd290d41e009e6e3f74ef6b"
	"6d9029c3d8a61bef6dca26dae6fc5440";
static const char logged_client_alert[] =
	"15fefd0001000000000002001abb728a648628159aeac299bcff79e2012a8866f73676dbeefa46";
static const char logged_server_alert[] =
	"15fefd0001000000000001001a840fdfd2d2d877427382fbded514a230640fbca930baf2e3e935";

static void a_key_log_opens_the_records_of_the_next_epoch(void **state)
{
	(void)state;
	struct keylog *keylog = keylog_new();
	struct datagrams d;
	datagrams_open(&d, keylog);
	send_message(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0,
		     "fefd" LOGGED_RANDOM "00" "00" "0002c02b" "0100");
	send_message(&d, SIDE_SERVER, HS_SERVER_HELLO, 0,
		     "fefd" LOGGED_SERVER_RANDOM "00" "c02b" "00");
	d.len = 0;
	datagram_hex(&d, SIDE_CLIENT, logged_client_finished);
	datagram_lines(&d, "C record 22 48 epoch 1 hidden\n");
	assert_int_equal(keylog_add_text(keylog, logged_line, sizeof(logged_line) - 1), 1);
	datagram_hex(&d, SIDE_SERVER, logged_server_alert);
	datagram_lines(&d, "S record 21 26 epoch 1 decrypted\nS alert 1 0\n");
	/* Datagrams may overtake each other. */
	datagram_hex(&d, SIDE_CLIENT, logged_client_alert);
	datagram_hex(&d, SIDE_CLIENT, logged_client_finished);
	datagram_lines(&d, "C record 21 26 epoch 1 decrypted\nC alert 1 0\n"
			   "C record 22 48 epoch 1 decrypted\n");
	datagram_hex(&d, SIDE_SERVER, logged_client_alert);
	datagram_lines(&d, "C finished 12 in 1 decrypted\nS record 21 26 epoch 1 hidden\n");
	datagrams_close(&d);
	keylog_free(keylog);
}

/* Every datagram cut at every byte and with every byte changed, behind a proper start. */
static void damaged_datagrams_do_no_harm(void **state)
{
	(void)state;
	struct bytes body = bytes_of_hex(HELLO_COOKIE);
	struct bytes whole = fragment_record(HS_CLIENT_HELLO, body.len, 1, 0, body.at, body.len);
	struct datagrams d;
	datagrams_open(&d, NULL);
	send_message(&d, SIDE_CLIENT, HS_CLIENT_HELLO, 0, HELLO);
	for (size_t at = 0; at < whole.len; at++) {
		datagram(&d, SIDE_CLIENT, whole.at, at);
		for (unsigned bit = 0; bit < 8; bit++) {
			whole.at[at] ^= (uint8_t)(1u << bit);
			datagram(&d, SIDE_CLIENT, whole.at, whole.len);
			datagram(&d, SIDE_SERVER, whole.at, whole.len);
			whole.at[at] ^= (uint8_t)(1u << bit);
		}
	}
	d.len = 0;
	datagram_hex(&d, SIDE_CLIENT, "15fefd000000000000000500020228");
	datagram_lines(&d, "C record 21 2\nC alert 2 40\n");
	datagrams_close(&d);
	free(whole.at);
	free(body.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hello_with_its_cookie_is_read_behind_the_verify_request),
		cmocka_unit_test(fragments_make_one_message_in_any_order),
		cmocka_unit_test(overlapping_fragments_count_once),
		cmocka_unit_test(a_retransmission_is_a_record_but_no_message),
		cmocka_unit_test(another_random_under_the_same_number_is_a_new_handshake),
		cmocka_unit_test(messages_out_of_order_wait_for_the_one_before),
		cmocka_unit_test(a_message_that_was_lost_does_not_hold_up_the_others_for_good),
		cmocka_unit_test(one_datagram_holds_several_records),
		cmocka_unit_test(a_connection_id_is_not_part_of_the_record),
		cmocka_unit_test(the_short_headers_of_dtls13_are_hidden_records),
		cmocka_unit_test(stun_and_rtp_on_the_same_ports_are_passed_over),
		cmocka_unit_test(an_answer_in_another_protocol_is_told_once),
		cmocka_unit_test(fragments_outside_their_message_are_broken),
		cmocka_unit_test(a_datagram_that_the_capture_cut_is_not_broken),
		cmocka_unit_test(only_what_looks_like_dtls_is_taken_for_it),
		cmocka_unit_test(a_key_log_opens_the_records_of_the_next_epoch),
		cmocka_unit_test(damaged_datagrams_do_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
