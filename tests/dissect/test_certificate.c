/* Certificates as they should be read, and those that nobody should have sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../dissect/certificate.h"
#include "../../dissect/pem.h"
#include "support_der.h"

/* The n-th certificate of a file in tests/chains. */
static struct certificate *from_file(const char *name, int n)
{
	struct file_bytes file, der = { .at = NULL };
	char path[200], problem[200];

	snprintf(path, sizeof(path), "tests/chains/%s.pem", name);
	if (!file_read(path, 1 << 20, &file, problem, sizeof(problem)))
		fail_msg("%s", problem);
	struct reader text = reader_of(file.at, file.len);

	for (int i = 0; i <= n; i++) {
		free(der.at);
		der.at = NULL;
		assert_true(pem_next(&text, "CERTIFICATE", &der));
	}
	uint8_t *exact = malloc(der.len);

	memcpy(exact, der.at, der.len);
	struct certificate *c = certificate_get(NULL, exact, der.len);

	free(exact);
	free(der.at);
	free(file.at);
	return c;
}

static struct certificate *from_recipe(const struct recipe *recipe)
{
	struct made m = make_certificate(recipe);
	uint8_t *exact = made_exact(&m);
	struct certificate *c = certificate_get(NULL, exact, m.len);

	free(exact);
	made_free(&m);
	return c;
}

static void a_usual_leaf_is_read_to_its_last_field(void **state)
{
	struct certificate *c = from_file("good", 0);

	(void)state;
	assert_false(c->malformed);
	assert_int_equal(c->version, 3);
	assert_string_equal(c->subject, "CN=www.example.com, O=Example");
	assert_string_equal(c->issuer, "CN=Test Issuing CA, O=Test Trust");
	assert_string_equal(c->subject_cn, "www.example.com");
	assert_string_equal(c->issuer_o, "Test Trust");
	assert_true(c->not_before == 1704067200);	/* 2024-01-01 */
	assert_true(c->not_after == 1735603200);	/* 2024-12-31 */
	assert_int_equal(c->key, KEY_EC);
	assert_int_equal(c->key_bits, 256);
	assert_string_equal(c->curve, "P-256");
	assert_string_equal(c->signature, "ecdsa-with-SHA256");
	assert_int_equal(c->ca, NO);
	assert_true(c->has_key_usage);
	assert_int_equal(c->key_usage, KU_DIGITAL_SIGNATURE);
	assert_int_equal(c->ext_key_usage, EKU_SERVER_AUTH);
	assert_int_equal(c->san_total, 1);
	assert_string_equal(c->san[0].text, "www.example.com");
	assert_int_equal(c->authority_key_id_len, 20);
	assert_false(c->self_issued);
	certificate_release(c);
}

static void an_intermediate_says_how_long_a_path_it_allows(void **state)
{
	struct certificate *c = from_file("good", 1);

	(void)state;
	assert_int_equal(c->ca, YES);
	assert_int_equal(c->path_length, 0);
	assert_int_equal(c->key_usage, KU_CERT_SIGN | KU_CRL_SIGN);
	certificate_release(c);
}

static void a_root_issued_itself_and_allows_any_path(void **state)
{
	struct certificate *c = from_file("trust/root", 0);

	(void)state;
	assert_true(c->self_issued);
	assert_int_equal(c->path_length, -1);
	certificate_release(c);
}

struct signed_case {
	const char *file;
	enum key_type key;
	uint32_t bits;
	enum signature_check check;
};

static void each_kind_of_key_verifies_what_it_signed(void **state)
{
	static const struct signed_case cases[] = {
		{ "good_rsa", KEY_RSA, 2048, SIGNATURE_GOOD },
		{ "good_rsa_signs_pss", KEY_RSA, 2048, SIGNATURE_GOOD },
		{ "good_pss", KEY_RSA_PSS, 2048, SIGNATURE_GOOD },
		{ "good_p384", KEY_EC, 384, SIGNATURE_GOOD },
		{ "good_p521", KEY_EC, 521, SIGNATURE_GOOD },
		{ "good_secp256k1", KEY_EC, 256, SIGNATURE_GOOD },
		{ "good_brainpool", KEY_EC, 256, SIGNATURE_GOOD },
		{ "good_ed25519", KEY_ED25519, 256, SIGNATURE_GOOD },
		{ "good_ed448", KEY_ED448, 456, SIGNATURE_GOOD },
		{ "weak_intermediate", KEY_RSA, 1024, SIGNATURE_GOOD },
		{ "weak_md5", KEY_RSA, 2048, SIGNATURE_GOOD },
		{ "weak_sha1", KEY_RSA, 2048, SIGNATURE_GOOD },
		/* Beyond what wolfSSL was built for. */
		{ "good_rsa_8192_not_checked", KEY_RSA, 8192, SIGNATURE_NOT_CHECKED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct certificate *leaf = from_file(cases[i].file, 0);
		struct certificate *issuer = from_file(cases[i].file, 1);

		assert_int_equal(issuer->key, cases[i].key);
		assert_int_equal(issuer->key_bits, cases[i].bits);
		if (certificate_check_signature(leaf, issuer) != cases[i].check)
			fail_msg("%s", cases[i].file);
		certificate_release(leaf);
		certificate_release(issuer);
	}
}

static void a_key_of_another_type_never_signed_it(void **state)
{
	struct certificate *leaf = from_file("good_rsa", 0);
	struct certificate *other = from_file("good_ed25519", 1);

	(void)state;
	assert_int_equal(certificate_check_signature(leaf, other), SIGNATURE_BAD);
	certificate_release(leaf);
	certificate_release(other);
}

static void every_flipped_bit_of_a_signed_part_spoils_the_signature(void **state)
{
	struct certificate *issuer = from_file("good", 1), *good = from_file("good", 0);
	uint8_t *copy = malloc(good->der_len);

	(void)state;
	for (uint32_t at = 4; at < good->der_len; at += 7) {
		memcpy(copy, good->der, good->der_len);
		copy[at] ^= 0x10;
		struct certificate *c = certificate_get(NULL, copy, good->der_len);

		assert_int_not_equal(certificate_check_signature(c, issuer), SIGNATURE_GOOD);
		certificate_release(c);
	}
	assert_int_equal(certificate_check_signature(good, issuer), SIGNATURE_GOOD);
	free(copy);
	certificate_release(good);
	certificate_release(issuer);
}

static void a_certificate_cut_anywhere_is_malformed_and_says_where(void **state)
{
	struct certificate *good = from_file("good", 0);

	(void)state;
	for (uint32_t len = 0; len < good->der_len; len++) {
		uint8_t *cut = malloc(len ? len : 1);

		memcpy(cut, good->der, len);
		struct certificate *c = certificate_get(NULL, cut, len);

		assert_true(c->malformed);
		assert_non_null(c->broke_in);
		assert_true(c->broke_at <= len);
		free(cut);
		certificate_release(c);
	}
	certificate_release(good);
}

/* Whatever the bytes, the text stays printable and the walk stays inside. */
static void any_changed_byte_leaves_text_printable(void **state)
{
	struct certificate *good = from_file("good", 0);
	uint8_t *copy = malloc(good->der_len);

	(void)state;
	for (uint32_t at = 0; at < good->der_len; at++) {
		for (int value = 0; value < 256; value += 15) {
			memcpy(copy, good->der, good->der_len);
			copy[at] = (uint8_t)value;
			struct certificate *c = certificate_get(NULL, copy, good->der_len);

			for (const char *t = c->subject; *t; t++)
				assert_in_range(*t, 0x20, 0x7e);
			for (uint16_t i = 0; i < c->san_count; i++)
				for (const char *t = c->san[i].text; *t; t++)
					assert_in_range(*t, 0x20, 0x7e);
			certificate_release(c);
		}
	}
	free(copy);
	certificate_release(good);
}

static void what_was_read_before_the_break_is_kept(void **state)
{
	struct certificate *c = from_file("form_broken_san", 0);

	(void)state;
	assert_true(c->malformed);
	assert_string_equal(c->broke_in, "subjectAltName");
	assert_string_equal(c->subject_cn, "www.example.com");
	assert_true(c->validity_read);
	certificate_release(c);
}

static void bytes_after_the_certificate_make_it_malformed(void **state)
{
	struct certificate *c = from_file("form_trailing_bytes", 0);

	(void)state;
	assert_true(c->malformed);
	assert_int_equal(c->broke_at, c->der_len - 2);
	certificate_release(c);
}

static void control_characters_and_nul_are_escaped(void **state)
{
	static const char name[] = "www.bank.example\0.evil\x1b[2J\r\n";
	struct certificate *c = from_recipe(&(struct recipe){
		.common_name = name, .common_name_len = sizeof(name) - 1 });

	(void)state;
	assert_false(c->malformed);
	assert_string_equal(c->subject_cn, "www.bank.example\\00.evil\\1B[2J\\0D\\0A");
	certificate_release(c);
}

static void what_separates_a_name_is_escaped_in_it_and_not_in_the_cn_alone(void **state)
{
	struct certificate *c = from_recipe(&(struct recipe){
		.common_name = " a, O=b+c\\", .common_name_len = 10 });

	(void)state;
	assert_string_equal(c->subject, "CN=\\ a\\, O=b\\+c\\\\");
	assert_string_equal(c->subject_cn, " a, O=b+c\\\\");
	certificate_release(c);
}

static void names_of_all_string_types_become_utf8_before_they_are_escaped(void **state)
{
	static const struct { uint8_t tag; const char *bytes; size_t len; } cases[] = {
		{ 0x0c, "J\xc3\xbcrg", 5 },			/* UTF8String */
		{ 0x14, "J\xfcrg", 4 },				/* T61String as Latin-1 */
		{ 0x1e, "\0J\0\xfc\0r\0g", 8 },			/* BMPString */
		{ 0x1c, "\0\0\0J\0\0\0\xfc\0\0\0r\0\0\0g", 16 },	/* UniversalString */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct certificate *c = from_recipe(&(struct recipe){
			.common_name = cases[i].bytes, .common_name_len = cases[i].len,
			.name_tag = cases[i].tag });

		assert_string_equal(c->subject_cn, "J\\C3\\BCrg");
		certificate_release(c);
	}
}

static void a_giant_name_is_cut_and_says_so(void **state)
{
	size_t len = 300 * 1000;
	char *name = malloc(len);

	(void)state;
	memset(name, 7, len);
	struct certificate *c = from_recipe(&(struct recipe){
		.common_name = name, .common_name_len = len });

	assert_false(c->malformed);
	assert_true(strlen(c->subject) < 1100);
	assert_string_equal(c->subject + strlen(c->subject) - 6, "\\07...");
	free(name);
	certificate_release(c);
}

static void add_ten_thousand_names(struct made *list)
{
	struct made value = { .at = NULL };
	char name[40];

	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "host%d.example.com", i);
		made_item(&value, 0x82, name, strlen(name));
	}
	made_wrap(&value, 0, 0x30);
	make_extension(list, "551d11", 0, &value);
	made_free(&value);
}

static void of_ten_thousand_names_64_are_kept_and_all_counted(void **state)
{
	struct certificate *c = from_recipe(&(struct recipe){ .extensions = add_ten_thousand_names });

	(void)state;
	assert_false(c->malformed);
	assert_int_equal(c->san_total, 10000);
	assert_int_equal(c->san_count, SAN_KEPT);
	assert_string_equal(c->san[63].text, "host63.example.com");
	certificate_release(c);
}

static void add_names_of_all_kinds(struct made *list)
{
	struct made value = { .at = NULL };

	made_item(&value, 0x82, "a\nb.example", 11);
	made_item(&value, 0x87, "\xc0\x00\x02\x07", 4);
	made_item(&value, 0x87, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	made_item(&value, 0x87, "\1\2\3", 3);
	made_item(&value, 0x81, "me@example.com", 14);
	made_item(&value, 0x86, "https://example.com/", 20);
	made_wrap(&value, 0, 0x30);
	make_extension(list, "551d11", 0, &value);
	made_free(&value);
}

static void alternative_names_become_text_by_their_kind(void **state)
{
	struct certificate *c = from_recipe(&(struct recipe){ .extensions = add_names_of_all_kinds });

	(void)state;
	assert_int_equal(c->san_count, 6);
	assert_string_equal(c->san[0].text, "a\\0Ab.example");
	assert_int_equal(c->san[1].kind, SAN_IP);
	assert_string_equal(c->san[1].text, "192.0.2.7");
	assert_string_equal(c->san[2].text, "2001:db8::1");
	assert_string_equal(c->san[3].text, "010203");
	assert_int_equal(c->san[4].kind, SAN_EMAIL);
	assert_int_equal(c->san[5].kind, SAN_URI);
	certificate_release(c);
}

static void add_one_extension_twice(struct made *list)
{
	struct made value = { .at = NULL };

	made_item(&value, 0x30, "", 0);
	make_extension(list, "551d13", 1, &value);
	make_extension(list, "551d13", 1, &value);
	made_free(&value);
}

static void a_doubled_extension_is_noticed(void **state)
{
	struct certificate *c = from_recipe(&(struct recipe){ .extensions = add_one_extension_twice });

	(void)state;
	assert_true(c->duplicate_extension);
	certificate_release(c);
}

static void add_unknown_critical(struct made *list)
{
	struct made value = { .at = NULL };

	made_item(&value, 0x05, "", 0);
	make_extension(list, "2a030405", 1, &value);
	made_free(&value);
}

static void a_critical_extension_that_nobody_knows_is_named(void **state)
{
	struct certificate *c = from_recipe(&(struct recipe){ .extensions = add_unknown_critical });

	(void)state;
	assert_string_equal(c->unknown_critical, "1.2.3.4.5");
	certificate_release(c);
}

static void serials_are_shown_as_they_are(void **state)
{
	static const struct { const char *bytes; size_t len; const char *text; bool negative; } cases[] = {
		{ "\x01", 1, "01", false },
		{ "\x00\x80", 2, "80", false },
		{ "\xff", 1, "FF", true },
		{ "\x00", 1, "00", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct certificate *c = from_recipe(&(struct recipe){
			.serial = (const uint8_t *)cases[i].bytes, .serial_len = cases[i].len });

		assert_string_equal(c->serial, cases[i].text);
		assert_int_equal(c->serial_negative, cases[i].negative);
		certificate_release(c);
	}
}

static void a_serial_of_a_thousand_octets_is_read(void **state)
{
	uint8_t serial[1000];

	(void)state;
	memset(serial, 0x55, sizeof(serial));
	struct certificate *c = from_recipe(&(struct recipe){ .serial = serial, .serial_len = 1000 });

	assert_false(c->malformed);
	assert_int_equal(c->serial_len, 255);
	certificate_release(c);
}

static void a_date_that_is_none_spoils_the_validity_alone(void **state)
{
	struct certificate *c = from_recipe(&(struct recipe){ .not_after = "301331235959Z" });

	(void)state;
	assert_true(c->malformed);
	assert_string_equal(c->broke_in, "validity");
	assert_false(c->validity_read);
	assert_string_equal(c->subject_cn, "Subject");
	certificate_release(c);
}

static void two_digit_years_turn_over_at_1950(void **state)
{
	struct certificate *c = from_recipe(&(struct recipe){ .not_after = "491231235959Z" });

	(void)state;
	assert_true(c->not_after == 2524607999);	/* 2049-12-31T23:59:59Z */
	certificate_release(c);
	c = from_recipe(&(struct recipe){ .not_after = "500101000000Z" });
	assert_true(c->not_after == -631152000);	/* 1950-01-01 */
	certificate_release(c);
}

static void curve_parameters_of_ones_own_are_called_explicit(void **state)
{
	struct certificate *c = from_file("form_explicit_curve", 0);

	(void)state;
	assert_string_equal(c->curve, "explicit");
	assert_int_equal(c->key_bits, 256);
	certificate_release(c);
}

static void the_cache_gives_one_certificate_for_the_same_bytes(void **state)
{
	struct certificate_cache *cache = certificate_cache_new(0);
	struct certificate *good = from_file("good", 0), *other = from_file("good", 1);
	struct certificate *a = certificate_get(cache, good->der, good->der_len);
	struct certificate *b = certificate_get(cache, good->der, good->der_len);
	struct certificate *c = certificate_get(cache, other->der, other->der_len);

	(void)state;
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	certificate_release(a);
	certificate_release(c);
	certificate_cache_free(cache);
	assert_string_equal(b->subject_cn, "www.example.com");	/* held by us alone now */
	certificate_release(b);
	certificate_release(good);
	certificate_release(other);
}

static void a_small_cache_forgets_the_oldest_and_what_is_held_lives_on(void **state)
{
	struct certificate_cache *cache = certificate_cache_new(1);
	struct certificate *good = from_file("good", 0), *other = from_file("good", 1);
	struct certificate *a = certificate_get(cache, good->der, good->der_len);
	struct certificate *b = certificate_get(cache, other->der, other->der_len);
	struct certificate *again = certificate_get(cache, good->der, good->der_len);

	(void)state;
	assert_ptr_not_equal(a, again);
	assert_string_equal(a->subject, again->subject);
	certificate_release(a);
	certificate_release(b);
	certificate_release(again);
	certificate_release(good);
	certificate_release(other);
	certificate_cache_free(cache);
}

/* Certificates made to end alike must not be taken for one another. */
static void certificates_that_differ_in_one_byte_are_two(void **state)
{
	struct certificate_cache *cache = certificate_cache_new(0);
	struct certificate *good = from_file("good", 0);
	uint8_t *twin = malloc(good->der_len);

	(void)state;
	memcpy(twin, good->der, good->der_len);
	twin[good->der_len / 2] ^= 1;
	for (int i = 0; i < 3; i++) {
		struct certificate *a = certificate_get(cache, good->der, good->der_len);
		struct certificate *b = certificate_get(cache, twin, good->der_len);

		assert_memory_equal(a->der, good->der, good->der_len);
		assert_memory_equal(b->der, twin, good->der_len);
		assert_memory_not_equal(a->sha256, b->sha256, sizeof(a->sha256));
		certificate_release(a);
		certificate_release(b);
	}
	free(twin);
	certificate_release(good);
	certificate_cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_usual_leaf_is_read_to_its_last_field),
		cmocka_unit_test(an_intermediate_says_how_long_a_path_it_allows),
		cmocka_unit_test(a_root_issued_itself_and_allows_any_path),
		cmocka_unit_test(each_kind_of_key_verifies_what_it_signed),
		cmocka_unit_test(a_key_of_another_type_never_signed_it),
		cmocka_unit_test(every_flipped_bit_of_a_signed_part_spoils_the_signature),
		cmocka_unit_test(a_certificate_cut_anywhere_is_malformed_and_says_where),
		cmocka_unit_test(any_changed_byte_leaves_text_printable),
		cmocka_unit_test(what_was_read_before_the_break_is_kept),
		cmocka_unit_test(bytes_after_the_certificate_make_it_malformed),
		cmocka_unit_test(control_characters_and_nul_are_escaped),
		cmocka_unit_test(what_separates_a_name_is_escaped_in_it_and_not_in_the_cn_alone),
		cmocka_unit_test(names_of_all_string_types_become_utf8_before_they_are_escaped),
		cmocka_unit_test(a_giant_name_is_cut_and_says_so),
		cmocka_unit_test(of_ten_thousand_names_64_are_kept_and_all_counted),
		cmocka_unit_test(alternative_names_become_text_by_their_kind),
		cmocka_unit_test(a_doubled_extension_is_noticed),
		cmocka_unit_test(a_critical_extension_that_nobody_knows_is_named),
		cmocka_unit_test(serials_are_shown_as_they_are),
		cmocka_unit_test(a_serial_of_a_thousand_octets_is_read),
		cmocka_unit_test(a_date_that_is_none_spoils_the_validity_alone),
		cmocka_unit_test(two_digit_years_turn_over_at_1950),
		cmocka_unit_test(curve_parameters_of_ones_own_are_called_explicit),
		cmocka_unit_test(the_cache_gives_one_certificate_for_the_same_bytes),
		cmocka_unit_test(certificates_that_differ_in_one_byte_are_two),
		cmocka_unit_test(a_small_cache_forgets_the_oldest_and_what_is_held_lives_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
