#include "quiet.h"

#include <string.h>

#include "flow.h"

size_t quiet_size(uint8_t ip_len)
{
	return sizeof(struct quiet) + 2 * (size_t)ip_len;
}

void quiet_pack(struct quiet *q, const struct flow *w)
{
	bool reset = w->half[SIDE_CLIENT].has_reset || w->half[SIDE_SERVER].has_reset;

	q->touched = w->touched;
	q->stream = w->facts.stream;
	q->ip_len = w->facts.side[SIDE_CLIENT].address.ip_len;
	for (int s = 0; s < 2; s++) {
		q->base[s] = w->half[s].base;
		q->port[s] = w->facts.side[s].address.port;
		q->finished[s] = w->half[s].has_fin || reset;
		memcpy(q->ip + s * q->ip_len, w->facts.side[s].address.ip, q->ip_len);
	}
}

struct address quiet_address(const struct quiet *q, enum side side)
{
	struct address a = { .ip_len = q->ip_len, .port = q->port[side] };

	memcpy(a.ip, q->ip + side * q->ip_len, q->ip_len);
	return a;
}

static bool is_end(const struct quiet *q, enum side side, const struct address *a)
{
	return a->port == q->port[side] && a->ip_len == q->ip_len &&
	       !memcmp(a->ip, q->ip + side * q->ip_len, q->ip_len);
}

bool quiet_joins(const struct quiet *q, const struct address *one, const struct address *two)
{
	return (is_end(q, SIDE_CLIENT, one) && is_end(q, SIDE_SERVER, two)) ||
	       (is_end(q, SIDE_CLIENT, two) && is_end(q, SIDE_SERVER, one));
}

static enum side sender(const struct quiet *q, const struct packet *p)
{
	return is_end(q, SIDE_CLIENT, &p->source) ? SIDE_CLIENT : SIDE_SERVER;
}

bool quiet_begins_anew(const struct quiet *q, const struct packet *p)
{
	return (p->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN &&
	       p->seq + 1 != q->base[sender(q, p)];
}

void quiet_take(struct quiet *q, const struct packet *p, int64_t now)
{
	q->touched = now;
	if (p->flags & TCP_RST)
		q->finished[SIDE_CLIENT] = q->finished[SIDE_SERVER] = true;
	else if (p->flags & TCP_FIN)
		q->finished[sender(q, p)] = true;
}

bool quiet_is_over(const struct quiet *q)
{
	return q->finished[SIDE_CLIENT] && q->finished[SIDE_SERVER];
}
