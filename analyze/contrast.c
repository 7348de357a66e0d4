#include "contrast_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

enum {
	ENOUGH_FOR_ALL = 3,
	SUCCESSES_BEFORE = 3	/* for a beginning to be one */
};

void add_finding(struct endpoint *e, const char *code, enum severity severity, const char *format, ...)
{
	struct finding *f;
	va_list args;

	if (e->finding_count == ENDPOINT_FINDINGS_KEPT)
		return;
	f = &e->findings[e->finding_count++];
	f->code = code;
	f->severity = severity;
	va_start(args, format);
	vsnprintf(f->summary, sizeof(f->summary), format, args);
	va_end(args);
}

bool disjoint(const struct tally *t, bool (*same)(const struct attempt *, const struct attempt *))
{
	for (size_t i = 0; i < t->count; i++)
		for (size_t j = 0; j < t->count; j++)
			if (attempt_failed(&t->at[i]) && completed(&t->at[j]) &&
			    same(&t->at[i], &t->at[j]))
				return false;
	return true;
}

size_t changes(const struct tally *t, size_t *first_failed)
{
	const struct attempt *last = NULL;
	size_t n = 0;

	*first_failed = t->count;
	for (size_t i = 0; i < t->count; i++) {
		const struct attempt *a = &t->at[i];

		if (a->outcome == OUTCOME_INCONCLUSIVE)
			continue;
		if (attempt_failed(a) && *first_failed == t->count)
			*first_failed = i;
		n += last && last->outcome != a->outcome;
		last = a;
	}
	return n;
}

/* ---- time ---- */

/* Outcomes before and from one attempt on. */
struct sides {
	size_t worked_before, failed_before, worked_after, failed_after;
};

static struct sides sides_of(const struct tally *t, size_t from)
{
	struct sides s = { .worked_before = 0 };

	for (size_t i = 0; i < t->count; i++) {
		bool failed = attempt_failed(&t->at[i]);

		if (t->at[i].outcome == OUTCOME_INCONCLUSIVE)
			continue;
		*(i < from ? failed ? &s.failed_before : &s.worked_before
			   : failed ? &s.failed_after : &s.worked_after) += 1;
	}
	return s;
}

/* One in ten may be misplaced on each side: somebody with an old session, somebody with another fault. */
static bool is_beginning(const struct sides *s)
{
	return s->worked_before >= SUCCESSES_BEFORE && s->failed_after >= ENOUGH_FAILURES &&
	       s->failed_before * 10 <= s->worked_before && s->worked_after * 10 <= s->failed_after;
}

/* The attempt from which it fails; t->count if there is none such. */
static size_t beginning_of(const struct tally *t)
{
	size_t best = t->count, best_wrong = best;

	for (size_t i = 0; i < t->count; i++) {
		struct sides s;

		if (!attempt_failed(&t->at[i]))
			continue;
		s = sides_of(t, i);
		if (is_beginning(&s) && s.failed_before + s.worked_after < best_wrong) {
			best = i;
			best_wrong = s.failed_before + s.worked_after;
		}
	}
	return best;
}

static void time_text(char out[32], int64_t ns)
{
	time_t when = (time_t)(ns / INT64_C(1000000000));
	struct tm tm;

	if (!gmtime_r(&when, &tm) || !strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm))
		out[0] = '\0';
}

/* Only what had worked before can begin to fail: not another software that came later. */
static bool find_beginning(const struct tally *t, struct endpoint *e)
{
	size_t from = beginning_of(t);
	struct sides s = sides_of(t, from);
	char when[32];

	if (from == t->count || (!t->unheard && disjoint(t, same_hello)))
		return false;
	time_text(when, t->at[from].mark.time);
	add_finding(e, "began_at", SEVERITY_BAD, "it fails since %s (frame %llu): %zu of %zu attempts since then, %zu of %zu before; look at what changed then",
	    when, (unsigned long long)t->at[from].mark.frame, s.failed_after,
	    s.failed_after + s.worked_after, s.failed_before, s.failed_before + s.worked_before);
	return true;
}

/* What fails before a hello was seen would fail with any. */
static bool same_hello_both_ways(const struct tally *t)
{
	if (t->unheard)
		return true;
	for (size_t i = 0; i < t->count; i++)
		for (size_t j = 0; j < t->count; j++)
			if (attempt_failed(&t->at[i]) && completed(&t->at[j]) &&
			    same_hello(&t->at[i], &t->at[j]))
				return true;
	return false;
}

static void find_all_failed(const struct tally *t, struct endpoint *e)
{
	if (t->failed < ENOUGH_FOR_ALL)
		return;
	add_finding(e, "fails_for_all_clients", SEVERITY_BAD, "all %zu attempts by %u client%s failed: look at the server first",
	    t->failed, e->clients, e->clients == 1 ? "" : "s");
}

void contrast(const struct attempt *attempts, size_t count, struct endpoint *out)
{
	struct tally t = { .at = attempts, .count = count };
	bool members_differ, boxed, began;
	size_t first;

	for (size_t i = 0; i < count; i++) {
		t.failed += attempt_failed(&attempts[i]);
		t.completed += completed(&attempts[i]);
		t.unheard += attempt_failed(&attempts[i]) && !attempts[i].fingerprint;
	}
	members_differ = find_unequal_members(&t, out);
	boxed = find_interception(&t, out);
	if (!t.completed)
		find_all_failed(&t, out);
	if (!t.completed || !t.failed)
		return;
	find_intolerance(&t, out);
	find_size_limit(&t, out);
	began = find_beginning(&t, out);
	if (t.failed >= ENOUGH_FAILURES && find_split(&t, members_differ, out))
		return;
	if (!began && !boxed && changes(&t, &first) > 1 && same_hello_both_ways(&t))
		add_finding(out, "intermittent", SEVERITY_BAD, "%zu of %zu attempts fail, %s: one of several members, or load", t.failed, t.failed + t.completed,
		    t.unheard == t.failed ? "before a ClientHello was through" : "with the same ClientHello as those that succeed");
}
