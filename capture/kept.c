#include "kept.h"

#include <stdlib.h>
#include <string.h>

size_t kept_size(const struct frame *frame)
{
	return sizeof(struct kept) + frame->len;
}

bool kept_add(struct kept_list *l, const struct frame *frame)
{
	struct kept *copy = malloc(kept_size(frame));

	if (!copy)
		return false;
	*copy = (struct kept){ .frame = *frame };
	memcpy(copy->bytes, frame->bytes, frame->len);
	copy->frame.bytes = copy->bytes;
	*(l->last ? &l->last->next : &l->first) = copy;
	l->last = copy;
	l->bytes += kept_size(frame);
	return true;
}

void kept_move(struct kept_list *to, struct kept_list *from)
{
	if (!from->first)
		return;
	*(to->last ? &to->last->next : &to->first) = from->first;
	to->last = from->last;
	to->bytes += from->bytes;
	*from = (struct kept_list){ 0 };
}

void kept_free(struct kept_list *l)
{
	struct kept *next;

	for (struct kept *at = l->first; at; at = next) {
		next = at->next;
		free(at);
	}
	*l = (struct kept_list){ 0 };
}
