#include "pile.h"

#include "parse.h"

void pile_add(struct pile *p, const uint8_t *bytes, size_t len)
{
	if (p->room - p->have < len) {
		size_t room = p->room * 2 > p->have + len ? p->room * 2 : p->have + len;

		p->at = must(realloc(p->at, room));
		p->room = room;
	}
	if (len)
		memcpy(p->at + p->have, bytes, len);
	p->have += len;
}

void pile_free(struct pile *p)
{
	free(p->at);
	*p = (struct pile){ 0 };
}
