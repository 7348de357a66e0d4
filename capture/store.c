/* Where flows are kept: their numbers and records, the table that finds them, the lists by age. */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

enum {
	IDS_FIRST = 256,
	/* What one packet may add before room is made again: a slab, a segment held, ids. */
	HEADROOM = 3 * SLAB_CHUNK,
	LONE_SHARE = 32,	/* of the memory, for SYNs that nobody answers */
	LONE_CHUNKS_MIN = 2,
	QUIET_SHARE = 8,	/* and for connections that nobody wants to hear of */
	/* Records are aligned, so the lowest bits of an address can say which kind it is. */
	IS_LONE = 1, IS_QUIET = 2, KIND_MASK = 3,
};

bool store_init(struct flows *f)
{
	slab_init(&f->flow_slab, sizeof(struct flow));
	slab_init(&f->lone_slab[0], lone_size(4));
	slab_init(&f->lone_slab[1], lone_size(16));
	slab_init(&f->quiet_slab[0], quiet_size(4));
	slab_init(&f->quiet_slab[1], quiet_size(16));
	f->lones = f->quiets = (struct id_list){ .oldest = NO_FLOW, .newest = NO_FLOW };
	return table_init(&f->table);
}

void store_free(struct flows *f)
{
	for (uint32_t id = 0; id < f->id_count; id++) {
		struct flow *w = flow_at(f, id);

		for (int s = 0; w && s < 2; s++)
			reassemble_drop(f, &w->half[s]);
		if (w)
			park_drop(f, w);
	}
	table_free(&f->table);
	slab_free_all(&f->flow_slab);
	slab_free_all(&f->lone_slab[0]);
	slab_free_all(&f->lone_slab[1]);
	slab_free_all(&f->quiet_slab[0]);
	slab_free_all(&f->quiet_slab[1]);
	free(f->by_id);
	free(f->spare_ids);
}

static size_t id_bytes(uint32_t room)
{
	return room * (sizeof(void *) + sizeof(uint32_t));
}

size_t flows_memory(const struct flows *f)
{
	return sizeof(*f) + sizeof(*f->scratch) + QUEUE_MAX * sizeof(struct queued) +
	       past_bytes(&f->past) + table_bytes(&f->table) + f->flow_slab.bytes +
	       f->lone_slab[0].bytes + f->lone_slab[1].bytes + f->quiet_slab[0].bytes +
	       f->quiet_slab[1].bytes + id_bytes(f->id_room) + f->held_bytes +
	       streams_bytes(f->streams);
}

bool store_affords(struct flows *f, size_t bytes)
{
	if (flows_memory(f) + bytes <= f->memory)
		return true;
	f->pressed = true;
	return false;
}

/* Freed records are room, though no memory. */
bool store_needs_room(const struct flows *f)
{
	if (!f->pressed && flows_memory(f) + HEADROOM <= f->memory)
		return false;
	return slab_wants(&f->flow_slab) || (f->pressed && table_crowded(&f->table));
}

/* ---- numbers ---------------------------------------------------------------------------- */

static uintptr_t kind_of(const void *record)
{
	return (uintptr_t)record & KIND_MASK;
}

struct flow *flow_at(const struct flows *f, uint32_t id)
{
	return kind_of(f->by_id[id]) ? NULL : f->by_id[id];
}

struct lone *lone_at(const struct flows *f, uint32_t id)
{
	void *record = f->by_id[id];

	return kind_of(record) == IS_LONE ? (struct lone *)(void *)((char *)record - IS_LONE) : NULL;
}

struct quiet *quiet_at(const struct flows *f, uint32_t id)
{
	void *record = f->by_id[id];

	return kind_of(record) == IS_QUIET ? (struct quiet *)(void *)((char *)record - IS_QUIET) : NULL;
}

static bool grow_ids(struct flows *f)
{
	uint32_t room = f->id_room ? f->id_room * 2 : IDS_FIRST;
	void **by_id;
	uint32_t *spare;

	if (f->id_count < f->id_room || f->spare_count)
		return true;
	if (!store_affords(f, id_bytes(room) - id_bytes(f->id_room)))
		return false;
	by_id = realloc(f->by_id, room * sizeof(*by_id));
	if (!by_id)
		return false;
	f->by_id = by_id;
	spare = realloc(f->spare_ids, room * sizeof(*spare));
	if (!spare)
		return false;
	f->spare_ids = spare;
	f->id_room = room;
	return true;
}

static bool grow_table(struct flows *f)
{
	return !table_crowded(&f->table) ||
	       (store_affords(f, table_bytes(&f->table)) && table_grow(&f->table));
}

/* A record from the slab, if there is room for it, its number and its entry. */
static void *new_record(struct flows *f, struct slab *slab)
{
	if (!grow_ids(f) || !grow_table(f) || !store_affords(f, slab_wants(slab)))
		return NULL;
	return slab_take(slab);
}

static uint32_t number(struct flows *f, void *record, uint64_t hash)
{
	uint32_t id = f->spare_count ? f->spare_ids[--f->spare_count] : f->id_count++;

	f->by_id[id] = record;
	table_put(&f->table, (uint32_t)hash, id);
	return id;
}

static bool small_joins(const struct flows *f, uint32_t id, const struct address *one,
			const struct address *two)
{
	const struct quiet *q = quiet_at(f, id);

	return q ? quiet_joins(q, one, two) : lone_joins(lone_at(f, id), one, two);
}

uint32_t store_find(const struct flows *f, uint64_t hash, enum transport transport,
		    const struct address *one, const struct address *two)
{
	uint32_t at = (uint32_t)hash, id;

	while ((id = table_match(&f->table, (uint32_t)hash, &at)) != NO_FLOW) {
		const struct flow *w = flow_at(f, id);
		const struct tcp_side *side;

		if (!w) {
			if (transport == TRANSPORT_TCP && small_joins(f, id, one, two))
				return id;
			continue;
		}
		side = w->facts.side;
		if (w->facts.transport != transport)
			continue;
		if ((same_address(&side[0].address, one) && same_address(&side[1].address, two)) ||
		    (same_address(&side[0].address, two) && same_address(&side[1].address, one)))
			return id;
	}
	return NO_FLOW;
}

void store_expect(const struct flows *f, uint64_t hash)
{
	table_expect(&f->table, (uint32_t)hash);
}

/* ---- lists, oldest first ---------------------------------------------------------------- */

static void list_remove(struct flow_list *list, struct flow *w)
{
	if (w->older)
		w->older->newer = w->newer;
	else
		list->oldest = w->newer;
	if (w->newer)
		w->newer->older = w->older;
	else
		list->newest = w->older;
	w->older = w->newer = NULL;
	list->count--;
}

static void list_append(struct flow_list *list, struct flow *w)
{
	w->older = list->newest;
	if (list->newest)
		list->newest->newer = w;
	else
		list->oldest = w;
	list->newest = w;
	list->count++;
}

void flow_touch(struct flows *f, struct flow *w, enum flow_state state)
{
	w->touched = f->now;
	if (w->state == state && !w->newer)
		return;
	list_remove(&f->lists[w->state], w);
	w->state = state;
	list_append(&f->lists[state], w);
}

static void lones_append(struct flows *f, uint32_t id)
{
	struct lone *l = lone_at(f, id);

	l->older = f->lones.newest;
	l->newer = NO_FLOW;
	if (l->older != NO_FLOW)
		lone_at(f, l->older)->newer = id;
	else
		f->lones.oldest = id;
	f->lones.newest = id;
}

static void lones_remove(struct flows *f, struct lone *l)
{
	if (l->older != NO_FLOW)
		lone_at(f, l->older)->newer = l->newer;
	else
		f->lones.oldest = l->newer;
	if (l->newer != NO_FLOW)
		lone_at(f, l->newer)->older = l->older;
	else
		f->lones.newest = l->older;
}

static void quiets_append(struct flows *f, uint32_t id)
{
	struct quiet *q = quiet_at(f, id);

	q->older = f->quiets.newest;
	q->newer = NO_FLOW;
	if (q->older != NO_FLOW)
		quiet_at(f, q->older)->newer = id;
	else
		f->quiets.oldest = id;
	f->quiets.newest = id;
}

static void quiets_remove(struct flows *f, const struct quiet *q)
{
	if (q->older != NO_FLOW)
		quiet_at(f, q->older)->newer = q->newer;
	else
		f->quiets.oldest = q->newer;
	if (q->newer != NO_FLOW)
		quiet_at(f, q->newer)->older = q->older;
	else
		f->quiets.newest = q->older;
}

void store_requeue_quiet(struct flows *f, uint32_t id)
{
	quiets_remove(f, quiet_at(f, id));
	quiets_append(f, id);
}

/* ---- coming and going ------------------------------------------------------------------- */

static struct slab *slab_of(struct flows *f, uint8_t ip_len)
{
	return &f->lone_slab[ip_len != 4];
}

/* A share of the memory is theirs. */
static bool lones_fill_their_share(const struct flows *f)
{
	size_t share = f->memory / LONE_SHARE;

	if (share < (size_t)LONE_CHUNKS_MIN * SLAB_CHUNK)
		share = (size_t)LONE_CHUNKS_MIN * SLAB_CHUNK;
	return f->lone_slab[0].bytes + f->lone_slab[1].bytes + SLAB_CHUNK > share;
}

bool store_lones_crowded(const struct flows *f)
{
	const struct lone *l = f->lones.oldest == NO_FLOW ? NULL : lone_at(f, f->lones.oldest);

	return l && slab_wants(&f->lone_slab[lone_ip_len(l) != 4]) && lones_fill_their_share(f);
}

struct flow *store_flow(struct flows *f, uint64_t hash, enum flow_state state)
{
	struct flow *w = new_record(f, &f->flow_slab);

	if (!w)
		return NULL;
	w->hash = hash;
	w->id = number(f, w, hash);
	w->state = state;
	w->touched = f->now;
	list_append(&f->lists[state], w);
	return w;
}

uint32_t store_lone(struct flows *f, uint64_t hash, const struct packet *syn)
{
	struct slab *slab = slab_of(f, syn->source.ip_len);
	struct lone *l;
	uint32_t id;

	if (slab_wants(slab) && lones_fill_their_share(f))
		return NO_FLOW;
	l = new_record(f, slab);
	if (!l)
		return NO_FLOW;
	lone_pack(l, syn);
	id = number(f, (char *)l + IS_LONE, hash);
	lones_append(f, id);
	return id;
}

struct flow *store_promote(struct flows *f, uint32_t id, uint64_t hash)
{
	struct lone *l = lone_at(f, id);
	struct flow *w;

	if (!store_affords(f, slab_wants(&f->flow_slab)))
		return NULL;
	w = slab_take(&f->flow_slab);
	if (!w)
		return NULL;
	lones_remove(f, l);
	w->id = id;
	w->hash = hash;
	w->state = STATE_OPENING;
	w->touched = f->now;
	w->forgotten = lone_forgotten(l);
	w->facts.stream = l->stream;
	slab_give(slab_of(f, lone_ip_len(l)), l);
	f->by_id[id] = w;
	list_append(&f->lists[STATE_OPENING], w);
	return w;
}

void store_quieten(struct flows *f, uint32_t id)
{
	struct flow *w = flow_at(f, id);
	struct slab *slab = &f->quiet_slab[w->facts.side[0].address.ip_len != 4];
	struct quiet *q = store_affords(f, slab_wants(slab)) ? slab_take(slab) : NULL;

	if (!q)
		return;
	quiet_pack(q, w);
	list_remove(&f->lists[w->state], w);
	f->charged -= w->charged;
	slab_give(&f->flow_slab, w);
	f->by_id[id] = (char *)q + IS_QUIET;
	quiets_append(f, id);
}

bool store_quiets_crowded(const struct flows *f)
{
	return f->quiet_slab[0].live * f->quiet_slab[0].size + f->quiet_slab[1].live * f->quiet_slab[1].size >
	       f->memory / QUIET_SHARE;
}

void store_unlink(struct flows *f, uint32_t id, uint64_t hash)
{
	struct flow *w = flow_at(f, id);

	if (w)
		list_remove(&f->lists[w->state], w);
	else if (quiet_at(f, id))
		quiets_remove(f, quiet_at(f, id));
	else
		lones_remove(f, lone_at(f, id));
	table_remove(&f->table, (uint32_t)hash, id);
}

void store_drop(struct flows *f, uint32_t id)
{
	struct flow *w = flow_at(f, id);
	struct lone *l = lone_at(f, id);
	struct quiet *q = quiet_at(f, id);

	if (w) {
		f->charged -= w->charged;
		slab_give(&f->flow_slab, w);
	} else if (q) {
		slab_give(&f->quiet_slab[q->ip_len != 4], q);
	} else {
		slab_give(slab_of(f, lone_ip_len(l)), l);
	}
	f->by_id[id] = NULL;
	f->spare_ids[f->spare_count++] = id;
}
