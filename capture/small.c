#include "small.h"

static const uint8_t *ip_of(const struct small_ends *e, uint8_t ip_len, int which)
{
	return ip_len == 4 ? e->ip + 4 * which : small_beside(e)->ip[which];
}

void small_pack(struct small_ends *e, const struct address *one, const struct address *two,
		struct beside *beside)
{
	e->port[0] = one->port;
	e->port[1] = two->port;
	if (!beside) {
		memcpy(e->ip, one->ip, 4);
		memcpy(e->ip + 4, two->ip, 4);
		return;
	}
	memcpy(e->ip, &beside, sizeof(beside));
	memcpy(beside->ip[0], one->ip, 16);
	memcpy(beside->ip[1], two->ip, 16);
}

struct address small_address(const struct small_ends *e, uint8_t ip_len, int which)
{
	struct address a = { .ip_len = ip_len, .port = e->port[which] };

	memcpy(a.ip, ip_of(e, ip_len, which), ip_len);
	return a;
}

struct ends small_unpack(const struct small_ends *e, uint8_t ip_len)
{
	struct ends ends = { .ip_len = ip_len };

	for (int i = 0; i < 2; i++) {
		if (ip_len == 4)
			ends.four[i] = end4(TRANSPORT_TCP, e->ip + 4 * i, e->port[i]);
		else
			ends.sixteen[i] = end16(TRANSPORT_TCP, small_beside(e)->ip[i], e->port[i]);
	}
	return ends;
}

bool small_have16(const struct small_ends *e, const struct ends *ends)
{
	struct ends own = small_unpack(e, 16);

	return same_ends(&own, ends);
}
