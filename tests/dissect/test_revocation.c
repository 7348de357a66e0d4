/* Stapled OCSP responses and CRL files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../dissect/certificate.h"
#include "../../dissect/pem.h"

static struct certificate *nth_of(const char *name, int n)
{
	struct file_bytes file, der = { .at = NULL };
	char path[200], problem[200];

	snprintf(path, sizeof(path), "tests/chains/%s.pem", name);
	assert_true(file_read(path, 1 << 20, &file, problem, sizeof(problem)));
	struct reader text = reader_of(file.at, file.len);

	for (int i = 0; i <= n; i++) {
		free(der.at);
		der.at = NULL;
		assert_true(pem_next(&text, "CERTIFICATE", &der));
	}
	struct certificate *c = certificate_get(NULL, der.at, der.len);

	free(der.at);
	free(file.at);
	return c;
}

/* The response's bytes, in an allocation of exactly their size. */
static struct file_bytes response_of(const char *name)
{
	struct file_bytes file, exact;
	char path[200], problem[200];

	snprintf(path, sizeof(path), "tests/chains/trust/ocsp_%s.der", name);
	assert_true(file_read(path, 1 << 20, &file, problem, sizeof(problem)));
	exact = (struct file_bytes){ .at = malloc(file.len), .len = file.len };
	memcpy(exact.at, file.at, file.len);
	free(file.at);
	return exact;
}

static struct ocsp_staple *staple_of(const char *name)
{
	struct file_bytes response = response_of(name);
	struct ocsp_staple *s = ocsp_parse(response.at, response.len);

	free(response.at);
	return s;
}

static void a_good_response_tells_status_dates_and_serial(void **state)
{
	struct ocsp_staple *s = staple_of("good");
	struct certificate *leaf = nth_of("good", 0);

	(void)state;
	assert_int_equal(s->status, OCSP_GOOD);
	assert_int_equal(s->response_status, 0);
	assert_string_equal(s->serial, leaf->serial);
	assert_true(s->this_update > 1700000000);
	assert_true(s->next_update - s->this_update == 7 * 86400);
	certificate_release(leaf);
	free(s);
}

static void a_revoked_one_says_since_when(void **state)
{
	struct ocsp_staple *s = staple_of("revoked");

	(void)state;
	assert_int_equal(s->status, OCSP_REVOKED);
	assert_true(s->revoked_at == 1709251200);	/* 2024-03-01 */
	free(s);
}

static void a_responder_may_not_know_or_not_answer(void **state)
{
	struct ocsp_staple *unknown = staple_of("unknown"), *later = staple_of("try_later");

	(void)state;
	assert_int_equal(unknown->status, OCSP_UNKNOWN);
	assert_int_equal(later->status, OCSP_NOT_SUCCESSFUL);
	assert_int_equal(later->response_status, 3);	/* tryLater */
	free(unknown);
	free(later);
}

static void the_issuer_or_its_delegate_may_sign_and_nobody_else(void **state)
{
	static const struct { const char *name; enum signature_check check; } cases[] = {
		{ "good", SIGNATURE_GOOD }, { "delegate", SIGNATURE_GOOD }, { "stranger", SIGNATURE_BAD },
		{ "try_later", SIGNATURE_NOT_CHECKED },
	};
	struct certificate *issuer = nth_of("good", 1);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ocsp_staple *s = staple_of(cases[i].name);

		if (ocsp_check(s, issuer) != cases[i].check)
			fail_msg("%s", cases[i].name);
		free(s);
	}
	certificate_release(issuer);
}

static void a_response_cut_anywhere_is_never_good(void **state)
{
	struct file_bytes whole = response_of("delegate");
	struct certificate *issuer = nth_of("good", 1);

	(void)state;
	for (size_t len = 0; len < whole.len; len++) {
		uint8_t *cut = malloc(len ? len : 1);

		memcpy(cut, whole.at, len);
		struct ocsp_staple *s = ocsp_parse(cut, len);

		assert_int_equal(s->status, OCSP_UNREADABLE);
		assert_int_equal(ocsp_check(s, issuer), SIGNATURE_NOT_CHECKED);
		free(s);
		free(cut);
	}
	certificate_release(issuer);
	free(whole.at);
}

static void a_changed_status_is_no_longer_signed(void **state)
{
	struct file_bytes response = response_of("good");
	struct certificate *issuer = nth_of("good", 1);
	size_t spoiled = 0;

	(void)state;
	for (size_t at = 0; at < response.len; at++) {
		response.at[at] ^= 1;
		struct ocsp_staple *s = ocsp_parse(response.at, response.len);

		/* Read as good, revoked or unknown, it must not be believed. */
		if (s->status <= OCSP_UNKNOWN && ocsp_check(s, issuer) == SIGNATURE_BAD)
			spoiled++;
		assert_false(s->status == OCSP_UNKNOWN && ocsp_check(s, issuer) == SIGNATURE_GOOD);
		free(s);
		response.at[at] ^= 1;
	}
	assert_true(spoiled > 100);
	certificate_release(issuer);
	free(response.at);
}

static void a_crl_lists_what_its_issuer_revoked(void **state)
{
	char problem[200];
	struct crl_set *crls = crl_open("tests/chains/trust/inter.crl", problem, sizeof(problem));
	struct certificate *revoked = nth_of("status_revoked", 0), *good = nth_of("good", 0);
	int64_t at = 0;

	(void)state;
	assert_non_null(crls);
	assert_true(crl_lists(crls, revoked, &at));
	assert_true(at == 1709251200);
	assert_false(crl_lists(crls, good, &at));
	assert_false(crl_lists(NULL, revoked, &at));
	certificate_release(revoked);
	certificate_release(good);
	crl_free(crls);
}

static void the_same_serial_of_another_issuer_is_not_meant(void **state)
{
	char problem[200];
	struct crl_set *crls = crl_open("tests/chains/trust/inter.crl", problem, sizeof(problem));
	struct certificate *revoked = nth_of("status_revoked", 0), *other = nth_of("good_deep", 0);
	struct certificate forged = *revoked;
	int64_t at;

	(void)state;
	forged.issuer_der = other->issuer_der;
	forged.issuer_der_len = other->issuer_der_len;
	assert_false(crl_lists(crls, &forged, &at));
	certificate_release(revoked);
	certificate_release(other);
	crl_free(crls);
}

static void a_file_without_a_crl_is_a_problem_in_words(void **state)
{
	char problem[200] = "";

	(void)state;
	assert_null(crl_open("tests/chains/trust/root.pem", problem, sizeof(problem)));
	assert_non_null(strstr(problem, "no CRL"));
	assert_null(crl_open("tests/chains/no-such-file", problem, sizeof(problem)));
	assert_non_null(strstr(problem, "No such file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_response_tells_status_dates_and_serial),
		cmocka_unit_test(a_revoked_one_says_since_when),
		cmocka_unit_test(a_responder_may_not_know_or_not_answer),
		cmocka_unit_test(the_issuer_or_its_delegate_may_sign_and_nobody_else),
		cmocka_unit_test(a_response_cut_anywhere_is_never_good),
		cmocka_unit_test(a_changed_status_is_no_longer_signed),
		cmocka_unit_test(a_crl_lists_what_its_issuer_revoked),
		cmocka_unit_test(the_same_serial_of_another_issuer_is_not_meant),
		cmocka_unit_test(a_file_without_a_crl_is_a_problem_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
