/*
 * NDJSON: one record a line, flushed line by line, so that whoever reads the pipe sees a failure
 * when it happened and not a buffer later.
 */
#include <stdlib.h>

#include "json_line.h"
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

/* Takes the record. */
static bool write_record(struct report *report, json_t *record)
{
	struct json_report *r = self_of(report);
	bool made = json_line_of(&r->line, record);

	json_decref(record);
	return made && fwrite(r->line.text, r->line.len, 1, r->out) == 1 && !fflush(r->out);
}

static bool json_verdict(struct report *r, const struct verdict *v)
{
	if (v->outcome == OUTCOME_COMPLETED && self_of(r)->failed_only)
		return true;
	return write_record(r, handshake_record(v));
}

static json_t *outcomes(uint64_t completed, uint64_t failed, uint64_t inconclusive)
{
	json_t *object = new_object();

	put_count(object, "completed", completed);
	put_count(object, "failed", failed);
	put_count(object, "inconclusive", inconclusive);
	return object;
}

static void put_span(json_t *record, const struct mark *first, const struct mark *last)
{
	if (!first->frame)
		return;
	put_time(record, "first", first->time);
	put_time(record, "last", last->time);
}

static void put_choice(json_t *object, const char *name, const struct endpoint_choice *choice)
{
	json_t *key = number_name(name, choice->number);

	put_count(object, json_string_value(key), choice->count);
	json_decref(key);
}

static void put_object_unless_empty(json_t *record, const char *key, json_t *object)
{
	if (json_object_size(object))
		put(record, key, object);
	else
		json_decref(object);
}

static void put_choices(json_t *record, const struct endpoint *e)
{
	json_t *versions = new_object(), *suites = new_object();

	for (uint8_t i = 0; i < e->version_count; i++)
		put_choice(versions, version_name(e->versions[i].number), &e->versions[i]);
	for (uint8_t i = 0; i < e->suite_count; i++) {
		const struct cipher_suite *suite = cipher_suite(e->suites[i].number);

		put_choice(suites, suite ? suite->name : NULL, &e->suites[i]);
	}
	put_object_unless_empty(record, "versions", versions);
	put_object_unless_empty(record, "suites", suites);
}

static void put_leaves(json_t *record, const struct endpoint *e)
{
	json_t *list = new_array();

	for (uint8_t i = 0; i < e->leaf_count; i++) {
		json_t *leaf = new_object();
		char digest[2 * sizeof(e->leaves[i].sha256) + 1];

		hex_text(e->leaves[i].sha256, sizeof(e->leaves[i].sha256), digest);
		put_name(leaf, "sha256", digest);
		put_seconds(leaf, "not_after", e->leaves[i].not_after);
		put_count(leaf, "handshakes", e->leaves[i].count);
		append(list, leaf);
	}
	put_unless_empty(record, "certificates", list);
}

static bool json_endpoint(struct report *r, const struct endpoint *e)
{
	json_t *record = new_record("endpoint");
	json_t *server = new_object(), *codes = new_object();
	char ip[IP_TEXT];

	ip_text(&e->server, ip);
	put_text(server, "ip", ip);
	put_count(server, "port", e->server.port);
	put(record, "server", server);
	put_name(record, "transport", e->transport == TRANSPORT_TCP ? "tcp" : "udp");
	put_text(record, "sni", e->sni);
	put_span(record, &e->first, &e->last);
	put_count(record, "handshakes", e->completed + e->failed + e->inconclusive);
	put(record, "outcomes", outcomes(e->completed, e->failed, e->inconclusive));
	for (uint8_t i = 0; i < e->code_count; i++)
		put_count(codes, e->codes[i].code, e->codes[i].count);
	put(record, "codes", codes);
	put_count(record, "clients", e->clients);
	put_count(record, "clients_affected", e->clients_affected);
	put_some(record, "probes", e->probes);
	put_choices(record, e);
	put_leaves(record, e);
	put_findings(record, e->findings, e->finding_count);
	return write_record(r, record);
}

static void put_losses(json_t *record, const struct summary *s)
{
	json_t *dropped = new_object();

	put_count(dropped, "kernel", s->dropped_kernel);
	put_count(dropped, "interface", s->dropped_interface);
	put_count(dropped, "tlswhy", s->dropped_self);
	put(record, "dropped", dropped);
	put_count(record, "evicted_flows", s->evicted);
	put_some(record, "evicted_servers", s->evicted_servers);
	put_some(record, "missing_bytes", s->missing_bytes);
	put_some(record, "one_sided_flows", s->one_sided);
	put_some(record, "cut_packets", s->cut_packets);
	put_some(record, "duplicate_packets", s->duplicates);
	put_some(record, "clock_steps", s->clock_steps);
	put_some(record, "undecodable_packets", s->undecodable);
}

static bool json_summary(struct report *r, const struct summary *s)
{
	json_t *record = new_record("summary"), *codes = new_object();

	put_count(record, "files", s->files);
	put_count(record, "packets", s->packets);
	put_count(record, "bytes", s->bytes);
	put_count(record, "flows", s->flows);
	put_count(record, "handshakes", s->completed + s->failed + s->inconclusive);
	put(record, "outcomes", outcomes(s->completed, s->failed, s->inconclusive));
	for (uint8_t i = 0; i < s->code_count; i++)
		put_count(codes, s->codes[i].code, s->codes[i].count);
	put(record, "codes", codes);
	put_some(record, "probes", s->probes);
	put_losses(record, s);
	put_span(record, &s->first, &s->last);
	put(record, "seconds", json_real(s->seconds));
	return write_record(r, record);
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
