/*
 * generate: many connections out of a few recorded ones, as a load with a known truth.
 *
 *   generate [options] LIST OUT.pcap OUT.truth
 *
 * LIST names a recording a line: path, `completed` or `failed`, acceptable codes; by tabs. Each
 * connection replays one of them from its own client, with its own ports, sequence numbers and round
 * trip, to one of the servers of that recording. The truth is a line per connection: client address,
 * port, outcome, codes.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "recording.h"
#include "wire.h"

enum {
	RECORDINGS_MAX = 4096, LINE_LEN = 1024, SERVERS_EACH = 8, MSS = 1460,
	RECORD_LEN = 16384 + 16 + 5, RECORD_BODY = 16384, FLAG_SYN = 2, FLAG_ACK = 16, HOLE = 300,
	CLIENT_NET = 10 << 24, CLIENT_BITS = 24, FLOOD_TARGETS = 4, SYN_OPTIONS = 20,
};

static const int64_t SECOND = 1000000000, MILLISECOND = 1000000;
static const int64_t DATA_SPACING = 40000;		/* ns between two full segments of a flow */
static const int64_t RETRANSMIT_AFTER = 220000000;	/* ns */
static const uint32_t SERVER_NET = 198U << 24 | 18U << 16;	/* RFC 2544 */

/* Where connections stop, for good and without a word: to measure what one costs that is open. */
enum stop {
	STOP_NOWHERE,
	STOP_AT_SPEECH,		/* established, and nobody says anything */
	STOP_AT_HOLE,		/* the first segment is not the first: what is before it never comes */
	STOP_AT_ANSWER,		/* the ClientHello is not answered */
	STOP_AT_DATA
};

struct knobs {
	uint64_t seed, flows, syns, data;
	enum stop stop;
	double failing, reordered, lost;	/* shares, 0 to 1 */
	double stopping;		/* share of those that stop */
	double rate;				/* connections a second */
};

/* One connection on its way. */
struct flow {
	const struct recording *recording;
	uint32_t client, server, isn[2];
	uint16_t client_port, id_shift[2];
	enum stop stop;
	uint32_t step;			/* next of the recording */
	bool swapped;			/* the next two change places: the later is out already */
	bool repeated;			/* the next was seen once and lost behind the capture */
	bool in_data;
	uint64_t data_sent, data_acked;
	int64_t began, half_trip, delay;	/* ns */
	int64_t due;			/* when its next packet is */
};

struct generator {
	struct knobs knobs;
	struct recording *recordings;
	uint32_t count, *failing, *completed, failing_count, completed_count;
	struct flow **heap;		/* by due */
	uint64_t heap_count, heap_room, flows_begun, syns_sent, random;
	int64_t began;			/* of the load, ns since 1970 */
	uint8_t record[RECORD_LEN * 2];	/* application data, twice: a segment may begin anywhere */
	struct wire wire;
	FILE *truth;
};

static void die(const char *what)
{
	fprintf(stderr, "generate: %s\n", what);
	exit(2);
}

static void *must(void *memory)
{
	if (!memory)
		die("out of memory");
	return memory;
}

/* splitmix64: the same seed gives the same load. */
static uint64_t random_of(struct generator *g)
{
	uint64_t z = g->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static bool chance(struct generator *g, double share)
{
	return (double)(random_of(g) >> 11) / 9007199254740992.0 < share;
}

/* ---- the heap of connections under way ---------------------------------------------------- */

static void heap_swap(struct generator *g, uint64_t a, uint64_t b)
{
	struct flow *f = g->heap[a];

	g->heap[a] = g->heap[b];
	g->heap[b] = f;
}

static void heap_sink(struct generator *g)
{
	for (uint64_t at = 0;;) {
		uint64_t child = 2 * at + 1;

		if (child + 1 < g->heap_count && g->heap[child + 1]->due < g->heap[child]->due)
			child++;
		if (child >= g->heap_count || g->heap[at]->due <= g->heap[child]->due)
			return;
		heap_swap(g, at, child);
		at = child;
	}
}

static void heap_add(struct generator *g, struct flow *f)
{
	uint64_t at = g->heap_count++;

	if (g->heap_count > g->heap_room) {
		g->heap_room = g->heap_room ? g->heap_room * 2 : 1024;
		g->heap = must(realloc(g->heap, g->heap_room * sizeof(*g->heap)));
	}
	g->heap[at] = f;
	for (; at && g->heap[at]->due < g->heap[(at - 1) / 2]->due; at = (at - 1) / 2)
		heap_swap(g, at, (at - 1) / 2);
}

static void heap_drop(struct generator *g)
{
	free(g->heap[0]);
	g->heap[0] = g->heap[--g->heap_count];
	if (g->heap_count)
		heap_sink(g);
}

/* ---- one connection ------------------------------------------------------------------------ */

static bool carries_data(const struct generator *g, const struct flow *f)
{
	return g->knobs.data && !f->recording->failed;
}

/* Bytes of application data, in whole records. */
static uint64_t data_len(const struct generator *g)
{
	return (g->knobs.data + RECORD_BODY - 1) / RECORD_BODY * RECORD_LEN;
}

static int64_t step_time(const struct flow *f, uint32_t step)
{
	const struct step *s = &f->recording->steps[step];

	return f->began + s->after + (int64_t)s->turns * f->half_trip + f->delay;
}

static const struct recording *choose(struct generator *g)
{
	bool fails = chance(g, g->knobs.failing);
	const uint32_t *among = fails ? g->failing : g->completed;
	uint32_t count = fails ? g->failing_count : g->completed_count;

	return &g->recordings[among[random_of(g) % count]];
}

static void tell_truth(struct generator *g, const struct flow *f)
{
	fprintf(g->truth, "%u.%u.%u.%u\t%u\t%s\t%s\n", f->client >> 24, f->client >> 16 & 255,
		f->client >> 8 & 255, f->client & 255, f->client_port,
		f->stop ? "stopped" : f->recording->failed ? "failed" : "completed", f->recording->codes);
}

/* Every connection has a client address of its own, until 2^24 are used. */
static void begin_flow(struct generator *g, int64_t time)
{
	struct flow *f = must(calloc(1, sizeof(*f)));
	uint64_t spread = g->flows_begun++ * 0x9e3779b1 & ((1 << CLIENT_BITS) - 1);

	f->recording = choose(g);
	if (g->knobs.stop && (g->knobs.stopping >= 1 || chance(g, g->knobs.stopping)))
		f->stop = g->knobs.stop;
	f->client = CLIENT_NET | (uint32_t)spread;
	f->server = SERVER_NET | (uint32_t)((f->recording - g->recordings) * SERVERS_EACH +
					    (int64_t)(random_of(g) % SERVERS_EACH));
	f->client_port = (uint16_t)(32768 + random_of(g) % 28232);
	for (int side = 0; side < 2; side++) {
		f->isn[side] = (uint32_t)random_of(g);
		f->id_shift[side] = (uint16_t)random_of(g);
	}
	f->half_trip = (int64_t)(random_of(g) % (uint64_t)(20 * MILLISECOND)) + MILLISECOND / 4;
	f->began = f->due = time;
	tell_truth(g, f);
	heap_add(g, f);
}

static struct wire_packet packet_of(const struct flow *f, const struct step *s)
{
	bool client = s->from == FROM_CLIENT;

	return (struct wire_packet){
		.time = f->due, .source = client ? f->client : f->server,
		.destination = client ? f->server : f->client,
		.source_port = client ? f->client_port : f->recording->server_port,
		.destination_port = client ? f->recording->server_port : f->client_port,
		.seq = f->isn[s->from] + s->seq, .window = s->window, .flags = s->flags, .ttl = s->ttl,
		.ack = s->flags & FLAG_ACK ? f->isn[!s->from] + s->ack : 0, .fragment = s->fragment,
		.ip_id = s->ip_id ? (uint16_t)(s->ip_id + f->id_shift[s->from]) : 0,
		.options = s->options, .options_len = s->options_len,
	};
}

/* What was sent and acknowledged in between moves the numbers of all that follows. */
static void put_step(struct generator *g, const struct flow *f, uint32_t step)
{
	const struct step *s = &f->recording->steps[step];
	struct wire_packet p = packet_of(f, s);
	bool behind_data = step >= f->recording->data_at && carries_data(g, f);

	p.payload = s->payload;
	p.len = s->len;
	if (f->stop == STOP_AT_HOLE && s->len)
		p.seq += HOLE;
	if (behind_data && s->from == FROM_SERVER)
		p.seq += (uint32_t)data_len(g);
	else if (behind_data && p.ack)
		p.ack += (uint32_t)data_len(g);
	wire_put(&g->wire, &p);
}

/* The last packet of this side in front of the data: what its own look like. */
static const struct step *like(const struct flow *f, enum from from)
{
	uint32_t i = f->recording->data_at;

	while (i && f->recording->steps[i - 1].from != from)
		i--;
	return &f->recording->steps[i ? i - 1 : 0];
}

static void put_data(struct generator *g, struct flow *f, uint64_t at)
{
	const struct step *s = like(f, FROM_SERVER);
	struct wire_packet p = packet_of(f, s);
	uint64_t left = data_len(g) - at, room = (uint64_t)(MSS - s->options_len);

	p.flags = FLAG_ACK;
	p.seq += s->len + (uint32_t)at;
	p.ip_id = p.ip_id ? (uint16_t)(p.ip_id + ++f->id_shift[FROM_SERVER]) : 0;
	p.payload = g->record + at % RECORD_LEN;
	p.len = (uint32_t)(left < room ? left : room);
	wire_put(&g->wire, &p);
}

static void put_data_ack(struct generator *g, struct flow *f)
{
	const struct step *s = like(f, FROM_CLIENT), *server = like(f, FROM_SERVER);
	struct wire_packet p = packet_of(f, s);

	p.flags = FLAG_ACK;
	p.seq += s->len;
	p.ack = f->isn[FROM_SERVER] + server->seq + server->len + (uint32_t)f->data_sent;
	p.ip_id = p.ip_id ? (uint16_t)(p.ip_id + ++f->id_shift[FROM_CLIENT]) : 0;
	wire_put(&g->wire, &p);
	f->data_acked = f->data_sent;
}

/* A segment, or two of which the second overtook the first; an acknowledgement for every second. */
static void data_step(struct generator *g, struct flow *f)
{
	uint64_t room = (uint64_t)(MSS - like(f, FROM_SERVER)->options_len);
	uint64_t left = data_len(g) - f->data_sent;

	if (f->data_sent - f->data_acked >= 2 * room || !left) {
		put_data_ack(g, f);
	} else if (left > room && chance(g, g->knobs.reordered)) {
		put_data(g, f, f->data_sent + room);
		put_data(g, f, f->data_sent);
		f->data_sent += left < 2 * room ? left : 2 * room;
	} else {
		put_data(g, f, f->data_sent);
		f->data_sent += left < room ? left : room;
	}
	f->due += DATA_SPACING;
	f->delay += DATA_SPACING;
	f->in_data = f->data_acked < data_len(g);
}

/* Whether this segment and the next travel together, so that they may change places. */
static bool has_neighbour(const struct flow *f)
{
	const struct step *s = &f->recording->steps[f->step];

	return f->step + 1 < f->recording->count && s->len && s[1].len && s->from == s[1].from &&
	       f->step + 1 != f->recording->data_at && !(s->flags & FLAG_SYN);
}

static void recorded_step(struct generator *g, struct flow *f)
{
	const struct step *s = &f->recording->steps[f->step];

	if (f->swapped) {
		put_step(g, f, f->step - 1);
		f->step++;
		f->swapped = false;
	} else if (!f->repeated && has_neighbour(f) && chance(g, g->knobs.reordered)) {
		put_step(g, f, ++f->step);
		f->swapped = true;
	} else {
		put_step(g, f, f->step);
		if (s->len && !f->repeated && chance(g, g->knobs.lost)) {
			f->repeated = true;
			f->id_shift[s->from]++;
			f->delay += RETRANSMIT_AFTER;
		} else {
			f->repeated = false;
			f->step++;
		}
	}
}

static bool is_over(const struct flow *f)
{
	const struct step *next = &f->recording->steps[f->step];

	if (f->step == f->recording->count)
		return true;
	switch (f->stop) {
	case STOP_AT_SPEECH:
		return next->len;
	case STOP_AT_HOLE:
		return f->step && next[-1].len;
	case STOP_AT_ANSWER:
		return next->from == FROM_SERVER && next->len;
	case STOP_AT_DATA:
		return f->step == f->recording->data_at && !f->in_data;
	case STOP_NOWHERE:
		break;
	}
	return false;
}

/* The next packet of the connection that is due first. */
static void advance(struct generator *g)
{
	struct flow *f = g->heap[0];

	if (f->in_data) {
		data_step(g, f);
	} else {
		recorded_step(g, f);
		f->in_data = f->step == f->recording->data_at && !f->swapped && carries_data(g, f) &&
			     !f->data_sent;
	}
	if (is_over(f)) {
		heap_drop(g);
		return;
	}
	if (!f->in_data)
		f->due = step_time(f, f->step);
	heap_sink(g);
}

/* ---- the load ------------------------------------------------------------------------------ */

static void put_lone_syn(struct generator *g, int64_t time)
{
	static const uint8_t options[SYN_OPTIONS] = {
		2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7,
	};
	uint64_t a = random_of(g), b = random_of(g);
	struct wire_packet p = {
		.time = time, .source = (uint32_t)a, .destination = SERVER_NET | 0x1fff0U | (b & (FLOOD_TARGETS - 1)),
		.source_port = (uint16_t)(1024 + (b >> 8) % 64512), .destination_port = 443,
		.seq = (uint32_t)(a >> 32), .flags = FLAG_SYN, .window = 64240, .ttl = (uint8_t)(40 + b % 24),
		.ip_id = (uint16_t)(b >> 40), .fragment = 0x4000, .options = options, .options_len = SYN_OPTIONS,
	};

	wire_put(&g->wire, &p);
	g->syns_sent++;
}

static int64_t time_of(const struct generator *g, uint64_t i, uint64_t count)
{
	double seconds = (double)g->knobs.flows / g->knobs.rate;

	return g->began + (int64_t)(seconds * (double)i / (double)count * (double)SECOND);
}

static void generate(struct generator *g)
{
	const struct knobs *k = &g->knobs;

	for (;;) {
		int64_t flow = g->flows_begun < k->flows ? time_of(g, g->flows_begun, k->flows) : INT64_MAX;
		int64_t syn = g->syns_sent < k->syns ? time_of(g, g->syns_sent, k->syns) : INT64_MAX;
		int64_t due = g->heap_count ? g->heap[0]->due : INT64_MAX;

		if (due <= flow && due <= syn && due != INT64_MAX)
			advance(g);
		else if (flow <= syn && flow != INT64_MAX)
			begin_flow(g, flow);
		else if (syn != INT64_MAX)
			put_lone_syn(g, syn);
		else
			return;
	}
}

/* ---- what it is made from ------------------------------------------------------------------ */

static void add_recording(struct generator *g, const char *path, const char *outcome, const char *codes)
{
	struct recording *r = &g->recordings[g->count];

	bool needs_place = (g->knobs.data || g->knobs.stop == STOP_AT_DATA) && strcmp(outcome, "failed") != 0;

	/* Not one IPv4 connection from its SYN on, or with no place for data: others will do. */
	if (!recording_load(r, path) || (needs_place && r->data_at == r->count)) {
		recording_free(r);
		return;
	}
	r->failed = !strcmp(outcome, "failed");
	snprintf(r->codes, sizeof(r->codes), "%s", codes);
	if (r->failed)
		g->failing[g->failing_count++] = g->count;
	else
		g->completed[g->completed_count++] = g->count;
	if (r->began > g->began)
		g->began = r->began;
	g->count++;
}

static void read_list(struct generator *g, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[LINE_LEN], capture[LINE_LEN], outcome[LINE_LEN], codes[CODES_MAX];

	if (!f)
		die("cannot read the list of recordings");
	while (g->count < RECORDINGS_MAX && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%1023[^\t]\t%1023[^\t]\t%199[^\n]", capture, outcome, codes) == 3)
			add_recording(g, capture, outcome, codes);
	}
	fclose(f);
	if (!g->failing_count || !g->completed_count)
		die("the list needs recordings that failed and recordings that completed");
}

static void fill_record(struct generator *g)
{
	static const uint8_t head[5] = { 23, 3, 3, (RECORD_LEN - 5) >> 8, (RECORD_LEN - 5) & 255 };

	for (size_t i = 0; i < RECORD_LEN; i++)
		g->record[i] = i < sizeof(head) ? head[i] : (uint8_t)random_of(g);
	memcpy(g->record + RECORD_LEN, g->record, RECORD_LEN);
}

static enum stop stop_named(const char *name)
{
	static const char *const names[] = { [STOP_AT_SPEECH] = "speech", [STOP_AT_HOLE] = "hole",
		[STOP_AT_ANSWER] = "answer", [STOP_AT_DATA] = "data" };

	for (int i = STOP_AT_SPEECH; i <= STOP_AT_DATA; i++)
		if (!strcmp(name, names[i]))
			return (enum stop)i;
	die("no such place to stop");
	return STOP_NOWHERE;
}

/* False: usage. */
static bool read_knobs(struct knobs *k, int argc, char **argv)
{
	static const struct option options[] = {
		{ "flows", required_argument, NULL, 'n' }, { "failing", required_argument, NULL, 'f' },
		{ "reordered", required_argument, NULL, 'r' }, { "lost", required_argument, NULL, 'l' },
		{ "data", required_argument, NULL, 'd' }, { "syns", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'S' }, { "rate", required_argument, NULL, 'R' },
		{ "stop", required_argument, NULL, 't' }, { "stopping", required_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 'n': k->flows = strtoull(optarg, NULL, 10); break;
		case 'f': k->failing = strtod(optarg, NULL); break;
		case 'r': k->reordered = strtod(optarg, NULL); break;
		case 'l': k->lost = strtod(optarg, NULL); break;
		case 'd': k->data = strtoull(optarg, NULL, 10); break;
		case 's': k->syns = strtoull(optarg, NULL, 10); break;
		case 'S': k->seed = strtoull(optarg, NULL, 10); break;
		case 'R': k->rate = strtod(optarg, NULL); break;
		case 't': k->stop = stop_named(optarg); break;
		case 'p': k->stopping = strtod(optarg, NULL); break;
		default: return false;
		}
	}
	return argc - optind == 3 && k->rate > 0 && k->flows;
}

int main(int argc, char **argv)
{
	struct generator g = { .knobs = { .seed = 1, .flows = 1000, .failing = 0.1, .rate = 2000, .stopping = 1 } };
	bool good;

	if (!read_knobs(&g.knobs, argc, argv)) {
		fputs("usage: generate [--flows N] [--failing SHARE] [--reordered SHARE] [--lost SHARE]\n"
		      "                [--data BYTES] [--syns N] [--rate PER_SECOND] [--seed N]\n"
		      "                [--stop speech|hole|answer|data] [--stopping SHARE] LIST OUT.pcap OUT.truth\n", stderr);
		return 2;
	}
	g.random = g.knobs.seed;
	g.recordings = must(calloc(RECORDINGS_MAX, sizeof(*g.recordings)));
	g.failing = must(calloc(RECORDINGS_MAX, sizeof(*g.failing)));
	g.completed = must(calloc(RECORDINGS_MAX, sizeof(*g.completed)));
	read_list(&g, argv[optind]);
	fill_record(&g);
	g.truth = fopen(argv[optind + 2], "w");
	if (!wire_open(&g.wire, argv[optind + 1]) || !g.truth)
		die(strerror(errno));
	generate(&g);
	printf("%llu packets, %llu bytes, %llu connections, %llu lone SYNs, %u recordings\n", (unsigned long long)g.wire.packets,
	       (unsigned long long)g.wire.bytes, (unsigned long long)g.flows_begun,
	       (unsigned long long)g.syns_sent, g.count);
	for (uint32_t i = 0; i < g.count; i++)
		recording_free(&g.recordings[i]);
	free(g.recordings);
	free(g.failing);
	free(g.completed);
	free(g.heap);
	good = wire_close(&g.wire);
	return fclose(g.truth) || !good ? 2 : 0;
}
