/* Datagrams of two sides, and the events that come of them as lines of text. */
#ifndef TLSWHY_TESTS_SUPPORT_DATAGRAMS_H
#define TLSWHY_TESTS_SUPPORT_DATAGRAMS_H

#include "../../dissect/dissect.h"

enum { LINES_MAX = 16384 };

struct datagrams {
	struct dissector *dissector;
	struct tls *tls;
	struct certificate_cache *cache;
	uint64_t frame;		/* of the next datagram, from 1 */
	char lines[LINES_MAX];	/* of all events so far, or since the last datagram_lines */
	size_t len;
};

void datagrams_open(struct datagrams *d, const struct keylog *keylog);
void datagrams_close(struct datagrams *d);

/* One datagram, in an allocation of exactly its size. */
void datagram(struct datagrams *d, enum side from, const void *bytes, size_t len);
void datagram_hex(struct datagrams *d, enum side from, const char *hex);
/* The capture cut it off behind `len` bytes. */
void datagram_cut(struct datagrams *d, enum side from, const void *bytes, size_t len);

/* The lines since the last call have to be these: "C record 22 5", "S record 22 40 hidden 1 (epoch)",
 * "C client_hello 43", "S alert 2 40", "C broken 5" ... */
void datagram_lines(struct datagrams *d, const char *expected);

#endif
