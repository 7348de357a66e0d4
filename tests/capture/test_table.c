/* The table finds what was put in and not removed, whatever the tags. */
#include "../../capture/table.h"
#include "../../capture/past.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static bool finds(const struct table *t, uint32_t tag, uint32_t flow)
{
	uint32_t at = tag, id;

	while ((id = table_match(t, tag, &at)) != NO_FLOW) {
		if (id == flow)
			return true;
	}
	return false;
}

static void equal_tags_are_all_found(void **state)
{
	struct table t;

	(void)state;
	assert_true(table_init(&t));
	for (uint32_t flow = 0; flow < 100; flow++)
		table_put(&t, 0xfffffffe, flow);
	for (uint32_t flow = 0; flow < 100; flow += 2)
		table_remove(&t, 0xfffffffe, flow);
	for (uint32_t flow = 0; flow < 100; flow++)
		assert_int_equal(finds(&t, 0xfffffffe, flow), flow % 2);
	assert_int_equal(t.count, 50);
	table_free(&t);
}

static uint32_t draw(uint64_t *chance, uint32_t below)
{
	*chance = *chance * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*chance >> 33) % below;
}

static void it_agrees_with_a_plain_list_of_what_is_in_it(void **state)
{
	enum { FLOWS = 3000, STEPS = 60000 };
	static uint32_t tags[FLOWS];
	static bool in[FLOWS];
	uint64_t chance = 5;
	struct table t;

	(void)state;
	assert_true(table_init(&t));
	for (uint32_t step = 0; step < STEPS; step++) {
		uint32_t flow = draw(&chance, FLOWS);

		if (in[flow]) {
			table_remove(&t, tags[flow], flow);
		} else {
			if (table_crowded(&t))
				assert_true(table_grow(&t));
			tags[flow] = draw(&chance, 500) * 0x10001u;
			table_put(&t, tags[flow], flow);
		}
		in[flow] = !in[flow];
		flow = draw(&chance, FLOWS);
		assert_int_equal(finds(&t, tags[flow], flow), in[flow]);
	}
	for (uint32_t flow = 0; flow < FLOWS; flow++)
		assert_int_equal(finds(&t, tags[flow], flow), in[flow]);
	table_free(&t);
}

static void the_past_forgets_the_oldest_first(void **state)
{
	const int64_t second = 1000000000;
	struct past p;

	(void)state;
	assert_true(past_init(&p, 0));
	for (uint32_t i = 0; i < PAST_WAYS + 1; i++)	/* one bucket: equal upper halves */
		past_note(&p, 7 + i, i, i == PAST_WAYS, i * second);
	assert_null(past_find(&p, 7));
	for (uint32_t i = 1; i <= PAST_WAYS; i++)
		assert_int_equal(past_find(&p, 7 + i)->stream, i);
	assert_false(past_finished(past_find(&p, 8), PAST_WAYS * second, 100));
	assert_true(past_finished(past_find(&p, 7 + PAST_WAYS), (PAST_WAYS + 100) * second, 100));
	assert_false(past_finished(past_find(&p, 7 + PAST_WAYS), (PAST_WAYS + 101) * second, 100));
	past_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_tags_are_all_found),
		cmocka_unit_test(it_agrees_with_a_plain_list_of_what_is_in_it),
		cmocka_unit_test(the_past_forgets_the_oldest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
