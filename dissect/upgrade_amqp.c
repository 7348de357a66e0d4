/*
 * AMQP 1.0 (OASIS, part 5.2.1): a protocol header with protocol id 2 asks for TLS, the same one
 * grants it. AMQP 0-9-1 has no such id and is spoken in clear or inside TLS.
 */
#include "dialogue.h"

enum { HEADER_LEN = 8, PROTOCOL_TLS = 2 };

static bool measure(const struct dialogue *d, enum side from, struct reader bytes, size_t *len)
{
	(void)d;
	(void)from;
	*len = HEADER_LEN;
	return take(&bytes, HEADER_LEN);
}

static enum heard hear_header(struct dialogue *d, enum side from, struct reader unit)
{
	struct reader header = unit;

	take(&header, 4);
	bool tls = take_u8(&header) == PROTOCOL_TLS;

	if (from == SIDE_CLIENT) {
		if (!tls)
			return HEARD_FOREIGN;
		dialogue_ask(d, words_of("protocol id 2, TLS"));
		return HEARD;
	}
	if (!d->asked)
		return HEARD_FOREIGN;
	dialogue_tell(d, SIDE_SERVER, tls ? UPGRADE_ACCEPTED : UPGRADE_REFUSED, 0, unit);
	return tls ? HEARD_YES : HEARD_NO_MORE;
}

const struct dialogue_kind amqp_dialogue = {
	.measure = measure,
	.hear = hear_header,
};
