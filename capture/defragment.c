/*
 * IP fragments until their datagram is whole (RFC 791 3.2, RFC 8200 4.5). Where fragments overlap
 * the first copy of a byte stays, as in the TCP streams.
 */
#include <stdlib.h>

#include "decoder.h"

enum {
	DATAGRAMS_MAX = 64,	/* hosts send few fragmented ones at a time; the oldest goes */
	DATAGRAM_BYTES_MAX = 65535,
	UNIT = 8,		/* offsets count these (RFC 791 3.1) */
	UNITS_MAX = (DATAGRAM_BYTES_MAX + UNIT) / UNIT,
	MAP_WORD = 64
};

/* RFC 791 suggests 15 s, RFC 8200 has 60; Linux gives up after 30. */
static const int64_t WAIT_FOR_REST = INT64_C(30) * 1000000000;
/* A mirror's second copies come within this; those behind the first fragment begin nothing new. */
static const int64_t WAIT_FOR_COPIES = INT64_C(1) * 1000000000;

struct key {
	struct address source, destination;
	uint32_t id;
	uint8_t protocol;	/* IPv4 only: in IPv6 it may differ from fragment to fragment */
};

enum state { FREE, WAITING, LENT, DONE };

struct datagram {
	enum state state;
	struct key key;
	int64_t since;
	uint8_t first_protocol;
	uint8_t *bytes;		/* `size` of them */
	uint32_t size;
	uint32_t total;		/* 0 until the last fragment came */
	uint32_t cut_at;	/* from here on some bytes were not captured */
	uint32_t units;		/* that came */
	uint64_t came[UNITS_MAX / MAP_WORD + 1];
	struct kept_list frames;	/* that brought them, if they are wanted */
};

static void drop_frames(struct decoder *d, struct kept_list *frames)
{
	d->kept -= frames->bytes;
	kept_free(frames);
}

/* Keeps what the frame is part of: itself, and those that it completed on the way to this datagram. */
static void keep_frames(struct decoder *d, struct datagram *g)
{
	size_t size = kept_size(d->frame);

	kept_move(&g->frames, &d->before);
	if (d->kept + size <= d->keep && kept_add(&g->frames, d->frame))
		d->kept += size;
}

static void drop_bytes(struct decoder *d, struct datagram *g, enum state state)
{
	drop_frames(d, &g->frames);
	free(g->bytes);
	d->held -= g->size;
	g->bytes = NULL;
	g->size = 0;
	g->state = state;
}

void defragment_release(struct decoder *d)
{
	if (d->before.first)
		drop_frames(d, &d->before);
	if (!d->lent)
		return;
	d->lent = false;
	for (size_t i = 0; i < DATAGRAMS_MAX; i++) {
		if (d->datagrams[i].state == LENT)
			drop_bytes(d, &d->datagrams[i], DONE);
	}
}

void defragment_free(struct decoder *d)
{
	kept_free(&d->before);
	for (size_t i = 0; d->datagrams && i < DATAGRAMS_MAX; i++) {
		free(d->datagrams[i].bytes);
		kept_free(&d->datagrams[i].frames);
	}
	free(d->datagrams);
	d->datagrams = NULL;
}

static struct key key_of(const struct packet *p, const struct fragment *fragment)
{
	struct key key = { .source = p->source, .destination = p->destination, .id = fragment->id };

	if (key.source.ip_len == 4)
		key.protocol = fragment->protocol;
	return key;
}

static bool same_end(const struct address *a, const struct address *b)
{
	return a->ip_len == b->ip_len && memcmp(a->ip, b->ip, a->ip_len) == 0;
}

static bool same_key(const struct key *a, const struct key *b)
{
	return a->id == b->id && a->protocol == b->protocol && same_end(&a->source, &b->source) &&
	       same_end(&a->destination, &b->destination);
}

/* Who makes room: a free place before all others, then the oldest. */
static bool goes_before(const struct datagram *g, const struct datagram *other)
{
	if (g->state == FREE || other->state == FREE)
		return g->state == FREE && other->state != FREE;
	return g->since < other->since;
}

static bool expired(const struct datagram *g, int64_t now)
{
	int64_t age = now - g->since;

	/* a clock that went back by as much says nothing about age, but the entry is worthless */
	return age > (g->state == DONE ? WAIT_FOR_COPIES : WAIT_FOR_REST) || age < -WAIT_FOR_REST;
}

/* The datagram with this key, or a place for it; NULL if all places are lent. */
static struct datagram *find(struct decoder *d, const struct key *key, int64_t now)
{
	struct datagram *oldest = NULL;

	for (size_t i = 0; i < DATAGRAMS_MAX; i++) {
		struct datagram *g = &d->datagrams[i];
		if (g->state == LENT)
			continue;
		if (g->state != FREE && expired(g, now))
			drop_bytes(d, g, FREE);
		if (g->state != FREE && same_key(&g->key, key))
			return g;
		if (!oldest || goes_before(g, oldest))
			oldest = g;
	}
	return oldest;
}

static void begin(struct decoder *d, struct datagram *g, const struct key *key, int64_t now)
{
	drop_bytes(d, g, WAITING);
	*g = (struct datagram){ .state = WAITING, .key = *key, .since = now,
				.cut_at = DATAGRAM_BYTES_MAX };
}

/* Room for `needed` bytes, within the decoder's memory. */
static bool grow(struct decoder *d, struct datagram *g, uint32_t needed)
{
	enum { SIZE_MIN = 2048 };
	uint32_t size = g->size ? g->size : SIZE_MIN;

	if (needed <= g->size)
		return true;
	while (size < needed)
		size *= 2;	/* so that tiny fragments do not each move all before them */
	if (d->held - g->size + size > d->memory)
		return false;
	uint8_t *larger = realloc(g->bytes, size);
	if (!larger)
		return false;
	g->bytes = larger;
	d->held += size - g->size;
	g->size = size;
	return true;
}

/* Copies the units that did not come before; false when all did. */
static bool fill(struct datagram *g, const struct fragment *fragment, struct reader r)
{
	uint32_t end = fragment->offset + fragment->len, before = g->units;

	for (uint32_t at = fragment->offset; at < end; at += UNIT) {
		uint32_t unit = at / UNIT;
		uint64_t bit = UINT64_C(1) << unit % MAP_WORD;
		size_t len = left(&r) < UNIT ? left(&r) : UNIT;
		const uint8_t *bytes = take(&r, len);
		uint32_t captured = at + (uint32_t)len;
		if (g->came[unit / MAP_WORD] & bit)
			continue;
		g->came[unit / MAP_WORD] |= bit;
		g->units++;
		memcpy(g->bytes + at, bytes, len);
		if (captured < at + UNIT && captured < end && captured < g->cut_at)
			g->cut_at = captured;
	}
	return g->units > before;
}

/* Does the fragment fit the datagram? Only the last may end between two units. */
static bool fits(const struct datagram *g, const struct fragment *fragment)
{
	uint32_t end = fragment->offset + fragment->len;

	if (end > DATAGRAM_BYTES_MAX || fragment->len == 0)
		return false;
	if (fragment->more)
		return fragment->len % UNIT == 0 && (!g->total || end <= g->total);
	return !g->total || end == g->total;
}

static bool is_whole(const struct datagram *g)
{
	return g->total && g->units == (g->total + UNIT - 1) / UNIT;
}

/* The units beyond the end that a late last fragment announces would be counted for nothing. */
static bool ends_behind_all(const struct datagram *g, uint32_t total)
{
	for (uint32_t unit = (total + UNIT - 1) / UNIT; unit < UNITS_MAX; unit++) {
		if (g->came[unit / MAP_WORD] >> unit % MAP_WORD & 1)
			return false;
	}
	return true;
}

static enum found lend(struct descent *d, struct datagram *g, uint8_t *protocol, struct reader *r)
{
	uint32_t captured = g->cut_at < g->total ? g->cut_at : g->total;

	g->state = LENT;
	d->decoder->lent = true;
	kept_move(&g->frames, &d->decoder->before);
	kept_move(&d->decoder->before, &g->frames);
	*protocol = g->first_protocol;
	*r = reader_of(g->bytes, captured);
	d->missing = g->total - captured;
	return FOUND_PACKET;
}

/* The datagram that the fragment belongs to; NULL for a second copy, or without room. */
static struct datagram *datagram_of(struct decoder *d, const struct packet *p,
				    const struct fragment *fragment)
{
	struct key key = key_of(p, fragment);

	if (!d->datagrams)
		d->datagrams = calloc(DATAGRAMS_MAX, sizeof(*d->datagrams));
	struct datagram *g = d->datagrams ? find(d, &key, p->mark.time) : NULL;
	if (!g)
		return NULL;
	bool known = g->state != FREE && same_key(&g->key, &key);
	if (known && g->state == DONE && fragment->offset)
		return NULL;
	if (!known || g->state == DONE)
		begin(d, g, &key, p->mark.time);
	return g;
}

enum found take_fragment(struct descent *d, const struct fragment *fragment, uint8_t *protocol,
			 struct reader *r)
{
	if (d->quoting)		/* the first fragment has the ports */
		return fragment->offset ? FOUND_NOTHING : FOUND_PACKET;
	struct datagram *g = datagram_of(d->decoder, d->out, fragment);
	if (!g)
		return FOUND_FRAGMENT;
	uint32_t end = fragment->offset + fragment->len;
	bool ends_it = !fragment->more && !g->total;
	if (!fits(g, fragment) || (ends_it && !ends_behind_all(g, end)))
		return FOUND_BROKEN;
	if (!grow(d->decoder, g, end))
		return FOUND_FRAGMENT;
	if (ends_it)
		g->total = end;
	if (fragment->offset == 0 && !(g->came[0] & 1))
		g->first_protocol = fragment->protocol;
	bool is_news = fill(g, fragment, *r);
	if (is_whole(g))
		return lend(d, g, protocol, r);
	if (is_news && d->decoder->keep)
		keep_frames(d->decoder, g);
	return FOUND_FRAGMENT;
}
