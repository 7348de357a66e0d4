#include "hello.h"

bool type_set_add(struct type_set *set, uint16_t type)
{
	uint8_t bit = (uint8_t)(1 << (type & 7));
	bool is_new = !(set->bits[type >> 3] & bit);

	set->bits[type >> 3] |= bit;
	return is_new;
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
