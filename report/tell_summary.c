/* What many failures have in common, the totals, and what this capture cannot show. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tell.h"

const char *counted(uint64_t count, const char *one, const char *many, char out[COUNT_TEXT])
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, count);
	size_t to = 0;

	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			out[to++] = ',';
		out[to++] = digits[i];
	}
	snprintf(out + to, COUNT_TEXT - to, " %s", count == 1 ? one : many);
	return out;
}

static const char *title_of(const char *code)
{
	const struct cause *cause = cause_of(code);

	return cause ? cause->title : code;
}

/* "     13  192.0.2.7:443 (name): cert_expired", then where they are. */
static void tell_group(const struct page *p, const struct group *g)
{
	enum { COLUMN = 11 };
	char server[PEER_TEXT], when[TIME_TEXT], clients[COUNT_TEXT], line[512];
	bool moved = g->last_file != g->first_file && g->last_file;

	peer_text(&g->server, server);
	if (g->outcome == OUTCOME_INCONCLUSIVE)
		snprintf(line, sizeof(line), "%s", g->code);
	else
		snprintf(line, sizeof(line), "%s%s%s%s: %s", server, *g->name ? " (" : "", g->name,
			 *g->name ? ")" : "", g->code);
	fprintf(p->out, "  %7" PRIu64 "  ", g->count - 1);
	page_wrap(p, COLUMN, COLUMN, line);
	if (g->more_clients)
		snprintf(clients, sizeof(clients), "more than %d clients", GROUP_CLIENTS);
	else
		counted(g->client_count, "client", "clients", clients);
	seconds_text(g->last.time / 1000000000, when);
	page_say(p, COLUMN, "like frame %" PRIu64 "%s%s; from %s; last %s, frame %" PRIu64 "%s%s",
		 g->first.frame, moved ? " of " : "", moved && g->first_file ? g->first_file : "",
		 clients, when, g->last.frame, moved ? " of " : "", moved ? g->last_file : "");
}

static int by_count(const void *a, const void *b)
{
	const struct group *const *one = a, *const *two = b;

	if ((*one)->count != (*two)->count)
		return (*one)->count < (*two)->count ? 1 : -1;
	return *one < *two ? -1 : *one > *two;
}

void tell_groups(const struct page *p, const struct groups *groups)
{
	enum { TOLD = 40 };	/* what somebody reads; --json has the rest */
	const struct group *repeated[GROUPS_MAX];
	size_t count, n = 0;
	const struct group *at = groups_all(groups, &count);
	char more[COUNT_TEXT];

	for (size_t i = 0; i < count; i++)
		if (at[i].count > 1)
			repeated[n++] = &at[i];
	qsort(repeated, n, sizeof(repeated[0]), by_count);
	if (n)
		page_put(p, BOLD, "And more like those told above\n");
	for (size_t i = 0; i < n && i < TOLD; i++)
		tell_group(p, repeated[i]);
	if (n > TOLD)
		page_say(p, 2, "... and %s of which there is more than one; see --json.",
			 counted(n - TOLD, "other", "others", more));
	if (groups_left_out(groups))
		page_say(p, 2, "%s not told: this page keeps %d kinds apart. See --json.",
			 counted(groups_left_out(groups), "failure of a further server is",
				 "failures of further servers are", more), GROUPS_MAX);
	if (n || groups_left_out(groups))
		putc('\n', p->out);
}

bool tell_endpoint(const struct page *p, const struct endpoint *e)
{
	char server[PEER_TEXT], name[NAME_MAX_TOLD], line[PEER_TEXT + NAME_MAX_TOLD + 4];

	if (!e->finding_count)
		return false;
	peer_text(&e->server, server);
	printable(e->sni, strlen(e->sni), AS_ASCII, name, sizeof(name));
	snprintf(line, sizeof(line), "%s%s%s%s", server, *name ? " (" : "", name, *name ? ")" : "");
	page_put(p, BOLD, "SERVER ");
	putc(' ', p->out);
	page_wrap(p, 8, 10, line);
	page_say(p, 8, "%" PRIu64 " worked, %" PRIu64 " failed, %" PRIu64 " unclear; %" PRIu32
		 " of %" PRIu32 " clients affected", e->completed, e->failed, e->inconclusive,
		 e->clients_affected, e->clients);
	for (uint8_t i = 0; i < e->finding_count; i++) {
		char text[TEXT_MAX + 64];
		snprintf(text, sizeof(text), "%s (%s)", e->findings[i].summary,
			 e->findings[i].code);
		page_item(p, 2, "-", text);
	}
	putc('\n', p->out);
	return true;
}

static void tell_verdict(const struct page *p, const struct summary *s)
{
	char done[COUNT_TEXT], failed[COUNT_TEXT], unclear[COUNT_TEXT], probes[COUNT_TEXT];
	char whole[COUNT_TEXT];
	uint64_t all = s->completed + s->failed + s->inconclusive;

	counted(s->completed, "completed", "completed", done);
	counted(s->failed, "failed", "failed", failed);
	counted(s->inconclusive, "unclear", "unclear", unclear);
	if (!all && !s->packets) {
		page_put(p, YELLOW, "Nothing was read.\n");
	} else if (!all) {
		page_put(p, YELLOW, "No TLS handshake seen");
		page_wrap(p, 21, 2, ": neither a ClientHello nor an attempt at one.");
	} else if (!s->failed) {
		page_put(p, GREEN, "No failed TLS handshake");
		fprintf(p->out, ": %s", done);
	} else {
		page_put(p, RED, failed);
		fprintf(p->out, " of %s", counted(all, "TLS handshake", "TLS handshakes", whole));
		if (s->completed)
			fprintf(p->out, ", %s", done);
	}
	if (all)
		fprintf(p->out, "%s%s.\n", s->inconclusive ? ", " : "",
			s->inconclusive ? unclear : "");
	if (s->probes)
		page_say(p, 2,
			 "%s counted among them that nobody waited for: health checks, "
			 "preconnects, scanners.",
			 counted(s->probes, "attempt is", "attempts are", probes));
}

/* Bytes in the largest unit that keeps three digits or so. */
static void size_text(uint64_t bytes, char out[COUNT_TEXT])
{
	static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB" };
	double size = (double)bytes;
	size_t unit = 0;

	for (; size >= 1000 && unit < 4; unit++)
		size /= 1000;
	snprintf(out, COUNT_TEXT, unit ? "%.1f %s" : "%.0f %s", size, units[unit]);
}

static void tell_input(const struct page *p, const struct summary *s)
{
	char files[COUNT_TEXT], packets[COUNT_TEXT], flows[COUNT_TEXT], size[COUNT_TEXT];
	char first[TIME_TEXT], last[TIME_TEXT], span[SPAN_TEXT], took[SPAN_TEXT];

	size_text(s->bytes, size);
	span_text((int64_t)(s->seconds * 1e9), took);
	page_say(p, 2, "Seen: %s, %s, %s, %s; read in %s.",
		 counted(s->files, "file", "files", files),
		 counted(s->packets, "packet", "packets", packets), size,
		 counted(s->flows, "connection", "connections", flows), took);
	if (!s->first.frame || !time_text(s->first.time, first) || !time_text(s->last.time, last))
		return;
	if (s->last.time < s->first.time) {
		page_say(p, 2, "From %s to %s by a clock that was set back.", first, last);
		return;
	}
	span_text(s->last.time - s->first.time, span);
	page_say(p, 2, "From %s to %s (%s).", first, last, span);
}

struct code_count {
	const char *code;
	uint64_t count;
};

/* Failures before what the capture cannot tell, the most frequent first. */
static int by_weight(const void *a, const void *b)
{
	const struct code_count *one = a, *two = b;
	bool capture_one = !strncmp(one->code, "capture_", 8);
	bool capture_two = !strncmp(two->code, "capture_", 8);

	if (capture_one != capture_two)
		return capture_one ? 1 : -1;
	if (one->count != two->count)
		return one->count < two->count ? 1 : -1;
	return strcmp(one->code, two->code);
}

/* A single failure was told already. */
static void tell_codes(const struct page *p, const struct summary *s)
{
	struct code_count codes[sizeof(s->codes) / sizeof(s->codes[0])];

	if (s->failed + s->inconclusive < 2)
		return;
	for (uint8_t i = 0; i < s->code_count; i++)
		codes[i] = (struct code_count){ s->codes[i].code, s->codes[i].count };
	qsort(codes, s->code_count, sizeof(codes[0]), by_weight);
	for (uint8_t i = 0; i < s->code_count; i++) {
		fprintf(p->out, "  %7" PRIu64 "  %-28s ", codes[i].count, codes[i].code);
		page_wrap(p, 40, 40, title_of(codes[i].code));
	}
}

/* A line for each thing that the capture lacks, and what that does to the verdicts. */
static void tell_doubts(const struct page *p, const struct summary *s)
{
	const struct {
		uint64_t count;
		const char *one, *many;
	} doubts[] = {
	    { s->dropped_kernel, "packet was dropped by the kernel before it could be captured",
	     "packets were dropped by the kernel before they could be captured" },
	    { s->dropped_interface, "packet was dropped by the interface",
	     "packets were dropped by the interface" },
	    { s->dropped_self, "record was dropped by tlswhy: its reader did not keep up",
	     "records were dropped by tlswhy: their reader did not keep up" },
	    { s->evicted, "connection was given up for lack of memory (see --memory)",
	     "connections were given up for lack of memory (see --memory)" },
	    { s->evicted_servers, "server's counts were given up for lack of memory (see --memory)",
	     "servers' counts were given up for lack of memory (see --memory)" },
	    { s->missing_bytes, "byte was acknowledged but is not in the capture",
	     "bytes were acknowledged but are not in the capture: the tap lost packets" },
	    { s->one_sided, "connection shows one direction only: the tap does not see the other",
	     "connections show one direction only: the tap does not see the other" },
	    { s->cut_packets, "packet was cut by the snap length: capture with -s 0",
	     "packets were cut by the snap length: capture with -s 0" },
	    { s->duplicates, "packet was captured twice: it may have been sent again",
	     "packets were captured twice (two mirrored ports, or in and out of one): what was sent again may be among them" },
	    { s->clock_steps, "time the capture's clock went back: times are not reliable",
	     "times the capture's clock went back: times are not reliable" },
	    { s->undecodable, "packet could not be decoded", "packets could not be decoded" },
	};
	bool any = false;
	char text[COUNT_TEXT], line[256];

	for (size_t i = 0; i < sizeof(doubts) / sizeof(doubts[0]); i++) {
		if (!doubts[i].count)
			continue;
		if (!any)
			page_say(p, 2, "What this capture cannot show:");
		any = true;
		counted(doubts[i].count, "", "", text);
		snprintf(line, sizeof(line), "%s%s", text,
			 doubts[i].count == 1 ? doubts[i].one : doubts[i].many);
		page_item(p, 2, "-", line);
	}
}

void tell_summary(const struct page *p, const struct summary *s)
{
	if (!s->files)
		return;		/* nothing was read, and standard error says why */
	tell_verdict(p, s);
	tell_codes(p, s);
	tell_input(p, s);
	tell_doubts(p, s);
}
