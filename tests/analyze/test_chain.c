/* What a run knows when it judges a chain, what it remembers, and how staples are held against it. */
#include "support_chains.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../dissect/pem.h"

static const char june[] = "2024-06-01T00:00:00Z";

struct run {
	struct trust_store *store;
	struct trust_context *context;
};

static struct run run_with(const char *trust)
{
	struct run run = { .store = trust ? trust_from(trust) : NULL };

	run.context = trust_context_new(run.store, NULL);
	return run;
}

static void run_over(struct run *run)
{
	trust_context_free(run->context);
	trust_free(run->store);
}

/* The chain of a file, asked for its usual name in June 2024. */
static struct chain_judgement judged_at(struct run *run, const char *file, const char *name,
					const char *time)
{
	struct certificate_list list = chain_from(file);
	struct chain_judgement j;

	chain_judge(run->context, &(struct chain_question){
		.certificates = &list, .name = name, .time = time_from(time),
		.purpose = CHAIN_SERVER,
	}, &j);
	chain_free(&list);
	return j;
}

static struct chain_judgement judged(struct run *run, const char *file)
{
	return judged_at(run, file, "www.example.com", june);
}

static void assert_worst(const struct chain_judgement *j, enum chain_defect_kind kind)
{
	const struct chain_defect *worst = chain_worst(j);

	assert_string_equal(defect_word(worst ? worst->kind : DEFECT_NONE), defect_word(kind));
}

static void an_issuer_that_another_server_sent_is_missing_without_doubt(void **state)
{
	struct run run = run_with("private");

	(void)state;
	judged(&run, "good_deep");
	struct chain_judgement j = judged(&run, "issuer_missing_in_the_middle");

	assert_worst(&j, DEFECT_INCOMPLETE);
	assert_int_equal(j.instead, DEFECT_NONE);
	run_over(&run);
}

static void a_private_root_that_another_server_sent_is_unknown_without_doubt(void **state)
{
	struct run run = run_with("root");

	(void)state;
	assert_int_equal(judged(&run, "issuer_private_root").instead, DEFECT_INCOMPLETE);
	judged(&run, "issuer_private_root_sent");
	struct chain_judgement j = judged(&run, "issuer_private_root");

	assert_worst(&j, DEFECT_UNKNOWN_CA);
	assert_int_equal(j.instead, DEFECT_NONE);
	run_over(&run);
}

static void a_broken_chain_stays_broken_after_a_complete_one(void **state)
{
	struct run run = run_with("root");
	struct chain_judgement j = judged(&run, "good");

	(void)state;
	assert_worst(&j, DEFECT_NONE);
	j = judged(&run, "issuer_missing");
	assert_worst(&j, DEFECT_INCOMPLETE);
	j = judged(&run, "good");
	assert_worst(&j, DEFECT_NONE);
	j = judged(&run, "issuer_missing");
	assert_worst(&j, DEFECT_INCOMPLETE);
	j = judged(&run, "path_bad_signature");
	assert_worst(&j, DEFECT_BAD_SIGNATURE);
	run_over(&run);
}

static void an_answer_is_for_its_name_time_and_purpose_alone(void **state)
{
	struct run run = run_with("root");
	struct chain_judgement j = judged(&run, "good");

	(void)state;
	assert_worst(&j, DEFECT_NONE);
	j = judged_at(&run, "good", "shop.example.com", june);
	assert_worst(&j, DEFECT_NAME_MISMATCH);
	j = judged_at(&run, "good", NULL, june);
	assert_worst(&j, DEFECT_NONE);
	assert_int_equal(j.name, NAME_NOT_ASKED);
	j = judged_at(&run, "good", "www.example.com", "2025-06-01T00:00:00Z");
	assert_worst(&j, DEFECT_EXPIRED);
	j = judged(&run, "good");
	assert_worst(&j, DEFECT_NONE);
	run_over(&run);
}

static void without_a_store_an_unknown_root_is_no_verdict(void **state)
{
	struct run run = run_with(NULL);
	struct chain_judgement j = judged(&run, "issuer_private_root_sent");

	(void)state;
	assert_worst(&j, DEFECT_NONE);
	assert_false(j.store);
	assert_true(chain_defect(&j, DEFECT_UNKNOWN_CA)->tolerated);
	j = judged(&run, "issuer_itself");
	assert_worst(&j, DEFECT_SELF_SIGNED_LEAF);
	run_over(&run);
}

static void what_the_bytes_prove_comes_before_what_our_store_does_not_know(void **state)
{
	struct run run = run_with("private");
	struct chain_judgement j = judged_at(&run, "good", "shop.example.com", june);

	(void)state;
	assert_worst(&j, DEFECT_NAME_MISMATCH);
	assert_non_null(chain_defect(&j, DEFECT_UNKNOWN_CA));
	run_over(&run);
}

static void nothing_sent_is_nothing_judged(void **state)
{
	struct run run = run_with("root");
	struct certificate_list none = { .count = 0 };
	struct chain_judgement j;

	(void)state;
	chain_judge(run.context, &(struct chain_question){ .certificates = &none }, &j);
	assert_int_equal(j.end, CHAIN_EMPTY);
	assert_null(chain_worst(&j));
	run_over(&run);
}

static struct chain_judgement judged_for(struct run *run, const char *file,
					 enum chain_purpose purpose, enum chain_key_use use)
{
	struct certificate_list list = chain_from(file);
	struct chain_judgement j;

	chain_judge(run->context, &(struct chain_question){
		.certificates = &list, .time = time_from(june), .purpose = purpose, .key_use = use,
	}, &j);
	chain_free(&list);
	return j;
}

static void a_certificate_for_clients_is_none_for_servers_and_the_other_way_round(void **state)
{
	struct run run = run_with("root");
	struct chain_judgement j = judged_for(&run, "purpose_client", CHAIN_CLIENT, KEY_USE_SIGN);

	(void)state;
	assert_worst(&j, DEFECT_NONE);
	j = judged_for(&run, "good", CHAIN_CLIENT, KEY_USE_SIGN);
	assert_worst(&j, DEFECT_WRONG_PURPOSE);
	assert_string_equal(chain_defect_code(DEFECT_WRONG_PURPOSE, CHAIN_CLIENT), "client_cert_rejected");
	run_over(&run);
}

static void key_usage_is_held_against_what_the_key_exchange_does(void **state)
{
	struct run run = run_with("root");
	struct chain_judgement j = judged_for(&run, "good", CHAIN_SERVER, KEY_USE_SIGN);

	(void)state;
	assert_worst(&j, DEFECT_NONE);
	j = judged_for(&run, "good", CHAIN_SERVER, KEY_USE_ENCIPHER);
	assert_worst(&j, DEFECT_WRONG_PURPOSE);
	j = judged_for(&run, "good", CHAIN_SERVER, KEY_USE_UNKNOWN);
	assert_worst(&j, DEFECT_NONE);
	run_over(&run);
}

/* ---- staples ---- */

static struct ocsp_staple *staple_from(const char *name)
{
	struct file_bytes file;
	char path[200], problem[200];

	snprintf(path, sizeof(path), "tests/chains/trust/ocsp_%s.der", name);
	assert_true(file_read(path, 1 << 20, &file, problem, sizeof(problem)));
	struct ocsp_staple *s = ocsp_parse(file.at, file.len);

	free(file.at);
	return s;
}

/* The staple is as old as its making; `after` seconds after thisUpdate, the chain's own dates aside. */
static struct chain_judgement judged_with(const char *chain, const char *staple, int64_t after)
{
	struct run run = run_with("root");
	struct certificate_list list = chain_from(chain);
	struct ocsp_staple *s = staple_from(staple);
	struct chain_judgement j;

	chain_judge(run.context, &(struct chain_question){
		.certificates = &list, .staple = s, .time = s->this_update + after,
		.purpose = CHAIN_SERVER,
	}, &j);
	free(s);
	chain_free(&list);
	run_over(&run);
	return j;
}

static enum chain_defect_kind status_of(const struct chain_judgement *j)
{
	for (uint8_t i = 0; i < j->defect_count; i++)
		if (j->defects[i].kind >= DEFECT_REVOKED)
			return j->defects[i].kind;
	return DEFECT_NONE;
}

static void a_staple_is_held_against_certificate_issuer_and_time(void **state)
{
	enum { HOUR = 3600, DAY = 86400 };
	static const struct {
		const char *chain, *staple;
		int64_t after;
		enum chain_defect_kind kind;
	} cases[] = {
		{ "good", "good", HOUR, DEFECT_NONE },
		{ "good", "good", -200, DEFECT_NONE },	/* clocks differ */
		{ "good", "good", -HOUR, DEFECT_STAPLE_FUTURE },
		{ "good", "good", 8 * DAY, DEFECT_STAPLE_STALE },
		{ "good", "delegate", HOUR, DEFECT_NONE },
		{ "good", "stranger", HOUR, DEFECT_STAPLE_BAD },
		{ "good", "revoked", HOUR, DEFECT_REVOKED },
		{ "good", "unknown", HOUR, DEFECT_STAPLE_BAD },
		{ "good", "try_later", HOUR, DEFECT_STAPLE_BAD },
		{ "good_wildcard", "good", HOUR, DEFECT_STAPLE_BAD },
		{ "status_staple_demanded", "good", HOUR, DEFECT_STAPLE_BAD },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct chain_judgement j = judged_with(cases[i].chain, cases[i].staple, cases[i].after);

		if (status_of(&j) != cases[i].kind)
			fail_msg("%s with %s: %s", cases[i].chain, cases[i].staple,
				 defect_word(status_of(&j)));
	}
}

static void every_defect_of_a_server_has_a_code_or_is_a_finding(void **state)
{
	(void)state;
	for (int kind = DEFECT_NONE + 1; kind < DEFECT_COUNT; kind++)
		if (kind != DEFECT_TOO_LONG_VALIDITY)
			assert_true(chain_defect_code((enum chain_defect_kind)kind, CHAIN_SERVER) ||
				    chain_defect_finding((enum chain_defect_kind)kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_issuer_that_another_server_sent_is_missing_without_doubt),
		cmocka_unit_test(a_private_root_that_another_server_sent_is_unknown_without_doubt),
		cmocka_unit_test(a_broken_chain_stays_broken_after_a_complete_one),
		cmocka_unit_test(an_answer_is_for_its_name_time_and_purpose_alone),
		cmocka_unit_test(without_a_store_an_unknown_root_is_no_verdict),
		cmocka_unit_test(what_the_bytes_prove_comes_before_what_our_store_does_not_know),
		cmocka_unit_test(nothing_sent_is_nothing_judged),
		cmocka_unit_test(a_certificate_for_clients_is_none_for_servers_and_the_other_way_round),
		cmocka_unit_test(key_usage_is_held_against_what_the_key_exchange_does),
		cmocka_unit_test(a_staple_is_held_against_certificate_issuer_and_time),
		cmocka_unit_test(every_defect_of_a_server_has_a_code_or_is_a_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
