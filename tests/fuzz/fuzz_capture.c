/* The whole program but its options: a capture file in, both reports out. */
#include <unistd.h>

#include "support.h"

static void report_verdicts(struct analysis *a, struct paper papers[2])
{
	struct verdict v;

	while (analysis_next(a, &v))
		for (int i = 0; i < 2; i++)
			claim(papers[i].report->verdict(papers[i].report, &v), "the report can be written");
}

static void report_rest(struct analysis *a, struct paper papers[2])
{
	struct endpoint e;
	struct summary s;

	analysis_finish(a);
	report_verdicts(a, papers);
	while (analysis_next_endpoint(a, &e))
		for (int i = 0; i < 2; i++)
			papers[i].report->endpoint(papers[i].report, &e);
	analysis_summary(a, &s);
	for (int i = 0; i < 2; i++)
		papers[i].report->summary(papers[i].report, &s);
}

static void take_concluded(struct conversations *c, struct analysis *a)
{
	struct concluded concluded;
	struct handshake *spare;

	while (conversations_next(c, &concluded))
		analysis_add(a, &concluded);
	while ((spare = analysis_spare(a)))
		conversations_reuse(c, spare);
}

static void read_events(struct capture *capture, struct conversations *c, struct analysis *a,
			struct paper papers[2])
{
	struct capture_event event;
	enum capture_result got;

	while ((got = capture_next(capture, &event)) == CAPTURE_EVENT) {
		const struct flow_facts *flow =
			event.kind == CAPTURE_SECRETS ? NULL : capture_flow(capture, event.flow);

		touch(event.bytes, event.len);
		if (conversations_take(c, &event, flow, capture_stats(capture)))
			capture_forget(capture, event.flow);
		take_concluded(c, a);
		if (event.kind == FLOW_OVER)
			report_verdicts(a, papers);
	}
	claim(got != CAPTURE_IDLE, "a file is never idle");
	claim((got == CAPTURE_DAMAGED) == (capture_problem(capture)[0] != '\0'),
	      "damage, and nothing else, has words");
}

static void analyze(struct capture *capture)
{
	static const struct analyze_options options = { .no_trust = true, .keep_completed = true };
	char problem[256];
	struct paper papers[2];
	struct conversations *c;
	struct analysis *a = analysis_new(&options, problem, sizeof(problem));

	claim(a, "an analysis without files begins");
	c = conversations_new(a);
	conversations_input(c, 1, "fuzz.pcap");
	analysis_inputs(a, 1);
	paper_open(&papers[0], report_json_new);
	paper_open(&papers[1], report_text_new);
	read_events(capture, c, a, papers);
	conversations_flush(c);
	take_concluded(c, a);
	report_rest(a, papers);
	paper_close(&papers[0], true);
	paper_close(&papers[1], false);
	capture_close(capture);
	conversations_free(c);
	analysis_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* small, so that what happens when memory ends happens here too */
	static const struct capture_options options = { .memory = 1 << 20, .flow_buffer = 1 << 14 };
	char path[PATH_ROOM], problem[512] = "";
	int fd = file_of(data, size, path);
	struct capture *capture = capture_open_file(path, &options, problem, sizeof(problem));

	claim(capture || problem[0], "what cannot be opened has words");
	if (capture)
		analyze(capture);
	close(fd);
	return 0;
}
