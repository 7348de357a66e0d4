/*
 * Servers (address, port, name) over many handshakes: counts, and the findings that only many of
 * them together can show.
 */
#ifndef TLSWHY_ENDPOINTS_H
#define TLSWHY_ENDPOINTS_H

#include "gist.h"

struct endpoints;

/* `memory` bounds it: servers that nobody spoke to for longest make room. With `sliding` the latest
 * attempts at each server are compared, else the first. NULL only without memory. */
struct endpoints *endpoints_new(size_t memory, bool sliding);

/* How many servers had to make room. */
uint64_t endpoints_evicted(const struct endpoints *e);
void endpoints_free(struct endpoints *e);

/* This one will be noted soon: fetches its server into the processor's cache. */
void endpoints_expect(struct endpoints *e, const struct gist *g);

/* Notes one concluded handshake; `code` is its diagnosis, NULL if it completed. */
void endpoints_note(struct endpoints *e, const struct gist *g, enum outcome outcome,
		    const char *code, bool probe);

/* Each server with more than one handshake of which any is new since it was handed out; false
 * after the last one, and then from the start. */
bool endpoints_next(struct endpoints *e, struct endpoint *out);

#endif
