/*
 * TCP packets over IPv4 and Ethernet, written to a pcap file with right checksums. Only for the
 * benchmark.
 */
#ifndef TLSWHY_BENCH_WIRE_H
#define TLSWHY_BENCH_WIRE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct wire_packet {
	int64_t time;			/* ns since 1970 */
	uint32_t source, destination;	/* IPv4 */
	uint16_t source_port, destination_port;
	uint32_t seq, ack;
	uint16_t window, ip_id, fragment;
	uint8_t flags, ttl;
	const uint8_t *options;
	uint32_t options_len;
	const uint8_t *payload;
	uint32_t len;
};

struct wire {
	FILE *out;
	uint64_t packets, bytes;	/* bytes: of the frames */
};

/* False when the file cannot be written, errno says why. */
bool wire_open(struct wire *w, const char *path);
bool wire_close(struct wire *w);

void wire_put(struct wire *w, const struct wire_packet *p);

#endif
