/* Tunnels and headers in front of TLS, what stands in for TLS, and what is neither. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../dissect/upgrade.h"
#include "support_dialogue.h"

#define BOTH_TLS "C tls " CLIENT_HELLO_HEX "\nS tls " SERVER_HELLO_HEX "\n"

/* ---- CONNECT ------------------------------------------------------------------------------- */

static void a_proxy_opens_the_tunnel(void **state)
{
	(void)state;
	assert_tells("C: CONNECT a.example:443 HTTP/1.1\nC: Host: a.example\nC: \n"
		     "S: HTTP/1.1 200 Connection established\nS: Via: x\nS: \nC! tls\nS! tls",
		     "C HTTP proxy ASKED \"CONNECT a.example:443 HTTP/1.1\" for a.example:443\n"
		     "S HTTP proxy ACCEPTED 200 \"HTTP/1.1 200 Connection established\" for a.example:443\n"
		     BOTH_TLS);
}

static void a_proxy_refuses_with_its_own_words(void **state)
{
	(void)state;
	assert_tells("C: CONNECT [2001:db8::1]:8443 HTTP/1.1\nC: \n"
		     "S: HTTP/1.1 403 Blocked by policy\nS: Content-Length: 3\nS: \nS: no\n"
		     "C! close",
		     "C HTTP proxy ASKED \"CONNECT [2001:db8::1]:8443 HTTP/1.1\" for 2001:db8::1:8443\n"
		     "S HTTP proxy REFUSED 403 \"HTTP/1.1 403 Blocked by policy\" for 2001:db8::1:8443\n"
		     "C HTTP proxy ABANDONED for 2001:db8::1:8443\n");
}

static void a_proxy_that_wants_a_password_first_refuses_nothing(void **state)
{
	(void)state;
	assert_tells("C: CONNECT a.example:443 HTTP/1.1\nC: \nS: HTTP/1.1 407 Who are you\nS: \n"
		     "S. page\n"
		     "C: CONNECT a.example:443 HTTP/1.1\nC: Proxy-Authorization: Basic eDp5\nC: \n"
		     "S: HTTP/1.1 200 OK\nS: \nC! tls\nS! tls",
		     "C HTTP proxy ASKED \"CONNECT a.example:443 HTTP/1.1\" for a.example:443\n"
		     "C HTTP proxy ASKED \"CONNECT a.example:443 HTTP/1.1\" for a.example:443\n"
		     "S HTTP proxy ACCEPTED 200 \"HTTP/1.1 200 OK\" for a.example:443\n" BOTH_TLS);
}

static void a_password_never_given_is_a_refusal(void **state)
{
	(void)state;
	assert_tells("C: CONNECT a.example:443 HTTP/1.1\nC: \nS: HTTP/1.1 407 Who are you\nS: \n"
		     "C! close",
		     "C HTTP proxy ASKED \"CONNECT a.example:443 HTTP/1.1\" for a.example:443\n"
		     "S HTTP proxy REFUSED 407 \"HTTP/1.1 407 Who are you\" for a.example:443\n"
		     "C HTTP proxy ABANDONED for a.example:443\n");
}

static void starttls_runs_inside_a_tunnel_behind_a_header(void **state)
{
	(void)state;
	assert_tells("C: PROXY TCP4 192.0.2.1 192.0.2.2 4000 3128\n"
		     "C: CONNECT mail.example:25 HTTP/1.1\nC: \nS: HTTP/1.1 200 OK\nS: \n"
		     "S: 220 mail.example ESMTP\nC: EHLO me\nS: 250 STARTTLS\nC: STARTTLS\n"
		     "S: 220 go\n"
		     "C! tls\nS! tls",
		     "C PROXY SEEN 1 \"PROXY TCP4 192.0.2.1 192.0.2.2 4000 3128\\r\\n"
		     "\" for 192.0.2.1:4000\n"
		     "C HTTP proxy ASKED \"CONNECT mail.example:25 HTTP/1.1\" for mail.example:25\n"
		     "S HTTP proxy ACCEPTED 200 \"HTTP/1.1 200 OK\" for mail.example:25\n"
		     "S SMTP OFFERED 250 \"250 STARTTLS\" for mail.example:25\n"
		     "C SMTP ASKED \"STARTTLS\" for mail.example:25\n"
		     "S SMTP ACCEPTED 220 \"220 go\" for mail.example:25\n" BOTH_TLS);
}

static void plaintext_in_a_tunnel_is_foreign(void **state)
{
	(void)state;
	assert_tells("C: CONNECT a.example:80 HTTP/1.1\nC: \nS: HTTP/1.1 200 OK\nS: \n"
		     "C: GET / HTTP/1.1\nC: \nS: HTTP/1.1 200 OK\nS: ",
		     "C HTTP proxy ASKED \"CONNECT a.example:80 HTTP/1.1\" for a.example:80\n"
		     "S HTTP proxy ACCEPTED 200 \"HTTP/1.1 200 OK\" for a.example:80\n"
		     "C foreign HTTP \"GET / HTTP/1.1\\r\\n\"\n"
		     "S foreign HTTP \"HTTP/1.1 200 OK\\r\\n\"\n");
}

/* ---- SOCKS --------------------------------------------------------------------------------- */

#define SOCKS5_NAME "05 01 00 03 09 612e6578616d706c65 01bb"

static void socks5_opens_the_tunnel_with_and_without_a_password(void **state)
{
	(void)state;
	assert_tells("C= 05 01 00\nS= 05 00\nC= " SOCKS5_NAME "\nS= 05 00 00 01 7f000001 1f90\n"
		     "C! tls\nS! tls",
		     "C SOCKS proxy ASKED \"SOCKS 5 CONNECT\" for a.example:443\n"
		     "S SOCKS proxy ACCEPTED \"succeeded\" for a.example:443\n" BOTH_TLS);
	assert_tells("C= 05 02 00 02\nS= 05 02\nC= 01 01 75 01 70\nS= 01 00\n"
		     "C= 05 01 00 04 20010db8000000000000000000000001 01bb\n"
		     "S= 05 00 00 03 01 78 1f90\nC! tls\nS! tls",
		     "C SOCKS proxy ASKED \"SOCKS 5 CONNECT\" for 2001:db8::1:443\n"
		     "S SOCKS proxy ACCEPTED \"succeeded\" for 2001:db8::1:443\n" BOTH_TLS);
}

static void socks5_refuses_the_method_the_password_or_the_target(void **state)
{
	(void)state;
	assert_tells("C= 05 01 00\nS= 05 ff\nC! close",
		     "S SOCKS proxy REFUSED 255 \"no acceptable authentication method\"\n"
		     "C SOCKS proxy ABANDONED\n");
	assert_tells("C= 05 01 02\nS= 05 02\nC= 01 01 75 01 70\nS= 01 01\nS! close\nC! close",
		     "S SOCKS proxy REFUSED 1 \"user name or password not accepted\"\n");
	assert_tells("C= 05 01 00\nS= 05 00\nC= " SOCKS5_NAME "\nS= 05 05 00 01 00000000 0000\n"
		     "C! close",
		     "C SOCKS proxy ASKED \"SOCKS 5 CONNECT\" for a.example:443\n"
		     "S SOCKS proxy REFUSED 5 \"connection refused\" for a.example:443\n"
		     "C SOCKS proxy ABANDONED for a.example:443\n");
}

static void socks4_grants_and_rejects(void **state)
{
	(void)state;
	assert_tells("C= 04 01 01bb c0000201 75 00\nS= 00 5a 0000 00000000\nC! tls\nS! tls",
		     "C SOCKS proxy ASKED \"SOCKS 4 CONNECT\" for 192.0.2.1:443\n"
		     "S SOCKS proxy ACCEPTED 90 \"request granted\" for 192.0.2.1:443\n" BOTH_TLS);
	assert_tells("C= 04 01 01bb 00000001 00 612e6578616d706c65 00\nS= 00 5b 0000 00000000\n"
		     "C! close",
		     "C SOCKS proxy ASKED \"SOCKS 4 CONNECT\" for a.example:443\n"
		     "S SOCKS proxy REFUSED 91 \"request rejected or failed\" for a.example:443\n"
		     "C SOCKS proxy ABANDONED for a.example:443\n");
}

/* ---- PROXY --------------------------------------------------------------------------------- */

#define PROXY2_MAGIC "0d0a0d0a000d0a515549540a"

static void a_binary_header_precedes_tls(void **state)
{
	(void)state;
	assert_tells("C= " PROXY2_MAGIC " 21 11 000c c0000201 c0000202 0fa0 01bb " CLIENT_HELLO_HEX "\nS! tls",
		     "C PROXY SEEN 2 for 192.0.2.1:4000\n" BOTH_TLS);
	assert_tells("C= " PROXY2_MAGIC " 20 00 0000\nC! tls\nS! tls", "C PROXY SEEN 2\n" BOTH_TLS);
}

/* ---- neither ------------------------------------------------------------------------------- */

static void http_spoken_to_a_tls_port_shows_in_the_answer(void **state)
{
	(void)state;
	assert_tells("C: GET / HTTP/1.1\nC: Host: a.example\nC: \nS! alert",
		     "C foreign HTTP \"GET / HTTP/1.1\\r\\n\"\nS tls " ALERT_HEX "\n");
	assert_tells("C: GET / HTTP/1.1\nC: \n"
		     "S: HTTP/1.1 400 Bad Request\nS: Server: x\nS: \n"
		     "S: <title>400 The plain HTTP request was sent to HTTPS port</title>\n"
		     "S! close",
		     "C foreign HTTP \"GET / HTTP/1.1\\r\\n\"\n"
		     "S foreign HTTP \"HTTP/1.1 400 Bad Request\\r\\n"
		     "The plain HTTP request was sent to HTTPS port\"\n");
	assert_tells("C: GET / HTTP/1.1\nC: \nS: HTTP/1.0 400 Bad Request\nS: \n"
		     "S. Client sent an HTTP request to an HTTPS server.\nS! close",
		     "C foreign HTTP \"GET / HTTP/1.1\\r\\n\"\n"
		     "S foreign HTTP \"HTTP/1.0 400 Bad Request\\r\\n"
		     "Client sent an HTTP request to an HTTPS server\"\n");
}

static void a_plain_request_is_foreign_on_both_sides(void **state)
{
	(void)state;
	assert_tells("C: GET http://a.example/ HTTP/1.1\nC: \nS: HTTP/1.1 403 Forbidden\nS: \n"
		     "C! close",
		     "C foreign HTTP \"GET http://a.example/ HTTP/1.1\\r\\n\"\n"
		     "S foreign HTTP \"HTTP/1.1 403 Forbidden\\r\\n\"\n");
	assert_tells("C: GET / HTTP/1.1\nC: Host: x\nS! close",
		     "C foreign HTTP \"GET / HTTP/1.1\\r\\n\"\n");
}

static void http_upgrades_in_place(void **state)
{
	(void)state;
	assert_tells("C: OPTIONS * HTTP/1.1\nC: Upgrade: TLS/1.2\nC: \n"
		     "S: HTTP/1.1 101 Switching Protocols\nS: Upgrade: TLS/1.2, HTTP/1.1\nS: \n"
		     "C! tls\nS! tls",
		     "C HTTP ASKED \"Upgrade: TLS/1.2\"\nS HTTP ACCEPTED 101\n" BOTH_TLS);
}

static void a_server_that_speaks_first_waits_for_what_the_client_says(void **state)
{
	(void)state;
	assert_tells("S: SSH-2.0-x\nC! tls",
		     "S foreign SSH instead \"SSH-2.0-x\\r\\n\"\nC tls " CLIENT_HELLO_HEX "\n");
	assert_tells("S: SSH-2.0-x\nC: SSH-2.0-y",
		     "S foreign SSH \"SSH-2.0-x\\r\\n\"\nC foreign SSH \"SSH-2.0-y\\r\\n\"\n");
}

static void tls_in_the_middle_of_something_unknown_is_found(void **state)
{
	(void)state;
	assert_tells("C: MAGIC please\nS: FINE\nC! tls\nS! tls",
		     "C foreign unknown text \"MAGIC please\\r\\n\"\n"
		     "S foreign unknown text \"FINE\\r\\n\"\n" BOTH_TLS);
}

static void a_flow_that_begins_with_tls_is_left_alone(void **state)
{
	(void)state;
	assert_tells("C! tls\nS! tls", BOTH_TLS);
	assert_tells("C= 80 2e 01 0302 0015\nS! tls",
		     "C tls 802e0103020015\nS tls " SERVER_HELLO_HEX "\n");
}

/* A small generator of its own, so that a failure can be repeated (Numerical Recipes, 7.1). */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void noise_does_no_harm(void **state)
{
	static const char starts[] = "\x16\x80\x04\x05\x30\x12\x03\x0d\x00\x01PSGCEAB2<*+\n\r \x0a";
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct upgrade *u = upgrade_new();

		for (int turn = 0; turn < 12; turn++) {
			size_t len = next_random(&seed) % 40 + 1, consumed = 0;
			uint8_t *bytes = malloc(len);
			struct tls_event event;
			enum side from = (enum side)(next_random(&seed) & 1);

			assert_non_null(bytes);
			for (size_t i = 0; i < len; i++)
				bytes[i] = next_random(&seed) % 3
						   ? (uint8_t)starts[next_random(&seed) % (sizeof starts - 1)]
						   : (uint8_t)next_random(&seed);
			upgrade_feed(u, from, (struct mark){ .frame = 1 }, bytes, len, &consumed);
			assert_true(consumed <= len);
			if (next_random(&seed) % 32 == 0)
				upgrade_gap(u, from);
			while (upgrade_next(u, &event))
				;
			free(bytes);
		}
		upgrade_end(u, SIDE_SERVER, (struct mark){ .frame = 2 });
		upgrade_end(u, SIDE_CLIENT, (struct mark){ .frame = 2 });
		upgrade_free(u);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_proxy_opens_the_tunnel),
		cmocka_unit_test(a_proxy_refuses_with_its_own_words),
		cmocka_unit_test(a_proxy_that_wants_a_password_first_refuses_nothing),
		cmocka_unit_test(a_password_never_given_is_a_refusal),
		cmocka_unit_test(starttls_runs_inside_a_tunnel_behind_a_header),
		cmocka_unit_test(plaintext_in_a_tunnel_is_foreign),
		cmocka_unit_test(socks5_opens_the_tunnel_with_and_without_a_password),
		cmocka_unit_test(socks5_refuses_the_method_the_password_or_the_target),
		cmocka_unit_test(socks4_grants_and_rejects),
		cmocka_unit_test(a_binary_header_precedes_tls),
		cmocka_unit_test(http_spoken_to_a_tls_port_shows_in_the_answer),
		cmocka_unit_test(a_plain_request_is_foreign_on_both_sides),
		cmocka_unit_test(http_upgrades_in_place),
		cmocka_unit_test(a_server_that_speaks_first_waits_for_what_the_client_says),
		cmocka_unit_test(tls_in_the_middle_of_something_unknown_is_found),
		cmocka_unit_test(a_flow_that_begins_with_tls_is_left_alone),
		cmocka_unit_test(noise_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
