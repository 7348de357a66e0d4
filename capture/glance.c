#include "glance.h"

#include <pcap/dlt.h>

#include "descent.h"

enum {
	ETHERNET_HEADER = 14, TYPE_AT = 12, TAG = 4,
	IPV4_HEADER = 20, IPV4_PLAIN = 0x45, IPV4_TOTAL_AT = 2, IPV4_FRAGMENT_AT = 6, IPV4_PROTOCOL_AT = 9,
	IPV4_SOURCE_AT = 12, IPV4_DESTINATION_AT = 16, FRAGMENTED = 0x3fff,	/* offset, more to come */
	IPV6_HEADER = 40, IPV6_LEN_AT = 4, IPV6_NEXT_AT = 6, IPV6_SOURCE_AT = 8, IPV6_DESTINATION_AT = 24,
	IPV4_ID_AT = 4, IPV4_TTL_AT = 8, IPV4_DONT_FRAGMENT = 0x4000, IPV6_HOPS_AT = 7,
	TCP_HEADER = 20, TCP_SEQ_AT = 4, TCP_ACK_AT = 8, TCP_LEN_AT = 12, TCP_FLAGS_AT = 13,
	TCP_WINDOW_AT = 14,
	VLAN_ID = 0x0fff,
};

/* `wire` is what the IP header says of TCP's length. */
static bool is_tcp(const uint8_t *tcp, uint32_t wire)
{
	uint32_t header = (uint32_t)(tcp[TCP_LEN_AT] >> 4) * 4;

	return header >= TCP_HEADER && header <= wire;
}

static bool is_ip4(struct glance *out, const uint8_t *ip)
{
	uint32_t total = u16_at(ip + IPV4_TOTAL_AT);

	out->ip = ip;
	out->tcp = ip + IPV4_HEADER;
	out->ip_len = 4;
	return ip[0] == IPV4_PLAIN && !(u16_at(ip + IPV4_FRAGMENT_AT) & FRAGMENTED) &&
	       ip[IPV4_PROTOCOL_AT] == IP_TCP && total > IPV4_HEADER &&
	       is_tcp(out->tcp, total - IPV4_HEADER);
}

static bool is_ip6(struct glance *out, const uint8_t *ip)
{
	out->ip = ip;
	out->tcp = ip + IPV6_HEADER;
	out->ip_len = 16;
	return ip[0] >> 4 == 6 && ip[IPV6_NEXT_AT] == IP_TCP &&
	       is_tcp(out->tcp, u16_at(ip + IPV6_LEN_AT));
}

bool glance(const struct frame *frame, struct glance *out)
{
	struct reader r = reader_of(frame->bytes, frame->len);
	const uint8_t *link = take(&r, ETHERNET_HEADER + TAG);
	size_t header = ETHERNET_HEADER;
	uint16_t type;

	if (!link || frame->link_type != DLT_EN10MB)
		return false;
	type = u16_at(link + TYPE_AT);
	if (type == ETHERTYPE_VLAN) {
		header += TAG;
		type = u16_at(link + TYPE_AT + TAG);
	}
	r = reader_of(frame->bytes, frame->len);
	take(&r, header);
	if (type == ETHERTYPE_IPV4)
		return left(&r) >= IPV4_HEADER + TCP_HEADER &&
		       is_ip4(out, take(&r, IPV4_HEADER + TCP_HEADER));
	return type == ETHERTYPE_IPV6 && left(&r) >= IPV6_HEADER + TCP_HEADER &&
	       is_ip6(out, take(&r, IPV6_HEADER + TCP_HEADER));
}

static struct address address_at(const uint8_t *ip, uint8_t ip_len, uint16_t port)
{
	struct address a = { .ip_len = ip_len, .port = port };

	if (ip_len == 4)
		memcpy(a.ip, ip, 4);
	else
		memcpy(a.ip, ip, 16);
	return a;
}

/* IP's own fields; returns the length of what it carries. */
static uint32_t note_ip(const struct glance *g, struct packet *out)
{
	uint16_t source = u16_at(g->tcp), destination = u16_at(g->tcp + 2);

	if (g->ip_len == 4) {
		out->source = address_at(g->ip + IPV4_SOURCE_AT, 4, source);
		out->destination = address_at(g->ip + IPV4_DESTINATION_AT, 4, destination);
		out->ttl = g->ip[IPV4_TTL_AT];
		out->ip_id = u16_at(g->ip + IPV4_ID_AT);
		out->has_df = u16_at(g->ip + IPV4_FRAGMENT_AT) & IPV4_DONT_FRAGMENT;
		return u16_at(g->ip + IPV4_TOTAL_AT) - IPV4_HEADER;
	}
	out->source = address_at(g->ip + IPV6_SOURCE_AT, 16, source);
	out->destination = address_at(g->ip + IPV6_DESTINATION_AT, 16, destination);
	out->ttl = g->ip[IPV6_HOPS_AT];
	out->ip_id = 0;
	out->has_df = true;
	return u16_at(g->ip + IPV6_LEN_AT);
}

static void note_link(const struct frame *frame, struct packet *out)
{
	enum { DESTINATION_AT = 2, SOURCE_AT = 8 };	/* their last four bytes */

	out->link[0] = u32_at(frame->bytes + SOURCE_AT);
	out->link[1] = u32_at(frame->bytes + DESTINATION_AT);
}

static void note_vlan(const struct glance *g, const struct frame *frame, struct packet *out)
{
	uint16_t id = g->ip - frame->bytes > ETHERNET_HEADER
		? u16_at(frame->bytes + ETHERNET_HEADER) & VLAN_ID : 0;

	out->has_vlan = id != 0;
	if (id)
		out->vlan = id;
}

enum { STAMP_AT = 4 };	/* behind two paddings, kind and length */

/* Nearly every segment of an established connection has these and no others. */
static bool only_timestamps(const uint8_t *options, size_t len)
{
	enum { LEN = STAMP_AT + 8, PADDED_TIMESTAMPS = 0x0101080a };

	return len == LEN && u32_at(options) == PADDED_TIMESTAMPS;
}

/* `r` is the segment behind the fixed header. */
static void note_options(struct packet *out, struct reader *r, size_t len)
{
	size_t there = len < left(r) ? len : left(r);
	const uint8_t *options = take(r, there);

	out->mss = 0;
	out->sack_count = 0;
	out->has_sack_permitted = out->has_window_scale = false;
	out->has_options = there > 0;
	out->has_timestamps = only_timestamps(options, there);
	if (out->has_timestamps)
		out->stamp = u32_at(options + STAMP_AT);
	else if (there)
		take_tcp_options(out, reader_of(options, there));
}

void glance_packet(const struct glance *g, const struct frame *frame, struct packet *out)
{
	uint32_t wire = note_ip(g, out);
	size_t there = (size_t)(frame->bytes + frame->len - g->tcp);
	struct reader r = reader_of(g->tcp, there < wire ? there : wire);
	size_t header = (size_t)(g->tcp[TCP_LEN_AT] >> 4) * 4;

	out->mark = frame->mark;
	out->kind = PACKET_TCP;
	out->wire_len = frame->wire_len;
	out->tunnel[0] = '\0';
	note_link(frame, out);
	note_vlan(g, frame, out);
	out->seq = u32_at(g->tcp + TCP_SEQ_AT);
	out->ack = u32_at(g->tcp + TCP_ACK_AT);
	out->flags = g->tcp[TCP_FLAGS_AT];
	out->window = u16_at(g->tcp + TCP_WINDOW_AT);
	take(&r, TCP_HEADER);
	note_options(out, &r, header - TCP_HEADER);
	out->payload = r.at;
	out->payload_len = (uint32_t)left(&r);
	out->payload_wire_len = wire - (uint32_t)header;
}

void glance_ends(const struct glance *g, struct ends *out)
{
	uint16_t source = u16_at(g->tcp), destination = u16_at(g->tcp + 2);

	out->ip_len = g->ip_len;
	if (g->ip_len == 4) {
		out->four[0] = end4(TRANSPORT_TCP, g->ip + IPV4_SOURCE_AT, source);
		out->four[1] = end4(TRANSPORT_TCP, g->ip + IPV4_DESTINATION_AT, destination);
	} else {
		out->sixteen[0] = end16(TRANSPORT_TCP, g->ip + IPV6_SOURCE_AT, source);
		out->sixteen[1] = end16(TRANSPORT_TCP, g->ip + IPV6_DESTINATION_AT, destination);
	}
}

uint32_t glance_seq(const struct glance *g)
{
	return u32_at(g->tcp + TCP_SEQ_AT);
}

uint8_t glance_flags(const struct glance *g)
{
	return g->tcp[TCP_FLAGS_AT];
}
