#include <stdio.h>
#include <stdlib.h>

#include "confine.h"
#include "evidence.h"
#include "file.h"
#include "filter.h"
#include "keep.h"
#include "live.h"
#include "relay.h"
#include "reorder.h"

enum {
	/* One in eight of the memory for flows may wait in IP fragments. */
	FRAGMENT_SHARE = 8,
	CLOCK_STEP = 1000000000,	/* ns back, from one packet to the next, worth a count */
	/* Frames that may cause nothing before the caller gets a chance to do something else. */
	FRAMES_A_CALL = 4096,
	/* Frames looked at before the first of them is taken: enough to wait for memory but once. */
	AHEAD = 32
};

static const size_t MEMORY_DEFAULT = (size_t)512 * 1024 * 1024;

struct capture {
	struct input input;
	struct filter *filter;	/* NULL: every packet */
	struct decoder *decoder;
	struct flows *flows;
	struct keep *keep;	/* NULL: no packets are kept */
	uint32_t over;		/* its FLOW_OVER was handed out last; NO_FLOW */
	struct capture_stats stats;
	struct frame ahead[AHEAD];	/* of the input, and what a glance says of them */
	struct sight sights[AHEAD];
	size_t ahead_at, ahead_count;
	struct live *live;	/* the input, if it is one */
	const struct capture_relay *relay;	/* behind the input, if there is one */
	uint64_t count;		/* packets to end after; 0: none */
	enum capture_result result;	/* what is left to say once the events are out */
	bool ended;
};

static struct capture *give_up(struct capture *c)
{
	capture_close(c);
	return NULL;
}

static bool add_filter(struct capture *c, const char *expression, char *problem, size_t problem_len)
{
	if (!expression)
		return true;
	c->filter = filter_new(expression, c->input.link_type(c->input.of), problem, problem_len);
	return c->filter != NULL;
}

/* What stands behind the input; NULL without memory, and then `c` is gone. */
static struct capture *furnish(struct capture *c, const struct capture_options *options,
			       char *problem, size_t problem_len)
{
	size_t memory = options->memory ? options->memory : MEMORY_DEFAULT;

	c->count = options->count;
	c->over = NO_FLOW;
	c->keep = options->keep ? keep_new(options->keep - options->keep / FRAGMENT_SHARE) : NULL;
	c->decoder = decoder_new(memory / FRAGMENT_SHARE);
	if (c->keep && c->decoder)
		decoder_keep(c->decoder, options->keep / FRAGMENT_SHARE);
	c->flows = flows_new(options, &c->stats);
	if (c->keep && c->flows)
		flows_follow(c->flows);
	snprintf(problem, problem_len, "%s", c->decoder && c->flows ? "" : "no memory");
	return c->decoder && c->flows ? c : give_up(c);
}

struct capture *capture_open_file(const char *path, const struct capture_options *options,
				  char *problem, size_t problem_len)
{
	static const struct capture_options none;
	struct capture *c = calloc(1, sizeof(*c));
	struct file *file;

	snprintf(problem, problem_len, "%s: no memory", path);
	if (!c)
		return NULL;
	options = options ? options : &none;
	file = file_open(path, problem, problem_len);
	if (!file)
		return give_up(c);
	file_wake(file, options->wake);
	c->input = file_input(file);
	if (!reorder_input(&c->input))
		return give_up(c);
	if (!add_filter(c, options->filter, problem, problem_len))
		return give_up(c);
	return furnish(c, options, problem, problem_len);
}

struct capture *capture_open_live(const struct capture_live *live, const struct capture_options *options,
				  char *problem, size_t problem_len)
{
	struct capture *c = calloc(1, sizeof(*c));

	snprintf(problem, problem_len, "no memory");
	if (!c)
		return NULL;
	c->live = live_open(live, options, problem, problem_len);
	if (!c->live)
		return give_up(c);
	c->input = live_input(c->live);
	return furnish(c, options, problem, problem_len);
}

struct capture *capture_open_relay(struct capture_relay *r, const struct capture_options *options,
				   char *problem, size_t problem_len)
{
	struct capture *c = calloc(1, sizeof(*c));

	snprintf(problem, problem_len, "no memory");
	if (!c)
		return NULL;
	c->relay = r;
	c->input = relay_input(r, options->share);
	return furnish(c, options, problem, problem_len);
}

static void count_frame(struct capture_stats *stats, const struct frame *frame)
{
	stats->packets++;
	stats->bytes += frame->wire_len;
	stats->cut_packets += frame->len < frame->wire_len;
	if (!stats->first.frame)
		stats->first = frame->mark;
	else if (frame->mark.time < stats->last.time - CLOCK_STEP)
		stats->clock_steps++;
	stats->last = frame->mark;
}

/* `before`: the fragments without which the frame would be no packet. */
static void keep_packet(struct capture *c, const struct kept *before, const struct frame *frame)
{
	uint32_t flow = flows_current(c->flows);

	if (!c->keep || flow == NO_FLOW)
		return;
	for (; before; before = before->next)
		keep_frame(c->keep, flow, &before->frame);
	keep_frame(c->keep, flow, frame);
}

static void take_frame(struct capture *c, const struct frame *frame, const struct sight *sight)
{
	struct packet packet;
	bool undecodable;

	count_frame(&c->stats, frame);
	if (c->filter && !filter_matches(c->filter, frame))
		return;
	if (flows_take_seen(c->flows, frame, sight)) {
		keep_packet(c, NULL, frame);
		return;
	}
	if (decode(c->decoder, frame, &packet, &undecodable)) {
		flows_take(c->flows, &packet);
		keep_packet(c, decoder_fragments(c->decoder), frame);
	}
	c->stats.undecodable += undecodable;
}

static void note_drops(struct capture *c)
{
	c->input.drops(c->input.of, &c->stats.dropped_kernel, &c->stats.dropped_interface);
}

static void end_input(struct capture *c, enum capture_result result)
{
	c->ended = true;
	c->result = result;
	note_drops(c);
	flows_end(c->flows);
}

static struct capture_event secrets_event(const struct frame *block)
{
	return (struct capture_event){
		.kind = CAPTURE_SECRETS,
		.mark = block->mark,
		.bytes = block->bytes,
		.len = block->len,
	};
}

void capture_stop(struct capture *c)
{
	if (!c->ended)
		end_input(c, CAPTURE_END);
}

/* Time goes on where nothing comes: flows become idle. */
static void be_idle(struct capture *c, const struct frame *nothing)
{
	note_drops(c);
	flows_tick(c->flows, nothing->mark.time);
}

static bool next_event(struct capture *c, struct capture_event *out)
{
	bool got;

	if (c->keep && c->over != NO_FLOW)
		keep_drop(c->keep, c->over);
	got = flows_next(c->flows, out);
	c->over = got && out->kind == FLOW_OVER ? out->flow : NO_FLOW;
	return got;
}

bool capture_evidence(const struct capture *c, uint32_t flow, struct evidence *e)
{
	return !c->keep || evidence_write(e, keep_of(c->keep, flow), c->input.link_type(c->input.of) < 0);
}

/* False when the input has to be asked for more. */
static bool look_ahead(struct capture *c)
{
	if (c->ahead_at < c->ahead_count)
		return true;
	c->ahead_at = 0;
	c->ahead_count = c->input.more ? c->input.more(c->input.of, c->ahead, AHEAD) : 0;
	for (size_t i = 0; i < c->ahead_count; i++)
		flows_expect(c->flows, &c->ahead[i], &c->sights[i]);
	return c->ahead_count > 0;
}

static void note_frame(struct capture *c, const struct frame *frame, const struct sight *sight)
{
	take_frame(c, frame, sight);
	if (c->stats.packets == c->count)
		end_input(c, CAPTURE_END);
}

enum capture_result capture_next(struct capture *c, struct capture_event *out)
{
	struct frame frame;
	struct sight sight;

	for (int frames = 0; !next_event(c, out); frames++) {
		if (c->ended)
			return c->result;
		if (frames == FRAMES_A_CALL)
			return CAPTURE_IDLE;
		if (look_ahead(c)) {
			note_frame(c, &c->ahead[c->ahead_at], &c->sights[c->ahead_at]);
			c->ahead_at++;
			continue;
		}
		switch (c->input.next(c->input.of, &frame)) {
		case INPUT_FRAME:
			flows_expect(c->flows, &frame, &sight);
			note_frame(c, &frame, &sight);
			break;
		case INPUT_SECRETS:
			*out = secrets_event(&frame);
			return CAPTURE_EVENT;
		case INPUT_IDLE:
			be_idle(c, &frame);
			return next_event(c, out) ? CAPTURE_EVENT : CAPTURE_IDLE;
		case INPUT_END:
			end_input(c, CAPTURE_END);
			break;
		case INPUT_DAMAGED:
			end_input(c, CAPTURE_DAMAGED);
			break;
		}
	}
	return CAPTURE_EVENT;
}

const struct flow_facts *capture_flow(const struct capture *c, uint32_t flow)
{
	return flows_facts(c->flows, flow);
}

void capture_forget(struct capture *c, uint32_t flow)
{
	flows_forget(c->flows, flow);
}

void capture_dismiss(struct capture *c, uint32_t flow)
{
	flows_dismiss(c->flows, flow);
	if (c->keep)		/* its end will not be told: no other would drop it before its number is another's */
		keep_drop(c->keep, flow);
}

void capture_charge(struct capture *c, uint32_t flow, size_t bytes)
{
	flows_charge(c->flows, flow, bytes);
}

const char *capture_problem(const struct capture *c)
{
	return c->input.problem(c->input.of);
}

const struct capture_stats *capture_stats(const struct capture *c)
{
	return &c->stats;
}

bool capture_confine(const struct capture *c, const char *const *directories, size_t count,
		     char *problem, size_t problem_len)
{
	struct taps taps = { .count = 0 };

	if (c && c->live)
		live_taps(c->live, &taps);
	if (c && c->relay)
		relay_taps(c->relay, &taps);
	return confine(&taps, directories, count, problem, problem_len);
}

const char *capture_news(struct capture *c)
{
	return c->live ? live_news(c->live) : NULL;
}

void capture_streams_tell(struct capture *c, struct capture_streams *to)
{
	flows_tell_streams(c->flows, to);
}

void capture_stats_join(struct capture_stats *stats, const struct capture_stats *share)
{
	stats->flows += share->flows;
	stats->evicted += share->evicted;
	stats->duplicates += share->duplicates;
	stats->missing_bytes += share->missing_bytes;
	stats->one_sided += share->one_sided;
	stats->memory_peak += share->memory_peak;
}

double capture_progress(const struct capture *c)
{
	return c->input.progress(c->input.of);
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	keep_free(c->keep);
	flows_free(c->flows);
	decoder_free(c->decoder);
	filter_free(c->filter);
	if (c->input.of)
		c->input.close(c->input.of);
	free(c);
}
