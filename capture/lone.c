#include "lone.h"

#include <string.h>

enum {
	HAS_OPTIONS = 1, HAS_SACK = 2, HAS_TIMESTAMPS = 4, HAS_SCALE = 8, HAS_DF = 16, HAS_VLAN = 32,
	IS_IPV6 = 64, IS_FORGOTTEN = 128,
	END_SHIFT = 2, END_MASK = 7, COPIES_SHIFT = 5, COPIES_MAX = 7,	/* in `kind` */
	VLAN_MASK = 0x0fff,
	REPEAT_MS = 20,		/* a mirror's delay; a retransmission takes a second */
};

static const int64_t MILLISECOND_NS = 1000000;

/* Flags that a bare SYN may have, and where they are in `vlan`. */
static const struct {
	uint8_t flag;
	uint16_t bit;
} flag_bits[] = { { TCP_PSH, 0x1000 }, { 0x20, 0x2000 }, { 0x40, 0x4000 }, { 0x80, 0x8000 } };

enum { FLAG_BITS = sizeof(flag_bits) / sizeof(flag_bits[0]) };

bool lone_fits(const struct packet *p)
{
	return p->kind == PACKET_TCP &&
	       (p->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN &&
	       !p->payload_wire_len && !p->tunnel[0] && p->mark.frame <= UINT32_MAX &&
	       p->wire_len <= UINT8_MAX;
}

static uint8_t options_of(const struct packet *p)
{
	return (uint8_t)((p->has_options ? HAS_OPTIONS : 0) | (p->has_sack_permitted ? HAS_SACK : 0) |
			 (p->has_timestamps ? HAS_TIMESTAMPS : 0) |
			 (p->has_window_scale ? HAS_SCALE : 0) | (p->has_df ? HAS_DF : 0) |
			 (p->has_vlan ? HAS_VLAN : 0) | (p->source.ip_len == 4 ? 0 : IS_IPV6));
}

static uint16_t vlan_and_flags(const struct packet *p)
{
	uint16_t bits = p->has_vlan ? p->vlan & VLAN_MASK : 0;

	for (int i = 0; p->flags != TCP_SYN && i < FLAG_BITS; i++)
		bits |= p->flags & flag_bits[i].flag ? flag_bits[i].bit : 0;
	return bits;
}

static uint8_t flags_of(const struct lone *l)
{
	uint8_t flags = TCP_SYN;

	for (int i = 0; l->vlan > VLAN_MASK && i < FLAG_BITS; i++)
		flags |= l->vlan & flag_bits[i].bit ? flag_bits[i].flag : 0;
	return flags;
}

void lone_pack(struct lone *l, const struct packet *p, struct beside *beside)
{
	l->kind = KIND_LONE;
	memcpy(l->time, &p->mark.time, sizeof(l->time));
	l->frame = (uint32_t)p->mark.frame;
	l->seq = p->seq;
	l->window = p->window;
	l->mss = p->mss;
	l->ip_id = p->ip_id;
	l->vlan = vlan_and_flags(p);
	l->wire_len = (uint8_t)p->wire_len;
	l->ttl = p->ttl;
	l->options = options_of(p);
	small_pack(&l->ends, &p->source, &p->destination, beside);
}

int64_t lone_time(const struct lone *l)
{
	int64_t time;

	memcpy(&time, l->time, sizeof(time));
	return time;
}

uint8_t lone_ip_len(const struct lone *l)
{
	return l->options & IS_IPV6 ? 16 : 4;
}

struct ends lone_ends(const struct lone *l)
{
	return small_unpack(&l->ends, lone_ip_len(l));
}

static struct address address_of(const struct lone *l, enum side side)
{
	return small_address(&l->ends, lone_ip_len(l), (int)side);
}

struct packet lone_unpack(const struct lone *l)
{
	return (struct packet){
		.mark = { .frame = l->frame, .time = lone_time(l) }, .kind = PACKET_TCP,
		.source = address_of(l, SIDE_CLIENT), .destination = address_of(l, SIDE_SERVER),
		.ttl = l->ttl, .ip_id = l->ip_id, .has_df = l->options & HAS_DF,
		.has_vlan = l->options & HAS_VLAN, .vlan = l->vlan & VLAN_MASK, .wire_len = l->wire_len,
		.seq = l->seq, .flags = flags_of(l), .window = l->window, .mss = l->mss,
		.has_options = l->options & HAS_OPTIONS, .has_sack_permitted = l->options & HAS_SACK,
		.has_timestamps = l->options & HAS_TIMESTAMPS,
		.has_window_scale = l->options & HAS_SCALE,
	};
}

static void client_facts(const struct lone *l, struct mark mark, struct tcp_side *out)
{
	out->address = address_of(l, SIDE_CLIENT);
	out->syn = out->last_syn = out->first_packet = out->last_packet = mark;
	out->syn_count = 1;
	out->duplicates = lone_copies(l);
	out->mss = l->mss;
	out->sack_permitted = l->options & HAS_SACK;
	out->timestamps = l->options & HAS_TIMESTAMPS;
	out->window_scaling = l->options & HAS_SCALE;
	out->last_window = l->window;
	out->syn_ttl = out->ttl_min = out->ttl_max = l->ttl;
	out->last_ip_id = l->ip_id;
	out->ip_id_always_zero = !l->ip_id;
}

void lone_facts(const struct lone *l, struct flow_facts *out)
{
	struct mark mark = { .frame = l->frame, .time = lone_time(l) };

	out->transport = TRANSPORT_TCP;
	out->stream = l->stream;
	out->client_known = true;
	out->has_vlan = l->options & HAS_VLAN;
	out->vlan = l->vlan & VLAN_MASK;
	out->first = out->last = mark;
	out->packets = 1u + lone_copies(l);
	out->bytes = out->packets * l->wire_len;
	out->end = (enum flow_end)(l->kind >> END_SHIFT & END_MASK);
	client_facts(l, mark, &out->side[SIDE_CLIENT]);
	out->side[SIDE_SERVER].address = address_of(l, SIDE_SERVER);
}

static bool is_from_source(const struct lone *l, const struct packet *p)
{
	struct address source = address_of(l, SIDE_CLIENT);

	return same_address(&source, &p->source);
}

bool lone_is_copy(const struct lone *l, const struct packet *p)
{
	int64_t apart = (int64_t)((uint64_t)p->mark.time - (uint64_t)lone_time(l));

	return lone_fits(p) && p->seq == l->seq && p->ip_id == l->ip_id && p->flags == flags_of(l) &&
	       p->window == l->window && p->source.port == l->ends.port[SIDE_CLIENT] &&
	       apart <= REPEAT_MS * MILLISECOND_NS && apart >= -REPEAT_MS * MILLISECOND_NS;
}

bool lone_begins_anew(const struct lone *l, const struct packet *p)
{
	return (p->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN && p->seq != l->seq && is_from_source(l, p);
}

uint8_t lone_copies(const struct lone *l)
{
	return l->kind >> COPIES_SHIFT;
}

bool lone_note_copy(struct lone *l)
{
	if (lone_copies(l) == COPIES_MAX)
		return false;
	l->kind = (uint8_t)(l->kind + (1 << COPIES_SHIFT));
	return true;
}

void lone_end(struct lone *l, enum flow_end end)
{
	l->kind = (uint8_t)(l->kind | end << END_SHIFT);
}

void lone_forget(struct lone *l)
{
	l->options |= IS_FORGOTTEN;
}

bool lone_forgotten(const struct lone *l)
{
	return l->options & IS_FORGOTTEN;
}
