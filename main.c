/*
 * tlswhy: options, the loop that pulls events through the rooms, exit status.
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report/report.h"

enum { EXIT_OK = 0, EXIT_FOUND = 1, EXIT_TROUBLE = 2, TLS_PORTS_MAX = 64, PROBLEM_MAX = 512 };

struct names {
	char **at;
	size_t count, room;
};

struct options {
	struct names inputs;		/* as given: files, directories, "-" */
	char *filter;			/* owned */
	const char *keylog;
	bool json, all, failed_only, fail;
	uint16_t tls_ports[TLS_PORTS_MAX];
	struct analyze_options analyze;
	struct capture_options capture;
};

struct run {
	const struct options *options;
	struct analysis *analysis;
	struct report *report;
	struct names files;
	struct summary totals;		/* what capture/ counted, summed over the inputs */
	bool trouble, found;
	struct timespec began;
};

static const char usage[] =
	"usage: tlswhy [-r FILE|- ...] [options] [FILE ...] [BPF filter expression]\n"
	"       tlswhy explain [CODE|TEXT]\n"
	"\n"
	"Says why TLS handshakes in captures failed.\n"
	"\n"
	"  -r FILE           read a capture: pcap or pcapng, also gzip or zstd; a directory; - is stdin\n"
	"  --all             show the handshakes that worked too\n"
	"  --json            one JSON record a line on standard output, of every handshake\n"
	"  --failed          with --json: leave out those that completed\n"
	"  --fail            exit status 1 when at least one handshake failed\n"
	"  --keylog FILE     NSS key log, to read what is encrypted\n"
	"  --ca-file FILE    the client's own trusted roots (PEM); default: the system's bundle\n"
	"  --ca-path DIR     a directory of them\n"
	"  --no-trust        judge certificates without any trusted root\n"
	"  --crl FILE        certificate revocation lists to hold certificates against\n"
	"  --tls-port PORT   TLS is expected on this port too; may be repeated\n"
	"  -h, --help        this text\n"
	"  -V, --version     the version\n";

__attribute__((format(printf, 1, 2)))
static void complain(const char *format, ...)
{
	va_list args;

	fputs("tlswhy: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static void *must(void *memory)
{
	if (!memory) {
		complain("out of memory");
		exit(EXIT_TROUBLE);
	}
	return memory;
}

static void add_name(struct names *n, const char *name)
{
	if (n->count == n->room) {
		n->room = n->room ? n->room * 2 : 16;
		n->at = must(realloc(n->at, n->room * sizeof(*n->at)));
	}
	n->at[n->count++] = must(strdup(name));
}

static void free_names(struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->at[i]);
	free(n->at);
}

/* ---- options ---- */

static bool add_tls_port(struct options *o, const char *text)
{
	char *end;
	long port = strtol(text, &end, 10);

	if (*end || port < 1 || port > 65535 || o->analyze.tls_port_count == TLS_PORTS_MAX) {
		complain("--tls-port takes a port number from 1 to 65535, not '%s'", text);
		return false;
	}
	o->tls_ports[o->analyze.tls_port_count++] = (uint16_t)port;
	return true;
}

/* Words behind the options: those that name something readable are inputs, the rest is the filter,
 * as with tcpdump. */
static void take_words(struct options *o, char **words, int count)
{
	int first = 0;
	size_t len = 1;

	while (first < count && (!strcmp(words[first], "-") || !access(words[first], F_OK) ||
				 (!first && !o->inputs.count)))
		add_name(&o->inputs, words[first++]);
	for (int i = first; i < count; i++)
		len += strlen(words[i]) + 1;
	if (first == count)
		return;
	o->filter = must(calloc(len, 1));
	for (int i = first; i < count; i++) {
		strcat(o->filter, words[i]);
		if (i + 1 < count)
			strcat(o->filter, " ");
	}
}

enum long_option { OPT_ALL = 256, OPT_JSON, OPT_FAILED, OPT_FAIL, OPT_KEYLOG, OPT_CA_FILE, OPT_CA_PATH,
		   OPT_NO_TRUST, OPT_CRL, OPT_TLS_PORT };

static const struct option long_options[] = {
	{ "all", no_argument, NULL, OPT_ALL },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "failed", no_argument, NULL, OPT_FAILED },
	{ "fail", no_argument, NULL, OPT_FAIL },
	{ "keylog", required_argument, NULL, OPT_KEYLOG },
	{ "ca-file", required_argument, NULL, OPT_CA_FILE },
	{ "ca-path", required_argument, NULL, OPT_CA_PATH },
	{ "no-trust", no_argument, NULL, OPT_NO_TRUST },
	{ "crl", required_argument, NULL, OPT_CRL },
	{ "tls-port", required_argument, NULL, OPT_TLS_PORT },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static bool take_option(struct options *o, int option)
{
	switch (option) {
	case 'r': add_name(&o->inputs, optarg); return true;
	case OPT_ALL: o->all = true; return true;
	case OPT_JSON: o->json = true; return true;
	case OPT_FAILED: o->failed_only = true; return true;
	case OPT_FAIL: o->fail = true; return true;
	case OPT_KEYLOG: o->keylog = optarg; return true;
	case OPT_CA_FILE: o->analyze.ca_file = optarg; return true;
	case OPT_CA_PATH: o->analyze.ca_path = optarg; return true;
	case OPT_NO_TRUST: o->analyze.no_trust = true; return true;
	case OPT_CRL: o->analyze.crl_file = optarg; return true;
	case OPT_TLS_PORT: return add_tls_port(o, optarg);
	default: return false;
	}
}

/* False: usage. Does not return after --help and --version. */
static bool read_options(struct options *o, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "r:hV", long_options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			exit(EXIT_OK);
		}
		if (option == 'V') {
			puts("tlswhy " TLSWHY_VERSION);
			exit(EXIT_OK);
		}
		if (!take_option(o, option))
			return false;
	}
	take_words(o, argv + optind, argc - optind);
	o->analyze.tls_ports = o->tls_ports;
	o->analyze.keep_completed = (o->json && !o->failed_only) || o->all;
	o->capture.filter = o->filter;
	return o->inputs.count > 0;
}

/* ---- inputs ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_input(struct run *run, const char *path, bool given);

static void add_directory(struct run *run, const char *path)
{
	DIR *d = opendir(path);
	struct names entries = { 0 };
	struct dirent *e;

	if (!d) {
		complain("%s: %s", path, strerror(errno));
		run->trouble = true;
		return;
	}
	while ((e = readdir(d))) {
		char *full;

		if (e->d_name[0] == '.')
			continue;
		if (asprintf(&full, "%s/%s", path, e->d_name) < 0)
			must(NULL);
		add_name(&entries, full);
		free(full);
	}
	closedir(d);
	if (entries.count)
		qsort(entries.at, entries.count, sizeof(*entries.at), by_name);
	for (size_t i = 0; i < entries.count; i++)
		add_input(run, entries.at[i], false);
	free_names(&entries);
}

/* In a directory only what is named like a capture is read; what is given by name is always tried. */
static bool named_like_capture(const char *path)
{
	static const char *const endings[] = { ".pcap", ".pcapng", ".cap", ".dmp", ".ntar" };
	size_t len = strlen(path);

	if (len > 3 && !strcmp(path + len - 3, ".gz"))
		len -= 3;
	else if (len > 4 && !strcmp(path + len - 4, ".zst"))
		len -= 4;
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t n = strlen(endings[i]);

		if (len > n && !strncmp(path + len - n, endings[i], n))
			return true;
	}
	return strstr(path, ".pcap") != NULL;	/* tcpdump -C: name.pcap1 */
}

static void add_input(struct run *run, const char *path, bool given)
{
	struct stat st;

	if (strcmp(path, "-") != 0 && !stat(path, &st) && S_ISDIR(st.st_mode))
		add_directory(run, path);
	else if (given || named_like_capture(path))
		add_name(&run->files, path);
}

/* ---- the loop ---- */

static bool write_failed(struct run *run)
{
	if (errno != EPIPE)
		complain("cannot write: %s", strerror(errno));
	run->trouble = true;
	return false;
}

static bool report_verdicts(struct run *run)
{
	struct verdict v;

	while (analysis_next(run->analysis, &v)) {
		run->found |= v.outcome == OUTCOME_FAILED;
		if (!run->report->verdict(run->report, &v))
			return write_failed(run);
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

/* Packet by packet through the rooms; false when the output is gone. */
static bool read_events(struct run *run, struct capture *capture)
{
	struct capture_event event;
	enum capture_result got;

	while ((got = capture_next(capture, &event)) == CAPTURE_EVENT) {
		const struct flow_facts *flow =
			event.kind == CAPTURE_SECRETS ? NULL : capture_flow(capture, event.flow);

		if (analysis_take(run->analysis, &event, flow, capture_stats(capture)))
			capture_forget(capture, event.flow);
		if (event.kind == FLOW_OVER && !report_verdicts(run))
			return false;
	}
	if (got == CAPTURE_DAMAGED) {
		complain("%s", capture_problem(capture));
		run->trouble = true;
	}
	return true;
}

static bool read_file(struct run *run, const char *path)
{
	char problem[PROBLEM_MAX];
	struct capture *capture = capture_open_file(path, &run->options->capture, problem, sizeof(problem));
	bool going;

	if (!capture) {
		complain("%s", problem);
		run->trouble = true;
		return true;
	}
	analysis_input(run->analysis, path);
	going = read_events(run, capture);
	add_stats(&run->totals, capture_stats(capture));
	capture_close(capture);
	return going;
}

static bool report_rest(struct run *run)
{
	struct endpoint endpoint;
	struct summary s;
	struct timespec now;

	analysis_finish(run->analysis);
	if (!report_verdicts(run))
		return false;
	while (analysis_next_endpoint(run->analysis, &endpoint))
		if (!run->report->endpoint(run->report, &endpoint))
			return write_failed(run);
	analysis_summary(run->analysis, &s);
	s.packets = run->totals.packets;
	s.bytes = run->totals.bytes;
	s.flows = run->totals.flows;
	s.dropped_kernel = run->totals.dropped_kernel;
	s.dropped_interface = run->totals.dropped_interface;
	s.evicted += run->totals.evicted;
	s.missing_bytes = run->totals.missing_bytes;
	s.one_sided = run->totals.one_sided;
	s.cut_packets = run->totals.cut_packets;
	s.duplicates = run->totals.duplicates;
	s.clock_steps = run->totals.clock_steps;
	s.undecodable = run->totals.undecodable;
	s.first = run->totals.first;
	s.last = run->totals.last;
	clock_gettime(CLOCK_MONOTONIC, &now);
	s.seconds = (double)(now.tv_sec - run->began.tv_sec) + (double)(now.tv_nsec - run->began.tv_nsec) / 1e9;
	return run->report->summary(run->report, &s) || write_failed(run);
}

static struct report_options report_options(const struct options *o)
{
	struct winsize size = { 0 };
	bool terminal = isatty(STDOUT_FILENO);
	const char *no_colour = getenv("NO_COLOR");
	struct report_options r = { .out = stdout, .all = o->all, .failed_only = o->failed_only, .columns = 80 };

	r.colour = terminal && !(no_colour && *no_colour);
	if (terminal && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col > 80)
		r.columns = size.ws_col;
	return r;
}

static bool open_run(struct run *run)
{
	const struct options *o = run->options;
	struct report_options r = report_options(o);
	char problem[PROBLEM_MAX] = "out of memory";

	run->analysis = analysis_new(&o->analyze, problem, sizeof(problem));
	if (!run->analysis) {
		complain("%s", problem);
		return false;
	}
	if (o->keylog && !keylog_add_file(analysis_keylog(run->analysis), o->keylog, problem, sizeof(problem))) {
		complain("%s", problem);
		return false;
	}
	run->report = must(o->json ? report_json_new(&r) : report_text_new(&r));
	clock_gettime(CLOCK_MONOTONIC, &run->began);
	return true;
}

static int exit_status(const struct run *run)
{
	if (run->trouble)
		return EXIT_TROUBLE;
	return run->options->fail && run->found ? EXIT_FOUND : EXIT_OK;
}

static int analyze(const struct options *o)
{
	struct run run = { .options = o };
	bool going = open_run(&run);
	int status;

	for (size_t i = 0; going && i < o->inputs.count; i++)
		add_input(&run, o->inputs.at[i], true);
	run.trouble |= !going;
	for (size_t i = 0; going && i < run.files.count; i++)
		going = read_file(&run, run.files.at[i]);
	if (going)
		report_rest(&run);
	if (run.report)
		run.report->close(run.report);
	status = exit_status(&run);
	analysis_free(run.analysis);
	free_names(&run.files);
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

int main(int argc, char **argv)
{
	struct options o = { 0 };
	int status = EXIT_TROUBLE;

	if (argc > 1 && !strcmp(argv[1], "explain"))
		return explain(argc, argv);
	if (read_options(&o, argc, argv))
		status = analyze(&o);
	else
		fputs(usage, stderr);
	free_names(&o.inputs);
	free(o.filter);
	if (fflush(stdout) && status == EXIT_OK)
		status = EXIT_TROUBLE;
	return status;
}
