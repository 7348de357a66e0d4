/*
 * tlswhy: the loop that pulls events through the rooms, what interrupts it, exit status.
 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "must.h"
#include "options.h"
#include "reading.h"
#include "report/report.h"
#include "workers.h"

enum {
	PROBLEM_MAX = 512
};

static const int64_t SECOND = 1000000000;

struct run {
	const struct options *options;
	struct analysis *analysis;
	struct conversations *conversations;	/* of the reader that this thread is */
	struct workers *workers;	/* NULL: there is no other reader */
	struct evidence *evidence;	/* NULL: none is written */
	struct output *output;		/* NULL: offline and straight to standard output */
	struct report *report;
	struct capture *live;		/* opened before root is given up */
	struct names files;
	struct summary totals;		/* what capture/ counted, summed over the inputs that are read */
	struct capture *capture;	/* the input that is being read, NULL between two */
	struct progress *progress;	/* NULL unless a person waits at a terminal */
	size_t files_done;
	uint64_t inputs;		/* opened so far */
	int stops, wishes;		/* signalfd: INT and TERM; USR1 and HUP */
	bool trouble, found, stopping, metrics_failed, evidence_failed;
	int64_t began, next_report;	/* monotonic; next_report 0: never */
};

/* ---- signals ---- */

static int watch(const int *signals, size_t count)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < count; i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void watch_signals(struct run *run)
{
	static const int stops[] = { SIGINT, SIGTERM }, wishes[] = { SIGUSR1, SIGHUP };

	run->stops = watch(stops, sizeof(stops) / sizeof(stops[0]));
	run->wishes = watch(wishes, sizeof(wishes) / sizeof(wishes[0]));
}

/* The next one ends the program at once. */
static void let_signals_kill(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* The number of a signal that came, 0 if none did. */
static int signal_of(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}

static int64_t monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * SECOND + now.tv_nsec;
}

/* ---- reporting ---- */

static bool write_failed(struct run *run)
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

/* What is over goes from the reading half of analyze/ to the judging one, and what that needs no more
 * comes back. */
static void take_concluded(struct run *run)
{
	struct concluded concluded;
	struct handshake *spare;

	while (conversations_next(run->conversations, &concluded))
		analysis_add(run->analysis, &concluded);
	while ((spare = analysis_spare(run->analysis)))
		conversations_reuse(run->conversations, spare);
}

/* `flow` is over: when live, what comes out is about it. */
static bool report_verdicts(struct run *run, uint32_t flow)
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

static void add_stats(struct summary *s, const struct capture_stats *c)
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

static struct capture_stats current_stats(const struct run *run)
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
	counted.seconds = (double)(monotonic() - run->began) / (double)SECOND;
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

/* Servers and totals as they stand; false when the output is gone. */
static bool report_state(struct run *run)
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

/* ---- the loop ---- */

static void stop(struct run *run)
{
	run->stopping = true;
	let_signals_kill();
	if (run->workers)
		workers_stop(run->workers);
	else
		capture_stop(run->capture);
}

/* 0 to 1, less where that cannot be known. */
static double part_read(const struct run *run)
{
	double part;

	if (!run->files.count)
		return -1;
	if (run->workers)
		return workers_progress(run->workers);
	part = capture_progress(run->capture);
	return part < 0 ? part : ((double)run->files_done + part) / (double)run->files.count;
}

static void show_progress(struct run *run, int64_t now)
{
	double part = run->progress ? part_read(run) : -1;

	if (part >= 0)
		progress_show(run->progress, part, run->totals.packets + current_stats(run).packets, now);
}

static bool is_time_to_stop(const struct run *run, int64_t now)
{
	return signal_of(run->stops) ||
	       (run->options->duration && now - run->began >= run->options->duration);
}

/* What came from outside the capture: signals, the time, news of interfaces. */
static bool look_up(struct run *run)
{
	int64_t now = monotonic();
	const char *news = run->workers ? workers_news(run->workers) : capture_news(run->capture);
	bool wanted = false;

	if (news)
		complain("%s", news);
	if (!run->stopping && is_time_to_stop(run, now))
		stop(run);
	for (int s; (s = signal_of(run->wishes)); ) {
		wanted |= s == SIGUSR1;
		if (s == SIGHUP && run->output)
			output_reopen(run->output);
	}
	if (run->next_report && now >= run->next_report) {
		run->next_report = now + run->options->interval;
		wanted = true;
	}
	show_progress(run, now);
	return !wanted || report_state(run);
}

/* One event through the rooms; false when the output is gone. */
static bool take_event(struct run *run, struct capture *capture, const struct capture_event *event)
{
	reading_take(capture, run->conversations, event);
	take_concluded(run);
	return event->kind != FLOW_OVER || report_verdicts(run, event->flow);
}

/* False when the output is gone. */
static bool read_events(struct run *run, struct capture *capture)
{
	struct capture_event event;
	enum capture_result got;
	unsigned events = 0;

	while ((got = capture_next(capture, &event)) == CAPTURE_EVENT || got == CAPTURE_IDLE) {
		if (got == CAPTURE_EVENT && !take_event(run, capture, &event))
			return false;
		if ((got == CAPTURE_IDLE || ++events % EVENTS_A_LOOK == 0) && !look_up(run))
			return false;
	}
	run->stopping |= signal_of(run->stops) != 0;	/* which ends a pipe, in mid-packet perhaps */
	if (got == CAPTURE_DAMAGED && !run->stopping) {
		progress_clear(run->progress);
		complain("%s", capture_problem(capture));
		run->trouble = true;
	}
	return true;
}

/* Reads an opened input to its end and closes it; NULL is one that could not be opened. */
static bool read_input(struct run *run, struct capture *capture, const char *name, const char *problem)
{
	bool going;

	if (!capture) {
		complain("%s", problem);
		run->trouble = true;
		return true;
	}
	run->capture = capture;
	conversations_input(run->conversations, ++run->inputs, name);
	analysis_inputs(run->analysis, run->inputs);
	going = read_events(run, capture);
	run->capture = NULL;
	add_stats(&run->totals, capture_stats(capture));
	if (capture != run->live)	/* else its descriptors, closed to writing, would be used again */
		capture_close(capture);
	return going;
}

static bool read_file(struct run *run, const char *path)
{
	struct capture_options o = run->options->capture;
	char problem[PROBLEM_MAX];

	o.wake = run->stops;
	return read_input(run, capture_open_file(path, &o, problem, sizeof(problem)), path, problem);
}

/* An input of several readers ended. */
static void note_input(struct run *run)
{
	struct capture_stats stats;
	const char *problem = workers_over(run->workers, &stats);

	add_stats(&run->totals, &stats);
	analysis_inputs(run->analysis, workers_opened(run->workers));
	if (!problem || run->stopping)
		return;
	progress_clear(run->progress);
	complain("%s", problem);
	run->trouble = true;
}

static bool take_attempt(struct run *run, const struct concluded *concluded)
{
	struct handshake *spare;

	analysis_add(run->analysis, concluded);
	while ((spare = analysis_spare(run->analysis)))
		workers_reuse(run->workers, spare);
	return report_verdicts(run, 0);
}

/* False when the output is gone. */
static bool take_attempts(struct run *run)
{
	struct concluded concluded;
	enum worker_news news;
	unsigned attempts = 0;

	while ((news = workers_next(run->workers, &concluded)) != WORKER_DONE) {
		if (news == WORKER_INPUT_OVER)
			note_input(run);
		if (news == WORKER_CONCLUDED && !take_attempt(run, &concluded))
			return false;
		if ((news == WORKER_BUSY || ++attempts % EVENTS_A_LOOK == 0) && !look_up(run))
			return false;
	}
	return true;
}

static bool listen_live(struct run *run)
{
	char problem[PROBLEM_MAX];

	if (run->options->interval)
		run->next_report = run->began + run->options->interval;
	if (!run->workers)
		return read_input(run, run->live, run->options->interfaces.at[0], NULL);
	if (workers_listen(run->workers, problem, sizeof(problem)))
		return take_attempts(run);
	complain("%s", problem);
	return false;
}

/* All files by several readers at a time; false when the output is gone. */
static bool read_together(struct run *run, size_t workers)
{
	char problem[PROBLEM_MAX];
	bool going;

	run->workers = workers_start(run->analysis, run->options, &run->files, workers, problem, sizeof(problem));
	if (!run->workers) {
		complain("%s", problem);
		return false;
	}
	going = take_attempts(run);
	workers_free(run->workers);
	run->workers = NULL;
	return going;
}

static bool read_one_by_one(struct run *run)
{
	bool going = true;

	for (; going && !run->stopping && run->files_done < run->files.count; run->files_done++)
		going = read_file(run, run->files.at[run->files_done]);
	return going;
}

static bool read_all(struct run *run)
{
	const struct options *o = run->options;
	size_t workers;
	bool going;

	if (o->interfaces.count)
		return listen_live(run);
	run->trouble |= !inputs_list(&o->inputs, &run->files);
	if (isatty(STDERR_FILENO))
		run->progress = must(progress_new(stderr, run->began));
	workers = workers_wanted(o, &run->files);
	going = workers > 1 ? read_together(run, workers) : read_one_by_one(run);
	progress_free(run->progress);
	run->progress = NULL;
	return going;
}

static bool report_rest(struct run *run)
{
	conversations_flush(run->conversations);
	take_concluded(run);
	analysis_finish(run->analysis);
	return report_verdicts(run, 0) && report_state(run);
}

/* ---- preparations ---- */

static struct report_options report_options(const struct options *o)
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
	return geteuid() != 0 || capture_become(run->options->user, problem, problem_len);
}

static bool open_report(struct run *run, char *problem, size_t problem_len)
{
	const struct options *o = run->options;
	struct report_options r = report_options(o);

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
	inside = capture_confine(run->workers ? workers_capture(run->workers) : run->live, (const char *const *)writable.at, writable.count, problem, problem_len);
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

static bool prepare(struct run *run)
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

static int analyze(const struct options *o)
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

static int explain(int argc, char **argv)
{
	struct report_options r = report_options(&(struct options){ 0 });

	if (argc > 2 && !strcmp(argv[2], "--mdoc"))
		return report_manual(stdout) ? EXIT_OK : EXIT_TROUBLE;
	if (argc > 3) {
		complain("explain takes one code, or one message in quotes");
		return EXIT_TROUBLE;
	}
	if (report_explain(stdout, argc > 2 ? argv[2] : NULL, &r))
		return EXIT_OK;
	complain("nothing known fits '%s'; 'tlswhy explain' lists all causes", argv[2]);
	return EXIT_TROUBLE;
}

static int list_interfaces(void)
{
	static struct capture_interface found[INTERFACES_LISTED];
	char problem[PROBLEM_MAX];
	size_t count = capture_interfaces(found, INTERFACES_LISTED, problem, sizeof(problem));

	if (problem[0]) {
		complain("%s", problem);
		return EXIT_TROUBLE;
	}
	for (size_t i = 0; i < count; i++)
		printf("%zu.%s%s%s%s [%s%s]\n", i + 1, found[i].name, found[i].description[0] ? " (" : "",
		       found[i].description, found[i].description[0] ? ")" : "",
		       found[i].up ? "up" : "down", found[i].loopback ? ", loopback" : "");
	return EXIT_OK;
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	int status = EXIT_TROUBLE;

	signal(SIGPIPE, SIG_IGN);	/* a write fails instead, and is told */
	if (argc > 1 && !strcmp(argv[1], "explain"))
		status = explain(argc, argv);
	else if (options_read(&o, argc, argv))
		status = o.list_interfaces ? list_interfaces() : analyze(&o);
	options_free(&o);
	if (status != EXIT_TROUBLE && !output_arrived())
		status = EXIT_TROUBLE;
	return status;
}
