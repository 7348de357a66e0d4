#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../dissect/parse.h"
#include "support_hex.h"

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static const char client_hello_hex[] =
	"0303" RANDOM			/* legacy_version, random */
	"04 c0c1c2c3"			/* legacy_session_id */
	"000a 4a4a 1301 c02f 00ff 5600"	/* GREASE, two suites, renegotiation and fallback SCSV */
	"01 00"				/* legacy_compression_methods */
	"00b3"				/* extensions */
	"0000 0010 000e 00 000b 6578616d706c652e636f6d"	/* server_name example.com */
	"000a 0006 0004 11ec 001d"	/* supported_groups */
	"000b 0002 01 00"		/* ec_point_formats */
	"000d 0006 0004 0403 0804"	/* signature_algorithms */
	"0010 000e 000c 02 6832 08 687474702f312e31"	/* ALPN h2, http/1.1 */
	"0005 0005 01 0000 0000"	/* status_request */
	"0012 0000"			/* signed_certificate_timestamp */
	"0017 0000"			/* extended_master_secret */
	"0016 0000"			/* encrypt_then_mac */
	"0023 0003 aabbcc"		/* session_ticket */
	"001b 0003 02 0002"		/* compress_certificate brotli */
	"001c 0002 4001"		/* record_size_limit */
	"002b 0005 04 0304 0303"	/* supported_versions */
	"002d 0002 01 01"		/* psk_key_exchange_modes psk_dhe_ke */
	"0033 0008 0006 001d 0002 abcd"	/* key_share x25519 */
	"002a 0000"			/* early_data */
	"fe0d 000e 00 0001 0001 2a 0002 0102 0002 0304"	/* encrypted_client_hello outer */
	"0015 0004 00000000"		/* padding */
	"0029 000d 0007 0001 ff 00000001 0002 01 ee";	/* pre_shared_key */

static const struct message_context first_message = { .record_version = 0x0301, .record_count = 1 };

static struct client_hello *parse_client(const char *hex, bool *whole, uint32_t *broke_at)
{
	struct bytes b = bytes_of_hex(hex);
	struct client_hello *hello;

	*whole = client_hello_parse(&first_message, b.at, b.len, &hello, broke_at);
	free(b.at);
	return hello;
}

static void assert_codes(const struct code_list *list, size_t count, const uint16_t *codes)
{
	assert_int_equal(list->count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(list->at[i], codes[i]);
}

#define ASSERT_CODES(list, ...) \
	assert_codes(&(list), sizeof((uint16_t[]){ __VA_ARGS__ }) / sizeof(uint16_t), \
		     (const uint16_t[]){ __VA_ARGS__ })

static void every_list_of_a_client_hello_is_kept_in_wire_order(void **state)
{
	bool whole;
	uint32_t broke_at;
	struct client_hello *h = parse_client(client_hello_hex, &whole, &broke_at);

	(void)state;
	assert_int_equal(broke_at, 0);
	assert_true(whole);
	assert_int_equal(h->legacy_version, 0x0303);
	assert_int_equal(h->record_version, 0x0301);
	assert_int_equal(h->random[31], 0x1f);
	assert_int_equal(h->session_id_len, 4);
	assert_int_equal(h->session_id[3], 0xc3);
	ASSERT_CODES(h->suites, 0x4a4a, 0x1301, 0xc02f, 0x00ff, 0x5600);
	ASSERT_CODES(h->compression, 0);
	ASSERT_CODES(h->extensions, 0, 10, 11, 13, 16, 5, 18, 23, 22, 35, 27, 28, 43, 45, 51, 42,
		     65037, 21, 41);
	ASSERT_CODES(h->groups, 0x11ec, 0x001d);
	ASSERT_CODES(h->signatures, 0x0403, 0x0804);
	ASSERT_CODES(h->versions, 0x0304, 0x0303);
	ASSERT_CODES(h->key_shares, 0x001d);
	ASSERT_CODES(h->certificate_compression, 2);
	ASSERT_CODES(h->point_formats, 0);
	assert_int_equal(h->alpn.count, 2);
	assert_int_equal(h->alpn.at[1].len, 8);
	assert_memory_equal(h->alpn.at[1].at, "http/1.1", 8);
	assert_int_equal(h->server_name.len, 11);
	assert_memory_equal(h->server_name.at, "example.com", 11);
	free(h);
}

static void flags_and_lengths_come_from_their_extensions(void **state)
{
	bool whole;
	uint32_t broke_at;
	struct client_hello *h = parse_client(client_hello_hex, &whole, &broke_at);

	(void)state;
	assert_true(h->has_extensions && h->has_server_name && h->has_versions && h->has_groups);
	assert_true(h->has_key_shares && h->has_signatures && h->has_alpn);
	assert_true(h->secure_renegotiation && h->fallback_scsv);
	assert_int_equal(h->renegotiation_info_len, 0);
	assert_true(h->extended_master_secret && h->encrypt_then_mac && h->status_request && h->sct);
	assert_true(h->session_ticket && h->early_data);
	assert_int_equal(h->session_ticket_len, 3);
	assert_int_equal(h->record_size_limit, 0x4001);
	assert_int_equal(h->padding_len, 4);
	assert_int_equal(h->psk_identities, 1);
	assert_true(h->psk_dhe_ke);
	assert_false(h->psk_ke);
	assert_int_equal(h->ech, ECH_OUTER);
	assert_int_equal(h->ech_config_id, 0x2a);
	assert_false(h->heartbeat || h->cookie || h->post_handshake_auth);
	free(h);
}

/* Whatever is cut off, what stands before it is read, and the parser stays within its bytes. */
static void a_client_hello_cut_anywhere_breaks_there_and_keeps_what_came(void **state)
{
	struct bytes all = bytes_of_hex(client_hello_hex);

	(void)state;
	for (size_t len = 0; len < all.len; len++) {
		struct bytes cut = bytes_copy(all.at, len);
		struct client_hello *h;
		uint32_t broke_at;
		bool whole = client_hello_parse(&first_message, cut.at, cut.len, &h, &broke_at);
		bool ends_before_extensions = len == 2 + 32 + 5 + 12 + 2;

		assert_true(whole == ends_before_extensions);
		assert_true(broke_at <= len);
		if (len >= 2 + 32 + 5 + 12)
			assert_int_equal(h->suites.count, 5);
		if (len >= 2 + 32 + 5 + 12 + 2 + 2 + 20)
			assert_int_equal(h->server_name.len, 11);
		free(cut.at);
		free(h);
	}
	free(all.at);
}

static void a_client_hello_with_any_byte_changed_is_read_within_its_bounds(void **state)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0xff };
	struct bytes all = bytes_of_hex(client_hello_hex);

	(void)state;
	for (size_t at = 0; at < all.len; at++) {
		for (size_t i = 0; i < sizeof values; i++) {
			struct bytes changed = bytes_copy(all.at, all.len);
			struct client_hello *h;
			uint32_t broke_at;

			changed.at[at] = values[i];
			client_hello_parse(&first_message, changed.at, changed.len, &h, &broke_at);
			assert_true(broke_at <= all.len);
			assert_true(h->suites.count <= all.len && h->extensions.count <= all.len);
			free(changed.at);
			free(h);
		}
	}
	free(all.at);
}

static void extensions_may_be_missing_altogether(void **state)
{
	bool whole;
	uint32_t broke_at;
	struct client_hello *h = parse_client("0301" RANDOM "00 0002 002f 01 00", &whole, &broke_at);

	(void)state;
	assert_true(whole);
	assert_false(h->has_extensions);
	assert_int_equal(h->extensions.count, 0);
	free(h);
}

static void a_second_extension_of_a_type_breaks_the_hello_and_the_first_counts(void **state)
{
	bool whole;
	uint32_t broke_at;
	struct client_hello *h = parse_client("0303" RANDOM "00 0002 002f 01 00" "000e"
					      "001c 0002 4001" "001c 0002 0040"
					      "0017", &whole, &broke_at);

	(void)state;
	assert_false(whole);
	assert_int_equal(broke_at, 2 + 32 + 1 + 4 + 2 + 2 + 6);
	assert_int_equal(h->record_size_limit, 0x4001);
	free(h);
}

static void a_renegotiating_hello_carries_its_verify_data(void **state)
{
	bool whole;
	uint32_t broke_at;
	struct client_hello *h = parse_client("0303" RANDOM "00 0002 002f 01 00" "0011"
					      "ff01 000d 0c 000102030405060708090a0b",
					      &whole, &broke_at);

	(void)state;
	assert_true(whole);
	assert_true(h->secure_renegotiation);
	assert_int_equal(h->renegotiation_info_len, 12);
	free(h);
}

static void a_dtls_hello_has_a_cookie_before_its_suites(void **state)
{
	struct message_context dtls = { .datagram = true };
	struct bytes b = bytes_of_hex("fefd" RANDOM "00" "02 beef" "0002 c02b" "01 00");
	struct client_hello *h;
	uint32_t broke_at;

	(void)state;
	assert_true(client_hello_parse(&dtls, b.at, b.len, &h, &broke_at));
	assert_true(h->cookie);
	ASSERT_CODES(h->suites, 0xc02b);
	free(h);
	free(b.at);
}

static void an_sslv2_hello_gives_its_tls_suites_and_its_challenge(void **state)
{
	struct bytes b = bytes_of_hex("01 0301 0009 0000 0010" "010080 00002f 0000ff"
				      "101112131415161718191a1b1c1d1e1f");
	struct client_hello *h;
	uint32_t broke_at;

	(void)state;
	assert_true(sslv2_hello_parse(b.at, b.len, &h, &broke_at));
	assert_true(h->sslv2);
	assert_true(h->secure_renegotiation);
	ASSERT_CODES(h->suites, 0x002f, 0x00ff);
	assert_int_equal(h->random[15], 0);
	assert_int_equal(h->random[16], 0x10);
	assert_int_equal(h->random[31], 0x1f);
	free(h);
	for (size_t len = 0; len < b.len; len++) {
		struct bytes cut = bytes_copy(b.at, len);

		assert_false(sslv2_hello_parse(cut.at, len, &h, &broke_at));
		free(cut.at);
		free(h);
	}
	free(b.at);
}

static struct server_hello *parse_server(const char *hex, bool *whole, uint32_t *broke_at)
{
	struct bytes b = bytes_of_hex(hex);
	struct server_hello *hello;

	*whole = server_hello_parse(&first_message, b.at, b.len, &hello, broke_at);
	free(b.at);
	return hello;
}

static const char server_hello_hex[] =
	"0303" RANDOM "00" "1301" "00"
	"0013"
	"002b 0002 0304"		/* supported_versions */
	"0033 0005 001d 0001 aa"	/* key_share x25519 */
	"0017 0000";			/* extended_master_secret */

static void supported_versions_decides_which_version_was_selected(void **state)
{
	bool whole;
	uint32_t broke_at;
	struct server_hello *h = parse_server(server_hello_hex, &whole, &broke_at);

	(void)state;
	assert_true(whole);
	assert_int_equal(h->legacy_version, 0x0303);
	assert_int_equal(h->version, 0x0304);
	assert_int_equal(h->suite, 0x1301);
	assert_int_equal(h->group, 0x001d);
	assert_false(h->is_retry);
	assert_true(h->extended_master_secret);
	ASSERT_CODES(h->extensions, 43, 51, 23);
	free(h);
}

static void a_server_hello_cut_anywhere_breaks_there(void **state)
{
	struct bytes all = bytes_of_hex(server_hello_hex);

	(void)state;
	for (size_t len = 0; len < all.len; len++) {
		struct bytes cut = bytes_copy(all.at, len);
		struct server_hello *h;
		uint32_t broke_at;
		bool whole = server_hello_parse(&first_message, cut.at, len, &h, &broke_at);

		assert_true(whole == (len == 2 + 32 + 1 + 2 + 1));
		assert_true(broke_at <= len);
		free(cut.at);
		free(h);
	}
	free(all.at);
}

static void a_retry_is_known_by_its_random_and_asks_for_a_group(void **state)
{
	bool whole;
	uint32_t broke_at;
	struct server_hello *h = parse_server(
		"0303" "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
		"00" "1301" "00" "0014" "002b 0002 0304" "0033 0002 0018" "002c 0004 0002 abcd",
		&whole, &broke_at);

	(void)state;
	assert_true(whole);
	assert_true(h->is_retry);
	assert_int_equal(h->group, 0x0018);
	assert_true(h->cookie);
	free(h);
}

static void the_downgrade_sentinel_is_seen(void **state)
{
#define SENTINEL(last) "0303" "000102030405060708090a0b0c0d0e0f1011121314151617" \
		       "444f574e475244" last "00" "c02f" "00"
	bool whole;
	uint32_t broke_at;
	struct server_hello *tls12 = parse_server(SENTINEL("01"), &whole, &broke_at);
	struct server_hello *tls11 = parse_server(SENTINEL("00"), &whole, &broke_at);
	struct server_hello *neither = parse_server(SENTINEL("02"), &whole, &broke_at);

	(void)state;
	assert_int_equal(tls12->sentinel, 2);
	assert_int_equal(tls11->sentinel, 1);
	assert_int_equal(neither->sentinel, 0);
	free(tls12);
	free(tls11);
	free(neither);
}

static void encrypted_extensions_tell_alpn_and_name(void **state)
{
	struct bytes b = bytes_of_hex("0012" "0000 0000" "0010 0005 0003 02 6832" "0039 0001 00");
	struct encrypted_extensions *e;
	uint32_t broke_at;

	(void)state;
	assert_true(encrypted_extensions_parse(b.at, b.len, &e, &broke_at));
	assert_true(e->has_server_name);
	assert_false(e->early_data);
	assert_int_equal(e->alpn.len, 2);
	assert_memory_equal(e->alpn.at, "h2", 2);
	ASSERT_CODES(e->extensions, 0, 16, 57);
	free(e);
	for (size_t len = 0; len < b.len; len++) {
		struct bytes cut = bytes_copy(b.at, len);

		assert_false(encrypted_extensions_parse(cut.at, len, &e, &broke_at));
		free(cut.at);
		free(e);
	}
	free(b.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_list_of_a_client_hello_is_kept_in_wire_order),
		cmocka_unit_test(flags_and_lengths_come_from_their_extensions),
		cmocka_unit_test(a_client_hello_cut_anywhere_breaks_there_and_keeps_what_came),
		cmocka_unit_test(a_client_hello_with_any_byte_changed_is_read_within_its_bounds),
		cmocka_unit_test(extensions_may_be_missing_altogether),
		cmocka_unit_test(a_second_extension_of_a_type_breaks_the_hello_and_the_first_counts),
		cmocka_unit_test(a_renegotiating_hello_carries_its_verify_data),
		cmocka_unit_test(a_dtls_hello_has_a_cookie_before_its_suites),
		cmocka_unit_test(an_sslv2_hello_gives_its_tls_suites_and_its_challenge),
		cmocka_unit_test(supported_versions_decides_which_version_was_selected),
		cmocka_unit_test(a_server_hello_cut_anywhere_breaks_there),
		cmocka_unit_test(a_retry_is_known_by_its_random_and_asks_for_a_group),
		cmocka_unit_test(the_downgrade_sentinel_is_seen),
		cmocka_unit_test(encrypted_extensions_tell_alpn_and_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
