#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../capture/file.h"
#include "support_frames.h"

enum { ETHERNET = 1, RAW_IN_FILES = 101, RAW = 12 };

struct log {
	char words[4096];	/* a frame is "frame:time:link:len/wire", secrets "secrets:len" */
	char problem[600];
	uint64_t dropped_kernel, dropped_interface;
};

/* One record's words; the test frames repeat one byte, so a wrong borrow shows. */
static int describe(char *to, size_t room, enum input_result kind, const struct frame *frame)
{
	const int64_t second = 1000000000;

	for (size_t i = 0; i < frame->len; i++)
		assert_int_equal(frame->bytes[i], frame->bytes[0]);
	if (kind == INPUT_SECRETS)
		return snprintf(to, room, "secrets:%u ", frame->len);
	return snprintf(to, room, "%llu:%lld.%09lld:%d:%u/%u ",
			(unsigned long long)frame->mark.frame,
			(long long)(frame->mark.time / second),
			(long long)(frame->mark.time % second), frame->link_type, frame->len,
			frame->wire_len);
}

static void read_records(struct file *f, struct log *log, size_t path_len)
{
	enum input_result got;
	struct frame frame;
	size_t at = 0;

	while ((got = file_next(f, &frame)) == INPUT_FRAME || got == INPUT_SECRETS) {
		at += (size_t)describe(log->words + at, sizeof(log->words) - at, got, &frame);
		assert_true(at < sizeof(log->words));
	}
	snprintf(log->words + at, sizeof(log->words) - at, got == INPUT_END ? "end" : "damaged");
	if (got == INPUT_DAMAGED)
		snprintf(log->problem, sizeof(log->problem), "%s", file_problem(f) + path_len);
	else
		assert_string_equal(file_problem(f), "");
	log->dropped_kernel = file_dropped_kernel(f);
	log->dropped_interface = file_dropped_interface(f);
}

/* Reads the first `len` bytes of the buffer as a file. */
static struct log *read_buffer(const struct buffer *b, size_t len)
{
	struct log *log = calloc(1, sizeof(*log));
	char *path = file_with(b->bytes, len), problem[600];
	struct file *f = file_open(path, problem, sizeof(problem));

	assert_non_null(log);
	if (f) {
		read_records(f, log, strlen(path));
	} else {
		snprintf(log->words, sizeof(log->words), "unreadable");
		snprintf(log->problem, sizeof(log->problem), "%s", problem + strlen(path));
	}
	file_close(f);
	remove_file(path);
	return log;
}

static void reads_as(struct buffer *b, const char *words)
{
	struct log *log = read_buffer(b, b->len);

	assert_string_equal(log->words, words);
	free(log);
	b->len = 0;
}

static void fails_with(struct buffer *b, const char *words, const char *problem)
{
	struct log *log = read_buffer(b, b->len);

	assert_string_equal(log->words, words);
	assert_string_equal(log->problem, problem);
	free(log);
	b->len = 0;
}

typedef void put32(struct buffer *, uint32_t);

static void put_pcap_header(struct buffer *b, put32 *put, uint32_t magic, uint32_t link_type)
{
	put(b, magic);
	put(b, 0);		/* version, in either order: nobody looks */
	put(b, 0);
	put(b, 0);
	put(b, 65535);
	put(b, link_type);
}

static void put_pcap_packet(struct buffer *b, put32 *put, uint32_t seconds, uint32_t fraction,
			    uint32_t len, uint32_t wire_len)
{
	put(b, seconds);
	put(b, fraction);
	put(b, len);
	put(b, wire_len);
	for (uint32_t i = 0; i < len; i++)
		put_u8(b, 0xee);
}

static struct buffer *new_buffer(void)
{
	struct buffer *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	return b;
}

static void pcap_is_read_in_either_byte_order_and_resolution(void **state)
{
	(void)state;
	struct buffer *b = new_buffer();
	put32 *const orders[] = { put_u32, put_u32_le };
	for (size_t i = 0; i < 2; i++) {
		put_pcap_header(b, orders[i], 0xa1b2c3d4, ETHERNET);
		put_pcap_packet(b, orders[i], 1700000000, 999999, 60, 1514);
		put_pcap_packet(b, orders[i], 1700000001, 0, 0, 0);
		reads_as(b, "1:1700000000.999999000:1:60/1514 2:1700000001.000000000:1:0/0 end");
		put_pcap_header(b, orders[i], 0xa1b23c4d, ETHERNET);
		put_pcap_packet(b, orders[i], 1700000000, 999999999, 1, 1);
		reads_as(b, "1:1700000000.999999999:1:1/1 end");
	}
	free(b);
}

static void the_longer_packet_header_of_kuznetzov_is_passed_over(void **state)
{
	(void)state;
	struct buffer *b = new_buffer();
	put_pcap_header(b, put_u32_le, 0xa1b2cd34, ETHERNET);
	for (int i = 0; i < 2; i++) {
		put_pcap_packet(b, put_u32_le, 5, 6, 0, 8);
		b->bytes[b->len - 8] = 2;	/* the captured length, now that the header ends */
		put_hex(b, "00000001 0800 00 00 eeee");
	}
	reads_as(b, "1:5.000006000:1:2/8 2:5.000006000:1:2/8 end");
	free(b);
}

static void link_types_lose_their_checksum_bits_and_are_libpcaps(void **state)
{
	(void)state;
	struct buffer *b = new_buffer();
	put_pcap_header(b, put_u32_le, 0xa1b2c3d4, 0x54000000 | RAW_IN_FILES);
	put_pcap_packet(b, put_u32_le, 1, 0, 4, 3);	/* the wire cannot have had less */
	reads_as(b, "1:1.000000000:12:4/4 end");
	free(b);
}

static void a_cut_pcap_gives_what_comes_before_at_every_length(void **state)
{
	(void)state;
	struct buffer *b = new_buffer();
	put_pcap_header(b, put_u32_le, 0xa1b2c3d4, ETHERNET);
	put_pcap_packet(b, put_u32_le, 1, 0, 20, 20);
	put_pcap_packet(b, put_u32_le, 2, 0, 20, 20);
	for (size_t len = 0; len <= b->len; len++) {
		struct log *log = read_buffer(b, len);
		const char *words = len < 24 ? "unreadable" : len == 24 ? "end"
				  : len < 60 ? "damaged" : len == 60 ? "1:1.000000000:1:20/20 end"
				  : len < 96 ? "1:1.000000000:1:20/20 damaged"
				  : "1:1.000000000:1:20/20 2:2.000000000:1:20/20 end";
		assert_string_equal(log->words, words);
		free(log);
	}
	b->len = 70;
	fails_with(b, "1:1.000000000:1:20/20 damaged",
		   ": packet 2 at byte offset 60: the file is cut off within a packet header");
	free(b);
}

static void an_absurd_length_is_damage(void **state)
{
	(void)state;
	struct buffer *b = new_buffer();
	put_pcap_header(b, put_u32_le, 0xa1b2c3d4, ETHERNET);
	put_pcap_packet(b, put_u32_le, 1, 0, 4, 4);
	put_hex(b, "deadbeef deadbeef deadbeef deadbeef deadbeef");
	fails_with(b, "1:1.000000000:1:4/4 damaged",
		   ": packet 2 at byte offset 44: the length of the packet is absurd");
	free(b);
}

static void what_is_no_capture_is_told_in_words(void **state)
{
	(void)state;
	struct buffer *b = new_buffer();
	fails_with(b, "unreadable", ": an empty file, not a capture");
	put_bytes(b, "# Notes\nnot packets\n", 20);
	fails_with(b, "unreadable", ": a text file, not a capture (pcap or pcapng)");
	put_bytes(b, "\xfd" "7zXZ\0 whatever", 15);
	fails_with(b, "unreadable", ": compressed by xz: decompress it first");
	put_hex(b, "0102030405060708");
	fails_with(b, "unreadable", ": not a capture file (pcap or pcapng)");
	put_hex(b, "d4c3b2a1 0200 0400");
	fails_with(b, "unreadable", ": cut off within the file header");
	free(b);
}

/* A pcapng block with this body: the length goes in front and behind. */
static void put_block(struct buffer *b, put32 *put, uint32_t type, const struct buffer *body)
{
	uint32_t padded = ((uint32_t)body->len + 3) & ~3U;

	put(b, type);
	put(b, padded + 12);
	put_bytes(b, body->bytes, body->len);
	put_bytes(b, "\0\0\0", padded - body->len);
	put(b, padded + 12);
}

static void put_section(struct buffer *b, put32 *put)
{
	struct buffer *body = new_buffer();

	put(body, 0x1a2b3c4d);
	put(body, 1);
	put_hex(body, "ffffffff ffffffff");
	put_block(b, put, 0x0a0d0d0a, body);
	free(body);
}

static void put16(struct buffer *b, put32 *put, unsigned value)
{
	if (put == put_u32)
		put_u16(b, value);
	else
		put_u16_le(b, value);
}

/* `options` in hex, as they stand in the file. */
static void put_interface(struct buffer *b, put32 *put, unsigned link_type, uint32_t snap_len,
			  const char *options)
{
	struct buffer *body = new_buffer();

	put16(body, put, link_type);
	put16(body, put, 0);
	put(body, snap_len);
	put_hex(body, options);
	put_block(b, put, 1, body);
	free(body);
}

static void put_enhanced(struct buffer *b, put32 *put, uint32_t interface, uint64_t time,
			 uint32_t len, uint32_t wire_len)
{
	struct buffer *body = new_buffer();

	put(body, interface);
	put(body, (uint32_t)(time >> 32));
	put(body, (uint32_t)time);
	put(body, len);
	put(body, wire_len);
	for (uint32_t i = 0; i < len; i++)
		put_u8(body, 0xee);
	put_block(b, put, 6, body);
	free(body);
}

static void put_block_hex(struct buffer *b, put32 *put, uint32_t type, const char *hex)
{
	struct buffer *body = new_buffer();

	put_hex(body, hex);
	put_block(b, put, type, body);
	free(body);
}

static void sections_may_differ_in_byte_order_and_begin_with_new_interfaces(void **state)
{
	(void)state;
	struct buffer *b = new_buffer();
	put_section(b, put_u32_le);
	put_interface(b, put_u32_le, ETHERNET, 0, "");
	put_enhanced(b, put_u32_le, 0, 1700000000000001, 5, 6);
	put_section(b, put_u32);
	put_interface(b, put_u32, RAW_IN_FILES, 0, "");
	put_enhanced(b, put_u32, 0, 1700000000000002, 3, 3);
	put_enhanced(b, put_u32, 1, 1700000000000002, 3, 3);
	fails_with(b, "1:1700000000.000001000:1:5/6 2:1700000000.000002000:12:3/3 damaged",
		   ": packet 3 at byte offset 172: the packet's interface was never described");
	free(b);
}

static void interfaces_have_their_own_link_type_resolution_and_offset(void **state)
{
	(void)state;
	struct buffer *b = new_buffer();
	put_section(b, put_u32_le);
	put_interface(b, put_u32_le, ETHERNET, 0, "0900 0100 09000000 0000 0000");	/* 10^-9 */
	put_interface(b, put_u32_le, 276, 0, "0900 0100 81000000");		/* 2^-1 */
	put_interface(b, put_u32_le, ETHERNET, 0, "0e00 0800 0a00000000000000");	/* + 10 s */
	put_interface(b, put_u32_le, ETHERNET, 0, "0900 0100 0c000000");		/* 10^-12 */
	put_interface(b, put_u32_le, ETHERNET, 0, "0900 0100 7f000000 0e00 0800 000000000000ff7f");
	put_enhanced(b, put_u32_le, 0, 1700000000123456789, 1, 1);
	put_enhanced(b, put_u32_le, 1, 7, 1, 1);
	put_enhanced(b, put_u32_le, 2, 7000001, 1, 1);
	put_enhanced(b, put_u32_le, 3, 1500000000000, 1, 1);
	put_enhanced(b, put_u32_le, 4, UINT64_MAX, 1, 1);
	reads_as(b, "1:1700000000.123456789:1:1/1 2:3.500000000:276:1/1 3:17.000001000:1:1/1 "
		    "4:1.500000000:1:1/1 5:4611686018.427387904:1:1/1 end");
	free(b);
}

static void simple_and_old_packets_are_read(void **state)
{
	(void)state;
	struct buffer *b = new_buffer();
	put_section(b, put_u32_le);
	put_interface(b, put_u32_le, ETHERNET, 2, "");
	put_block_hex(b, put_u32_le, 2, "0000 0000 00000000 40420f00 01000000 09000000 ee000000");
	put_block_hex(b, put_u32_le, 3, "05000000 eeee0000");	/* cut by the snap length */
	put_block_hex(b, put_u32_le, 3, "01000000 ee000000");
	reads_as(b, "1:1.000000000:1:1/9 2:1.000000000:1:2/5 3:1.000000000:1:1/1 end");
	free(b);
}

static void secrets_are_handed_out_and_other_blocks_passed_over(void **state)
{
	(void)state;
	struct buffer *b = new_buffer();
	put_section(b, put_u32_le);
	put_block_hex(b, put_u32_le, 10, "4b534c54 05000000 4141414141 000000");	/* TLSK */
	put_block_hex(b, put_u32_le, 10, "4b4e4757 04000000 41414141");		/* WireGuard's */
	put_interface(b, put_u32_le, ETHERNET, 0, "");
	put_block_hex(b, put_u32_le, 4, "0000 0000");	/* names */
	put_block_hex(b, put_u32_le, 0x777, "");
	put_enhanced(b, put_u32_le, 0, 1, 1, 1);
	reads_as(b, "secrets:5 1:0.000001000:1:1/1 end");
	free(b);
}

static void frames_are_numbered_as_in_wireshark(void **state)
{
	(void)state;
	struct buffer *b = new_buffer();
	put_section(b, put_u32_le);
	put_interface(b, put_u32_le, ETHERNET, 0, "");
	put_block_hex(b, put_u32_le, 0xbad, "d97e0000 61626364");
	put_block_hex(b, put_u32_le, 9, "5f5f");
	put_enhanced(b, put_u32_le, 0, 1, 1, 1);
	reads_as(b, "3:0.000001000:1:1/1 end");
	free(b);
}

static void drops_are_the_last_totals_of_each_interface(void **state)
{
	(void)state;
	struct buffer *b = new_buffer();
	put_section(b, put_u32_le);
	put_interface(b, put_u32_le, ETHERNET, 0, "");
	put_interface(b, put_u32_le, ETHERNET, 0, "");
	put_block_hex(b, put_u32_le, 5, "00000000 0000000000000000 0500 0800 0300000000000000"
					"0700 0800 0a00000000000000 0000 0000");
	put_block_hex(b, put_u32_le, 5, "00000000 0000000000000000 0500 0800 0400000000000000");
	put_block_hex(b, put_u32_le, 5, "01000000 0000000000000000 0500 0800 0100000000000000");
	put_block_hex(b, put_u32_le, 5, "09000000 0000000000000000 0500 0800 0100000000000000");
	struct log *log = read_buffer(b, b->len);
	assert_string_equal(log->words, "end");
	assert_int_equal(log->dropped_interface, 5);
	assert_int_equal(log->dropped_kernel, 10);
	free(log);
	free(b);
}

static void a_cut_pcapng_gives_what_comes_before_at_every_length(void **state)
{
	(void)state;
	struct buffer *b = new_buffer();
	put_section(b, put_u32_le);			/* 28 bytes */
	put_interface(b, put_u32_le, ETHERNET, 0, "");	/* 20: 48 */
	put_enhanced(b, put_u32_le, 0, 1, 5, 5);		/* 40: its data ends at 81 of 88 */
	put_enhanced(b, put_u32_le, 0, 2, 5, 5);
	for (size_t len = 0; len <= b->len; len++) {
		struct log *log = read_buffer(b, len);
		const char *last = log->words + strlen(log->words) - 3;
		bool at_block_end = len == 28 || len == 48 || len == 88 || len == 128;
		if (len < 12)
			assert_string_equal(log->words, "unreadable");
		else
			assert_int_equal(strcmp(last, "end") == 0, at_block_end);
		assert_int_equal(strncmp(log->words, "1:", 2) == 0, len >= 81);
		assert_int_equal(strstr(log->words, "2:0.000002000") != NULL, len >= 121);
		free(log);
	}
	free(b);
}

static void garbage_between_pcapng_blocks_is_damage(void **state)
{
	(void)state;
	struct buffer *b = new_buffer();
	put_section(b, put_u32_le);
	put_interface(b, put_u32_le, ETHERNET, 0, "");
	put_enhanced(b, put_u32_le, 0, 1, 4, 4);
	size_t garbled = b->len;
	put_enhanced(b, put_u32_le, 0, 2, 4, 4);
	put_enhanced(b, put_u32_le, 0, 3, 4, 4);
	b->bytes[garbled + 4] = 8;	/* the block's length */
	size_t whole = b->len;
	fails_with(b, "1:0.000001000:1:4/4 damaged",
		   ": packet 2 at byte offset 84: the length of the block is absurd");
	b->len = whole;
	b->bytes[garbled + 4] = 32;
	fails_with(b, "1:0.000001000:1:4/4 damaged",
		   ": packet 2 at byte offset 84: the block's two lengths differ");
	free(b);
}

static void a_block_too_long_to_hold_is_passed_over(void **state)
{
	(void)state;
	enum { BODY = 20 * 1024 * 1024 };
	struct buffer *start = new_buffer();
	put_section(start, put_u32_le);
	put_interface(start, put_u32_le, ETHERNET, 0, "");
	size_t before = start->len;
	put_u32_le(start, 0x777);
	put_u32_le(start, BODY + 12);
	size_t header_end = start->len;
	put_u32_le(start, BODY + 12);
	put_enhanced(start, put_u32_le, 0, 1, 1, 1);
	uint8_t *all = calloc(1, start->len + BODY);
	assert_non_null(all);
	memcpy(all, start->bytes, header_end);
	memcpy(all + header_end + BODY, start->bytes + header_end, start->len - header_end);
	char *path = file_with(all, start->len + BODY), problem[600];
	struct file *f = file_open(path, problem, sizeof(problem));
	struct frame frame;
	assert_true(before < header_end);
	assert_int_equal(file_next(f, &frame), INPUT_FRAME);
	assert_int_equal(file_next(f, &frame), INPUT_END);
	file_close(f);
	remove_file(path);
	free(all);
	free(start);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcap_is_read_in_either_byte_order_and_resolution),
		cmocka_unit_test(the_longer_packet_header_of_kuznetzov_is_passed_over),
		cmocka_unit_test(link_types_lose_their_checksum_bits_and_are_libpcaps),
		cmocka_unit_test(a_cut_pcap_gives_what_comes_before_at_every_length),
		cmocka_unit_test(an_absurd_length_is_damage),
		cmocka_unit_test(what_is_no_capture_is_told_in_words),
		cmocka_unit_test(sections_may_differ_in_byte_order_and_begin_with_new_interfaces),
		cmocka_unit_test(interfaces_have_their_own_link_type_resolution_and_offset),
		cmocka_unit_test(simple_and_old_packets_are_read),
		cmocka_unit_test(secrets_are_handed_out_and_other_blocks_passed_over),
		cmocka_unit_test(frames_are_numbered_as_in_wireshark),
		cmocka_unit_test(drops_are_the_last_totals_of_each_interface),
		cmocka_unit_test(a_cut_pcapng_gives_what_comes_before_at_every_length),
		cmocka_unit_test(garbage_between_pcapng_blocks_is_damage),
		cmocka_unit_test(a_block_too_long_to_hold_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
