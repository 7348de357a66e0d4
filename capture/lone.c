#include "lone.h"

#include <string.h>

#include "hash.h"

enum {
	HAS_OPTIONS = 1, HAS_SACK = 2, HAS_TIMESTAMPS = 4, HAS_SCALE = 8, HAS_DF = 16, HAS_VLAN = 32,
	IS_IPV6 = 64, IS_FORGOTTEN = 128,
	REPEAT_MS = 20,		/* a mirror's delay; a retransmission takes a second */
};

static const int64_t MILLISECOND_NS = 1000000;

bool lone_fits(const struct packet *p)
{
	return p->kind == PACKET_TCP &&
	       (p->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN &&
	       !p->payload_wire_len && !p->tunnel[0] && p->mark.frame <= UINT32_MAX &&
	       p->wire_len <= UINT16_MAX;
}

size_t lone_size(uint8_t ip_len)
{
	return sizeof(struct lone) + 2 * (size_t)ip_len;
}

static uint8_t options_of(const struct packet *p)
{
	return (uint8_t)((p->has_options ? HAS_OPTIONS : 0) | (p->has_sack_permitted ? HAS_SACK : 0) |
			 (p->has_timestamps ? HAS_TIMESTAMPS : 0) |
			 (p->has_window_scale ? HAS_SCALE : 0) | (p->has_df ? HAS_DF : 0) |
			 (p->has_vlan ? HAS_VLAN : 0) | (p->source.ip_len == 4 ? 0 : IS_IPV6));
}

void lone_pack(struct lone *l, const struct packet *p)
{
	l->time = p->mark.time;
	l->frame = (uint32_t)p->mark.frame;
	l->seq = p->seq;
	l->window = p->window;
	l->mss = p->mss;
	l->ip_id = p->ip_id;
	l->vlan = p->vlan;
	l->wire_len = (uint16_t)p->wire_len;
	l->source_port = p->source.port;
	l->destination_port = p->destination.port;
	l->ttl = p->ttl;
	l->flags = p->flags;
	l->options = options_of(p);
	l->duplicates = 0;
	l->end = END_OPEN;
	memcpy(l->ip, p->source.ip, lone_ip_len(l));
	memcpy(l->ip + lone_ip_len(l), p->destination.ip, lone_ip_len(l));
}

uint8_t lone_ip_len(const struct lone *l)
{
	return l->options & IS_IPV6 ? 16 : 4;
}

static struct address source_of(const struct lone *l)
{
	struct address a = { .ip_len = lone_ip_len(l), .port = l->source_port };

	memcpy(a.ip, l->ip, a.ip_len);
	return a;
}

static struct address destination_of(const struct lone *l)
{
	struct address a = { .ip_len = lone_ip_len(l), .port = l->destination_port };

	memcpy(a.ip, l->ip + a.ip_len, a.ip_len);
	return a;
}

struct packet lone_unpack(const struct lone *l)
{
	return (struct packet){
		.mark = { .frame = l->frame, .time = l->time }, .kind = PACKET_TCP,
		.source = source_of(l), .destination = destination_of(l),
		.ttl = l->ttl, .ip_id = l->ip_id, .has_df = l->options & HAS_DF,
		.has_vlan = l->options & HAS_VLAN, .vlan = l->vlan, .wire_len = l->wire_len,
		.seq = l->seq, .flags = l->flags, .window = l->window, .mss = l->mss,
		.has_options = l->options & HAS_OPTIONS, .has_sack_permitted = l->options & HAS_SACK,
		.has_timestamps = l->options & HAS_TIMESTAMPS,
		.has_window_scale = l->options & HAS_SCALE,
	};
}

static struct tcp_side client_of(const struct lone *l, struct mark mark)
{
	return (struct tcp_side){
		.address = source_of(l), .syn = mark, .last_syn = mark, .syn_count = 1,
		.first_packet = mark, .last_packet = mark, .duplicates = l->duplicates,
		.mss = l->mss, .sack_permitted = l->options & HAS_SACK,
		.timestamps = l->options & HAS_TIMESTAMPS, .window_scaling = l->options & HAS_SCALE,
		.last_window = l->window, .syn_ttl = l->ttl, .ttl_min = l->ttl, .ttl_max = l->ttl,
		.last_ip_id = l->ip_id, .ip_id_always_zero = !l->ip_id,
	};
}

void lone_facts(const struct lone *l, struct flow_facts *out)
{
	struct mark mark = { .frame = l->frame, .time = l->time };
	bool has_vlan = l->options & HAS_VLAN;

	*out = (struct flow_facts){
		.transport = TRANSPORT_TCP, .stream = l->stream, .client_known = true,
		.has_vlan = has_vlan, .vlan = has_vlan ? l->vlan : 0, .first = mark, .last = mark,
		.packets = 1u + l->duplicates, .bytes = (1u + l->duplicates) * (uint64_t)l->wire_len,
		.end = (enum flow_end)l->end,
	};
	out->side[SIDE_CLIENT] = client_of(l, mark);
	out->side[SIDE_SERVER].address = destination_of(l);
}

bool lone_joins(const struct lone *l, const struct address *one, const struct address *two)
{
	struct address source = source_of(l), destination = destination_of(l);

	return (same_address(&source, one) && same_address(&destination, two)) ||
	       (same_address(&source, two) && same_address(&destination, one));
}

bool lone_is_copy(const struct lone *l, const struct packet *p)
{
	int64_t apart = (int64_t)((uint64_t)p->mark.time - (uint64_t)l->time);

	return lone_fits(p) && p->seq == l->seq && p->ip_id == l->ip_id && p->flags == l->flags &&
	       p->window == l->window && p->source.port == l->source_port &&
	       apart <= REPEAT_MS * MILLISECOND_NS && apart >= -REPEAT_MS * MILLISECOND_NS;
}

void lone_forget(struct lone *l)
{
	l->options |= IS_FORGOTTEN;
}

bool lone_forgotten(const struct lone *l)
{
	return l->options & IS_FORGOTTEN;
}
