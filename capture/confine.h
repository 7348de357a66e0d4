/* The sandbox behind capture_confine(). */
#ifndef TLSWHY_CONFINE_H
#define TLSWHY_CONFINE_H

#include "capture.h"

enum { TAPS_MAX = 64 };	/* interfaces at a time: more than any host has ports to mirror to */

/* The packet sockets. */
struct taps {
	int fds[TAPS_MAX];
	size_t count;
};

/* To a tap nothing can be written either. */
bool confine(const struct taps *taps, const char *const *directories, size_t count, char *problem, size_t problem_len);

#endif
