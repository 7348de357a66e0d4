/* What several captures that share a file tell together is what one tells that follows all flows. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../capture/capture.h"
#include "support_frames.h"

enum { SHARES_MAX = 5, LINE_MAX_LEN = 200 };

/* What happened, a line for each event. */
struct lines {
	char (*at)[LINE_MAX_LEN];
	uint32_t *stream;	/* by line, as the share counts them */
	enum transport *transport;
	size_t count, room;
};

struct outcome {
	struct lines lines;
	struct capture_stats stats;
	struct capture_streams *streams;
	enum capture_result result;
};

static void grow(struct lines *l)
{
	if (l->count < l->room)
		return;
	l->room = l->room ? l->room * 2 : 64;
	l->at = realloc(l->at, l->room * sizeof(*l->at));
	l->stream = realloc(l->stream, l->room * sizeof(*l->stream));
	l->transport = realloc(l->transport, l->room * sizeof(*l->transport));
	assert_true(l->at && l->stream && l->transport);
}

static uint32_t sum_of(const uint8_t *bytes, size_t len)
{
	uint32_t sum = 1;

	for (size_t i = 0; i < len; i++)
		sum = sum * 31 + bytes[i];
	return sum;
}

static void note(struct lines *l, const struct capture_event *e, const struct flow_facts *w)
{
	const struct address *client = &w->side[SIDE_CLIENT].address;

	grow(l);
	l->stream[l->count] = w->stream;
	l->transport[l->count] = w->transport;
	snprintf(l->at[l->count++], LINE_MAX_LEN, "%08llu %d %d +%llu %zu -%llu %08x %d:%d end %d packets %llu icmp %d",
		 (unsigned long long)e->mark.frame, e->kind, e->from, (unsigned long long)e->offset, e->len,
		 (unsigned long long)e->lost, sum_of(e->bytes, e->len), client->port,
		 w->side[SIDE_SERVER].address.port, w->end, (unsigned long long)w->packets, w->icmp_count);
}

static struct outcome follow(const char *path, const struct capture_options *options)
{
	char problem[600];
	struct capture *c = capture_open_file(path, options, problem, sizeof(problem));
	struct outcome o = { .result = CAPTURE_EVENT, .streams = capture_streams_new(1 << 20) };
	struct capture_event event;
	unsigned events = 0;

	assert_non_null(c);
	while ((o.result = capture_next(c, &event)) == CAPTURE_EVENT || o.result == CAPTURE_IDLE) {
		if (o.result == CAPTURE_EVENT && event.kind != CAPTURE_SECRETS)
			note(&o.lines, &event, capture_flow(c, event.flow));
		if (++events % 100 == 0)
			capture_streams_tell(c, o.streams);
	}
	o.stats = *capture_stats(c);
	capture_streams_tell(c, o.streams);
	capture_close(c);
	return o;
}

static void outcome_free(struct outcome *o)
{
	free(o->lines.at);
	free(o->lines.stream);
	free(o->lines.transport);
	capture_streams_free(o->streams);
}

static int by_words(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Each line with its stream's number in the whole file behind it. */
static void number_lines(struct lines *l, struct capture_streams *const *all, size_t shares, size_t share)
{
	for (size_t i = 0; i < l->count; i++) {
		uint32_t stream = all ? capture_stream_number(all, shares, share, l->transport[i], l->stream[i])
				      : l->stream[i];
		size_t len = strlen(l->at[i]);

		snprintf(l->at[i] + len, LINE_MAX_LEN - len, " %s %u",
			 l->transport[i] == TRANSPORT_TCP ? "tcp" : "udp", stream);
	}
}

static void add_lines(struct lines *to, const struct lines *from)
{
	for (size_t i = 0; i < from->count; i++) {
		grow(to);
		memcpy(to->at[to->count++], from->at[i], LINE_MAX_LEN);
	}
}

static void same_lines(const char *path, struct lines *one, struct lines *many)
{
	if (one->count) {
		qsort(one->at, one->count, LINE_MAX_LEN, by_words);
		qsort(many->at, many->count, LINE_MAX_LEN, by_words);
	}
	for (size_t i = 0; i < one->count && i < many->count; i++) {
		if (strcmp(one->at[i], many->at[i]) != 0)
			fail_msg("%s: %s\n%s", path, one->at[i], many->at[i]);
	}
	assert_int_equal(one->count, many->count);
}

static void same_stats(const struct capture_stats *a, const struct capture_stats *b)
{
	assert_int_equal(a->packets, b->packets);
	assert_int_equal(a->bytes, b->bytes);
	assert_int_equal(a->flows, b->flows);
	assert_int_equal(a->undecodable, b->undecodable);
	assert_int_equal(a->cut_packets, b->cut_packets);
	assert_int_equal(a->duplicates, b->duplicates);
	assert_int_equal(a->missing_bytes, b->missing_bytes);
	assert_int_equal(a->one_sided, b->one_sided);
	assert_int_equal(a->clock_steps, b->clock_steps);
	assert_int_equal(a->last.frame, b->last.frame);
}

/* Returns how many shares had something to tell. */
static unsigned compare(const char *path, unsigned shares, const char *filter)
{
	struct capture_options options = { .filter = filter, .key = { { 7, 11 } } };
	struct outcome one = follow(path, &options), share[SHARES_MAX];
	struct capture_streams *streams[SHARES_MAX];
	struct lines many = { .count = 0 };
	struct capture_stats stats;
	unsigned busy = 0;

	number_lines(&one.lines, NULL, 1, 0);
	options.shares = shares;
	for (options.share = 0; options.share < shares; options.share++) {
		share[options.share] = follow(path, &options);
		streams[options.share] = share[options.share].streams;
		assert_int_equal(share[options.share].result, one.result);
	}
	stats = share[0].stats;
	for (unsigned i = 0; i < shares; i++) {
		number_lines(&share[i].lines, streams, shares, i);
		add_lines(&many, &share[i].lines);
		busy += share[i].lines.count > 0;
		if (i)
			capture_stats_join(&stats, &share[i].stats);
	}
	same_lines(path, &one.lines, &many);
	same_stats(&one.stats, &stats);
	for (unsigned i = 0; i < shares; i++)
		outcome_free(&share[i]);
	outcome_free(&one);
	free(many.at);
	free(many.stream);
	free(many.transport);
	return busy;
}

static void the_captures_of_the_lab_are_told_alike(void **state)
{
	(void)state;
	DIR *d = opendir("pcaps");
	unsigned files = 0;

	for (struct dirent *e; d && (e = readdir(d)); ) {
		char path[400];

		snprintf(path, sizeof(path), "pcaps/%s", e->d_name);
		if (strstr(path, ".pcap") && !strstr(path, ".expect"))
			compare(path, 2 + files++ % (SHARES_MAX - 1), NULL);
	}
	if (d)
		closedir(d);
}

/* ---- traffic of every kind ---------------------------------------------------------------- */

enum { SYN = 2, RST = 4, ACK = 16 };

struct traffic {
	struct buffer *file;
	uint32_t millisecond;
};

static void put_frame(struct traffic *t, const struct buffer *ip, unsigned type, bool tagged)
{
	uint32_t len = (uint32_t)ip->len + 14 + (tagged ? 4 : 0);

	t->millisecond += 7;
	put_u32(t->file, 1700000000 + t->millisecond / 1000);
	put_u32(t->file, t->millisecond % 1000 * 1000);
	put_u32(t->file, len);
	put_u32(t->file, len);
	put_hex(t->file, "020000000002 020000000001");
	if (tagged)
		put_hex(t->file, "8100 0007");
	put_u16(t->file, type);
	put_bytes(t->file, ip->bytes, ip->len);
}

static void put_ip4(struct buffer *b, unsigned protocol, unsigned host, bool back, size_t payload,
		    unsigned fragment)
{
	put_hex(b, "45 00");
	put_u16(b, (unsigned)payload + 20);
	put_u16(b, host + 1);
	put_u16(b, fragment);
	put_u8(b, 64);
	put_u8(b, protocol);
	put_hex(b, "0000");
	put_u32(b, back ? 0x0a000002 : 0xc0a80000 + host);
	put_u32(b, back ? 0xc0a80000 + host : 0x0a000002);
}

static void put_ip6(struct buffer *b, unsigned host, bool back, size_t payload)
{
	put_hex(b, "60000000");
	put_u16(b, (unsigned)payload);
	put_hex(b, "06 40");
	put_hex(b, back ? "20010db8 00000000 00000000 00000001" : "20010db8 00000000 00000000");
	if (!back)
		put_u32(b, 0x10000 + host);
	put_hex(b, back ? "20010db8 00000000 00000000" : "20010db8 00000000 00000000 00000001");
	if (back)
		put_u32(b, 0x10000 + host);
}

static void put_tcp(struct buffer *b, unsigned host, bool back, uint32_t seq, uint32_t ack, unsigned flags,
		    const char *payload)
{
	put_u16(b, back ? 443 : 1024 + host);
	put_u16(b, back ? 1024 + host : 443);
	put_u32(b, seq);
	put_u32(b, ack);
	put_u8(b, 0x50);
	put_u8(b, flags);
	put_hex(b, "2000 0000 0000");
	put_bytes(b, payload, strlen(payload));
}

/* One packet of host number `host`, or back to it. Every third speaks IPv6, every seventh has a tag. */
static void say(struct traffic *t, unsigned host, bool back, unsigned flags, uint32_t seq, uint32_t ack,
		const char *payload)
{
	struct buffer *b = calloc(1, sizeof(*b));
	bool six = host % 3 == 0;

	assert_non_null(b);
	if (six)
		put_ip6(b, host, back, 20 + strlen(payload));
	else
		put_ip4(b, 6, host, back, 20 + strlen(payload), 0);
	put_tcp(b, host, back, seq, ack, flags, payload);
	put_frame(t, b, six ? 0x86dd : 0x0800, host % 7 == 0);
	free(b);
}

/* The second packet of this host's connection does not fit through. */
static void complain_of(struct traffic *t, unsigned host)
{
	struct buffer *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	put_ip4(b, 1, 9, true, 8 + 28, 0);
	put_hex(b, "03 0d 0000 00000000");
	put_ip4(b, 6, host, false, 40, 0);
	put_u16(b, 1024 + host);
	put_u16(b, 443);
	put_u32(b, 1);
	put_frame(t, b, 0x0800, false);
	free(b);
}

/* A datagram in two fragments, the second first. */
static void say_in_pieces(struct traffic *t, unsigned host)
{
	struct buffer *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	put_ip4(b, 17, host, false, 8, 1);
	put_hex(b, "0102030405060708");
	put_frame(t, b, 0x0800, false);
	b->len = 0;
	put_ip4(b, 17, host, false, 8, 0x2000);
	put_u16(b, 2000 + host);
	put_hex(b, "01bb 0010 0000");
	put_frame(t, b, 0x0800, false);
	free(b);
}

/* All at once, so that neighbours in the file belong to different shares. */
static void talk(struct traffic *t, unsigned hosts)
{
	for (unsigned h = 0; h < hosts; h++)
		say(t, h, false, SYN, 100, 0, "");
	for (unsigned h = 0; h < hosts; h += 2)
		say(t, h, true, SYN | ACK, 500, 101, "");
	for (unsigned h = 1; h < hosts; h += 8)
		complain_of(t, h);
	for (unsigned h = 0; h < hosts; h += 4)
		say_in_pieces(t, h);
	for (unsigned h = 0; h < hosts; h += 2)
		say(t, h, false, ACK, h % 5 == 0 ? 103 : 101, 501, "hello");
	for (unsigned h = 0; h < hosts; h += 5)
		say(t, h, true, RST | ACK, 501, 101, "");
	t->millisecond += 400000;
	for (unsigned h = 0; h < hosts; h += 9)
		say(t, h, false, SYN, 9000, 0, "");
}

static char *file_of_traffic(unsigned hosts)
{
	struct traffic t = { .file = calloc(1, sizeof(*t.file)) };
	char *path;

	assert_non_null(t.file);
	put_hex(t.file, "a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001");
	talk(&t, hosts);
	path = file_with(t.file->bytes, t.file->len);
	free(t.file);
	return path;
}

static void every_flow_falls_to_one_share(void **state)
{
	(void)state;
	char *path = file_of_traffic(200);

	for (unsigned shares = 2; shares <= SHARES_MAX; shares++)
		assert_int_equal(compare(path, shares, NULL), shares);
	remove_file(path);
}

static void a_filter_is_the_same_for_every_share(void **state)
{
	(void)state;
	char *path = file_of_traffic(100);

	compare(path, 3, "ip and not portrange 1100-1120");
	remove_file(path);
}

static void thousands_of_streams_keep_their_numbers(void **state)
{
	(void)state;
	char *path = file_of_traffic(2500);

	compare(path, 2, NULL);
	remove_file(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_flow_falls_to_one_share),
		cmocka_unit_test(a_filter_is_the_same_for_every_share),
		cmocka_unit_test(thousands_of_streams_keep_their_numbers),
		cmocka_unit_test(the_captures_of_the_lab_are_told_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
