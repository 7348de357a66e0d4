/* What a run tells: verdicts, servers, totals, metrics and the packets of what failed. */
#include <errno.h>
#include <string.h>

#include "state.h"

bool write_failed(struct run *run)
{
	const char *path = run->options->output.path;

	complain("cannot write to %s: %s", path ? path : "standard output", strerror(errno));
	run->trouble = true;
	return false;
}

/* What was reported since the last call is a record of its own; false when the output is gone. */
static bool commit(struct run *run)
{
	return !run->output || output_commit(run->output) || write_failed(run);
}

static void write_evidence(struct run *run, const struct verdict *v, uint32_t flow)
{
	bool good = true;

	if (!run->evidence || v->outcome != OUTCOME_FAILED)
		return;
	if (!run->live)
		evidence_want(run->evidence, v->handshake->file, v->handshake->flow);
	else
		good = capture_evidence(run->live, flow, run->evidence);
	if (good)
		return;
	if (!run->evidence_failed)
		complain("cannot write to %s: %s", run->options->evidence, strerror(errno));
	run->evidence_failed = run->trouble = true;
}

void take_concluded(struct run *run)
{
	struct concluded concluded;
	struct handshake *spare;

	while (conversations_next(run->conversations, &concluded))
		analysis_add(run->analysis, &concluded);
	while ((spare = analysis_spare(run->analysis)))
		conversations_reuse(run->conversations, spare);
}

bool report_verdicts(struct run *run, uint32_t flow)
{
	struct verdict v;

	while (analysis_next(run->analysis, &v)) {
		run->found |= v.outcome == OUTCOME_FAILED;
		write_evidence(run, &v, flow);
		progress_clear(run->progress);
		if (!run->report->verdict(run->report, &v))
			return write_failed(run);
		if (!commit(run))
			return false;
	}
	return true;
}

void add_stats(struct summary *s, const struct capture_stats *c)
{
	s->packets += c->packets;
	s->bytes += c->bytes;
	s->flows += c->flows;
	s->dropped_kernel += c->dropped_kernel;
	s->dropped_interface += c->dropped_interface;
	s->evicted += c->evicted;
	s->missing_bytes += c->missing_bytes;
	s->one_sided += c->one_sided;
	s->cut_packets += c->cut_packets;
	s->duplicates += c->duplicates;
	s->clock_steps += c->clock_steps;
	s->undecodable += c->undecodable;
	if (c->first.frame && (!s->first.frame || c->first.time < s->first.time))
		s->first = c->first;
	if (c->last.frame && (!s->last.frame || c->last.time > s->last.time))
		s->last = c->last;
}

struct capture_stats current_stats(const struct run *run)
{
	if (run->workers)
		return workers_stats(run->workers);
	return run->capture ? *capture_stats(run->capture) : (struct capture_stats){ 0 };
}

/* What analyze/ and capture/ counted, in one. */
static struct summary sum_up(const struct run *run)
{
	struct summary s, counted = run->totals;
	struct capture_stats current = current_stats(run);

	add_stats(&counted, &current);
	analysis_summary(run->analysis, &s);
	counted.files = s.files;
	counted.completed = s.completed;
	counted.failed = s.failed;
	counted.inconclusive = s.inconclusive;
	counted.probes = s.probes;
	memcpy(counted.codes, s.codes, sizeof(s.codes));
	counted.code_count = s.code_count;
	counted.evicted += s.evicted;
	counted.dropped_self = run->output ? output_dropped(run->output) : 0;
	counted.evicted_servers = s.evicted_servers;
	counted.seconds = (double)(monotonic() - run->began) / NS_A_SECOND;
	return counted;
}

static void update_metrics(struct run *run, const struct summary *s)
{
	const char *path = run->options->metrics;

	if (!path || report_metrics(path, s))
		return;
	if (!run->metrics_failed)
		complain("cannot write to %s: %s", path, strerror(errno));
	run->metrics_failed = run->trouble = true;
}

bool report_state(struct run *run)
{
	struct endpoint endpoint;
	struct summary s;

	conversations_flush(run->conversations);
	take_concluded(run);
	s = sum_up(run);
	update_metrics(run, &s);
	while (analysis_next_endpoint(run->analysis, &endpoint)) {
		if (!run->report->endpoint(run->report, &endpoint))
			return write_failed(run);
		if (!commit(run))
			return false;
	}
	return run->report->summary(run->report, &s) ? commit(run) : write_failed(run);
}
