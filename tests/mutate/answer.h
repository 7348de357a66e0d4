/* What the program says of one capture, without a process for each: all rooms, both reports. */
#ifndef TLSWHY_MUTATE_ANSWER_H
#define TLSWHY_MUTATE_ANSWER_H

#include "../fuzz/support_capture.h"

enum { VERDICTS_MAX = 512, CODE_MAX = 40 };

struct verdict_line {
	uint64_t first_frame, last_frame;
	uint16_t client_port, server_port;
	char outcome[16];
	char code[CODE_MAX];
};

struct answer {
	struct reading reading;
	char *text;		/* all records; owned */
	size_t len;		/* of those about handshakes, which come first */
	struct verdict_line *verdicts;	/* NULL before answer_parse; owned */
	size_t count;
};

/* Reads the capture; `told` also as text for people. Ends the program when a claim does not hold. */
struct answer answer_of(const void *bytes, size_t len, bool told);
void answer_free(struct answer *a);

/* Takes the verdicts out of the text. */
void answer_parse(struct answer *a);

/* The same records of handshakes, to the byte. */
bool same_records(const struct answer *a, const struct answer *b);

/* The same outcomes and codes of the same connections, whatever the packets' numbers. Both parsed;
 * their verdicts are sorted by it. */
bool same_verdicts(struct answer *a, struct answer *b);

/* The verdict on the connection that began with this packet; NULL if there is none. */
const struct verdict_line *verdict_of(const struct answer *a, uint64_t first_frame);

#endif
