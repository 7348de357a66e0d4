/*
 * Blocks of memory that come and go with every handshake, kept to be used again: thousands of flows are
 * open at a time, more than what malloc has at hand at once.
 */
#ifndef TLSWHY_STOCK_H
#define TLSWHY_STOCK_H

#include <stddef.h>

enum {
	STOCK_STEP = 64,	/* bytes that one size has more than the one before */
	STOCK_SIZES = 32,	/* larger ones are left to malloc */
	STOCK_KEPT = 64		/* of each size: 2 MiB in all at most */
};

struct stock {
	void *at[STOCK_SIZES][STOCK_KEPT];
	unsigned count[STOCK_SIZES];
};

/* stock_take gives a block for free() or stock_return, never NULL, not cleared; `s` may be NULL. */
void *stock_take(struct stock *s, size_t size);

/* stock_return takes any block of malloc's that nobody needs; either may be NULL. */
void stock_return(struct stock *s, void *block);

/* stock_empty frees what is kept. */
void stock_empty(struct stock *s);

#endif
