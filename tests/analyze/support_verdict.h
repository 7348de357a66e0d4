/* What the rules make of a story: the best diagnosis and its confidence. */
#ifndef TLSWHY_SUPPORT_VERDICT_H
#define TLSWHY_SUPPORT_VERDICT_H

#include "support_story.h"

struct lessons;
struct trace;

/* Each concludes the story, diagnoses it by the roots of tests/chains/trust/root.pem, and ends it. */
void assert_best(struct story s, const char *code, enum confidence confidence);
void assert_best_after(struct story s, const struct lessons *lessons, const char *code,
		       enum confidence confidence);
void assert_best_before(struct story s, const struct trace *next_try, const char *code,
			enum confidence confidence);
void assert_best_is_not(struct story s, const char *code);
void assert_alternative_after(struct story s, const struct lessons *lessons, const char *best,
			      const char *alternative);
void assert_outcome(struct story s, enum outcome outcome);

/* The verdict itself, which borrows from the story. */
void judge_story(struct story *s, struct verdict *out);

/* Concludes the story, learns from it, ends it. */
void learn(struct lessons *l, struct story s);

/* A ClientHello that the server answers with this alert and nothing else. */
struct story refused(struct client_hello *hello, uint8_t alert);

/* The server's flight, and the client answers with this alert. */
struct story client_refuses12(const char *chain, uint8_t alert);

#endif
