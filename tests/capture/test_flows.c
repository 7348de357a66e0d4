/* Which packets make one connection, who is the client, when it is over, and what is noted of it. */
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
	assert_int_equal(b->openings >= b->overs, 1);
	bench_free(b);
	return 0;
}

static const struct tcp_side *client(void)
{
	return &b->facts.side[SIDE_CLIENT];
}

static const struct tcp_side *server(void)
{
	return &b->facts.side[SIDE_SERVER];
}

static void close_both(void)
{
	send_packet(b, packet_from(SIDE_CLIENT, TCP_FIN | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1));
	send_packet(b, packet_from(SIDE_SERVER, TCP_FIN | TCP_ACK, SERVER_ISN + 1, CLIENT_ISN + 2));
	send_packet(b, packet_from(SIDE_CLIENT, TCP_ACK, CLIENT_ISN + 2, SERVER_ISN + 2));
}

static void who_sent_the_syn_is_the_client(void **state)
{
	(void)state;
	struct packet syn = packet_from(SIDE_SERVER, TCP_SYN, 1, 0);

	send_packet(b, syn);
	assert_true(b->facts.client_known);
	assert_int_equal(client()->address.port, 443);
	assert_int_equal(server()->address.port, 40000);
}

static void who_got_the_syn_ack_is_the_client(void **state)
{
	(void)state;
	send_packet(b, packet_from(SIDE_SERVER, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1));
	assert_true(b->facts.client_known);
	assert_int_equal(client()->address.port, 40000);
}

static void without_either_the_lower_port_serves(void **state)
{
	(void)state;
	send_data(b, SIDE_SERVER, 0, "x", 1);
	assert_false(b->facts.client_known);
	assert_int_equal(server()->address.port, 443);
}

static void a_syn_behind_the_first_packet_turns_a_wrong_guess_round(void **state)
{
	struct packet p = packet_from(SIDE_SERVER, TCP_ACK, SERVER_ISN + 1, CLIENT_ISN + 1);

	(void)state;
	send_packet(b, p);
	assert_int_equal(server()->address.port, 443);
	p.flags = TCP_SYN;
	p.seq = SERVER_ISN;
	send_packet(b, p);
	assert_true(b->facts.client_known);
	assert_int_equal(client()->address.port, 443);
	assert_string_equal(b->log, "opened");
}

static void both_fins_acknowledged_is_closed_and_late_packets_still_join(void **state)
{
	(void)state;
	shake_hands(b);
	close_both();
	assert_string_equal(b->log, "opened cfin sfin");
	wait_ms(b, 1000);
	send_packet(b, packet_from(SIDE_CLIENT, TCP_RST, CLIENT_ISN + 2, 0));
	assert_string_equal(b->log, "opened cfin sfin crst");
	end_input(b);
	assert_string_equal(b->log, "opened cfin sfin crst over:closed");
	assert_int_equal(b->facts.packets, 7);
}

static void one_fin_and_then_nothing_is_closed_by_its_timeout_only(void **state)
{
	(void)state;
	shake_hands(b);
	send_packet(b, packet_from(SIDE_CLIENT, TCP_FIN | TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1));
	end_input(b);
	assert_string_equal(b->log, "opened cfin over:capture");
}

/* A packet of another flow, so that time goes on. */
static void somebody_else_at(int64_t ms)
{
	struct packet p = packet_from(SIDE_CLIENT, TCP_SYN, 1, 0);

	p.source.ip[0] = 99;
	p.source.port = (uint16_t)(1024 + b->frame);
	wait_ms(b, ms);
	send_packet(b, p);
}

static void flows_time_out_by_capture_time(void **state)
{
	(void)state;
	shake_hands(b);
	somebody_else_at(299 * 1000);
	assert_int_equal(b->overs, 0);
	somebody_else_at(2 * 1000);
	assert_non_null(strstr(b->log, "over:idle"));
	assert_int_equal(b->overs, 1);
}

static void a_lone_syn_times_out_sooner(void **state)
{
	(void)state;
	send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0));
	somebody_else_at(70 * 1000);
	assert_int_equal(b->overs, 0);
	somebody_else_at(10 * 1000);
	assert_int_equal(b->overs, 1);
}

static void a_new_syn_on_the_same_ports_is_a_new_connection(void **state)
{
	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 0, "old", 3);
	send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN, 90000, 0));
	assert_string_equal(b->log, "opened c+3 over:reused opened");
	assert_int_equal(b->facts.stream, 1);
	send_packet(b, packet_from(SIDE_SERVER, TCP_SYN | TCP_ACK, 70000, 90001));
	send_packet(b, with_payload(packet_from(SIDE_CLIENT, TCP_ACK, 90001, 70001), "new", 3));
	assert_string_equal(b->log, "opened c+3 over:reused opened c+3");
	assert_int_equal(client()->sent, 3);
}

static void ports_used_again_after_a_close_leave_the_old_one_closed(void **state)
{
	(void)state;
	shake_hands(b);
	close_both();
	send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN, 90000, 0));
	assert_string_equal(b->log, "opened cfin sfin over:closed opened");
}

static void a_repeated_syn_is_counted_in_one_flow(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0));
		wait_ms(b, 1000);
	}
	assert_string_equal(b->log, "opened");
	assert_int_equal(client()->syn_count, 4);
	assert_int_equal(client()->syn.frame, 1);
	assert_int_equal(client()->last_syn.frame, 4);
	assert_int_equal(b->facts.packets, 4);
}

static void a_clock_set_between_syn_and_answer_parts_nothing(void **state)
{
	(void)state;
	send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0));
	wait_ms(b, (int64_t)1000 * 3600 * 24 * 365);
	send_packet(b, packet_from(SIDE_SERVER, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1));
	assert_string_equal(b->log, "opened");
	assert_int_equal(b->facts.packets, 2);
}

static void a_syn_keeps_its_options_when_the_answer_comes(void **state)
{
	struct packet p = packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0);

	(void)state;
	p.mss = 1460;
	p.has_options = p.has_sack_permitted = p.has_timestamps = p.has_window_scale = true;
	p.ip_id = 4711;
	p.has_vlan = true;
	p.vlan = 7;
	send_packet(b, p);
	send_packet(b, packet_from(SIDE_SERVER, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1));
	assert_int_equal(client()->mss, 1460);
	assert_true(client()->sack_permitted && client()->timestamps && client()->window_scaling);
	assert_int_equal(client()->syn_ttl, 64);
	assert_int_equal(client()->ttl_min, 64);
	assert_int_equal(client()->last_ip_id, 4711);
	assert_false(client()->ip_id_always_zero);
	assert_int_equal(client()->syn.frame, 1);
	assert_int_equal(client()->syn_count, 1);
	assert_int_equal(client()->last_window, 64000);
	assert_int_equal(b->facts.vlan, 7);
	assert_int_equal(b->facts.packets, 2);
	assert_int_equal(b->facts.bytes, 108);
	assert_int_equal(b->facts.first.frame, 1);
}

static void two_syns_that_cross_make_one_connection(void **state)
{
	(void)state;
	send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0));
	send_packet(b, packet_from(SIDE_SERVER, TCP_SYN, SERVER_ISN, 0));
	send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN | TCP_ACK, CLIENT_ISN, SERVER_ISN + 1));
	send_packet(b, packet_from(SIDE_SERVER, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1));
	send_data(b, SIDE_CLIENT, 0, "hi", 2);
	assert_string_equal(b->log, "opened c+2");
}

static void stream_numbers_count_conversations_as_wireshark_does(void **state)
{
	struct packet p = packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0);
	struct packet icmp = { .kind = PACKET_ICMP, .quotes_tcp = true,
			       .quoted_source = { .ip = { 1 }, .ip_len = 4, .port = 5 },
			       .quoted_destination = { .ip = { 2 }, .ip_len = 4, .port = 6 } };
	struct packet udp = p;

	(void)state;
	udp.kind = PACKET_UDP;
	send_packet(b, p);
	assert_int_equal(b->facts.stream, 0);
	send_packet(b, with_payload(udp, "x", 1));
	assert_int_equal(b->facts.stream, 0);
	send_packet(b, icmp);
	p.source.port++;
	send_packet(b, p);
	assert_int_equal(b->facts.stream, 1);
	assert_int_equal(b->openings, 3);
}

static void a_connection_that_speaks_after_its_timeout_keeps_its_number(void **state)
{
	(void)state;
	somebody_else_at(0);
	shake_hands(b);
	assert_int_equal(b->facts.stream, 1);
	wait_ms(b, 1000 * 1000);
	send_ack(b, SIDE_CLIENT, 0, 0);
	assert_int_equal(b->overs, 2);
	assert_int_equal(b->facts.stream, 1);
}

static void late_packets_of_a_finished_connection_open_no_other(void **state)
{
	(void)state;
	shake_hands(b);
	close_both();
	somebody_else_at(20 * 1000);
	assert_int_equal(b->overs, 1);
	send_packet(b, packet_from(SIDE_CLIENT, TCP_RST, CLIENT_ISN + 2, 0));
	assert_int_equal(b->openings, 2);
}

static void a_reset_is_noted_with_what_tells_its_sender(void **state)
{
	struct packet p = packet_from(SIDE_SERVER, TCP_RST | TCP_ACK, SERVER_ISN + 1, CLIENT_ISN + 6);
	const struct tcp_reset *r = &b->facts.side[SIDE_SERVER].resets[0];

	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	p.ttl = 99;
	p.ip_id = 54321;
	p.window = 7;
	p.has_df = true;
	send_packet(b, p);
	assert_string_equal(b->log, "opened c+5 srst");
	assert_int_equal(server()->reset_count, 1);
	assert_int_equal(r->mark.frame, 5);
	assert_int_equal(r->seq_off, 0);
	assert_int_equal(r->ack_off, 0);
	assert_int_equal(r->ttl, 99);
	assert_int_equal(r->ip_id, 54321);
	assert_int_equal(r->window, 7);
	assert_true(r->has_ack && r->has_df && r->answers_packet);
	assert_int_equal(r->since_other, 1000000);
	assert_int_equal(server()->ttl_max, 64);
	end_input(b);
	assert_string_equal(b->log, "opened c+5 srst over:reset");
}

static void a_reset_out_of_the_window_is_noted_but_ends_nothing(void **state)
{
	(void)state;
	shake_hands(b);
	send_data(b, SIDE_SERVER, 0, "0123456789", 10);
	send_ack(b, SIDE_CLIENT, 0, 10);
	send_packet(b, packet_from(SIDE_SERVER, TCP_RST, SERVER_ISN + 1, 0));
	send_packet(b, packet_from(SIDE_SERVER, TCP_RST, SERVER_ISN + 1 + 10000000, 0));
	end_input(b);
	assert_string_equal(b->log, "opened s+10 over:capture");
	assert_int_equal(server()->reset_count, 2);
	assert_int_equal(server()->resets[0].seq_off, -10);
}

static void data_after_its_own_reset_betrays_a_forgery(void **state)
{
	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	send_packet(b, packet_from(SIDE_SERVER, TCP_RST, SERVER_ISN + 1, 0));
	send_data(b, SIDE_SERVER, 0, "answer", 6);
	assert_int_equal(server()->data_after_reset.frame, 6);
	assert_string_equal(b->log, "opened c+5 srst s+6");
}

static void a_reset_that_refuses_a_syn_counts(void **state)
{
	(void)state;
	send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0));
	send_packet(b, packet_from(SIDE_SERVER, TCP_RST | TCP_ACK, 0, CLIENT_ISN + 1));
	end_input(b);
	assert_string_equal(b->log, "opened srst over:reset");
	assert_int_equal(server()->resets[0].ack_off, 0);
}

static void equal_resets_that_each_answer_a_packet_are_all_noted(void **state)
{
	(void)state;
	shake_hands(b);
	for (uint32_t i = 0; i < 3; i++) {
		struct packet p = packet_from(SIDE_CLIENT, TCP_RST, CLIENT_ISN + 1, 0);

		send_data(b, SIDE_SERVER, i * 5, "hello", 5);
		p.mark.frame = ++b->frame;
		p.mark.time = b->time - 900000;
		send_raw(b, &p);
		b->time = p.mark.time + 1000;
	}
	assert_int_equal(client()->reset_count, 3);
	assert_int_equal(client()->duplicates, 0);
}

static void a_keepalive_first_does_not_shift_the_stream(void **state)
{
	(void)state;
	send_ack(b, SIDE_CLIENT, 99, 0);
	send_ack(b, SIDE_SERVER, 0, 100);
	send_data(b, SIDE_CLIENT, 100, "hello", 5);
	assert_string_equal(b->log, "opened c+5");
	assert_int_equal(client()->missing, 0);
}

static void a_lone_syn_captured_twice_is_a_duplicate(void **state)
{
	struct packet p = packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0);

	(void)state;
	p.ip_id = 9;
	send_packet(b, p);
	send_packet(b, p);
	assert_int_equal(b->facts.packets, 2);
	assert_int_equal(client()->duplicates, 1);
	assert_int_equal(client()->syn_count, 1);
	end_input(b);
	assert_string_equal(b->log, "opened over:capture");
	assert_int_equal(b->stats.duplicates, 1);
}

static void a_syn_tried_again_after_its_refusal_is_the_same_attempt(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0));
		send_packet(b, packet_from(SIDE_SERVER, TCP_RST | TCP_ACK, 0, CLIENT_ISN + 1));
		wait_ms(b, 500);
	}
	assert_string_equal(b->log, "opened srst srst srst");
	assert_int_equal(b->facts.stream, 0);
	assert_int_equal(client()->syn_count, 3);
}

static void acknowledgements_are_followed(void **state)
{
	struct packet p = packet_from(SIDE_CLIENT, TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 4);

	(void)state;
	shake_hands(b);
	send_data(b, SIDE_SERVER, 0, "abc", 3);
	send_ack(b, SIDE_CLIENT, 0, 3);
	assert_int_equal(server()->acked, 3);
	assert_int_equal(client()->first_ack.frame, 5);
	send_data(b, SIDE_SERVER, 10, "def", 3);
	p.sack_count = 1;
	p.sack[0][0] = SERVER_ISN + 11;
	p.sack[0][1] = SERVER_ISN + 14;
	send_packet(b, p);
	send_packet(b, p);
	assert_int_equal(server()->acked, 3);
	assert_int_equal(client()->dup_acks, 2);
	assert_true(client()->sacked_above_hole);
	assert_false(server()->sacked_above_hole);
	assert_int_equal(client()->last_ack.frame, 5);
}

static void an_icmp_error_joins_the_flow_that_it_quotes(void **state)
{
	struct packet icmp = { .kind = PACKET_ICMP, .quotes_tcp = true, .icmp = { .mtu = 1400 } };

	(void)state;
	shake_hands(b);
	icmp.icmp.kind = ICMP_TOO_BIG;
	icmp.quoted_source = server()->address;
	icmp.quoted_destination = client()->address;
	send_packet(b, icmp);
	assert_int_equal(b->facts.icmp_count, 1);
	assert_int_equal(b->facts.icmp[0].about, SIDE_SERVER);
	assert_int_equal(b->facts.icmp[0].mtu, 1400);
	assert_int_equal(b->facts.icmp[0].mark.frame, 4);
}

static void an_icmp_error_joins_a_lone_syn(void **state)
{
	struct packet icmp = { .kind = PACKET_ICMP, .quotes_tcp = true };

	(void)state;
	send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0));
	icmp.quoted_source = client()->address;
	icmp.quoted_destination = server()->address;
	send_packet(b, icmp);
	assert_int_equal(b->facts.icmp_count, 1);
	assert_int_equal(b->facts.icmp[0].about, SIDE_CLIENT);
	end_input(b);
	assert_string_equal(b->log, "opened over:capture");
	assert_int_equal(b->facts.icmp_count, 1);
}

static void datagrams_come_each_once(void **state)
{
	struct packet p = packet_from(SIDE_SERVER, 0, 0, 0);

	(void)state;
	p.kind = PACKET_UDP;
	send_packet(b, with_payload(p, "answer", 6));
	send_packet(b, with_payload(p, "answer", 6));
	assert_string_equal(b->log, "opened s*6");
	assert_int_equal(server()->address.port, 443);
	assert_int_equal(server()->duplicates, 1);
	wait_ms(b, 1000);
	send_packet(b, with_payload(p, "answer", 6));
	assert_string_equal(b->log, "opened s*6 s*6");
}

static void times_that_go_back_do_no_harm(void **state)
{
	(void)state;
	shake_hands(b);
	b->time -= 1000000000000000;
	send_data(b, SIDE_CLIENT, 0, "hello", 5);
	b->time = INT64_MIN;
	send_data(b, SIDE_CLIENT, 5, "there", 5);
	b->time = INT64_MAX - 1000000000;
	send_data(b, SIDE_SERVER, 0, "hello", 5);
	end_input(b);
	assert_int_equal(b->openings, b->overs);
}

static void a_flood_of_syns_stays_small_and_a_real_flow_lives_in_it(void **state)
{
	enum { SOURCES = 200000, CEILING = 4 << 20 };
	struct packet p = packet_from(SIDE_CLIENT, TCP_SYN, 1, 0);

	(void)state;
	bench_free(b);
	b = bench_new(CEILING);
	for (uint32_t i = 0; i < SOURCES; i++) {
		p.source.ip[0] = 11;
		p.source.ip[1] = (uint8_t)(i >> 16);
		p.source.ip[2] = (uint8_t)(i >> 8);
		p.source.ip[3] = (uint8_t)i;
		send_packet(b, p);
		b->time -= 990000;
		b->log[0] = '\0';
		if (i == SOURCES / 2)
			shake_hands(b);
		if (i > SOURCES / 2 && i % 1000 == 0)
			send_data(b, SIDE_CLIENT, (i / 1000 - SOURCES / 2000 - 1) * 3, "abc", 3);
	}
	assert_true(b->stats.memory_peak <= CEILING);
	assert_true(b->stats.evicted > 0);
	send_data(b, SIDE_CLIENT, (SOURCES / 2000 - 1) * 3, "end", 3);
	assert_int_equal(client()->delivered, SOURCES / 2000 * 3);
	assert_int_equal(client()->syn.frame, SOURCES / 2 + 2);
	end_input(b);
	assert_int_equal(b->openings, SOURCES + 1);
	assert_int_equal(b->overs, SOURCES + 1);
}

static void memory_has_a_ceiling_under_flows_that_never_fill_their_holes(void **state)
{
	enum { FLOWS = 3000, CEILING = 4 << 20 };
	static uint8_t block[1400];

	(void)state;
	bench_free(b);
	b = bench_new(CEILING);
	for (uint32_t i = 0; i < FLOWS; i++) {
		struct packet p = packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0);

		p.source.port = (uint16_t)(1024 + i);
		send_packet(b, p);
		p.flags = TCP_ACK;
		for (uint32_t k = 0; k < 5; k++) {
			p.seq = CLIENT_ISN + 2 + k * 1400;
			send_packet(b, with_payload(p, block, sizeof(block)));
		}
	}
	assert_true(b->stats.memory_peak <= CEILING);
	end_input(b);
	assert_int_equal(b->openings, b->overs);
}

static void what_is_charged_beyond_the_limit_ends_the_connection_silent_for_longest(void **state)
{
	(void)state;
	bench_free(b);
	b = bench_new(0);
	struct packet p = packet_from(SIDE_CLIENT, TCP_SYN | TCP_ACK, CLIENT_ISN, 1);
	struct capture_event event;
	uint32_t first, second;

	p.source.port = 2001;
	send_packet(b, p);
	first = b->flow;
	flows_charge(b->flows, first, (size_t)300 << 20);
	p.source.port = 2002;
	send_packet(b, p);
	second = b->flow;
	assert_int_equal(b->overs, 0);
	assert_false(flows_next(b->flows, &event));
	flows_charge(b->flows, second, (size_t)300 << 20);
	assert_true(flows_next(b->flows, &event));
	assert_int_equal(event.kind, FLOW_OVER);
	assert_int_equal(event.flow, first);
	assert_int_equal(flows_facts(b->flows, first)->end, END_EVICTED);
	assert_false(flows_next(b->flows, &event));
}

static void a_dismissed_connection_says_no_more_until_its_ports_are_used_again(void **state)
{
	(void)state;
	shake_hands(b);
	send_data(b, SIDE_CLIENT, 0, "old", 3);
	flows_dismiss(b->flows, b->flow);
	b->open = false;
	send_data(b, SIDE_CLIENT, 3, "more", 4);
	send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0));	/* late copy of its own */
	close_both();
	assert_string_equal(b->log, "opened c+3");
	send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN, 90000, 0));
	assert_string_equal(b->log, "opened c+3 opened");
	assert_int_equal(b->facts.stream, 1);
	end_input(b);
	assert_string_equal(b->log, "opened c+3 opened over:capture");
}

static void a_flow_id_is_free_again_after_its_end(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++) {
		send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN, (uint32_t)i * 100000, 0));
		assert_true(b->flow < 3);
	}
}

static uint32_t draw(uint64_t *chance, uint32_t below)
{
	*chance = *chance * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*chance >> 33) % below;
}

/* Four ports a side, numbers near each other, every flag: collisions of all kinds. */
static struct packet any_packet(uint64_t *chance, const uint8_t *bytes, uint32_t len)
{
	static const uint8_t flags[] = { 16, 16, 16, 24, 2, 18, 17, 4, 20, 1, 0, 63, 3 };
	struct packet p = packet_from(draw(chance, 2) ? SIDE_CLIENT : SIDE_SERVER,
				      flags[draw(chance, sizeof(flags))],
				      0xfffffff0u + draw(chance, 4000), 0xfffffff0u + draw(chance, 4000));

	p.kind = draw(chance, 8) ? PACKET_TCP : draw(chance, 2) ? PACKET_UDP : PACKET_ICMP;
	p.quotes_tcp = draw(chance, 2);
	p.quoted_source = p.source;
	p.quoted_destination = p.destination;
	if (draw(chance, 2))
		p.source.port = (uint16_t)(p.source.port + draw(chance, 4));
	if (!draw(chance, 2000))
		p.seq += 0x7ffffff0u;
	if (!draw(chance, 2000))
		p.ack += 0x7ffffff0u;
	p = with_payload(p, bytes, draw(chance, 2) ? len : 0);
	p.payload_wire_len += draw(chance, 10) ? 0 : draw(chance, 100);
	p.window = (uint16_t)draw(chance, 65536);
	p.sack_count = (uint8_t)draw(chance, TCP_SACK_BLOCKS_MAX + 1);
	p.ip_id = (uint16_t)draw(chance, 3);
	p.mark.time = (int64_t)draw(chance, 400) * 1000000000;
	return p;
}

static void whatever_packets_come_each_flow_opens_and_ends_once(void **state)
{
	enum { PACKETS = 200000, ROUNDS = 3 };
	uint64_t chance = 99;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		bench_free(b);
		b = bench_new(round ? 3 << 20 : 0);
		for (uint32_t i = 0; i < PACKETS; i++) {
			uint32_t len = 1 + draw(&chance, 200);
			uint8_t *bytes = calloc(1, len);
			struct packet p = any_packet(&chance, bytes, len);

			p.mark.frame = i + 1;
			p.mark.time += round == 1 ? (int64_t)i * 1000000 : 0;
			send_raw(b, &p);
			free(bytes);
			if (b->open && !draw(&chance, 50))
				flows_forget(b->flows, b->flow);
		}
		end_input(b);
		assert_int_equal(b->openings, b->overs);
		assert_int_equal(b->openings, b->stats.flows);
		assert_int_equal(b->misplaced, 0);
	}
}

#define claim(test) cmocka_unit_test_setup_teardown(test, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		claim(who_sent_the_syn_is_the_client),
		claim(who_got_the_syn_ack_is_the_client),
		claim(without_either_the_lower_port_serves),
		claim(a_syn_behind_the_first_packet_turns_a_wrong_guess_round),
		claim(both_fins_acknowledged_is_closed_and_late_packets_still_join),
		claim(one_fin_and_then_nothing_is_closed_by_its_timeout_only),
		claim(flows_time_out_by_capture_time),
		claim(a_lone_syn_times_out_sooner),
		claim(a_new_syn_on_the_same_ports_is_a_new_connection),
		claim(ports_used_again_after_a_close_leave_the_old_one_closed),
		claim(a_repeated_syn_is_counted_in_one_flow),
		claim(a_clock_set_between_syn_and_answer_parts_nothing),
		claim(a_syn_keeps_its_options_when_the_answer_comes),
		claim(two_syns_that_cross_make_one_connection),
		claim(stream_numbers_count_conversations_as_wireshark_does),
		claim(a_connection_that_speaks_after_its_timeout_keeps_its_number),
		claim(late_packets_of_a_finished_connection_open_no_other),
		claim(a_reset_is_noted_with_what_tells_its_sender),
		claim(a_reset_out_of_the_window_is_noted_but_ends_nothing),
		claim(data_after_its_own_reset_betrays_a_forgery),
		claim(a_reset_that_refuses_a_syn_counts),
		claim(equal_resets_that_each_answer_a_packet_are_all_noted),
		claim(a_keepalive_first_does_not_shift_the_stream),
		claim(a_lone_syn_captured_twice_is_a_duplicate),
		claim(a_syn_tried_again_after_its_refusal_is_the_same_attempt),
		claim(whatever_packets_come_each_flow_opens_and_ends_once),
		claim(acknowledgements_are_followed),
		claim(an_icmp_error_joins_the_flow_that_it_quotes),
		claim(an_icmp_error_joins_a_lone_syn),
		claim(datagrams_come_each_once),
		claim(times_that_go_back_do_no_harm),
		claim(a_flood_of_syns_stays_small_and_a_real_flow_lives_in_it),
		claim(memory_has_a_ceiling_under_flows_that_never_fill_their_holes),
		claim(what_is_charged_beyond_the_limit_ends_the_connection_silent_for_longest),
		claim(a_dismissed_connection_says_no_more_until_its_ports_are_used_again),
		claim(a_flow_id_is_free_again_after_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
