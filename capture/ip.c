/*
 * IPv4 (RFC 791) and IPv6 (RFC 8200), up to the transport header.
 */
#include "descent.h"

enum { IPV4_HEADER = 20, IPV6_HEADER = 40, FRAGMENT_UNIT = 8 };

/*
 * Cuts r to the `wire` bytes that the IP header announces, so that Ethernet's padding is not taken
 * for payload, and notes how many of them the capture lacks.
 */
static struct reader payload_of(struct descent *d, struct reader *r, uint32_t wire)
{
	size_t captured = left(r) < wire ? left(r) : wire;

	d->missing = wire - (uint32_t)captured;
	return take_reader(r, captured);
}

static void take_ip4_addresses(struct descent *d, struct reader *r)
{
	const uint8_t *source = take(r, 4);
	const uint8_t *destination = take(r, 4);

	d->out->source = d->out->destination = (struct address){ .ip_len = 4 };
	if (source)
		memcpy(d->out->source.ip, source, 4);
	if (destination)
		memcpy(d->out->destination.ip, destination, 4);
}

static enum found take_ip4(struct descent *d, struct reader r)
{
	enum { DONT_FRAGMENT = 0x4000, MORE_FRAGMENTS = 0x2000, OFFSET = 0x1fff };
	struct reader start = r;
	uint32_t header_len = (take_u8(&r) & 0x0fU) * 4;

	take_u8(&r);		/* DSCP and ECN */
	uint32_t total = take_u16(&r);
	d->out->ip_id = take_u16(&r);
	uint16_t fragmentation = take_u16(&r);
	d->out->ttl = take_u8(&r);
	uint8_t protocol = take_u8(&r);
	take_u16(&r);		/* checksum: offload leaves it wrong */
	take_ip4_addresses(d, &r);
	take(&start, header_len);
	if (!read_ok(&r) || !read_ok(&start) || header_len < IPV4_HEADER)
		return FOUND_BROKEN;
	/* Segmentation offload: the sender's kernel leaves the length to the card. */
	if (total == 0)
		total = header_len + (uint32_t)left(&start) + d->missing;
	if (total < header_len)
		return FOUND_BROKEN;
	d->saw_ip = true;
	d->out->has_df = fragmentation & DONT_FRAGMENT;
	struct reader payload = payload_of(d, &start, total - header_len);
	if (fragmentation & (MORE_FRAGMENTS | OFFSET)) {
		struct fragment fragment = {
			.id = d->out->ip_id,
			.offset = (fragmentation & OFFSET) * (uint32_t)FRAGMENT_UNIT,
			.len = total - header_len,
			.more = fragmentation & MORE_FRAGMENTS,
			.protocol = protocol,
		};
		enum found found = take_fragment(d, &fragment, &protocol, &payload);
		if (found != FOUND_PACKET)
			return found;
	}
	return take_transport(d, protocol, payload);
}

static enum found take_ip6_fragment(struct descent *d, uint8_t *next, struct reader *r)
{
	enum { MORE_FRAGMENTS = 1, OFFSET = 0xfff8 };
	struct fragment fragment = { .protocol = take_u8(r) };

	take_u8(r);
	uint16_t offset = take_u16(r);
	fragment.id = take_u32(r);
	if (!read_ok(r))
		return FOUND_BROKEN;
	*next = fragment.protocol;
	fragment.offset = offset & OFFSET;
	fragment.more = offset & MORE_FRAGMENTS;
	fragment.len = (uint32_t)left(r) + d->missing;
	if (!fragment.more && !fragment.offset)
		return FOUND_PACKET;	/* an atomic fragment is whole (RFC 6946) */
	return take_fragment(d, &fragment, next, r);
}

/* Walks over extension headers (RFC 8200 4) to the upper layer; each takes 8 bytes or more. */
static enum found take_ip6_upper(struct descent *d, uint8_t next, struct reader r)
{
	while (read_ok(&r)) {
		if (next == IP_FRAGMENT) {
			enum found found = take_ip6_fragment(d, &next, &r);
			if (found != FOUND_PACKET)
				return found;
			continue;
		}
		bool authentication = next == IP_AUTHENTICATION;
		if (!authentication && next != IP_HOP_BY_HOP && next != IP_ROUTING &&
		    next != IP_DESTINATION && next != IP_MOBILITY && next != IP_HIP &&
		    next != IP_SHIM6)
			return take_transport(d, next, r);
		next = take_u8(&r);
		size_t words = take_u8(&r);
		take(&r, authentication ? words * 4 + 6 : words * 8 + 6);	/* RFC 4302 2.2 */
	}
	return FOUND_BROKEN;
}

static enum found take_ip6(struct descent *d, struct reader r)
{
	take_u32(&r);		/* version, traffic class, flow label */
	uint32_t wire = take_u16(&r);
	uint8_t next = take_u8(&r);
	d->out->ttl = take_u8(&r);
	d->out->ip_id = 0;
	d->out->has_df = true;
	const uint8_t *source = take(&r, 16);
	const uint8_t *destination = take(&r, 16);
	if (!source || !destination)
		return FOUND_BROKEN;
	d->saw_ip = true;
	d->out->source = d->out->destination = (struct address){ .ip_len = 16 };
	memcpy(d->out->source.ip, source, 16);
	memcpy(d->out->destination.ip, destination, 16);
	/* Zero is a jumbogram (RFC 2675), which in a capture is segmentation offload. */
	if (wire == 0)
		wire = (uint32_t)left(&r) + d->missing;
	return take_ip6_upper(d, next, payload_of(d, &r, wire));
}

enum found take_ip(struct descent *d, struct reader r)
{
	unsigned version = more(&r) ? *r.at >> 4 : 0U;

	if (version == 4)
		return take_ip4(d, r);
	return version == 6 ? take_ip6(d, r) : FOUND_BROKEN;
}

bool looks_like_ip(const struct descent *d, struct reader r, enum fit fit)
{
	size_t there = left(&r) + d->missing;
	uint8_t first = take_u8(&r);

	take_u8(&r);		/* DSCP and ECN, or flow label */
	size_t total = take_u16(&r);
	size_t total6 = (size_t)take_u16(&r) + IPV6_HEADER;
	if (!read_ok(&r))
		return false;
	if (first >> 4 == 6)
		total = total6;
	else if (first >> 4 != 4 || (first & 0x0f) * 4 < IPV4_HEADER || total < IPV4_HEADER)
		return false;
	return fit == FIT_EXACTLY ? total == there : total <= there;
}
