/* From preparations to the exit status. */
#include "run.h"
#include "state.h"

static bool report_rest(struct run *run)
{
	conversations_flush(run->conversations);
	take_concluded(run);
	analysis_finish(run->analysis);
	return report_verdicts(run, 0) && report_state(run);
}

static int exit_status(const struct run *run)
{
	if (run->trouble)
		return EXIT_TROUBLE;
	return run->options->fail && run->found ? EXIT_FOUND : EXIT_OK;
}

static void close_evidence(struct run *run)
{
	char problem[PROBLEM_MAX];
	bool good = evidence_close(run->evidence, problem, sizeof(problem));

	if (problem[0] && !run->evidence_failed)
		complain("%s", problem);
	run->trouble |= !good;
}

int run_analyze(const struct options *o)
{
	struct run run = { .options = o };
	int status;

	if (!prepare(&run) || !read_all(&run) || !report_rest(&run))
		run.trouble = true;
	if (run.report)
		run.report->close(run.report);
	if (!output_close(run.output) && !run.trouble)
		write_failed(&run);
	capture_close(run.live);
	workers_free(run.workers);
	close_evidence(&run);
	status = exit_status(&run);
	conversations_free(run.conversations);
	analysis_free(run.analysis);
	names_free(&run.files);
	return status;
}
