#include "quiet.h"

#include <string.h>

#include "flow.h"

static void touch(struct quiet *q, int64_t time)
{
	memcpy(q->touched, &time, sizeof(q->touched));
}

void quiet_pack(struct quiet *q, const struct flow *w, struct beside *beside)
{
	const struct tcp_side *side = w->facts.side;
	bool reset = w->half[SIDE_CLIENT].has_reset || w->half[SIDE_SERVER].has_reset;

	q->kind = KIND_QUIET;
	touch(q, w->touched);
	memcpy(q->hash, &w->hash, sizeof(q->hash));
	q->stream = w->facts.stream;
	q->ip_len = side[SIDE_CLIENT].address.ip_len;
	small_pack(&q->ends, &side[SIDE_CLIENT].address, &side[SIDE_SERVER].address, beside);
	for (int s = 0; s < 2; s++) {
		q->base[s] = w->half[s].base;
		q->finished[s] = w->half[s].has_fin || reset;
	}
}

int64_t quiet_touched(const struct quiet *q)
{
	int64_t time;

	memcpy(&time, q->touched, sizeof(time));
	return time;
}

uint64_t quiet_hash(const struct quiet *q)
{
	uint64_t hash;

	memcpy(&hash, q->hash, sizeof(hash));
	return hash;
}

static enum side sender(const struct quiet *q, const struct quiet_news *news)
{
	struct ends ends = small_unpack(&q->ends, q->ip_len);
	bool client = q->ip_len == 4 ? ends.four[SIDE_CLIENT] == news->ends->four[0]
				     : same_end16(&ends.sixteen[SIDE_CLIENT], &news->ends->sixteen[0]);

	return client ? SIDE_CLIENT : SIDE_SERVER;
}

bool quiet_begins_anew(const struct quiet *q, const struct quiet_news *news)
{
	return (news->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN &&
	       news->seq + 1 != q->base[sender(q, news)];
}

void quiet_take(struct quiet *q, const struct quiet_news *news, int64_t now)
{
	touch(q, now);
	if (news->flags & TCP_RST)
		q->finished[SIDE_CLIENT] = q->finished[SIDE_SERVER] = true;
	else if (news->flags & TCP_FIN)
		q->finished[sender(q, news)] = true;
}

bool quiet_is_over(const struct quiet *q)
{
	return q->finished[SIDE_CLIENT] && q->finished[SIDE_SERVER];
}
