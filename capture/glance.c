#include "glance.h"

#include <pcap/dlt.h>

#include "descent.h"

enum {
	ETHERNET_HEADER = 14, TYPE_AT = 12, TAG = 4,
	IPV4_HEADER = 20, IPV4_PLAIN = 0x45, IPV4_TOTAL_AT = 2, IPV4_FRAGMENT_AT = 6, IPV4_PROTOCOL_AT = 9,
	IPV4_SOURCE_AT = 12, IPV4_DESTINATION_AT = 16, FRAGMENTED = 0x3fff,	/* offset, more to come */
	IPV6_HEADER = 40, IPV6_LEN_AT = 4, IPV6_NEXT_AT = 6, IPV6_SOURCE_AT = 8, IPV6_DESTINATION_AT = 24,
	TCP_HEADER = 20, TCP_LEN_AT = 12,
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

uint64_t glance_hash(const struct glance *g, const struct capture_key *key)
{
	uint16_t source = u16_at(g->tcp), destination = u16_at(g->tcp + 2);

	if (g->ip_len == 4)
		return hash_ends4(key, TRANSPORT_TCP, end4(g->ip + IPV4_SOURCE_AT, source),
				  end4(g->ip + IPV4_DESTINATION_AT, destination));
	return hash_ends16(key, TRANSPORT_TCP, end16(g->ip + IPV6_SOURCE_AT, source),
			   end16(g->ip + IPV6_DESTINATION_AT, destination));
}
