#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../must.h"
#include "options.h"

/* Of the memory in sixteenths; the rest is the program's own: code, trusted roots, tables. */
enum { SHARES = 16, FLOW_SHARES = 5, CHARGE_SHARES = 5, ANALYZE_SHARES = 4, KEEP_SHARES = 3 };

static const size_t MEMORY_DEFAULT = (size_t)512 << 20, MEMORY_LEAST = (size_t)16 << 20;

enum { WORKERS_MOST = 64 };

enum { INTERVAL_DEFAULT = 60, KEEP_DEFAULT = 10, SECONDS_MAX = 100 * 366 * 24 * 3600L };

static const char usage[] =
	"usage: tlswhy [-r FILE|- ...] [options] [FILE ...] [BPF filter expression]\n"
	"       tlswhy -i IFACE ... [options] [BPF filter expression]\n"
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
	"  -o FILE           write to this file instead of standard output\n"
	"  -w FILE           write the packets of handshakes that failed to this capture file\n"
	"  --rotate-size SIZE  begin it anew before it exceeds this size; suffix K, M or G\n"
	"  --rotate-time SECONDS  or after this time\n"
	"  --rotate-keep N   older files to keep, as FILE.1 and so on; default 10\n"
	"  --metrics FILE    totals for Prometheus, replaced whenever they are reported\n"
	"  --no-sandbox      where the system has none: go on without\n"
	"  --memory SIZE     use no more than about this; suffix K, M or G; default 512M\n"
	"  --workers N       threads that read; default: by size and cores, 1 live\n"
	"  -c COUNT          end after so many packets of each input\n"
	"  -h, --help        this text\n"
	"  -V, --version     the version\n"
	"\n"
	"Live:\n"
	"  -i IFACE          listen on an interface; may be repeated; any is all of them\n"
	"  -D                list the interfaces and end\n"
	"  -p                do not put the interface into promiscuous mode\n"
	"  -s BYTES          keep so much of each packet; default 262144\n"
	"  -B KIB            buffer in the kernel, for each interface; default 16384\n"
	"  -j TYPE           time stamps of this type, see pcap-tstamp(7); default: the host's\n"
	"  -Z USER           give up root for this user; default tlswhy, or else nobody\n"
	"  -G SECONDS        end after this time\n"
	"  --interval SECONDS  report servers and totals so often; default 60, 0 is never\n";

void complain(const char *format, ...)
{
	va_list args;

	fputs("tlswhy: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

bool output_arrived(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return true;
	complain("cannot write: %s", strerror(errno));
	return false;
}

void names_add(struct names *n, const char *name)
{
	if (n->count == n->room) {
		n->room = n->room ? n->room * 2 : 16;
		n->at = must(realloc(n->at, n->room * sizeof(*n->at)));
	}
	n->at[n->count++] = must(strdup(name));
}

void names_free(struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->at[i]);
	free(n->at);
	*n = (struct names){ 0 };
}

/* ---- values ----------------------------------------------------------------------------- */

/* Bytes, with a suffix K, M or G for powers of 1024. */
static bool read_size(const char *option, const char *text, size_t least, size_t *out)
{
	static const char suffixes[] = "KMG";
	char *end;
	unsigned long long number;
	const char *suffix;

	errno = 0;
	number = strtoull(text, &end, 10);
	suffix = *end ? strchr(suffixes, *end) : NULL;
	if (errno || end == text || *text == '-' || (*end && (!suffix || end[1])))
		number = 0;
	for (const char *s = suffixes; suffix && s <= suffix; s++)
		number = number > SIZE_MAX / 1024 ? 0 : number * 1024;
	if (number < least) {
		complain("%s takes a size like 512M, at least %zu, not '%s'", option, least, text);
		return false;
	}
	*out = (size_t)number;
	return true;
}

/* A whole number within the bounds; complains by the option's name if it is none. */
static bool read_number(const char *option, const char *text, int64_t least, int64_t most, int64_t *out)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno || end == text || *end || number < least || number > most) {
		complain("%s takes a number from %lld to %lld, not '%s'", option, (long long)least,
			 (long long)most, text);
		return false;
	}
	*out = number;
	return true;
}

static bool read_seconds(const char *option, const char *text, int64_t least, int64_t *ns)
{
	if (!read_number(option, text, least, SECONDS_MAX, ns))
		return false;
	*ns *= NS_A_SECOND;
	return true;
}

static bool add_tls_port(struct options *o, const char *text)
{
	int64_t port;

	if (!read_number("--tls-port", text, 1, UINT16_MAX, &port))
		return false;
	if (o->analyze.tls_port_count == TLS_PORTS_MAX) {
		complain("--tls-port may be repeated %d times", TLS_PORTS_MAX);
		return false;
	}
	o->tls_ports[o->analyze.tls_port_count++] = (uint16_t)port;
	return true;
}

/* Words behind the options: those that name something readable are inputs, the rest is the filter,
 * as with tcpdump. */
static void take_words(struct options *o, char **words, int count)
{
	bool filter_only = o->interfaces.count > 0;
	int first = 0;
	size_t len = 1;

	while (!filter_only && first < count && (!strcmp(words[first], "-") || !access(words[first], F_OK) ||
						 (!first && !o->inputs.count)))
		names_add(&o->inputs, words[first++]);
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

/* ---- options ---------------------------------------------------------------------------- */

enum long_option { OPT_ALL = 256, OPT_JSON, OPT_FAILED, OPT_FAIL, OPT_KEYLOG, OPT_CA_FILE, OPT_CA_PATH,
		   OPT_NO_TRUST, OPT_CRL, OPT_TLS_PORT, OPT_INTERVAL, OPT_MEMORY, OPT_WORKERS, OPT_ROTATE_SIZE,
		   OPT_ROTATE_TIME, OPT_ROTATE_KEEP, OPT_METRICS, OPT_NO_SANDBOX };

static const char short_options[] = "r:i:Dps:B:j:c:G:Z:o:w:nlUhV";

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
	{ "memory", required_argument, NULL, OPT_MEMORY },
	{ "workers", required_argument, NULL, OPT_WORKERS },
	{ "rotate-size", required_argument, NULL, OPT_ROTATE_SIZE },
	{ "rotate-time", required_argument, NULL, OPT_ROTATE_TIME },
	{ "rotate-keep", required_argument, NULL, OPT_ROTATE_KEEP },
	{ "metrics", required_argument, NULL, OPT_METRICS },
	{ "no-sandbox", no_argument, NULL, OPT_NO_SANDBOX },
	{ "interval", required_argument, NULL, OPT_INTERVAL },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

/* Options of listening; false when it is none of them or its value is wrong. */
static bool take_live_option(struct options *o, int option)
{
	enum { SNAP_MAX = 262144, KIB = 1024, BUFFER_MAX_KIB = 1 << 20 };
	int64_t number = 0;

	switch (option) {
	case 'i': names_add(&o->interfaces, optarg); return true;
	case 'D': o->list_interfaces = true; return true;
	case 'p': o->live.not_promiscuous = true; return true;
	case 'Z': o->user = optarg; return true;
	case 'j': o->live.time_stamps = optarg; return true;
	case 's':
		if (!read_number("-s", optarg, 0, SNAP_MAX, &number))
			return false;
		o->live.snap_length = (uint32_t)number;
		return true;
	case 'B':
		if (!read_number("-B", optarg, 1, BUFFER_MAX_KIB, &number))
			return false;
		o->live.buffer = (size_t)number * KIB;
		return true;
	case 'G': return read_seconds("-G", optarg, 1, &o->duration);
	case OPT_INTERVAL: return read_seconds("--interval", optarg, 0, &o->interval);
	default: return false;
	}
}

/* Where results go; false when it is none of these or its value is wrong. */
static bool take_output_option(struct options *o, int option)
{
	enum { ROTATE_SIZE_LEAST = 4096, KEEP_MOST = 9999 };
	int64_t number = 0;
	size_t size = 0;

	switch (option) {
	case 'o': o->output.path = optarg; return true;
	case 'w': o->evidence = optarg; return true;
	case OPT_METRICS: o->metrics = optarg; return true;
	case OPT_ROTATE_SIZE:
		if (!read_size("--rotate-size", optarg, ROTATE_SIZE_LEAST, &size))
			return false;
		o->output.rotate_size = size;
		return true;
	case OPT_ROTATE_TIME: return read_seconds("--rotate-time", optarg, 1, &o->output.rotate_time);
	case OPT_ROTATE_KEEP:
		if (!read_number("--rotate-keep", optarg, 0, KEEP_MOST, &number))
			return false;
		o->output.keep = (unsigned)number;
		return true;
	default: return take_live_option(o, option);
	}
}

static bool take_option(struct options *o, int option)
{
	int64_t count = 0;

	switch (option) {
	case 'r': names_add(&o->inputs, optarg); return true;
	case 'n':
	case 'l':
	case 'U':
		return true;	/* tcpdump's: no name is ever looked up, no record waits for the next */
	case 'c':
		if (!read_number("-c", optarg, 1, INT64_MAX, &count))
			return false;
		o->capture.count = (uint64_t)count;
		return true;
	case OPT_WORKERS:
		if (!read_number("--workers", optarg, 1, WORKERS_MOST, &count))
			return false;
		o->workers = (size_t)count;
		return true;
	case OPT_MEMORY: return read_size("--memory", optarg, MEMORY_LEAST, &o->memory);
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
	case OPT_NO_SANDBOX: o->no_sandbox = true; return true;
	default: return take_output_option(o, option);
	}
}

static void draw_conclusions(struct options *o)
{
	o->analyze.tls_ports = o->tls_ports;
	o->analyze.keep_completed = (o->json && !o->failed_only) || o->all;
	o->analyze.live = o->interfaces.count > 0;
	o->output.patient = !o->analyze.live;
	o->capture.filter = o->filter;
	o->capture.memory = o->memory / SHARES * FLOW_SHARES;
	o->capture.charge_memory = o->memory / SHARES * CHARGE_SHARES;
	if (o->evidence && o->interfaces.count) {
		o->capture.keep = o->memory / SHARES * KEEP_SHARES;
		o->capture.memory -= o->capture.keep / 2;
		o->capture.charge_memory -= o->capture.keep / 2;
	}
	o->analyze.memory = o->memory / SHARES * ANALYZE_SHARES;
	o->live.interfaces = (const char *const *)o->interfaces.at;
	o->live.interface_count = o->interfaces.count;
}

static bool explain_usage(const char *what)
{
	if (what)
		complain("%s", what);
	fputs(usage, stderr);
	return false;
}

bool options_read(struct options *o, int argc, char **argv)
{
	int option;

	o->interval = (int64_t)INTERVAL_DEFAULT * NS_A_SECOND;
	o->memory = MEMORY_DEFAULT;
	o->output.keep = KEEP_DEFAULT;
	while ((option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			exit(output_arrived() ? EXIT_OK : EXIT_TROUBLE);
		}
		if (option == 'V') {
			puts("tlswhy " TLSWHY_VERSION);
			exit(output_arrived() ? EXIT_OK : EXIT_TROUBLE);
		}
		if (!take_option(o, option)) {
			complain("'tlswhy --help' lists the options");
			return false;
		}
	}
	take_words(o, argv + optind, argc - optind);
	draw_conclusions(o);
	if (o->list_interfaces)
		return true;
	if (o->interfaces.count && o->inputs.count)
		return explain_usage("either read files (-r) or listen (-i), not both");
	return o->interfaces.count || o->inputs.count || explain_usage(NULL);
}

void options_free(struct options *o)
{
	names_free(&o->inputs);
	names_free(&o->interfaces);
	free(o->filter);
}
