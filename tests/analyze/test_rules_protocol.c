/* Words where TLS begins, and TLS where words come first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support_verdict.h"
#include "../../analyze/lesson.h"

static struct story begin_at(uint16_t port)
{
	struct story s = begin();

	s.flow.side[SIDE_SERVER].address.port = port;
	return s;
}

/* ---- TLS at once where words come first ---- */

static struct story hung_up_on_hello(uint16_t port)
{
	struct story s = begin_at(port);

	says_hello(&s, hello13());
	fin(&s, SIDE_SERVER);
	return s;
}

static void a_directory_that_hangs_up_on_a_hello_wanted_starttls(void **state)
{
	(void)state;
	assert_best(hung_up_on_hello(389), "server_not_tls", LIKELY);
	assert_best(hung_up_on_hello(5432), "server_not_tls", LIKELY);
	assert_best(hung_up_on_hello(443), "closed_after_client_hello", LIKELY);
	assert_best(hung_up_on_hello(636), "closed_after_client_hello", LIKELY);
}

/* Some run TLS at once on such a port: then it is not the port. */
static void a_port_where_tls_at_once_worked_is_no_port_for_words(void **state)
{
	struct lessons *l = lessons_new(0);
	struct story before = begin_at(389);

	(void)state;
	completes13(&before);
	fin(&before, SIDE_CLIENT);
	learn(l, before);
	assert_best_after(hung_up_on_hello(389), l, "closed_after_client_hello", LIKELY);
	lessons_free(l);
}

/* ---- words where TLS comes first ---- */

static struct story silent(uint16_t port, double seconds)
{
	struct story s = begin_at(port);

	pass(&s, seconds);
	fin(&s, SIDE_CLIENT);
	fin(&s, SIDE_SERVER);
	return s;
}

static void who_waits_for_a_greeting_meets_a_server_that_waits_too(void **state)
{
	(void)state;
	assert_best(silent(993, 8), "plaintext_to_tls_port", POSSIBLE);
	assert_best(silent(465, 60), "plaintext_to_tls_port", POSSIBLE);
	assert_best_is_not(silent(993, 0.2), "plaintext_to_tls_port");	/* a health check */
	assert_best_is_not(silent(443, 60), "plaintext_to_tls_port");	/* a preconnect */
	assert_best_is_not(silent(636, 60), "plaintext_to_tls_port");	/* in LDAP the client begins */
}

/* TLS through a proxy says nothing about what the proxy itself expects, nor does an upgrade. */
static void a_port_of_upgrades_and_tunnels_may_hear_plaintext(void **state)
{
	struct lessons *l = lessons_new(0);
	struct story tunnel = begin_at(3128), get = begin_at(3128), same = begin_at(3128);

	(void)state;
	upgrade(&tunnel, SIDE_CLIENT, FOREIGN_HTTP, true, UPGRADE_ASKED, "CONNECT a:443 HTTP/1.1");
	upgrade(&tunnel, SIDE_SERVER, FOREIGN_HTTP, true, UPGRADE_ACCEPTED, "HTTP/1.1 200 OK");
	completes13(&tunnel);
	fin(&tunnel, SIDE_CLIENT);
	learn(l, tunnel);
	foreign(&get, SIDE_CLIENT, FOREIGN_HTTP, "GET http://a/ HTTP/1.1\r\n");
	foreign(&get, SIDE_SERVER, FOREIGN_HTTP, "HTTP/1.1 400 Bad Request\r\n");
	fin(&get, SIDE_SERVER);
	conclude_story(&get);
	struct knowledge k = { .lessons = l, .tls_expected = true };
	struct verdict v;

	assert_false(diagnose(&k, get.h, &get.ending, &v));
	forget(&get);
	foreign(&same, SIDE_CLIENT, FOREIGN_HTTP, "GET / HTTP/1.1\r\n");	/* without the lesson */
	foreign(&same, SIDE_SERVER, FOREIGN_HTTP, "HTTP/1.1 400 Bad Request\r\n");
	fin(&same, SIDE_SERVER);
	assert_best(same, "plaintext_to_tls_port", CERTAIN);
	lessons_free(l);
}

static void a_proxy_that_takes_no_such_password_wants_another(void **state)
{
	struct story s = begin_at(1080);
	struct verdict v;

	(void)state;
	upgrade(&s, SIDE_CLIENT, FOREIGN_SOCKS, true, UPGRADE_ASKED, "SOCKS 5 CONNECT");
	upgrade(&s, SIDE_SERVER, FOREIGN_SOCKS, true, UPGRADE_REFUSED, "user name or password not accepted");
	fin(&s, SIDE_SERVER);
	judge_story(&s, &v);
	assert_string_equal(v.diagnosis.code, "proxy_refused");
	assert_non_null(strstr(v.diagnosis.remedies[0], "credentials"));
	forget(&s);
}

static struct story asked_for_tls(double waited, enum side leaves)
{
	struct story s = begin_at(6667);

	bytes_of(&s, SIDE_CLIENT, 10);
	acknowledges(&s, SIDE_SERVER);
	upgrade(&s, SIDE_CLIENT, FOREIGN_IRC, false, UPGRADE_ASKED, "STARTTLS");
	pass(&s, waited);
	fin(&s, leaves);
	return s;
}

static void who_asks_for_tls_and_hears_nothing_was_refused(void **state)
{
	struct story checked = asked_for_tls(0.01, SIDE_CLIENT), hung_up = asked_for_tls(0.01, SIDE_SERVER);
	struct knowledge k = { 0 };
	struct verdict v;

	(void)state;
	assert_best(asked_for_tls(8, SIDE_CLIENT), "starttls_refused", POSSIBLE);
	conclude_story(&hung_up);
	assert_true(diagnose(&k, hung_up.h, &hung_up.ending, &v));
	assert_string_equal(v.diagnosis.code, "starttls_refused");
	assert_int_equal(v.diagnosis.confidence, LIKELY);
	forget(&hung_up);
	/* where TLS comes first, who asks for it in clear is not understood */
	assert_best(asked_for_tls(0.01, SIDE_SERVER), "plaintext_to_tls_port", LIKELY);
	/* who leaves at once did not wait for an answer */
	conclude_story(&checked);
	assert_false(diagnose(&k, checked.h, &checked.ending, &v));
	forget(&checked);
}

static void an_alert_to_who_never_spoke_ends_no_handshake(void **state)
{
	struct story s = begin_at(443);
	struct knowledge k = { .tls_expected = true };
	struct verdict v;

	(void)state;
	fin(&s, SIDE_CLIENT);
	fatal(&s, SIDE_SERVER, 50);	/* what OpenSSL says to the FIN of a health check */
	fin(&s, SIDE_SERVER);
	conclude_story(&s);
	assert_false(diagnose(&k, s.h, &s.ending, &v));
	forget(&s);
}

/* ---- hung up on an old hello ---- */

static struct client_hello *hello11(void)
{
	struct client_hello *hello = hello12();

	hello->legacy_version = 0x0302;
	hello->suites = CODES(0xc014, 0xc013, 0x0035, 0x002f);
	return hello;
}

static void who_hangs_up_on_an_old_version_does_not_speak_it(void **state)
{
	struct story old = begin_at(143), current = begin_at(443);

	(void)state;
	upgrade(&old, SIDE_CLIENT, FOREIGN_IMAP, false, UPGRADE_ASKED, "a STARTTLS");
	upgrade(&old, SIDE_SERVER, FOREIGN_IMAP, false, UPGRADE_ACCEPTED, "a OK begin");
	says_hello(&old, hello11());
	fin(&old, SIDE_SERVER);
	assert_best(old, "version_mismatch", LIKELY);
	says_hello(&current, hello12());
	fin(&current, SIDE_SERVER);
	assert_best(current, "closed_after_client_hello", LIKELY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_directory_that_hangs_up_on_a_hello_wanted_starttls),
		cmocka_unit_test(a_port_where_tls_at_once_worked_is_no_port_for_words),
		cmocka_unit_test(who_waits_for_a_greeting_meets_a_server_that_waits_too),
		cmocka_unit_test(a_port_of_upgrades_and_tunnels_may_hear_plaintext),
		cmocka_unit_test(a_proxy_that_takes_no_such_password_wants_another),
		cmocka_unit_test(who_asks_for_tls_and_hears_nothing_was_refused),
		cmocka_unit_test(an_alert_to_who_never_spoke_ends_no_handshake),
		cmocka_unit_test(who_hangs_up_on_an_old_version_does_not_speak_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
