/*
 * Interfaces as an input, through libpcap. Several are merged by time: a frame is handed out once
 * no other interface can still come up with an earlier one.
 */
#ifndef TLSWHY_LIVE_H
#define TLSWHY_LIVE_H

#include "confine.h"
#include "input.h"

struct live;

/* live_open opens every interface, with the filter in the kernel. NULL on failure, with one line
 * in `problem`. */
struct live *live_open(const struct capture_live *live, const struct capture_options *options,
		       char *problem, size_t problem_len);

/* live_input: the interfaces as an input, which closes them. */
struct input live_input(struct live *l);

/* Its sockets. */
void live_taps(const struct live *l, struct taps *out);

/* What happened to an interface since the last call (went down, came back), NULL if nothing. */
const char *live_news(struct live *l);

#endif
