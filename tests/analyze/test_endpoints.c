/* Servers by address, port and name: who belongs to whom, what counts, what is handed out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../analyze/endpoints.h"

struct town {
	struct endpoints *all;
	uint64_t count;
};

static struct town town_new(void)
{
	struct town t = { .all = endpoints_new(0, false) };

	assert_non_null(t.all);
	return t;
}

/* 10.0.0.1 at 192.0.2.1:443, a second after the last. */
static struct gist visit(struct town *t, const char *name)
{
	struct gist g = { .serial = ++t->count, .client = { .ip = { 10, 0, 0, 1 }, .ip_len = 4 },
		.server = { .ip = { 192, 0, 2, 1 }, .ip_len = 4, .port = 443 } };

	g.first = g.last = (struct mark){ .frame = t->count * 10, .time = (int64_t)t->count * 1000000000 };
	g.name = *name;
	strcpy(g.short_name, name);
	return g;
}

static void works(struct town *t, const char *name)
{
	struct gist g = visit(t, name);

	g.fingerprint = 7;
	g.version = 0x0303;
	g.suite = 0xc02f;
	endpoints_note(t->all, &g, OUTCOME_COMPLETED, NULL, false);
}

/* Lost or refused before a hello could be read. */
static void never_comes_up(struct town *t)
{
	struct gist g = visit(t, "");

	endpoints_note(t->all, &g, OUTCOME_FAILED, "connect_refused", false);
}

static bool says(const struct endpoint *e, const char *code)
{
	for (uint8_t i = 0; i < e->finding_count; i++)
		if (!strcmp(e->findings[i].code, code))
			return true;
	return false;
}

/* The one with this name in a round. */
static bool find_endpoint(struct town *t, const char *name, struct endpoint *out)
{
	struct endpoint e;
	bool found = false;

	while (endpoints_next(t->all, &e)) {
		if (strcmp(e.sni, name) != 0)
			continue;
		*out = e;
		found = true;
	}
	return found;
}

static void who_never_named_the_server_meant_the_only_one_there(void **state)
{
	struct town t = town_new();
	struct endpoint e;

	(void)state;
	for (int i = 0; i < 4; i++) {
		works(&t, "shop");
		never_comes_up(&t);
	}
	works(&t, "shop");
	assert_true(find_endpoint(&t, "shop", &e));
	assert_int_equal(e.completed, 5);	/* its own */
	assert_int_equal(e.failed, 0);
	assert_int_equal(e.clients_affected, 1);
	assert_true(says(&e, "intermittent"));
	assert_false(says(&e, "fails_for_some_clients"));	/* a hello that was never sent lacks nothing */
	endpoints_free(t.all);
}

static void that_all_without_a_name_fail_is_not_that_all_fail(void **state)
{
	struct town alone = town_new(), among = town_new();
	struct endpoint e;

	(void)state;
	for (int i = 0; i < 3; i++) {
		never_comes_up(&alone);
		never_comes_up(&among);
		works(&among, "shop");
	}
	assert_true(find_endpoint(&alone, "", &e));
	assert_true(says(&e, "fails_for_all_clients"));
	assert_true(find_endpoint(&among, "", &e));
	assert_false(says(&e, "fails_for_all_clients"));
	assert_true(says(&e, "intermittent"));
	endpoints_free(alone.all);
	endpoints_free(among.all);
}

static void probes_are_counted_and_compare_with_nothing(void **state)
{
	struct town t = town_new();
	struct endpoint e;

	(void)state;
	for (int i = 0; i < 5; i++) {
		struct gist g = visit(&t, "shop");

		g.fingerprint = 100 + (uint64_t)i;
		endpoints_note(t.all, &g, OUTCOME_FAILED, "version_mismatch", true);
		works(&t, "shop");
	}
	assert_true(find_endpoint(&t, "shop", &e));
	assert_int_equal(e.probes, 5);
	assert_int_equal(e.failed, 5);
	assert_int_equal(e.finding_count, 0);
	endpoints_free(t.all);
}

static void what_a_server_chose_and_showed_is_counted(void **state)
{
	struct certificate leaf = { .sha256 = { 1, 2, 3 }, .not_after = 1800000000, .issuer = "CN=x", .subject = "CN=y" };
	struct certificate_list list = { .at = { &leaf }, .count = 1 };
	struct town t = town_new();
	struct endpoint e;

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct gist g = visit(&t, "shop");

		g.certificates = &list;
		g.fingerprint = 7;
		g.version = i ? 0x0303 : 0x0304;
		g.suite = i ? 0xc02f : 0x1301;
		endpoints_note(t.all, &g, OUTCOME_COMPLETED, NULL, false);
	}
	assert_true(find_endpoint(&t, "shop", &e));
	assert_int_equal(e.version_count, 2);
	assert_int_equal(e.suite_count, 2);
	assert_int_equal(e.suites[1].number, 0xc02f);
	assert_int_equal(e.suites[1].count, 2);
	assert_int_equal(e.leaf_count, 1);
	assert_int_equal(e.leaves[0].count, 3);
	assert_int_equal(e.leaves[0].sha256[2], 3);
	endpoints_free(t.all);
}

static void who_was_met_once_or_told_already_is_not_handed_out(void **state)
{
	struct town t = town_new();
	struct endpoint e;

	(void)state;
	works(&t, "once");
	works(&t, "twice");
	works(&t, "twice");
	assert_true(endpoints_next(t.all, &e));
	assert_string_equal(e.sni, "twice");
	assert_false(endpoints_next(t.all, &e));
	assert_false(endpoints_next(t.all, &e));
	works(&t, "twice");
	assert_true(endpoints_next(t.all, &e));
	assert_int_equal(e.completed, 3);
	endpoints_free(t.all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_never_named_the_server_meant_the_only_one_there),
		cmocka_unit_test(that_all_without_a_name_fail_is_not_that_all_fail),
		cmocka_unit_test(probes_are_counted_and_compare_with_nothing),
		cmocka_unit_test(what_a_server_chose_and_showed_is_counted),
		cmocka_unit_test(who_was_met_once_or_told_already_is_not_handed_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
