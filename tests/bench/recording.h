/*
 * A recorded connection, taken apart so that it can be played again with other addresses, ports and
 * sequence numbers, at another time. Only for the benchmark.
 */
#ifndef TLSWHY_BENCH_RECORDING_H
#define TLSWHY_BENCH_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STEPS_MAX = 64, TCP_OPTIONS_MAX = 40, CODES_MAX = 200 };

enum from { FROM_CLIENT, FROM_SERVER };

/* One packet. Sequence numbers count from the sender's SYN. */
struct step {
	int64_t after;		/* ns since the connection's first packet */
	uint32_t turns;		/* how often the direction changed until now */
	enum from from;
	uint32_t seq, ack;
	uint16_t window, ip_id, fragment;	/* fragment: flags and offset as in the header */
	uint8_t flags, ttl, options_len;
	uint8_t options[TCP_OPTIONS_MAX];
	uint32_t len;
	uint8_t *payload;	/* owned */
};

struct recording {
	bool failed;
	char codes[CODES_MAX];	/* acceptable diagnoses, by comma; "-" for none */
	uint16_t server_port;
	int64_t began;		/* ns since 1970 */
	struct step steps[STEPS_MAX];
	uint32_t count;
	uint32_t data_at;	/* step in front of which application data may go; count: nowhere */
};

/* Reads the one TCP connection over IPv4 and Ethernet that a capture holds. False: it is none, or too
 * long. */
bool recording_load(struct recording *r, const char *path);
void recording_free(struct recording *r);

#endif
