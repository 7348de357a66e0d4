#include "support.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "../../report/json_line.h"

static const struct report_options plain = { .columns = 80 };

/* The one record that a verdict makes; `text` of *c is freed by the caller. */
static json_t *record_of(struct caught *c, const struct verdict *v, const struct report_options *o)
{
	catch_report(c, report_json_new, o);
	assert_true(c->report->verdict(c->report, v));
	catch_end(c);
	return json_loads(c->text, 0, NULL);
}

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(text);
	return text;
}

static void a_failed_handshake_is_one_line_with_its_diagnosis(void **state)
{
	struct example *e = example_new();
	struct caught c;
	json_t *r = record_of(&c, &e->verdict, &plain);

	(void)state;
	assert_non_null(r);
	assert_true(count_of("\n", c.text) == 1);
	assert_string_equal(text_at(r, "schema"), "tlswhy/1");
	assert_string_equal(text_at(r, "type"), "handshake");
	assert_string_equal(text_at(r, "time"), "2024-03-02T10:00:00.000000Z");
	assert_string_equal(text_at(r, "outcome"), "failed");
	assert_string_equal(text_at(r, "reached"), "certificate");
	assert_true(json_number_value(json_object_get(r, "duration_ms")) == 31.0);
	assert_true(json_integer_value(json_object_get(r, "tcp_stream")) == 3);
	json_t *d = json_object_get(r, "diagnosis");
	assert_string_equal(text_at(d, "code"), "cert_expired");
	assert_string_equal(text_at(d, "confidence"), "certain");
	assert_string_equal(text_at(d, "aborted_by"), "client");
	assert_string_equal(text_at(d, "fix_at"), "server");
	assert_true(json_array_size(json_object_get(d, "evidence")) == 2);
	json_decref(r);
	free(c.text);
	example_free(e);
}

static void remedies_of_the_diagnosis_come_before_those_of_the_cause(void **state)
{
	struct example *e = example_new();
	struct caught c;
	json_t *r = record_of(&c, &e->verdict, &plain);
	json_t *remedies = json_object_get(json_object_get(r, "diagnosis"), "remedies");
	const struct cause *cause = cause_of("cert_expired");

	(void)state;
	assert_string_equal(json_string_value(json_array_get(remedies, 0)),
			    "Renew the certificate on 198.51.100.7.");
	assert_string_equal(json_string_value(json_array_get(remedies, 1)), cause->fix_server[0]);
	json_decref(r);
	free(c.text);
	example_free(e);
}

static void iana_names_are_used_and_grease_is_left_out(void **state)
{
	struct example *e = example_new();
	struct caught c;
	json_t *r = record_of(&c, &e->verdict, &plain);
	json_t *tls = json_object_get(r, "tls");

	(void)state;
	assert_string_equal(text_at(tls, "version"), "TLSv1.2");
	assert_string_equal(text_at(tls, "cipher"), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
	assert_true(json_array_size(json_object_get(tls, "offered_ciphers")) == 2);
	assert_true(json_array_size(json_object_get(tls, "offered_versions")) == 2);
	json_decref(r);
	free(c.text);
	example_free(e);
}

static void a_number_without_a_name_is_shown_as_hex(void **state)
{
	struct example *e = example_new();
	e->handshake.suite = 0xfe00;
	struct caught c;
	json_t *r = record_of(&c, &e->verdict, &plain);

	(void)state;
	assert_string_equal(text_at(json_object_get(r, "tls"), "cipher"), "0xFE00");
	json_decref(r);
	free(c.text);
	example_free(e);
}

static void a_retry_says_which_it_is_and_how_the_last_one_ended(void **state)
{
	struct example *e = example_new();
	e->verdict.incident = 5;
	e->verdict.retry = (struct retry){ 2, 3, OUTCOME_COMPLETED, INT64_C(1900000000) };
	struct caught c;
	json_t *r = record_of(&c, &e->verdict, &plain);
	json_t *retry = json_object_get(r, "retry");

	(void)state;
	assert_int_equal(json_integer_value(json_object_get(retry, "attempt")), 2);
	assert_int_equal(json_integer_value(json_object_get(retry, "attempts")), 3);
	assert_string_equal(text_at(retry, "outcome"), "completed");
	assert_true(json_number_value(json_object_get(retry, "span_ms")) == 1900);
	json_decref(r);
	free(c.text);
	example_free(e);
}

static void absent_facts_are_left_out_and_nothing_is_null(void **state)
{
	struct example *e = example_new();
	e->handshake.certificates = NULL;
	e->handshake.version = 0;
	e->handshake.suite = 0;
	e->handshake.hello = NULL;
	struct caught c;
	json_t *r = record_of(&c, &e->verdict, &plain);

	(void)state;
	assert_null(json_object_get(r, "certificates"));
	assert_null(json_object_get(r, "tls"));
	assert_null(json_object_get(r, "client_certificates"));
	assert_null(json_object_get(json_object_get(r, "flow"), "vlan"));
	assert_null(json_object_get(r, "incident"));
	assert_null(json_object_get(r, "retry"));
	assert_true(count_of("null", c.text) == 0);
	json_decref(r);
	free(c.text);
	example_free(e);
}

static void an_encrypted_alert_has_neither_level_nor_code_nor_name(void **state)
{
	struct example *e = example_new();
	struct caught c;
	json_t *r = record_of(&c, &e->verdict, &plain);
	json_t *alerts = json_object_get(r, "alerts");
	json_t *clear = json_array_get(alerts, 0), *hidden = json_array_get(alerts, 1);

	(void)state;
	assert_string_equal(text_at(clear, "name"), "certificate_expired");
	assert_string_equal(text_at(clear, "level"), "fatal");
	assert_true(json_is_false(json_object_get(clear, "encrypted")));
	assert_true(json_is_true(json_object_get(hidden, "encrypted")));
	assert_null(json_object_get(hidden, "level"));
	assert_null(json_object_get(hidden, "code"));
	assert_null(json_object_get(hidden, "name"));
	json_decref(r);
	free(c.text);
	example_free(e);
}

static void a_completed_handshake_has_no_diagnosis(void **state)
{
	struct example *e = example_new();
	e->verdict.outcome = OUTCOME_COMPLETED;
	struct caught c;
	json_t *r = record_of(&c, &e->verdict, &plain);

	(void)state;
	assert_string_equal(text_at(r, "outcome"), "completed");
	assert_null(json_object_get(r, "diagnosis"));
	json_decref(r);
	free(c.text);
	example_free(e);
}

static void failed_only_leaves_out_what_completed(void **state)
{
	const struct report_options failed_only = { .columns = 80, .failed_only = true };
	struct example *e = example_new();
	e->verdict.outcome = OUTCOME_COMPLETED;
	struct caught c;
	catch_report(&c, report_json_new, &failed_only);

	(void)state;
	assert_true(c.report->verdict(c.report, &e->verdict));
	e->verdict.outcome = OUTCOME_INCONCLUSIVE;
	assert_true(c.report->verdict(c.report, &e->verdict));
	catch_end(&c);
	assert_true(count_of("\n", c.text) == 1);
	assert_true(count_of("\"inconclusive\"", c.text) == 1);
	free(c.text);
	example_free(e);
}

static void nanoseconds_are_kept_where_the_capture_has_them(void **state)
{
	struct example *e = example_new();
	e->flow.first.time += 7;
	struct caught c;
	json_t *r = record_of(&c, &e->verdict, &plain);

	(void)state;
	assert_string_equal(text_at(r, "time"), "2024-03-02T10:00:00.000000007Z");
	json_decref(r);
	free(c.text);
	example_free(e);
}

/* Names and file names with everything that could hurt a terminal, a log or a parser. */
static void hostile_names_stay_valid_json_without_raw_control_characters(void **state)
{
	static const char hostile[] =
	    "a\x1b[31m\"\\\n\xff\xc3\xa9\xe2\x80\xae\xc0\x80\xed\xa0\x80\x7f\xc2\x9b";
	struct example *e = example_new();
	char *exact = malloc(sizeof(hostile) - 1);

	(void)state;
	assert_non_null(exact);
	memcpy(exact, hostile, sizeof(hostile) - 1);
	e->hello.server_name = (struct text){ exact, sizeof(hostile) - 1 };
	e->names[0].text = hostile;
	snprintf(e->verdict.diagnosis.summary, TEXT_MAX, "%s", hostile);
	e->handshake.file = hostile;
	struct caught c;
	json_t *r = record_of(&c, &e->verdict, &plain);
	assert_non_null(r);
	assert_string_equal(
	    text_at(json_object_get(r, "tls"), "sni"),
	    "a\\x1b["
	    "31m\"\\\\x0a\\xff\xc3\xa9\\xe2\\x80\\xae\\xc0\\x80\\xed\\xa0\\x80\\x7f\\xc2\\x9b");
	for (const char *at = c.text; *at; at++)
		assert_true(*at == '\n' ? !at[1] : (unsigned char)*at >= 0x20 && *at != 0x7f);
	json_decref(r);
	free(c.text);
	free(exact);
	example_free(e);
}

static void endpoints_and_summaries_count_by_outcome_and_code(void **state)
{
	struct endpoint endpoint = {
	    .server = {{198, 51, 100, 7 }, 4, 443 },
	    .sni = "shop.example.com",
	    .completed = 3,
	    .failed = 2,
	    .clients = 4,
	    .clients_affected = 2,
	    .codes = {{"cert_expired", 2}},
	    .code_count = 1,
	    .findings = {{"began_at", SEVERITY_WARN, "since 10:00"}},
	    .finding_count = 1,
	};
	struct summary summary = {
		.files = 1, .packets = 20, .completed = 3, .failed = 2, .dropped_kernel = 7,
		.codes = { { "cert_expired", 2 } }, .code_count = 1, .seconds = 0.5,
	};
	struct caught c;
	catch_report(&c, report_json_new, &plain);

	(void)state;
	assert_true(c.report->endpoint(c.report, &endpoint));
	assert_true(c.report->summary(c.report, &summary));
	catch_end(&c);
	json_t *first = json_loads(c.text, JSON_DISABLE_EOF_CHECK, NULL);
	json_t *second = json_loads(strchr(c.text, '\n') + 1, 0, NULL);
	assert_string_equal(text_at(first, "type"), "endpoint");
	assert_string_equal(text_at(second, "type"), "summary");
	assert_true(json_integer_value(
			json_object_get(json_object_get(first, "codes"), "cert_expired")) == 2);
	assert_true(json_integer_value(
			json_object_get(json_object_get(second, "outcomes"), "failed")) == 2);
	assert_true(
	    json_integer_value(json_object_get(json_object_get(second, "dropped"), "kernel")) == 7);
	assert_true(json_integer_value(json_object_get(first, "clients_affected")) == 2);
	json_decref(first);
	json_decref(second);
	free(c.text);
}

static json_t *read_line(const struct json_line *line)
{
	assert_true(line->text[line->len - 1] == '\n');
	return json_loadb(line->text, line->len, JSON_REJECT_DUPLICATES, NULL);
}

static void every_string_reads_back_as_it_was(void **state)
{
	static const char *const texts[] = {
		"", "x", "q\"b\\n", "\n\t\001\037", "\177", "\303\251", "{", "[", "ends in [", ",", "\"",
	};
	struct json_line line = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		line_begin(&line);
		line_string(&line, "a", texts[i], strlen(texts[i]));
		line_open_array(&line, "b");
		line_string(&line, NULL, texts[i], strlen(texts[i]));
		line_string(&line, NULL, texts[i], strlen(texts[i]));
		line_close_array(&line);
		line_end(&line);
		json_t *read = read_line(&line);
		assert_non_null(read);
		assert_string_equal(text_at(read, "a"), texts[i]);
		assert_int_equal(json_array_size(json_object_get(read, "b")), 2);
		assert_string_equal(json_string_value(json_array_get(json_object_get(read, "b"), 1)), texts[i]);
		json_decref(read);
	}
	free(line.text);
}

static void a_byte_to_be_escaped_is_found_wherever_it_stands(void **state)
{
	static const char special[] = { 0x01, 0x1f, ' ', '!', '"', '#', '[', '\\', ']', 0x7f };
	struct json_line line = { 0 };

	(void)state;
	for (size_t at = 0; at < 20; at++) {
		for (size_t i = 0; i < sizeof(special); i++) {
			char text[] = "aaaaaaaaaaaaaaaaaaaa";

			text[at] = special[i];
			line_begin(&line);
			line_string(&line, "a", text, strlen(text));
			line_end(&line);
			json_t *read = json_loadb(line.text, line.len, 0, NULL);
			assert_non_null(read);
			assert_string_equal(json_string_value(json_object_get(read, "a")), text);
			json_decref(read);
		}
	}
	free(line.text);
}

static void every_number_reads_back_as_it_was(void **state)
{
	static const int64_t numbers[] = { 0, 1, -1, 10, INT64_MAX, INT64_MIN };
	struct json_line line = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		line_begin(&line);
		line_integer(&line, "a", numbers[i]);
		line_real(&line, "b", (double)numbers[i] / 4);
		line_bool(&line, "c", numbers[i] > 0);
		line_end(&line);
		json_t *read = read_line(&line);
		assert_non_null(read);
		assert_true(json_integer_value(json_object_get(read, "a")) == numbers[i]);
		double quarter = json_number_value(json_object_get(read, "b"));
		assert_true(fabs(quarter - (double)numbers[i] / 4) <= fabs(quarter) * 1e-11);
		assert_true(json_boolean_value(json_object_get(read, "c")) == (numbers[i] > 0));
		json_decref(read);
	}
	free(line.text);
}

static void what_stayed_empty_is_dropped_or_told_as_asked(void **state)
{
	struct json_line line = { 0 };
	line_place outer, inner;

	(void)state;
	line_begin(&line);
	outer = line_open_object(&line, "dropped");
	inner = line_open_array(&line, "with it");
	line_close_array_or_drop(&line, inner);
	line_close_object_or_drop(&line, outer);
	line_open_array(&line, "told");
	line_close_array(&line);
	outer = line_open_array(&line, "full");
	line_open_object(&line, NULL);
	line_close_object(&line);
	line_close_array_or_drop(&line, outer);
	line_end(&line);
	line.text[line.len - 1] = '\0';
	assert_string_equal(line.text, "{\"told\":[],\"full\":[{}]}");
	free(line.text);
}

static void a_full_disk_is_told_to_the_caller(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct example *e = example_new();

	(void)state;
	if (!full)
		skip();
	const struct report_options options = { .out = full, .columns = 80 };
	struct report *r = report_json_new(&options);
	assert_non_null(r);
	assert_false(r->verdict(r, &e->verdict));
	r->close(r);
	fclose(full);
	example_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_handshake_is_one_line_with_its_diagnosis),
		cmocka_unit_test(remedies_of_the_diagnosis_come_before_those_of_the_cause),
		cmocka_unit_test(iana_names_are_used_and_grease_is_left_out),
		cmocka_unit_test(a_number_without_a_name_is_shown_as_hex),
		cmocka_unit_test(a_retry_says_which_it_is_and_how_the_last_one_ended),
		cmocka_unit_test(absent_facts_are_left_out_and_nothing_is_null),
		cmocka_unit_test(an_encrypted_alert_has_neither_level_nor_code_nor_name),
		cmocka_unit_test(a_completed_handshake_has_no_diagnosis),
		cmocka_unit_test(failed_only_leaves_out_what_completed),
		cmocka_unit_test(nanoseconds_are_kept_where_the_capture_has_them),
		cmocka_unit_test(hostile_names_stay_valid_json_without_raw_control_characters),
		cmocka_unit_test(endpoints_and_summaries_count_by_outcome_and_code),
		cmocka_unit_test(every_string_reads_back_as_it_was),
		cmocka_unit_test(a_byte_to_be_escaped_is_found_wherever_it_stands),
		cmocka_unit_test(every_number_reads_back_as_it_was),
		cmocka_unit_test(what_stayed_empty_is_dropped_or_told_as_asked),
		cmocka_unit_test(a_full_disk_is_told_to_the_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
