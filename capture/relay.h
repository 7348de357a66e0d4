/*
 * One input for several captures, each in a thread of its own: a thread reads the input and lays its
 * frames down in blocks, and every reader gets all of them. Who of them follows which flow is for the
 * captures' shares to say, so tunnels, fragments and quoted packets need no thought here. When a reader
 * falls behind by all blocks, the input is not read meanwhile: what is lost then, the system counts.
 */
#ifndef TLSWHY_RELAY_H
#define TLSWHY_RELAY_H

#include "confine.h"
#include "live.h"

/* In capture.h: struct capture_relay. */

/* The frames as an input for reader number `reader`; closing it does not end the relay. */
struct input relay_input(struct capture_relay *r, unsigned reader);

/* The sockets of the interfaces behind it. */
void relay_taps(const struct capture_relay *r, struct taps *out);

#endif
