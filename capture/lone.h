/*
 * A SYN that nobody answered yet, in one cache line: floods are made of these. It is its packet,
 * packed; the flow that it would be is made from it when something more happens.
 */
#ifndef TLSWHY_LONE_H
#define TLSWHY_LONE_H

#include "packet.h"

struct lone {
	int64_t time;
	uint32_t frame, seq, stream;
	uint32_t older, newer;		/* flow numbers, by time */
	uint16_t window, mss, ip_id, vlan, wire_len;
	uint16_t source_port, destination_port;
	uint8_t ttl, flags;
	uint8_t options;		/* bits, see lone.c */
	uint8_t duplicates;		/* captured again */
	uint8_t end;			/* enum flow_end */
	uint8_t ip[];			/* source, destination: 4 or 16 bytes each */
};

/* Whether it fits: a bare SYN, in no tunnel. */
bool lone_fits(const struct packet *p);

/* Bytes of a record for addresses of this length. */
size_t lone_size(uint8_t ip_len);

void lone_pack(struct lone *l, const struct packet *p);
struct packet lone_unpack(const struct lone *l);

/* What is known of the flow, as following the SYN like any other packet would have it. */
void lone_facts(const struct lone *l, struct flow_facts *out);

uint8_t lone_ip_len(const struct lone *l);

/* The same two ends, either way round. */
bool lone_joins(const struct lone *l, const struct address *one, const struct address *two);

/* The same SYN captured again. */
bool lone_is_copy(const struct lone *l, const struct packet *p);

/* Nobody wants its bytes. */
void lone_forget(struct lone *l);
bool lone_forgotten(const struct lone *l);

#endif
