/*
 * NDJSON: one record a line, flushed line by line, so that whoever reads the pipe sees a failure
 * when it happened and not a buffer later.
 */
#include <stdlib.h>

#include "json_parts.h"
#include "report.h"

struct json_report {
	struct report report;	/* first: the one is the other */
	FILE *out;
	bool failed_only;
	struct json_line line;	/* the record being written, and the next one's room */
};

static struct json_report *self_of(struct report *r)
{
	return (struct json_report *)r;
}

static bool write_record(struct json_report *r)
{
	return fwrite(r->line.text, r->line.len, 1, r->out) == 1 && !fflush(r->out);
}

static bool json_verdict(struct report *report, const struct verdict *v)
{
	struct json_report *r = self_of(report);

	if (v->outcome == OUTCOME_COMPLETED && r->failed_only)
		return true;
	put_handshake(&r->line, v);
	return write_record(r);
}

static void put_outcomes(struct json_line *l, uint64_t completed, uint64_t failed, uint64_t inconclusive)
{
	line_open_object(l, "outcomes");
	put_count(l, "completed", completed);
	put_count(l, "failed", failed);
	put_count(l, "inconclusive", inconclusive);
	line_close_object(l);
}

static void put_span(struct json_line *l, const struct mark *first, const struct mark *last)
{
	if (!first->frame)
		return;
	put_time(l, "first", first->time);
	put_time(l, "last", last->time);
}

static void put_choice(struct json_line *l, const char *name, const struct endpoint_choice *choice)
{
	char text[NUMBER_TEXT];

	put_count(l, number_text(name, choice->number, text), choice->count);
}

static void put_choices(struct json_line *l, const struct endpoint *e)
{
	line_place began = line_open_object(l, "versions");

	for (uint8_t i = 0; i < e->version_count; i++)
		put_choice(l, version_name(e->versions[i].number), &e->versions[i]);
	line_close_object_or_drop(l, began);
	began = line_open_object(l, "suites");
	for (uint8_t i = 0; i < e->suite_count; i++) {
		const struct cipher_suite *suite = cipher_suite(e->suites[i].number);

		put_choice(l, suite ? suite->name : NULL, &e->suites[i]);
	}
	line_close_object_or_drop(l, began);
}

static void put_leaves(struct json_line *l, const struct endpoint *e)
{
	line_place began = line_open_array(l, "certificates");

	for (uint8_t i = 0; i < e->leaf_count; i++) {
		char digest[2 * sizeof(e->leaves[i].sha256) + 1];

		hex_text(e->leaves[i].sha256, sizeof(e->leaves[i].sha256), digest);
		line_open_object(l, NULL);
		put_name(l, "sha256", digest);
		put_seconds(l, "not_after", e->leaves[i].not_after);
		put_count(l, "handshakes", e->leaves[i].count);
		line_close_object(l);
	}
	line_close_array_or_drop(l, began);
}

static bool json_endpoint(struct report *report, const struct endpoint *e)
{
	struct json_report *r = self_of(report);
	struct json_line *l = &r->line;
	char ip[IP_TEXT];

	begin_record(l, "endpoint");
	ip_text(&e->server, ip);
	line_open_object(l, "server");
	put_text(l, "ip", ip);
	put_count(l, "port", e->server.port);
	line_close_object(l);
	put_name(l, "transport", e->transport == TRANSPORT_TCP ? "tcp" : "udp");
	put_text(l, "sni", e->sni);
	put_span(l, &e->first, &e->last);
	put_count(l, "handshakes", e->completed + e->failed + e->inconclusive);
	put_outcomes(l, e->completed, e->failed, e->inconclusive);
	line_open_object(l, "codes");
	for (uint8_t i = 0; i < e->code_count; i++)
		put_count(l, e->codes[i].code, e->codes[i].count);
	line_close_object(l);
	put_count(l, "clients", e->clients);
	put_count(l, "clients_affected", e->clients_affected);
	put_some(l, "probes", e->probes);
	put_choices(l, e);
	put_leaves(l, e);
	put_findings(l, e->findings, e->finding_count);
	line_end(l);
	return write_record(r);
}

static void put_losses(struct json_line *l, const struct summary *s)
{
	line_open_object(l, "dropped");
	put_count(l, "kernel", s->dropped_kernel);
	put_count(l, "interface", s->dropped_interface);
	put_count(l, "tlswhy", s->dropped_self);
	line_close_object(l);
	put_count(l, "evicted_flows", s->evicted);
	put_some(l, "evicted_servers", s->evicted_servers);
	put_some(l, "missing_bytes", s->missing_bytes);
	put_some(l, "one_sided_flows", s->one_sided);
	put_some(l, "cut_packets", s->cut_packets);
	put_some(l, "duplicate_packets", s->duplicates);
	put_some(l, "clock_steps", s->clock_steps);
	put_some(l, "undecodable_packets", s->undecodable);
}

static bool json_summary(struct report *report, const struct summary *s)
{
	struct json_report *r = self_of(report);
	struct json_line *l = &r->line;

	begin_record(l, "summary");
	put_count(l, "files", s->files);
	put_count(l, "packets", s->packets);
	put_count(l, "bytes", s->bytes);
	put_count(l, "flows", s->flows);
	put_count(l, "handshakes", s->completed + s->failed + s->inconclusive);
	put_outcomes(l, s->completed, s->failed, s->inconclusive);
	line_open_object(l, "codes");
	for (uint8_t i = 0; i < s->code_count; i++)
		put_count(l, s->codes[i].code, s->codes[i].count);
	line_close_object(l);
	put_some(l, "probes", s->probes);
	put_losses(l, s);
	put_span(l, &s->first, &s->last);
	line_real(l, "seconds", s->seconds);
	line_end(l);
	return write_record(r);
}

static void json_close(struct report *r)
{
	free(self_of(r)->line.text);
	free(self_of(r));
}

struct report *report_json_new(const struct report_options *options)
{
	struct json_report *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->report = (struct report){ json_verdict, json_endpoint, json_summary, json_close };
	r->out = options->out;
	r->failed_only = options->failed_only;
	return &r->report;
}
