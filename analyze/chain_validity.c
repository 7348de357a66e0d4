/* Dates, held against the time of the handshake. */
#include "chain_parts.h"

enum {
	DAY = 86400,
	SOON_DAYS = 30,
	NO_EXPIRY_YEARS = 50 /* private PKIs that never meant to renew: no finding about length */
};

/* When the browsers' limits on a leaf's lifetime began (CA/Browser Forum BR 6.3.2, SC-81). */
static const struct {
	int64_t issued_from;
	int days;
} lifetime_limits[] = {
	{ 1773532800, 200 },	/* 2026-03-15 */
	{ 1598918400, 398 },	/* 2020-09-01 */
	{ 1519862400, 825 },	/* 2018-03-01 */
};

static void note_expired(const struct chain_question *q, const struct chain_path *p, size_t i,
			 struct chain_judgement *j)
{
	const struct certificate *c = p->at[i];
	int64_t late = q->time - c->not_after;
	char which[CERTIFICATE_TEXT_MAX], span[SPAN_TEXT_MAX], date[DATE_TEXT_MAX];

	certificate_words(p, i, which);
	span_words(late, span);
	date_words(c->not_after, late, date);
	note_defect(j, DEFECT_EXPIRED, p->index[i], late, "%s expired %s before (%s)", which, span,
		    date);
}

static void note_early(const struct chain_question *q, const struct chain_path *p, size_t i,
		       struct chain_judgement *j)
{
	const struct certificate *c = p->at[i];
	int64_t early = c->not_before - q->time;
	char which[CERTIFICATE_TEXT_MAX], span[SPAN_TEXT_MAX], date[DATE_TEXT_MAX];

	certificate_words(p, i, which);
	span_words(early, span);
	date_words(c->not_before, early, date);
	note_defect(j, DEFECT_NOT_YET_VALID, p->index[i], early,
		    "%s becomes valid only %s later (%s)", which, span, date);
}

/* Thirty days, but of a short-lived certificate only its last third: it is renewed later. */
static void note_soon(const struct chain_question *q, const struct chain_path *p, size_t i,
		      struct chain_judgement *j)
{
	const struct certificate *c = p->at[i];
	int64_t left_over = c->not_after - q->time, lifetime = c->not_after - c->not_before;
	char which[CERTIFICATE_TEXT_MAX], span[SPAN_TEXT_MAX], date[DATE_TEXT_MAX];

	if (left_over > (int64_t)SOON_DAYS * DAY || left_over > lifetime / 3)
		return;
	certificate_words(p, i, which);
	span_words(left_over, span);
	date_words(c->not_after, left_over, date);
	note_defect(j, DEFECT_EXPIRES_SOON, p->index[i], left_over / DAY, "%s expires in %s (%s)",
		    which, span, date)
	    ->tolerated = true;
}

static void check_lifetime(const struct chain_path *p, struct chain_judgement *j)
{
	const struct certificate *leaf = p->at[0];
	int64_t days = (leaf->not_after - leaf->not_before) / DAY;

	if (p->end != CHAIN_ANCHORED || days > NO_EXPIRY_YEARS * 365)
		return;
	for (size_t i = 0; i < sizeof(lifetime_limits) / sizeof(*lifetime_limits); i++) {
		if (leaf->not_before < lifetime_limits[i].issued_from)
			continue;
		if (days > lifetime_limits[i].days)
			note_defect(j, DEFECT_TOO_LONG_VALIDITY, 0, days,
				    "it is valid for %lld days; browsers accept %d from a public CA",
				    (long long)days, lifetime_limits[i].days)->tolerated = true;
		return;
	}
}

/* What was sent of a root that the store has under the same name and key is not looked at: its own
 * dates are those that count, and a cross-signed twin may be long expired. */
static bool is_looked_at(const struct chain_path *p, size_t i)
{
	return p->at[i]->validity_read &&
	       (i == 0 || p->end != CHAIN_ANCHORED || i + 1 < p->count ||
		p->index[i] == CHAIN_STORE_ROOT);
}

void check_validity(const struct chain_question *q, const struct chain_path *p,
		    struct chain_judgement *j)
{
	for (size_t i = 0; i < p->count; i++) {
		if (!is_looked_at(p, i))
			continue;
		if (q->time > p->at[i]->not_after)
			note_expired(q, p, i, j);
		else if (q->time < p->at[i]->not_before)
			note_early(q, p, i, j);
		else
			note_soon(q, p, i, j);
	}
	if (p->at[0]->validity_read && q->purpose == CHAIN_SERVER)
		check_lifetime(p, j);
}
