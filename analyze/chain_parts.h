/* What the files behind chain.h share: the path that was found, and how a defect is noted. */
#ifndef TLSWHY_CHAIN_PARTS_H
#define TLSWHY_CHAIN_PARTS_H

#include "chain.h"

/* ---- chain_path.c ---- */

struct chain_path {
	int64_t time;
	const struct certificate *at[CHAIN_PATH_MAX + 1];	/* leaf first; perhaps a store's root last */
	uint8_t index[CHAIN_PATH_MAX + 1];	/* in the message, or CHAIN_STORE_ROOT */
	size_t count;
	enum chain_end end;
	enum signature_check signatures;	/* the worst of its links */
	const struct certificate *impostor;	/* has the missing issuer's name, but did not sign */
	uint8_t impostor_index;
	const struct certificate *remembered;	/* the missing issuer, known from another chain */
	unsigned checks;		/* signatures verified so far */
};

void path_build(struct trust_context *t, const struct chain_question *q, struct chain_path *out);

/* Whether a is said to be signed by b: names only. */
bool is_issued_by_name(const struct certificate *a, const struct certificate *b);

/* Both say which key it is about, and they say different ones. */
bool key_ids_differ(const struct certificate *c, const struct certificate *issuer);

/* ---- trust_context.c ---- */

const struct trust_store *context_store(const struct trust_context *t);
const struct crl_set *context_crls(const struct trust_context *t);
/* The remembered issuer that signed `c`, NULL if there is none. */
const struct certificate *context_issuer(const struct trust_context *t, const struct certificate *c);

/* An earlier answer to the same question, and where a new one is kept. */
bool context_recall(const struct trust_context *t, const struct chain_question *q,
		    struct chain_judgement *out);
void context_keep(struct trust_context *t, const struct chain_question *q,
		  const struct chain_judgement *j);

/* ---- chain_defects.c ---- */

/* Notes a defect; printf's words follow. Beyond CHAIN_DEFECTS_KEPT it is dropped (the place behind the last takes
 * its words and is never counted). */
struct chain_defect *note_defect(struct chain_judgement *j, enum chain_defect_kind kind,
				 uint8_t index, int64_t amount, const char *words, ...)
	__attribute__((format(printf, 5, 6)));

enum { SPAN_TEXT_MAX = 40, DATE_TEXT_MAX = 40 };

/* "3 days", "1 hour": a length of time as people say it. */
void span_words(int64_t seconds, char out[SPAN_TEXT_MAX]);
/* "2024-03-01", with the time of day when `near` (seconds off) is less than two days. */
void date_words(int64_t when, int64_t near, char out[DATE_TEXT_MAX]);

/* How a certificate is called in a sentence: "the certificate", "the intermediate "CN=x"". */
enum { CERTIFICATE_TEXT_MAX = 120 };
void certificate_words(const struct chain_path *p, size_t position, char out[CERTIFICATE_TEXT_MAX]);

/* ---- one question each ---- */

void check_issuers(struct trust_context *t, const struct chain_question *q,
		   const struct chain_path *p, struct chain_judgement *j);	/* chain_issuers.c */
void check_order(const struct chain_question *q, const struct chain_path *p,
		 struct chain_judgement *j);
void check_validity(const struct chain_question *q, const struct chain_path *p,
		    struct chain_judgement *j);		/* chain_validity.c */
void check_form(const struct chain_question *q, const struct chain_path *p,
		struct chain_judgement *j);		/* chain_form.c */
void check_constraints(const struct chain_path *p, struct chain_judgement *j);	/* chain_rights.c */
void check_purpose(const struct chain_question *q, const struct chain_path *p,
		   struct chain_judgement *j);
void check_strength(const struct chain_path *p, struct chain_judgement *j);
void check_name(const struct chain_question *q, const struct certificate *leaf,
		struct chain_judgement *j);		/* chain_name.c */
void check_status(struct trust_context *t, const struct chain_question *q,
		  const struct chain_path *p, struct chain_judgement *j);	/* chain_status.c */

#endif
