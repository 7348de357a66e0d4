#include "support.h"

#include <stdlib.h>

#include "../../report/tell.h"

static const struct report_options plain = { .columns = 80 };

/* What the report says of these verdicts and their summary. */
static char *told(const struct verdict *v, size_t times, const struct summary *s,
		  const struct report_options *options)
{
	struct caught c;

	catch_report(&c, report_text_new, options);
	for (size_t i = 0; i < times; i++)
		assert_true(c.report->verdict(c.report, v));
	if (s)
		assert_true(c.report->summary(c.report, s));
	catch_end(&c);
	return c.text;
}

static void a_failure_says_who_what_why_and_what_to_do(void **state)
{
	struct example *e = example_new();
	char *text = told(&e->verdict, 1, NULL, &plain);

	(void)state;
	assert_non_null(strstr(text, "192.0.2.10:51666 -> 198.51.100.7:443 (shop.example.com)"));
	assert_non_null(
	    strstr(text, "The server's certificate has expired (cert_expired; certain)"));
	assert_non_null(strstr(text, "frame 16  20.1 ms  Certificate of shop.example.com"));
	assert_non_null(
	    strstr(text, "What to do, at the server:\n  - Renew the certificate on 198."));
	assert_non_null(strstr(text, "cert_revoked (possible)"));
	assert_non_null(strstr(text, "ERR_CERT_DATE_INVALID"));
	free(text);
	example_free(e);
}

static void no_line_is_longer_than_the_terminal(void **state)
{
	static const int widths[] = { 80, 100, 132 };
	struct example *e = example_new();
	struct summary s = { .failed = 1, .missing_bytes = 4096, .codes = { { "cert_expired", 1 } },
			     .code_count = 1 };

	(void)state;
	memset(e->verdict.diagnosis.evidence[0].text, 'x', 300);	/* a word without end */
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		const struct report_options options = { .columns = widths[i] };
		char *text = told(&e->verdict, 2, &s, &options);
		assert_true(longest_line(text) <= (size_t)widths[i]);
		free(text);
	}
	example_free(e);
}

static void a_narrow_terminal_is_taken_for_one_of_80_columns(void **state)
{
	const struct report_options narrow = { .columns = 20 };
	struct example *e = example_new();
	char *text = told(&e->verdict, 1, NULL, &narrow),
	     *wide = told(&e->verdict, 1, NULL, &plain);

	(void)state;
	assert_string_equal(text, wide);
	free(text);
	free(wide);
	example_free(e);
}

static void equal_failures_are_told_once_and_counted(void **state)
{
	struct example *e = example_new();
	struct summary s = { .failed = 14 };
	char *text = told(&e->verdict, 14, &s, &plain);

	(void)state;
	assert_true(count_of("FAILED", text) == 1);
	assert_non_null(
	    strstr(text, "     13  198.51.100.7:443 (shop.example.com): cert_expired\n"));
	assert_non_null(
	    strstr(text, "like frame 11; from 1 client; last 2024-03-02T10:00:00Z, frame 11\n"));
	free(text);
	example_free(e);
}

static void the_same_cause_at_another_server_is_told_without_the_general_words(void **state)
{
	struct example *e = example_new();
	struct caught c;
	catch_report(&c, report_text_new, &plain);

	(void)state;
	assert_true(c.report->verdict(c.report, &e->verdict));
	e->flow.side[SIDE_SERVER].address.port = 8443;
	assert_true(c.report->verdict(c.report, &e->verdict));
	catch_end(&c);
	assert_true(count_of("FAILED", c.text) == 2);
	assert_true(count_of("ERR_CERT_DATE_INVALID", c.text) == 1);
	assert_true(count_of("Renew the certificate on 198.51.100.7.", c.text) == 2);
	free(c.text);
	example_free(e);
}

static void more_kinds_of_failures_than_fit_are_only_counted(void **state)
{
	struct example *e = example_new();
	struct summary s = { .failed = GROUPS_MAX + 5 };
	struct caught c;
	catch_report(&c, report_text_new, &plain);

	(void)state;
	for (unsigned i = 0; i < GROUPS_MAX + 5; i++) {
		e->flow.side[SIDE_SERVER].address.ip[2] = (uint8_t)(i >> 8);
		e->flow.side[SIDE_SERVER].address.ip[3] = (uint8_t)i;
		assert_true(c.report->verdict(c.report, &e->verdict));
	}
	assert_true(c.report->summary(c.report, &s));
	catch_end(&c);
	assert_true(count_of("FAILED", c.text) == GROUPS_MAX);
	assert_non_null(strstr(c.text, "5 failures of further servers"));
	free(c.text);
	example_free(e);
}

static void when_nothing_failed_it_says_so(void **state)
{
	struct example *e = example_new();
	struct summary s = { .files = 1, .packets = 40, .completed = 3 };

	(void)state;
	e->verdict.outcome = OUTCOME_COMPLETED;
	char *text = told(&e->verdict, 3, &s, &plain);
	assert_true(strncmp(text, "No failed TLS handshake: 3 completed.", 37) == 0);
	assert_null(strstr(text, "192.0.2.10"));
	free(text);
	example_free(e);
}

static void when_no_handshake_was_seen_it_does_not_speak_of_success(void **state)
{
	struct summary s = { .files = 1, .packets = 40 };
	char *text = told(NULL, 0, &s, &plain);

	(void)state;
	assert_true(strncmp(text, "No TLS handshake seen", 21) == 0);
	free(text);
}

static void all_adds_a_line_for_each_handshake_that_worked(void **state)
{
	const struct report_options all = { .columns = 132, .all = true };
	struct example *e = example_new();

	(void)state;
	e->verdict.outcome = OUTCOME_COMPLETED;
	char *text = told(&e->verdict, 2, NULL, &all);
	assert_true(count_of("\n", text) == 2);
	assert_non_null(strstr(text,
			       "ok 192.0.2.10:51666 -> 198.51.100.7:443 shop.example.com TLSv1.2 "
			       "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 31.0 ms weak_key"));
	free(text);
	example_free(e);
}

static void the_capture_itself_is_put_on_trial(void **state)
{
	struct summary s = { .files = 1, .packets = 9, .completed = 1, .dropped_kernel = 12345, .one_sided = 1,
			     .missing_bytes = 1448, .cut_packets = 2, .duplicates = 3, .clock_steps = 1 };
	char *text = told(NULL, 0, &s, &plain);

	(void)state;
	assert_non_null(strstr(text, "12,345 packets were dropped by the kernel"));
	assert_non_null(strstr(text, "1 connection shows one direction only"));
	assert_non_null(strstr(text, "1,448 bytes were acknowledged but are not in the capture"));
	assert_non_null(strstr(text, "2 packets were cut by the snap length"));
	assert_non_null(strstr(text, "3 packets were captured twice"));
	assert_non_null(strstr(text, "1 time the capture's clock went back"));
	free(text);
}

static void a_clock_that_was_set_back_gives_no_length(void **state)
{
	struct summary s = { .files = 1, .packets = 9, .first = { .frame = 1, .time = example_time(3600000) },
			     .last = { .frame = 9, .time = example_time(0) } };
	char *text = told(NULL, 0, &s, &plain);

	(void)state;
	assert_non_null(strstr(text, "by a clock"));
	free(text);
}

static void findings_of_a_server_follow(void **state)
{
	struct endpoint endpoint = {
	    .server = {{198, 51, 100, 7 }, 4, 443 },
	    .failed = 3,
	    .clients = 3,
	    .findings = {{"fails_for_all_clients", SEVERITY_BAD, "none of 3 attempts worked"}},
	    .finding_count = 1,
	};
	struct endpoint silent = { .server = { { 198, 51, 100, 8 }, 4, 443 }, .completed = 3 };
	struct caught c;
	catch_report(&c, report_text_new, &plain);

	(void)state;
	assert_true(c.report->endpoint(c.report, &endpoint));
	assert_true(c.report->endpoint(c.report, &silent));
	catch_end(&c);
	assert_non_null(strstr(c.text, "none of 3 attempts worked (fails_for_all_clients)"));
	assert_null(strstr(c.text, "198.51.100.8"));
	free(c.text);
}

static void hostile_names_never_reach_the_terminal_raw(void **state)
{
	static const char hostile[] = "x\x1b]0;owned\x07\r\n\xff\xc3\xa9\xe2\x80\xae";
	struct example *e = example_new();
	struct summary s = { .failed = 2 };

	(void)state;
	e->hello.server_name = (struct text){ hostile, sizeof(hostile) - 1 };
	e->handshake.file = hostile;
	snprintf(e->verdict.diagnosis.summary, TEXT_MAX, "%s", hostile);
	snprintf(e->verdict.diagnosis.evidence[0].text, TEXT_MAX, "%s", hostile);
	snprintf(e->verdict.findings.at[0].summary, TEXT_MAX, "%s", hostile);
	char *text = told(&e->verdict, 2, &s, &plain);
	assert_true(is_plain_ascii(text));
	assert_non_null(
	    strstr(text, "x\\x1b]0;owned\\x07\\x0d\\x0a\\xff\\xc3\\xa9\\xe2\\x80\\xae"));
	free(text);
	example_free(e);
}

static void a_name_that_a_shell_would_run_is_not_put_into_a_command(void **state)
{
	struct example *e = example_new();
	char command[400];

	(void)state;
	command_for(&e->handshake, "s_client -connect HOST:443 -servername HOST </dev/null",
		    command, sizeof(command));
	assert_string_equal(
	    command, "s_client -connect 198.51.100.7:443 -servername shop.example.com </dev/null");
	e->hello.server_name = (struct text){ "$(reboot)", 9 };
	command_for(&e->handshake, "s_client -connect HOST:443 -servername HOST </dev/null",
		    command, sizeof(command));
	assert_string_equal(command, "s_client -connect 198.51.100.7:443 </dev/null");
	e->hello.server_name = (struct text){ "-oProxy", 7 };
	command_for(&e->handshake, "nc HOST 1", command, sizeof(command));
	assert_string_equal(command, "nc 198.51.100.7 1");
	example_free(e);
}

static void the_suggested_command_knows_the_port_and_the_upgrade(void **state)
{
	struct upgrade_fact smtp = { .told.protocol = FOREIGN_SMTP };
	struct example *e = example_new();
	char command[400];

	(void)state;
	e->flow.side[SIDE_SERVER].address.port = 25;
	e->handshake.upgrades = &smtp;
	e->handshake.upgrade_count = 1;
	command_for(&e->handshake, "openssl s_client -connect HOST:443", command, sizeof(command));
	assert_string_equal(command, "openssl s_client -starttls smtp -connect 198.51.100.7:25");
	command_for(&e->handshake, "curl https://HOST/; nmap -p 443 HOST", command,
		    sizeof(command));
	assert_string_equal(command,
			    "curl https://shop.example.com:25/; nmap -p 25 shop.example.com");
	command_for(&e->handshake, "HOST HOST HOST", command, 20);
	assert_true(strlen(command) < 20);
	e->handshake.upgrades = NULL;
	example_free(e);
}

static void a_socks_proxy_is_asked_in_its_own_way(void **state)
{
	struct upgrade_fact socks = { .told = { .protocol = FOREIGN_SOCKS, .proxy = true, .step = UPGRADE_REFUSED } };
	struct example *e = example_new();
	char *text;

	(void)state;
	e->handshake.upgrades = &socks;
	e->handshake.upgrade_count = 1;
	e->verdict.diagnosis.code = "proxy_refused";
	text = told(&e->verdict, 1, NULL, &plain);
	assert_non_null(strstr(text, "curl -v -x socks5h://198.51.100.7:443 https://example.com/"));
	assert_non_null(strstr(text, "curl: (97)"));
	assert_null(strstr(text, "CONNECT tunnel failed"));
	free(text);

	socks.told.protocol = FOREIGN_HTTP;
	text = told(&e->verdict, 1, NULL, &plain);
	assert_non_null(strstr(text, "curl -v -x http://198.51.100.7:443 https://example.com/"));
	assert_null(strstr(text, "curl: (97)"));
	free(text);
	e->handshake.upgrades = NULL;
	e->handshake.upgrade_count = 0;
	example_free(e);
}

static void a_retry_is_told_in_a_line_with_how_it_went(void **state)
{
	struct example *e = example_new();
	struct caught c;
	catch_report(&c, report_text_new, &plain);

	(void)state;
	e->verdict.incident = 5;
	assert_true(c.report->verdict(c.report, &e->verdict));
	e->flow.first = (struct mark){ .frame = 40, .time = example_time(900000) };
	e->verdict.diagnosis.code = "fallback_refused";
	assert_true(c.report->verdict(c.report, &e->verdict));
	e->verdict.outcome = OUTCOME_COMPLETED;
	assert_true(c.report->verdict(c.report, &e->verdict));
	e->verdict.incident = 6;
	assert_true(c.report->verdict(c.report, &e->verdict));
	catch_end(&c);
	assert_true(count_of("FAILED", c.text) == 1);
	assert_true(count_of("RETRY", c.text) == 2);
	assert_non_null(
	    strstr(c.text, "900 ms after frame 11 the same client tried again, and it failed"));
	assert_non_null(strstr(c.text, "and it worked"));
	free(c.text);
	example_free(e);
}

static void retries_whose_end_is_known_are_told_once(void **state)
{
	struct example *e = example_new();
	struct caught c;
	catch_report(&c, report_text_new, &plain);

	(void)state;
	e->verdict.incident = 5;
	e->verdict.retry = (struct retry){ 1, 2, OUTCOME_COMPLETED, INT64_C(1900000000) };
	assert_true(c.report->verdict(c.report, &e->verdict));
	e->verdict.outcome = OUTCOME_COMPLETED;
	e->verdict.retry.attempt = 2;
	assert_true(c.report->verdict(c.report, &e->verdict));
	catch_end(&c);
	assert_non_null(strstr(c.text, "Try 1 of 2 by this client within 1.9"));
	assert_non_null(strstr(c.text, "the last one worked."));
	assert_true(count_of("RETRY", c.text) == 0);
	free(c.text);
	example_free(e);
}

static void colour_comes_only_when_asked_for(void **state)
{
	const struct report_options colour = { .columns = 80, .colour = true };
	struct example *e = example_new();
	char *with = told(&e->verdict, 1, NULL, &colour),
	     *without = told(&e->verdict, 1, NULL, &plain);

	(void)state;
	assert_non_null(strchr(with, '\033'));
	assert_null(strchr(without, '\033'));
	free(with);
	free(without);
	example_free(e);
}

static void what_the_capture_cannot_tell_is_called_unclear(void **state)
{
	struct example *e = example_new();

	(void)state;
	e->verdict.outcome = OUTCOME_INCONCLUSIVE;
	e->verdict.diagnosis.code = "capture_ends_early";
	char *text = told(&e->verdict, 1, NULL, &plain);
	assert_true(strncmp(text, "UNCLEAR 192.0.2.10", 18) == 0);
	free(text);
	example_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_failure_says_who_what_why_and_what_to_do),
	    cmocka_unit_test(no_line_is_longer_than_the_terminal),
	    cmocka_unit_test(a_narrow_terminal_is_taken_for_one_of_80_columns),
	    cmocka_unit_test(equal_failures_are_told_once_and_counted),
	    cmocka_unit_test(the_same_cause_at_another_server_is_told_without_the_general_words),
	    cmocka_unit_test(more_kinds_of_failures_than_fit_are_only_counted),
	    cmocka_unit_test(when_nothing_failed_it_says_so),
	    cmocka_unit_test(when_no_handshake_was_seen_it_does_not_speak_of_success),
	    cmocka_unit_test(all_adds_a_line_for_each_handshake_that_worked),
	    cmocka_unit_test(the_capture_itself_is_put_on_trial),
	    cmocka_unit_test(a_clock_that_was_set_back_gives_no_length),
	    cmocka_unit_test(findings_of_a_server_follow),
	    cmocka_unit_test(hostile_names_never_reach_the_terminal_raw),
	    cmocka_unit_test(a_name_that_a_shell_would_run_is_not_put_into_a_command),
	    cmocka_unit_test(the_suggested_command_knows_the_port_and_the_upgrade),
	    cmocka_unit_test(a_socks_proxy_is_asked_in_its_own_way),
	    cmocka_unit_test(a_retry_is_told_in_a_line_with_how_it_went),
	    cmocka_unit_test(retries_whose_end_is_known_are_told_once),
	    cmocka_unit_test(colour_comes_only_when_asked_for),
	    cmocka_unit_test(what_the_capture_cannot_tell_is_called_unclear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
