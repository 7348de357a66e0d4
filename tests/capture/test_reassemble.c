/* One direction's bytes: however they come, they go out in order and once, or as a gap. */
#include "support_packets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct bench *b;

static int begin(void **state)
{
	(void)state;
	b = bench_new(0);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	bench_free(b);
	return 0;
}

static void assert_client_said(const char *text)
{
	assert_int_equal(b->end[SIDE_CLIENT], strlen(text));
	assert_memory_equal(b->bytes[SIDE_CLIENT], text, strlen(text));
	assert_null(strstr(b->log, "OUT-OF-PLACE"));
}

static void bytes_in_order_come_as_they_were_sent(void **state)
{
	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	send_data(b, SIDE_CLIENT, 5, "world", 5);
	assert_string_equal(b->log, "opened c+5 c+5");
	assert_client_said("helloworld");
}

static void a_stream_byte_by_byte_is_the_same_stream(void **state)
{
	const char *text = "the same stream";

	(void)state;
	shake_hands(b);
	for (uint32_t i = 0; i < strlen(text); i++)
		send_data(b, SIDE_CLIENT, i, text + i, 1);
	assert_client_said(text);
	assert_int_equal(b->facts.side[SIDE_CLIENT].retransmissions, 0);
	assert_int_equal(b->facts.side[SIDE_CLIENT].keepalives, 0);
}

static void a_stream_backwards_waits_for_its_first_byte(void **state)
{
	const char *text = "the same stream";

	(void)state;
	shake_hands(b);
	for (uint32_t i = (uint32_t)strlen(text); i-- > 1; )
		send_data(b, SIDE_CLIENT, i, text + i, 1);
	assert_string_equal(b->log, "opened");
	send_data(b, SIDE_CLIENT, 0, text, 1);
	assert_client_said(text);
	assert_true(b->facts.side[SIDE_CLIENT].out_of_order > 0);
	assert_int_equal(b->facts.side[SIDE_CLIENT].retransmissions, 0);
}

static void a_retransmission_is_counted_and_not_delivered_again(void **state)
{
	const struct tcp_side *side = &b->facts.side[SIDE_CLIENT];

	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	wait_ms(b, 200);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	send_data(b, SIDE_CLIENT, 5, "!", 1);
	assert_client_said("hello!");
	assert_int_equal(side->retransmissions, 1);
	assert_int_equal(side->retransmitted_offset, 0);
	assert_int_equal(side->retransmitted_len, 5);
	assert_int_equal(side->last_retransmission.frame, 5);
	assert_int_equal(side->duplicates, 0);
}

static void a_second_capture_of_a_packet_is_no_retransmission(void **state)
{
	struct packet p = packet_from(SIDE_CLIENT, TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1);

	(void)state;
	shake_hands(b);
	p.ip_id = 77;
	send_packet(b, with_payload(p, "hello", 5));
	p.ttl--;
	p.has_vlan = true;
	send_packet(b, with_payload(p, "hello", 5));
	assert_client_said("hello");
	assert_int_equal(b->facts.side[SIDE_CLIENT].retransmissions, 0);
	assert_int_equal(b->facts.side[SIDE_CLIENT].duplicates, 1);
	assert_int_equal(b->facts.side[SIDE_CLIENT].ttl_min, 64);
	assert_int_equal(b->stats.duplicates, 1);
}

static void without_ip_ids_a_mirror_is_known_by_its_double_syn(void **state)
{
	const int64_t delay = 3000000;

	(void)state;
	for (uint32_t i = 0; i < 6; i++) {
		struct packet p = packet_from(SIDE_CLIENT, i < 2 ? TCP_SYN : TCP_ACK,
					      i < 2 ? CLIENT_ISN : CLIENT_ISN + 1 + (i / 2 - 1) * 5, 0);

		p.mark.frame = i + 1;
		p.mark.time = b->time + i * delay;
		if (i >= 2)
			p = with_payload(p, "hello", 5);
		send_raw(b, &p);
	}
	end_input(b);
	assert_string_equal(b->log, "opened c+5 c+5 over:capture");
	assert_int_equal(b->facts.side[SIDE_CLIENT].duplicates, 3);
	assert_int_equal(b->facts.side[SIDE_CLIENT].retransmissions, 0);
	assert_int_equal(b->facts.side[SIDE_CLIENT].syn_count, 1);
}

static void an_overlap_keeps_the_first_copy(void **state)
{
	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 2, "CDEF", 4);
	send_data(b, SIDE_CLIENT, 0, "abcdefgh", 8);
	assert_client_said("abCDEFgh");
	assert_true(b->facts.side[SIDE_CLIENT].conflicting_overlap);
}

static void an_overlap_with_equal_bytes_is_no_conflict(void **state)
{
	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 2, "cdef", 4);
	send_data(b, SIDE_CLIENT, 8, "ij", 2);
	send_data(b, SIDE_CLIENT, 0, "abcdefghijkl", 12);
	assert_client_said("abcdefghijkl");
	assert_false(b->facts.side[SIDE_CLIENT].conflicting_overlap);
}

static void a_second_answer_behind_a_forged_one_is_a_conflict(void **state)
{
	(void)state;
	shake_hands(b);
	send_data(b, SIDE_SERVER, 0, "HTTP/1.1 403 Forbidden", 22);
	send_data(b, SIDE_SERVER, 0, "HTTP/1.1 200 OK", 15);
	assert_string_equal(b->log, "opened s+22");
	assert_true(b->facts.side[SIDE_SERVER].conflicting_overlap);
	assert_false(b->facts.side[SIDE_CLIENT].conflicting_overlap);
}

static void sequence_numbers_wrap(void **state)
{
	uint32_t isn = UINT32_MAX - 3;

	(void)state;
	send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN, isn, 0));
	send_packet(b, packet_from(SIDE_SERVER, TCP_SYN | TCP_ACK, SERVER_ISN, isn + 1));
	send_packet(b, with_payload(packet_from(SIDE_CLIENT, TCP_ACK, isn + 6, SERVER_ISN + 1),
				    "world", 5));
	send_packet(b, with_payload(packet_from(SIDE_CLIENT, TCP_ACK, isn + 1, SERVER_ISN + 1),
				    "hello", 5));
	send_packet(b, packet_from(SIDE_SERVER, TCP_ACK, SERVER_ISN + 1, isn + 11));
	assert_client_said("helloworld");
	assert_int_equal(b->facts.side[SIDE_CLIENT].sent, 10);
	end_input(b);
	assert_int_equal(b->facts.side[SIDE_CLIENT].acked, 10);
}

static void a_hole_that_the_other_side_acknowledged_becomes_a_gap(void **state)
{
	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 5, "world", 5);
	send_ack(b, SIDE_SERVER, 0, 10);
	assert_string_equal(b->log, "opened");
	for (uint32_t i = 0; i < 20; i++)
		send_data(b, SIDE_SERVER, i, "!", 1);
	wait_ms(b, 100);
	send_ack(b, SIDE_SERVER, 20, 10);
	assert_non_null(strstr(b->log, "c-5 c+5"));
	assert_int_equal(b->facts.side[SIDE_CLIENT].missing, 5);
	assert_int_equal(b->stats.missing_bytes, 5);
}

static void bytes_that_come_soon_after_their_acknowledgement_are_not_lost(void **state)
{
	(void)state;
	shake_hands(b);
	send_ack(b, SIDE_SERVER, 0, 10);
	send_data(b, SIDE_CLIENT, 5, "world", 5);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	wait_ms(b, 500);
	send_ack(b, SIDE_SERVER, 0, 10);
	assert_client_said("helloworld");
	assert_int_equal(b->facts.side[SIDE_CLIENT].missing, 0);
}

/* The server's segment that acknowledges so many of the client's bytes. */
static void send_answer(const char *text, uint32_t acked)
{
	struct packet p = packet_from(SIDE_SERVER, TCP_ACK | TCP_PSH, SERVER_ISN + 1, CLIENT_ISN + 1 + acked);

	send_packet(b, with_payload(p, text, (uint32_t)strlen(text)));
}

static void an_answer_waits_for_what_it_answers(void **state)
{
	(void)state;
	shake_hands(b);
	send_answer("world!", 5);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	assert_string_equal(b->log, "opened c+5 s+6");
}

static void an_answer_does_not_wait_for_ever_for_what_the_capture_lacks(void **state)
{
	(void)state;
	shake_hands(b);
	send_answer("world!", 5);
	for (uint32_t i = 0; i < 20; i++) {
		wait_ms(b, 50);
		send_ack(b, SIDE_CLIENT, 5, 0);
	}
	assert_string_equal(b->log, "opened c-5 s+6");
	assert_int_equal(b->facts.side[SIDE_CLIENT].missing, 5);
}

static void nor_does_an_end_where_nothing_more_comes(void **state)
{
	(void)state;
	shake_hands(b);
	send_packet(b, packet_from(SIDE_SERVER, TCP_RST | TCP_ACK, SERVER_ISN + 1, CLIENT_ISN + 1 + 5));
	assert_string_equal(b->log, "opened");
	let_pass_ms(b, 31000);
	assert_string_equal(b->log, "opened srst");
	let_pass_ms(b, 11000);
	assert_string_equal(b->log, "opened srst over:reset");
}

static void an_answer_waits_for_what_it_answers_whenever_that_comes(void **state)
{
	(void)state;
	shake_hands(b);
	send_answer("world!", 5);
	wait_ms(b, 5000);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	assert_string_equal(b->log, "opened c+5 s+6");
	assert_true(mark_turn(b->facts.side[SIDE_CLIENT].first_data) <
		    mark_turn(b->facts.side[SIDE_SERVER].first_data));
	assert_int_equal(b->facts.side[SIDE_SERVER].first_data.frame, 4);
}

static void an_answer_to_two_segments_waits_for_the_hole_between_them(void **state)
{
	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	send_data(b, SIDE_CLIENT, 10, "again", 5);
	send_answer("world!", 15);
	wait_ms(b, 500);
	send_ack(b, SIDE_SERVER, 6, 15);
	send_ack(b, SIDE_SERVER, 6, 15);
	send_ack(b, SIDE_SERVER, 6, 15);
	send_data(b, SIDE_CLIENT, 5, "there", 5);
	assert_string_equal(b->log, "opened c+5 c+5 c+5 s+6");
}

/* Its streams are held until something confirms where they begin, and it may be over before. */
static void a_connection_without_its_beginning_is_heard_in_turn(void **state)
{
	(void)state;
	for (uint32_t said = 0; said < 6; said++) {
		enum side from = said % 2 ? SIDE_SERVER : SIDE_CLIENT;
		uint32_t mine = said / 2 * 5, theirs = (said + 1) / 2 * 5;
		struct packet p = packet_from(from, TCP_ACK | TCP_PSH, CLIENT_ISN + 1 + mine, SERVER_ISN + 1 + theirs);

		if (from == SIDE_SERVER) {
			p.seq = SERVER_ISN + 1 + mine;
			p.ack = CLIENT_ISN + 1 + theirs;
		}
		send_packet(b, with_payload(p, "words", 5));
	}
	end_input(b);
	assert_string_equal(b->log, "opened c+5 s+5 c+5 s+5 c+5 s+5 over:capture");
}

static void an_end_is_in_the_turn_that_its_acknowledgement_says(void **state)
{
	struct packet fin = packet_from(SIDE_SERVER, TCP_ACK | TCP_FIN, SERVER_ISN + 1, CLIENT_ISN + 1 + 6);

	(void)state;
	shake_hands(b);
	send_packet(b, fin);	/* in answer to the client's, which is captured behind it */
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	send_packet(b, packet_from(SIDE_CLIENT, TCP_FIN | TCP_ACK, CLIENT_ISN + 1 + 5, SERVER_ISN + 1));
	assert_string_equal(b->log, "opened c+5 cfin sfin");
	assert_true(mark_turn(b->facts.side[SIDE_CLIENT].fin) < mark_turn(b->facts.side[SIDE_SERVER].fin));
}

static void a_reset_captured_before_the_bytes_it_follows_was_not_forged(void **state)
{
	struct packet reset = packet_from(SIDE_SERVER, TCP_RST | TCP_ACK, SERVER_ISN + 1 + 6, CLIENT_ISN + 1 + 5);

	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	send_packet(b, reset);
	send_answer("world!", 5);
	assert_string_equal(b->log, "opened c+5 s+6 srst");
	assert_int_equal(b->facts.side[SIDE_SERVER].resets[0].seq_off, 0);
	assert_int_equal(b->facts.side[SIDE_SERVER].data_after_reset.frame, 0);
}

/* They are no bytes of the stream. */
static void the_words_of_a_reset_are_kept(void **state)
{
	struct packet reset = packet_from(SIDE_SERVER, TCP_RST | TCP_ACK, SERVER_ISN + 1, CLIENT_ISN + 1 + 5);

	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	send_packet(b, with_payload(reset, "No pool member", 14));
	send_packet(b, with_payload(packet_from(SIDE_CLIENT, TCP_RST, CLIENT_ISN + 1 + 5, 0), "me too", 6));
	assert_string_equal(b->log, "opened c+5 srst crst");
	assert_int_equal(b->facts.reset_words_from, SIDE_SERVER);
	assert_int_equal(b->facts.reset_words_len, 14);
	assert_memory_equal(b->facts.reset_words, "No pool member", 14);
}

/* A RST 3 ms behind the client's last bytes, which it alone acknowledges. */
static void a_reset_knows_how_long_ago_it_was_asked_for(void **state)
{
	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	wait_ms(b, 2);
	send_packet(b, packet_from(SIDE_SERVER, TCP_RST | TCP_ACK, SERVER_ISN + 1, CLIENT_ISN + 1 + 5));
	assert_int_equal(b->facts.side[SIDE_SERVER].resets[0].since_asked, 3000000);
}

static void a_reset_of_what_was_acknowledged_before_was_not_asked_for(void **state)
{
	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	send_ack(b, SIDE_SERVER, 0, 5);
	send_packet(b, packet_from(SIDE_SERVER, TCP_RST | TCP_ACK, SERVER_ISN + 1, CLIENT_ISN + 1 + 5));
	assert_int_equal(b->facts.side[SIDE_SERVER].resets[0].since_asked, -1);
}

static void nor_was_one_of_what_was_sent_again(void **state)
{
	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	wait_ms(b, 200);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	send_packet(b, packet_from(SIDE_SERVER, TCP_RST | TCP_ACK, SERVER_ISN + 1, CLIENT_ISN + 1 + 5));
	assert_int_equal(b->facts.side[SIDE_SERVER].resets[0].since_asked, -1);
}

static void an_acknowledgement_after_a_reset_is_noted(void **state)
{
	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	send_packet(b, packet_from(SIDE_SERVER, TCP_RST | TCP_ACK, SERVER_ISN + 1, CLIENT_ISN + 1 + 5));
	send_ack(b, SIDE_SERVER, 0, 5);
	assert_int_equal(b->facts.side[SIDE_SERVER].packet_after_reset.frame, 6);
}

static struct packet stamped(struct packet p, uint32_t stamp)
{
	p.has_options = p.has_timestamps = true;
	p.stamp = stamp;
	return p;
}

static void a_packet_that_its_sender_stamped_before_its_reset_does_not_follow_it(void **state)
{
	const struct mark *after = &b->facts.side[SIDE_SERVER].packet_after_reset;
	struct packet ack = packet_from(SIDE_SERVER, TCP_ACK, SERVER_ISN + 1, CLIENT_ISN + 1 + 5);

	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	send_packet(b, stamped(packet_from(SIDE_SERVER, TCP_RST | TCP_ACK, SERVER_ISN + 1, CLIENT_ISN + 1 + 5), 9000));
	wait_ms(b, 30);
	send_packet(b, stamped(ack, 8999));
	assert_int_equal(after->frame, 0);
	ack.window++;
	send_packet(b, stamped(ack, 9000));
	assert_int_equal(after->frame, 0);
	ack.window++;
	send_packet(b, stamped(ack, 9001));
	assert_int_equal(after->frame, 8);
}

static void a_packet_follows_a_reset_whatever_half_its_senders_clock_is_in(void **state)
{
	(void)state;
	for (uint32_t half = 0; half < 2; half++) {
		uint32_t stamp = half << 31 | 1000;

		bench_free(b);
		b = bench_new(0);
		send_packet(b, stamped(packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0), stamp));
		send_packet(b, packet_from(SIDE_SERVER, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1));
		send_packet(b, stamped(packet_from(SIDE_CLIENT, TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1), stamp + 1));
		send_data(b, SIDE_SERVER, 0, "hello", 5);
		send_packet(b, packet_from(SIDE_CLIENT, TCP_RST, CLIENT_ISN + 1, 0));
		wait_ms(b, 30);
		send_packet(b, stamped(packet_from(SIDE_CLIENT, TCP_ACK | TCP_FIN, CLIENT_ISN + 1, SERVER_ISN + 1), stamp + 31));
		assert_int_equal(b->facts.side[SIDE_CLIENT].packet_after_reset.frame, 6);
	}
}

static void nor_does_one_that_the_network_doubled(void **state)
{
	const struct mark *after = &b->facts.side[SIDE_SERVER].packet_after_reset;
	struct packet ack = packet_from(SIDE_SERVER, TCP_ACK, SERVER_ISN + 1, CLIENT_ISN + 1 + 5);

	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	ack.ip_id = 77;
	send_packet(b, ack);
	send_packet(b, packet_from(SIDE_SERVER, TCP_RST | TCP_ACK, SERVER_ISN + 1, CLIENT_ISN + 1 + 5));
	wait_ms(b, 300);
	send_packet(b, ack);
	assert_int_equal(after->frame, 0);
	ack.ip_id++;
	send_packet(b, ack);
	assert_int_equal(after->frame, 8);
}

static void data_beyond_a_fin_is_noted(void **state)
{
	(void)state;
	shake_hands(b);
	send_data(b, SIDE_SERVER, 0, "hello", 5);
	send_packet(b, packet_from(SIDE_SERVER, TCP_FIN | TCP_ACK, SERVER_ISN + 1 + 5, CLIENT_ISN + 1));
	send_data(b, SIDE_SERVER, 0, "hello", 5);	/* sent again, which is well */
	assert_int_equal(b->facts.side[SIDE_SERVER].data_after_fin.frame, 0);
	send_data(b, SIDE_SERVER, 5, "again", 5);
	assert_int_equal(b->facts.side[SIDE_SERVER].data_after_fin.frame, 7);
}

static void a_stream_whose_first_byte_never_came_says_so(void **state)
{
	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 5, "world", 5);
	assert_false(b->facts.side[SIDE_CLIENT].beginning_seen);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	assert_true(b->facts.side[SIDE_CLIENT].beginning_seen);
}

static void data_beyond_a_reset_is_noted(void **state)
{
	struct packet reset = packet_from(SIDE_SERVER, TCP_RST | TCP_ACK, SERVER_ISN + 1, CLIENT_ISN + 1 + 5);

	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	send_packet(b, reset);
	send_answer("world!", 5);
	assert_int_equal(b->facts.side[SIDE_SERVER].data_after_reset.frame, 6);
}

static void bytes_lost_at_the_end_of_a_stream_are_a_gap_too(void **state)
{
	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	send_ack(b, SIDE_SERVER, 0, 517);
	end_input(b);
	assert_string_equal(b->log, "opened c+5 c-512 over:capture");
	assert_int_equal(b->facts.side[SIDE_CLIENT].missing, 512);
}

static void a_hole_nobody_acknowledged_is_given_up_at_the_end(void **state)
{
	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 5, "world", 5);
	wait_ms(b, 5000);
	send_data(b, SIDE_CLIENT, 10, "!", 1);
	assert_string_equal(b->log, "opened");
	end_input(b);
	assert_string_equal(b->log, "opened c-5 c+5 c+1 over:capture");
	assert_int_equal(b->facts.side[SIDE_CLIENT].missing, 0);
}

static void the_buffer_bound_gives_up_a_hole(void **state)
{
	static uint8_t block[1400];

	(void)state;
	bench_free(b);
	b = calloc(1, sizeof(*b));
	b->options.flow_buffer = 10000;
	b->flows = flows_new(&b->options, &b->stats);
	shake_hands(b);
	for (uint32_t i = 0; i < 7; i++)
		send_data(b, SIDE_CLIENT, 100 + i * 1400, block, 1400);
	assert_int_equal(b->end[SIDE_CLIENT], 100 + 7 * 1400);
	assert_non_null(strstr(b->log, "opened c-100 c+1400"));
	assert_null(strstr(b->log, "OUT-OF-PLACE"));
}

static void data_in_the_syn_is_the_streams_first(void **state)
{
	(void)state;
	send_packet(b, with_payload(packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0), "hello", 5));
	send_packet(b, packet_from(SIDE_SERVER, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 6));
	send_data(b, SIDE_CLIENT, 5, "!", 1);
	assert_client_said("hello!");
}

static void what_the_snap_length_cut_is_a_gap(void **state)
{
	struct packet p = packet_from(SIDE_CLIENT, TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1);

	(void)state;
	shake_hands(b);
	p = with_payload(p, "hello", 5);
	p.payload_wire_len = 12;
	send_packet(b, p);
	send_data(b, SIDE_CLIENT, 12, "next", 4);
	assert_string_equal(b->log, "opened c+5 c-7 c+4");
	assert_int_equal(b->facts.side[SIDE_CLIENT].cut, 7);
	assert_int_equal(b->facts.side[SIDE_CLIENT].missing, 0);
}

static void a_cut_segment_that_came_early_is_cut_at_its_place(void **state)
{
	struct packet p = packet_from(SIDE_CLIENT, TCP_ACK, CLIENT_ISN + 6, SERVER_ISN + 1);

	(void)state;
	shake_hands(b);
	p = with_payload(p, "wo", 2);
	p.payload_wire_len = 5;
	send_packet(b, p);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	assert_string_equal(b->log, "opened c+5 c+2 c-3");
}

static void keepalives_and_window_probes_are_not_data(void **state)
{
	const struct tcp_side *side = &b->facts.side[SIDE_CLIENT];

	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	send_ack(b, SIDE_SERVER, 0, 5);
	send_data(b, SIDE_CLIENT, 4, "x", 1);
	send_ack(b, SIDE_CLIENT, 4, 0);
	send_data(b, SIDE_CLIENT, 5, "!", 1);
	assert_client_said("hello!");
	assert_int_equal(side->keepalives, 2);
	assert_int_equal(side->retransmissions, 0);
	assert_false(side->conflicting_overlap);
}

static void a_fin_out_of_order_waits_for_the_bytes_before_it(void **state)
{
	(void)state;
	shake_hands(b);
	send_packet(b, with_payload(packet_from(SIDE_CLIENT, TCP_FIN | TCP_ACK, CLIENT_ISN + 6,
						SERVER_ISN + 1), "world", 5));
	assert_string_equal(b->log, "opened");
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	assert_string_equal(b->log, "opened c+5 c+5 cfin");
	assert_int_equal(b->facts.side[SIDE_CLIENT].fin_offset, 10);
}

static void a_fin_sent_again_is_told_once(void **state)
{
	(void)state;
	shake_hands(b);
	for (int i = 0; i < 3; i++) {
		send_packet(b, packet_from(SIDE_CLIENT, TCP_FIN | TCP_ACK, CLIENT_ISN + 1,
					   SERVER_ISN + 1));
		wait_ms(b, 300);
	}
	assert_string_equal(b->log, "opened cfin");
	assert_int_equal(b->facts.side[SIDE_CLIENT].fin.frame, 4);
}

static void an_acknowledged_fin_that_the_capture_lacks_is_no_missing_byte(void **state)
{
	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	send_ack(b, SIDE_SERVER, 0, 6);
	wait_ms(b, 1000);
	send_ack(b, SIDE_SERVER, 0, 6);
	end_input(b);
	assert_string_equal(b->log, "opened c+5 over:capture");
	assert_int_equal(b->facts.side[SIDE_CLIENT].missing, 0);
}

static void without_a_syn_the_first_bytes_set_the_start(void **state)
{
	(void)state;
	send_data(b, SIDE_CLIENT, 100, "hello", 5);
	send_ack(b, SIDE_SERVER, 0, 105);
	wait_ms(b, 100);
	send_data(b, SIDE_CLIENT, 105, "!", 1);
	assert_client_said("hello!");
	assert_false(b->facts.client_known);
}

static void without_a_syn_a_little_disorder_at_the_start_is_mended(void **state)
{
	(void)state;
	send_data(b, SIDE_CLIENT, 105, "world", 5);
	send_data(b, SIDE_CLIENT, 100, "hello", 5);
	send_data(b, SIDE_CLIENT, 110, "!", 1);
	wait_ms(b, 100);
	send_ack(b, SIDE_SERVER, 0, 106);
	assert_client_said("helloworld!");
}

static void a_late_syn_still_says_where_the_stream_begins(void **state)
{
	(void)state;
	send_data(b, SIDE_CLIENT, 5, "world", 5);
	send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0));
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	send_packet(b, packet_from(SIDE_SERVER, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1));
	assert_string_equal(b->log, "opened c+5 c+5");
	assert_client_said("helloworld");
	assert_true(b->facts.client_known);
}

static void what_comes_before_the_answer_to_the_syn_waits_for_it(void **state)
{
	(void)state;
	send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0));
	send_ack(b, SIDE_CLIENT, 0, 6);
	send_data(b, SIDE_SERVER, 0, "answer", 6);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	assert_string_equal(b->log, "opened");
	send_packet(b, packet_from(SIDE_SERVER, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1));
	assert_string_equal(b->log, "opened s+6 c+5");
	assert_int_equal(b->facts.side[SIDE_SERVER].missing, 0);
}

static void but_not_for_ever(void **state)
{
	(void)state;
	send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0));
	for (uint32_t i = 0; i < 40; i++)
		send_data(b, SIDE_CLIENT, i * 5, "hello", 5);
	assert_int_equal(b->end[SIDE_CLIENT], 40 * 5);
	assert_null(strstr(b->log, "OUT-OF-PLACE"));
}

static void a_refusal_does_not_wait(void **state)
{
	(void)state;
	send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0));
	send_packet(b, packet_from(SIDE_SERVER, TCP_RST | TCP_ACK, 0, CLIENT_ISN + 1));
	assert_string_equal(b->log, "opened srst");
}

static void nor_does_what_another_connection_left(void **state)
{
	(void)state;
	send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0));
	send_packet(b, packet_from(SIDE_SERVER, TCP_ACK, 777, CLIENT_ISN + 90000000));
	send_packet(b, packet_from(SIDE_CLIENT, TCP_RST, CLIENT_ISN + 90000000, 0));
	assert_int_equal(b->facts.side[SIDE_CLIENT].reset_count, 1);
}

static void a_syn_behind_its_answer_begins_no_other_connection(void **state)
{
	(void)state;
	send_data(b, SIDE_CLIENT, 5, "world", 5);
	send_ack(b, SIDE_SERVER, 0, 5);
	send_packet(b, packet_from(SIDE_SERVER, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1));
	send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0));
	assert_null(strstr(b->log, "over"));
	assert_int_equal(b->stats.flows, 1);
}

static void an_answer_seen_alone_is_delivered(void **state)
{
	(void)state;
	send_data(b, SIDE_SERVER, 0, "answer", 6);
	end_input(b);
	assert_string_equal(b->log, "opened s+6 over:capture");
	assert_int_equal(b->stats.one_sided, 1);
}

static void a_forgotten_flow_gives_no_bytes_but_its_ends(void **state)
{
	(void)state;
	b->forget_at_once = true;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	send_data(b, SIDE_CLIENT, 500, "later", 5);
	send_packet(b, packet_from(SIDE_CLIENT, TCP_FIN | TCP_ACK, CLIENT_ISN + 506, SERVER_ISN + 1));
	end_input(b);
	assert_string_equal(b->log, "opened cfin over:capture");
	assert_int_equal(b->facts.side[SIDE_CLIENT].sent, 505);
}

/* ---- against a simple model -------------------------------------------------------------------- */

enum { MODEL_BYTES = 3000, MODEL_ROUNDS = 400 };

struct chance {
	uint64_t state;
};

static uint32_t draw(struct chance *c, uint32_t below)
{
	c->state = c->state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(c->state >> 33) % below;
}

struct slice {
	uint32_t from, len;
};

/* Cuts the stream into slices of 1..longest bytes, repeats some, and shuffles within a window. */
static uint32_t cut_up(struct chance *c, struct slice *slices, uint32_t longest, uint32_t window)
{
	uint32_t count = 0;

	for (uint32_t at = 0; at < MODEL_BYTES; ) {
		uint32_t len = 1 + draw(c, longest), overlap = draw(c, 4) ? 0 : draw(c, 20);

		if (len > MODEL_BYTES - at)
			len = MODEL_BYTES - at;
		if (overlap > at)
			overlap = at;
		slices[count++] = (struct slice){ .from = at - overlap, .len = len + overlap };
		if (!draw(c, 6)) {
			slices[count] = slices[draw(c, count)];
			count++;
		}
		at += len;
	}
	for (uint32_t i = 0; window > 1 && i < count; i++) {
		uint32_t with = i + draw(c, window);
		struct slice swap = slices[i];

		if (with < count) {
			slices[i] = slices[with];
			slices[with] = swap;
		}
	}
	return count;
}

static void any_cutting_doubling_and_shuffling_gives_the_same_stream(void **state)
{
	struct chance chance = { .state = 20240229 };
	static uint8_t stream[MODEL_BYTES];
	static struct slice slices[2 * MODEL_BYTES];

	(void)state;
	for (uint32_t round = 0; round < MODEL_ROUNDS; round++) {
		for (uint32_t i = 0; i < MODEL_BYTES; i++)
			stream[i] = (uint8_t)draw(&chance, 256);
		finish(NULL);
		begin(NULL);
		uint32_t count = cut_up(&chance, slices, 1 + draw(&chance, 300), 1 + draw(&chance, 12));

		shake_hands(b);
		for (uint32_t i = 0; i < count; i++)
			send_data(b, SIDE_CLIENT, slices[i].from, stream + slices[i].from, slices[i].len);
		assert_int_equal(b->end[SIDE_CLIENT], MODEL_BYTES);
		assert_memory_equal(b->bytes[SIDE_CLIENT], stream, MODEL_BYTES);
		assert_null(strstr(b->log, "OUT-OF-PLACE"));
		assert_null(strstr(b->log, "c-"));
		assert_false(b->facts.side[SIDE_CLIENT].conflicting_overlap);
	}
}

/* Some slices never come: every byte is delivered right or declared lost, and all bytes that came
 * are delivered unless they came after their gap was declared. */
static void lost_slices_are_gaps_and_nothing_else_is(void **state)
{
	struct chance chance = { .state = 7 };
	static uint8_t stream[MODEL_BYTES], came[MODEL_BYTES];
	static struct slice slices[2 * MODEL_BYTES];

	(void)state;
	memset(stream, 'x', sizeof(stream));
	for (uint32_t round = 0; round < MODEL_ROUNDS; round++) {
		finish(NULL);
		begin(NULL);
		memset(came, 0, sizeof(came));
		uint32_t count = cut_up(&chance, slices, 100, 5);

		shake_hands(b);
		for (uint32_t i = 0; i < count; i++) {
			if (!draw(&chance, 8))
				continue;
			memset(came + slices[i].from, 'x', slices[i].len);
			send_data(b, SIDE_CLIENT, slices[i].from, stream, slices[i].len);
		}
		send_ack(b, SIDE_SERVER, 0, MODEL_BYTES);
		end_input(b);
		assert_int_equal(b->facts.side[SIDE_CLIENT].delivered, MODEL_BYTES);
		assert_memory_equal(b->bytes[SIDE_CLIENT], came, MODEL_BYTES);
		assert_null(strstr(b->log, "OUT-OF-PLACE"));
	}
}

#define claim(test) cmocka_unit_test_setup_teardown(test, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		claim(bytes_in_order_come_as_they_were_sent),
		claim(a_stream_byte_by_byte_is_the_same_stream),
		claim(a_stream_backwards_waits_for_its_first_byte),
		claim(a_retransmission_is_counted_and_not_delivered_again),
		claim(a_second_capture_of_a_packet_is_no_retransmission),
		claim(an_overlap_keeps_the_first_copy),
		claim(an_overlap_with_equal_bytes_is_no_conflict),
		claim(a_second_answer_behind_a_forged_one_is_a_conflict),
		claim(without_ip_ids_a_mirror_is_known_by_its_double_syn),
		claim(sequence_numbers_wrap),
		claim(a_hole_that_the_other_side_acknowledged_becomes_a_gap),
		claim(bytes_that_come_soon_after_their_acknowledgement_are_not_lost),
		claim(an_answer_waits_for_what_it_answers),
		claim(an_answer_does_not_wait_for_ever_for_what_the_capture_lacks),
		claim(nor_does_an_end_where_nothing_more_comes),
		claim(an_answer_waits_for_what_it_answers_whenever_that_comes),
		claim(an_answer_to_two_segments_waits_for_the_hole_between_them),
		claim(a_connection_without_its_beginning_is_heard_in_turn),
		claim(an_end_is_in_the_turn_that_its_acknowledgement_says),
		claim(a_reset_captured_before_the_bytes_it_follows_was_not_forged),
		claim(data_beyond_a_reset_is_noted),
		claim(the_words_of_a_reset_are_kept),
		claim(a_reset_knows_how_long_ago_it_was_asked_for),
		claim(a_reset_of_what_was_acknowledged_before_was_not_asked_for),
		claim(nor_was_one_of_what_was_sent_again),
		claim(an_acknowledgement_after_a_reset_is_noted),
		claim(a_packet_that_its_sender_stamped_before_its_reset_does_not_follow_it),
		claim(a_packet_follows_a_reset_whatever_half_its_senders_clock_is_in),
		claim(nor_does_one_that_the_network_doubled),
		claim(data_beyond_a_fin_is_noted),
		claim(a_stream_whose_first_byte_never_came_says_so),
		claim(bytes_lost_at_the_end_of_a_stream_are_a_gap_too),
		claim(a_hole_nobody_acknowledged_is_given_up_at_the_end),
		claim(the_buffer_bound_gives_up_a_hole),
		claim(data_in_the_syn_is_the_streams_first),
		claim(what_the_snap_length_cut_is_a_gap),
		claim(a_cut_segment_that_came_early_is_cut_at_its_place),
		claim(keepalives_and_window_probes_are_not_data),
		claim(a_fin_out_of_order_waits_for_the_bytes_before_it),
		claim(a_fin_sent_again_is_told_once),
		claim(an_acknowledged_fin_that_the_capture_lacks_is_no_missing_byte),
		claim(without_a_syn_the_first_bytes_set_the_start),
		claim(without_a_syn_a_little_disorder_at_the_start_is_mended),
		claim(a_late_syn_still_says_where_the_stream_begins),
		claim(what_comes_before_the_answer_to_the_syn_waits_for_it),
		claim(but_not_for_ever),
		claim(a_refusal_does_not_wait),
		claim(nor_does_what_another_connection_left),
		claim(a_syn_behind_its_answer_begins_no_other_connection),
		claim(an_answer_seen_alone_is_delivered),
		claim(a_forgotten_flow_gives_no_bytes_but_its_ends),
		claim(any_cutting_doubling_and_shuffling_gives_the_same_stream),
		claim(lost_slices_are_gaps_and_nothing_else_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
