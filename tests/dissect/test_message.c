#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../dissect/parse.h"
#include "support_hex.h"

enum { ECDHE_RSA = 0xc02f, DHE_RSA = 0x009e, PSK = 0x008c, ECDHE_PSK = 0xc035, DH_ANON = 0x0034,
       RSA_EXPORT = 0x0003, ECDHE_ECDSA = 0xc009 };

static struct tls_message parse(uint16_t version, uint16_t suite, uint8_t type, const char *hex)
{
	struct certificate_cache *cache = certificate_cache_new(0);
	struct message_context context = { .version = version, .suite = suite, .record_count = 1,
					   .cache = cache };
	struct bytes b = bytes_of_hex(hex);
	struct tls_message out;

	message_parse(&context, type, b.at, b.len, &out);
	free(b.at);
	certificate_cache_free(cache);
	return out;
}

/* Cut anywhere a message is malformed, and nothing reads beyond its end. */
static void assert_breaks_wherever_it_is_cut(uint16_t version, uint16_t suite, uint8_t type,
					     const char *hex)
{
	struct certificate_cache *cache = certificate_cache_new(0);
	struct message_context context = { .version = version, .suite = suite, .cache = cache };
	struct bytes all = bytes_of_hex(hex);

	for (size_t len = 0; len < all.len; len++) {
		struct bytes cut = bytes_copy(all.at, len);
		struct tls_message out;

		message_parse(&context, type, cut.at, len, &out);
		assert_true(out.malformed);
		assert_true(out.broke_at <= len);
		free(cut.at);
		message_free(&out);
	}
	free(all.at);
	certificate_cache_free(cache);
}

static void a_named_curve_and_its_signature_scheme_are_read(void **state)
{
	static const char ecdhe[] = "03 001d" "04 aabbccdd" "0804" "0002 0102";
	struct tls_message m = parse(0x0303, ECDHE_RSA, HS_SERVER_KEY_EXCHANGE, ecdhe);

	(void)state;
	assert_false(m.malformed);
	assert_int_equal(m.body.server_key_exchange->group, 0x001d);
	assert_int_equal(m.body.server_key_exchange->signature, 0x0804);
	message_free(&m);
	assert_breaks_wherever_it_is_cut(0x0303, ECDHE_RSA, HS_SERVER_KEY_EXCHANGE, ecdhe);
}

static void before_tls12_a_signature_has_no_scheme(void **state)
{
	struct tls_message m = parse(0x0301, ECDHE_ECDSA, HS_SERVER_KEY_EXCHANGE,
				     "03 0017" "04 aabbccdd" "0002 0102");

	(void)state;
	assert_false(m.malformed);
	assert_int_equal(m.body.server_key_exchange->group, 0x0017);
	assert_int_equal(m.body.server_key_exchange->signature, 0);
	message_free(&m);
}

static void the_size_of_a_prime_is_that_of_its_highest_bit(void **state)
{
	struct tls_message dhe = parse(0x0303, DHE_RSA, HS_SERVER_KEY_EXCHANGE,
				       "0004 00 1f ffff" "0001 02" "0001 05" "0401" "0001 00");
	struct tls_message anonymous = parse(0x0301, DH_ANON, HS_SERVER_KEY_EXCHANGE,
					     "0002 8001" "0001 02" "0001 05");
	struct tls_message export = parse(0x0300, RSA_EXPORT, HS_SERVER_KEY_EXCHANGE,
					  "0002 8001" "0001 03" "0001 00");

	(void)state;
	assert_false(dhe.malformed);
	assert_int_equal(dhe.body.server_key_exchange->dh_prime_bits, 21);
	assert_false(anonymous.malformed);
	assert_int_equal(anonymous.body.server_key_exchange->dh_prime_bits, 16);
	assert_false(export.malformed);
	assert_int_equal(export.body.server_key_exchange->rsa_bits, 16);
	message_free(&dhe);
	message_free(&anonymous);
	message_free(&export);
}

static void a_psk_hint_comes_first_and_nothing_is_signed(void **state)
{
	struct tls_message plain = parse(0x0303, PSK, HS_SERVER_KEY_EXCHANGE, "0003 616263");
	struct tls_message both = parse(0x0303, ECDHE_PSK, HS_SERVER_KEY_EXCHANGE,
					"0000" "03 0018" "01 aa");

	(void)state;
	assert_false(plain.malformed);
	assert_true(plain.body.server_key_exchange->psk_hint);
	assert_false(both.malformed);
	assert_false(both.body.server_key_exchange->psk_hint);
	assert_int_equal(both.body.server_key_exchange->group, 0x0018);
	message_free(&plain);
	message_free(&both);
}

static void a_certificate_request_lists_types_schemes_and_authorities(void **state)
{
	static const char request[] = "02 01 40" "0004 0403 0401" "0009 0002 3000 0003 300100";
	struct tls_message m = parse(0x0303, ECDHE_RSA, HS_CERTIFICATE_REQUEST, request);
	struct tls_message old = parse(0x0301, ECDHE_RSA, HS_CERTIFICATE_REQUEST, "01 01" "0000");

	(void)state;
	assert_false(m.malformed);
	assert_int_equal(m.body.certificate_request->types.at[1], 64);
	assert_int_equal(m.body.certificate_request->signatures.at[0], 0x0403);
	assert_int_equal(m.body.certificate_request->authorities.count, 2);
	assert_int_equal(m.body.certificate_request->authorities.at[1].len, 3);
	assert_false(old.malformed);
	assert_int_equal(old.body.certificate_request->types.count, 1);
	message_free(&m);
	message_free(&old);
	assert_breaks_wherever_it_is_cut(0x0303, ECDHE_RSA, HS_CERTIFICATE_REQUEST, request);
}

static void in_tls13_a_certificate_request_has_extensions(void **state)
{
	static const char request[] = "01 aa" "0012" "000d 0004 0002 0804" "002f 0006 0004 0002 3000";
	struct tls_message m = parse(0x0304, 0x1301, HS_CERTIFICATE_REQUEST, request);

	(void)state;
	assert_false(m.malformed);
	assert_int_equal(m.body.certificate_request->signatures.at[0], 0x0804);
	assert_int_equal(m.body.certificate_request->authorities.count, 1);
	assert_int_equal(m.body.certificate_request->types.count, 0);
	message_free(&m);
	assert_breaks_wherever_it_is_cut(0x0304, 0x1301, HS_CERTIFICATE_REQUEST, request);
}

static void a_certificate_message_is_a_list_of_certificates(void **state)
{
	static const char list[] = "00000f" "000005 3003020101" "000004 30020500";
	struct tls_message m = parse(0x0303, ECDHE_RSA, HS_CERTIFICATE, list);

	(void)state;
	assert_false(m.malformed);
	assert_int_equal(m.body.certificates->count, 2);
	assert_int_equal(m.body.certificates->bytes, 9);
	assert_int_equal(m.body.certificates->at[0]->der_len, 5);
	assert_false(m.body.certificates->has_status);
	message_free(&m);
	assert_breaks_wherever_it_is_cut(0x0303, ECDHE_RSA, HS_CERTIFICATE, list);
}

static void in_tls13_each_certificate_has_extensions(void **state)
{
	static const char list[] = "00" "000013" "000005 3003020101" "0009"
				   "0005 0005 01 000001 30";
	struct tls_message m = parse(0x0304, 0x1301, HS_CERTIFICATE, list);

	(void)state;
	assert_false(m.malformed);
	assert_int_equal(m.body.certificates->count, 1);
	assert_true(m.body.certificates->has_status);
	assert_non_null(m.leaf_staple);
	message_free(&m);
	assert_breaks_wherever_it_is_cut(0x0304, 0x1301, HS_CERTIFICATE, list);
}

static void an_empty_list_is_no_certificate_and_no_error(void **state)
{
	struct tls_message tls12 = parse(0x0303, ECDHE_RSA, HS_CERTIFICATE, "000000");
	struct tls_message tls13 = parse(0x0304, 0x1301, HS_CERTIFICATE, "00 000000");

	(void)state;
	assert_false(tls12.malformed);
	assert_int_equal(tls12.body.certificates->total, 0);
	assert_false(tls13.malformed);
	assert_int_equal(tls13.body.certificates->total, 0);
	message_free(&tls12);
	message_free(&tls13);
}

static void more_certificates_than_are_kept_are_counted(void **state)
{
	char hex[2 * 3 + 20 * 8 + 1] = "000050";

	(void)state;
	for (int i = 0; i < 20; i++)
		strcat(hex, "00000100");

	struct tls_message m = parse(0x0303, ECDHE_RSA, HS_CERTIFICATE, hex);

	assert_false(m.malformed);
	assert_int_equal(m.body.certificates->count, 16);
	assert_int_equal(m.body.certificates->total, 20);
	message_free(&m);
}

/* algorithm, uncompressed length, vector24: 14 bytes of a TLS 1.3 list of one certificate */
#define ZLIB_LIST "000016 78da636060e062606035606662646460000002170047"
#define BROTLI_LIST "000012 8b06800000000a0000053003020101000003"
#define ZSTD_LIST "000017 28b52ffd00587100000000000a00000530030201010000"

static void a_compressed_certificate_is_unpacked(void **state)
{
	static const char *const packed[] = {
		"0001 00000e " ZLIB_LIST, "0002 00000e " BROTLI_LIST, "0003 00000e " ZSTD_LIST
	};

	(void)state;
	for (size_t i = 0; i < sizeof packed / sizeof *packed; i++) {
		struct tls_message m = parse(0x0304, 0x1301, HS_COMPRESSED_CERTIFICATE, packed[i]);

		assert_false(m.malformed);
		assert_true(m.body.certificates->compressed);
		assert_int_equal(m.body.certificates->count, 1);
		assert_int_equal(m.body.certificates->at[0]->der_len, 5);
		message_free(&m);
		assert_breaks_wherever_it_is_cut(0x0304, 0x1301, HS_COMPRESSED_CERTIFICATE, packed[i]);
	}
}

static void a_compressed_certificate_that_lies_about_its_length_is_malformed(void **state)
{
	static const char *const lies[] = {
		"0001 00000f " ZLIB_LIST, "0001 00000d " ZLIB_LIST, "0003 ffffff " ZSTD_LIST,
		"0001 000000 " ZLIB_LIST, "0002 00000f " BROTLI_LIST, "0002 00000d " BROTLI_LIST,
		"0002 00000e 000013 8b06800000000a000005300302010100000300",	/* a byte behind the stream */
		"0002 000100 00000e 9ffffffff82700e2b14020f7fe1f",	/* 16 MB of zeros */
		"0002 03ffff 00000e 9ffffffff82700e2b14020f7fe1f",
	};

	(void)state;
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		struct tls_message m = parse(0x0304, 0x1301, HS_COMPRESSED_CERTIFICATE, lies[i]);

		assert_true(m.malformed);
		assert_int_equal(m.broke_at, 8);
		message_free(&m);
	}
}

static void what_nobody_can_unpack_stays_packed(void **state)
{
	struct tls_message m = parse(0x0304, 0x1301, HS_COMPRESSED_CERTIFICATE,
				     "0004 000100" "000004 aabbccdd");

	(void)state;
	assert_false(m.malformed);
	assert_true(m.body.certificates->compressed);
	assert_int_equal(m.body.certificates->count, 0);
	message_free(&m);
}

static void a_certificate_verify_names_its_scheme_since_tls12(void **state)
{
	struct tls_message tls13 = parse(0x0304, 0x1301, HS_CERTIFICATE_VERIFY, "0804 0002 aabb");
	struct tls_message tls10 = parse(0x0301, ECDHE_RSA, HS_CERTIFICATE_VERIFY, "0002 aabb");

	(void)state;
	assert_false(tls13.malformed);
	assert_int_equal(tls13.body.verify_scheme, 0x0804);
	assert_false(tls10.malformed);
	assert_int_equal(tls10.body.verify_scheme, 0);
	assert_breaks_wherever_it_is_cut(0x0304, 0x1301, HS_CERTIFICATE_VERIFY, "0804 0002 aabb");
}

static void a_stapled_status_is_handed_to_the_ocsp_reader(void **state)
{
	struct tls_message m = parse(0x0303, ECDHE_RSA, HS_CERTIFICATE_STATUS, "01 000003 300100");

	(void)state;
	assert_false(m.malformed);
	assert_non_null(m.body.staple);
	message_free(&m);
	assert_breaks_wherever_it_is_cut(0x0303, ECDHE_RSA, HS_CERTIFICATE_STATUS, "01 000003 300100");
}

static void tickets_and_empty_messages_are_checked_for_their_form(void **state)
{
	struct tls_message ticket = parse(0x0303, ECDHE_RSA, HS_NEW_SESSION_TICKET,
					  "00000e10 0002 aabb");
	struct tls_message done = parse(0x0303, ECDHE_RSA, HS_SERVER_HELLO_DONE, "");
	struct tls_message odd = parse(0x0303, ECDHE_RSA, HS_SERVER_HELLO_DONE, "00");

	(void)state;
	assert_false(ticket.malformed);
	assert_false(done.malformed);
	assert_true(odd.malformed);
	assert_breaks_wherever_it_is_cut(0x0304, 0x1301, HS_NEW_SESSION_TICKET,
					 "00000e10 00000001 01 00 0002 aabb 0000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_named_curve_and_its_signature_scheme_are_read),
		cmocka_unit_test(before_tls12_a_signature_has_no_scheme),
		cmocka_unit_test(the_size_of_a_prime_is_that_of_its_highest_bit),
		cmocka_unit_test(a_psk_hint_comes_first_and_nothing_is_signed),
		cmocka_unit_test(a_certificate_request_lists_types_schemes_and_authorities),
		cmocka_unit_test(in_tls13_a_certificate_request_has_extensions),
		cmocka_unit_test(a_certificate_message_is_a_list_of_certificates),
		cmocka_unit_test(in_tls13_each_certificate_has_extensions),
		cmocka_unit_test(an_empty_list_is_no_certificate_and_no_error),
		cmocka_unit_test(more_certificates_than_are_kept_are_counted),
		cmocka_unit_test(a_compressed_certificate_is_unpacked),
		cmocka_unit_test(a_compressed_certificate_that_lies_about_its_length_is_malformed),
		cmocka_unit_test(what_nobody_can_unpack_stays_packed),
		cmocka_unit_test(a_certificate_verify_names_its_scheme_since_tls12),
		cmocka_unit_test(a_stapled_status_is_handed_to_the_ocsp_reader),
		cmocka_unit_test(tickets_and_empty_messages_are_checked_for_their_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
