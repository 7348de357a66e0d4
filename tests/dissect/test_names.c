#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../dissect/dissect.h"

static void numbers_have_their_iana_names(void **state)
{
	(void)state;
	assert_string_equal(cipher_suite(0xc02f)->name, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
	assert_string_equal(named_group(0x11ec)->name, "X25519MLKEM768");
	assert_string_equal(signature_scheme(0x0804)->name, "rsa_pss_rsae_sha256");
	assert_string_equal(version_name(0x0303), "TLSv1.2");
	assert_string_equal(version_name(0xfefd), "DTLSv1.2");
	assert_string_equal(alert_name(40), "handshake_failure");
	assert_string_equal(extension_name(65281), "renegotiation_info");
	assert_string_equal(handshake_type_name(25), "compressed_certificate");
}

static void a_number_without_a_row_has_no_name(void **state)
{
	(void)state;
	assert_null(cipher_suite(0xfffe));
	assert_null(named_group(0x7777));
	assert_null(signature_scheme(0));
	assert_null(version_name(0x0505));
	assert_null(alert_name(255));
	assert_null(extension_name(0xfffe));
	assert_null(handshake_type_name(200));
}

static void every_row_is_found_under_its_own_number(void **state)
{
	size_t suites = 0, groups = 0;

	(void)state;
	for (uint32_t n = 0; n <= UINT16_MAX; n++) {
		const struct cipher_suite *suite = cipher_suite((uint16_t)n);
		const struct named_group *group = named_group((uint16_t)n);

		if (suite && ++suites)
			assert_int_equal(suite->number, n);
		if (group && ++groups)
			assert_int_equal(group->number, n);
	}
	assert_true(suites > 350);
	assert_true(groups > 50);
}

static void a_suite_tells_how_its_records_are_protected(void **state)
{
	(void)state;
	const struct cipher_suite *cbc = cipher_suite(0x003c);	/* RSA, AES-128-CBC, SHA-256 */
	const struct cipher_suite *ccm8 = cipher_suite(0x1305);
	const struct cipher_suite *gcm = cipher_suite(0x1302);

	assert_int_equal(cbc->mode, MODE_CBC);
	assert_int_equal(cbc->explicit_iv, 16);
	assert_int_equal(cbc->mac_or_tag_len, 32);
	assert_int_equal(cbc->block, 16);
	assert_false(cbc->forward_secrecy);
	assert_int_equal(ccm8->mode, MODE_CCM8);
	assert_int_equal(ccm8->mac_or_tag_len, 8);
	assert_true(ccm8->tls13);
	assert_true(gcm->sha384);
	assert_int_equal(gcm->mode, MODE_GCM);
}

static void broken_suites_are_graded_bad(void **state)
{
	(void)state;
	assert_true(cipher_suite(0x0005)->bad);		/* RC4 */
	assert_true(cipher_suite(0x0003)->bad);		/* export */
	assert_true(cipher_suite(0x002f)->weak);	/* no forward secrecy */
	assert_false(cipher_suite(0x002f)->bad);
	assert_false(cipher_suite(0x1301)->weak);
	assert_string_equal(cipher_suite(0x1301)->weakness, "");
}

static void grease_is_two_equal_bytes_that_end_in_a(void **state)
{
	(void)state;
	assert_true(is_grease(0x0a0a));
	assert_true(is_grease(0xfafa));
	assert_false(is_grease(0x0a1a));
	assert_false(is_grease(0x0b0b));
}

static void ports_say_whether_tls_is_expected(void **state)
{
	bool implicit_tls, explicit_tls;

	(void)state;
	assert_string_equal(port_protocol(443, &implicit_tls, &explicit_tls), "https");
	assert_true(implicit_tls);
	assert_false(explicit_tls);
	assert_string_equal(port_protocol(25, &implicit_tls, &explicit_tls), "smtp");
	assert_false(implicit_tls);
	assert_true(explicit_tls);
	assert_null(port_protocol(4, &implicit_tls, NULL));
	assert_false(implicit_tls);
}

static void issuers_give_inspection_away(void **state)
{
	(void)state;
	assert_non_null(inspection_product("CN=Zscaler Intermediate Root CA (zscaler.net), O=Zscaler"));
	assert_string_equal(inspection_product("CN=mitmproxy"), "mitmproxy");
	assert_null(inspection_product("CN=R11, O=Let's Encrypt, C=US"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_have_their_iana_names),
		cmocka_unit_test(a_number_without_a_row_has_no_name),
		cmocka_unit_test(every_row_is_found_under_its_own_number),
		cmocka_unit_test(a_suite_tells_how_its_records_are_protected),
		cmocka_unit_test(broken_suites_are_graded_bad),
		cmocka_unit_test(grease_is_two_equal_bytes_that_end_in_a),
		cmocka_unit_test(ports_say_whether_tls_is_expected),
		cmocka_unit_test(issuers_give_inspection_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
