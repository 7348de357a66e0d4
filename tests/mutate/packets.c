#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../bytes.h"
#include "packets.h"

void bytes_add(struct bytes *b, const void *more, size_t len)
{
	if (b->len + len > b->room) {
		b->room = (b->len + len) * 2;
		b->at = realloc(b->at, b->room);
		if (!b->at)
			abort();
	}
	if (len)
		memcpy(b->at + b->len, more, len);
	b->len += len;
}

void bytes_free(struct bytes *b)
{
	free(b->at);
	*b = (struct bytes){ 0 };
}

struct bytes bytes_of_file(const char *path)
{
	struct bytes b = { 0 };
	uint8_t block[65536];
	size_t got;
	FILE *in = fopen(path, "rb");

	if (!in) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	while ((got = fread(block, 1, sizeof(block), in)) > 0)
		bytes_add(&b, block, got);
	fclose(in);
	return b;
}

static uint32_t file_u32(const struct bytes *b, size_t offset)
{
	struct reader r = reader_of(b->at + offset, b->len - offset);

	return take_u32_le(&r);
}

struct packets packets_of(const struct bytes *file)
{
	struct packets p = { .file = file };
	size_t offset = FILE_HEADER;

	if (file->len < FILE_HEADER || file_u32(file, 0) != 0xa1b2c3d4)
		return p;
	p.at = calloc(file->len / PACKET_HEADER + 1, sizeof(*p.at));
	if (!p.at)
		abort();
	while (offset + PACKET_HEADER <= file->len) {
		size_t len = PACKET_HEADER + (size_t)file_u32(file, offset + 8);

		if (len > file->len - offset)
			break;
		p.at[p.count++] = (struct piece){ offset, len };
		offset += len;
	}
	return p;
}

void packets_free(struct packets *p)
{
	free(p->at);
}

size_t packets_within(const struct packets *p, size_t len, bool *exactly)
{
	size_t n = 0;

	while (n < p->count && p->at[n].offset + p->at[n].len <= len)
		n++;
	*exactly = len == (n ? p->at[n - 1].offset + p->at[n - 1].len : FILE_HEADER);
	return n;
}

static void put_u32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

void packet_add(struct bytes *b, const struct packets *p, size_t n, uint32_t later, size_t snap)
{
	const struct piece *piece = &p->at[n];
	uint32_t micros = file_u32(p->file, piece->offset + 4) + later;
	size_t len = piece->len - PACKET_HEADER < snap ? piece->len - PACKET_HEADER : snap;
	uint8_t header[PACKET_HEADER];

	memcpy(header, p->file->at + piece->offset, sizeof(header));
	put_u32(header, file_u32(p->file, piece->offset) + micros / 1000000);
	put_u32(header + 4, micros % 1000000);
	put_u32(header + 8, (uint32_t)len);
	bytes_add(b, header, sizeof(header));
	bytes_add(b, p->file->at + piece->offset + PACKET_HEADER, len);
}

enum { FIN = 1, RST = 4 };

/* Leaves the reader behind the IP header; false unless TCP follows. */
static bool skip_ip(struct reader *r)
{
	enum { IPV4 = 0x0800, IPV6 = 0x86dd, TCP = 6 };
	uint16_t type = take_u16(r);
	bool four = type == IPV4;

	if (!four && type != IPV6)
		return false;
	uint8_t words = take_u8(r) & 15;
	take(r, four ? 8 : 5);
	if (take_u8(r) != TCP)
		return false;
	take(r, four ? (size_t)words * 4 - 10 : 33);
	return true;
}

/* Flags of a TCP segment over Ethernet and its ports; 0 of any other packet. */
static uint8_t tcp_flags(const struct packets *p, size_t n, uint16_t *source, uint16_t *destination)
{
	enum { ETHERNET = 1 };
	const struct piece *piece = &p->at[n];
	struct reader r = reader_of(p->file->at + piece->offset + PACKET_HEADER, piece->len - PACKET_HEADER);

	take(&r, 12);
	if (file_u32(p->file, 20) != ETHERNET || !skip_ip(&r))
		return 0;
	*source = take_u16(&r);
	*destination = take_u16(&r);
	take(&r, 9);
	return take_u8(&r);
}

bool packet_closes(const struct packets *p, size_t n, uint16_t port, uint16_t other)
{
	uint16_t source, destination;

	return (tcp_flags(p, n, &source, &destination) & (FIN | RST)) &&
	       ((source == port && destination == other) || (source == other && destination == port));
}

bool packet_resets(const struct packets *p, size_t n)
{
	uint16_t source, destination;

	return tcp_flags(p, n, &source, &destination) & RST;
}
