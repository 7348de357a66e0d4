/* The diagnosis as JSON: what the rules found, then what is known of the cause in general. */
#include "json_parts.h"

static void put_evidence(struct json_line *l, const struct diagnosis *d)
{
	line_open_array(l, "evidence");
	for (uint8_t i = 0; i < d->evidence_count; i++) {
		line_open_object(l, NULL);
		put_mark(l, &d->evidence[i].mark);
		put_text(l, "text", d->evidence[i].text);
		line_close_object(l);
	}
	line_close_array(l);
}

static void put_alternatives(struct json_line *l, const struct diagnosis *d)
{
	line_open_array(l, "alternatives");
	for (uint8_t i = 0; i < d->alternative_count; i++) {
		const struct alternative *a = &d->alternatives[i];
		line_open_object(l, NULL);
		put_name(l, "code", a->code);
		put_name(l, "confidence", confidence_name(a->confidence));
		put_text(l, "summary", a->summary);
		line_close_object(l);
	}
	line_close_array(l);
}

static void put_remedies(struct json_line *l, const struct diagnosis *d, const struct cause *cause)
{
	const char *const *general = cause && !d->remedies_suffice ? fixes_of(cause, d->fix_at) : NULL;

	line_open_array(l, "remedies");
	for (uint8_t i = 0; i < d->remedy_count; i++)
		put_bytes_as_text(l, NULL, d->remedies[i], strlen(d->remedies[i]));
	for (; general && *general; general++)
		put_name(l, NULL, *general);
	line_close_array(l);
}

static void put_seen_as(struct json_line *l, const struct cause *cause)
{
	line_open_array(l, "seen_as");
	for (size_t i = 0; cause && cause->seen_as[i].where; i++) {
		line_open_object(l, NULL);
		put_name(l, "where", cause->seen_as[i].where);
		put_name(l, "text", cause->seen_as[i].text);
		line_close_object(l);
	}
	line_close_array(l);
}

static void put_references(struct json_line *l, const struct cause *cause)
{
	line_open_array(l, "references");
	for (size_t i = 0; cause && cause->references[i]; i++)
		put_name(l, NULL, cause->references[i]);
	line_close_array(l);
}

static void put_stack(struct json_line *l, const char *key, const char *name, enum confidence confidence)
{
	if (!name)
		return;
	line_open_object(l, key);
	put_text(l, "name", name);
	put_name(l, "confidence", confidence_name(confidence));
	line_close_object(l);
}

void put_diagnosis(struct json_line *l, const struct diagnosis *d)
{
	const struct cause *cause = cause_of(d->code);

	line_open_object(l, "diagnosis");
	put_name(l, "code", d->code);
	put_name(l, "confidence", confidence_name(d->confidence));
	put_name(l, "aborted_by", party_name(d->aborted_by));
	if (d->fix_at != PARTY_UNKNOWN)
		put_name(l, "fix_at", party_name(d->fix_at));
	put_text(l, "summary", *d->summary || !cause ? d->summary : cause->title);
	put_evidence(l, d);
	put_alternatives(l, d);
	put_remedies(l, d, cause);
	put_seen_as(l, cause);
	put_references(l, cause);
	put_stack(l, "client_stack", d->stack[SIDE_CLIENT], d->stack_confidence[SIDE_CLIENT]);
	put_stack(l, "server_stack", d->stack[SIDE_SERVER], d->stack_confidence[SIDE_SERVER]);
	line_close_object(l);
}
