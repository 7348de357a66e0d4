/*
 * A capture file of the flows that matter. Files are read a second time, by the frames and
 * addresses noted in the first; a live capture kept the packets.
 */
#include <errno.h>
#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "evidence.h"
#include "file.h"
#include "hash.h"

enum {
	SPANS_MAX = 1 << 20,		/* flows noted: 100 MB at most */
	FRAGMENT_MEMORY = 4 << 20,	/* for the second pass */
	SNAP_LENGTH = 262144
};

/* One flow that is wanted. */
struct span {
	const char *path;
	struct address ends[2];
	enum transport transport;
	uint64_t first, last;		/* frames */
	uint32_t next;			/* in its bucket; NONE */
};

enum { NONE = UINT32_MAX };

struct evidence {
	FILE *out;
	char *path;
	int link_type;			/* -1 before the first frame */
	bool mixed;			/* frames of other link types had to be left out */
	struct span *spans;
	size_t count, room, left_out;
	uint32_t *buckets;
	size_t bucket_count;		/* a power of two */
	struct capture_key key;
};

struct evidence *evidence_open(const char *path, char *problem, size_t problem_len)
{
	struct evidence *e = calloc(1, sizeof(*e));

	if (e)
		e->path = strdup(path);
	if (e && e->path) {
		e->out = fopen(path, "wbe");
		e->link_type = -1;
		e->key = capture_key_new();
		if (e->out)
			return e;
	}
	snprintf(problem, problem_len, "%s: %s", path, strerror(errno));
	if (e)
		free(e->path);
	free(e);
	return NULL;
}

/* ---- writing ---------------------------------------------------------------------------- */

static void put32(struct evidence *e, uint32_t value)
{
	fwrite(&value, sizeof(value), 1, e->out);
}

/* In our byte order, with times in nanoseconds (draft-ietf-opsawg-pcap 4). */
static void write_header(struct evidence *e, int link_type)
{
	enum { MAGIC = 0xa1b23c4d, VERSION_MAJOR = 2, VERSION_MINOR = 4, LINKTYPE_RAW = 101 };
	const uint16_t version[2] = { VERSION_MAJOR, VERSION_MINOR };

	e->link_type = link_type;
	put32(e, MAGIC);
	fwrite(version, sizeof(version), 1, e->out);
	put32(e, 0);
	put32(e, 0);
	put32(e, SNAP_LENGTH);
	put32(e, link_type == DLT_RAW ? LINKTYPE_RAW : (uint32_t)link_type);
}

static void write_frame(struct evidence *e, const struct frame *frame)
{
	uint64_t time = frame->mark.time > 0 ? (uint64_t)frame->mark.time : 0;

	if (e->link_type < 0)
		write_header(e, frame->link_type);
	if (frame->link_type != e->link_type) {
		e->mixed = true;
		return;
	}
	put32(e, (uint32_t)(time / 1000000000));
	put32(e, (uint32_t)(time % 1000000000));
	put32(e, frame->len);
	put32(e, frame->wire_len);
	fwrite(frame->bytes, 1, frame->len, e->out);
}

bool evidence_write(struct evidence *e, const struct kept *packets)
{
	for (; packets; packets = packets->next)
		write_frame(e, &packets->frame);
	return !fflush(e->out);
}

/* ---- the second pass -------------------------------------------------------------------- */

void evidence_want(struct evidence *e, const char *path, const struct flow_facts *flow)
{
	if (e->count == SPANS_MAX) {
		e->left_out++;
		return;
	}
	if (e->count == e->room) {
		size_t room = e->room ? e->room * 2 : 64;
		struct span *spans = realloc(e->spans, room * sizeof(*spans));

		if (!spans)
			abort();
		e->spans = spans;
		e->room = room;
	}
	e->spans[e->count++] = (struct span){
		.path = path, .transport = flow->transport,
		.ends = { flow->side[0].address, flow->side[1].address },
		.first = flow->first.frame, .last = flow->last.frame,
	};
}

static size_t bucket_of(const struct evidence *e, enum transport t, const struct address *a, const struct address *b)
{
	return hash_flow(&e->key, t, a, b) & (e->bucket_count - 1);
}

/* A table of the spans from `from` on that lie in the same file; returns where the next begins. */
static size_t index_file(struct evidence *e, size_t from)
{
	size_t to = from;

	memset(e->buckets, 0xff, e->bucket_count * sizeof(*e->buckets));
	for (; to < e->count && !strcmp(e->spans[to].path, e->spans[from].path); to++) {
		struct span *s = &e->spans[to];
		uint32_t *bucket = &e->buckets[bucket_of(e, s->transport, &s->ends[0], &s->ends[1])];

		s->next = *bucket;
		*bucket = (uint32_t)to;
	}
	return to;
}

static bool is_between(const struct span *s, const struct address *a, const struct address *b)
{
	return (same_address(&s->ends[0], a) && same_address(&s->ends[1], b)) ||
	       (same_address(&s->ends[0], b) && same_address(&s->ends[1], a));
}

/* A packet of the flow, or an ICMP error about one. */
static bool is_wanted(const struct evidence *e, const struct packet *p)
{
	bool icmp = p->kind == PACKET_ICMP;
	const struct address *a = icmp ? &p->quoted_source : &p->source;
	const struct address *b = icmp ? &p->quoted_destination : &p->destination;
	bool tcp = icmp ? p->quotes_tcp : p->kind == PACKET_TCP;
	enum transport t = tcp ? TRANSPORT_TCP : TRANSPORT_UDP;

	for (uint32_t i = e->buckets[bucket_of(e, t, a, b)]; i != NONE; i = e->spans[i].next) {
		const struct span *s = &e->spans[i];

		if (s->transport == t && p->mark.frame >= s->first && p->mark.frame <= s->last &&
		    is_between(s, a, b))
			return true;
	}
	return false;
}

static bool copy_from(struct evidence *e, const char *path, char *problem, size_t problem_len)
{
	struct file *f = file_open(path, problem, problem_len);
	struct decoder *decoder = f ? decoder_new(FRAGMENT_MEMORY) : NULL;
	struct frame frame;
	struct packet packet;
	enum input_result got = INPUT_END;
	bool undecodable;

	while (decoder && ((got = file_next(f, &frame)) == INPUT_FRAME || got == INPUT_SECRETS)) {
		if (got == INPUT_FRAME && decode(decoder, &frame, &packet, &undecodable) &&
		    packet.kind != PACKET_NONE && is_wanted(e, &packet))
			write_frame(e, &frame);
	}
	decoder_free(decoder);
	file_close(f);
	return decoder != NULL;
}

static bool is_regular(const char *path)
{
	struct stat st;

	return strcmp(path, "-") != 0 && !stat(path, &st) && S_ISREG(st.st_mode);
}

static bool copy_all(struct evidence *e, char *problem, size_t problem_len)
{
	size_t buckets = 64;

	while (buckets < e->count)
		buckets *= 2;
	e->bucket_count = buckets;
	e->buckets = malloc(buckets * sizeof(*e->buckets));
	if (!e->buckets)
		abort();
	for (size_t from = 0, to; from < e->count; from = to) {
		const char *path = e->spans[from].path;

		to = index_file(e, from);
		if (!is_regular(path)) {
			snprintf(problem, problem_len, "%s: cannot be read a second time for -w",
				 strcmp(path, "-") != 0 ? path : "standard input");
			return false;
		}
		if (!copy_from(e, path, problem, problem_len))
			return false;
	}
	return true;
}

static int by_path(const void *x, const void *y)
{
	const struct span *a = x, *b = y;

	return strcmp(a->path, b->path);
}

static bool finish(struct evidence *e, char *problem, size_t problem_len)
{
	if (e->count)
		qsort(e->spans, e->count, sizeof(*e->spans), by_path);
	if (!copy_all(e, problem, problem_len))
		return false;
	if (e->link_type < 0)
		write_header(e, DLT_EN10MB);	/* an empty capture is one too */
	if (e->mixed || e->left_out) {
		snprintf(problem, problem_len, "%s: %s were left out", e->path,
			 e->mixed ? "packets of other link types" : "flows beyond a million");
		return false;
	}
	return true;
}

bool evidence_close(struct evidence *e, char *problem, size_t problem_len)
{
	bool good;

	if (!e)
		return true;
	good = finish(e, problem, problem_len);
	if ((ferror(e->out) | fclose(e->out)) && good) {
		snprintf(problem, problem_len, "cannot write to %s: %s", e->path, strerror(errno));
		good = false;
	}
	free(e->buckets);
	free(e->spans);
	free(e->path);
	free(e);
	return good;
}
