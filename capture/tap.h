/* One interface that is listened on, and the frames of it that wait for their turn. */
#ifndef TLSWHY_TAP_H
#define TLSWHY_TAP_H

#include "input.h"

struct pcap;

enum {
	/* The kernel hands over a block of packets when it is full or this old. */
	TAP_BLOCK_MS = 100,
	/* Frames fetched at a time: enough that the asking costs little, and still in a core's cache. */
	TAP_FRAMES = 64
};

enum tap_state {
	TAP_UP,
	TAP_DOWN,	/* looked at again from time to time */
	TAP_GONE	/* the interface no longer exists */
};

struct tap {
	struct pcap *handle;
	const char *name;	/* borrowed from the options */
	int fd;
	enum tap_state state;
	bool is_device;		/* of the kernel's; others, as any and nflog, are always up */
	bool nanoseconds;
	int link_type;
	struct frame frames[TAP_FRAMES];	/* from `at` on they wait to be taken */
	size_t at, count;
	uint8_t *bytes;			/* of the frames */
	size_t used, room;
	int64_t fetched, looked;	/* monotonic: when they came, when there was none */
	int64_t checked;		/* monotonic: when its state was asked for */
	uint32_t last_kernel, last_interface;	/* libpcap's counters, which wrap */
	uint64_t kernel, interface;
};

/* tap_open: false on failure, with one line in `problem`. */
bool tap_open(struct tap *t, const char *name, const struct capture_live *options,
	      const char *filter, char *problem, size_t problem_len);
void tap_close(struct tap *t);

/* The frame that waits for longest, NULL if none does. Its bytes stay until the tap_fill after the last. */
static inline struct frame *tap_head(struct tap *t)
{
	return t->at < t->count ? &t->frames[t->at] : NULL;
}

/* tap_fill fetches frames if none waits; when the interface's state changes, `news` says so. */
void tap_fill(struct tap *t, int64_t now, char *news, size_t news_len);

/* Adds what was lost since the tap was opened. */
void tap_count_drops(struct tap *t, uint64_t *kernel, uint64_t *interface);

#endif
