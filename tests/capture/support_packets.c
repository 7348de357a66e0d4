#include "support_packets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t MS = 1000000;

struct bench *bench_new(size_t memory)
{
	struct bench *b = calloc(1, sizeof(*b));

	b->options.memory = memory;
	b->flows = flows_new(&b->options, &b->stats);
	b->time = 1700000000000 * MS;
	b->ip_id = 100;
	return b;
}

void bench_free(struct bench *b)
{
	flows_free(b->flows);
	free(b);
}

static void say(struct bench *b, const char *word, const char *rest)
{
	size_t used = strlen(b->log);

	if (used > sizeof(b->log) - 64)		/* long runs: what matters is the end */
		used = 0;
	snprintf(b->log + used, sizeof(b->log) - used, "%s%s%s", used ? " " : "", word, rest);
}

static void keep_bytes(struct bench *b, const struct capture_event *e)
{
	char word[32];

	snprintf(word, sizeof(word), "%c+%zu", "cs"[e->from], e->len);
	say(b, word, "");
	if (e->offset != b->end[e->from])
		say(b, "OUT-OF-PLACE", "");
	if (e->offset + e->len <= sizeof(b->bytes[0]))
		memcpy(b->bytes[e->from] + e->offset, e->bytes, e->len);
	b->end[e->from] = e->offset + e->len;
}

static void check_place(struct bench *b, const struct capture_event *e)
{
	uint64_t *next = b->next[e->flow % 256];

	if (e->kind == FLOW_OPENED)
		next[0] = next[1] = 0;
	if (e->kind != FLOW_BYTES && e->kind != FLOW_GAP)
		return;
	if (e->flow < 256 && e->offset != next[e->from])
		b->misplaced++;
	next[e->from] = e->offset + e->len + e->lost;
}

static void note_event(struct bench *b, const struct capture_event *e)
{
	static const char *const ends[] = {
		"open", "closed", "reset", "idle", "reused", "capture", "evicted"
	};
	char word[32];

	b->events++;
	check_place(b, e);
	if (e->kind != FLOW_OVER) {
		b->flow = e->flow;
		b->open = true;
	}
	if (e->flow == b->flow) {
		b->facts = *flows_facts(b->flows, e->flow);
		b->open = e->kind != FLOW_OVER;
	}
	switch (e->kind) {
	case FLOW_OPENED:
		b->openings++;
		b->end[0] = b->end[1] = 0;
		say(b, "opened", "");
		break;
	case FLOW_BYTES:
		keep_bytes(b, e);
		break;
	case FLOW_GAP:
		snprintf(word, sizeof(word), "%c-%llu", "cs"[e->from], (unsigned long long)e->lost);
		say(b, word, e->offset == b->end[e->from] ? "" : "OUT-OF-PLACE");
		b->end[e->from] = e->offset + e->lost;
		break;
	case FLOW_FIN:
		say(b, e->from == SIDE_CLIENT ? "cfin" : "sfin", "");
		break;
	case FLOW_RST:
		say(b, e->from == SIDE_CLIENT ? "crst" : "srst", "");
		break;
	case FLOW_DATAGRAM:
		snprintf(word, sizeof(word), "%c*%zu", "cs"[e->from], e->len);
		say(b, word, "");
		break;
	case FLOW_OVER:
		b->overs++;
		say(b, "over:", ends[flows_facts(b->flows, e->flow)->end]);
		break;
	default:
		say(b, "UNEXPECTED", "");
	}
}

static void drain_events(struct bench *b)
{
	struct capture_event e;

	while (flows_next(b->flows, &e)) {
		note_event(b, &e);
		if (b->forget_at_once && e.kind == FLOW_OPENED)
			flows_forget(b->flows, e.flow);
	}
	if (b->open)
		b->facts = *flows_facts(b->flows, b->flow);
}

struct packet packet_from(enum side from, uint8_t flags, uint32_t seq, uint32_t ack)
{
	static const struct address client = { .ip = { 10, 0, 0, 1 }, .ip_len = 4, .port = 40000 };
	static const struct address server = { .ip = { 10, 0, 0, 2 }, .ip_len = 4, .port = 443 };

	return (struct packet){
		.kind = PACKET_TCP, .flags = flags, .seq = seq, .ack = ack, .ttl = 64,
		.window = 64000, .wire_len = 54,
		.source = from == SIDE_CLIENT ? client : server,
		.destination = from == SIDE_CLIENT ? server : client,
	};
}

struct packet with_payload(struct packet p, const void *bytes, uint32_t len)
{
	p.payload = bytes;
	p.payload_len = p.payload_wire_len = len;
	return p;
}

void send_raw(struct bench *b, struct packet *p)
{
	flows_take(b->flows, p);
	drain_events(b);
}

void send_packet(struct bench *b, struct packet p)
{
	p.mark.frame = ++b->frame;
	p.mark.time = b->time;
	b->time += MS;
	if (!p.ip_id)
		p.ip_id = ++b->ip_id;
	send_raw(b, &p);
}

void shake_hands(struct bench *b)
{
	send_packet(b, packet_from(SIDE_CLIENT, TCP_SYN, CLIENT_ISN, 0));
	send_packet(b, packet_from(SIDE_SERVER, TCP_SYN | TCP_ACK, SERVER_ISN, CLIENT_ISN + 1));
	send_packet(b, packet_from(SIDE_CLIENT, TCP_ACK, CLIENT_ISN + 1, SERVER_ISN + 1));
}

void send_data(struct bench *b, enum side from, uint32_t offset, const void *bytes, uint32_t len)
{
	uint32_t isn = from == SIDE_CLIENT ? CLIENT_ISN : SERVER_ISN;
	uint32_t ack = from == SIDE_CLIENT ? SERVER_ISN + 1 : CLIENT_ISN + 1;
	uint8_t *copy = malloc(len ? len : 1);

	memcpy(copy, bytes, len);
	send_packet(b, with_payload(packet_from(from, TCP_ACK | TCP_PSH, isn + 1 + offset, ack), copy,
				    len));
	free(copy);
}

void send_ack(struct bench *b, enum side from, uint32_t offset, uint32_t acked)
{
	uint32_t isn = from == SIDE_CLIENT ? CLIENT_ISN : SERVER_ISN;
	uint32_t other = from == SIDE_CLIENT ? SERVER_ISN : CLIENT_ISN;

	send_packet(b, packet_from(from, TCP_ACK, isn + 1 + offset, other + 1 + acked));
}

void wait_ms(struct bench *b, int64_t ms)
{
	b->time += ms * MS;
}

void let_pass_ms(struct bench *b, int64_t ms)
{
	wait_ms(b, ms);
	flows_tick(b->flows, b->time);
	drain_events(b);
}

void end_input(struct bench *b)
{
	flows_end(b->flows);
	drain_events(b);
}
