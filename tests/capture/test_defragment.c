#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <pcap/dlt.h>

#include "../../capture/kept.h"
#include "support_frames.h"

enum { UDP_LEN = 48, UDP_HEADER = 8, SECOND = 1000000000 };

/* A decoder and the datagram of 48 bytes, ports 40000 and 443, that the tests cut to pieces. */
struct bench {
	struct decoder *decoder;
	struct packet out;
	bool undecodable;
	int64_t time;
	uint8_t *frame;
	uint64_t frames;
	uint8_t datagram[UDP_LEN];
};

static struct bench *bench_new(size_t memory)
{
	struct bench *b = calloc(1, sizeof(*b));
	static const uint8_t header[UDP_HEADER] = { 0x9c, 0x40, 0x01, 0xbb, 0, UDP_LEN, 0, 0 };

	assert_non_null(b);
	b->decoder = decoder_new(memory);
	b->time = SECOND;
	memcpy(b->datagram, header, UDP_HEADER);
	for (int i = UDP_HEADER; i < UDP_LEN; i++)
		b->datagram[i] = (uint8_t)i;
	return b;
}

static void bench_free(struct bench *b)
{
	decoder_free(b->decoder);
	free(b->frame);
	free(b);
}

static bool take_frame(struct bench *b, const struct buffer *bytes, uint32_t missing)
{
	free(b->frame);		/* what is lent must not lie in it */
	b->frame = exact_copy(bytes->bytes, bytes->len);
	uint32_t len = (uint32_t)bytes->len;
	struct frame frame = { .mark = { .frame = ++b->frames, .time = b->time }, .bytes = b->frame, .len = len,
			       .wire_len = len + missing, .link_type = DLT_RAW };
	b->time += 1000;
	return decode(b->decoder, &frame, &b->out, &b->undecodable);
}

/* A fragment with given contents, `missing` bytes of it cut by the snap length. */
static bool take4(struct bench *b, unsigned id, uint32_t offset, const void *bytes, size_t len,
		  bool more, uint32_t missing)
{
	static struct buffer f;

	f.len = 0;
	put_hex(&f, "45 00");
	put_u16(&f, (unsigned)(20 + len + missing));
	put_u16(&f, id);
	put_u16(&f, (more ? 0x2000 : 0) | offset / 8);
	put_hex(&f, "40 11 0000 0a000001 0a000002");
	put_bytes(&f, bytes, len);
	return take_frame(b, &f, missing);
}

/* A part of the datagram. */
static bool part4(struct bench *b, unsigned id, uint32_t from, uint32_t to)
{
	return take4(b, id, from, b->datagram + from, to - from, to < UDP_LEN, 0);
}

static bool part6(struct bench *b, uint32_t id, uint32_t from, uint32_t to)
{
	static struct buffer f;

	f.len = 0;
	put_hex(&f, "60000000");
	put_u16(&f, 16 + to - from);
	put_hex(&f, "3c 40 20010db8000000000000000000000001 20010db8000000000000000000000002");
	put_hex(&f, "2c 00 000000000000");	/* destination options in front */
	put_hex(&f, "11 00");
	put_u16(&f, from | (to < UDP_LEN));
	put_u32(&f, id);
	put_bytes(&f, b->datagram + from, to - from);
	return take_frame(b, &f, 0);
}

static void is_whole(const struct bench *b)
{
	assert_int_equal(b->out.kind, PACKET_UDP);
	assert_int_equal(b->out.source.port, 40000);
	assert_int_equal(b->out.destination.port, 443);
	assert_int_equal(b->out.payload_len, UDP_LEN - UDP_HEADER);
	assert_int_equal(b->out.payload_wire_len, UDP_LEN - UDP_HEADER);
	assert_memory_equal(b->out.payload, b->datagram + UDP_HEADER, UDP_LEN - UDP_HEADER);
}

static void fragments_in_any_order_make_the_datagram(void **state)
{
	(void)state;
	static const uint32_t cuts[] = { 0, 16, 32, UDP_LEN };
	static const int orders[][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	for (size_t i = 0; i < 6; i++) {
		struct bench *b = bench_new(1 << 20);
		for (int version = 4; version <= 6; version += 2) {
			for (int j = 0; j < 3; j++) {
				int n = orders[i][j];
				bool found = version == 4 ? part4(b, 1, cuts[n], cuts[n + 1])
							  : part6(b, 1, cuts[n], cuts[n + 1]);
				assert_int_equal(found, j == 2);
				assert_false(b->undecodable);
			}
			is_whole(b);
		}
		bench_free(b);
	}
}

static void datagrams_are_told_apart_by_their_identification(void **state)
{
	(void)state;
	struct bench *b = bench_new(1 << 20);
	assert_false(part4(b, 1, 0, 24));
	assert_false(part4(b, 2, 24, UDP_LEN));
	assert_false(part6(b, 1, 24, UDP_LEN));
	assert_true(part4(b, 1, 24, UDP_LEN));
	is_whole(b);
	assert_true(part4(b, 2, 0, 24));
	is_whole(b);
	bench_free(b);
}

static void the_first_copy_of_a_byte_wins(void **state)
{
	(void)state;
	struct bench *b = bench_new(1 << 20);
	uint8_t forged[24];
	memset(forged, 0xff, sizeof(forged));
	assert_false(part4(b, 1, 0, 24));
	assert_false(take4(b, 1, 8, forged, 16, true, 0));
	assert_true(part4(b, 1, 16, UDP_LEN));
	is_whole(b);
	bench_free(b);
}

static void fragments_captured_twice_make_one_datagram(void **state)
{
	(void)state;
	struct bench *b = bench_new(1 << 20);
	assert_false(part4(b, 1, 0, 24));
	assert_false(part4(b, 1, 0, 24));
	assert_true(part4(b, 1, 24, UDP_LEN));
	is_whole(b);
	assert_false(part4(b, 1, 24, UDP_LEN));
	b->datagram[UDP_LEN - 1] ^= 1;	/* another one, that a careless host numbers alike */
	assert_false(part4(b, 1, 0, 24));
	assert_true(part4(b, 1, 24, UDP_LEN));
	is_whole(b);
	bench_free(b);
}

static void the_rest_that_comes_too_late_is_another_datagrams(void **state)
{
	(void)state;
	struct bench *b = bench_new(1 << 20);
	assert_false(part4(b, 1, 0, 24));
	b->time += INT64_C(31) * SECOND;
	assert_false(part4(b, 1, 24, UDP_LEN));
	b->time += INT64_C(29) * SECOND;
	assert_true(part4(b, 1, 0, 24));
	is_whole(b);
	bench_free(b);
}

static void what_the_snap_length_cut_stays_cut(void **state)
{
	(void)state;
	struct bench *b = bench_new(1 << 20);
	assert_false(take4(b, 1, 0, b->datagram, 20, true, 4));
	assert_true(part4(b, 1, 24, UDP_LEN));
	assert_int_equal(b->out.payload_len, 20 - UDP_HEADER);
	assert_int_equal(b->out.payload_wire_len, UDP_LEN - UDP_HEADER);
	assert_memory_equal(b->out.payload, b->datagram + UDP_HEADER, 20 - UDP_HEADER);
	bench_free(b);
}

static void fragments_that_cannot_be_are_undecodable(void **state)
{
	(void)state;
	struct bench *b = bench_new(1 << 20);
	static const uint8_t zeros[1000];
	assert_false(take4(b, 1, 0, zeros, 13, true, 0));	/* not the last, no whole units */
	assert_true(b->undecodable);
	assert_false(take4(b, 1, 65528, zeros, 16, false, 0));	/* ends beyond any length */
	assert_true(b->undecodable);
	assert_false(take4(b, 2, 32, zeros, 16, true, 0));
	assert_false(take4(b, 2, 8, zeros, 16, false, 0));	/* the last, but more is behind */
	assert_true(b->undecodable);
	assert_false(take4(b, 3, 8, zeros, 16, false, 0));
	assert_false(take4(b, 3, 32, zeros, 16, true, 0));	/* behind the last */
	assert_true(b->undecodable);
	bench_free(b);
}

static void a_flood_of_fragments_keeps_within_the_memory(void **state)
{
	(void)state;
	enum { MEMORY = 8192 };
	struct bench *b = bench_new(MEMORY);
	static const uint8_t zeros[1024];
	for (unsigned id = 0; id < 65536; id++) {
		uint32_t offset = id * 1024 % 60000 / 8 * 8;
		assert_false(take4(b, id, offset, zeros, sizeof(zeros), true, 0));
		if (id % 1000 == 0) {	/* too large for what is allowed, and dropped */
			for (uint32_t at = 0; at < 60000; at += 1024)
				assert_false(take4(b, 70000, at, zeros, sizeof(zeros), true, 0));
		}
	}
	b->time += INT64_C(60) * SECOND;
	assert_false(part4(b, 9, 0, 24));
	assert_true(part4(b, 9, 24, UDP_LEN));
	is_whole(b);
	bench_free(b);
}

/* The numbers of the frames that made the last packet, but for the last one. */
static void came_in(const struct bench *b, const char *numbers)
{
	char text[64] = "";

	for (const struct kept *k = decoder_fragments(b->decoder); k; k = k->next) {
		assert_true(k->frame.len >= 20);
		assert_int_equal(k->frame.bytes[0] >> 4, 4);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " %d", (int)k->frame.mark.frame);
	}
	assert_string_equal(text, numbers);
}

static void fragments_of_tunnel_and_tunnelled_packet_both_come_together(void **state)
{
	(void)state;
	struct bench *b = bench_new(1 << 20);
	static struct buffer inner, outer;
	bool found = false;
	decoder_keep(b->decoder, 1 << 16);
	for (uint32_t from = 0; from < UDP_LEN; from += 24) {
		inner.len = 0;	/* an inner fragment, 44 bytes, itself carried in two outer ones */
		put_hex(&inner, "45 00 002c 0005");
		put_u16(&inner, (from == 0 ? 0x2000 : 0) | from / 8);
		put_hex(&inner, "40 11 0000 0a000001 0a000002");
		put_bytes(&inner, b->datagram + from, 24);
		for (uint32_t at = 0; at < inner.len; at += 24) {
			size_t len = inner.len - at < 24 ? inner.len - at : 24;
			outer.len = 0;
			put_hex(&outer, "45 00");
			put_u16(&outer, (unsigned)(20 + len));
			put_u16(&outer, 100 + from);
			put_u16(&outer, (at == 0 ? 0x2000 : 0) | at / 8);
			put_hex(&outer, "40 04 0000 c0a80001 c0a80002");
			put_bytes(&outer, inner.bytes + at, len);
			assert_false(found);
			found = take_frame(b, &outer, 0);
		}
	}
	assert_true(found);
	is_whole(b);
	assert_string_equal(b->out.tunnel, "ipip");
	came_in(b, " 1 2 3");
	bench_free(b);
}

static void the_frames_of_a_datagram_are_kept_until_it_is_whole(void **state)
{
	(void)state;
	struct bench *b = bench_new(1 << 20);
	decoder_keep(b->decoder, 1 << 16);
	assert_false(part4(b, 1, 24, 32));
	assert_false(part4(b, 2, 0, 24));
	assert_false(part4(b, 1, 24, 32));	/* a copy tells nothing */
	assert_false(part4(b, 1, 32, UDP_LEN));
	came_in(b, "");
	assert_true(part4(b, 1, 0, 24));
	came_in(b, " 1 4");
	assert_true(part4(b, 2, 24, UDP_LEN));
	came_in(b, " 2");
	assert_true(part4(b, 3, 0, UDP_LEN));
	came_in(b, "");
	bench_free(b);
}

static void kept_frames_keep_within_their_memory_and_cost_no_datagram(void **state)
{
	(void)state;
	enum { ROOM_FOR_ONE = sizeof(struct kept) + 20 + 24 };
	struct bench *b = bench_new(1 << 20);
	decoder_keep(b->decoder, ROOM_FOR_ONE);
	for (unsigned id = 1; id < 1000; id++) {
		assert_false(part4(b, id, 0, 24));
		assert_false(part4(b, id, 32, UDP_LEN));
		assert_true(part4(b, id, 24, 32));
		is_whole(b);
		assert_non_null(decoder_fragments(b->decoder));
		assert_null(decoder_fragments(b->decoder)->next);
	}
	for (unsigned id = 1; id < 1000; id++)
		assert_false(part4(b, id, 0, 24));
	b->time += INT64_C(60) * SECOND;
	for (unsigned id = 1; id < 100; id++)	/* what never became whole gives back what it had */
		part4(b, id, 0, 24);
	assert_true(part4(b, 99, 24, UDP_LEN));
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fragments_in_any_order_make_the_datagram),
		cmocka_unit_test(datagrams_are_told_apart_by_their_identification),
		cmocka_unit_test(the_first_copy_of_a_byte_wins),
		cmocka_unit_test(fragments_captured_twice_make_one_datagram),
		cmocka_unit_test(the_rest_that_comes_too_late_is_another_datagrams),
		cmocka_unit_test(what_the_snap_length_cut_stays_cut),
		cmocka_unit_test(fragments_that_cannot_be_are_undecodable),
		cmocka_unit_test(a_flood_of_fragments_keeps_within_the_memory),
		cmocka_unit_test(fragments_of_tunnel_and_tunnelled_packet_both_come_together),
		cmocka_unit_test(the_frames_of_a_datagram_are_kept_until_it_is_whole),
		cmocka_unit_test(kept_frames_keep_within_their_memory_and_cost_no_datagram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
