/*
 * What flows.c, retire.c, reassemble.c and side.c share: the flow table and one flow in it.
 */
#ifndef TLSWHY_FLOW_H
#define TLSWHY_FLOW_H

#include "../bytes.h"
#include "hash.h"
#include "packet.h"
#include "past.h"
#include "queue.h"
#include "slab.h"
#include "slots.h"
#include "streams.h"
#include "table.h"

enum {
	/* Segments held per direction: 1 MiB in full-size segments is 718 of them. */
	HELD_MAX = 1024,
	/* Recent packets per side among which a second capture of the same one is looked for. */
	PRINTS_KEPT = 8,
	/* Delivered segments whose first bytes are kept, to know a copy that says something else: a
	 * forged answer and the true one race each other, one behind the other. */
	HEADS_KEPT = 4,
	HEAD_BYTES = 20,
};

static const int64_t MILLISECOND = 1000000;

/* later - earlier. Times come from the input, which may say anything: wraps, never overflows. */
static inline int64_t time_apart(int64_t later, int64_t earlier)
{
	return (int64_t)((uint64_t)later - (uint64_t)earlier);
}

/* Bytes that came before those in front of them. */
struct held {
	struct held *next;	/* in order of offset, never overlapping */
	uint64_t offset;
	struct mark mark;
	uint64_t answers;	/* so many bytes of the other side its sender had when it sent these */
	uint32_t len;
	bool cut;		/* beyond the snap length: no bytes */
	uint8_t bytes[];
};

/* By what a packet is known again. */
struct print {
	uint64_t value;
	int64_t time;
};

/* How a delivered segment began. */
struct head {
	uint64_t offset;
	uint8_t len;		/* 0: none */
	uint8_t bytes[HEAD_BYTES];
};

/* One direction of a TCP connection; next offset to deliver is tcp_side's `delivered`. */
struct half {
	uint32_t base;		/* sequence number of offset 0 */
	bool has_base;
	bool settled;		/* base will not move any more: a SYN said it, or bytes were delivered */
	bool anchored;		/* an ACK, or an empty segment, agrees with base */
	bool has_syn;
	uint32_t syn_ack;	/* what the SYN acknowledged, if it was an answer */
	bool has_fin, fin_told, fin_acked;
	bool has_reset;		/* one that counts */
	int64_t reset_offset;	/* of the first RST, whether it counts or not */
	bool has_ack;
	uint32_t last_ack;	/* of this side's last packet with ACK */
	struct held *first, *last;
	size_t held_bytes;
	uint32_t held_count;
	bool waiting;		/* for bytes that the other side acknowledged */
	uint8_t waited;		/* packets */
	int64_t waiting_since;
	bool has_stamp;
	uint32_t stamp;		/* the latest by the sender's clock */
	struct print prints[PRINTS_KEPT];
	uint8_t print_tags[PRINTS_KEPT];	/* a byte of each, to pass most by */
	struct head heads[HEADS_KEPT];
	uint8_t next_print, next_head;
};

/* A packet that shows that another one, which it answers or follows, is still to come. */
struct parked {
	struct parked *next;	/* in order of capture */
	struct packet packet;
	uint8_t bytes[];	/* its payload */
};

/* STATE_WAITING: like OPEN, with packets parked. */
enum flow_state { STATE_OPENING, STATE_OPEN, STATE_WAITING, STATE_DONE, STATE_UDP, STATE_COUNT };

/* First what every packet looks at, in few cache lines. */
struct flow {
	struct ends ends;		/* in no order */
	int64_t touched;		/* f->now at the last packet */
	uint64_t turn;			/* of the packet taken last, see mark_turn */
	struct flow *older, *newer;	/* by last packet, among those in the same state */
	struct parked *parked;
	size_t charged;			/* what the caller keeps for it */
	uint32_t id;
	enum flow_state state;
	uint8_t parked_count, waited;	/* packets; that came since one was parked */
	uint8_t in_vain;		/* times that what was waited for did not come */
	bool forgotten;			/* nobody wants its bytes */
	bool dismissed;			/* nor to hear of it */
	uint64_t hash;
	struct half half[2];
	struct flow_facts facts;
};

struct flow_list {
	struct flow *oldest, *newest;
	size_t count;
};

/* Lone SYNs, or quiet connections, by age; NO_FLOW if there are none. */
struct id_list {
	uint32_t oldest, newest;
};

struct flows {
	struct capture_stats *stats;
	struct hash_key key;
	uint32_t share, shares;		/* whose flows are ours; 0, 0: all are */
	struct capture_streams *streams;	/* NULL unless shared */
	struct table table;
	struct past past;
	struct slots slots;		/* by flow number */
	struct slab flow_slab, beside_slab;
	struct queue queue;
	struct flow_list lists[STATE_COUNT];
	struct id_list lones, quiets;
	size_t lone_bytes, quiet_bytes;	/* that they take, with their places in the table */
	struct packet packet;		/* that is being taken */
	struct flow_facts *scratch;	/* of a lone SYN, to look at */
	uint32_t dying;			/* its FLOW_OVER was handed out last; NO_FLOW: none */
	uint32_t dismissed;		/* to be made quiet before the next packet; NO_FLOW: none */
	struct held *spent;		/* its bytes were handed out last */
	struct parked *lent;		/* their bytes wait in the queue */
	int64_t now;			/* latest time seen */
	int64_t looked;			/* begin of the moment in which nothing was found to be due */
	int64_t idle_timeout;
	uint32_t stream_count[2];	/* by transport */
	size_t memory, flow_buffer;	/* limits */
	size_t held_bytes;		/* of all flows, with their heads */
	size_t charged, charge_memory;	/* by the caller to all flows; limit */
	bool stirred;			/* flows or bytes came to be kept: some may have to go */
	bool pressed;			/* something was refused for memory */
	bool ending;
	bool follow;			/* keep `current` */
	uint32_t current;		/* flow of the last packet */
};

/* ---- store.c: where flows are kept and found -------------------------------------------- */

bool store_init(struct flows *f);
void store_free(struct flows *f);

/* All bytes that the table and its buffers take. */
size_t flows_memory(const struct flows *f);

/* Whether so many more bytes are within the limit; if not, room will be made soon. */
bool store_affords(struct flows *f, size_t bytes);

/* Whether flows must go before the next packet may bring one. */
bool store_needs_room(const struct flows *f);

/* Whether the oldest lone SYN must go, so that the next one finds a record. */
bool store_lones_crowded(const struct flows *f);

/* A flow's number stands for a whole flow, a lone SYN or a quiet connection: exactly one of these is
 * not NULL. */
static inline struct flow *flow_at(const struct flows *f, uint32_t id)
{
	const union slot *slot = slot_at(&f->slots, id);

	return slot_kind(slot) == KIND_FLOW ? slot_flow(slot) : NULL;
}

static inline struct lone *lone_at(const struct flows *f, uint32_t id)
{
	union slot *slot = slot_at(&f->slots, id);

	return slot_kind(slot) == KIND_LONE ? &slot->lone : NULL;
}

static inline struct quiet *quiet_at(const struct flows *f, uint32_t id)
{
	union slot *slot = slot_at(&f->slots, id);

	return slot_kind(slot) == KIND_QUIET ? &slot->quiet : NULL;
}

/* NO_FLOW if there is none between these two ends. */
uint32_t store_find(const struct flows *f, uint64_t hash, const struct ends *ends);

/* A packet with this hash will come soon. */
void store_expect(const struct flows *f, uint64_t hash);

/* A new flow, in the list of its state; NULL when memory does not allow another. */
struct flow *store_flow(struct flows *f, uint64_t hash, const struct ends *ends, enum flow_state state);

/* A lone SYN with a number of its own; NO_FLOW likewise. */
uint32_t store_lone(struct flows *f, uint64_t hash, const struct packet *syn);

/* A whole flow under the lone SYN's number, whose record is gone; NULL likewise, and it stays. */
struct flow *store_promote(struct flows *f, uint32_t id, uint64_t hash);

/* A quiet record in the place of a whole flow; without memory for it, the flow stays. */
void store_quieten(struct flows *f, uint32_t id);

/* This quiet connection was looked at: it goes behind the others. */
void store_requeue_quiet(struct flows *f, uint32_t id);

/* Whether the quiet ones take more than their share. */
bool store_quiets_crowded(const struct flows *f);

/* Not to be found any more; its number and record stay until store_drop. */
void store_unlink(struct flows *f, uint32_t id, uint64_t hash);
void store_drop(struct flows *f, uint32_t id);

/* The flow had a packet just now and is in this state. */
void flow_touch(struct flows *f, struct flow *w, enum flow_state state);

/* ---- flows.c ---------------------------------------------------------------------------- */

/* The number of a stream that begins with this packet. */
uint32_t flows_new_stream(struct flows *f, enum transport transport);

/* ---- retire.c: whose time is over -------------------------------------------------------- */

bool retire_timed_out(const struct flows *f, uint32_t id);

/* What it waits for does not come: it goes on without. False when it does not wait. */
bool retire_stop_waiting(struct flows *f, uint32_t id);

/* Ends a flow or a lone SYN: its last events and FLOW_OVER go into the queue. */
void retire(struct flows *f, uint32_t id, enum flow_end end);

/* Drops a quiet connection; nobody hears of it. The other looks at a few and drops whose time is over. */
void retire_quiet(struct flows *f, uint32_t id);
void retire_quiets(struct flows *f);

enum { RETIRE_LOOK_MS = 10 };	/* time-outs are looked for no more often */

/* Whether time-outs are to be looked for: most packets come within the same moment as those before. */
static inline bool retire_may_be_due(const struct flows *f)
{
	return (uint64_t)time_apart(f->now, f->looked) >= (uint64_t)(RETIRE_LOOK_MS * MILLISECOND) || f->ending;
}

/* Ends the next flow that must go, if any: one at a time, so that no packet pays for many. */
bool retire_next(struct flows *f);

/* ---- side.c: the facts of one side ------------------------------------------------------ */

/* Where a sequence number lies in this side's stream; negative before its first byte. */
int64_t side_offset(const struct flow *w, enum side s, uint32_t seq);

/* The same packet captured before; notes it as seen if not. */
bool side_repeats(struct flow *w, enum side s, const struct packet *p);

void side_note_packet(struct tcp_side *side, const struct packet *p);

/* An answer tells both: of a SYN alone its own is not kept. */
void side_note_link(struct flow_facts *facts, enum side s, const struct packet *p);

/* Before side_note_stamp, which takes over the sender's clock. */
void side_note_after_reset(struct flow *w, enum side s, const struct packet *p);
void side_note_stamp(struct half *h, const struct packet *p);
void side_note_syn(struct flow *w, enum side s, const struct packet *p);
void side_note_ack(struct flow *w, enum side s, const struct packet *p);

/* True when the receiver would accept it, or may. */
bool side_note_reset(struct flow *w, enum side s, const struct packet *p);

/* A segment of this side with payload at `offset`, of which `fresh` bytes were not seen before. */
void side_note_data(struct flow *w, enum side s, const struct packet *p, int64_t offset,
		    uint64_t fresh);

/* ---- connection.c: TCP ------------------------------------------------------------------ */

/* Which side of the flow sent the packet. */
enum side flow_side(const struct flow *w, const struct address *source);

/* Sets the addresses of a new flow: who is the client. */
void connection_orient(struct flow_facts *facts, const struct packet *p);

/* A SYN that begins another connection between the same ports. */
bool connection_begins_anew(struct flows *f, struct flow *w, const struct packet *p);

void connection_take(struct flows *f, struct flow *w, struct packet *p);

/* ---- park.c: packets that came before what they answer ---------------------------------- */

/* False when it is not early, or when there is no waiting for what comes first. */
bool park(struct flows *f, struct flow *w, enum side s, const struct packet *p);

/* The first one whose turn has come; with `any`, else the first of all. The caller owns it and gives
 * it to park_lend; NULL if there is none. */
struct parked *park_next(struct flows *f, struct flow *w, bool any);

/* Events that wait in the queue have its bytes: it lives until park_take_back, when they are out. */
void park_lend(struct flows *f, struct parked *at);
void park_take_back(struct flows *f);

/* Frees what is parked. */
void park_drop(struct flows *f, struct flow *w);

/* Its turn has come: gives the packet its place in the order of the flow. */
void flow_turn(struct flow *w, struct mark *mark);

/* Takes what is parked, however early it is; true when there was any. */
bool connection_unpark(struct flows *f, struct flow *w);

/* The state in which this packet, taken, leaves it; NULL is none. */
enum flow_state connection_state(const struct flow *w, const struct packet *p);

/* How it ended, if `end` is when it was given up. */
enum flow_end connection_end(const struct flow *w, enum flow_end end);

/* ---- datagram.c: UDP -------------------------------------------------------------------- */

void datagram_orient(struct flow_facts *facts, const struct packet *p);
void datagram_take(struct flows *f, struct flow *w, struct packet *p);

/* ---- reassemble.c: the bytes of one direction in order ---------------------------------- */

/* Takes a segment's payload at `offset`; returns how many of its bytes were not seen before. */
uint64_t reassemble_data(struct flows *f, struct flow *w, enum side s, const struct packet *p,
			 int64_t offset);

/* Moves offset 0 down by so many bytes: earlier data turned up before anything was delivered. */
void reassemble_rebase(struct flow *w, enum side s, uint32_t down);

/* Delivers what has become deliverable, FIN included; gives up holes that were waited for. */
void reassemble_settle(struct flows *f, struct flow *w, enum side s, const struct mark *mark);

/* Gives up all holes: nothing more will come. */
void reassemble_flush(struct flows *f, struct flow *w);

/* Frees what is held. */
void reassemble_drop(struct flows *f, struct half *h);

#endif
