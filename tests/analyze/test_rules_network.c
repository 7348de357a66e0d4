/* What the network did, wrong protocols, alerts at their word, the capture on trial. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../analyze/alerts.h"
#include "support_verdict.h"

/* ---- TCP ---- */

static struct story only_syn(void)
{
	struct story s = begin();

	s.flow.side[SIDE_SERVER] = (struct tcp_side){ .address = s.flow.side[SIDE_SERVER].address };
	return s;
}

static void a_reset_syn_is_refused_and_an_unanswered_one_timed_out(void **state)
{
	struct story refused_syn = only_syn(), lost = only_syn(), once = only_syn();

	(void)state;
	rst(&refused_syn, SIDE_SERVER);
	refused_syn.flow.side[SIDE_SERVER].resets[0].has_ack = true;	/* RFC 9293 3.5.2 */
	assert_best(refused_syn, "connect_refused", CERTAIN);
	lost.flow.side[SIDE_CLIENT].syn_count = 4;
	lost.silence = 100;
	assert_best(lost, "connect_timeout", LIKELY);
	once.silence = 100;
	assert_best(once, "connect_timeout", POSSIBLE);
}

static void a_reset_without_ack_refuses_no_syn_for_sure(void **state)
{
	struct story s = only_syn();

	(void)state;
	rst(&s, SIDE_SERVER);
	s.flow.side[SIDE_SERVER].resets[0].has_ack = false;
	assert_best(s, "connect_refused", POSSIBLE);
}

static void an_icmp_refusal_is_the_networks(void **state)
{
	struct story s = only_syn();

	(void)state;
	s.flow.icmp[0] = (struct icmp_error){ .mark = { .frame = 3, .time = s.now.time }, .kind = ICMP_ADMIN_PROHIBITED,
		.from = { .ip = { 10, 9, 9, 9 }, .ip_len = 4 }, .type = 3, .code = 13 };
	s.flow.icmp_count = 1;
	assert_best(s, "connect_refused", LIKELY);
}

static void an_icmp_about_the_servers_packet_is_no_refusal(void **state)
{
	struct story s = begin_datagrams('q');

	(void)state;
	says_hello(&s, hello13());
	s.flow.icmp[0] = (struct icmp_error){ .mark = { .frame = 3, .time = s.now.time }, .kind = ICMP_PORT_UNREACHABLE,
		.from = s.flow.side[SIDE_CLIENT].address, .about = SIDE_SERVER, .type = 3, .code = 3 };
	s.flow.icmp_count = 1;
	assert_outcome(s, OUTCOME_INCONCLUSIVE);
}

/* A segment of the client's that is sent again and again, and not acknowledged. */
static void repeats(struct story *s, unsigned times, uint32_t len)
{
	struct tcp_side *client = &s->flow.side[SIDE_CLIENT];

	for (unsigned i = 0; i < times; i++) {
		pass(s, 1 << i);
		bytes_of(s, SIDE_CLIENT, 0);
		client->retransmissions++;
		client->last_retransmission = s->now;
		client->retransmitted_len = len;
	}
	client->first_retransmission = client->last_retransmission;
}

static void a_hello_that_is_never_acknowledged_was_lost(void **state)
{
	struct story s = begin(), heard = begin();

	(void)state;
	says_hello(&s, hello13());
	repeats(&s, 4, 300);
	s.silence = 100;
	assert_best(s, "client_hello_lost", LIKELY);
	says_hello(&heard, hello13());
	repeats(&heard, 1, 300);
	acknowledges(&heard, SIDE_SERVER);
	pass(&heard, 30);
	fin(&heard, SIDE_CLIENT);
	assert_best(heard, "server_silent", LIKELY);
}

static struct client_hello *large_hello(void)
{
	struct client_hello *c = hello13();

	c->length = 1750;
	c->groups = CODES(4588, 29, 23);
	c->key_shares = CODES(4588, 29);
	return c;
}

static void a_large_hello_of_which_only_the_first_part_arrives(void **state)
{
	struct story s = begin();

	(void)state;
	says_hello(&s, large_hello());
	s.flow.side[SIDE_CLIENT].acked = 1460;
	s.flow.side[SIDE_CLIENT].data_segments = 2;
	repeats(&s, 4, 299);
	s.silence = 100;
	assert_best(s, "large_client_hello_lost", LIKELY);
}

static void smaller_hellos_that_pass_accuse_the_size(void **state)
{
	struct lessons *l = lessons_new(0);
	struct story before = begin(), large = begin(), alone = begin();

	(void)state;
	completes13(&before);
	learn(l, before);
	says_hello(&large, large_hello());
	acknowledges(&large, SIDE_SERVER);
	rst(&large, SIDE_SERVER);
	assert_best_after(large, l, "large_client_hello_lost", LIKELY);
	says_hello(&alone, large_hello());
	acknowledges(&alone, SIDE_SERVER);
	rst(&alone, SIDE_SERVER);
	assert_best(alone, "reset_after_client_hello", LIKELY);
	lessons_free(l);
}

static void silence_of_seconds_is_the_servers(void **state)
{
	struct story s = begin(), hurried = begin();

	(void)state;
	says_hello(&s, hello13());
	acknowledges(&s, SIDE_SERVER);
	pass(&s, 10);
	fin(&s, SIDE_CLIENT);
	assert_best(s, "server_silent", LIKELY);
	says_hello(&hurried, hello13());
	acknowledges(&hurried, SIDE_SERVER);
	fin(&hurried, SIDE_CLIENT);	/* a millisecond later: nobody would have answered */
	assert_best_is_not(hurried, "server_silent");
}

static bool any_evidence_says(const struct verdict *v, const char *words)
{
	for (uint8_t i = 0; i < v->diagnosis.evidence_count; i++)
		if (strstr(v->diagnosis.evidence[i].text, words))
			return true;
	return false;
}

static void a_reset_may_say_why(void **state)
{
	static const char words[] = "BIG-IP: [0x26bd9a3:3049] No available pool member\r\n";
	struct story s = begin();
	struct verdict v;

	(void)state;
	says_hello(&s, hello13());
	rst(&s, SIDE_SERVER);
	s.flow.reset_words_from = SIDE_SERVER;
	s.flow.reset_words_len = sizeof(words) - 1;
	memcpy(s.flow.reset_words, words, sizeof(words) - 1);
	judge_story(&s, &v);
	assert_string_equal(v.diagnosis.code, "reset_after_client_hello");
	assert_true(any_evidence_says(&v, "which says \"BIG-IP: [0x26bd9a3:3049] No available pool member\""));
	s.flow.reset_words_from = SIDE_CLIENT;
	judge_story(&s, &v);
	assert_false(any_evidence_says(&v, "which says"));
	forget(&s);
}

static void resets_and_closes_in_answer_to_the_hello(void **state)
{
	struct story reset = begin(), closed = begin();

	(void)state;
	says_hello(&reset, hello13());
	rst(&reset, SIDE_SERVER);
	assert_best(reset, "reset_after_client_hello", LIKELY);
	says_hello(&closed, hello13());
	fin(&closed, SIDE_SERVER);
	assert_best(closed, "closed_after_client_hello", LIKELY);
}

static struct story reset_with(uint8_t ttl, bool data_behind)
{
	struct story s = begin();

	says_hello(&s, hello13());
	rst(&s, SIDE_SERVER);
	s.flow.side[SIDE_SERVER].resets[0].ttl = ttl;
	if (data_behind) {
		bytes_of(&s, SIDE_SERVER, 100);
		s.flow.side[SIDE_SERVER].data_after_reset = s.now;
	}
	return s;
}

static void a_reset_from_elsewhere_was_injected(void **state)
{
	(void)state;
	assert_best(reset_with(52, false), "reset_injected", LIKELY);
	assert_best(reset_with(52, true), "reset_injected", CERTAIN);
	assert_best_is_not(reset_with(63, false), "reset_injected");	/* routes vary by a hop */
}

/* The server is so many ms away; it resets so many us after the ClientHello, which it acknowledges, or
 * has acknowledged before. */
static struct story reset_from_afar(int64_t away_ms, int64_t after_us, bool acknowledged_before)
{
	struct story s = begin();
	struct tcp_side *server = &s.flow.side[SIDE_SERVER];

	server->syn.time = s.flow.side[SIDE_CLIENT].syn.time + away_ms * 1000000;
	says_hello(&s, hello13());
	if (acknowledged_before)
		acknowledges(&s, SIDE_SERVER);
	rst(&s, SIDE_SERVER);
	server->resets[0].has_ack = true;
	server->resets[0].since_asked = acknowledged_before ? -1 : after_us * 1000;
	return s;
}

static void nobody_answers_faster_than_the_way_to_him_and_back(void **state)
{
	(void)state;
	assert_best(reset_from_afar(80, 3000, false), "reset_injected", LIKELY);
	assert_best(reset_from_afar(80, 79000, false), "reset_after_client_hello", LIKELY);
	/* ... but what it had acknowledged already it may reset whenever it likes. */
	assert_best(reset_from_afar(80, 3000, true), "reset_after_client_hello", LIKELY);
	/* On a short way a switch or a busy kernel takes longer than the difference. */
	assert_best(reset_from_afar(2, 200, false), "reset_after_client_hello", LIKELY);
}

static struct story acknowledges_behind_its_reset(void)
{
	struct story s = begin();

	says_hello(&s, hello13());
	rst(&s, SIDE_SERVER);
	acknowledges(&s, SIDE_SERVER);
	s.flow.side[SIDE_SERVER].packet_after_reset = s.now;
	return s;
}

static void who_goes_on_acknowledging_has_not_reset(void **state)
{
	struct story s = acknowledges_behind_its_reset();

	(void)state;
	assert_best(s, "reset_injected", LIKELY);
}

static void in_a_capture_out_of_order_what_stands_behind_a_reset_proves_little(void **state)
{
	struct story s = acknowledges_behind_its_reset();

	(void)state;
	s.flow.side[SIDE_CLIENT].out_of_order = 1;
	assert_best(s, "reset_after_client_hello", LIKELY);
}

static void signs_that_are_weak_are_never_more_than_a_thought(void **state)
{
	struct story s = begin();
	struct tcp_side *server = &s.flow.side[SIDE_SERVER];

	(void)state;
	says_hello(&s, hello13());
	server->last_ip_id = 1000;
	rst(&s, SIDE_SERVER);
	server->resets[0].ip_id = 30000;
	server->resets[0].answers_packet = false;
	server->resets[0].seq_off = -40;
	assert_alternative_after(s, NULL, "reset_after_client_hello", "reset_injected");
}

static void a_fin_whose_sender_goes_on_was_forged(void **state)
{
	struct story s = begin();
	struct tcp_side *server = &s.flow.side[SIDE_SERVER];

	(void)state;
	says_hello(&s, hello13());
	fin(&s, SIDE_SERVER);
	bytes_of(&s, SIDE_SERVER, 1448);
	server->data_after_fin = s.now;
	assert_best(s, "reset_injected", LIKELY);
}

static void a_beginning_that_never_comes_past_was_lost_before(void **state)
{
	struct story gone = begin(), tail = begin(), acked = begin();

	(void)state;
	gone.flow.side[SIDE_CLIENT].sent = 0;
	fin(&gone, SIDE_CLIENT);
	gone.flow.side[SIDE_CLIENT].fin_offset = 517;
	assert_best(gone, "client_hello_lost", LIKELY);
	bytes_of(&tail, SIDE_CLIENT, 300);
	tail.flow.side[SIDE_CLIENT].beginning_seen = false;
	tail.flow.side[SIDE_CLIENT].sent = 1748;
	fin(&tail, SIDE_CLIENT);
	assert_best(tail, "large_client_hello_lost", LIKELY);
	/* What the server has, the capture lacks. */
	fin(&acked, SIDE_CLIENT);
	acked.flow.side[SIDE_CLIENT].fin_offset = acked.flow.side[SIDE_CLIENT].acked = 517;
	assert_best_is_not(acked, "client_hello_lost");
}

static void a_flight_that_is_sent_again_and_again_is_lost(void **state)
{
	struct story s = begin();
	struct tcp_side *server = &s.flow.side[SIDE_SERVER];

	(void)state;
	says_hello(&s, hello13());
	hears_hello(&s, answer(0x0304, 0x1301));
	bytes_of(&s, SIDE_SERVER, 2900);
	server->retransmissions = 5;
	server->retransmitted_len = server->largest_segment = 1448;
	server->last_retransmission = s.now;
	pass(&s, 15);
	fin(&s, SIDE_CLIENT);
	server->acked = 0;
	s.flow.side[SIDE_CLIENT].sacked_above_hole = true;
	assert_best(s, "server_flight_lost", LIKELY);
}

static void a_stall_of_seconds_is_a_timeout_and_none_an_abandonment(void **state)
{
	struct story slow = begin(), quick = begin(), server = begin();

	(void)state;
	up_to_server_flight12(&slow, "good");
	client_finishes12(&slow);
	pass(&slow, 20);
	fin(&slow, SIDE_CLIENT);
	assert_best(slow, "handshake_timeout", LIKELY);
	up_to_server_flight12(&quick, "good");
	client_finishes12(&quick);
	fin(&quick, SIDE_CLIENT);
	assert_best(quick, "client_abandoned", LIKELY);
	up_to_server_flight12(&server, "good");
	client_finishes12(&server);
	rst(&server, SIDE_SERVER);
	assert_best(server, "server_abandoned", LIKELY);
}

/* ---- wrong protocols ---- */

static void http_to_a_tls_port_that_says_so(void **state)
{
	struct story told = begin(), plain = begin();

	(void)state;
	foreign(&told, SIDE_CLIENT, FOREIGN_HTTP, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	foreign(&told, SIDE_SERVER, FOREIGN_HTTP, "HTTP/1.1 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port");
	fin(&told, SIDE_SERVER);
	assert_best(told, "plaintext_to_tls_port", CERTAIN);
	foreign(&plain, SIDE_CLIENT, FOREIGN_HTTP, "GET / HTTP/1.1\r\n\r\n");
	foreign(&plain, SIDE_SERVER, FOREIGN_HTTP, "HTTP/1.1 200 OK\r\n\r\n");	/* no failure at all */
	fin(&plain, SIDE_SERVER);
	assert_best_is_not(plain, "plaintext_to_tls_port");
}

static void a_server_that_answers_in_clear_does_not_speak_tls(void **state)
{
	struct story s = begin();

	(void)state;
	says_hello(&s, hello13());
	foreign(&s, SIDE_SERVER, FOREIGN_SSH, "SSH-2.0-OpenSSH_9.2\r\n");
	fin(&s, SIDE_CLIENT);
	assert_best(s, "server_not_tls", CERTAIN);
}

static struct story smtp(enum upgrade_step step, const char *words, enum upgrade_step then)
{
	struct story s = begin();

	upgrade(&s, SIDE_SERVER, FOREIGN_SMTP, false, UPGRADE_SEEN, "220 mail");
	upgrade(&s, SIDE_SERVER, FOREIGN_SMTP, false, step, words);
	upgrade(&s, SIDE_CLIENT, FOREIGN_SMTP, false, then, "QUIT");
	fin(&s, SIDE_CLIENT);
	return s;
}

static void an_upgrade_is_refused_or_never_offered(void **state)
{
	(void)state;
	assert_best(smtp(UPGRADE_REFUSED, "454 TLS not available", UPGRADE_ABANDONED), "starttls_refused", CERTAIN);
	assert_best(smtp(UPGRADE_NOT_OFFERED, "250 SIZE", UPGRADE_ABANDONED), "starttls_refused", LIKELY);
	/* It went on in clear: it only preferred TLS. */
	assert_best_is_not(smtp(UPGRADE_NOT_OFFERED, "250 SIZE", UPGRADE_IN_CLEAR), "starttls_refused");
}

static void an_offer_to_others_says_that_it_was_stripped(void **state)
{
	struct lessons *l = lessons_new(0);
	struct story before = begin(), s = smtp(UPGRADE_NOT_OFFERED, "250 XXXXXXXA", UPGRADE_ABANDONED);
	struct knowledge k = { .lessons = l };
	struct verdict v;

	(void)state;
	upgrade(&before, SIDE_SERVER, FOREIGN_SMTP, false, UPGRADE_OFFERED, "250 STARTTLS");
	learn(l, before);
	conclude_story(&s);
	assert_true(diagnose(&k, s.h, &s.ending, &v));
	assert_string_equal(v.diagnosis.code, "starttls_refused");
	assert_int_equal(v.diagnosis.fix_at, PARTY_NETWORK);
	assert_non_null(strstr(v.diagnosis.summary, "strips"));
	forget(&s);
	lessons_free(l);
}

static void a_proxy_that_refuses_the_tunnel_is_no_server(void **state)
{
	struct story s = begin();

	(void)state;
	upgrade(&s, SIDE_CLIENT, FOREIGN_HTTP, true, UPGRADE_ASKED, "");
	upgrade(&s, SIDE_SERVER, FOREIGN_HTTP, true, UPGRADE_REFUSED, "HTTP/1.1 403 Forbidden");
	fin(&s, SIDE_CLIENT);
	assert_best(s, "proxy_refused", CERTAIN);
}

/* ---- alerts at their word ---- */

static void alerts_without_a_special_reading_are_taken_at_their_word(void **state)
{
	static const struct { uint8_t alert; const char *code; enum confidence confidence; } rows[] = {
		{ ALERT_UNEXPECTED_MESSAGE, "unexpected_message", LIKELY }, { ALERT_BAD_RECORD_MAC, "record_corrupted", LIKELY },
		{ ALERT_DECODE_ERROR, "malformed_message", LIKELY }, { ALERT_DECRYPT_ERROR, "crypto_failure", LIKELY },
		{ ALERT_INTERNAL_ERROR, "internal_error", LIKELY }, { ALERT_ACCESS_DENIED, "access_denied", LIKELY },
		{ 22, "malformed_message", LIKELY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct story s = begin();

		up_to_server_flight12(&s, "good");
		client_finishes12(&s);
		fatal(&s, SIDE_SERVER, rows[i].alert);
		assert_best(s, rows[i].code, rows[i].confidence);
	}
}

static void who_cancels_says_so(void **state)
{
	struct story s = begin();

	(void)state;
	up_to_server_flight12(&s, "good");
	warning(&s, SIDE_CLIENT, ALERT_USER_CANCELED);
	warning(&s, SIDE_CLIENT, ALERT_CLOSE_NOTIFY);
	assert_best(s, "user_canceled", CERTAIN);
}

/* ---- the capture ---- */

static void one_side_alone_tells_nothing(void **state)
{
	struct story s = begin();

	(void)state;
	says_hello(&s, hello13());
	s.flow.side[SIDE_SERVER] = (struct tcp_side){ .address = s.flow.side[SIDE_SERVER].address };
	fin(&s, SIDE_CLIENT);
	assert_best(s, "capture_one_sided", CERTAIN);
}

static void keys_that_only_an_answer_gives_prove_that_the_server_was_not_captured(void **state)
{
	enum { EPOCH_HANDSHAKE = 2 };
	struct story s = begin_datagrams('q'), silent = begin_datagrams('q'), dtls = begin_datagrams('d');

	(void)state;
	says_hello(&s, hello13());
	packet(&s, SIDE_CLIENT, EPOCH_HANDSHAKE, 60);
	s.silence = 100;
	assert_best(s, "capture_one_sided", CERTAIN);
	says_hello(&silent, hello13());
	silent.silence = 100;
	assert_outcome(silent, OUTCOME_FAILED);
	says_hello(&dtls, hello12());
	message(&dtls, SIDE_CLIENT, HS_CLIENT_KEY_EXCHANGE);
	change_cipher(&dtls, SIDE_CLIENT);
	hidden(&dtls, SIDE_CLIENT, CONTENT_ALERT, 26);
	assert_best(dtls, "capture_one_sided", CERTAIN);
}

static void a_datagram_servers_packets_alone_are_one_side_of_the_capture(void **state)
{
	struct story s = begin_datagrams('d');

	(void)state;
	hears_hello(&s, answer(0xfefd, 0xc02f));
	change_cipher(&s, SIDE_SERVER);
	hidden(&s, SIDE_SERVER, CONTENT_ALERT, 26);
	assert_best(s, "capture_one_sided", CERTAIN);
}

static void a_capture_that_ends_in_mid_handshake_is_inconclusive(void **state)
{
	struct story s = begin(), gone = begin();

	(void)state;
	up_to_server_flight13(&s);
	assert_best(s, "capture_ends_early", LIKELY);
	up_to_server_flight13(&gone);
	fin(&gone, SIDE_CLIENT);
	assert_outcome(gone, OUTCOME_FAILED);
}

static void who_is_given_up_for_memory_did_not_meet_the_captures_end(void **state)
{
	struct story s = begin();
	struct verdict *v = malloc(sizeof(*v));

	(void)state;
	up_to_server_flight13(&s);
	s.flow.end = END_EVICTED;
	judge_story(&s, v);
	assert_string_equal(v->diagnosis.code, "capture_ends_early");
	assert_non_null(strstr(v->diagnosis.summary, "lack of memory"));
	free(v);
	forget(&s);
}

/* Up to the server's flight, then a RST of the server's that counts these bytes beyond what was seen. */
static struct story reset_from_beyond(int32_t said, int32_t heard)
{
	struct story s = begin();

	up_to_server_flight12(&s, "good");
	rst(&s, SIDE_SERVER);
	s.flow.side[SIDE_SERVER].resets[0].seq_off = said;
	s.flow.side[SIDE_SERVER].resets[0].ack_off = heard;
	s.flow.side[SIDE_SERVER].resets[0].has_ack = true;
	return s;
}

static void a_reset_that_counts_bytes_nobody_saw_tells_of_a_gap(void **state)
{
	struct story fits = reset_from_beyond(0, 0), said_more = reset_from_beyond(300, 0);
	struct story heard_more = reset_from_beyond(0, 126), forged = reset_from_beyond(300, 0);

	(void)state;
	assert_outcome(fits, OUTCOME_FAILED);
	assert_best(said_more, "capture_gaps", LIKELY);
	assert_best(heard_more, "capture_gaps", LIKELY);
	forged.flow.side[SIDE_SERVER].resets[0].ttl = 200;
	forged.flow.side[SIDE_SERVER].ttl_min = forged.flow.side[SIDE_SERVER].ttl_max = 50;
	assert_best(forged, "reset_injected", LIKELY);
}

static void what_was_lost_before_a_long_wait_may_be_the_networks_loss(void **state)
{
	struct story s = begin();

	(void)state;
	up_to_server_flight12(&s, "good");
	pass(&s, 60);
	rst(&s, SIDE_SERVER);
	s.flow.side[SIDE_SERVER].resets[0].seq_off = 300;
	assert_outcome(s, OUTCOME_FAILED);
}

/* The client has finished; of what the server said to that nothing was seen but its FIN. */
static struct story fin_from_beyond(double seconds, bool lost_on_the_way)
{
	struct story s = begin();

	up_to_server_flight12(&s, "good");
	client_finishes12(&s);
	gap(&s, SIDE_SERVER);
	s.flow.side[SIDE_SERVER].missing = 0;
	s.flow.side[SIDE_CLIENT].sacked_above_hole = lost_on_the_way;
	pass(&s, seconds);
	fin(&s, SIDE_SERVER);
	return s;
}

static void a_fin_behind_bytes_nobody_saw_tells_of_a_gap(void **state)
{
	struct story s = fin_from_beyond(0, false), late = fin_from_beyond(60, false);
	struct story reported = fin_from_beyond(0, true);

	(void)state;
	assert_best(s, "capture_gaps", LIKELY);
	assert_outcome(late, OUTCOME_FAILED);
	assert_outcome(reported, OUTCOME_FAILED);
}

static void an_encrypted_dtls_alert_without_finished_comes_behind_lost_datagrams(void **state)
{
	struct story s = begin_datagrams('d');

	(void)state;
	up_to_server_flight12(&s, "good");
	hidden(&s, SIDE_CLIENT, CONTENT_ALERT, 26);
	assert_best(s, "capture_gaps", LIKELY);
}

static void missing_packets_leave_the_end_unexplained(void **state)
{
	struct story s = begin();

	(void)state;
	says_hello(&s, hello12());
	gap(&s, SIDE_SERVER);
	fin(&s, SIDE_CLIENT);
	assert_best(s, "capture_gaps", LIKELY);
}

/* The alert is readable, but what came before it is not all there. */
static void a_hole_makes_what_was_certain_likely(void **state)
{
	struct story whole = begin(), holed = begin();

	(void)state;
	says_hello(&whole, hello12());
	fatal(&whole, SIDE_SERVER, ALERT_PROTOCOL_VERSION);
	assert_best(whole, "version_mismatch", CERTAIN);
	says_hello(&holed, hello12());
	gap(&holed, SIDE_SERVER);
	fatal(&holed, SIDE_SERVER, ALERT_PROTOCOL_VERSION);
	assert_best(holed, "version_mismatch", LIKELY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reset_syn_is_refused_and_an_unanswered_one_timed_out),
		cmocka_unit_test(a_reset_without_ack_refuses_no_syn_for_sure),
		cmocka_unit_test(an_icmp_refusal_is_the_networks),
		cmocka_unit_test(an_icmp_about_the_servers_packet_is_no_refusal),
		cmocka_unit_test(a_hello_that_is_never_acknowledged_was_lost),
		cmocka_unit_test(a_large_hello_of_which_only_the_first_part_arrives),
		cmocka_unit_test(smaller_hellos_that_pass_accuse_the_size),
		cmocka_unit_test(silence_of_seconds_is_the_servers),
		cmocka_unit_test(a_reset_may_say_why),
		cmocka_unit_test(resets_and_closes_in_answer_to_the_hello),
		cmocka_unit_test(a_reset_from_elsewhere_was_injected),
		cmocka_unit_test(nobody_answers_faster_than_the_way_to_him_and_back),
		cmocka_unit_test(who_goes_on_acknowledging_has_not_reset),
		cmocka_unit_test(in_a_capture_out_of_order_what_stands_behind_a_reset_proves_little),
		cmocka_unit_test(signs_that_are_weak_are_never_more_than_a_thought),
		cmocka_unit_test(a_fin_whose_sender_goes_on_was_forged),
		cmocka_unit_test(a_beginning_that_never_comes_past_was_lost_before),
		cmocka_unit_test(a_flight_that_is_sent_again_and_again_is_lost),
		cmocka_unit_test(a_stall_of_seconds_is_a_timeout_and_none_an_abandonment),
		cmocka_unit_test(http_to_a_tls_port_that_says_so),
		cmocka_unit_test(a_server_that_answers_in_clear_does_not_speak_tls),
		cmocka_unit_test(an_upgrade_is_refused_or_never_offered),
		cmocka_unit_test(an_offer_to_others_says_that_it_was_stripped),
		cmocka_unit_test(a_proxy_that_refuses_the_tunnel_is_no_server),
		cmocka_unit_test(alerts_without_a_special_reading_are_taken_at_their_word),
		cmocka_unit_test(who_cancels_says_so),
		cmocka_unit_test(one_side_alone_tells_nothing),
		cmocka_unit_test(keys_that_only_an_answer_gives_prove_that_the_server_was_not_captured),
		cmocka_unit_test(a_datagram_servers_packets_alone_are_one_side_of_the_capture),
		cmocka_unit_test(a_capture_that_ends_in_mid_handshake_is_inconclusive),
		cmocka_unit_test(who_is_given_up_for_memory_did_not_meet_the_captures_end),
		cmocka_unit_test(a_reset_that_counts_bytes_nobody_saw_tells_of_a_gap),
		cmocka_unit_test(a_fin_behind_bytes_nobody_saw_tells_of_a_gap),
		cmocka_unit_test(what_was_lost_before_a_long_wait_may_be_the_networks_loss),
		cmocka_unit_test(an_encrypted_dtls_alert_without_finished_comes_behind_lost_datagrams),
		cmocka_unit_test(missing_packets_leave_the_end_unexplained),
		cmocka_unit_test(a_hole_makes_what_was_certain_likely),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
