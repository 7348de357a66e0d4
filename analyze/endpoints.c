#include "endpoints.h"

#include <stdlib.h>

struct endpoints {
	size_t memory;
};

struct endpoints *endpoints_new(size_t memory)
{
	struct endpoints *e = calloc(1, sizeof(*e));

	if (e)
		e->memory = memory;
	return e;
}

void endpoints_free(struct endpoints *e)
{
	free(e);
}

void endpoints_note(struct endpoints *e, const struct handshake *h, enum outcome outcome,
		    const char *code, bool probe)
{
	(void)e, (void)h, (void)outcome, (void)code, (void)probe;
}

bool endpoints_next(struct endpoints *e, struct endpoint *out)
{
	(void)e, (void)out;
	return false;
}
