/* Revocation by what is at hand: the stapled response, the CRL file. */
#include <stdio.h>

#include "chain_parts.h"

enum {
	CLOCK_SLACK = 300,	/* clocks differ; OpenSSL's own tools allow five minutes */
	SERIAL_COMPARED = 42	/* as much as the staple keeps of a serial */
};

static const char *response_status_words(uint8_t status)
{
	static const char *const words[] = { "successful",  "malformedRequest", "internalError",
					     "tryLater",    "reserved",		"sigRequired",
					     "unauthorized" };

	return status < sizeof(words) / sizeof(*words) ? words[status] : "an unknown status";
}

/* What makes the response no answer to the question about this certificate; NULL if nothing does. */
static const char *flaw_of(const struct ocsp_staple *s, const struct certificate *leaf)
{
	if (s->status == OCSP_UNREADABLE)
		return "it cannot be read";
	if (s->status == OCSP_NOT_SUCCESSFUL)
		return response_status_words(s->response_status);
	if (strncmp(s->serial, leaf->serial, SERIAL_COMPARED) != 0)
		return "it is about another certificate";
	if (s->status == OCSP_UNKNOWN)
		return "the responder does not know the certificate";
	return NULL;
}

static bool is_badly_signed(const struct ocsp_staple *s, const struct chain_path *p)
{
	return p->count > 1 && ocsp_check(s, p->at[1]) == SIGNATURE_BAD;
}

static void note_dates(const struct ocsp_staple *s, int64_t time, struct chain_judgement *j)
{
	int64_t late = s->next_update ? time - s->next_update : 0;
	int64_t early = s->this_update - time;
	char span[SPAN_TEXT_MAX], date[DATE_TEXT_MAX];

	if (late > CLOCK_SLACK) {
		span_words(late, span);
		date_words(s->next_update, late, date);
		note_defect(j, DEFECT_STAPLE_STALE, 0, late,
			    "the stapled OCSP response ran out %s before (nextUpdate %s)", span, date);
	}
	if (early > CLOCK_SLACK) {
		span_words(early, span);
		date_words(s->this_update, early, date);
		note_defect(j, DEFECT_STAPLE_FUTURE, 0, early,
			    "the stapled OCSP response is dated %s ahead (thisUpdate %s)", span, date);
	}
}

static void note_revoked(struct chain_judgement *j, uint8_t index, const char *which, int64_t at,
			 const char *source)
{
	char date[DATE_TEXT_MAX];

	date_words(at, INT64_MAX, date);
	note_defect(j, DEFECT_REVOKED, index, at, "%s was revoked on %s, says %s", which, date,
		    source);
}

static void check_staple(const struct chain_question *q, const struct chain_path *p,
			 struct chain_judgement *j)
{
	const struct certificate *leaf = p->at[0];

	if (!q->staple) {
		if (leaf->must_staple)
			note_defect(j, DEFECT_STAPLE_MISSING, 0, 0,
				    "the certificate demands a stapled OCSP response (RFC 7633), and there is "
				    "none")->tolerated = true;
		return;
	}
	const char *flaw = flaw_of(q->staple, leaf);

	if (flaw)
		note_defect(j, DEFECT_STAPLE_BAD, 0, q->staple->response_status,
			    "the stapled OCSP response is no good: %s", flaw);
	else if (is_badly_signed(q->staple, p))
		note_defect(j, DEFECT_STAPLE_BAD, 0, 0,
			    "the stapled OCSP response is signed neither by the issuer nor by its delegate");
	else if (q->staple->status == OCSP_REVOKED)
		note_revoked(j, 0, "the certificate", q->staple->revoked_at,
			     "the stapled OCSP response");
	if (!flaw)
		note_dates(q->staple, q->time, j);
}

static void check_crls(struct trust_context *t, const struct chain_path *p,
		       struct chain_judgement *j)
{
	char which[CERTIFICATE_TEXT_MAX];
	int64_t at;

	for (size_t i = 0; i < p->count; i++) {
		if (!crl_lists(context_crls(t), p->at[i], &at))
			continue;
		certificate_words(p, i, which);
		note_revoked(j, p->index[i], which, at, "the CRL");
	}
}

void check_status(struct trust_context *t, const struct chain_question *q,
		  const struct chain_path *p, struct chain_judgement *j)
{
	check_staple(q, p, j);
	check_crls(t, p, j);
}
