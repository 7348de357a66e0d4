/*
 * What file.c shares with the two formats, classic.c and pcapng.c.
 */
#ifndef TLSWHY_FORMAT_H
#define TLSWHY_FORMAT_H

#include "file.h"
#include "source.h"

enum {
	/* libpcap's MAXIMUM_SNAPLEN: no capturing program writes a longer frame of a network. */
	FRAME_BYTES_MAX = 262144,
	FILE_PROBLEM_MAX = 512,
	NANOSECONDS = 1000000000
};

/* Times saturate here (the year 2116), so that sums and differences of them never overflow. */
#define TIME_MAX (INT64_C(1) << 62)

struct interface;

struct file {
	struct source source;
	char *path;
	enum input_result (*next)(struct file *f, struct frame *out);
	/* Takes a packet that is whole in the window; false where it is not, or not beyond doubt. */
	bool (*at_hand)(struct file *f, struct frame *out);
	uint64_t frames;
	int64_t last_time;
	uint64_t dropped_kernel, dropped_interface;
	bool little_endian;	/* of the file, or of the pcapng section */
	char problem[FILE_PROBLEM_MAX];

	/* pcap */
	int link_type;		/* DLT_*; -1 for pcapng */
	int64_t tick;		/* ns in one unit of the fraction */
	size_t header_len;	/* of a packet */

	/* pcapng */
	struct interface *interfaces;	/* of the section */
	size_t interface_count, interface_room;
};

/* The formats' openers: false if the header is broken, with the reason in *why. */
bool classic_open(struct file *f, uint32_t magic, const char **why);
bool pcapng_open(struct file *f, const char **why);

/* Is this, read big-endian, how a pcap file of any flavour begins? */
bool classic_magic(uint32_t magic);

enum { PCAPNG_MAGIC = 0x0a0d0d0a };	/* a palindrome: the same in either byte order */

/* Writes file_problem, for the packet that comes next; always INPUT_DAMAGED. */
enum input_result file_broke(struct file *f, uint64_t offset, const char *why);

/* The DLT_* of libpcap that a file's LINKTYPE_* stands for. */
int link_type_of(uint32_t linktype);

static inline uint32_t field32(const struct file *f, struct reader *r)
{
	return f->little_endian ? take_u32_le(r) : take_u32(r);
}

static inline uint16_t field16(const struct file *f, struct reader *r)
{
	return f->little_endian ? take_u16_le(r) : take_u16(r);
}

#endif
