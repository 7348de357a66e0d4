/*
 * One way down through a frame's headers, from the link to TCP, UDP or an ICMP error. Each layer
 * takes its header off the reader and calls the next; whatever they find goes to `out`.
 */
#ifndef TLSWHY_DESCENT_H
#define TLSWHY_DESCENT_H

#include "../bytes.h"
#include "packet.h"

/* Deeper nesting is nobody's network but an attack on our stack and time. */
enum { WRAPPINGS_MAX = 8 };

/* Guesses at what is inside; without a bound, nested guesses would multiply. */
enum { TRIALS_MAX = 16 };

enum found {
	FOUND_NOTHING,	/* well formed as far as it goes, but nothing that we follow */
	FOUND_PACKET,	/* *out is complete */
	FOUND_FRAGMENT,	/* waits for the rest of its datagram */
	FOUND_BROKEN,	/* cut or malformed before its TCP or UDP header ended */
	FOUND_NO_TUNNEL	/* not what its port number says: plain UDP */
};

struct descent {
	struct decoder *decoder;
	struct packet *out;
	uint32_t missing;	/* bytes on the wire behind the end of the current reader */
	unsigned wrappings;
	unsigned *trials;	/* guesses made in this frame */
	bool saw_ip;
	bool quoting;		/* inside an ICMP error: only addresses and ports, no decoder */
};

/* What an EtherType (IANA "IEEE 802 numbers") announces. */
enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_TRANSPARENT_BRIDGING = 0x6558,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_PPP = 0x880b,
	ETHERTYPE_WCCP = 0x883e,
	ETHERTYPE_MPLS = 0x8847,
	ETHERTYPE_MPLS_UPSTREAM = 0x8848,
	ETHERTYPE_PPPOE = 0x8864,
	ETHERTYPE_SERVICE_VLAN = 0x88a8,
	ETHERTYPE_ERSPAN = 0x88be,
	ETHERTYPE_MACSEC = 0x88e5,
	ETHERTYPE_CISCO_METADATA = 0x8909,
	ETHERTYPE_VN_TAG = 0x8926,
	ETHERTYPE_NSH = 0x894f,
	ETHERTYPE_OLD_SERVICE_VLAN = 0x9100,
	ETHERTYPE_OLDER_SERVICE_VLAN = 0x9200,
	ETHERTYPE_ERSPAN_III = 0x22eb
};

/* "Assigned Internet Protocol Numbers" */
enum {
	IP_HOP_BY_HOP = 0,
	IP_ICMP = 1,
	IP_IN_IPV4 = 4,
	IP_TCP = 6,
	IP_UDP = 17,
	IP_IN_IPV6 = 41,
	IP_ROUTING = 43,
	IP_FRAGMENT = 44,
	IP_GRE = 47,
	IP_AUTHENTICATION = 51,
	IP_ICMPV6 = 58,
	IP_DESTINATION = 60,
	IP_ETHERIP = 97,
	IP_L2TP = 115,
	IP_MOBILITY = 135,
	IP_HIP = 139,
	IP_SHIM6 = 140,
	IP_MPLS = 137
};

/* link.c, wireless.c: what a capture's link type puts in front */
enum found take_link(struct descent *d, int link_type, struct reader r);
enum found take_ethernet(struct descent *d, struct reader r);
enum found take_ethertype(struct descent *d, uint16_t type, struct reader r);
enum found take_llc(struct descent *d, struct reader r);
enum found take_ppp(struct descent *d, struct reader r);
enum found take_wireless(struct descent *d, int link_type, struct reader r);

/* ip.c: IPv4 or IPv6, as the first four bits say */
enum found take_ip(struct descent *d, struct reader r);

/*
 * Do these bytes begin with an IP header whose length fits what is there? A link may pad it; where
 * nothing pads, the length must be the very one.
 */
enum fit { FIT_PADDED, FIT_EXACTLY };
bool looks_like_ip(const struct descent *d, struct reader r, enum fit fit);

/* transport.c: what an IP header's last protocol number announces */
enum found take_transport(struct descent *d, uint8_t protocol, struct reader r);

/* The options of a TCP header: `r` is all of them that was captured. */
void take_tcp_options(struct packet *out, struct reader r);

/* tunnel.c, mpls.c: packets in packets */
enum found take_tunnel(struct descent *d, uint8_t protocol, struct reader r);
enum found take_udp_tunnel(struct descent *d, struct reader r);
enum found take_mpls(struct descent *d, struct reader r);
enum found take_nsh(struct descent *d, struct reader r);
enum found take_pppoe(struct descent *d, struct reader r);

/*
 * Notes that what follows is wrapped in `name` with this id, or NO_ID; false when it is wrapped
 * too deep.
 */
enum { NO_ID = -1 };
bool enter_tunnel(struct descent *d, const char *name, int32_t id);

/*
 * Where only the contents can tell what they are: a trial remembers the state, and trial_end goes
 * back to it unless the guess led to IP. trial_begin is false once the frame had its share.
 */
struct trial {
	struct descent descent;
	struct packet out;
};
bool trial_begin(struct descent *d, struct trial *before);
enum found trial_end(struct descent *d, const struct trial *before, enum found found);

/*
 * take_fragment keeps one fragment of an IP datagram. FOUND_PACKET when it was the last one
 * missing: then `r` is the whole payload, `*protocol` its first header and d->missing adjusted.
 */
struct fragment {
	uint32_t id;
	uint32_t offset, len;	/* bytes; len as on the wire */
	bool more;
	uint8_t protocol;
};
enum found take_fragment(struct descent *d, const struct fragment *fragment, uint8_t *protocol,
			 struct reader *r);

#endif
