/* Certificates of servers and clients, and names: each rule beside what must not match it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../analyze/alerts.h"
#include "support_chains.h"
#include "support_verdict.h"

/* The same refusal, as if it had happened at another time ("2025-01-03T12:00:00Z"). */
static struct story refused_at(const char *time, const char *chain, uint8_t alert)
{
	struct story s = begin();

	s.now.time = time_from(time) * INT64_C(1000000000);
	up_to_server_flight12(&s, chain);
	fatal(&s, SIDE_CLIENT, alert);
	fin(&s, SIDE_CLIENT);
	return s;
}

/* ---- the server's ---- */

static void an_expired_leaf_and_the_matching_alert_are_certain(void **state)
{
	(void)state;
	assert_best(refused_at("2025-01-03T12:00:00Z", "time_expired", ALERT_CERTIFICATE_EXPIRED), "cert_expired", CERTAIN);
	assert_best(refused_at("2025-01-03T12:00:00Z", "time_expired", ALERT_CERTIFICATE_UNKNOWN), "cert_expired", CERTAIN);
	assert_best_is_not(refused_at("2025-01-03T12:00:00Z", "time_expired", ALERT_PROTOCOL_VERSION), "cert_expired");
}

/* Both end in alert 45: where the leaf is valid by the capture's clock, the client's is wrong. */
static void the_alert_about_a_valid_leaf_is_the_clients_clock(void **state)
{
	(void)state;
	assert_best(client_refuses12("good", ALERT_CERTIFICATE_EXPIRED), "cert_expired", LIKELY);
}

static void a_leaf_from_the_future_is_not_yet_valid(void **state)
{
	(void)state;
	assert_best(refused_at("2023-12-30T00:00:00Z", "time_not_yet", ALERT_BAD_CERTIFICATE), "cert_not_yet_valid", CERTAIN);
}

static struct story asks_for_another_name(uint16_t version, uint8_t alert)
{
	struct client_hello *c = hello12();
	struct story s = begin();

	c->server_name = (struct text){ "shop.example.com", 16 };
	says_hello(&s, c);
	hears_hello(&s, answer(version, 0xc02f));
	certificates(&s, SIDE_SERVER, "name_differs");
	key_exchange(&s, (struct server_key_exchange){ .group = 29, .signature = 0x0804 });
	message(&s, SIDE_SERVER, HS_SERVER_HELLO_DONE);
	fatal(&s, SIDE_CLIENT, alert);
	return s;
}

static void another_name_and_a_generic_alert_are_a_mismatch(void **state)
{
	(void)state;
	assert_best(asks_for_another_name(0x0303, ALERT_BAD_CERTIFICATE), "cert_name_mismatch", LIKELY);
	assert_best_is_not(client_refuses12("good", ALERT_BAD_CERTIFICATE), "cert_name_mismatch");
}

/* OpenSSL says internal_error where the application's callback said no; below TLS 1.2 it has another
 * reason to. */
static void an_application_that_compares_the_name_itself_ends_in_internal_error(void **state)
{
	struct story hidden_chain = begin();

	(void)state;
	assert_best(asks_for_another_name(0x0303, ALERT_INTERNAL_ERROR), "cert_name_mismatch", LIKELY);
	assert_best(asks_for_another_name(0x0302, ALERT_INTERNAL_ERROR), "version_mismatch", LIKELY);
	assert_best(client_refuses12("good", ALERT_INTERNAL_ERROR), "internal_error", LIKELY);
	up_to_server_flight13(&hidden_chain);
	fatal(&hidden_chain, SIDE_CLIENT, ALERT_INTERNAL_ERROR);
	assert_best(hidden_chain, "cert_rejected", LIKELY);
}

/* Bun and netty close in silence on a TLS 1.3 flight that they reject; of others a close says less. */
static void boringssl_outside_a_browser_rejects_by_closing(void **state)
{
	struct client_hello *c = hello13();
	struct story bun = begin(), other = begin(), hasty = begin();

	(void)state;
	c->extensions = CODES(0, 23, 65281, 10, 11, 35, 13, 51, 45, 43);
	c->encrypt_then_mac = false;
	says_hello(&bun, c);
	hears_hello(&bun, answer(0x0304, 0x1301));
	for (int i = 0; i < 4; i++)
		hidden(&bun, SIDE_SERVER, CONTENT_APPLICATION_DATA, 400);
	fin(&bun, SIDE_CLIENT);
	assert_best(bun, "cert_rejected", LIKELY);
	up_to_server_flight13(&other);
	pass(&other, 0.2);
	fin(&other, SIDE_CLIENT);
	assert_best(other, "client_abandoned", LIKELY);
	/* but one on OpenSSL that does so at once lost its alert: asyncio */
	up_to_server_flight13(&hasty);
	fin(&hasty, SIDE_CLIENT);
	assert_best(hasty, "cert_rejected", LIKELY);
}

/* A client that leaves without a byte of data behind a TLS 1.2 handshake that worked. */
static struct story leaves_at_once(struct client_hello *c, const char *name, const char *chain, bool goodbye)
{
	struct story s = begin();

	if (!strcmp(chain, "time_expired"))
		s.now.time = time_from("2025-01-03T12:00:00Z") * INT64_C(1000000000);
	c->server_name = (struct text){ name, (uint16_t)strlen(name) };
	says_hello(&s, c);
	hears_hello(&s, answer(0x0303, 0xc02f));
	certificates(&s, SIDE_SERVER, chain);
	key_exchange(&s, (struct server_key_exchange){ .group = 29, .signature = 0x0804 });
	message(&s, SIDE_SERVER, HS_SERVER_HELLO_DONE);
	client_finishes12(&s);
	change_cipher(&s, SIDE_SERVER);
	hidden(&s, SIDE_SERVER, CONTENT_HANDSHAKE, 40);
	if (goodbye)
		hidden(&s, SIDE_CLIENT, CONTENT_ALERT, 26);
	fin(&s, SIDE_CLIENT);
	return s;
}

static struct client_hello *gnutls(void)
{
	struct client_hello *c = hello13();

	c->suites = CODES(0x1302, 0x1303, 0x1301, 0x1304, 0xc02c, 0xcca9);
	c->extensions = CODES(5, 10, 11, 13, 22, 23, 35, 51, 43, 65281, 0, 45, 28);
	return c;
}

static struct client_hello *go(void)
{
	struct client_hello *c = hello12();

	c->extensions = CODES(0, 5, 10, 11, 13, 65281, 18);
	c->encrypt_then_mac = c->session_ticket = false;
	return c;
}

static struct client_hello *node(void)
{
	struct client_hello *c = hello12();

	c->suites = CODES(0xc02f, 0xc02b, 0xc030, 0xc02c, 0x009e, 0xc027, 0x0067, 0x00ff);
	return c;
}

static void programs_on_openssl_compare_the_name_when_the_handshake_is_over(void **state)
{
	(void)state;
	assert_best(leaves_at_once(hello12(), "shop.example.com", "name_differs", true), "cert_name_mismatch", LIKELY);
	assert_outcome(leaves_at_once(hello12(), "www.example.com", "name_differs", true), OUTCOME_COMPLETED);
	assert_outcome(leaves_at_once(go(), "shop.example.com", "name_differs", true), OUTCOME_COMPLETED);
}

/* It looks at everything when the handshake is over, and says goodbye when it has no quarrel. */
static void node_leaves_at_once_when_it_does_not_trust(void **state)
{
	(void)state;
	assert_best(leaves_at_once(node(), "www.example.com", "issuer_missing", false), "cert_chain_incomplete", LIKELY);
	assert_best(leaves_at_once(node(), "www.example.com", "issuer_private_chain", false), "cert_unknown_ca", LIKELY);
	assert_best(leaves_at_once(node(), "www.example.com", "weak_rsa_1024", false), "cert_weak", LIKELY);
	assert_outcome(leaves_at_once(node(), "www.example.com", "issuer_private_chain", true), OUTCOME_COMPLETED);
	assert_outcome(leaves_at_once(node(), "www.example.com", "good", false), OUTCOME_COMPLETED);
	assert_outcome(leaves_at_once(hello12(), "www.example.com", "issuer_private_chain", false), OUTCOME_COMPLETED);
}

/* Programs on GnuTLS judge dates and issuer so late too. OpenSSL and Go would have alerted: nobody
 * verified. */
static void who_leaves_at_once_refused_only_where_its_stack_judges_so_late(void **state)
{
	(void)state;
	assert_best(leaves_at_once(gnutls(), "www.example.com", "time_expired", false), "cert_expired", LIKELY);
	assert_best(leaves_at_once(gnutls(), "www.example.com", "time_expired", true), "cert_expired", LIKELY);
	assert_outcome(leaves_at_once(hello12(), "www.example.com", "time_expired", false), OUTCOME_COMPLETED);
	assert_outcome(leaves_at_once(go(), "www.example.com", "time_expired", true), OUTCOME_COMPLETED);
	assert_outcome(leaves_at_once(go(), "www.example.com", "time_expired", false), OUTCOME_COMPLETED);
}

static struct story finishes13_and_leaves(struct client_hello *c, bool goodbye, int tickets)
{
	struct story s = begin();

	says_hello(&s, c);
	hears_hello(&s, answer(0x0304, 0x1302));
	for (int i = 0; i < 4; i++)
		hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 400);
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 69);
	for (int i = 0; i < tickets; i++)
		hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 282);
	if (goodbye)
		hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 19);
	fin(&s, SIDE_CLIENT);
	return s;
}

/* The certificate is hidden: only who never connects for nothing tells by leaving. gnutls-cli and
 * s_client say goodbye to anybody, and who is greeted first may have wanted no more. */
static void who_leaves_tls13_at_once_refused_if_it_never_comes_for_nothing(void **state)
{
	struct client_hello *git = gnutls(), *curl = hello13(), *bun = hello13();

	(void)state;
	offer_alpn(git, "h2");
	offer_alpn(curl, "h2");
	curl->extensions = CODES(0, 11, 10, 16, 22, 23, 49, 13, 43, 45, 51);
	assert_best(finishes13_and_leaves(gnutls(), false, 2), "cert_rejected", LIKELY);
	assert_best(finishes13_and_leaves(git, true, 2), "cert_rejected", LIKELY);
	assert_best(finishes13_and_leaves(curl, true, 2), "cert_rejected", LIKELY);
	bun->extensions = CODES(0, 65037, 23, 65281, 10, 11, 35, 16, 5, 13, 18, 51, 45, 43, 21);
	bun->encrypt_then_mac = false;
	bun->ech = ECH_OUTER;	/* grease: its refusal would come with an alert */
	assert_best(finishes13_and_leaves(bun, false, 2), "cert_rejected", LIKELY);
	assert_outcome(finishes13_and_leaves(gnutls(), true, 2), OUTCOME_COMPLETED);
	assert_outcome(finishes13_and_leaves(hello13(), true, 2), OUTCOME_COMPLETED);
	assert_outcome(finishes13_and_leaves(gnutls(), false, 3), OUTCOME_COMPLETED);
}

/* s2n hides its reasons behind 10 to 30 s of silence; of others that is a client that stalled. */
static void s2n_rejects_by_falling_silent(void **state)
{
	struct client_hello *c = hello13();
	struct story s2n = begin(), other = begin();

	(void)state;
	c->extensions = CODES(43, 10, 51, 13, 0, 5, 11, 23);
	c->encrypt_then_mac = c->session_ticket = false;
	says_hello(&s2n, c);
	hears_hello(&s2n, answer(0x0304, 0x1301));
	for (int i = 0; i < 4; i++)
		hidden(&s2n, SIDE_SERVER, CONTENT_APPLICATION_DATA, 400);
	pass(&s2n, 17);
	fin(&s2n, SIDE_CLIENT);
	assert_best(s2n, "cert_rejected", LIKELY);
	up_to_server_flight13(&other);
	pass(&other, 17);
	fin(&other, SIDE_CLIENT);
	assert_best(other, "handshake_timeout", LIKELY);
}

static void who_signed_it_decides_among_those_not_trusted(void **state)
{
	(void)state;
	assert_best(client_refuses12("issuer_itself", ALERT_UNKNOWN_CA), "cert_self_signed", CERTAIN);
	assert_best(client_refuses12("issuer_private_chain_and_root", ALERT_UNKNOWN_CA), "cert_unknown_ca", LIKELY);
	assert_best(client_refuses12("issuer_missing_with_aia", ALERT_UNKNOWN_CA), "cert_chain_incomplete", LIKELY);
	assert_best(client_refuses12("issuer_inspects", ALERT_UNKNOWN_CA), "cert_intercepted", LIKELY);
	/* Nothing is wrong with it: the client's store is smaller than ours. */
	assert_best(client_refuses12("good", ALERT_UNKNOWN_CA), "cert_unknown_ca", LIKELY);
}

/* An alert that says "certificate" and no more: the chain says which of its checks failed. */
static void what_is_wrong_with_the_chain_names_the_cause(void **state)
{
	static const struct { const char *chain, *code; } rows[] = {
		{ "path_issuer_no_ca", "cert_chain_invalid" }, { "path_longer_than_allowed", "cert_chain_invalid" },
		{ "path_names_not_permitted", "cert_chain_invalid" }, { "path_critical_unknown", "cert_chain_invalid" },
		{ "path_bad_intermediate_signature", "cert_chain_invalid" },
		{ "purpose_client", "cert_wrong_purpose" }, { "path_usage_code_signing", "cert_wrong_purpose" },
		{ "weak_rsa_512", "cert_weak" }, { "weak_rsa_1024", "cert_weak" }, { "weak_md5", "cert_weak" },
		{ "weak_sha1", "cert_weak" }, { "issuer_itself", "cert_self_signed" },
		{ "issuer_private_root_sent", "cert_unknown_ca" }, { "issuer_inspects", "cert_intercepted" },
		{ "time_intermediate_expired", "cert_expired" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct story s = client_refuses12(rows[i].chain, ALERT_BAD_CERTIFICATE);
		struct verdict v;

		judge_story(&s, &v);
		forget(&s);
		if (strcmp(v.diagnosis.code, rows[i].code) != 0 || v.diagnosis.confidence == POSSIBLE)
			fail_msg("%s wants %s, has %s (%s): %s", rows[i].chain, rows[i].code, v.diagnosis.code,
				 confidence_name(v.diagnosis.confidence), v.diagnosis.summary);
	}
}

static void a_broken_signature_invalidates_the_chain(void **state)
{
	(void)state;
	assert_best(client_refuses12("path_bad_signature", ALERT_DECRYPT_ERROR), "cert_chain_invalid", CERTAIN);
	assert_best_is_not(client_refuses12("good", ALERT_DECRYPT_ERROR), "cert_chain_invalid");
}

static void the_alerts_that_name_their_cause_are_believed(void **state)
{
	(void)state;
	assert_best(client_refuses12("good", ALERT_CERTIFICATE_REVOKED), "cert_revoked", CERTAIN);
	assert_best(client_refuses12("good", ALERT_BAD_CERTIFICATE_STATUS_RESPONSE), "cert_status_invalid", CERTAIN);
}

static void a_refusal_of_a_good_certificate_has_no_visible_reason(void **state)
{
	(void)state;
	assert_best(client_refuses12("good", ALERT_CERTIFICATE_UNKNOWN), "cert_rejected", LIKELY);
}

static void a_hidden_refusal_of_a_hidden_certificate_is_a_rejection(void **state)
{
	struct story s = begin(), done = begin();

	(void)state;
	up_to_server_flight13(&s);
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 19);
	fin(&s, SIDE_CLIENT);
	assert_best(s, "cert_rejected", LIKELY);
	completes13(&done);	/* ... and an alert that ends a session that worked is none */
	hidden(&done, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 19);
	fin(&done, SIDE_CLIENT);
	assert_outcome(done, OUTCOME_COMPLETED);
}

/* Chromium opens two connections and drops one before the answer comes. */
static void who_left_before_the_server_hello_judged_nothing(void **state)
{
	struct story s = begin();

	(void)state;
	says_hello(&s, hello13());
	fin(&s, SIDE_CLIENT);
	hears_hello(&s, answer(0x0304, 0x1301));
	for (int i = 0; i < 4; i++)
		hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 400);
	assert_best_is_not(s, "cert_rejected");
}

/* The certificate is hidden here; another flow to the same server and name showed it. */
static void another_flows_certificate_explains_a_hidden_refusal(void **state)
{
	struct lessons *l = lessons_new(0);
	struct story s = begin(), before = begin();

	(void)state;
	s.now.time = before.now.time = time_from("2025-01-03T12:00:00Z") * INT64_C(1000000000);
	completes12(&before, "time_expired");
	learn(l, before);
	up_to_server_flight13(&s);
	hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 19);
	fin(&s, SIDE_CLIENT);
	assert_best_after(s, l, "cert_expired", LIKELY);
	lessons_free(l);
}

static void an_empty_list_is_malformed(void **state)
{
	struct story s = begin();

	(void)state;
	says_hello(&s, hello12());
	hears_hello(&s, answer(0x0303, 0xc02f));
	certificates(&s, SIDE_SERVER, NULL);
	fatal(&s, SIDE_CLIENT, ALERT_ILLEGAL_PARAMETER);
	assert_best(s, "cert_malformed", LIKELY);
}

/* ---- the client's ---- */

static struct story client_shows(const char *chain)
{
	struct story s = begin();

	says_hello(&s, hello12());
	hears_hello(&s, answer(0x0303, 0xc02f));
	certificates(&s, SIDE_SERVER, "good");
	key_exchange(&s, (struct server_key_exchange){ .group = 29, .signature = 0x0804 });
	request_certificate(&s);
	message(&s, SIDE_SERVER, HS_SERVER_HELLO_DONE);
	certificates(&s, SIDE_CLIENT, chain);
	client_finishes12(&s);
	return s;
}

static struct story client_refused(const char *chain, uint8_t alert)
{
	struct story s = client_shows(chain);

	fatal(&s, SIDE_SERVER, alert);
	fin(&s, SIDE_SERVER);
	return s;
}

static void an_empty_certificate_that_is_refused_was_missed(void **state)
{
	(void)state;
	assert_best(client_refused(NULL, ALERT_HANDSHAKE_FAILURE), "client_cert_missing", CERTAIN);
	assert_best(client_refused(NULL, ALERT_BAD_CERTIFICATE), "client_cert_missing", CERTAIN);
	assert_best_is_not(client_refused("good", ALERT_HANDSHAKE_FAILURE), "client_cert_missing");
}

static void the_servers_alert_says_what_it_holds_against_the_client(void **state)
{
	(void)state;
	assert_best(client_refused("good", ALERT_CERTIFICATE_EXPIRED), "client_cert_expired", CERTAIN);
	assert_best(client_refused("good", ALERT_UNKNOWN_CA), "client_cert_unknown_ca", CERTAIN);
	assert_best(client_refused("good", ALERT_CERTIFICATE_REVOKED), "client_cert_revoked", CERTAIN);
}

/* Node.js judges when OpenSSL is done, before the server's Finished is on the wire. */
static void a_server_that_closes_at_once_on_a_client_certificate_refused_it(void **state)
{
	struct story s = client_shows("good"), later = client_shows("good");

	(void)state;
	fin(&s, SIDE_SERVER);
	assert_best(s, "client_cert_rejected", LIKELY);
	pass(&later, 0.6);
	fin(&later, SIDE_SERVER);
	assert_best(later, "server_abandoned", LIKELY);
}

static struct story hidden_client_flight(const uint32_t *lengths, size_t count, bool refused)
{
	struct story s = begin();

	up_to_server_flight13(&s);
	for (size_t i = 0; i < count; i++)
		hidden(&s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, lengths[i]);
	hidden(&s, SIDE_SERVER, CONTENT_APPLICATION_DATA, refused ? 19 : 300);
	fin(&s, SIDE_SERVER);
	return s;
}

static void lengths_show_an_empty_client_certificate_that_is_refused(void **state)
{
	static const uint32_t empty[] = { 25, 53 }, full[] = { 900, 281, 53 }, none[] = { 53 };

	(void)state;
	assert_best(hidden_client_flight(empty, 2, true), "client_cert_missing", LIKELY);
	assert_best(hidden_client_flight(full, 3, true), "client_cert_rejected", LIKELY);
	assert_outcome(hidden_client_flight(empty, 2, false), OUTCOME_COMPLETED);
	assert_best(hidden_client_flight(none, 1, true), "record_corrupted", POSSIBLE);
}

/* ---- names ---- */

static struct client_hello *nameless(void)
{
	struct client_hello *c = hello12();

	c->has_server_name = false;
	c->server_name.len = 0;
	return c;
}

static void unrecognized_name_is_about_the_name_or_its_want(void **state)
{
	(void)state;
	assert_best(refused(hello12(), ALERT_UNRECOGNIZED_NAME), "sni_unrecognized", CERTAIN);
	assert_best(refused(nameless(), ALERT_UNRECOGNIZED_NAME), "sni_missing", CERTAIN);
}

static void other_flows_show_that_a_name_is_needed(void **state)
{
	struct lessons *l = lessons_new(0);
	struct story before = begin(), bare = begin();

	(void)state;
	completes12(&before, "good");
	learn(l, before);
	says_hello(&bare, nameless());
	fin(&bare, SIDE_SERVER);
	assert_best_after(bare, l, "sni_missing", LIKELY);

	struct story nameless_passes = begin(), again = begin();

	says_hello(&nameless_passes, nameless());
	hears_hello(&nameless_passes, answer(0x0303, 0xc02f));
	client_finishes12(&nameless_passes);
	change_cipher(&nameless_passes, SIDE_SERVER);
	hidden(&nameless_passes, SIDE_SERVER, CONTENT_HANDSHAKE, 40);
	learn(l, nameless_passes);
	says_hello(&again, nameless());
	fin(&again, SIDE_SERVER);
	assert_best_after(again, l, "closed_after_client_hello", LIKELY);
	lessons_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_expired_leaf_and_the_matching_alert_are_certain),
		cmocka_unit_test(the_alert_about_a_valid_leaf_is_the_clients_clock),
		cmocka_unit_test(a_leaf_from_the_future_is_not_yet_valid),
		cmocka_unit_test(another_name_and_a_generic_alert_are_a_mismatch),
		cmocka_unit_test(an_application_that_compares_the_name_itself_ends_in_internal_error),
		cmocka_unit_test(boringssl_outside_a_browser_rejects_by_closing),
		cmocka_unit_test(programs_on_openssl_compare_the_name_when_the_handshake_is_over),
		cmocka_unit_test(who_leaves_tls13_at_once_refused_if_it_never_comes_for_nothing),
		cmocka_unit_test(node_leaves_at_once_when_it_does_not_trust),
		cmocka_unit_test(who_leaves_at_once_refused_only_where_its_stack_judges_so_late),
		cmocka_unit_test(s2n_rejects_by_falling_silent),
		cmocka_unit_test(who_signed_it_decides_among_those_not_trusted),
		cmocka_unit_test(what_is_wrong_with_the_chain_names_the_cause),
		cmocka_unit_test(a_broken_signature_invalidates_the_chain),
		cmocka_unit_test(the_alerts_that_name_their_cause_are_believed),
		cmocka_unit_test(a_refusal_of_a_good_certificate_has_no_visible_reason),
		cmocka_unit_test(a_hidden_refusal_of_a_hidden_certificate_is_a_rejection),
		cmocka_unit_test(who_left_before_the_server_hello_judged_nothing),
		cmocka_unit_test(another_flows_certificate_explains_a_hidden_refusal),
		cmocka_unit_test(an_empty_list_is_malformed),
		cmocka_unit_test(an_empty_certificate_that_is_refused_was_missed),
		cmocka_unit_test(the_servers_alert_says_what_it_holds_against_the_client),
		cmocka_unit_test(a_server_that_closes_at_once_on_a_client_certificate_refused_it),
		cmocka_unit_test(lengths_show_an_empty_client_certificate_that_is_refused),
		cmocka_unit_test(unrecognized_name_is_about_the_name_or_its_want),
		cmocka_unit_test(other_flows_show_that_a_name_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
