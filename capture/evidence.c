/*
 * A capture file of the flows that matter. Files are read a second time, by the frames and
 * addresses noted in the first; a live capture kept the packets.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../must.h"
#include "dump.h"
#include "evidence.h"
#include "file.h"
#include "hash.h"

enum {
	SPANS_MAX = 1 << 20,		/* flows noted: 100 MB at most */
	FRAGMENT_MEMORY = 4 << 20	/* for the second pass */
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
	struct dump *dump;
	char *path;
	bool several;			/* what came has no place in a pcap: another link type, secrets */
	struct span *spans;
	size_t count, room, left_out;
	size_t incomplete;		/* flows of which nothing was kept any more */
	uint32_t *buckets;
	size_t bucket_count;		/* a power of two */
	struct hash_key key;
};

static struct hash_key new_key(void)
{
	struct capture_key key = capture_key_new();

	return hash_key_of(&key);
}

struct evidence *evidence_open(const char *path, char *problem, size_t problem_len)
{
	struct evidence *e = calloc(1, sizeof(*e));

	if (e)
		e->path = strdup(path);
	if (e && e->path) {
		e->dump = dump_open(path);
		e->key = new_key();
		if (e->dump)
			return e;
	}
	snprintf(problem, problem_len, "%s: %s", path, strerror(errno));
	if (e)
		free(e->path);
	free(e);
	return NULL;
}

/* False: the file cannot be written, or a frame of this link type has no place in it any more. */
static bool write_frame(struct evidence *e, const struct frame *frame)
{
	if (dump_frame(e->dump, frame))
		return true;
	e->several = true;
	return false;
}

/* The keys that a capture brings along are as much of it as its packets; false in a pcap. */
static bool write_secrets(struct evidence *e, const struct frame *block)
{
	if (dump_secrets(e->dump, block->bytes, block->len))
		return true;
	e->several = true;
	return false;
}

/* With the fragments that came before the last one of its datagram. */
static bool write_packet(struct evidence *e, const struct kept *before, const struct frame *frame)
{
	for (; before; before = before->next)
		if (!write_frame(e, &before->frame))
			return false;
	return write_frame(e, frame);
}

bool evidence_write(struct evidence *e, const struct kept *packets, bool several)
{
	if (several)
		dump_several(e->dump);
	e->incomplete += !packets;
	for (; packets; packets = packets->next)
		write_frame(e, &packets->frame);
	return dump_flush(e->dump);
}

/* ---- the second pass -------------------------------------------------------------------- */

/* Up to the last ICMP error about it, which comes behind its own last packet. */
static uint64_t last_frame(const struct flow_facts *flow)
{
	uint64_t last = flow->last.frame;

	for (uint8_t i = 0; i < flow->icmp_count; i++)
		if (flow->icmp[i].mark.frame > last)
			last = flow->icmp[i].mark.frame;
	return last;
}

void evidence_want(struct evidence *e, const char *path, const struct flow_facts *flow)
{
	if (e->count == SPANS_MAX) {
		e->left_out++;
		return;
	}
	if (e->count == e->room) {
		size_t room = e->room ? e->room * 2 : 64;

		e->spans = must(realloc(e->spans, room * sizeof(*e->spans)));
		e->room = room;
	}
	e->spans[e->count++] = (struct span){
		.path = path, .transport = flow->transport,
		.ends = { flow->side[0].address, flow->side[1].address },
		.first = flow->first.frame, .last = last_frame(flow),
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

	if (decoder)
		decoder_keep(decoder, FRAGMENT_MEMORY);
	while (decoder && ((got = file_next(f, &frame)) == INPUT_FRAME || got == INPUT_SECRETS)) {
		if (got == INPUT_SECRETS && !write_secrets(e, &frame))
			break;
		if (got == INPUT_FRAME && decode(decoder, &frame, &packet, &undecodable) &&
		    packet.kind != PACKET_NONE && is_wanted(e, &packet) &&
		    !write_packet(e, decoder_fragments(decoder), &frame))
			break;
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
	for (size_t from = 0, to; from < e->count && !e->several; from = to) {
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

static void make_buckets(struct evidence *e)
{
	e->bucket_count = 64;
	while (e->bucket_count < e->count)
		e->bucket_count *= 2;
	e->buckets = must(malloc(e->bucket_count * sizeof(*e->buckets)));
}

/* Nobody knows before all was read how many link types there are, and whether there are secrets: then it
 * is read once more. */
static bool copy_wanted(struct evidence *e, char *problem, size_t problem_len)
{
	make_buckets(e);
	if (e->count)
		qsort(e->spans, e->count, sizeof(*e->spans), by_path);
	if (!copy_all(e, problem, problem_len))
		return false;
	if (!e->several || !dump_several(e->dump))
		return true;
	e->several = false;
	return copy_all(e, problem, problem_len);
}

static bool finish(struct evidence *e, char *problem, size_t problem_len)
{
	if (!copy_wanted(e, problem, problem_len))
		return false;
	if (e->several || e->left_out) {
		snprintf(problem, problem_len, "%s: %s were left out", e->path,
			 e->several ? "packets of other link types" : "flows beyond a million");
		return false;
	}
	if (e->incomplete)
		snprintf(problem, problem_len, "%s: the packets of %zu failed handshakes had made room for others and are not in it; more --memory keeps more",
			 e->path, e->incomplete);
	return true;
}

bool evidence_close(struct evidence *e, char *problem, size_t problem_len)
{
	bool good;

	problem[0] = '\0';
	if (!e)
		return true;
	good = finish(e, problem, problem_len);
	/* which tells more than that packets of another kind were left out */
	if (!dump_close(e->dump)) {
		snprintf(problem, problem_len, "cannot write to %s: %s", e->path, strerror(errno));
		good = false;
	}
	free(e->buckets);
	free(e->spans);
	free(e->path);
	free(e);
	return good;
}
