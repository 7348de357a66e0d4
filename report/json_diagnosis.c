/* The diagnosis as JSON: what the rules found, then what is known of the cause in general. */
#include "json_parts.h"

static void put_evidence(json_t *object, const struct diagnosis *d)
{
	json_t *list = new_array();

	for (uint8_t i = 0; i < d->evidence_count; i++) {
		json_t *one = new_object();
		put_mark(one, &d->evidence[i].mark);
		put_text(one, "text", d->evidence[i].text);
		append(list, one);
	}
	put(object, "evidence", list);
}

static void put_alternatives(json_t *object, const struct diagnosis *d)
{
	json_t *list = new_array();

	for (uint8_t i = 0; i < d->alternative_count; i++) {
		const struct alternative *a = &d->alternatives[i];
		json_t *one = new_object();
		put_name(one, "code", a->code);
		put_name(one, "confidence", confidence_name(a->confidence));
		put_text(one, "summary", a->summary);
		append(list, one);
	}
	put(object, "alternatives", list);
}

static void put_remedies(json_t *object, const struct diagnosis *d, const struct cause *cause)
{
	json_t *list = new_array();
	const char *const *general = cause && !d->remedies_suffice ? fixes_of(cause, d->fix_at) : NULL;

	for (uint8_t i = 0; i < d->remedy_count; i++)
		append(list, text_of(d->remedies[i]));
	for (; general && *general; general++)
		append(list, name_of(*general));
	put(object, "remedies", list);
}

static void put_seen_as(json_t *object, const struct cause *cause)
{
	json_t *list = new_array();

	for (size_t i = 0; cause && cause->seen_as[i].where; i++) {
		json_t *one = new_object();
		put_name(one, "where", cause->seen_as[i].where);
		put_name(one, "text", cause->seen_as[i].text);
		append(list, one);
	}
	put(object, "seen_as", list);
}

static void put_references(json_t *object, const struct cause *cause)
{
	json_t *list = new_array();

	for (size_t i = 0; cause && cause->references[i]; i++)
		append(list, name_of(cause->references[i]));
	put(object, "references", list);
}

static void put_stack(json_t *object, const char *key, const char *name, enum confidence confidence)
{
	if (!name)
		return;
	json_t *stack = new_object();
	put_text(stack, "name", name);
	put_name(stack, "confidence", confidence_name(confidence));
	put(object, key, stack);
}

void put_diagnosis(json_t *record, const struct diagnosis *d)
{
	const struct cause *cause = cause_of(d->code);
	json_t *object = new_object();

	put_name(object, "code", d->code);
	put_name(object, "confidence", confidence_name(d->confidence));
	put_name(object, "aborted_by", party_name(d->aborted_by));
	if (d->fix_at != PARTY_UNKNOWN)
		put_name(object, "fix_at", party_name(d->fix_at));
	put_text(object, "summary", *d->summary || !cause ? d->summary : cause->title);
	put_evidence(object, d);
	put_alternatives(object, d);
	put_remedies(object, d, cause);
	put_seen_as(object, cause);
	put_references(object, cause);
	put_stack(object, "client_stack", d->stack[SIDE_CLIENT], d->stack_confidence[SIDE_CLIENT]);
	put_stack(object, "server_stack", d->stack[SIDE_SERVER], d->stack_confidence[SIDE_SERVER]);
	put(record, "diagnosis", object);
}
