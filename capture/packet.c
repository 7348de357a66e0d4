#include <stdlib.h>

#include "decoder.h"

struct decoder *decoder_new(size_t memory)
{
	struct decoder *d = calloc(1, sizeof(*d));

	if (d)
		d->memory = memory;
	return d;
}

bool decode(struct decoder *d, const struct frame *frame, struct packet *out, bool *undecodable)
{
	unsigned trials = 0;
	struct descent descent = {
		.decoder = d,
		.trials = &trials,
		.out = out,
		.missing = frame->wire_len - frame->len,
	};

	defragment_release(d);
	d->frame = frame;
	*out = (struct packet){ .mark = frame->mark, .wire_len = frame->wire_len };
	struct reader bytes = reader_of(frame->bytes, frame->len);
	enum found found = take_link(&descent, frame->link_type, bytes);
	*undecodable = found == FOUND_BROKEN || (found == FOUND_NOTHING && !descent.saw_ip);
	return found == FOUND_PACKET;
}

void decoder_keep(struct decoder *d, size_t memory)
{
	d->keep = memory;
}

const struct kept *decoder_fragments(const struct decoder *d)
{
	return d->before.first;
}

void decoder_free(struct decoder *d)
{
	if (!d)
		return;
	defragment_free(d);
	free(d);
}
