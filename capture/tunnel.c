/*
 * Packets in IP packets: by protocol number here, by UDP port in udp_tunnel.c.
 */
#include "descent.h"
#include "tunnel.h"

/* The mirrored frame of ERSPAN (draft-foschiano-erspan-03), types I to III. */
static enum found take_erspan(struct descent *d, bool has_sequence, struct reader r)
{
	enum { TYPE_II = 1, TYPE_III = 2, HAS_SUBHEADER = 1, FRAME_IS_IP = 2 };
	unsigned version = has_sequence && more(&r) ? *r.at >> 4 : 0U;	/* type I has no header */
	uint16_t flags = 0;

	if (version == TYPE_II) {
		take(&r, 8);
	} else if (version == TYPE_III) {
		take(&r, 10);	/* VLAN, session, timestamp, security group */
		flags = take_u16(&r);
		if (flags & HAS_SUBHEADER)
			take(&r, 8);	/* of the platform */
	}
	if (!read_ok(&r) || !enter_tunnel(d, "erspan", NO_ID))
		return FOUND_BROKEN;
	return (flags >> 10 & 0x1f) == FRAME_IS_IP ? take_ip(d, r) : take_ethernet(d, r);
}

/* A cache engine's redirected packet; the second version put a header of 4 bytes in front. */
static enum found take_wccp(struct descent *d, struct reader r)
{
	if (!looks_like_ip(d, r, FIT_PADDED))
		take_u32(&r);
	return take_ip(d, r);
}

/* GRE (RFC 2784, RFC 2890) and its version 1 of PPTP (RFC 2637 4.1). */
static enum found take_gre(struct descent *d, struct reader r)
{
	enum { CHECKSUM = 0x8000, ROUTING = 0x4000, KEY = 0x2000, SEQUENCE = 0x1000,
	       ACKNOWLEDGEMENT = 0x0080, VERSION = 7, ETHERTYPE_MIN = 0x600 };
	uint16_t flags = take_u16(&r);
	uint16_t type = take_u16(&r);

	if ((flags & ROUTING) || (flags & VERSION) > 1 || type < ETHERTYPE_MIN)
		return FOUND_NOTHING;
	if (flags & CHECKSUM)
		take_u32(&r);
	if (flags & KEY)
		take_u32(&r);
	if (flags & SEQUENCE)
		take_u32(&r);
	if ((flags & VERSION) && (flags & ACKNOWLEDGEMENT))
		take_u32(&r);
	if (!read_ok(&r))
		return FOUND_BROKEN;
	if (type == ETHERTYPE_ERSPAN || type == ETHERTYPE_ERSPAN_III)
		return take_erspan(d, flags & SEQUENCE, r);
	if (!more(&r))
		return FOUND_NOTHING;	/* a bare acknowledgement, a keep-alive */
	if (!enter_tunnel(d, "gre", NO_ID))
		return FOUND_BROKEN;
	return type == ETHERTYPE_WCCP ? take_wccp(d, r) : take_ethertype(d, type, r);
}

static enum found take_ip_in_ip(struct descent *d, uint8_t protocol, struct reader r)
{
	bool outer4 = d->out->source.ip_len == 4;
	const char *name = protocol == IP_IN_IPV4 ? (outer4 ? "ipip" : "4in6")
						  : (outer4 ? "6in4" : "6in6");

	return enter_tunnel(d, name, NO_ID) ? take_ip(d, r) : FOUND_BROKEN;
}

/* EtherIP (RFC 3378): 16 bits of version, then a frame. */
static enum found take_etherip(struct descent *d, struct reader r)
{
	take_u16(&r);
	return enter_tunnel(d, "etherip", NO_ID) ? take_ethernet(d, r) : FOUND_BROKEN;
}

/* Only the two ends know how long cookie and sublayer are: whatever leads to a frame is right. */
enum found take_l2tp_session(struct descent *d, struct reader r)
{
	enum { COOKIE_AND_SUBLAYER_MAX = 12, STEP = 4 };

	if (!enter_tunnel(d, "l2tp", NO_ID))
		return FOUND_BROKEN;
	for (size_t skip = 0; skip <= COOKIE_AND_SUBLAYER_MAX; skip += STEP) {
		struct reader inside = r;
		struct trial before;
		take(&inside, skip);
		if (!read_ok(&inside) || !trial_begin(d, &before))
			break;
		enum found found = trial_end(d, &before, take_ethernet(d, inside));
		if (found != FOUND_NO_TUNNEL)
			return found;
	}
	return FOUND_NOTHING;
}

/* L2TPv3 over IP (RFC 3931 4.1.1); session 0 is control traffic. */
static enum found take_l2tp(struct descent *d, struct reader r)
{
	return take_u32(&r) ? take_l2tp_session(d, r) : FOUND_NOTHING;
}

enum found take_tunnel(struct descent *d, uint8_t protocol, struct reader r)
{
	switch (protocol) {
	case IP_IN_IPV4:
	case IP_IN_IPV6:
		return take_ip_in_ip(d, protocol, r);
	case IP_GRE:
		return take_gre(d, r);
	case IP_ETHERIP:
		return take_etherip(d, r);
	case IP_L2TP:
		return take_l2tp(d, r);
	case IP_MPLS:
		return take_mpls(d, r);
	default:
		return FOUND_NOTHING;
	}
}

/* A PPPoE session (RFC 2516 4). */
enum found take_pppoe(struct descent *d, struct reader r)
{
	enum { VERSION_AND_TYPE = 0x11, SESSION_DATA = 0 };
	bool session = take_u8(&r) == VERSION_AND_TYPE && take_u8(&r) == SESSION_DATA;

	take_u32(&r);		/* session id, length */
	if (!read_ok(&r))
		return FOUND_BROKEN;
	if (!session)
		return FOUND_NOTHING;
	return enter_tunnel(d, "pppoe", NO_ID) ? take_ppp(d, r) : FOUND_BROKEN;
}

enum found take_next_protocol(struct descent *d, uint8_t protocol, struct reader r)
{
	enum { IPV4 = 1, IPV6, ETHERNET, NSH, MPLS };

	switch (protocol) {
	case IPV4:
	case IPV6:
		return take_ip(d, r);
	case ETHERNET:
		return take_ethernet(d, r);
	case NSH:
		return take_nsh(d, r);
	case MPLS:
		return take_mpls(d, r);
	default:
		return FOUND_NOTHING;
	}
}

/* Network Service Header (RFC 8300 2.2). */
enum found take_nsh(struct descent *d, struct reader r)
{
	enum { BASE_HEADER = 4, LENGTH_BITS = 0x3f, VERSION_BITS = 0xc000 };
	uint16_t first = take_u16(&r);
	size_t len = (first & LENGTH_BITS) * 4U;

	take_u8(&r);		/* metadata type */
	uint8_t next = take_u8(&r);
	if (len < BASE_HEADER || (first & VERSION_BITS))
		return FOUND_BROKEN;
	take(&r, len - BASE_HEADER);
	if (!read_ok(&r) || !enter_tunnel(d, "nsh", NO_ID))
		return FOUND_BROKEN;
	return take_next_protocol(d, next, r);
}
