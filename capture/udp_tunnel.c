/*
 * Packets in UDP. Anybody may use these ports, DTLS and QUIC too, so a datagram counts as a tunnel
 * only if its header is as the RFC says and an IP packet comes to light.
 */
#include "tunnel.h"

/* VXLAN (RFC 7348 5), also with group policy; any other flag is another protocol. */
static enum found take_vxlan(struct descent *d, struct reader r)
{
	enum { HAS_ID = 0x08, GROUP_POLICY = 0x80 };
	uint8_t flags = take_u8(&r);

	take_u24(&r);
	uint32_t id = take_u24(&r);
	uint8_t reserved = take_u8(&r);
	if ((flags & ~GROUP_POLICY) != HAS_ID || reserved || !read_ok(&r))
		return FOUND_NO_TUNNEL;
	return enter_tunnel(d, "vxlan", (int32_t)id) ? take_ethernet(d, r) : FOUND_BROKEN;
}

/* VXLAN with a protocol number (draft-ietf-nvo3-vxlan-gpe). */
static enum found take_vxlan_gpe(struct descent *d, struct reader r)
{
	enum { HAS_ID = 0x08, HAS_PROTOCOL = 0x04, OTHERS = 0xf2, ETHERNET = 3 };
	uint8_t flags = take_u8(&r);

	take_u16(&r);
	uint8_t protocol = take_u8(&r);
	uint32_t id = take_u24(&r);
	uint8_t reserved = take_u8(&r);
	if (!(flags & HAS_ID) || (flags & OTHERS) || reserved || !read_ok(&r))
		return FOUND_NO_TUNNEL;
	if (!enter_tunnel(d, "vxlan-gpe", (int32_t)id))
		return FOUND_BROKEN;
	return take_next_protocol(d, flags & HAS_PROTOCOL ? protocol : ETHERNET, r);
}

/* Geneve (RFC 8926 3.4). */
static enum found take_geneve(struct descent *d, struct reader r)
{
	enum { OPTION_WORDS = 0x3f, VERSION = 0xc0, RESERVED = 0x3f };
	uint8_t first = take_u8(&r);
	uint8_t flags = take_u8(&r);
	uint16_t type = take_u16(&r);
	uint32_t id = take_u24(&r);

	if (take_u8(&r) || (first & VERSION) || (flags & RESERVED))
		return FOUND_NO_TUNNEL;
	take(&r, (first & OPTION_WORDS) * 4U);
	if (!read_ok(&r))
		return FOUND_NO_TUNNEL;
	return enter_tunnel(d, "geneve", (int32_t)id) ? take_ethertype(d, type, r) : FOUND_BROKEN;
}

/* GTP-U (3GPP TS 29.281 5): a user's packet behind optional fields and extension headers. */
static enum found take_gtp(struct descent *d, struct reader r)
{
	enum { VERSION_AND_TYPE = 0xf0, GTP_1 = 0x30, EXTENSION = 0x04, OPTIONAL = 0x07,
	       USER = 0xff };
	uint8_t flags = take_u8(&r);
	uint8_t type = take_u8(&r);
	size_t len = take_u16(&r);

	take_u32(&r);		/* tunnel endpoint */
	if ((flags & VERSION_AND_TYPE) != GTP_1 || type != USER || len > left(&r) + d->missing)
		return FOUND_NO_TUNNEL;
	uint8_t next = 0;
	if (flags & OPTIONAL) {
		take_u24(&r);	/* sequence number, N-PDU number */
		next = take_u8(&r);
	}
	while ((flags & EXTENSION) && next) {
		size_t words = take_u8(&r);
		if (words == 0)
			return FOUND_NO_TUNNEL;
		take(&r, words * 4 - 2);
		next = take_u8(&r);
	}
	if (!looks_like_ip(d, r, FIT_EXACTLY))
		return FOUND_NO_TUNNEL;
	return enter_tunnel(d, "gtp", NO_ID) ? take_ip(d, r) : FOUND_BROKEN;
}

/* Teredo (RFC 4380 5.1.1): authentication and origin indication may come before the packet. */
static enum found take_teredo(struct descent *d, struct reader r)
{
	enum { ORIGIN = 0, AUTHENTICATION = 1, NONCE_AND_CONFIRMATION = 9, ORIGIN_LEN = 6 };
	struct reader peek = r;
	uint16_t indication = take_u16(&peek);

	if (indication == AUTHENTICATION) {
		size_t client_len = take_u8(&peek);
		size_t value_len = take_u8(&peek);
		take(&peek, client_len + value_len + NONCE_AND_CONFIRMATION);
		r = peek;
		indication = take_u16(&peek);
	}
	if (indication == ORIGIN) {
		take(&peek, ORIGIN_LEN);
		r = peek;
	}
	if (!more(&r) || *r.at >> 4 != 6 || !looks_like_ip(d, r, FIT_EXACTLY))
		return FOUND_NO_TUNNEL;
	return enter_tunnel(d, "teredo", NO_ID) ? take_ip(d, r) : FOUND_BROKEN;
}

/* TaZmen Sniffer Protocol: tagged fields, then a frame of what the header names. */
static enum found take_tzsp(struct descent *d, struct reader r)
{
	enum { VERSION = 1, PACKET_TO_SEND = 1 };
	enum { ETHERNET = 1, WIRELESS = 18, PRISM = 119, AVS = 127 };
	enum { TAG_PADDING, TAG_END, DLT_WIRELESS = 105, DLT_PRISM = 119, DLT_AVS = 163 };
	bool header_ok = take_u8(&r) == VERSION && take_u8(&r) <= PACKET_TO_SEND;
	uint16_t protocol = take_u16(&r);

	if (!header_ok)
		return FOUND_NO_TUNNEL;
	for (uint8_t tag = TAG_PADDING; more(&r) && tag != TAG_END;) {
		tag = take_u8(&r);
		if (tag > TAG_END)
			take(&r, take_u8(&r));
	}
	if (!enter_tunnel(d, "tzsp", NO_ID))
		return FOUND_BROKEN;
	switch (protocol) {
	case ETHERNET:
		return take_ethernet(d, r);
	case WIRELESS:
		return take_wireless(d, DLT_WIRELESS, r);
	case PRISM:
		return take_wireless(d, DLT_PRISM, r);
	case AVS:
		return take_wireless(d, DLT_AVS, r);
	default:
		return FOUND_NO_TUNNEL;
	}
}

/* L2TP data messages: PPP in version 2 (RFC 2661 3.1), mostly Ethernet in version 3 (RFC 3931). */
static enum found take_l2tp_udp(struct descent *d, struct reader r)
{
	enum { CONTROL = 0x8000, LENGTH = 0x4000, SEQUENCE = 0x0800, OFFSET = 0x0200,
	       VERSION = 0x0f };
	uint16_t flags = take_u16(&r);

	if (flags & CONTROL)
		return FOUND_NO_TUNNEL;
	if ((flags & VERSION) == 3) {
		take_u16(&r);
		return take_u32(&r) ? take_l2tp_session(d, r) : FOUND_NO_TUNNEL;
	}
	if ((flags & VERSION) != 2)
		return FOUND_NO_TUNNEL;
	if (flags & LENGTH)
		take_u16(&r);
	take_u32(&r);		/* tunnel and session */
	if (flags & SEQUENCE)
		take_u32(&r);
	if (flags & OFFSET)
		take(&r, take_u16(&r));
	if (!read_ok(&r))
		return FOUND_NO_TUNNEL;
	return enter_tunnel(d, "l2tp", NO_ID) ? take_ppp(d, r) : FOUND_BROKEN;
}

/* Registered ports, and those that Linux and Cisco used for VXLAN before it had one. */
static const struct udp_tunnel {
	uint16_t port;
	bool both_ways;		/* answers come from the port that they are sent to */
	enum found (*next)(struct descent *, struct reader);
} udp_tunnels[] = {
	{ 1701, true, take_l2tp_udp },
	{ 2152, true, take_gtp },
	{ 3544, true, take_teredo },
	{ 4789, false, take_vxlan },
	{ 4790, false, take_vxlan_gpe },
	{ 6081, false, take_geneve },
	{ 6635, false, take_mpls },
	{ 8472, false, take_vxlan },
	{ 37008, false, take_tzsp },
	{ 48879, false, take_vxlan },
};

enum found take_udp_tunnel(struct descent *d, struct reader r)
{
	for (size_t i = 0; i < sizeof(udp_tunnels) / sizeof(udp_tunnels[0]); i++) {
		const struct udp_tunnel *t = &udp_tunnels[i];
		struct trial before;
		if (t->port != d->out->destination.port &&
		    !(t->both_ways && t->port == d->out->source.port))
			continue;
		return trial_begin(d, &before) ? trial_end(d, &before, t->next(d, r))
					       : FOUND_NO_TUNNEL;
	}
	return FOUND_NO_TUNNEL;
}
