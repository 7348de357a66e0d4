/*
 * A BPF filter expression (pcap-filter(7)), compiled once for each link type that it meets.
 */
#ifndef TLSWHY_FILTER_H
#define TLSWHY_FILTER_H

#include "packet.h"

struct filter;

/*
 * filter_new compiles `expression` for `link_type`; -1 tries it on Ethernet, where the link types
 * come later. NULL on failure, with one line in `problem`.
 */
struct filter *filter_new(const char *expression, int link_type, char *problem,
			  size_t problem_len);
void filter_free(struct filter *f);

/* A frame of a link type for which the expression has no meaning does not match. */
bool filter_matches(struct filter *f, const struct frame *frame);

#endif
