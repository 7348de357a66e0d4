/*
 * At which packets the streams of a share began: what it takes to number them in the order of all
 * shares. Packets are counted as they are taken, not as the file numbers them: a reordering input
 * hands them out by time.
 */
#ifndef TLSWHY_STREAMS_H
#define TLSWHY_STREAMS_H

#include "capture.h"

/* The next stream of this transport began at this packet, no earlier than the one before. */
void streams_note(struct capture_streams *s, enum transport transport, uint64_t packet);

/* Moves what `from` noted to the end of what it noted before. */
void streams_move(struct capture_streams *to, struct capture_streams *from);

size_t streams_bytes(const struct capture_streams *s);

#endif
