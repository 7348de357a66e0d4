/*
 * NATS: the server's first line is INFO with a JSON object. Where that says tls_required or
 * tls_available, the client may begin TLS with its next byte; nobody asks or answers.
 */
#include "dialogue.h"
#include "foreign.h"

static enum heard hear_server(struct dialogue *d, struct reader line)
{
	struct reader start = line;

	if (starts_with(&start, "INFO ")) {
		d->unasked = mentions(line, "\"tls_required\":true") ||
			     mentions(line, "\"tls_available\":true");
		dialogue_tell(d, SIDE_SERVER, d->unasked ? UPGRADE_OFFERED : UPGRADE_NOT_OFFERED, 0,
			      words_of(d->unasked ? "" : "INFO without tls_required or tls_available"));
		return HEARD;
	}
	if (mentions(line, "TLS Required"))
		dialogue_tell(d, SIDE_SERVER, UPGRADE_REQUIRED, 0, line);
	return HEARD;
}

static enum heard hear_line(struct dialogue *d, enum side from, struct reader unit)
{
	if (from == SIDE_SERVER)
		return hear_server(d, unit);
	dialogue_went_on(d);
	return HEARD;
}

const struct dialogue_kind nats_dialogue = {
	.delimiter = '\n',
	.hear = hear_line,
};
