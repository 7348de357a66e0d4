/*
 * The end of memory. Nothing sensible can be said without, so there is one way out, and no caller has
 * to think of another: a line for people and the exit status of a run that could not be done.
 */
#ifndef TLSWHY_MUST_H
#define TLSWHY_MUST_H

#include <stdio.h>
#include <stdlib.h>

static inline void out_of_memory(void)
{
	flockfile(stderr);	/* for good: another thread that comes here waits for the first one's exit */
	fputs("tlswhy: out of memory\n", stderr);
	exit(2);
}

/* Gives back what malloc and its kin gave, if they did. */
static inline void *must(void *memory)
{
	if (!memory)
		out_of_memory();
	return memory;
}

#endif
