/*
 * An input: where frames come from, one after the other. capture.c pulls from one and does not
 * know whether it is a file (file.c) or interfaces (live.c).
 */
#ifndef TLSWHY_INPUT_H
#define TLSWHY_INPUT_H

#include "packet.h"

enum input_result {
	INPUT_FRAME,	/* *out is the next frame */
	INPUT_SECRETS,	/* out->bytes, out->len: NSS key log text; out->mark: the frame before */
	INPUT_IDLE,	/* live: nothing now; out->mark.time is what the capture's clock says */
	INPUT_END,
	INPUT_DAMAGED	/* nothing further can be read: problem() says where and why */
};

struct input {
	void *of;	/* what the functions below are called with */
	/* `out` borrows from the input until the next call. */
	enum input_result (*next)(void *of, struct frame *out);
	/* Up to `max` of the frames that come next and are at hand, all borrowed until the call after
	 * this; 0 if `next` is to be asked. NULL where none ever are. */
	size_t (*more)(void *of, struct frame *out, size_t max);
	/* DLT_* of the frames, -1 where that differs among them. */
	int (*link_type)(const void *of);
	/* Packets that the capturing system lost so far. */
	void (*drops)(void *of, uint64_t *kernel, uint64_t *interface);
	/* What broke the input, "" if nothing did. */
	const char *(*problem)(const void *of);
	/* 0 to 1, or -1 if it has no known end. */
	double (*progress)(const void *of);
	void (*close)(void *of);
};

#endif
