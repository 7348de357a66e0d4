/*
 * pcap and pcapng as their drafts have them (draft-ietf-opsawg-pcap 4, draft-ietf-opsawg-pcapng 4), in
 * our byte order.
 */
#include "dump.h"

#include <errno.h>
#include <fcntl.h>
#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SNAP_LENGTH = 262144, LINK_TYPES_MAX = 64, LINKTYPE_RAW = 101 };

struct dump {
	FILE *out;
	int link_types[LINK_TYPES_MAX];	/* that the file has announced */
	uint32_t link_type_count;
	bool several;			/* pcapng */
	bool begun;
};

struct dump *dump_open(const char *path)
{
	struct dump *d = calloc(1, sizeof(*d));
	int fd = d ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640) : -1;

	if (d && fd >= 0)
		d->out = fdopen(fd, "wb");
	if (d && d->out)
		return d;
	if (fd >= 0)
		close(fd);
	free(d);
	return NULL;
}

static void put16(struct dump *d, uint16_t value)
{
	fwrite(&value, sizeof(value), 1, d->out);
}

static void put32(struct dump *d, uint32_t value)
{
	fwrite(&value, sizeof(value), 1, d->out);
}

/* The number that files use: libpcap's DLT_RAW differs by system. */
static uint16_t file_link_type(int link_type)
{
	return (uint16_t)(link_type == DLT_RAW ? LINKTYPE_RAW : link_type);
}

/* ---- pcap ------------------------------------------------------------------------------- */

static void pcap_header(struct dump *d, int link_type)
{
	enum { MAGIC = 0xa1b23c4d, VERSION_MAJOR = 2, VERSION_MINOR = 4 };

	put32(d, MAGIC);
	put16(d, VERSION_MAJOR);
	put16(d, VERSION_MINOR);
	put32(d, 0);
	put32(d, 0);
	put32(d, SNAP_LENGTH);
	put32(d, file_link_type(link_type));
}

static void pcap_frame(struct dump *d, const struct frame *frame, uint64_t time)
{
	put32(d, (uint32_t)(time / 1000000000));
	put32(d, (uint32_t)(time % 1000000000));
	put32(d, frame->len);
	put32(d, frame->wire_len);
	fwrite(frame->bytes, 1, frame->len, d->out);
}

/* ---- pcapng ----------------------------------------------------------------------------- */

static void section_header(struct dump *d)
{
	enum { TYPE = 0x0a0d0d0a, BYTE_ORDER_MAGIC = 0x1a2b3c4d, LEN = 28, VERSION_MAJOR = 1, VERSION_MINOR = 0 };

	put32(d, TYPE);
	put32(d, LEN);
	put32(d, BYTE_ORDER_MAGIC);
	put16(d, VERSION_MAJOR);
	put16(d, VERSION_MINOR);
	put32(d, UINT32_MAX);		/* section length: not given */
	put32(d, UINT32_MAX);
	put32(d, LEN);
}

static void interface_description(struct dump *d, int link_type)
{
	enum { TYPE = 1, LEN = 32, IF_TSRESOL = 9, RESOLUTION_LEN = 1, NANOSECONDS = 9, END_OF_OPTIONS = 0 };
	const uint8_t resolution[4] = { NANOSECONDS };

	put32(d, TYPE);
	put32(d, LEN);
	put16(d, file_link_type(link_type));
	put16(d, 0);
	put32(d, SNAP_LENGTH);
	put16(d, IF_TSRESOL);
	put16(d, RESOLUTION_LEN);
	fwrite(resolution, 1, sizeof(resolution), d->out);
	put16(d, END_OF_OPTIONS);
	put16(d, 0);
	put32(d, LEN);
}

static void enhanced_packet(struct dump *d, uint32_t interface, const struct frame *frame, uint64_t time)
{
	enum { TYPE = 6, AROUND = 32 };
	static const uint8_t padding[4];
	uint32_t pad = -frame->len & 3U, len = AROUND + frame->len + pad;

	put32(d, TYPE);
	put32(d, len);
	put32(d, interface);
	put32(d, (uint32_t)(time >> 32));
	put32(d, (uint32_t)time);
	put32(d, frame->len);
	put32(d, frame->wire_len);
	fwrite(frame->bytes, 1, frame->len, d->out);
	fwrite(padding, 1, pad, d->out);
	put32(d, len);
}

/* A Decryption Secrets Block (4.7) of an NSS key log. */
static void decryption_secrets(struct dump *d, const uint8_t *bytes, uint32_t secrets_len)
{
	enum { TYPE = 10, AROUND = 20, TLS_KEY_LOG = 0x544c534b };
	static const uint8_t padding[4];
	uint32_t pad = -secrets_len & 3U, len = AROUND + secrets_len + pad;

	put32(d, TYPE);
	put32(d, len);
	put32(d, TLS_KEY_LOG);
	put32(d, secrets_len);
	fwrite(bytes, 1, secrets_len, d->out);
	fwrite(padding, 1, pad, d->out);
	put32(d, len);
}

/* ---- either ----------------------------------------------------------------------------- */

bool dump_several(struct dump *d)
{
	if (d->several)
		return true;
	/* As pcapng, the same frames need more room: what is in the file will be written over. */
	if (d->begun && (fflush(d->out) || fseek(d->out, 0, SEEK_SET)))
		return false;
	d->several = true;
	d->begun = false;
	d->link_type_count = 0;
	return true;
}

static void begin(struct dump *d, int link_type)
{
	if (d->begun)
		return;
	d->begun = true;
	if (d->several) {
		section_header(d);
	} else {
		pcap_header(d, link_type);
		d->link_types[d->link_type_count++] = link_type;
	}
}

/* The number of the frame's interface in the file; LINK_TYPES_MAX if there is none and cannot be. */
static uint32_t interface_of(struct dump *d, int link_type)
{
	for (uint32_t i = 0; i < d->link_type_count; i++)
		if (d->link_types[i] == link_type)
			return i;
	if (!d->several || d->link_type_count == LINK_TYPES_MAX)
		return LINK_TYPES_MAX;
	interface_description(d, link_type);
	d->link_types[d->link_type_count] = link_type;
	return d->link_type_count++;
}

bool dump_frame(struct dump *d, const struct frame *frame)
{
	uint64_t time = frame->mark.time > 0 ? (uint64_t)frame->mark.time : 0;
	uint32_t interface;

	begin(d, frame->link_type);
	interface = interface_of(d, frame->link_type);
	if (interface == LINK_TYPES_MAX)
		return false;
	if (d->several)
		enhanced_packet(d, interface, frame, time);
	else
		pcap_frame(d, frame, time);
	return true;
}

bool dump_secrets(struct dump *d, const uint8_t *bytes, uint32_t len)
{
	if (!d->several)
		return false;
	begin(d, DLT_EN10MB);
	decryption_secrets(d, bytes, len);
	return true;
}

bool dump_flush(struct dump *d)
{
	return !fflush(d->out);
}

bool dump_close(struct dump *d)
{
	bool good;
	int error;

	begin(d, DLT_EN10MB);		/* an empty capture is one too */
	good = !ferror(d->out);
	error = errno;
	if (fclose(d->out) && good) {
		good = false;
		error = errno;
	}
	free(d);
	errno = error;
	return good;
}
