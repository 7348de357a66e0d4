/*
 * The first packets of every flow, as they came: a live capture cannot be read a second time. Flows
 * whose packets have been kept for longest make room.
 */
#ifndef TLSWHY_KEEP_H
#define TLSWHY_KEEP_H

#include "kept.h"
#include "table.h"

struct keep;

/* `memory` bounds it. NULL only without memory. */
struct keep *keep_new(size_t memory);
void keep_free(struct keep *k);

/* Keeps a frame of this flow, unless it has enough of it. */
void keep_frame(struct keep *k, uint32_t flow, const struct frame *frame);

/* What is kept of the flow, in order; NULL if nothing is. */
const struct kept *keep_of(const struct keep *k, uint32_t flow);

/* The flow is over and its number free again. */
void keep_drop(struct keep *k, uint32_t flow);

#endif
