/* Versions, suites, groups, signatures, extensions: each rule beside what must not match it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../analyze/alerts.h"
#include "support_verdict.h"

/* ---- versions ---- */

static struct client_hello *old_hello(void)
{
	struct client_hello *c = hello12();

	c->legacy_version = 0x0301;
	c->has_signatures = false;
	c->signatures.count = 0;
	return c;
}

static struct client_hello *only13(void)
{
	struct client_hello *c = hello13();

	c->versions = CODES(0x0304);
	return c;
}

static void protocol_version_is_a_mismatch_whoever_says_it(void **state)
{
	struct story s = begin();

	(void)state;
	assert_best(refused(old_hello(), ALERT_PROTOCOL_VERSION), "version_mismatch", CERTAIN);
	assert_best(refused(only13(), ALERT_PROTOCOL_VERSION), "version_mismatch", CERTAIN);
	says_hello(&s, hello12());
	hears_hello(&s, answer(0x0301, 0xc013));
	fatal(&s, SIDE_CLIENT, ALERT_PROTOCOL_VERSION);
	assert_best(s, "version_mismatch", CERTAIN);
}

static void internal_error_to_tls10_is_openssls_security_level(void **state)
{
	(void)state;
	assert_best(refused(old_hello(), ALERT_INTERNAL_ERROR), "version_mismatch", LIKELY);
	assert_best_is_not(refused(hello12(), ALERT_INTERNAL_ERROR), "version_mismatch");
}

static void handshake_failure_to_tls13_alone_may_be_the_version(void **state)
{
	(void)state;
	assert_best(refused(only13(), ALERT_HANDSHAKE_FAILURE), "version_mismatch", LIKELY);
	assert_best_is_not(refused(hello13(), ALERT_HANDSHAKE_FAILURE), "version_mismatch");
}

/* What every server of its day had was offered, so it is not the suites (rustls, mbedTLS). */
static void handshake_failure_to_an_old_hello_of_usual_suites_is_the_version(void **state)
{
	struct client_hello *usual = hello12(), *rc4 = hello12();

	(void)state;
	usual->legacy_version = rc4->legacy_version = 0x0302;
	usual->suites = CODES(0xc00a, 0xc014, 0xc009, 0xc013, 0x0035, 0x002f, 0x00ff);
	rc4->suites = CODES(0x0004, 0x0005, 0x00ff);
	assert_best(refused(usual, ALERT_HANDSHAKE_FAILURE), "version_mismatch", LIKELY);
	assert_best(refused(rc4, ALERT_HANDSHAKE_FAILURE), "cipher_mismatch", LIKELY);
}

/* One suite that all have and one group that old servers lack: either may be it. */
static void one_suite_and_one_group_single_out_neither(void **state)
{
	struct client_hello *c = hello12();

	(void)state;
	c->suites = CODES(0xc02f, 0x00ff);
	c->groups = CODES(29);
	assert_alternative_after(refused(c, ALERT_HANDSHAKE_FAILURE), NULL, "negotiation_failed", "group_mismatch");
}

/* Of a server that ends at TLS 1.1: which of the two it lacks, the version or the suites, cannot be seen. */
static void handshake_failure_to_suites_of_tls12_may_be_the_version(void **state)
{
	struct client_hello *modern = hello13();

	(void)state;
	modern->suites = CODES(0x1302, 0x1301, 0x1303, 0xc02c, 0xc02b, 0xcca9, 0xc030, 0xc02f, 0xcca8, 0xc027, 0x00ff);
	assert_alternative_after(refused(modern, ALERT_HANDSHAKE_FAILURE), NULL, "negotiation_failed", "version_mismatch");
}

static void other_flows_show_which_versions_a_server_has(void **state)
{
	struct lessons *l = lessons_new(0);
	struct story before = begin();

	(void)state;
	completes12(&before, "good");
	learn(l, before);
	assert_best_after(refused(only13(), ALERT_HANDSHAKE_FAILURE), l, "version_mismatch", LIKELY);
	struct story s = begin();

	says_hello(&s, only13());
	rst(&s, SIDE_SERVER);
	assert_best_after(s, l, "version_mismatch", LIKELY);
	lessons_free(l);
}

static void a_hello_without_tls13_that_passed_speaks_of_intolerance(void **state)
{
	struct lessons *l = lessons_new(0);
	struct story before = begin(), s = begin();

	(void)state;
	completes12(&before, "good");
	learn(l, before);
	says_hello(&s, hello13());
	rst(&s, SIDE_SERVER);
	assert_alternative_after(s, l, "reset_after_client_hello", "version_mismatch");
	lessons_free(l);
}

static void a_downgraded_retry_is_refused_as_such(void **state)
{
	struct client_hello *retry = old_hello();

	(void)state;
	retry->fallback_scsv = true;
	assert_best(refused(retry, ALERT_INAPPROPRIATE_FALLBACK), "fallback_refused", CERTAIN);
	assert_best(refused(hello12(), ALERT_INAPPROPRIATE_FALLBACK), "fallback_refused", CERTAIN);
	assert_best_is_not(refused(old_hello(), ALERT_HANDSHAKE_FAILURE), "fallback_refused");
}

static struct story downgraded(struct client_hello *hello, uint8_t sentinel, uint8_t alert)
{
	struct server_hello *server = answer(0x0303, 0xc02f);
	struct story s = begin();

	server->sentinel = sentinel;
	says_hello(&s, hello);
	hears_hello(&s, server);
	fatal(&s, SIDE_CLIENT, alert);
	return s;
}

/* RFC 8446 4.1.3: TLS 1.3 clients must check the sentinel; to others it is but a random. A hello that
 * a box has cut down before the capture looks like that of such another. */
static void the_sentinel_warns_who_offered_more(void **state)
{
	(void)state;
	assert_best(downgraded(hello13(), 2, ALERT_ILLEGAL_PARAMETER), "downgrade_detected", CERTAIN);
	assert_best_is_not(downgraded(hello12(), 2, ALERT_HANDSHAKE_FAILURE), "downgrade_detected");
	assert_best(downgraded(hello13(), 0, ALERT_ILLEGAL_PARAMETER), "illegal_parameter", LIKELY);
}

/* ---- suites, groups, signatures ---- */

static struct client_hello *with_suites(struct code_list suites)
{
	struct client_hello *c = hello12();

	c->suites = suites;
	return c;
}

static void a_narrow_list_of_suites_is_what_failed(void **state)
{
	(void)state;
	assert_best(refused(with_suites(CODES(0xc0ad, 0x00ff)), ALERT_HANDSHAKE_FAILURE), "cipher_mismatch", LIKELY);
	assert_best(refused(with_suites(CODES(0x0005, 0x0004, 0x000a)), ALERT_HANDSHAKE_FAILURE), "cipher_mismatch", LIKELY);
}

static void a_usual_hello_that_is_refused_has_no_likely_reason(void **state)
{
	struct story s = refused(hello13(), ALERT_HANDSHAKE_FAILURE);
	struct verdict v;
	struct knowledge k = { .tls_expected = true };

	(void)state;
	conclude_story(&s);
	assert_true(diagnose(&k, s.h, &s.ending, &v));
	if (v.diagnosis.confidence == CERTAIN)
		fail_msg("%s is certain", v.diagnosis.code);
	forget(&s);
}

static void other_flows_show_which_suites_a_server_has(void **state)
{
	struct lessons *l = lessons_new(0);
	struct story before = begin();

	(void)state;
	completes12(&before, "good_rsa");
	learn(l, before);
	/* Five suites, none of them 0xc02f: too many to be narrow. */
	assert_best_after(refused(with_suites(CODES(0xc02b, 0xc02c, 0xcca9, 0xc0ac, 0xc0ad)), ALERT_HANDSHAKE_FAILURE), l,
			  "cipher_mismatch", LIKELY);
	lessons_free(l);
}

/* The suites of TLS 1.3 are none that an older client could have been given (RFC 8446 B.4). */
static void what_tls13_clients_are_given_says_nothing_of_older_suites(void **state)
{
	struct lessons *l = lessons_new(0);
	struct story before = begin(), s = refused(hello12(), ALERT_HANDSHAKE_FAILURE);
	struct verdict v;
	struct knowledge k = { .lessons = l, .tls_expected = true };

	(void)state;
	completes13(&before);
	learn(l, before);
	conclude_story(&s);
	assert_true(diagnose(&k, s.h, &s.ending, &v));
	if (!strcmp(v.diagnosis.code, "cipher_mismatch") || !strcmp(v.diagnosis.code, "version_mismatch"))
		assert_int_equal(v.diagnosis.confidence, POSSIBLE);
	forget(&s);
	lessons_free(l);
}

static void a_suite_in_common_acquits_the_suites(void **state)
{
	struct lessons *l = lessons_new(0);
	struct story before = begin();
	struct story s = refused(hello12(), ALERT_HANDSHAKE_FAILURE);
	struct verdict v;
	struct knowledge k = { .lessons = l, .tls_expected = true };

	(void)state;
	completes12(&before, "good");
	learn(l, before);
	conclude_story(&s);
	assert_true(diagnose(&k, s.h, &s.ending, &v));
	if (!strcmp(v.diagnosis.code, "cipher_mismatch"))
		assert_int_equal(v.diagnosis.confidence, POSSIBLE);
	forget(&s);
	lessons_free(l);
}

static void groups_that_nobody_has_are_what_failed(void **state)
{
	struct client_hello *c = hello13(), *jsse = hello13();

	(void)state;
	c->groups = c->key_shares = CODES(30);
	jsse->groups = jsse->key_shares = CODES(30);
	assert_best(refused(c, ALERT_HANDSHAKE_FAILURE), "group_mismatch", LIKELY);
	assert_best(refused(jsse, ALERT_UNEXPECTED_MESSAGE), "group_mismatch", LIKELY);
	assert_best_is_not(refused(hello13(), ALERT_UNEXPECTED_MESSAGE), "group_mismatch");
}

static void other_flows_show_which_groups_a_server_has(void **state)
{
	struct lessons *l = lessons_new(0);
	struct client_hello *c = hello12();
	struct story before = begin();

	(void)state;
	completes12(&before, "good");
	learn(l, before);
	c->groups = CODES(23, 24);
	assert_best_after(refused(c, ALERT_HANDSHAKE_FAILURE), l, "group_mismatch", LIKELY);
	lessons_free(l);
}

static void a_retry_for_a_group_that_breaks_is_about_the_group(void **state)
{
	struct server_hello *retry = answer(0x0304, 0x1301);
	struct story s = begin();

	(void)state;
	retry->is_retry = true;
	retry->group = 24;
	says_hello(&s, hello13());
	hears_hello(&s, retry);
	says_hello(&s, hello13());
	fatal(&s, SIDE_SERVER, ALERT_HANDSHAKE_FAILURE);
	assert_best(s, "group_mismatch", LIKELY);
}

static void signatures_of_one_odd_kind_are_what_failed(void **state)
{
	struct client_hello *c = hello12(), *old = hello12();

	(void)state;
	c->signatures = CODES(0x0807);
	assert_best(refused(c, ALERT_HANDSHAKE_FAILURE), "signature_mismatch", LIKELY);
	old->signatures = CODES(0x0201, 0x0203, 0x0101);
	assert_best(refused(old, ALERT_HANDSHAKE_FAILURE), "signature_mismatch", LIKELY);
}

/* rustls has sent its certificate when it finds that it has no scheme to sign with. */
static void a_flight_broken_off_before_it_is_signed_lacks_a_scheme(void **state)
{
	struct client_hello *narrow = hello13();
	struct story s = begin();

	(void)state;
	narrow->signatures = CODES(0x0804);
	says_hello(&s, narrow);
	hears_hello(&s, answer(0x0304, 0x1302));
	hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 27);
	hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 1019);
	hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 19);
	fin(&s, SIDE_CLIENT);
	hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 19);
	assert_best(s, "signature_mismatch", LIKELY);
}

static void a_key_exchange_signed_otherwise_than_offered(void **state)
{
	struct story s = begin(), fine = begin();

	(void)state;
	says_hello(&s, hello12());
	hears_hello(&s, answer(0x0303, 0xc02f));
	certificates(&s, SIDE_SERVER, "good");
	key_exchange(&s, (struct server_key_exchange){ .group = 29, .signature = 0x0201 });
	fatal(&s, SIDE_CLIENT, ALERT_ILLEGAL_PARAMETER);
	assert_best(s, "signature_mismatch", LIKELY);
	up_to_server_flight12(&fine, "good");
	fatal(&fine, SIDE_CLIENT, ALERT_ILLEGAL_PARAMETER);
	assert_best_is_not(fine, "signature_mismatch");
}

/* ---- what the client refuses in the answer ---- */

static struct story with_prime(uint32_t bits, uint8_t alert)
{
	struct story s = begin();

	says_hello(&s, with_suites(CODES(0xc02f, 0x009e, 0x00ff)));
	hears_hello(&s, answer(0x0303, 0x009e));
	certificates(&s, SIDE_SERVER, "good_rsa");
	key_exchange(&s, (struct server_key_exchange){ .dh_prime_bits = bits, .signature = 0x0804 });
	message(&s, SIDE_SERVER, HS_SERVER_HELLO_DONE);
	fatal(&s, SIDE_CLIENT, alert);
	return s;
}

static void a_small_prime_is_refused_for_its_size(void **state)
{
	(void)state;
	assert_best(with_prime(512, ALERT_HANDSHAKE_FAILURE), "weak_parameters", CERTAIN);
	assert_best(with_prime(1024, ALERT_HANDSHAKE_FAILURE), "weak_parameters", LIKELY);
	assert_best(with_prime(1024, ALERT_INSUFFICIENT_SECURITY), "weak_parameters", CERTAIN);
	assert_best_is_not(with_prime(2048, ALERT_HANDSHAKE_FAILURE), "weak_parameters");
	assert_best_is_not(with_prime(1024, ALERT_UNKNOWN_CA), "weak_parameters");
}

static struct story without_certificate(bool too_long)
{
	struct story s = begin();

	says_hello(&s, hello12());
	hears_hello(&s, answer(0x0303, 0xc02f));
	if (too_long)
		breaks(&s, SIDE_SERVER, BROKEN_MESSAGE_LENGTH, HS_CERTIFICATE);
	key_exchange(&s, (struct server_key_exchange){ .group = 29, .signature = 0x0804 });
	message(&s, SIDE_SERVER, HS_SERVER_HELLO_DONE);
	fin(&s, SIDE_CLIENT);
	return s;
}

static void a_certificate_too_long_to_be_read_was_not_left_out(void **state)
{
	(void)state;
	assert_best(without_certificate(false), "unexpected_message", LIKELY);
	assert_best(without_certificate(true), "malformed_message", LIKELY);
}

static struct story without_renegotiation_info(bool client_asks, uint8_t alert)
{
	struct client_hello *c = hello12();
	struct server_hello *server = answer(0x0303, 0xc02f);
	struct story s = begin();

	c->secure_renegotiation = client_asks;
	server->secure_renegotiation = false;
	says_hello(&s, c);
	hears_hello(&s, server);
	fatal(&s, SIDE_CLIENT, alert);
	return s;
}

static void no_secure_renegotiation_is_refused_with_handshake_failure(void **state)
{
	(void)state;
	assert_best(without_renegotiation_info(true, ALERT_HANDSHAKE_FAILURE), "legacy_renegotiation_refused", LIKELY);
	assert_best_is_not(without_renegotiation_info(false, ALERT_HANDSHAKE_FAILURE), "legacy_renegotiation_refused");
	assert_best_is_not(without_renegotiation_info(true, ALERT_PROTOCOL_VERSION), "legacy_renegotiation_refused");
}

static void a_suite_that_was_not_offered_is_illegal(void **state)
{
	struct story s = begin();

	(void)state;
	says_hello(&s, hello12());
	hears_hello(&s, answer(0x0303, 0x0035));
	fatal(&s, SIDE_CLIENT, ALERT_ILLEGAL_PARAMETER);
	assert_best(s, "illegal_parameter", CERTAIN);
}

static void an_extension_that_was_not_offered_is_unsupported(void **state)
{
	struct server_hello *server = answer(0x0303, 0xc02f);
	struct story s = begin();

	(void)state;
	server->extensions = CODES(65281, 15);
	says_hello(&s, hello12());
	hears_hello(&s, server);
	fatal(&s, SIDE_CLIENT, 110);
	assert_best(s, "unsupported_extension", CERTAIN);
}

/* RFC 8446 9.2 */
static void a_tls13_hello_without_groups_or_signatures_lacks_them(void **state)
{
	struct client_hello *c = hello13(), *unlisted = hello13();

	(void)state;
	c->has_signatures = false;
	assert_best(refused(c, ALERT_MISSING_EXTENSION), "missing_extension", CERTAIN);
	unlisted->key_shares = CODES(30, 29, 256);
	assert_best(refused(unlisted, ALERT_ILLEGAL_PARAMETER), "illegal_parameter", LIKELY);
	assert_best_is_not(refused(hello13(), ALERT_HANDSHAKE_FAILURE), "missing_extension");
}

/* ---- ALPN, PSK, ECH ---- */

static void no_application_protocol_is_said_or_done(void **state)
{
	struct client_hello *c = hello13();
	struct story go = begin(), rustls = begin(), other = begin();

	(void)state;
	offer_alpn(c, "imap");
	assert_best(refused(c, ALERT_NO_APPLICATION_PROTOCOL), "alpn_mismatch", CERTAIN);
	c = hello13();
	offer_alpn(c, "imap");
	says_hello(&go, c);
	hears_hello(&go, answer(0x0304, 0x1301));
	hidden(&go, SIDE_SERVER, CONTENT_APPLICATION_DATA, 19);
	fin(&go, SIDE_SERVER);
	assert_best(go, "alpn_mismatch", LIKELY);
	c = hello13();
	offer_alpn(c, "imap");
	says_hello(&rustls, c);	/* which says goodbye as well */
	hears_hello(&rustls, answer(0x0304, 0x1301));
	hidden(&rustls, SIDE_SERVER, CONTENT_APPLICATION_DATA, 19);
	hidden(&rustls, SIDE_SERVER, CONTENT_APPLICATION_DATA, 19);
	fin(&rustls, SIDE_SERVER);
	assert_best(rustls, "alpn_mismatch", LIKELY);
	says_hello(&other, hello13());	/* without ALPN it is something else */
	hears_hello(&other, answer(0x0304, 0x1301));
	hidden(&other, SIDE_SERVER, CONTENT_APPLICATION_DATA, 19);
	fin(&other, SIDE_SERVER);
	assert_best_is_not(other, "alpn_mismatch");
}

static void a_pre_shared_key_is_unknown_or_differs(void **state)
{
	struct client_hello *c = hello13();

	(void)state;
	assert_best(refused(hello12(), ALERT_UNKNOWN_PSK_IDENTITY), "psk_rejected", CERTAIN);
	c->psk_identities = 1;
	assert_best(refused(c, ALERT_DECRYPT_ERROR), "psk_rejected", LIKELY);
	assert_best_is_not(refused(hello13(), ALERT_DECRYPT_ERROR), "psk_rejected");
}

static void ech_required_names_itself(void **state)
{
	struct story s = begin();

	(void)state;
	up_to_server_flight13(&s);
	fatal(&s, SIDE_CLIENT, ALERT_ECH_REQUIRED);
	assert_best(s, "ech_rejected", CERTAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(protocol_version_is_a_mismatch_whoever_says_it),
		cmocka_unit_test(internal_error_to_tls10_is_openssls_security_level),
		cmocka_unit_test(handshake_failure_to_tls13_alone_may_be_the_version),
		cmocka_unit_test(handshake_failure_to_an_old_hello_of_usual_suites_is_the_version),
		cmocka_unit_test(one_suite_and_one_group_single_out_neither),
		cmocka_unit_test(handshake_failure_to_suites_of_tls12_may_be_the_version),
		cmocka_unit_test(other_flows_show_which_versions_a_server_has),
		cmocka_unit_test(a_hello_without_tls13_that_passed_speaks_of_intolerance),
		cmocka_unit_test(a_downgraded_retry_is_refused_as_such),
		cmocka_unit_test(the_sentinel_warns_who_offered_more),
		cmocka_unit_test(a_narrow_list_of_suites_is_what_failed),
		cmocka_unit_test(a_usual_hello_that_is_refused_has_no_likely_reason),
		cmocka_unit_test(other_flows_show_which_suites_a_server_has),
		cmocka_unit_test(what_tls13_clients_are_given_says_nothing_of_older_suites),
		cmocka_unit_test(a_suite_in_common_acquits_the_suites),
		cmocka_unit_test(groups_that_nobody_has_are_what_failed),
		cmocka_unit_test(other_flows_show_which_groups_a_server_has),
		cmocka_unit_test(a_retry_for_a_group_that_breaks_is_about_the_group),
		cmocka_unit_test(signatures_of_one_odd_kind_are_what_failed),
		cmocka_unit_test(a_flight_broken_off_before_it_is_signed_lacks_a_scheme),
		cmocka_unit_test(a_key_exchange_signed_otherwise_than_offered),
		cmocka_unit_test(a_small_prime_is_refused_for_its_size),
		cmocka_unit_test(a_certificate_too_long_to_be_read_was_not_left_out),
		cmocka_unit_test(no_secure_renegotiation_is_refused_with_handshake_failure),
		cmocka_unit_test(a_suite_that_was_not_offered_is_illegal),
		cmocka_unit_test(an_extension_that_was_not_offered_is_unsupported),
		cmocka_unit_test(a_tls13_hello_without_groups_or_signatures_lacks_them),
		cmocka_unit_test(no_application_protocol_is_said_or_done),
		cmocka_unit_test(a_pre_shared_key_is_unknown_or_differs),
		cmocka_unit_test(ech_required_names_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
