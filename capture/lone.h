/*
 * A SYN that nobody answered yet, in less than a cache line: floods are made of these. It is its packet,
 * packed; the flow that it would be is made from it when something more happens.
 */
#ifndef TLSWHY_LONE_H
#define TLSWHY_LONE_H

#include "packet.h"
#include "small.h"

struct lone {
	uint8_t kind;			/* with its end and how often it was captured again, see lone.c */
	uint8_t options;		/* bits, see lone.c */
	uint8_t ttl, wire_len;
	uint32_t time[2];
	uint32_t frame, seq, stream;
	uint32_t older, newer;		/* flow numbers, by time */
	uint16_t window, mss, ip_id;
	uint16_t vlan;			/* with the flags that a SYN may have beside SYN */
	struct small_ends ends;		/* source, destination */
};

/* Whether it fits: a bare SYN, in no tunnel. */
bool lone_fits(const struct packet *p);

/* `beside` is for IPv6, see small_pack. */
void lone_pack(struct lone *l, const struct packet *p, struct beside *beside);
struct packet lone_unpack(const struct lone *l);

/* What is known of the flow, as following the SYN like any other packet would have it. `out` is zero, or
 * was filled in by lone_facts before. */
void lone_facts(const struct lone *l, struct flow_facts *out);

int64_t lone_time(const struct lone *l);
uint8_t lone_ip_len(const struct lone *l);
struct ends lone_ends(const struct lone *l);

/* The same SYN captured again. */
bool lone_is_copy(const struct lone *l, const struct packet *p);

/* Another SYN of who sent this one. */
bool lone_begins_anew(const struct lone *l, const struct packet *p);

/* Captured again so often; lone_note_copy is false when it cannot count on. */
uint8_t lone_copies(const struct lone *l);
bool lone_note_copy(struct lone *l);

void lone_end(struct lone *l, enum flow_end end);

/* Nobody wants its bytes. */
void lone_forget(struct lone *l);
bool lone_forgotten(const struct lone *l);

#endif
