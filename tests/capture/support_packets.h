/* Packets made by hand, and what the flow table says of them, for the tests of capture/. */
#ifndef TLSWHY_SUPPORT_PACKETS_H
#define TLSWHY_SUPPORT_PACKETS_H

#include "../../capture/packet.h"

enum { CLIENT_ISN = 1000, SERVER_ISN = 5000 };

/* A flow table and a log of its events, with every stream's bytes put together. */
struct bench {
	struct flows *flows;
	struct capture_stats stats;
	struct capture_options options;
	int64_t time;		/* of the next packet */
	uint64_t frame;
	uint16_t ip_id;		/* of the next packet */
	char log[4096];		/* one word per event: "opened", "c+5", "c-3" (gap), "cfin", "over:closed" */
	uint8_t bytes[2][65536];	/* by side: what was delivered; gaps are zero */
	uint64_t end[2];
	uint64_t next[256][2];	/* by flow and side: offset of the next byte */
	uint64_t misplaced;	/* bytes or gaps that did not join the last */
	uint64_t events, overs, openings;
	struct flow_facts facts;	/* of the last event's flow, as of now */
	uint32_t flow;
	bool open;		/* that flow */
	bool forget_at_once;
};

struct bench *bench_new(size_t memory);
void bench_free(struct bench *b);

/* A packet from the client (10.0.0.1:40000) to the server (10.0.0.2:443), or back. */
struct packet packet_from(enum side from, uint8_t flags, uint32_t seq, uint32_t ack);

/* With payload; `bytes` must outlive the call of send. */
struct packet with_payload(struct packet p, const void *bytes, uint32_t len);

/* Gives the packet a frame number, a time 1 ms after the last and, if 0, a new IP ID. */
void send_packet(struct bench *b, struct packet p);

/* As it is. */
void send_raw(struct bench *b, struct packet *p);

/* SYN, SYN-ACK, ACK. */
void shake_hands(struct bench *b);

/* Data at an offset of the sender's stream, in an exact-size copy. */
void send_data(struct bench *b, enum side from, uint32_t offset, const void *bytes, uint32_t len);

/* An empty ACK of so many bytes. */
void send_ack(struct bench *b, enum side from, uint32_t offset, uint32_t acked);

void wait_ms(struct bench *b, int64_t ms);

/* Likewise, and the flow table hears of it without a packet. */
void let_pass_ms(struct bench *b, int64_t ms);

void end_input(struct bench *b);

#endif
