/* A capture as its packets, to be put together again in other ways. */
#ifndef TLSWHY_MUTATE_PACKETS_H
#define TLSWHY_MUTATE_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FILE_HEADER = 24, PACKET_HEADER = 16 };

struct bytes {
	uint8_t *at;
	size_t len, room;
};

void bytes_add(struct bytes *b, const void *more, size_t len);
void bytes_free(struct bytes *b);

/* Reads a whole file; ends the program when it cannot. */
struct bytes bytes_of_file(const char *path);

/* One packet with its header in the file. */
struct piece {
	size_t offset, len;
};

/* A little-endian pcap file; `count` is 0 for every other format. Borrows the file. */
struct packets {
	const struct bytes *file;
	struct piece *at;
	size_t count;
};

struct packets packets_of(const struct bytes *file);
void packets_free(struct packets *p);

/* How many whole packets the first `len` bytes of the file have, and whether no more than these. */
size_t packets_within(const struct packets *p, size_t len, bool *exactly);

/* Adds a packet to a file, so many microseconds later, cut to so many bytes. */
void packet_add(struct bytes *b, const struct packets *p, size_t n, uint32_t later, size_t snap);

/* The n-th packet (from 0) ends a TCP connection between these ports, by FIN or RST. */
bool packet_closes(const struct packets *p, size_t n, uint16_t port, uint16_t other);

/* It is a reset of a TCP connection. */
bool packet_resets(const struct packets *p, size_t n);

#endif
