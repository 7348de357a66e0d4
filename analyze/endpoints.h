/*
 * Servers (address, port, name) over many handshakes: counts, and the findings that only many of
 * them together can show.
 */
#ifndef TLSWHY_ENDPOINTS_H
#define TLSWHY_ENDPOINTS_H

#include "rules.h"

struct endpoints;

/* `memory` bounds it; servers beyond are counted nowhere. NULL only without memory. */
struct endpoints *endpoints_new(size_t memory);
void endpoints_free(struct endpoints *e);

/* Notes one concluded handshake; `code` is its diagnosis, NULL if it completed. */
void endpoints_note(struct endpoints *e, const struct handshake *h, enum outcome outcome,
		    const char *code, bool probe);

/* After the last note: each server with more than one handshake, once. */
bool endpoints_next(struct endpoints *e, struct endpoint *out);

#endif
