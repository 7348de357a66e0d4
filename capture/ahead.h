/* Bytes that a thread makes ahead of who takes them: decompression beside analysis. */
#ifndef TLSWHY_AHEAD_H
#define TLSWHY_AHEAD_H

#include <stddef.h>
#include <stdint.h>

struct ahead;

/*
 * ahead_new starts a thread that calls produce(of, ...) until that makes nothing, a few blocks ahead.
 * `of` is the thread's alone from then until ahead_take gave 0 or ahead_free. NULL when there is no
 * memory or no thread for it.
 */
struct ahead *ahead_new(size_t (*produce)(void *of, uint8_t *to, size_t room), void *of);

/* Up to `room` of the next bytes; waits for them. 0 at their end. */
size_t ahead_take(struct ahead *a, uint8_t *to, size_t room);

/* Ends the thread, which must not be waiting for input that may never come. NULL allowed. */
void ahead_free(struct ahead *a);

#endif
