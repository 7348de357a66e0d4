#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../dissect/stock.h"

static void a_block_that_came_back_serves_the_next_of_its_size(void **state)
{
	struct stock s = { .count = { 0 } };
	void *block = stock_take(&s, 100);

	(void)state;
	memset(block, 1, 100);
	stock_return(&s, block);
	assert_ptr_equal(stock_take(&s, 128), block);
	memset(block, 2, 128);
	stock_return(&s, block);
	stock_empty(&s);
}

static void a_block_is_never_smaller_than_was_asked_for(void **state)
{
	struct stock s = { .count = { 0 } };

	(void)state;
	for (size_t had = 1; had < 3000; had += 37)
		for (size_t wanted = 0; wanted < 3000; wanted += 41) {
			char *block;

			stock_return(&s, malloc(had));
			block = stock_take(&s, wanted);
			memset(block, 3, wanted);
			stock_return(&s, block);
		}
	stock_empty(&s);
}

static void what_is_kept_is_bounded(void **state)
{
	struct stock s = { .count = { 0 } };
	unsigned kept = 0;

	(void)state;
	for (int i = 0; i < 10 * STOCK_KEPT; i++)
		stock_return(&s, malloc(STOCK_STEP));
	for (int i = 0; i < STOCK_SIZES; i++)
		kept += s.count[i];
	assert_int_equal(kept, STOCK_KEPT);
	stock_empty(&s);
}

static void without_a_stock_it_is_malloc(void **state)
{
	(void)state;
	stock_return(NULL, stock_take(NULL, 10));
	stock_return(NULL, NULL);
	free(stock_take(NULL, 1 << 20));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_that_came_back_serves_the_next_of_its_size),
		cmocka_unit_test(a_block_is_never_smaller_than_was_asked_for),
		cmocka_unit_test(what_is_kept_is_bounded),
		cmocka_unit_test(without_a_stock_it_is_malloc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
