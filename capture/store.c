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
};

bool store_init(struct flows *f)
{
	slab_init(&f->flow_slab, sizeof(struct flow));
	slab_init(&f->lone_slab[0], lone_size(4));
	slab_init(&f->lone_slab[1], lone_size(16));
	f->lones = (struct lone_list){ .oldest = NO_FLOW, .newest = NO_FLOW };
	return table_init(&f->table);
}

void store_free(struct flows *f)
{
	for (uint32_t id = 0; id < f->id_count; id++) {
		struct flow *w = flow_at(f, id);

		for (int s = 0; w && s < 2; s++)
			reassemble_drop(f, &w->half[s]);
	}
	table_free(&f->table);
	slab_free_all(&f->flow_slab);
	slab_free_all(&f->lone_slab[0]);
	slab_free_all(&f->lone_slab[1]);
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
	       f->lone_slab[0].bytes + f->lone_slab[1].bytes + id_bytes(f->id_room) + f->held_bytes;
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

/* Records are aligned, so the lowest bit of an address can say which kind it is. */
static void *mark_lone(struct lone *l)
{
	return (char *)l + 1;
}

static bool is_lone(const void *record)
{
	return (uintptr_t)record & 1;
}

struct flow *flow_at(const struct flows *f, uint32_t id)
{
	return is_lone(f->by_id[id]) ? NULL : f->by_id[id];
}

struct lone *lone_at(const struct flows *f, uint32_t id)
{
	return is_lone(f->by_id[id]) ? (struct lone *)(void *)((char *)f->by_id[id] - 1) : NULL;
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

uint32_t store_find(const struct flows *f, uint64_t hash, enum transport transport,
		    const struct address *one, const struct address *two)
{
	uint32_t at = (uint32_t)hash, id;

	while ((id = table_match(&f->table, (uint32_t)hash, &at)) != NO_FLOW) {
		const struct flow *w = flow_at(f, id);
		const struct tcp_side *side;

		if (!w) {
			if (transport == TRANSPORT_TCP && lone_joins(lone_at(f, id), one, two))
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
	id = number(f, mark_lone(l), hash);
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

void store_unlink(struct flows *f, uint32_t id, uint64_t hash)
{
	struct flow *w = flow_at(f, id);

	if (w)
		list_remove(&f->lists[w->state], w);
	else
		lones_remove(f, lone_at(f, id));
	table_remove(&f->table, (uint32_t)hash, id);
}

void store_drop(struct flows *f, uint32_t id)
{
	struct flow *w = flow_at(f, id);
	struct lone *l = lone_at(f, id);

	if (w) {
		f->charged -= w->charged;
		slab_give(&f->flow_slab, w);
	} else {
		slab_give(slab_of(f, lone_ip_len(l)), l);
	}
	f->by_id[id] = NULL;
	f->spare_ids[f->spare_count++] = id;
}
