#include "support.h"

#include <time.h>

#include "../../report/format.h"

static void dates_are_those_of_the_c_library(void **state)
{
	static const int64_t odd[] = { -62167219200, -1, 0, 951782399, 951782400, 951868800,
				       4107542399, 4107542400, 253402300799 };
	int64_t at = -62167219200;

	(void)state;
	for (int i = 0; i < 20000; i++, at += i < 9 ? 0 : 15778463081 / 1000 * 997) {
		int64_t when = i < 9 ? odd[i] : at;
		char ours[TIME_TEXT], theirs[TIME_TEXT];
		struct tm tm;
		time_t seconds = (time_t)when;
		if (when > 253402300799)
			break;
		assert_non_null(gmtime_r(&seconds, &tm));
		snprintf(theirs, sizeof(theirs), "%04d-%02d-%02dT%02d:%02d:%02dZ",
			 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
			 tm.tm_sec);
		assert_true(seconds_text(when, ours));
		assert_string_equal(ours, theirs);
	}
}

static void every_day_of_four_centuries_is_right(void **state)
{
	(void)state;
	for (int64_t day = 0; day < 146097; day++) {
		char ours[TIME_TEXT], theirs[TIME_TEXT];
		struct tm tm;
		time_t seconds = (time_t)(day * 86400 - 5000000000);
		gmtime_r(&seconds, &tm);
		strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%SZ", &tm);
		assert_true(seconds_text(seconds, ours));
		assert_string_equal(ours, theirs);
	}
}

static void a_time_beyond_the_calendar_has_no_text(void **state)
{
	char text[TIME_TEXT];

	(void)state;
	assert_false(seconds_text(253402300800, text));
	assert_string_equal(text, "");
	assert_false(seconds_text(-62167219201, text));
	assert_false(seconds_text(INT64_MAX, text));
	assert_false(seconds_text(INT64_MIN, text));
	assert_true(time_text(INT64_MAX, text));
	assert_true(time_text(INT64_MIN, text));
}

static void fractions_have_six_digits_or_nine(void **state)
{
	char text[TIME_TEXT];

	(void)state;
	assert_true(time_text(1000, text));
	assert_string_equal(text, "1970-01-01T00:00:00.000001Z");
	assert_true(time_text(1001, text));
	assert_string_equal(text, "1970-01-01T00:00:00.000001001Z");
	assert_true(time_text(-1, text));
	assert_string_equal(text, "1969-12-31T23:59:59.999999999Z");
}

static void spans_use_the_unit_that_people_would(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} spans[] = {
	    { 0, "0 us" },
	    { 850000, "850 us" },
	    { 12300000, "12.3 ms" },
	    { 281000000, "281 ms" },
	    { 4200000000, "4.20 s" },
	    { -1200000000, "-1.20 s" },
	    { 200000000000, "3 min 20 s" },
	    { 7260000000000, "2 h 1 min" },
	    { 864000000000000, "10 days" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		char text[SPAN_TEXT];
		span_text(spans[i].ns, text);
		assert_string_equal(text, spans[i].text);
	}
}

static void addresses_are_written_with_their_port(void **state)
{
	struct address v4 = { { 192, 0, 2, 1 }, 4, 443 };
	struct address v6 = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 }, 16, 8443 };
	char text[PEER_TEXT];

	(void)state;
	peer_text(&v4, text);
	assert_string_equal(text, "192.0.2.1:443");
	peer_text(&v6, text);
	assert_string_equal(text, "[2001:db8::1]:8443");
}

static void text_ends_at_a_character_when_the_room_does(void **state)
{
	char text[6];

	(void)state;
	assert_true(printable("abcd\xc3\xa9", 6, AS_UTF8, text, sizeof(text)) == 4);
	assert_string_equal(text, "abcd");
	assert_true(printable("ab\x01", 3, AS_ASCII, text, sizeof(text)) == 2);
	assert_string_equal(text, "ab");
	assert_true(printable("abc", 3, AS_ASCII, text, 0) == 0);
	assert_true(printable("abcdefgh", 8, AS_UTF8, text, sizeof(text)) == 5);
	assert_string_equal(text, "abcde");
	assert_true(printable("a\0b", 3, AS_UTF8, text, sizeof(text)) == 5);
	assert_string_equal(text, "a\\x00");
}

static void only_a_key_of_ones_own_makes_a_certificate_self_signed(void **state)
{
	static const uint8_t one[] = { 1, 2 }, two[] = { 1, 3 };
	struct certificate c = { .self_issued = true };

	(void)state;
	assert_true(is_self_signed(&c));
	c.authority_key_id = one, c.authority_key_id_len = 2;
	c.subject_key_id = two, c.subject_key_id_len = 2;
	assert_false(is_self_signed(&c));
	c.subject_key_id = one;
	assert_true(is_self_signed(&c));
	c.self_issued = false;
	assert_false(is_self_signed(&c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_those_of_the_c_library),
		cmocka_unit_test(every_day_of_four_centuries_is_right),
		cmocka_unit_test(a_time_beyond_the_calendar_has_no_text),
		cmocka_unit_test(fractions_have_six_digits_or_nine),
		cmocka_unit_test(spans_use_the_unit_that_people_would),
		cmocka_unit_test(addresses_are_written_with_their_port),
		cmocka_unit_test(text_ends_at_a_character_when_the_room_does),
		cmocka_unit_test(only_a_key_of_ones_own_makes_a_certificate_self_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
