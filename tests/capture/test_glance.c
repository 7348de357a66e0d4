/* What a glance takes for a packet of the commonest shape, the long way down finds just so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <pcap/dlt.h>

#include "../../capture/glance.h"
#include "support_frames.h"

#define MACS "020000000002 020000000001 "
#define ENDS4 "0a000001 0a000002 "
#define ENDS6 "20010db8000000000000000000000001 20010db8000000000000000000000002 "
#define PORTS "9c40 01bb 00000001 00000002 "
#define TIMESTAMPS "0101080a 00000001 00000002 "
#define SYN_OPTIONS "020405b4 0402 0303 07 00 0000 "
#define SACK "0101 050a 00000010 00000020 "

static const char *const frames[] = {
	MACS "0800 45 00 002d 1234 4000 40 06 0000" ENDS4 PORTS "50 18 2000 0000 0000 68656c6c6f",
	MACS "0800 45 00 0034 1234 0000 40 06 0000" ENDS4 PORTS "80 10 2000 0000 0000" TIMESTAMPS,
	MACS "0800 45 00 0034 0000 4000 ff 06 0000" ENDS4 PORTS "80 02 2000 0000 0000" SYN_OPTIONS,
	MACS "0800 45 00 0034 0000 4000 ff 06 0000" ENDS4 PORTS "80 10 2000 0000 0000" SACK,
	/* Ethernet's padding, and one cut by the snap length */
	MACS "0800 45 00 0028 1234 4000 40 06 0000" ENDS4 PORTS "50 10 2000 0000 0000 000000000000",
	MACS "0800 45 00 0500 1234 4000 40 06 0000" ENDS4 PORTS "60 18 2000 0000 0000 02",
	MACS "8100 602a 0800 45 00 0029 1234 4000 40 06 0000" ENDS4 PORTS "50 18 2000 0000 0000 68",
	MACS "8100 e000 86dd 60000000 0015 06 40" ENDS6 PORTS "50 18 2000 0000 0000 68",
	MACS "86dd 60000000 0020 06 40" ENDS6 PORTS "80 10 2000 0000 0000" TIMESTAMPS,
};

/* Fields that only some packets have are left as they were: here the trace of another one. */
static struct packet used_before(void)
{
	struct packet p;

	memset(&p, 0xa5, sizeof(p));
	return p;
}

static void same_address_bytes(const struct address *a, const struct address *b)
{
	assert_int_equal(a->ip_len, b->ip_len);
	assert_int_equal(a->port, b->port);
	assert_memory_equal(a->ip, b->ip, sizeof(a->ip));
}

static void same_packet(const struct packet *a, const struct packet *b)
{
	same_address_bytes(&a->source, &b->source);
	same_address_bytes(&a->destination, &b->destination);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->mark.frame, b->mark.frame);
	assert_int_equal(a->mark.time, b->mark.time);
	assert_int_equal(a->wire_len, b->wire_len);
	assert_int_equal(a->ttl, b->ttl);
	assert_int_equal(a->ip_id, b->ip_id);
	assert_int_equal(a->has_df, b->has_df);
	assert_int_equal(a->has_vlan, b->has_vlan);
	if (a->has_vlan)
		assert_int_equal(a->vlan, b->vlan);
	assert_string_equal(a->tunnel, b->tunnel);
	assert_memory_equal(a->link, b->link, sizeof(a->link));
	assert_int_equal(a->seq, b->seq);
	assert_int_equal(a->ack, b->ack);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->window, b->window);
	assert_int_equal(a->mss, b->mss);
	assert_int_equal(a->has_options, b->has_options);
	assert_int_equal(a->has_sack_permitted, b->has_sack_permitted);
	assert_int_equal(a->has_timestamps, b->has_timestamps);
	if (a->has_timestamps)
		assert_int_equal(a->stamp, b->stamp);
	assert_int_equal(a->has_window_scale, b->has_window_scale);
	assert_int_equal(a->sack_count, b->sack_count);
	assert_memory_equal(a->sack, b->sack, a->sack_count * sizeof(a->sack[0]));
	assert_ptr_equal(a->payload, b->payload);
	assert_int_equal(a->payload_len, b->payload_len);
	assert_int_equal(a->payload_wire_len, b->payload_wire_len);
}

static void same_flow(const struct glance *g, const struct packet *p)
{
	const struct capture_key words = { { 3, 4 } };
	const struct hash_key key = hash_key_of(&words);
	struct ends ends, back = ends_of(TRANSPORT_TCP, &p->destination, &p->source);

	glance_ends(g, &ends);
	assert_true(same_ends(&ends, &back));
	assert_true(hash_ends(&key, &ends) == hash_ends(&key, &back));
	assert_int_equal(glance_seq(g), p->seq);
	assert_int_equal(glance_flags(g), p->flags);
}

/* Whether it was of the commonest shape. `bytes` is copied to just as much memory. */
static bool compare(const uint8_t *bytes, size_t len, uint32_t missing)
{
	struct decoder *decoder = decoder_new(1 << 20);
	uint8_t *copy = malloc(len ? len : 1);
	struct frame frame = {
		.mark = { .frame = 7, .time = 1700000000 }, .bytes = copy, .len = (uint32_t)len,
		.wire_len = (uint32_t)len + missing, .link_type = DLT_EN10MB,
	};
	struct packet quick = used_before(), slow;
	struct glance g;
	bool undecodable, known;

	memcpy(copy, bytes, len);
	known = glance(&frame, &g);
	if (known) {
		assert_true(decode(decoder, &frame, &slow, &undecodable));
		glance_packet(&g, &frame, &quick);
		same_packet(&quick, &slow);
		same_flow(&g, &slow);
	}
	free(copy);
	decoder_free(decoder);
	return known;
}

static struct buffer *frame_of(const char *hex)
{
	struct buffer *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	put_hex(b, hex);
	return b;
}

static void common_frames_are_known_at_a_glance(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		struct buffer *b = frame_of(frames[i]);

		assert_true(compare(b->bytes, b->len, 0));
		free(b);
	}
}

static void a_glance_never_differs_from_a_long_look(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		struct buffer *b = frame_of(frames[i]);

		for (size_t at = 0; at < b->len; at++) {
			uint8_t was = b->bytes[at];

			for (unsigned value = 0; value < 256; value++) {
				b->bytes[at] = (uint8_t)value;
				compare(b->bytes, b->len, 0);
			}
			b->bytes[at] = was;
		}
		free(b);
	}
}

static void a_frame_that_is_cut_off_is_none_or_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		struct buffer *b = frame_of(frames[i]);

		for (size_t len = 0; len < b->len; len++)
			compare(b->bytes, len, (uint32_t)(b->len - len));
		free(b);
	}
}

static void other_links_and_transports_take_the_long_way(void **state)
{
	(void)state;
	struct buffer *b = frame_of(frames[0]);
	struct frame raw = { .bytes = b->bytes + 14, .len = (uint32_t)b->len - 14, .link_type = DLT_RAW };
	struct glance g;

	assert_false(glance(&raw, &g));
	b->bytes[14 + 9] = 17;
	assert_false(compare(b->bytes, b->len, 0));
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(common_frames_are_known_at_a_glance),
		cmocka_unit_test(a_glance_never_differs_from_a_long_look),
		cmocka_unit_test(a_frame_that_is_cut_off_is_none_or_the_same),
		cmocka_unit_test(other_links_and_transports_take_the_long_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
