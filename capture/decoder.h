/*
 * The decoder keeps what must outlive a frame: IP fragments that wait for their datagram.
 */
#ifndef TLSWHY_DECODER_H
#define TLSWHY_DECODER_H

#include "descent.h"
#include "kept.h"

struct datagram;

struct decoder {
	size_t memory, held;	/* bytes of fragments: at most, now */
	struct datagram *datagrams;
	bool lent;		/* the last packet borrows from a datagram */
	const struct frame *frame;	/* that is taken apart */
	size_t keep, kept;	/* bytes of frames of datagrams that wait: at most, now */
	struct kept_list before;	/* frames without which the last packet would not be whole */
};

/* Takes back the datagrams that the last packet borrowed from. */
void defragment_release(struct decoder *d);
void defragment_free(struct decoder *d);

#endif
