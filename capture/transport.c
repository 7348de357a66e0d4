/*
 * TCP (RFC 9293), UDP (RFC 768) and the errors of ICMP (RFC 792, RFC 4443).
 */
#include "descent.h"

enum { TCP_HEADER = 20, UDP_HEADER = 8 };

/* SACK blocks (RFC 2018 3); a fifth does not fit the option space. */
static void take_sack(struct packet *out, struct reader r)
{
	while (left(&r) >= 8 && out->sack_count < TCP_SACK_BLOCKS_MAX) {
		uint32_t *block = out->sack[out->sack_count++];
		block[0] = take_u32(&r);
		block[1] = take_u32(&r);
	}
}

static void take_timestamps(struct packet *out, struct reader r)
{
	out->stamp = take_u32(&r);
	out->has_timestamps = true;
}

/* A malformed option hides those behind it and harms nothing else. */
void take_tcp_options(struct packet *out, struct reader r)
{
	enum { END, NO_OPERATION, MSS, WINDOW_SCALE, SACK_PERMITTED, SACK, TIMESTAMPS = 8 };

	out->has_options = more(&r);
	while (more(&r)) {
		uint8_t kind = take_u8(&r);
		if (kind == END)
			return;
		if (kind == NO_OPERATION)
			continue;
		uint8_t len = take_u8(&r);
		if (len < 2)
			return;
		struct reader value = take_reader(&r, len - 2U);
		if (!read_ok(&value))
			return;
		if (kind == MSS && left(&value) == 2)
			out->mss = take_u16(&value);
		else if (kind == WINDOW_SCALE)
			out->has_window_scale = true;
		else if (kind == SACK_PERMITTED)
			out->has_sack_permitted = true;
		else if (kind == SACK)
			take_sack(out, value);
		else if (kind == TIMESTAMPS)
			take_timestamps(out, value);
	}
}

static enum found take_tcp(struct descent *d, struct reader r)
{
	struct packet *out = d->out;
	uint32_t wire = (uint32_t)left(&r) + d->missing;

	out->source.port = take_u16(&r);
	out->destination.port = take_u16(&r);
	out->seq = take_u32(&r);
	out->ack = take_u32(&r);
	uint32_t header_len = (uint32_t)(take_u8(&r) >> 4) * 4;
	out->flags = take_u8(&r);
	out->window = take_u16(&r);
	take_u32(&r);		/* checksum, urgent pointer */
	if (!read_ok(&r) || header_len < TCP_HEADER || header_len > wire)
		return FOUND_BROKEN;
	size_t options = header_len - TCP_HEADER;
	if (options)
		take_tcp_options(out, take_reader(&r, options < left(&r) ? options : left(&r)));
	out->kind = PACKET_TCP;
	out->payload = r.at;
	out->payload_len = (uint32_t)left(&r);
	out->payload_wire_len = wire - header_len;
	return FOUND_PACKET;
}

static enum found take_udp(struct descent *d, struct reader r)
{
	struct packet *out = d->out;
	uint32_t wire = (uint32_t)left(&r) + d->missing;

	out->source.port = take_u16(&r);
	out->destination.port = take_u16(&r);
	uint32_t len = take_u16(&r);
	take_u16(&r);		/* checksum */
	if (!read_ok(&r) || (len && len < UDP_HEADER))
		return FOUND_BROKEN;
	if (len == 0 || len > wire)
		len = wire;	/* offload, or a header that promises more than IP does */
	len -= UDP_HEADER;
	size_t captured = left(&r) < len ? left(&r) : len;
	d->missing = len - (uint32_t)captured;
	r = take_reader(&r, captured);
	enum found inside = take_udp_tunnel(d, r);
	if (inside != FOUND_NO_TUNNEL)
		return inside;
	out->kind = PACKET_UDP;
	out->payload = r.at;
	out->payload_len = (uint32_t)captured;
	out->payload_wire_len = len;
	return FOUND_PACKET;
}

/* The addresses and ports in the header that an ICMP error quotes; 8 bytes behind IP suffice. */
static bool take_quoted(struct descent *d, struct reader r)
{
	struct packet quoted = { .kind = PACKET_NONE };
	struct descent quote = { .out = &quoted, .quoting = true };

	if (take_ip(&quote, r) != FOUND_PACKET)
		return false;
	d->out->quotes_tcp = quoted.kind == PACKET_TCP;
	d->out->quotes_udp = quoted.kind == PACKET_UDP;
	d->out->quoted_source = quoted.source;
	d->out->quoted_destination = quoted.destination;
	return true;
}

static enum found take_quoted_transport(struct descent *d, uint8_t protocol, struct reader r)
{
	d->out->source.port = take_u16(&r);
	d->out->destination.port = take_u16(&r);
	if (!read_ok(&r))
		return FOUND_BROKEN;
	if (protocol == IP_TCP)
		d->out->kind = PACKET_TCP;
	else if (protocol == IP_UDP)
		d->out->kind = PACKET_UDP;
	return d->out->kind == PACKET_NONE ? FOUND_NOTHING : FOUND_PACKET;
}

static enum icmp_kind icmp_unreachable(uint8_t code)
{
	enum { PORT = 3, TOO_BIG, NETWORK_PROHIBITED = 9, HOST_PROHIBITED, PROHIBITED = 13 };

	switch (code) {
	case PORT:
		return ICMP_PORT_UNREACHABLE;
	case TOO_BIG:
		return ICMP_TOO_BIG;
	case NETWORK_PROHIBITED:
	case HOST_PROHIBITED:
	case PROHIBITED:
		return ICMP_ADMIN_PROHIBITED;
	default:
		return ICMP_HOST_UNREACHABLE;
	}
}

static enum icmp_kind icmp6_unreachable(uint8_t code)
{
	enum { PROHIBITED = 1, PORT = 4, POLICY = 5, REJECT_ROUTE = 6 };

	switch (code) {
	case PORT:
		return ICMP_PORT_UNREACHABLE;
	case PROHIBITED:
	case POLICY:
	case REJECT_ROUTE:
		return ICMP_ADMIN_PROHIBITED;
	default:
		return ICMP_HOST_UNREACHABLE;
	}
}

/* False if the message is not one of the errors. */
static bool icmp_kind_of(uint8_t type, uint8_t code, enum icmp_kind *kind)
{
	enum { UNREACHABLE = 3, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED = 11, PARAMETER_PROBLEM };

	*kind = ICMP_OTHER;
	if (type == UNREACHABLE)
		*kind = icmp_unreachable(code);
	else if (type == TIME_EXCEEDED)
		*kind = ICMP_TIME_EXCEEDED;
	else
		return type == SOURCE_QUENCH || type == REDIRECT || type == PARAMETER_PROBLEM;
	return true;
}

static bool icmp6_kind_of(uint8_t type, uint8_t code, enum icmp_kind *kind)
{
	enum { UNREACHABLE = 1, PACKET_TOO_BIG, TIME_EXCEEDED, PARAMETER_PROBLEM };

	*kind = ICMP_OTHER;
	if (type == UNREACHABLE)
		*kind = icmp6_unreachable(code);
	else if (type == PACKET_TOO_BIG)
		*kind = ICMP_TOO_BIG;
	else if (type == TIME_EXCEEDED)
		*kind = ICMP_TIME_EXCEEDED;
	else
		return type == PARAMETER_PROBLEM;
	return true;
}

static enum found take_icmp(struct descent *d, bool version6, struct reader r)
{
	struct icmp_error *error = &d->out->icmp;

	error->type = take_u8(&r);
	error->code = take_u8(&r);
	take_u16(&r);		/* checksum */
	uint32_t rest = take_u32(&r);
	if (!read_ok(&r))
		return FOUND_BROKEN;
	bool is_error = version6 ? icmp6_kind_of(error->type, error->code, &error->kind)
				 : icmp_kind_of(error->type, error->code, &error->kind);
	if (!is_error || !take_quoted(d, r))
		return FOUND_NOTHING;
	/* RFC 1191 4: the next hop's MTU in the lower half; RFC 4443 3.2: in the whole word. */
	if (error->kind == ICMP_TOO_BIG)
		error->mtu = version6 ? rest : rest & 0xffff;
	error->mark = d->out->mark;
	error->from = d->out->source;
	d->out->kind = PACKET_ICMP;
	return FOUND_PACKET;
}

enum found take_transport(struct descent *d, uint8_t protocol, struct reader r)
{
	if (d->quoting)
		return take_quoted_transport(d, protocol, r);
	switch (protocol) {
	case IP_TCP:
		return take_tcp(d, r);
	case IP_UDP:
		return take_udp(d, r);
	case IP_ICMP:
		return take_icmp(d, false, r);
	case IP_ICMPV6:
		return take_icmp(d, true, r);
	default:
		return take_tunnel(d, protocol, r);
	}
}
