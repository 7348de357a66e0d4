/*
 * Reassembly beside a model that knows what every byte of both streams is: what comes out is these
 * bytes, each once and in order, or a declared gap; and no gap is declared over a byte that came in time.
 * Input: steps of four bytes, see struct step.
 */
#include <stdlib.h>

#include "../../bytes.h"
#include "../../capture/packet.h"
#include "support.h"

enum { STREAM_MAX = 4096, STEPS_MAX = 400, SEGMENT_MAX = 255 };

struct model {
	struct flows *flows;
	uint32_t isn[2];
	bool sent[2][STREAM_MAX + SEGMENT_MAX];
	uint64_t next[2];	/* where the next byte or gap must begin */
	bool open, over, forgotten, contradicts;
	bool late;		/* the packet at hand comes long after the last: it may find its hole given up */
	enum side from;		/* its bytes */
	uint64_t begin, end;
	struct mark mark;
};

/* What byte `offset` of a stream is. */
static uint8_t byte_of(enum side side, uint64_t offset)
{
	uint64_t x = (offset * 2 + side + 1) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint8_t)(x >> 40);
}

static void check_bytes(struct model *m, const struct capture_event *e)
{
	claim(e->offset == m->next[e->from], "bytes join those before them");
	claim(e->offset + e->len <= sizeof(m->sent[0]), "no byte comes that was not sent");
	for (size_t i = 0; i < e->len; i++) {
		claim(m->sent[e->from][e->offset + i], "no byte comes that was not sent");
		claim(m->contradicts || e->bytes[i] == byte_of(e->from, e->offset + i),
		      "bytes are those that were sent there");
	}
	m->next[e->from] += e->len;
}

static void check_gap(struct model *m, const struct capture_event *e)
{
	claim(e->offset == m->next[e->from], "a gap joins what was before it");
	claim(e->lost > 0, "a gap is not empty");
	for (uint64_t i = e->offset; i < e->offset + e->lost && i < sizeof(m->sent[0]); i++)
		claim(!m->sent[e->from][i] || (m->late && e->from == m->from && i >= m->begin && i < m->end),
		      "no gap is declared over a byte that came");
	m->next[e->from] += e->lost;
}

static void check_events(struct model *m)
{
	struct capture_event e;

	while (flows_next(m->flows, &e)) {
		claim(!m->over || e.kind == FLOW_OPENED, "nothing follows the end of a flow");
		claim(m->open || e.kind == FLOW_OPENED, "a flow is opened first");
		if (e.kind == FLOW_OPENED)
			claim(!m->open, "a flow is opened once");
		m->open |= e.kind == FLOW_OPENED;
		if (m->forgotten)
			claim(e.kind != FLOW_BYTES && e.kind != FLOW_GAP, "forgotten bytes stay away");
		if (e.kind == FLOW_BYTES)
			check_bytes(m, &e);
		else if (e.kind == FLOW_GAP)
			check_gap(m, &e);
		m->over |= e.kind == FLOW_OVER;
	}
}

static void send_packet(struct model *m, enum side from, uint8_t flags, uint32_t offset, uint32_t ack,
			const uint8_t *bytes, uint32_t len)
{
	static const struct address ends[2] = { { { 10, 0, 0, 1 }, 4, 40000 }, { { 10, 0, 0, 2 }, 4, 443 } };
	struct packet p = { .kind = PACKET_TCP, .source = ends[from], .destination = ends[!from], .ttl = 64,
		.flags = flags, .window = 65000, .payload = bytes, .payload_len = len, .payload_wire_len = len };

	m->mark.frame++;
	m->mark.time += 3000000;
	p.mark = m->mark;
	p.ip_id = (uint16_t)m->mark.frame;
	p.seq = m->isn[from] + offset;
	p.ack = flags & TCP_ACK ? m->isn[!from] + ack : 0;
	p.wire_len = 54 + len;
	flows_take(m->flows, &p);
	check_events(m);
}

/* A segment of what the stream is at this offset, or of something else. */
static void send_data(struct model *m, enum side from, uint32_t offset, uint32_t len, bool lie)
{
	uint8_t bytes[SEGMENT_MAX], *copy;

	for (uint32_t i = 0; i < len; i++) {
		bytes[i] = (uint8_t)(byte_of(from, offset + i) ^ lie);
		m->sent[from][offset + i] = true;
	}
	m->contradicts |= lie;
	m->from = from;
	m->begin = offset;
	m->end = offset + len;
	copy = exact_copy(bytes, len);
	send_packet(m, from, TCP_ACK, offset + 1, (uint32_t)m->next[!from] + 1, copy, len);
	free(copy);
}

/* Top bit of the first byte: side. Its low bits: what. Then an offset and a length. */
static void step(struct model *m, struct reader *r)
{
	uint8_t what = take_u8(r), len;
	uint32_t offset = take_u16(r) % STREAM_MAX;
	enum side from = what >> 7 ? SIDE_SERVER : SIDE_CLIENT;

	len = take_u8(r);
	switch (what & 15) {
	case 0:
		send_packet(m, from, TCP_ACK, (uint32_t)m->next[from] + 1, offset + 1, NULL, 0);
		break;
	case 1:
		m->mark.time += (int64_t)len * 100000000;
		m->late |= len;
		return;
	case 2:
		send_data(m, from, offset, len, true);
		break;
	case 3:
		if (m->open && len == 7 && !m->over) {
			flows_forget(m->flows, 0);
			m->forgotten = true;
		}
		break;
	case 4:		/* the next bytes in order */
		if (m->next[from] < STREAM_MAX)
			send_data(m, from, (uint32_t)m->next[from], len, false);
		break;
	default:
		send_data(m, from, offset, len, false);
	}
	m->late = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct capture_options options = { .idle_timeout = INT64_C(1) << 60 };
	struct capture_stats stats = { 0 };
	struct model *m = calloc(1, sizeof(*m));
	struct reader r = reader_of(data, size);

	m->flows = flows_new(&options, &stats);
	m->isn[0] = take_u32(&r);
	m->isn[1] = take_u32(&r);
	send_packet(m, SIDE_CLIENT, TCP_SYN, 0, 0, NULL, 0);
	send_packet(m, SIDE_SERVER, TCP_SYN | TCP_ACK, 0, 1, NULL, 0);
	send_packet(m, SIDE_CLIENT, TCP_ACK, 1, 1, NULL, 0);
	for (int i = 0; i < STEPS_MAX && left(&r) >= 4 && !m->over; i++)
		step(m, &r);
	flows_end(m->flows);
	check_events(m);
	claim(m->over, "every flow ends");
	flows_free(m->flows);
	free(m);
	return 0;
}
