/* The table finds what was put in and not removed, whatever the hashes. */
#include "../../capture/table.h"
#include "../../capture/past.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static bool finds(const struct table *t, uint64_t hash, uint32_t flow)
{
	struct table_search search = table_search(t, hash);
	uint32_t id;

	while ((id = table_match(t, &search)) != NO_FLOW) {
		if (id == flow)
			return true;
	}
	return false;
}

/* Flow numbers are their hashes' places in an array. */
static uint64_t hash_in(const void *hashes, uint32_t flow)
{
	return ((const uint64_t *)hashes)[flow];
}

static void equal_hashes_are_all_found(void **state)
{
	const uint64_t hash = 0xfffffffffffffffe;
	struct table t;

	(void)state;
	assert_true(table_init(&t));
	for (uint32_t flow = 0; flow < 100; flow++)
		table_put(&t, hash, flow);
	for (uint32_t flow = 0; flow < 100; flow += 2)
		table_remove(&t, hash, flow);
	for (uint32_t flow = 0; flow < 100; flow++)
		assert_int_equal(finds(&t, hash, flow), flow % 2);
	assert_int_equal(t.count, 50);
	table_free(&t);
}

static void what_was_removed_leaves_no_trace(void **state)
{
	struct table t;

	(void)state;
	assert_true(table_init(&t));
	for (uint32_t flow = 0; flow < TABLE_PLACES * 3; flow++)
		table_put(&t, 5, flow);
	for (uint32_t flow = 0; flow < TABLE_PLACES * 3; flow++)
		table_remove(&t, 5, flow);
	for (uint32_t i = 0; i < TABLE_FIRST_LINES; i++)
		assert_int_equal(t.lines[i].passed, 0);
	assert_int_equal(t.count, 0);
	table_free(&t);
}

static uint64_t draw(uint64_t *chance, uint64_t below)
{
	*chance = *chance * 6364136223846793005u + 1442695040888963407u;
	return (*chance >> 33) % below;
}

static void it_agrees_with_a_plain_list_of_what_is_in_it(void **state)
{
	enum { FLOWS = 3000, STEPS = 60000 };
	static uint64_t hashes[FLOWS];
	static bool in[FLOWS];
	uint64_t chance = 5;
	struct table t;

	(void)state;
	assert_true(table_init(&t));
	for (uint32_t step = 0; step < STEPS; step++) {
		uint32_t flow = (uint32_t)draw(&chance, FLOWS);

		if (in[flow]) {
			table_remove(&t, hashes[flow], flow);
		} else {
			if (table_crowded(&t))
				assert_true(table_grow(&t, hash_in, hashes));
			hashes[flow] = draw(&chance, 500) * 0x1010001u;
			table_put(&t, hashes[flow], flow);
		}
		in[flow] = !in[flow];
		flow = (uint32_t)draw(&chance, FLOWS);
		assert_int_equal(finds(&t, hashes[flow], flow), in[flow]);
	}
	for (uint32_t flow = 0; flow < FLOWS; flow++)
		assert_int_equal(finds(&t, hashes[flow], flow), in[flow]);
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
		cmocka_unit_test(equal_hashes_are_all_found),
		cmocka_unit_test(what_was_removed_leaves_no_trace),
		cmocka_unit_test(it_agrees_with_a_plain_list_of_what_is_in_it),
		cmocka_unit_test(the_past_forgets_the_oldest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
