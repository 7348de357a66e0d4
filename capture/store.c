/* Where flows are kept: their numbers and records, the table that finds them, the lists by age. */
#include "flow.h"

enum {
	/* What one packet may add before room is made again: a slab, a segment held, numbers. */
	HEADROOM = 3 * SLAB_CHUNK,
	LONE_SHARE = 32,	/* of the memory, for SYNs that nobody answers */
	LONE_BYTES_MIN = 2 * SLAB_CHUNK,
	QUIET_SHARE = 8,	/* and for connections that nobody wants to hear of */
	SMALL_BYTES = 64,	/* of a small record of IPv4 with its place in the table */
};

bool store_init(struct flows *f)
{
	slots_init(&f->slots);
	slab_init(&f->flow_slab, sizeof(struct flow));
	slab_init(&f->beside_slab, sizeof(struct beside));
	f->lones = f->quiets = (struct id_list){ .oldest = NO_FLOW, .newest = NO_FLOW };
	return table_init(&f->table);
}

void store_free(struct flows *f)
{
	for (uint32_t id = 0; id < f->slots.count; id++) {
		struct flow *w = flow_at(f, id);

		for (int s = 0; w && s < 2; s++)
			reassemble_drop(f, &w->half[s]);
		if (w)
			park_drop(f, w);
	}
	table_free(&f->table);
	slots_free(&f->slots);
	slab_free_all(&f->flow_slab);
	slab_free_all(&f->beside_slab);
}

size_t flows_memory(const struct flows *f)
{
	return sizeof(*f) + sizeof(*f->scratch) + QUEUE_MAX * sizeof(struct queued) +
	       past_bytes(&f->past) + table_bytes(&f->table) + f->flow_slab.bytes +
	       f->beside_slab.bytes + slots_bytes(&f->slots) + f->held_bytes + streams_bytes(f->streams);
}

bool store_affords(struct flows *f, size_t bytes)
{
	if (flows_memory(f) + bytes <= f->memory)
		return true;
	f->pressed = f->stirred = true;
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

static uint64_t hash_of(const void *of, uint32_t id)
{
	const struct flows *f = of;
	struct ends ends;

	if (flow_at(f, id))
		return flow_at(f, id)->hash;
	if (quiet_at(f, id))
		return quiet_hash(quiet_at(f, id));
	ends = lone_ends(lone_at(f, id));
	return hash_ends(&f->key, &ends);
}

static bool grow_table(struct flows *f)
{
	return !table_crowded(&f->table) ||
	       (store_affords(f, table_bytes(&f->table)) && table_grow(&f->table, hash_of, f));
}

/* A number that the table has room for; NO_FLOW when memory does not allow another. */
static uint32_t new_number(struct flows *f)
{
	if (!grow_table(f) || !store_affords(f, slots_wants(&f->slots)))
		return NO_FLOW;
	return slots_take(&f->slots);
}

static bool slot_has(const union slot *slot, const struct ends *ends)
{
	switch (slot_kind(slot)) {
	case KIND_FLOW:
		return same_ends(&slot_flow(slot)->ends, ends);
	case KIND_LONE:
		return small_have(&slot->lone.ends, lone_ip_len(&slot->lone), ends);
	default:
		return small_have(&slot->quiet.ends, slot->quiet.ip_len, ends);
	}
}

uint32_t store_find(const struct flows *f, uint64_t hash, const struct ends *ends)
{
	struct table_search search = table_search(&f->table, hash);
	uint32_t id;

	while ((id = table_match(&f->table, &search)) != NO_FLOW) {
		const union slot *slot = slot_at(&f->slots, id);

		if (slot_has(slot, ends))
			return id;
	}
	return NO_FLOW;
}

void store_expect(const struct flows *f, uint64_t hash)
{
	__builtin_prefetch(table_line(&f->table, hash));
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
	f->stirred |= w->state != state;
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

static size_t small_bytes(uint8_t ip_len)
{
	return SMALL_BYTES + (ip_len == 4 ? 0 : sizeof(struct beside));
}

/* Room for IPv6 addresses, if there is any; for IPv4 none is needed. */
static bool new_beside(struct flows *f, uint8_t ip_len, struct beside **beside)
{
	*beside = NULL;
	if (ip_len == 4)
		return true;
	if (store_affords(f, slab_wants(&f->beside_slab)))
		*beside = slab_take(&f->beside_slab);
	return *beside != NULL;
}

static void drop_beside(struct flows *f, const struct small_ends *ends, uint8_t ip_len)
{
	if (ip_len != 4)
		slab_give(&f->beside_slab, small_beside(ends));
}

static void drop_lone(struct flows *f, const struct lone *l)
{
	f->lone_bytes -= small_bytes(lone_ip_len(l));
	drop_beside(f, &l->ends, lone_ip_len(l));
}

static void drop_quiet(struct flows *f, const struct quiet *q)
{
	f->quiet_bytes -= small_bytes(q->ip_len);
	drop_beside(f, &q->ends, q->ip_len);
}

/* A share of the memory is theirs. */
static bool lones_fill_their_share(const struct flows *f)
{
	size_t share = f->memory / LONE_SHARE;

	return f->lone_bytes >= (share > LONE_BYTES_MIN ? share : LONE_BYTES_MIN);
}

bool store_lones_crowded(const struct flows *f)
{
	return lones_fill_their_share(f) && f->lones.oldest != NO_FLOW;
}

static void begin_flow(struct flows *f, struct flow *w, uint32_t id, uint64_t hash, const struct ends *ends)
{
	f->stirred = true;
	w->id = id;
	w->hash = hash;
	w->ends = *ends;
	w->touched = f->now;
	slot_set_flow(slot_at(&f->slots, id), w);
}

struct flow *store_flow(struct flows *f, uint64_t hash, const struct ends *ends, enum flow_state state)
{
	struct flow *w = store_affords(f, slab_wants(&f->flow_slab)) ? slab_take(&f->flow_slab) : NULL;
	uint32_t id = w ? new_number(f) : NO_FLOW;

	if (!w)
		return NULL;
	if (id == NO_FLOW) {
		slab_give(&f->flow_slab, w);
		return NULL;
	}
	begin_flow(f, w, id, hash, ends);
	table_put(&f->table, hash, id);
	w->state = state;
	list_append(&f->lists[state], w);
	return w;
}

uint32_t store_lone(struct flows *f, uint64_t hash, const struct packet *syn)
{
	struct beside *beside;
	uint32_t id;

	if (lones_fill_their_share(f) || !new_beside(f, syn->source.ip_len, &beside))
		return NO_FLOW;
	id = new_number(f);
	if (id == NO_FLOW) {
		if (beside)
			slab_give(&f->beside_slab, beside);
		return NO_FLOW;
	}
	f->stirred = true;
	lone_pack(&slot_at(&f->slots, id)->lone, syn, beside);
	table_put(&f->table, hash, id);
	lones_append(f, id);
	f->lone_bytes += small_bytes(syn->source.ip_len);
	return id;
}

struct flow *store_promote(struct flows *f, uint32_t id, uint64_t hash)
{
	struct lone *l = lone_at(f, id);
	struct ends ends = lone_ends(l);
	struct flow *w;

	if (!store_affords(f, slab_wants(&f->flow_slab)))
		return NULL;
	w = slab_take(&f->flow_slab);
	if (!w)
		return NULL;
	lones_remove(f, l);
	drop_lone(f, l);
	w->forgotten = lone_forgotten(l);
	w->facts.stream = l->stream;
	begin_flow(f, w, id, hash, &ends);
	w->state = STATE_OPENING;
	list_append(&f->lists[STATE_OPENING], w);
	return w;
}

void store_quieten(struct flows *f, uint32_t id)
{
	struct flow *w = flow_at(f, id);
	struct beside *beside;

	if (!new_beside(f, w->ends.ip_len, &beside))
		return;
	quiet_pack(&slot_at(&f->slots, id)->quiet, w, beside);
	f->quiet_bytes += small_bytes(w->ends.ip_len);
	list_remove(&f->lists[w->state], w);
	f->charged -= w->charged;
	slab_give(&f->flow_slab, w);
	quiets_append(f, id);
}

bool store_quiets_crowded(const struct flows *f)
{
	return f->quiet_bytes > f->memory / QUIET_SHARE;
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
	table_remove(&f->table, hash, id);
}

void store_drop(struct flows *f, uint32_t id)
{
	struct flow *w = flow_at(f, id);

	if (w) {
		f->charged -= w->charged;
		slab_give(&f->flow_slab, w);
	} else if (quiet_at(f, id)) {
		drop_quiet(f, quiet_at(f, id));
	} else {
		drop_lone(f, lone_at(f, id));
	}
	slots_give(&f->slots, id);
}
