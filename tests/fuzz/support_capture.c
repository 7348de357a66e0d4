#include "support_capture.h"

struct desk {
	struct capture *capture;
	struct analysis *analysis;
	struct conversations *conversations;
	struct report *const *reports;
	size_t report_count;
};

static void report_verdicts(const struct desk *d)
{
	struct verdict v;

	while (analysis_next(d->analysis, &v))
		for (size_t i = 0; i < d->report_count; i++)
			claim(d->reports[i]->verdict(d->reports[i], &v), "the report can be written");
}

static void take_concluded(const struct desk *d)
{
	struct concluded concluded;
	struct handshake *spare;

	while (conversations_next(d->conversations, &concluded))
		analysis_add(d->analysis, &concluded);
	while ((spare = analysis_spare(d->analysis)))
		conversations_reuse(d->conversations, spare);
}

static void report_rest(const struct desk *d)
{
	struct endpoint e;
	struct summary s;

	conversations_flush(d->conversations);
	take_concluded(d);
	analysis_finish(d->analysis);
	report_verdicts(d);
	while (analysis_next_endpoint(d->analysis, &e))
		for (size_t i = 0; i < d->report_count; i++)
			claim(d->reports[i]->endpoint(d->reports[i], &e), "the report can be written");
	analysis_summary(d->analysis, &s);
	for (size_t i = 0; i < d->report_count; i++)
		claim(d->reports[i]->summary(d->reports[i], &s), "the report can be written");
}

static void take_event(const struct desk *d, const struct capture_event *event)
{
	bool bare = event->kind == CAPTURE_SECRETS || event->kind == FLOW_OPENED;
	const struct flow_facts *flow = bare ? NULL : capture_flow(d->capture, event->flow);

	touch(event->bytes, event->len);
	switch (conversations_take(d->conversations, event, flow, capture_stats(d->capture))) {
	case INTEREST_NONE:
		capture_dismiss(d->capture, event->flow);
		break;
	case INTEREST_END:
		capture_forget(d->capture, event->flow);
		break;
	case INTEREST_BYTES:
		break;
	}
	take_concluded(d);
	if (event->kind == FLOW_OVER)
		report_verdicts(d);
	else if (flow)
		capture_charge(d->capture, event->flow, conversations_bytes(d->conversations, event->flow));
}

struct reading read_capture(const char *path, const struct capture_options *options, struct report *const *reports,
			    size_t report_count)
{
	static const struct analyze_options judge = { .no_trust = true, .keep_completed = true };
	struct desk d = { .reports = reports, .report_count = report_count };
	struct reading out = { 0 };
	struct capture_event event;
	enum capture_result got;

	d.capture = capture_open_file(path, options, out.problem, sizeof(out.problem));
	claim(d.capture || out.problem[0], "what cannot be opened has words");
	if (!d.capture)
		return out;
	d.analysis = analysis_new(&judge, out.problem, sizeof(out.problem));
	claim(d.analysis, "an analysis without files begins");
	d.conversations = conversations_new(d.analysis);
	conversations_input(d.conversations, 1, "a.pcap");
	analysis_inputs(d.analysis, 1);
	while ((got = capture_next(d.capture, &event)) == CAPTURE_EVENT || got == CAPTURE_IDLE)
		if (got == CAPTURE_EVENT)
			take_event(&d, &event);
	report_rest(&d);
	out.opened = true;
	out.damaged = got == CAPTURE_DAMAGED;
	snprintf(out.problem, sizeof(out.problem), "%s", capture_problem(d.capture));
	claim(out.damaged == (out.problem[0] != '\0'), "damage, and nothing else, has words");
	capture_close(d.capture);
	conversations_free(d.conversations);
	analysis_free(d.analysis);
	return out;
}
