/*
 * Verdicts for people: failures as they come, each kind told once in full; then what many of them
 * show together, and the totals.
 */
#include <stdlib.h>

#include "report.h"
#include "tell.h"

enum {
	CODES_MAX = 128,	/* more than the contract has */
	INCIDENTS_KEPT = 64	/* retries follow within seconds: few are open at a time */
};

/* A failure that was told, in case its client tries again. */
struct told_incident {
	uint32_t incident;	/* 0: free */
	struct mark first_try;
	bool end_told;		/* with it: how the last try ended was known */
};

struct text_report {
	struct report report;	/* first: the one is the other */
	struct page page;
	struct groups *groups;
	bool all;
	const char *explained[CODES_MAX];	/* causes whose general words are on the page */
	size_t explained_count;
	struct told_incident incidents[INCIDENTS_KEPT];	/* a ring */
	size_t next_incident;
};

static struct text_report *self_of(struct report *r)
{
	return (struct text_report *)r;
}

static bool written(const struct text_report *t)
{
	return !fflush(t->page.out) && !ferror(t->page.out);
}

/* True from the second time on. */
static bool is_explained(struct text_report *t, const char *code)
{
	for (size_t i = 0; i < t->explained_count; i++)
		if (!strcmp(t->explained[i], code))
			return true;
	if (t->explained_count < CODES_MAX)
		t->explained[t->explained_count++] = code;
	return false;
}

static const struct told_incident *incident_of(const struct text_report *t, const struct verdict *v)
{
	for (size_t i = 0; v->incident && i < INCIDENTS_KEPT; i++)
		if (t->incidents[i].incident == v->incident)
			return &t->incidents[i];
	return NULL;
}

static void keep_incident(struct text_report *t, const struct verdict *v)
{
	if (!v->incident)
		return;
	t->incidents[t->next_incident++ % INCIDENTS_KEPT] =
		(struct told_incident){ v->incident, v->handshake->flow->first, v->retry.attempts > 0 };
}

static bool completed_verdict(struct text_report *t, const struct verdict *v)
{
	const struct told_incident *told = incident_of(t, v);

	if (told && !told->end_told)
		tell_retry(&t->page, v, &told->first_try);
	else if (t->all)
		tell_completed(&t->page, v);
	else
		return true;
	return written(t);
}

static bool text_verdict(struct report *r, const struct verdict *v)
{
	struct text_report *t = self_of(r);

	if (v->outcome == OUTCOME_COMPLETED)
		return completed_verdict(t, v);
	if (v->probe)
		return true;
	const struct group *group = groups_note(t->groups, v);
	if (!group || group->count > 1)
		return true;
	const struct told_incident *told = incident_of(t, v);
	if (told) {
		tell_retry(&t->page, v, &told->first_try);
	} else {
		tell_failure(&t->page, v, is_explained(t, group->code));
		keep_incident(t, v);
	}
	return written(t);
}

static bool text_endpoint(struct report *r, const struct endpoint *e)
{
	struct text_report *t = self_of(r);

	return !tell_endpoint(&t->page, e) || written(t);
}

static bool text_summary(struct report *r, const struct summary *s)
{
	struct text_report *t = self_of(r);

	tell_groups(&t->page, t->groups);
	tell_summary(&t->page, s);
	groups_clear(t->groups);
	return written(t);
}

static void text_close(struct report *r)
{
	groups_free(self_of(r)->groups);
	free(self_of(r));
}

struct report *report_text_new(const struct report_options *options)
{
	enum { NARROWEST = 80 };
	struct text_report *t = calloc(1, sizeof(*t));
	struct groups *groups = groups_new();

	if (!t || !groups) {
		free(t);
		groups_free(groups);
		return NULL;
	}
	t->report = (struct report){ text_verdict, text_endpoint, text_summary, text_close };
	t->page.out = options->out;
	t->page.columns = options->columns < NARROWEST ? NARROWEST : options->columns;
	t->page.colour = options->colour;
	t->all = options->all;
	t->groups = groups;
	return &t->report;
}
