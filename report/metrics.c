/*
 * Prometheus' text format. The only label with many values is the code of a diagnosis, and the
 * contract bounds those.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

static void head(FILE *f, const char *name, const char *type, const char *help)
{
	fprintf(f, "# HELP tlswhy_%s %s\n# TYPE tlswhy_%s %s\n", name, help, name, type);
}

static void number(FILE *f, const char *name, const char *type, const char *help, uint64_t value)
{
	head(f, name, type, help);
	fprintf(f, "tlswhy_%s %" PRIu64 "\n", name, value);
}

static void labelled(FILE *f, const char *name, const char *label, const char *value, uint64_t count)
{
	fprintf(f, "tlswhy_%s{%s=\"%s\"} %" PRIu64 "\n", name, label, value, count);
}

/* Bytes of memory in use: the second number in statm counts pages. */
static uint64_t resident_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long long pages = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%*u %llu", &pages) != 1)
		pages = 0;
	fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void put_handshakes(FILE *f, const struct summary *s)
{
	head(f, "handshakes_total", "counter", "Handshakes by outcome.");
	labelled(f, "handshakes_total", "outcome", "completed", s->completed);
	labelled(f, "handshakes_total", "outcome", "failed", s->failed);
	labelled(f, "handshakes_total", "outcome", "inconclusive", s->inconclusive);
	head(f, "diagnoses_total", "counter", "Handshakes that did not complete, by diagnosis.");
	for (uint8_t i = 0; i < s->code_count; i++)
		labelled(f, "diagnoses_total", "code", s->codes[i].code, s->codes[i].count);
}

static void put_capture(FILE *f, const struct summary *s)
{
	number(f, "packets_total", "counter", "Packets captured.", s->packets);
	number(f, "bytes_total", "counter", "Bytes of them on the wire.", s->bytes);
	number(f, "flows_total", "counter", "Connections seen.", s->flows);
	number(f, "evicted_flows_total", "counter", "Connections given up for memory.", s->evicted);
	head(f, "dropped_total", "counter", "Packets lost by kernel and interface; records by tlswhy.");
	labelled(f, "dropped_total", "by", "kernel", s->dropped_kernel);
	labelled(f, "dropped_total", "by", "interface", s->dropped_interface);
	labelled(f, "dropped_total", "by", "tlswhy", s->dropped_self);
	number(f, "resident_memory_bytes", "gauge", "Memory in use.", resident_bytes());
	head(f, "last_packet_timestamp_seconds", "gauge", "When the last packet was captured.");
	fprintf(f, "tlswhy_last_packet_timestamp_seconds %" PRId64 "\n", s->last.time / 1000000000);
}

/* A whole file under another name first: its reader never sees half of it. */
static bool replace(const char *path, const char *draft, const struct summary *s)
{
	struct stat st;
	FILE *f;
	bool good;

	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {	/* a device would be gone afterwards */
		errno = EINVAL;
		return false;
	}
	f = fopen(draft, "we");
	if (!f)
		return false;
	put_handshakes(f, s);
	put_capture(f, s);
	good = !ferror(f);
	if (fclose(f) != 0 || !good) {
		int error = errno;

		unlink(draft);
		errno = error;
		return false;
	}
	return rename(draft, path) == 0;
}

bool report_metrics(const char *path, const struct summary *s)
{
	size_t room = strlen(path) + sizeof(".new");
	char *draft = malloc(room);
	bool good;

	if (!draft)
		return false;
	snprintf(draft, room, "%s.new", path);
	good = replace(path, draft, s);
	free(draft);
	return good;
}
