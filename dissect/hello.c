#include "hello.h"

enum {
	TYPES_FEW = 64,		/* no stack sends more; beyond, looking through them takes too long */
	TYPES_BYTES = 65536 / 8
};

void type_set_begin(struct type_set *set, struct codes *codes)
{
	*set = (struct type_set){ .codes = codes, .from = codes->count };
}

struct span type_set_end(struct type_set *set)
{
	free(set->bits);
	return (struct span){ set->from, (uint16_t)(set->codes->count - set->from) };
}

static bool among(const struct type_set *set, uint16_t type)
{
	for (uint32_t i = set->from; i < set->codes->count; i++)
		if (set->codes->at[i] == type)
			return true;
	return false;
}

static bool test_and_set(uint8_t *bits, uint16_t type)
{
	uint8_t bit = (uint8_t)(1 << (type & 7));
	bool was_set = bits[type >> 3] & bit;

	bits[type >> 3] |= bit;
	return was_set;
}

/* Room for all types, filled with those that are there. */
static void spread_out(struct type_set *set)
{
	set->bits = must(calloc(1, TYPES_BYTES));
	for (uint32_t i = set->from; i < set->codes->count; i++)
		test_and_set(set->bits, set->codes->at[i]);
}

bool type_set_add(struct type_set *set, uint16_t type)
{
	uint64_t bit = UINT64_C(1) << (type & 63), *maybe = &set->maybe[type >> 6 & 3];
	bool was_there;

	if (!set->bits && set->codes->count - set->from == TYPES_FEW)
		spread_out(set);
	was_there = set->bits ? test_and_set(set->bits, type) : (*maybe & bit) && among(set, type);
	*maybe |= bit;
	set->codes->at[set->codes->count++] = type;
	return !was_there;
}

struct reader take_extensions(struct reader *r, struct breakage *broken)
{
	uint16_t promised = take_u16(r);
	size_t there = left(r);

	if (promised > there && !broken->at)
		broken->at = r->end;
	return take_reader(r, promised < there ? promised : there);
}

void take_session_id(struct reader id, uint8_t *len, uint8_t to[32], struct breakage *broken)
{
	const uint8_t *at = id.at;
	size_t n = left(&id) < 32 ? left(&id) : 32;
	const uint8_t *bytes = take(&id, n);

	if (bytes)
		memcpy(to, bytes, n);
	*len = (uint8_t)n;
	if (more(&id) && !broken->at)
		broken->at = at;
}
