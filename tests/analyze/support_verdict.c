#include "support_verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support_chains.h"

static void judge_with(struct story *s, struct knowledge k, struct verdict *out)
{
	struct trust_store *store = trust_from("root");
	struct trust_context *trust = trust_context_new(store, NULL);

	k.trust = trust;
	k.tls_expected = true;

	assert_non_null(trust);
	conclude_story(s);
	if (!diagnose(&k, s->h, &s->ending, out))
		*out = (struct verdict){ .outcome = OUTCOME_COMPLETED };
	trust_context_free(trust);
	trust_free(store);
}

static void judge(struct story *s, const struct lessons *lessons, struct verdict *out)
{
	judge_with(s, (struct knowledge){ .lessons = lessons }, out);
}

void judge_story(struct story *s, struct verdict *out)
{
	judge(s, NULL, out);
}

static const char *code_of(const struct verdict *v)
{
	if (v->outcome == OUTCOME_COMPLETED || !v->diagnosis.code)
		return "none";
	return v->diagnosis.code;
}

static void assert_best_with(struct story s, struct knowledge k, const char *code,
			     enum confidence confidence)
{
	struct verdict v;

	judge_with(&s, k, &v);
	forget(&s);
	if (strcmp(code_of(&v), code) != 0)
		fail_msg("wants %s, has %s (%s): %s", code, code_of(&v),
			 confidence_name(v.diagnosis.confidence), v.diagnosis.summary);
	if (v.diagnosis.confidence != confidence)
		fail_msg("wants %s to be %s, is %s: %s", code, confidence_name(confidence),
			 confidence_name(v.diagnosis.confidence), v.diagnosis.summary);
	assert_true(v.diagnosis.evidence_count > 0);
}

void assert_best_after(struct story s, const struct lessons *lessons, const char *code,
		       enum confidence confidence)
{
	assert_best_with(s, (struct knowledge){ .lessons = lessons }, code, confidence);
}

void assert_best_before(struct story s, const struct trace *next_try, const char *code,
			enum confidence confidence)
{
	assert_best_with(s, (struct knowledge){ .next_try = next_try }, code, confidence);
}

void assert_best(struct story s, const char *code, enum confidence confidence)
{
	assert_best_after(s, NULL, code, confidence);
}

void assert_best_is_not(struct story s, const char *code)
{
	struct verdict v;

	judge(&s, NULL, &v);
	forget(&s);
	if (!strcmp(code_of(&v), code))
		fail_msg("has %s, which it must not be: %s", code, v.diagnosis.summary);
}

void assert_alternative_after(struct story s, const struct lessons *lessons, const char *best,
			      const char *alternative)
{
	struct verdict v;

	judge(&s, lessons, &v);
	forget(&s);
	assert_string_equal(code_of(&v), best);
	for (uint8_t i = 0; i < v.diagnosis.alternative_count; i++)
		if (!strcmp(v.diagnosis.alternatives[i].code, alternative))
			return;
	fail_msg("%s is not among the alternatives", alternative);
}

void assert_outcome(struct story s, enum outcome outcome)
{
	struct verdict v;

	judge(&s, NULL, &v);
	forget(&s);
	if (v.outcome != outcome)
		fail_msg("wants %s, is %s: %s", outcome_name(outcome), outcome_name(v.outcome), code_of(&v));
}

void learn(struct lessons *l, struct story s)
{
	struct gist g;

	conclude_story(&s);
	gist_read(s.h, &s.ending, &g);
	lessons_learn(l, &g);
	gist_release(&g);
	forget(&s);
}

struct story refused(struct client_hello *hello, uint8_t alert)
{
	struct story s = begin();

	says_hello(&s, hello);
	fatal(&s, SIDE_SERVER, alert);
	fin(&s, SIDE_SERVER);
	return s;
}

struct story client_refuses12(const char *chain, uint8_t alert)
{
	struct story s = begin();

	up_to_server_flight12(&s, chain);
	fatal(&s, SIDE_CLIENT, alert);
	fin(&s, SIDE_CLIENT);
	return s;
}
