/*
 * Every chain of tests/chains against what verdicts.tsv says of it, and that against the answers of
 * OpenSSL and GnuTLS in answers.tsv: where tlswhy and one of them differ, the table says why.
 */
#include "support_chains.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROWS_MAX = 200 };

struct row {
	char name[80], time[32], host[80], trust[40], openssl[120], gnutls[200];
	char expected[120];	/* "expired", or "unknown_ca?incomplete" when in doubt, and the rest after ',' */
	char why[400];
	char actual[200];
	enum chain_defect_kind worst;
};

static struct row rows[ROWS_MAX];
static size_t row_count;

static void field(char **line, char *out, size_t size)
{
	const char *text = strsep(line, "\t");

	snprintf(out, size, "%s", text ? text : "");
}

static struct row *row_of(const char *name)
{
	for (size_t i = 0; i < row_count; i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

static void read_answers(FILE *f)
{
	char buffer[1000];

	while (row_count < ROWS_MAX && fgets(buffer, sizeof(buffer), f)) {
		struct row *r = &rows[row_count++];
		char *line = buffer;

		buffer[strcspn(buffer, "\n")] = '\0';
		field(&line, r->name, sizeof(r->name));
		field(&line, r->time, sizeof(r->time));
		field(&line, r->host, sizeof(r->host));
		field(&line, r->trust, sizeof(r->trust));
		field(&line, r->openssl, sizeof(r->openssl));
		field(&line, r->gnutls, sizeof(r->gnutls));
	}
}

static void read_verdicts(FILE *f)
{
	char buffer[1000], name[80];

	while (fgets(buffer, sizeof(buffer), f)) {
		char *line = buffer;

		buffer[strcspn(buffer, "\n")] = '\0';
		if (buffer[0] == '#')
			continue;
		field(&line, name, sizeof(name));
		struct row *r = row_of(name);

		if (!r)
			fail_msg("verdicts.tsv has %s, answers.tsv has not", name);
		field(&line, r->expected, sizeof(r->expected));
		field(&line, r->why, sizeof(r->why));
	}
}

/* The worst defect first, then all others in the order found; tolerated ones in brackets. */
static void describe(const struct chain_judgement *j, char *out, size_t size)
{
	const struct chain_defect *worst = chain_worst(j);
	size_t len = (size_t)snprintf(out, size, "%s", defect_word(worst ? worst->kind : DEFECT_NONE));

	if (j->instead)
		len += (size_t)snprintf(out + len, size - len, "?%s", defect_word(j->instead));
	for (uint8_t i = 0; i < j->defect_count; i++) {
		const struct chain_defect *d = &j->defects[i];

		if (d != worst && len < size)
			len += (size_t)snprintf(out + len, size - len, d->tolerated ? ",(%s)" : ",%s",
						defect_word(d->kind));
	}
}

static void judge_row(struct row *r)
{
	struct certificate_list list = chain_from(r->name);
	struct trust_store *store = trust_from(r->trust);
	struct crl_set *crls = strcmp(r->name, "status_revoked") ? NULL : crls_from("inter");
	struct trust_context *context = trust_context_new(store, crls);
	struct chain_judgement j;

	chain_judge(context, &(struct chain_question){
		.certificates = &list, .name = r->host, .time = time_from(r->time),
		.purpose = CHAIN_SERVER, .key_use = KEY_USE_SIGN,
	}, &j);
	describe(&j, r->actual, sizeof(r->actual));
	r->worst = chain_worst(&j) ? chain_worst(&j)->kind : DEFECT_NONE;
	if (getenv("TLSWHY_TEST_WORDS"))
		for (uint8_t i = 0; i < j.defect_count; i++)
			print_message("%s: %s\n", r->name, j.defects[i].text);
	trust_context_free(context);
	crl_free(crls);
	trust_free(store);
	chain_free(&list);
}

static int read_table(void **state)
{
	FILE *answers = fopen("tests/chains/answers.tsv", "r");
	FILE *verdicts = fopen("tests/chains/verdicts.tsv", "r");

	(void)state;
	if (!answers || !verdicts)
		return -1;
	read_answers(answers);
	read_verdicts(verdicts);
	fclose(answers);
	fclose(verdicts);
	for (size_t i = 0; i < row_count; i++)
		judge_row(&rows[i]);
	return 0;
}

static void there_are_sixty_chains_and_more(void **state)
{
	(void)state;
	assert_true(row_count >= 60);
}

static void every_chain_gets_the_verdict_of_the_table(void **state)
{
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < row_count; i++) {
		if (!strcmp(rows[i].actual, rows[i].expected))
			continue;
		print_error("%s\t%s\t(expected: %s)\n", rows[i].name, rows[i].actual, rows[i].expected);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* X509_V_ERR_* by number, and what tlswhy calls it. */
static bool openssl_means(int error, enum chain_defect_kind worst)
{
	static const struct { int error; enum chain_defect_kind kind; } meanings[] = {
		{ 7, DEFECT_BAD_SIGNATURE }, { 9, DEFECT_NOT_YET_VALID }, { 10, DEFECT_EXPIRED },
		{ 18, DEFECT_SELF_SIGNED_LEAF }, { 19, DEFECT_UNKNOWN_CA }, { 19, DEFECT_INTERCEPTED },
		{ 20, DEFECT_UNKNOWN_CA }, { 20, DEFECT_INCOMPLETE }, { 20, DEFECT_INTERCEPTED },
		{ 23, DEFECT_REVOKED }, { 25, DEFECT_PATH_LENGTH }, { 26, DEFECT_WRONG_PURPOSE },
		{ 34, DEFECT_UNKNOWN_CRITICAL }, { 47, DEFECT_NAME_CONSTRAINT },
		{ 48, DEFECT_NAME_CONSTRAINT }, { 62, DEFECT_NAME_MISMATCH }, { 66, DEFECT_WEAK_KEY },
		{ 67, DEFECT_WEAK_KEY }, { 68, DEFECT_WEAK_SIGNATURE }, { 79, DEFECT_ISSUER_NOT_CA },
		{ 94, DEFECT_MALFORMED },
	};

	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++)
		if (meanings[i].error == error && meanings[i].kind == worst)
			return true;
	return false;
}

static void every_difference_from_openssl_is_explained(void **state)
{
	int unexplained = 0;

	(void)state;
	for (size_t i = 0; i < row_count; i++) {
		const struct row *r = &rows[i];
		bool agrees = !strcmp(r->openssl, "OK") ? r->worst == DEFECT_NONE
			: openssl_means(atoi(r->openssl), r->worst);

		if (agrees || *r->why)
			continue;
		print_error("%s: %s, OpenSSL: %s\n", r->name, r->actual, r->openssl);
		unexplained++;
	}
	assert_int_equal(unexplained, 0);
}

static void every_difference_from_gnutls_is_explained(void **state)
{
	int unexplained = 0;

	(void)state;
	for (size_t i = 0; i < row_count; i++) {
		const struct row *r = &rows[i];

		if (!strcmp(r->gnutls, "OK") == (r->worst == DEFECT_NONE) || *r->why)
			continue;
		print_error("%s: %s, GnuTLS: %s\n", r->name, r->actual, r->gnutls);
		unexplained++;
	}
	assert_int_equal(unexplained, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_are_sixty_chains_and_more),
		cmocka_unit_test(every_chain_gets_the_verdict_of_the_table),
		cmocka_unit_test(every_difference_from_openssl_is_explained),
		cmocka_unit_test(every_difference_from_gnutls_is_explained),
	};

	return cmocka_run_group_tests(tests, read_table, NULL);
}
