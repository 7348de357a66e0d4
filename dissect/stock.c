#include "stock.h"

#include <malloc.h>
#include <stdlib.h>

#include "../must.h"

void *stock_take(struct stock *s, size_t size)
{
	size_t steps = size ? (size - 1) / STOCK_STEP : 0;

	if (steps >= STOCK_SIZES)
		return must(malloc(size));
	if (s && s->count[steps])
		return s->at[steps][--s->count[steps]];
	return must(malloc((steps + 1) * STOCK_STEP));
}

/* By what malloc says of it a block serves for the largest size that fits. */
void stock_return(struct stock *s, void *block)
{
	size_t steps = block && s ? malloc_usable_size(block) / STOCK_STEP : 0;

	if (!steps || steps > STOCK_SIZES || s->count[steps - 1] == STOCK_KEPT)
		free(block);
	else
		s->at[steps - 1][s->count[steps - 1]++] = block;
}

void stock_empty(struct stock *s)
{
	for (size_t i = 0; i < STOCK_SIZES; i++)
		while (s->count[i])
			free(s->at[i][--s->count[i]]);
}
