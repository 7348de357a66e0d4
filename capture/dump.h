/*
 * A capture file that is written: pcap as long as all frames have one link type and no keys come with
 * them, else pcapng, which has room for both. Times are in nanoseconds.
 */
#ifndef TLSWHY_DUMP_H
#define TLSWHY_DUMP_H

#include "packet.h"

struct dump;

/* NULL when the file cannot be written; errno says why. */
struct dump *dump_open(const char *path);

/* Frames of several link types are to come, or secrets. Before the first of them, or it begins the file anew;
 * false when it cannot: a pipe takes nothing back. */
bool dump_several(struct dump *d);

/* False when this frame has another link type than those before it, and nobody said that several come. */
bool dump_frame(struct dump *d, const struct frame *frame);

/* A key log, as INPUT_SECRETS brings it; false in a file for which nobody said that several come. */
bool dump_secrets(struct dump *d, const uint8_t *bytes, uint32_t len);

/* What was written is in the file; false (errno says why) when that failed. */
bool dump_flush(struct dump *d);
bool dump_close(struct dump *d);

#endif
