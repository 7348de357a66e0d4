#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../dissect/dissect.h"

#define LIST(...) { .at = (const uint16_t[]){ __VA_ARGS__ }, \
		    .count = sizeof((uint16_t[]){ __VA_ARGS__ }) / sizeof(uint16_t) }

static void ja3_is_the_digest_of_five_fields(void **state)
{
	struct client_hello hello = {
		.legacy_version = 769,
		.suites = LIST(47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4),
		.extensions = LIST(0, 10, 11),
		.groups = LIST(23, 24, 25),
		.point_formats = LIST(0),
	};
	char ja3[JA3_LEN + 1];

	(void)state;
	client_hello_ja3(&hello, ja3);
	assert_string_equal(ja3, "ada70206e40642a3e4461f35503241d5");
}

static void ja3_keeps_empty_fields(void **state)
{
	struct client_hello hello = {
		.legacy_version = 769,
		.suites = LIST(4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99),
	};
	char ja3[JA3_LEN + 1];

	(void)state;
	client_hello_ja3(&hello, ja3);
	assert_string_equal(ja3, "de350869b8c85de67a350c8d186f11e6");
}

static void grease_changes_no_fingerprint(void **state)
{
	struct client_hello plain = {
		.legacy_version = 771, .suites = LIST(0x1301, 0x1302), .extensions = LIST(43, 51),
		.groups = LIST(29), .signatures = LIST(0x0403),
	};
	struct client_hello greased = {
		.legacy_version = 771, .suites = LIST(0x4a4a, 0x1301, 0x1302),
		.extensions = LIST(0xdada, 43, 51, 0x0a0a), .groups = LIST(0x1a1a, 29),
		.signatures = LIST(0x0403),
	};
	char a[JA4_LEN + 1], b[JA4_LEN + 1];

	(void)state;
	client_hello_ja3(&plain, a);
	client_hello_ja3(&greased, b);
	assert_string_equal(a, b);
	client_hello_ja4(&plain, 't', a);
	client_hello_ja4(&greased, 't', b);
	assert_string_equal(a, b);
}

static const struct text h2 = { .at = "h2", .len = 2 };

static void ja4_sorts_what_clients_shuffle(void **state)
{
	struct client_hello hello = {
		.legacy_version = 0x0303,
		.suites = LIST(0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8,
			       0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035),
		.extensions = LIST(0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d,
				   0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015),
		.signatures = LIST(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601),
		.versions = LIST(0x0304, 0x0303),
		.has_versions = true, .has_server_name = true, .has_alpn = true,
		.alpn = { .at = &h2, .count = 1 },
	};
	char ja4[JA4_LEN + 1];

	(void)state;
	client_hello_ja4(&hello, 't', ja4);
	assert_string_equal(ja4, "t13d1516h2_8daaf6152771_e5627efa2ab1");
	hello.signatures.count = 0;
	client_hello_ja4(&hello, 'q', ja4);
	assert_string_equal(ja4, "q13d1516h2_8daaf6152771_6d807ffa2a79");
}

static void ja4_of_a_bare_hello_is_zeros(void **state)
{
	struct client_hello hello = { .legacy_version = 0x0300 };
	char ja4[JA4_LEN + 1];

	(void)state;
	client_hello_ja4(&hello, 't', ja4);
	assert_string_equal(ja4, "ts3i000000_000000000000_000000000000");
}

static void ja4_shows_unprintable_alpn_as_hex(void **state)
{
	static const struct text odd = { .at = "\xab\x12\xcd", .len = 3 };
	struct client_hello hello = {
		.legacy_version = 0x0303, .has_alpn = true, .alpn = { .at = &odd, .count = 1 },
	};
	char ja4[JA4_LEN + 1];

	(void)state;
	client_hello_ja4(&hello, 't', ja4);
	assert_memory_equal(ja4, "t12i0000ad_", 11);
}

static struct flow_facts flow_of(enum transport transport, const uint8_t *client, uint16_t from,
				 const uint8_t *server, uint16_t to, uint8_t ip_len)
{
	struct flow_facts flow = { .transport = transport };

	for (uint8_t i = 0; i < ip_len; i++) {
		flow.side[SIDE_CLIENT].address.ip[i] = client[i];
		flow.side[SIDE_SERVER].address.ip[i] = server[i];
	}
	flow.side[SIDE_CLIENT].address.ip_len = flow.side[SIDE_SERVER].address.ip_len = ip_len;
	flow.side[SIDE_CLIENT].address.port = from;
	flow.side[SIDE_SERVER].address.port = to;
	return flow;
}

static void community_ids_agree_with_the_specification(void **state)
{
	static const uint8_t a[4] = { 128, 232, 110, 120 }, b[4] = { 66, 35, 250, 204 };
	static const uint8_t c[4] = { 192, 168, 1, 52 }, d[4] = { 8, 8, 8, 8 };
	static const uint8_t e[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	static const uint8_t f[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 };
	struct flow_facts tcp = flow_of(TRANSPORT_TCP, a, 34855, b, 80, 4);
	struct flow_facts udp = flow_of(TRANSPORT_UDP, c, 54585, d, 53, 4);
	struct flow_facts tcp6 = flow_of(TRANSPORT_TCP, e, 40000, f, 443, 16);
	char id[COMMUNITY_ID_MAX];

	(void)state;
	flow_community_id(&tcp, id);
	assert_string_equal(id, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	flow_community_id(&udp, id);
	assert_string_equal(id, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
	flow_community_id(&tcp6, id);
	assert_string_equal(id, "1:RYG3Msb11GthNt1OYXJouPzmrvA=");
}

static void a_community_id_has_no_direction(void **state)
{
	static const uint8_t a[4] = { 10, 0, 0, 1 }, b[4] = { 10, 0, 0, 2 };
	struct flow_facts there = flow_of(TRANSPORT_TCP, a, 40000, b, 443, 4);
	struct flow_facts back = flow_of(TRANSPORT_TCP, b, 443, a, 40000, 4);
	char one[COMMUNITY_ID_MAX], other[COMMUNITY_ID_MAX];

	(void)state;
	flow_community_id(&there, one);
	flow_community_id(&back, other);
	assert_string_equal(one, "1:UWHKJ/x6OQ1YiVv4rIl0t3yhjg8=");
	assert_string_equal(one, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ja3_is_the_digest_of_five_fields),
		cmocka_unit_test(ja3_keeps_empty_fields),
		cmocka_unit_test(grease_changes_no_fingerprint),
		cmocka_unit_test(ja4_sorts_what_clients_shuffle),
		cmocka_unit_test(ja4_of_a_bare_hello_is_zeros),
		cmocka_unit_test(ja4_shows_unprintable_alpn_as_hex),
		cmocka_unit_test(community_ids_agree_with_the_specification),
		cmocka_unit_test(a_community_id_has_no_direction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
