/* The loop that pulls events through the rooms, and what it looks up for between them. */
#include <signal.h>
#include <unistd.h>

#include "../must.h"
#include "reading.h"
#include "state.h"

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
	if (!run->stopping && signal_of(run->stops))	/* it ends a pipe or a wait, in mid-packet perhaps */
		stop(run);
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

bool read_all(struct run *run)
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
