/* Which implementation a hello, or a flight, looks like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../analyze/stack.h"
#include "support_story.h"

static struct stack_guess client_with(struct client_hello *hello)
{
	struct story s = begin();
	struct stack_guess guess;

	says_hello(&s, hello);
	conclude_story(&s);
	guess = stack_of_client(s.h);
	forget(&s);
	return guess;
}

static void openssl_offers_three_point_formats_and_encrypt_then_mac(void **state)
{
	struct client_hello *without = hello13(), *curl = hello13();

	(void)state;
	assert_int_equal(client_with(hello13()).kind, STACK_OPENSSL);
	curl->session_ticket = false;
	assert_int_equal(client_with(curl).kind, STACK_OPENSSL);
	without->encrypt_then_mac = false;
	assert_int_not_equal(client_with(without).kind, STACK_OPENSSL);
}

static void chromium_greases_and_compresses_certificates(void **state)
{
	struct client_hello *chromium = hello13(), *no_grease = hello13();

	(void)state;
	chromium->suites = CODES(0x4a4a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f);
	chromium->extensions = CODES(0x2a2a, 27, 17613, 65037, 0, 51, 43);
	assert_int_equal(client_with(chromium).kind, STACK_BORINGSSL);
	no_grease->extensions = CODES(27, 0, 51, 43);
	assert_int_not_equal(client_with(no_grease).kind, STACK_BORINGSSL);
}

static void firefox_has_delegated_credentials_and_a_record_size_limit(void **state)
{
	struct client_hello *firefox = hello13(), *half = hello13();

	(void)state;
	firefox->extensions = CODES(0, 23, 65281, 10, 11, 16, 5, 34, 51, 43, 13, 45, 28);
	assert_int_equal(client_with(firefox).kind, STACK_FIREFOX);
	half->extensions = CODES(0, 23, 65281, 10, 11, 16, 5, 51, 43, 13, 45, 28);
	assert_int_equal(client_with(half).kind, STACK_NSS);
}

static void java_asks_for_status_in_two_ways(void **state)
{
	struct client_hello *java = hello13();

	(void)state;
	java->extensions = CODES(0, 5, 10, 11, 17, 23, 35, 13, 43, 45, 50, 51);
	assert_int_equal(client_with(java).kind, STACK_JSSE);
}

static void go_begins_its_extensions_in_its_own_order(void **state)
{
	struct client_hello *go = hello13();

	(void)state;
	go->extensions = CODES(0, 5, 10, 11, 13, 65281, 18, 43, 51);
	go->encrypt_then_mac = go->session_ticket = false;
	assert_int_equal(client_with(go).kind, STACK_GO);
}

/* Both begin with 0, 23, 65281, 10, 11. */
static void boringssl_outside_a_browser_has_its_own_order(void **state)
{
	struct client_hello *bun = hello13(), *nss = hello13();

	(void)state;
	bun->encrypt_then_mac = nss->encrypt_then_mac = false;
	bun->extensions = CODES(0, 23, 65281, 10, 11, 35, 13, 51, 45, 43);
	nss->extensions = CODES(0, 23, 65281, 10, 11, 35, 51, 43, 13, 45, 28);
	assert_int_equal(client_with(bun).kind, STACK_BORINGSSL_LIBRARY);
	assert_int_equal(client_with(nss).kind, STACK_NSS);
	bun = hello13();
	bun->encrypt_then_mac = false;
	bun->extensions = CODES(0, 65037, 23, 65281, 10, 11, 35, 16, 5, 13, 18, 51, 45, 43, 21);
	assert_int_equal(client_with(bun).kind, STACK_BORINGSSL_LIBRARY);
	bun = hello12();
	nss = hello12();
	bun->encrypt_then_mac = nss->encrypt_then_mac = false;
	bun->extensions = CODES(0, 23, 65281, 10, 11, 35, 13);
	nss->extensions = CODES(0, 23, 65281, 10, 11, 13, 28);
	assert_int_equal(client_with(bun).kind, STACK_BORINGSSL_LIBRARY);
	assert_int_equal(client_with(nss).kind, STACK_NSS);
}

/* All three bring OpenSSL along and ask it for suites in an order of their own. */
static void programs_on_openssl_are_known_by_their_suites(void **state)
{
	struct client_hello *node = hello13(), *php = hello13(), *dotnet = hello13();
	struct client_hello *node4 = hello12(), *first = hello12();

	(void)state;
	node->suites = CODES(0x1302, 0x1303, 0x1301, 0xc02f, 0xc02b, 0xc030, 0xc02c, 0x009e, 0xc027, 0x0067, 0xc028, 0x00ff);
	php->suites = CODES(0x1302, 0x1303, 0x1301, 0xc02f, 0xc02b, 0xc030, 0xc02c, 0x009e, 0x00a2, 0x00a3, 0x009f, 0x00ff);
	dotnet->suites = CODES(0x1302, 0x1303, 0x1301, 0xc02c, 0xc02b, 0xc030, 0xc02f, 0xc024, 0xc023, 0xc028, 0xc027, 0x00ff);
	assert_int_equal(client_with(node).kind, STACK_NODE);
	assert_int_equal(client_with(php).kind, STACK_PHP);
	assert_int_equal(client_with(dotnet).kind, STACK_DOTNET);
	/* and on one that does not know encrypt-then-MAC yet */
	node4->suites = CODES(0xc02f, 0xc02b, 0xc030, 0xc02c, 0x009e, 0xc027, 0x0067, 0xc028, 0x006b, 0x00ff);
	first->suites = CODES(0xc027, 0x0067, 0x009c, 0xc011, 0xc007, 0x00ff);
	node4->encrypt_then_mac = first->encrypt_then_mac = false;
	node4->extensions = first->extensions = CODES(0, 11, 10, 35, 13, 13172);
	assert_int_equal(client_with(node4).kind, STACK_NODE);
	assert_int_equal(client_with(first).kind, STACK_NODE);
}

static void rustls_and_erlang_are_known_by_their_suites(void **state)
{
	struct client_hello *rustls = hello13(), *erlang = hello13();

	(void)state;
	rustls->suites = CODES(0x1302, 0x1301, 0x1303, 0xc02c, 0xc02b, 0xcca9, 0xc030, 0xc02f, 0xcca8, 0x00ff);
	rustls->extensions = CODES(11, 13, 43, 35, 51, 10, 5, 23, 0, 45);
	rustls->encrypt_then_mac = false;
	erlang->suites = CODES(0x00ff, 0x1302, 0x1301, 0x1303, 0xc02c, 0xc030);
	erlang->extensions = CODES(0, 13, 51, 10, 11, 43);
	erlang->encrypt_then_mac = erlang->session_ticket = false;
	assert_int_equal(client_with(rustls).kind, STACK_RUSTLS);
	assert_int_equal(client_with(erlang).kind, STACK_ERLANG);
}

static void nobody_is_known_by_an_sslv2_hello(void **state)
{
	struct client_hello *c = hello12();

	(void)state;
	c->sslv2 = true;
	assert_int_equal(client_with(c).kind, STACK_UNKNOWN);
}

static enum stack_kind server_with(const uint32_t *lengths, size_t count)
{
	struct story s = begin();
	enum stack_kind kind;

	says_hello(&s, hello13());
	hears_hello(&s, answer(0x0304, 0x1301));
	for (size_t i = 0; i < count; i++)
		hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, lengths[i]);
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 53);
	conclude_story(&s);
	kind = stack_of_server(s.h).kind;
	forget(&s);
	return kind;
}

static void a_server_is_known_by_how_it_cuts_its_flight(void **state)
{
	static const uint32_t java[] = { 43, 900, 297, 69 }, whole[] = { 1250 }, openssl[] = { 23, 900, 281, 53 };

	(void)state;
	assert_int_equal(server_with(java, 4), STACK_JSSE);
	assert_int_equal(server_with(whole, 1), STACK_NSS);
	assert_int_equal(server_with(openssl, 4), STACK_UNKNOWN);
}

static void every_stack_has_a_name(void **state)
{
	(void)state;
	assert_null(stack_name(STACK_UNKNOWN));
	for (int kind = STACK_UNKNOWN + 1; kind <= STACK_APPLE; kind++)
		assert_non_null(stack_name((enum stack_kind)kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openssl_offers_three_point_formats_and_encrypt_then_mac),
		cmocka_unit_test(chromium_greases_and_compresses_certificates),
		cmocka_unit_test(firefox_has_delegated_credentials_and_a_record_size_limit),
		cmocka_unit_test(java_asks_for_status_in_two_ways),
		cmocka_unit_test(go_begins_its_extensions_in_its_own_order),
		cmocka_unit_test(boringssl_outside_a_browser_has_its_own_order),
		cmocka_unit_test(programs_on_openssl_are_known_by_their_suites),
		cmocka_unit_test(rustls_and_erlang_are_known_by_their_suites),
		cmocka_unit_test(nobody_is_known_by_an_sslv2_hello),
		cmocka_unit_test(a_server_is_known_by_how_it_cuts_its_flight),
		cmocka_unit_test(every_stack_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
