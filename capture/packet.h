/*
 * One captured frame and the IP packet in it: the seam between who reads frames (file.c), who
 * takes them apart (packet.c, tunnel.c, defragment.c) and who follows connections (flows.c).
 */
#ifndef TLSWHY_PACKET_H
#define TLSWHY_PACKET_H

#include "hash.h"

/* A frame as the input gave it. */
struct frame {
	struct mark mark;
	const uint8_t *bytes;	/* borrowed until the next read */
	uint32_t len;		/* captured */
	uint32_t wire_len;	/* on the wire, >= len */
	int link_type;		/* DLT_* of libpcap, already mapped from LINKTYPE_* */
};

enum packet_kind { PACKET_NONE, PACKET_TCP, PACKET_UDP, PACKET_ICMP };

enum { TCP_SACK_BLOCKS_MAX = 4 };

/* A transport packet taken out of a frame, through whatever it was wrapped in. */
struct packet {
	struct mark mark;
	enum packet_kind kind;
	uint32_t link[2];	/* source, destination: what Ethernet calls them, see tcp_side; 0: unknown */
	struct address source, destination;
	uint8_t ttl;
	uint16_t ip_id;		/* 0 for IPv6 */
	bool has_df;
	bool has_vlan;
	uint16_t vlan;
	char tunnel[TUNNEL_NAME_MAX];
	uint32_t wire_len;	/* of the frame */

	/* TCP (RFC 9293 3.1) */
	uint32_t seq, ack;
	uint8_t flags;		/* TCP_FIN ... below */
	uint16_t window;
	uint16_t mss;		/* option 2, 0 if absent */
	bool has_options, has_sack_permitted, has_timestamps, has_window_scale;
	uint32_t stamp;		/* the sender's clock (RFC 7323 3.2), if has_timestamps */
	uint32_t sack[TCP_SACK_BLOCKS_MAX][2];	/* left edge, right edge (RFC 2018) */
	uint8_t sack_count;

	/* payload of TCP or UDP */
	const uint8_t *payload;	/* borrowed until the next frame */
	uint32_t payload_len;	/* captured bytes of it */
	uint32_t payload_wire_len;	/* by the IP length, >= payload_len */

	/* ICMP errors: the header that they quote */
	struct icmp_error icmp;	/* `about` is filled in by flows.c */
	bool quotes_tcp, quotes_udp;
	struct address quoted_source, quoted_destination;
};

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16 };

struct kept;		/* kept.h */
struct decoder;		/* holds IP fragments between frames */

/* decoder_new: `memory` bounds the bytes held in fragments. NULL only without memory. */
struct decoder *decoder_new(size_t memory);
void decoder_free(struct decoder *d);

/*
 * decode takes the innermost TCP, UDP or ICMP error packet out of a frame. False when there is
 * none: not IP, a fragment that waits for others, or broken (then *undecodable is set). `out`
 * borrows from the frame, or from the decoder until its next call.
 */
bool decode(struct decoder *d, const struct frame *frame, struct packet *out, bool *undecodable);

/*
 * decoder_keep has the frames of datagrams that wait for fragments kept, in so many bytes at most.
 * decoder_fragments are those of the datagram from which the last packet came, as they came, without
 * the last one, which completed it; NULL if there were none. Borrowed until the next decode().
 */
void decoder_keep(struct decoder *d, size_t memory);
const struct kept *decoder_fragments(const struct decoder *d);

struct flows;		/* the flow table */

/* flows_new: table and reassembly within the options' limits. NULL only without memory. */
struct flows *flows_new(const struct capture_options *options, struct capture_stats *stats);
void flows_free(struct flows *f);

/* flows_take notes one packet and gives it its turn; the events that it caused wait in flows_next. */
void flows_take(struct flows *f, struct packet *packet);

/* A frame of the commonest shape (glance.h). */
struct glance {
	const uint8_t *ip, *tcp;	/* their headers, whole, in the frame */
	uint8_t ip_len;			/* of an address: 4 or 16 */
};

/* What a glance at a frame tells before its turn comes, so that what will be needed is at hand then. */
struct sight {
	struct glance glance;
	struct ends ends;
	uint64_t hash;
	bool known;		/* it is of the commonest shape */
};
void flows_expect(struct flows *f, const struct frame *frame, struct sight *out);

/* flows_take_seen takes a frame that is of that shape; false when it is not, and decode() is to see it. */
bool flows_take_seen(struct flows *f, const struct frame *frame, const struct sight *sight);

/* flows_tick tells what time it is where no packet comes: idle flows end. */
void flows_tick(struct flows *f, int64_t time);

/* flows_end tells that the input ended at its last packet's time: every flow gets its FLOW_OVER. */
void flows_end(struct flows *f);

/* flows_next hands out the next waiting event; false when there is none. `out->bytes` is borrowed
 * until the next flows_next, flows_take or flows_free. */
bool flows_next(struct flows *f, struct capture_event *out);

/* The flow that the last packet belongs to, NO_FLOW (table.h) if to none. Only with flows_follow. */
void flows_follow(struct flows *f);
uint32_t flows_current(const struct flows *f);

/* Where this share's streams began, the caller's from now on; NULL if there are no shares. */
void flows_tell_streams(struct flows *f, struct capture_streams *to);

const struct flow_facts *flows_facts(const struct flows *f, uint32_t flow);
void flows_forget(struct flows *f, uint32_t flow);
void flows_dismiss(struct flows *f, uint32_t flow);
void flows_charge(struct flows *f, uint32_t flow, size_t bytes);

#endif
