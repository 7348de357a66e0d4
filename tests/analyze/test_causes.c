#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "../../analyze/analyze.h"

/* Every diagnosis code of the contract, in its order. */
static const char *const codes[] = {
	"version_mismatch", "fallback_refused", "downgrade_detected", "cipher_mismatch",
	"group_mismatch", "signature_mismatch", "weak_parameters", "alpn_mismatch",
	"legacy_renegotiation_refused", "psk_rejected", "ech_rejected", "negotiation_failed",
	"cert_expired", "cert_not_yet_valid", "cert_name_mismatch", "cert_self_signed",
	"cert_unknown_ca", "cert_chain_incomplete", "cert_chain_invalid", "cert_revoked",
	"cert_weak", "cert_wrong_purpose", "cert_malformed", "cert_status_invalid",
	"cert_intercepted", "cert_rejected", "client_cert_missing", "client_cert_expired",
	"client_cert_unknown_ca", "client_cert_revoked", "client_cert_rejected",
	"sni_unrecognized", "sni_missing", "plaintext_to_tls_port", "server_not_tls",
	"starttls_refused", "proxy_refused", "connect_refused", "connect_timeout",
	"client_hello_lost", "large_client_hello_lost", "server_silent", "server_flight_lost",
	"reset_after_client_hello", "closed_after_client_hello", "reset_injected",
	"client_abandoned", "server_abandoned", "handshake_timeout", "unexpected_message",
	"malformed_message", "illegal_parameter", "missing_extension", "unsupported_extension",
	"record_corrupted", "crypto_failure", "internal_error", "access_denied",
	"user_canceled", "capture_one_sided", "capture_starts_late", "capture_ends_early",
	"capture_gaps", "capture_truncated",
};

static const char *const findings[] = {
	"weak_version", "weak_cipher", "no_forward_secrecy", "weak_key", "weak_signature",
	"cert_expires_soon", "cert_chain_order", "intercepted", "slow_handshake",
	"retransmissions", "large_client_hello", "hello_retry", "alert_warning", "sslv2_hello",
	"null_or_anonymous_cipher", "heartbeat", "compression", "fails_for_all_clients",
	"fails_for_some_clients", "intermittent", "inconsistent_backends", "version_intolerant",
	"large_client_hello_intolerant", "certificate_changed", "intercepted_for_some",
	"began_at",
};

enum {
	CODES = sizeof(codes) / sizeof(codes[0]),
	FINDINGS = sizeof(findings) / sizeof(findings[0])
};

static void every_code_of_the_contract_has_an_entry_in_its_order(void **state)
{
	size_t count;
	const struct cause *all = causes(&count);

	(void)state;
	assert_true(count == CODES + FINDINGS);
	for (size_t i = 0; i < CODES; i++)
		assert_string_equal(all[i].code, codes[i]);
	for (size_t i = 0; i < FINDINGS; i++)
		assert_string_equal(all[CODES + i].code, findings[i]);
}

static void every_entry_has_all_its_fields(void **state)
{
	size_t count;
	const struct cause *all = causes(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct cause *c = &all[i];
		bool capture = !strncmp(c->code, "capture_", 8);
		if (!c->section || !c->title || !c->meaning || !c->lookalikes || !c->check)
			fail_msg("%s lacks a field", c->code);
		if (!c->fix_client[0] || !c->fix_server[0] || !c->fix_network[0])
			fail_msg("%s lacks a remedy", c->code);
		if (!c->references[0])
			fail_msg("%s lacks a reference", c->code);
		if (i < CODES && !capture && !c->seen_as[0].where)
			fail_msg("%s was never seen by anybody", c->code);
		assert_ptr_equal(cause_of(c->code), c);
	}
}

static void an_unknown_code_has_no_entry(void **state)
{
	(void)state;
	assert_null(cause_of("no_such_code"));
	assert_null(cause_of(""));
	assert_null(cause_of(NULL));
}

static void check_plain(const char *code, const char *text)
{
	for (; text && *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			fail_msg("%s: a byte that not every terminal shows", code);
}

static void all_words_are_plain_ascii(void **state)
{
	size_t count;
	const struct cause *all = causes(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct cause *c = &all[i];
		check_plain(c->code, c->title);
		check_plain(c->code, c->meaning);
		check_plain(c->code, c->lookalikes);
		check_plain(c->code, c->check);
		for (size_t k = 0; k + 1 < CAUSE_LINES; k++) {
			check_plain(c->code, c->fix_client[k]);
			check_plain(c->code, c->fix_server[k]);
			check_plain(c->code, c->fix_network[k]);
			check_plain(c->code, c->references[k]);
		}
		for (size_t k = 0; c->seen_as[k].where; k++)
			check_plain(c->code, c->seen_as[k].text);
	}
}

static bool finds(const char *message, const char *code, size_t within)
{
	const struct cause *found[CODES + FINDINGS];
	size_t count = causes_matching(message, found, within);

	assert_true(count <= within);
	for (size_t i = 0; i < count; i++)
		if (!strcmp(found[i]->code, code))
			return true;
	return false;
}

static void every_message_finds_the_code_that_shows_itself_so(void **state)
{
	size_t count;
	const struct cause *all = causes(&count);

	(void)state;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; all[i].seen_as[k].where; k++)
			if (!finds(all[i].seen_as[k].text, all[i].code, CODES + FINDINGS))
				fail_msg("%s is not found by: %s", all[i].code,
					 all[i].seen_as[k].text);
}

static void a_paste_is_understood_in_spite_of_names_times_and_line_numbers(void **state)
{
	(void)state;
	assert_true(
	    finds("requests.exceptions.SSLError: HTTPSConnectionPool(host='api.example.com', "
		  "port=443): Max retries exceeded with url: / (Caused by SSLError("
		  "SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate "
		  "verify failed: certificate has expired (_ssl.c:1129)')))",
		  "cert_expired", 1));
	assert_true(finds("x509: certificate is valid for a.example, b.example, not c.example",
			  "cert_name_mismatch", 1));
	assert_true(
	    finds("tls: failed to verify certificate: x509: certificate has expired or is not yet "
		  "valid: current time 2024-03-02T10:00:00Z is before 2024-03-03T00:00:00Z",
		  "cert_not_yet_valid", 2));
	assert_true(
	    finds("2024/03/02 10:00:00 [info] 12#12: *7 client sent plain HTTP request to HTTPS "
		  "port while reading client request headers, client: 192.0.2.1",
		  "plaintext_to_tls_port", 1));
	assert_true(
	    finds("curl: (60) SSL certificate problem: unable to get local issuer certificate\n"
		  "More details here: https://curl.se/docs/sslcerts.html",
		  "cert_chain_incomplete", 2));
}

static void case_does_not_matter(void **state)
{
	(void)state;
	assert_true(finds("err_cert_date_invalid", "cert_expired", 2));
	assert_true(finds("NO SHARED CIPHER", "cipher_mismatch", 1));
}

static void a_word_inside_another_is_no_match(void **state)
{
	(void)state;
	assert_false(finds("geofence", "closed_after_client_hello", CODES));
}

static void what_is_about_something_else_finds_nothing(void **state)
{
	const struct cause *found[4];

	(void)state;
	assert_true(causes_matching("", found, 4) == 0);
	assert_true(causes_matching("  \n", found, 4) == 0);
	assert_true(causes_matching("segmentation fault", found, 4) == 0);
}

static void a_very_long_paste_is_cut_and_still_matched(void **state)
{
	enum { LEN = 1 << 20 };
	char *paste = malloc(LEN);
	const char *head = "certificate has expired ";

	(void)state;
	assert_non_null(paste);
	memset(paste, 'x', LEN);
	memcpy(paste, head, strlen(head));
	paste[LEN - 1] = '\0';
	assert_true(finds(paste, "cert_expired", 4));
	free(paste);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_of_the_contract_has_an_entry_in_its_order),
		cmocka_unit_test(every_entry_has_all_its_fields),
		cmocka_unit_test(an_unknown_code_has_no_entry),
		cmocka_unit_test(all_words_are_plain_ascii),
		cmocka_unit_test(every_message_finds_the_code_that_shows_itself_so),
		cmocka_unit_test(a_paste_is_understood_in_spite_of_names_times_and_line_numbers),
		cmocka_unit_test(case_does_not_matter),
		cmocka_unit_test(a_word_inside_another_is_no_match),
		cmocka_unit_test(what_is_about_something_else_finds_nothing),
		cmocka_unit_test(a_very_long_paste_is_cut_and_still_matched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
