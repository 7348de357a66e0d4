/* What is opened before the first packet is read, in the order that giving up rights wants. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../must.h"
#include "run.h"
#include "state.h"

struct report_options run_report_options(const struct options *o)
{
	struct winsize size = { 0 };
	bool terminal = !o->output.path && isatty(STDOUT_FILENO);
	const char *no_colour = getenv("NO_COLOR");
	struct report_options r = { .out = stdout, .all = o->all, .failed_only = o->failed_only, .columns = 80 };

	r.colour = terminal && !(no_colour && *no_colour);
	if (terminal && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col > 80)
		r.columns = size.ws_col;
	return r;
}

static bool open_analysis(struct run *run, char *problem, size_t problem_len)
{
	const struct options *o = run->options;

	run->analysis = analysis_new(&o->analyze, problem, problem_len);
	if (!run->analysis)
		return false;
	run->conversations = conversations_new(run->analysis);
	return !o->keylog ||
	       keylog_add_file(analysis_keylog(run->analysis), o->keylog, problem, problem_len);
}

/* Threads that follow what interfaces bring. The packets of a flow that failed are written while its
 * verdict is there, which only a single one can do. */
static size_t listeners(const struct options *o)
{
	return o->evidence ? 1 : o->workers;
}

/* The last thing that needs root. */
static bool open_interfaces(struct run *run, char *problem, size_t problem_len)
{
	struct capture_options o = run->options->capture;

	if (!run->options->interfaces.count)
		return true;
	o.wake = run->stops;
	if (listeners(run->options) > 1)
		run->workers = workers_open_live(run->analysis, run->options, run->stops,
						 listeners(run->options), problem, problem_len);
	else
		run->live = capture_open_live(&run->options->live, &o, problem, problem_len);
	if (!run->live && !run->workers)
		return false;
	return capture_become(run->options->user, problem, problem_len);
}

static bool open_report(struct run *run, char *problem, size_t problem_len)
{
	const struct options *o = run->options;
	struct report_options r = run_report_options(o);

	if (o->output.path || o->analyze.live) {
		run->output = output_open(&o->output, problem, problem_len);
		if (!run->output)
			return false;
		r.out = output_stream(run->output);
	}
	if (o->evidence && inputs_include(&o->inputs, o->evidence)) {
		snprintf(problem, problem_len, "-w %s: would overwrite what is to be read", o->evidence);
		return false;
	}
	if (o->evidence)
		run->evidence = evidence_open(o->evidence, problem, problem_len);
	if (o->evidence && !run->evidence)
		return false;
	run->report = must(o->json ? report_json_new(&r) : report_text_new(&r));
	return true;
}

static void add_directory_of(struct names *n, const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	char *directory;

	if (!path)
		return;
	directory = must(slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup("."));
	names_add(n, directory);
	free(directory);
}

/* Who listens as a service would rather not run than run without. */
static bool enter_sandbox(struct run *run, char *problem, size_t problem_len)
{
	const struct options *o = run->options;
	struct names writable = { 0 };
	bool inside;

	if (o->no_sandbox) {
		complain("running without a sandbox, as --no-sandbox says");
		return true;
	}
	add_directory_of(&writable, o->output.path);
	add_directory_of(&writable, o->metrics);
	inside = capture_confine(run->workers ? workers_capture(run->workers) : run->live,
				 (const char *const *)writable.at, writable.count, problem, problem_len);
	names_free(&writable);
	if (inside || o->analyze.live)
		return inside;
	complain("running without a sandbox: %s", problem);
	return true;
}

/* Memory is taken from the kernel in large pieces and kept: what ends makes room for what begins. */
static void keep_memory(void)
{
	enum { PIECE = 1 << 20, KEPT = 256 << 20 };

	mallopt(M_TOP_PAD, PIECE);
	mallopt(M_TRIM_THRESHOLD, KEPT);
}

bool prepare(struct run *run)
{
	char problem[PROBLEM_MAX] = "out of memory";

	keep_memory();
	run->began = monotonic();
	watch_signals(run);
	if (open_analysis(run, problem, sizeof(problem)) && open_interfaces(run, problem, sizeof(problem)) &&
	    open_report(run, problem, sizeof(problem)) && enter_sandbox(run, problem, sizeof(problem)))
		return true;
	complain("%s", problem);
	return false;
}
