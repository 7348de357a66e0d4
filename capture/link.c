/*
 * Link layers: what a capture's link type puts in front of the network layer.
 */
#include <pcap/dlt.h>

#include "descent.h"

enum { ETHERNET_LENGTH_MAX = 1500 };	/* IEEE 802.3 3.2.6: up to here it is a length, no type */

static bool is_vlan(uint16_t type)
{
	return type == ETHERTYPE_VLAN || type == ETHERTYPE_SERVICE_VLAN || type == ETHERTYPE_OLD_SERVICE_VLAN ||
	       type == ETHERTYPE_OLDER_SERVICE_VLAN;
}

/* An IEEE 802.1Q tag; id 0 is a priority without a VLAN. */
static void take_vlan(struct descent *d, struct reader *r)
{
	uint16_t id = take_u16(r) & 0x0fff;

	if (!id || !read_ok(r))
		return;
	d->out->has_vlan = true;
	d->out->vlan = id;
}

/* MACsec (IEEE 802.1AE 9.3) that only authenticates leaves the frame in clear. */
static bool take_macsec(struct reader *r)
{
	enum { EXPLICIT_CHANNEL = 0x20, ENCRYPTED = 0x08, CHANGED = 0x04, CHANNEL_LEN = 8 };
	uint8_t flags = take_u8(r);

	take_u8(r);		/* short length */
	take_u32(r);		/* packet number */
	if (flags & EXPLICIT_CHANNEL)
		take(r, CHANNEL_LEN);
	return !(flags & (ENCRYPTED | CHANGED));
}

/* The tags that leave the frame what it was; true if `*type` is now that of what follows. */
static bool take_tag(struct descent *d, uint16_t *type, struct reader *r)
{
	switch (is_vlan(*type) ? ETHERTYPE_VLAN : *type) {
	case ETHERTYPE_VLAN:
		take_vlan(d, r);
		break;
	case ETHERTYPE_VN_TAG:
		take_u32(r);
		break;
	case ETHERTYPE_CISCO_METADATA:
		take_u8(r);	/* version */
		take(r, take_u8(r) * 4U);
		break;
	case ETHERTYPE_MACSEC:
		if (!take_macsec(r))
			return false;
		break;
	default:
		return false;
	}
	*type = take_u16(r);
	return read_ok(r);
}

enum found take_ethertype(struct descent *d, uint16_t type, struct reader r)
{
	while (take_tag(d, &type, &r))
		;		/* each took 4 bytes or more */
	if (!read_ok(&r))
		return FOUND_BROKEN;
	if (type <= ETHERNET_LENGTH_MAX)
		return take_llc(d, r);
	switch (type) {
	case ETHERTYPE_IPV4:
	case ETHERTYPE_IPV6:
		return take_ip(d, r);
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_UPSTREAM:
		return take_mpls(d, r);
	case ETHERTYPE_PPPOE:
		return take_pppoe(d, r);
	case ETHERTYPE_NSH:
		return take_nsh(d, r);
	case ETHERTYPE_TRANSPARENT_BRIDGING:
		return take_ethernet(d, r);
	case ETHERTYPE_PPP:
		return take_ppp(d, r);
	default:
		return FOUND_NOTHING;
	}
}

/* IEEE 802.2 logical link control, with SNAP (RFC 1042) or with IP as a service of its own. */
enum found take_llc(struct descent *d, struct reader r)
{
	enum { SNAP = 0xaa, IP = 0x06, UNNUMBERED = 0x03, ORGANIZATION_BRIDGE_TUNNEL = 0x0000f8 };
	uint8_t destination = take_u8(&r);

	take_u8(&r);		/* source service */
	uint8_t control = take_u8(&r);
	if (!read_ok(&r))
		return FOUND_BROKEN;
	if (control != UNNUMBERED)
		return FOUND_NOTHING;
	if (destination == IP)
		return take_ip(d, r);
	if (destination != SNAP)
		return FOUND_NOTHING;
	uint32_t organization = take_u24(&r);
	uint16_t type = take_u16(&r);
	if (!read_ok(&r))
		return FOUND_BROKEN;
	if (organization && organization != ORGANIZATION_BRIDGE_TUNNEL)
		return FOUND_NOTHING;
	return type > ETHERNET_LENGTH_MAX ? take_ethertype(d, type, r) : FOUND_NOTHING;
}

enum found take_ethernet(struct descent *d, struct reader r)
{
	take_u16(&r);
	d->out->link[1] = take_u32(&r);
	take_u16(&r);
	d->out->link[0] = take_u32(&r);
	uint16_t type = take_u16(&r);
	return read_ok(&r) ? take_ethertype(d, type, r) : FOUND_BROKEN;
}

/* PPP (RFC 1661 2, RFC 1662 3.1): address and control may be left out, the protocol compressed. */
enum found take_ppp(struct descent *d, struct reader r)
{
	enum { IPV4 = 0x21, IPV6 = 0x57, MPLS = 0x281, MPLS_MULTICAST = 0x283, ADDRESS = 0xff };
	struct reader header = r;

	if (take_u8(&header) == ADDRESS && take_u8(&header) == 0x03)
		r = header;
	uint16_t protocol = take_u8(&r);
	if (!(protocol & 1))
		protocol = (uint16_t)(protocol << 8 | take_u8(&r));
	if (!read_ok(&r))
		return FOUND_BROKEN;
	if (protocol == IPV4 || protocol == IPV6)
		return take_ip(d, r);
	return protocol == MPLS || protocol == MPLS_MULTICAST ? take_mpls(d, r) : FOUND_NOTHING;
}

/* Cisco HDLC: address, control, then an EtherType. */
static enum found take_cisco_hdlc(struct descent *d, struct reader r)
{
	take_u16(&r);
	uint16_t type = take_u16(&r);
	return read_ok(&r) ? take_ethertype(d, type, r) : FOUND_BROKEN;
}

/* PPP in HDLC-like framing, or Cisco HDLC, whose addresses are 0x0f and 0x8f. */
static enum found take_ppp_serial(struct descent *d, struct reader r)
{
	uint8_t address = more(&r) ? *r.at : 0;

	if (address == 0x0f || address == 0x8f)
		return take_cisco_hdlc(d, r);
	return take_ppp(d, r);
}

/*
 * BSD loopback: the capturing system's number for the address family, in its own byte order or
 * (OpenBSD) in the network's. Families of other systems' IPv6 differ, the packet says it itself.
 */
static enum found take_loopback(struct descent *d, struct reader r)
{
	enum { INET = 2, INET6_LINUX = 10, INET6_WINDOWS = 23, INET6_BSD = 24, INET6_FREEBSD = 28,
	       INET6_DARWIN = 30 };
	struct reader swapped = r;
	uint32_t family = take_u32(&r);
	uint32_t family_swapped = take_u32_le(&swapped);

	if (!read_ok(&r))
		return FOUND_BROKEN;
	switch (family < family_swapped ? family : family_swapped) {
	case INET:
	case INET6_LINUX:
	case INET6_WINDOWS:
	case INET6_BSD:
	case INET6_FREEBSD:
	case INET6_DARWIN:
		return take_ip(d, r);
	default:
		return FOUND_NOTHING;
	}
}

/*
 * Linux 6.11 and later takes the outermost of stacked tags away and says the type that is behind the
 * innermost (af_packet.c, vlan_get_protocol_dgram): the packet begins with what is left of the second.
 */
static bool hides_tags(const struct descent *d, uint16_t type, struct reader r)
{
	uint16_t inner;

	if ((type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6) && looks_like_ip(d, r, FIT_PADDED))
		return false;
	do {
		take_u16(&r);	/* priority, VLAN id */
		inner = take_u16(&r);
	} while (read_ok(&r) && is_vlan(inner));
	return read_ok(&r) && inner == type;
}

static enum found take_cooked_protocol(struct descent *d, uint16_t protocol, struct reader r)
{
	enum { LINUX_802_2 = 4 };	/* ETH_P_802_2 */

	if (!read_ok(&r))
		return FOUND_BROKEN;
	if (protocol == LINUX_802_2)
		return take_llc(d, r);
	while (take_tag(d, &protocol, &r))
		;
	if (hides_tags(d, protocol, r))
		protocol = ETHERTYPE_VLAN;
	return protocol > ETHERNET_LENGTH_MAX ? take_ethertype(d, protocol, r) : FOUND_NOTHING;
}

/* Linux "any" devices: packet type, ARPHRD, address of the sender, protocol. */
static enum found take_cooked(struct descent *d, struct reader r)
{
	take(&r, 14);
	uint16_t protocol = take_u16(&r);
	return take_cooked_protocol(d, protocol, r);
}

static enum found take_cooked2(struct descent *d, struct reader r)
{
	uint16_t protocol = take_u16(&r);

	take(&r, 18);
	return take_cooked_protocol(d, protocol, r);
}

/* Takes the netfilter log's attribute that holds the packet (NFULA_PAYLOAD). */
static enum found take_nflog(struct descent *d, struct reader r, bool little_endian)
{
	enum { PAYLOAD = 9, ATTRIBUTE_HEADER = 4, TYPE_BITS = 0x7fff };

	take_u32(&r);		/* family, version, resource id */
	while (left(&r) >= ATTRIBUTE_HEADER) {
		size_t len = little_endian ? take_u16_le(&r) : take_u16(&r);
		uint16_t type = (little_endian ? take_u16_le(&r) : take_u16(&r)) & TYPE_BITS;
		if (len < ATTRIBUTE_HEADER)
			return FOUND_BROKEN;
		len -= ATTRIBUTE_HEADER;
		if (type == PAYLOAD)
			return take_ip(d, take_reader(&r, len < left(&r) ? len : left(&r)));
		take(&r, (len + 3) & ~(size_t)3);
	}
	return read_ok(&r) ? FOUND_NOTHING : FOUND_BROKEN;
}

/* The attributes are in the capturing machine's byte order, which the file does not say. */
static enum found take_nflog_either(struct descent *d, struct reader r)
{
	enum found found = take_nflog(d, r, true);

	return found == FOUND_BROKEN ? take_nflog(d, r, false) : found;
}

/* OpenBSD's packet filter log: a header that begins with its length, padded to four bytes. */
static enum found take_pflog(struct descent *d, struct reader r)
{
	size_t len = more(&r) ? *r.at : 0;

	take(&r, (len + 3) & ~(size_t)3);
	return len && read_ok(&r) ? take_ip(d, r) : FOUND_BROKEN;
}

/* Link layers of a fixed length in front of an IP packet, an EtherType or another link layer. */
static enum found take_behind(struct descent *d, struct reader r, size_t len,
			      enum found (*next)(struct descent *, struct reader))
{
	take(&r, len);
	return read_ok(&r) ? next(d, r) : FOUND_BROKEN;
}

static enum found take_firewire(struct descent *d, struct reader r)
{
	take(&r, 16);		/* destination, source */
	uint16_t type = take_u16(&r);
	return read_ok(&r) ? take_ethertype(d, type, r) : FOUND_BROKEN;
}

/* Frame Relay with the headers of RFC 2427, or with Cisco's EtherType. */
static enum found take_frame_relay(struct descent *d, struct reader r)
{
	enum { LAST_OF_ADDRESS = 1, UNNUMBERED = 0x03, PADDING = 0 };
	enum { SNAP = 0x80, IPV6 = 0x8e, IPV4 = 0xcc };	/* NLPID (ISO/IEC TR 9577) */

	while (more(&r) && !(take_u8(&r) & LAST_OF_ADDRESS))
		;
	struct reader cisco = r;
	if (take_u8(&r) != UNNUMBERED) {
		uint16_t type = take_u16(&cisco);
		return read_ok(&cisco) ? take_ethertype(d, type, cisco) : FOUND_BROKEN;
	}
	uint8_t protocol = take_u8(&r);
	if (protocol == PADDING)
		protocol = take_u8(&r);
	if (protocol == IPV4 || protocol == IPV6)
		return take_ip(d, r);
	if (protocol != SNAP)
		return read_ok(&r) ? FOUND_NOTHING : FOUND_BROKEN;
	uint32_t organization = take_u24(&r);
	uint16_t type = take_u16(&r);
	if (!read_ok(&r))
		return FOUND_BROKEN;
	return organization ? FOUND_NOTHING : take_ethertype(d, type, r);
}

enum found take_link(struct descent *d, int link_type, struct reader r)
{
	enum { RAW_OF_SOME_BSD = 14, RAW_IN_FILES = 101, PPP_DIRECTION = 1, ENC_HEADER = 12,
	       NETANALYZER_HEADER = 4, FDDI_HEADER = 13 };

	switch (link_type) {
	case DLT_EN10MB:
		return take_ethernet(d, r);
	case DLT_RAW:
	case RAW_OF_SOME_BSD:
	case RAW_IN_FILES:
	case DLT_IPV4:
	case DLT_IPV6:
		return take_ip(d, r);
	case DLT_NULL:
	case DLT_LOOP:
		return take_loopback(d, r);
	case DLT_LINUX_SLL:
		return take_cooked(d, r);
	case DLT_LINUX_SLL2:
		return take_cooked2(d, r);
	case DLT_PPP:
		return take_ppp(d, r);
	case DLT_PPP_SERIAL:
		return take_ppp_serial(d, r);
	case DLT_PPP_ETHER:
		return take_pppoe(d, r);
	case DLT_PPP_PPPD:
		return take_behind(d, r, PPP_DIRECTION, take_ppp);
	case DLT_C_HDLC:
		return take_cisco_hdlc(d, r);
	case DLT_NFLOG:
		return take_nflog_either(d, r);
	case DLT_PFLOG:
		return take_pflog(d, r);
	case DLT_ENC:
		return take_behind(d, r, ENC_HEADER, take_ip);
	case DLT_MPLS:
		return take_mpls(d, r);
	case DLT_APPLE_IP_OVER_IEEE1394:
		return take_firewire(d, r);
	case DLT_FDDI:
		return take_behind(d, r, FDDI_HEADER, take_llc);
	case DLT_ATM_RFC1483:
		return take_llc(d, r);
	case DLT_FRELAY:
		return take_frame_relay(d, r);
	case DLT_NETANALYZER:
		return take_behind(d, r, NETANALYZER_HEADER, take_ethernet);
	default:
		return take_wireless(d, link_type, r);
	}
}
