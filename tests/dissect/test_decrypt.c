#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../dissect/parse.h"
#include "sessions.h"
#include "support_hex.h"

/* RFC 8448 3, the simple 1-RTT handshake. */
#define RFC8448_RANDOM "cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7"
#define RFC8448_CLIENT_HANDSHAKE "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"
#define RFC8448_CLIENT_TRAFFIC "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5"
#define RFC8448_SERVER_TRAFFIC "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643"
static const char rfc8448_client_finished[] =
	"170303003575ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f80338ac98fc46deb3"
	"84bd1caeacab6867d726c40546";
static const char rfc8448_ticket[] =
	"17030300de3a6b8f90414a97d6959c3487680de5134a2b240e6cffac116e95d41d6af8f6b580dcf3d11d63c758"
	"db289a015940252f55713e061dc13e078891a38efbcf5753ad8ef170ad3c7353d16d9da773b9ca7f2b9fa1b6c0"
	"d4a3d03f75e09c30ba1e62972ac46f75f7b981be63439b2999ce13064615139891d5e4c5b406f16e3fc181a77c"
	"a475840025db2f0a77f81b5ab05b94c01346755f69232c86519d86cbeeac87aac347d143f9605d64f650db4d02"
	"3e70e952ca49fe5137121c74bc2697687e248746d6df353005f3bce18696129c8153556b3b6c6779b37bf15985"
	"684f";
static const char rfc8448_client_data[] =
	"1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20"
	"441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4";
static const char rfc8448_client_alert[] = "1703030013c9872760655666b74d7ff1153efd6db6d0b0e3";

/* One side's view of a connection, on the way through the decryptor. */
struct trace {
	struct keylog *keylog;
	struct decryptor *d;
	struct client_hello client_hello;
	struct server_hello server_hello;
};

static void add_secret(struct trace *t, const char *label, const char *random, const char *secret)
{
	char line[512];
	int len = snprintf(line, sizeof(line), "%s %s %s\n", label, random, secret);

	assert_int_equal(keylog_add_text(t->keylog, line, (size_t)len), 1);
}

static void set_random(uint8_t out[32], const char *hex)
{
	struct bytes b = bytes_of_hex(hex);

	assert_int_equal(b.len, 32);
	memcpy(out, b.at, 32);
	free(b.at);
}

static void open_trace(struct trace *t, uint16_t version, uint16_t suite, const char *random)
{
	memset(t, 0, sizeof(*t));
	t->keylog = keylog_new();
	t->d = decryptor_new(t->keylog, TRANSPORT_TCP);
	assert_non_null(t->d);
	set_random(t->client_hello.random, random);
	t->server_hello.version = version;
	t->server_hello.suite = suite;
}

static void hellos(struct trace *t)
{
	decryptor_client_hello(t->d, &t->client_hello);
	decryptor_server_hello(t->d, &t->server_hello);
}

static void close_trace(struct trace *t)
{
	decryptor_free(t->d);
	keylog_free(t->keylog);
}

struct plain {
	bool opened, handshake_keys;
	uint8_t type;
	size_t len;
	uint8_t bytes[512];
};

static struct plain open_bytes(struct trace *t, enum side from, const struct bytes *record)
{
	struct plain p = { 0 };
	struct bytes header = bytes_copy(record->at, 5);
	struct bytes fragment = bytes_copy(record->at + 5, record->len - 5);
	struct bytes out = bytes_copy(fragment.at, fragment.len);

	p.opened = decrypt_record(t->d, from, header.at, fragment.at, fragment.len, out.at, &p.len,
				  &p.type, &p.handshake_keys);
	if (p.opened) {
		assert_true(p.len <= sizeof(p.bytes) && p.len <= out.len);
		memcpy(p.bytes, out.at, p.len);
	}
	free(header.at);
	free(fragment.at);
	free(out.at);
	return p;
}

static struct plain open_hex(struct trace *t, enum side from, const char *hex)
{
	struct bytes record = bytes_of_hex(hex);
	struct plain p = open_bytes(t, from, &record);

	free(record.at);
	return p;
}

static void assert_text(const struct plain *p, const char *text)
{
	assert_true(p->opened);
	assert_int_equal(p->type, CONTENT_APPLICATION_DATA);
	assert_int_equal(p->len, strlen(text));
	assert_memory_equal(p->bytes, text, p->len);
}

/* ---- TLS 1.3 -------------------------------------------------------------------------------- */

static void open_rfc8448(struct trace *t)
{
	open_trace(t, 0x0304, 0x1301, RFC8448_RANDOM);
	hellos(t);
}

static void add_rfc8448_secrets(struct trace *t)
{
	add_secret(t, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", RFC8448_RANDOM, RFC8448_CLIENT_HANDSHAKE);
	add_secret(t, "CLIENT_TRAFFIC_SECRET_0", RFC8448_RANDOM, RFC8448_CLIENT_TRAFFIC);
	add_secret(t, "SERVER_TRAFFIC_SECRET_0", RFC8448_RANDOM, RFC8448_SERVER_TRAFFIC);
}

static void the_trace_of_rfc8448_opens_with_its_secrets(void **state)
{
	(void)state;
	struct trace t;
	open_rfc8448(&t);
	add_rfc8448_secrets(&t);
	struct plain finished = open_hex(&t, SIDE_CLIENT, rfc8448_client_finished);
	assert_true(finished.opened && finished.handshake_keys);
	assert_int_equal(finished.type, CONTENT_HANDSHAKE);
	assert_int_equal(finished.bytes[0], HS_FINISHED);
	assert_int_equal(finished.len, 36);
	decryptor_finished(t.d, SIDE_CLIENT);
	struct plain data = open_hex(&t, SIDE_CLIENT, rfc8448_client_data);
	assert_true(data.opened && !data.handshake_keys);
	assert_int_equal(data.len, 50);
	assert_int_equal(data.bytes[49], 0x31);
	struct plain alert = open_hex(&t, SIDE_CLIENT, rfc8448_client_alert);
	assert_true(alert.opened);
	assert_int_equal(alert.type, CONTENT_ALERT);
	assert_int_equal(alert.len, 2);
	assert_memory_equal(alert.bytes, "\x01\x00", 2);
	close_trace(&t);
}

static void application_keys_are_found_where_the_handshake_stayed_hidden(void **state)
{
	(void)state;
	struct trace t;
	open_rfc8448(&t);
	add_secret(&t, "SERVER_TRAFFIC_SECRET_0", RFC8448_RANDOM, RFC8448_SERVER_TRAFFIC);
	assert_false(open_hex(&t, SIDE_SERVER, rfc8448_client_finished).opened);
	struct plain ticket = open_hex(&t, SIDE_SERVER, rfc8448_ticket);
	assert_true(ticket.opened && !ticket.handshake_keys);
	assert_int_equal(ticket.bytes[0], HS_NEW_SESSION_TICKET);
	close_trace(&t);
}

static void secrets_that_come_late_open_what_follows(void **state)
{
	(void)state;
	struct trace t;
	open_rfc8448(&t);
	assert_false(open_hex(&t, SIDE_CLIENT, rfc8448_client_finished).opened);
	assert_false(open_hex(&t, SIDE_CLIENT, rfc8448_client_data).opened);
	add_rfc8448_secrets(&t);
	assert_true(open_hex(&t, SIDE_CLIENT, rfc8448_client_alert).opened);
	close_trace(&t);
}

static void a_record_behind_a_gap_is_found_by_its_number(void **state)
{
	(void)state;
	struct trace t;
	open_rfc8448(&t);
	add_rfc8448_secrets(&t);
	assert_true(open_hex(&t, SIDE_CLIENT, rfc8448_client_finished).opened);
	decryptor_finished(t.d, SIDE_CLIENT);
	decryptor_gap(t.d, SIDE_CLIENT);
	assert_true(open_hex(&t, SIDE_CLIENT, rfc8448_client_alert).opened);
	close_trace(&t);
}

static void without_a_gap_records_have_no_number_but_the_next(void **state)
{
	(void)state;
	struct trace t;
	open_rfc8448(&t);
	add_rfc8448_secrets(&t);
	assert_true(open_hex(&t, SIDE_CLIENT, rfc8448_client_finished).opened);
	decryptor_finished(t.d, SIDE_CLIENT);
	assert_false(open_hex(&t, SIDE_CLIENT, rfc8448_client_alert).opened);
	close_trace(&t);
}

static void every_tls13_suite_opens(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sessions13) / sizeof(sessions13[0]); i++) {
		const struct session13 *s = &sessions13[i];
		struct trace t;
		print_message("%s\n", s->name);
		open_trace(&t, 0x0304, s->suite, s->client_random);
		hellos(&t);
		add_secret(&t, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", s->client_random,
			   s->client_handshake);
		add_secret(&t, "CLIENT_TRAFFIC_SECRET_0", s->client_random, s->client_traffic);
		add_secret(&t, "SERVER_TRAFFIC_SECRET_0", s->client_random, s->server_traffic);
		struct plain finished = open_hex(&t, SIDE_CLIENT, s->finished);
		assert_true(finished.opened && finished.bytes[0] == HS_FINISHED);
		decryptor_finished(t.d, SIDE_CLIENT);
		decryptor_finished(t.d, SIDE_SERVER);
		struct plain ping = open_hex(&t, SIDE_CLIENT, s->ping);
		struct plain pong = open_hex(&t, SIDE_SERVER, s->pong);
		assert_text(&ping, "ping");
		assert_text(&pong, "pong");
		close_trace(&t);
	}
}

static void tls13_ignores_change_cipher_spec(void **state)
{
	(void)state;
	struct trace t;
	open_rfc8448(&t);
	add_rfc8448_secrets(&t);
	decryptor_change_cipher_spec(t.d, SIDE_CLIENT);
	assert_true(open_hex(&t, SIDE_CLIENT, rfc8448_client_finished).opened);
	close_trace(&t);
}

/* OpenSSL's client with its second generation of keys (RFC 8446 4.6.3), and one with early data. */
#define UPDATE_RANDOM "bdb750e8321d7a1b146cb08754cded89904232e13846b5d5f56d16974a9cf8ab"
#define UPDATE_TRAFFIC                                                                             \
	"0dcef054ddc26cb974ae0fd536a3505165985e860d9d2f3b392b6b852feb519e"                         \
	"a3d9ac678aa63358965c6289a716069e"
#define EARLY_RANDOM "338e7d519317bba89dac3ff534946198c993bf4ed388e2518bce92f6466c84a1"

static void a_key_update_leads_to_the_next_generation(void **state)
{
	(void)state;
	struct trace t;
	open_trace(&t, 0x0304, 0x1302, UPDATE_RANDOM);
	add_secret(&t, "CLIENT_TRAFFIC_SECRET_0", UPDATE_RANDOM, UPDATE_TRAFFIC);
	hellos(&t);
	decryptor_finished(t.d, SIDE_CLIENT);
	struct plain p = open_hex(&t, SIDE_CLIENT,
				  "1703030017cefb24980c87803003c24fc497c756e0323b205b0f9126");
	assert_text(&p, "hello\n");
	p = open_hex(&t, SIDE_CLIENT, "1703030016b791cdabf39cafb2a272b1d72cdcb4c6145920bddb27");
	assert_true(p.opened && p.bytes[0] == HS_KEY_UPDATE);
	decryptor_key_update(t.d, SIDE_CLIENT);
	p = open_hex(&t, SIDE_CLIENT, "1703030017c414486d93e47fa1efef7bf389c8437249ab3c2a3bc714");
	assert_text(&p, "after\n");
	p = open_hex(&t, SIDE_CLIENT, "1703030016166dfb63096fa48e0a8a3cd056cc28eda24129109671");
	assert_true(p.opened && p.bytes[0] == HS_KEY_UPDATE);
	decryptor_key_update(t.d, SIDE_CLIENT);
	p = open_hex(&t, SIDE_CLIENT, "170303001649b5ec4128326269ad56ed298731e519d7396b20c1fa");
	assert_text(&p, "more\n");
	close_trace(&t);
}

static void early_data_opens_before_the_suite_is_known(void **state)
{
	(void)state;
	struct trace t;
	open_trace(&t, 0x0304, 0x1303, EARLY_RANDOM);
	t.client_hello.early_data = true;
	add_secret(&t, "CLIENT_EARLY_TRAFFIC_SECRET", EARLY_RANDOM,
		   "f8ab5cae1212cf9e2a5dca75743386ddeed92cbca33a39c8ada3f2a915ae8f21");
	add_secret(&t, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", EARLY_RANDOM,
		   "d27e64513580b5007ac9f411cc9a8dafb8c35ae4a0b628d227d53adef7411b6c");
	decryptor_client_hello(t.d, &t.client_hello);
	struct plain p = open_hex(&t, SIDE_CLIENT,
				  "1703030016c98d5c4338211d70f7ff1d1c9e9e7486373617e1115b");
	assert_text(&p, "early");
	decryptor_server_hello(t.d, &t.server_hello);
	p = open_hex(&t, SIDE_CLIENT, "17030300152af8f11c124a4044851006d7bc5261eacb8575a1f9");
	assert_true(p.opened && !p.handshake_keys && p.bytes[0] == HS_END_OF_EARLY_DATA);
	decryptor_end_of_early_data(t.d, SIDE_CLIENT);
	p = open_hex(&t, SIDE_CLIENT,
		     "1703030035802bf6ce198e896dc9837f660dfd03ccaf91e468917e79c16dc38c681f687893ce5fe54"
		     "64d486800f435efeda331a1dd01cef7fcfd");
	assert_true(p.opened && p.handshake_keys && p.bytes[0] == HS_FINISHED);
	close_trace(&t);
}

/* ---- TLS 1.0 to 1.2 ------------------------------------------------------------------------- */

static void open_session(struct trace *t, const struct session *s)
{
	open_trace(t, s->version, s->suite, s->client_random);
	t->server_hello.encrypt_then_mac = s->encrypt_then_mac;
	set_random(t->server_hello.random, s->server_random);
	hellos(t);
	decryptor_change_cipher_spec(t->d, SIDE_CLIENT);
	decryptor_change_cipher_spec(t->d, SIDE_SERVER);
}

static void assert_side(struct trace *t, enum side from, const char *const records[3],
			const char *text)
{
	struct plain p = open_hex(t, from, records[0]);
	assert_true(p.opened);
	assert_int_equal(p.type, CONTENT_HANDSHAKE);
	assert_int_equal(p.len, 16);
	assert_int_equal(p.bytes[0], HS_FINISHED);
	p = open_hex(t, from, records[1]);
	if (records[2]) {
		assert_text(&p, "");
		p = open_hex(t, from, records[2]);
	}
	assert_text(&p, text);
}

static void every_older_suite_opens(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++) {
		struct trace t;
		print_message("%s\n", sessions[i].name);
		open_session(&t, &sessions[i]);
		add_secret(&t, "CLIENT_RANDOM", sessions[i].client_random, sessions[i].master);
		assert_side(&t, SIDE_CLIENT, sessions[i].client, "ping");
		assert_side(&t, SIDE_SERVER, sessions[i].server, "pong");
		close_trace(&t);
	}
}

static void an_older_session_opens_from_where_its_secret_came(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++) {
		const struct session *s = &sessions[i];
		struct trace t;
		open_session(&t, s);
		assert_false(open_hex(&t, SIDE_CLIENT, s->client[0]).opened);
		add_secret(&t, "CLIENT_RANDOM", s->client_random, s->master);
		struct plain second = open_hex(&t, SIDE_CLIENT, s->client[1]);
		assert_text(&second, s->client[2] ? "" : "ping");
		close_trace(&t);
	}
}

static void the_right_one_of_several_secrets_is_found(void **state)
{
	(void)state;
	const struct session *s = &sessions[0];
	struct trace t;
	open_session(&t, s);
	add_secret(&t, "CLIENT_RANDOM", s->client_random, sessions[1].master);
	add_secret(&t, "CLIENT_RANDOM", s->client_random, s->master);
	add_secret(&t, "CLIENT_RANDOM", s->client_random, sessions[2].master);
	assert_side(&t, SIDE_CLIENT, s->client, "ping");
	assert_side(&t, SIDE_SERVER, s->server, "pong");
	close_trace(&t);
}

static void another_master_secret_opens_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++) {
		const struct session *s = &sessions[i], *other = &sessions[i ? 0 : 1];
		struct trace t;
		open_session(&t, s);
		add_secret(&t, "CLIENT_RANDOM", s->client_random, other->master);
		assert_false(open_hex(&t, SIDE_CLIENT, s->client[0]).opened);
		assert_false(open_hex(&t, SIDE_SERVER, s->server[0]).opened);
		close_trace(&t);
	}
}

static bool opens_first(const struct session *s, const struct bytes *record)
{
	struct trace t;

	open_session(&t, s);
	add_secret(&t, "CLIENT_RANDOM", s->client_random, s->master);
	bool opened = open_bytes(&t, SIDE_CLIENT, record).opened;
	close_trace(&t);
	return opened;
}

static void changed_or_cut_records_stay_hidden(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++) {
		struct bytes record = bytes_of_hex(sessions[i].client[0]);
		assert_true(opens_first(&sessions[i], &record));
		for (size_t at = 5; at < record.len; at++) {
			struct bytes cut = bytes_copy(record.at, at);
			assert_false(opens_first(&sessions[i], &cut));
			free(cut.at);
			record.at[at] ^= 0x20;
			assert_false(opens_first(&sessions[i], &record));
			record.at[at] ^= 0x20;
		}
		free(record.at);
	}
}

static void keys_that_never_fit_are_given_up(void **state)
{
	(void)state;
	const struct session *s = &sessions[0];
	struct trace t;
	open_session(&t, s);
	add_secret(&t, "CLIENT_RANDOM", s->client_random, s->master);
	for (int i = 0; i < 5; i++) {
		decryptor_gap(t.d, SIDE_CLIENT);
		assert_false(open_hex(&t, SIDE_CLIENT, s->server[0]).opened);
	}
	decryptor_gap(t.d, SIDE_CLIENT);
	assert_false(open_hex(&t, SIDE_CLIENT, s->client[1]).opened);
	close_trace(&t);
}

static void without_a_key_log_there_is_nothing_to_follow(void **state)
{
	(void)state;
	assert_null(decryptor_new(NULL, TRANSPORT_TCP));
	decryptor_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_trace_of_rfc8448_opens_with_its_secrets),
		cmocka_unit_test(application_keys_are_found_where_the_handshake_stayed_hidden),
		cmocka_unit_test(secrets_that_come_late_open_what_follows),
		cmocka_unit_test(a_record_behind_a_gap_is_found_by_its_number),
		cmocka_unit_test(without_a_gap_records_have_no_number_but_the_next),
		cmocka_unit_test(every_tls13_suite_opens),
		cmocka_unit_test(tls13_ignores_change_cipher_spec),
		cmocka_unit_test(a_key_update_leads_to_the_next_generation),
		cmocka_unit_test(early_data_opens_before_the_suite_is_known),
		cmocka_unit_test(every_older_suite_opens),
		cmocka_unit_test(an_older_session_opens_from_where_its_secret_came),
		cmocka_unit_test(the_right_one_of_several_secrets_is_found),
		cmocka_unit_test(another_master_secret_opens_nothing),
		cmocka_unit_test(changed_or_cut_records_stay_hidden),
		cmocka_unit_test(keys_that_never_fit_are_given_up),
		cmocka_unit_test(without_a_key_log_there_is_nothing_to_follow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
