/* What the small records, lone SYNs and quiet connections, have in common. */
#ifndef TLSWHY_SMALL_H
#define TLSWHY_SMALL_H

#include "hash.h"

/* In the lowest bits of a record's first byte. */
enum small_kind { KIND_SPARE, KIND_FLOW, KIND_LONE, KIND_QUIET, KIND_MASK = 3 };

/* IPv6 addresses, which lie beside the record. */
struct beside {
	uint8_t ip[2][16];
};

struct small_ends {
	uint16_t port[2];
	uint8_t ip[8];		/* IPv4's, or where IPv6's are */
};

static inline struct beside *small_beside(const struct small_ends *e)
{
	struct beside *b;

	memcpy(&b, e->ip, sizeof(b));
	return b;
}

/* `beside` is where IPv6 addresses go, and the record's from now on; else NULL. */
void small_pack(struct small_ends *e, const struct address *one, const struct address *two,
		struct beside *beside);

struct address small_address(const struct small_ends *e, uint8_t ip_len, int which);

/* They are those of TCP connections. */
struct ends small_unpack(const struct small_ends *e, uint8_t ip_len);

bool small_have16(const struct small_ends *e, const struct ends *ends);

/* Whether these are the ends, either way round. */
static inline bool small_have(const struct small_ends *e, uint8_t ip_len, const struct ends *ends)
{
	uint64_t one, two;

	if (ip_len != ends->ip_len)
		return false;
	if (ip_len != 4)
		return small_have16(e, ends);
	one = end4(TRANSPORT_TCP, e->ip, e->port[0]);
	two = end4(TRANSPORT_TCP, e->ip + 4, e->port[1]);
	return (one == ends->four[0] && two == ends->four[1]) || (one == ends->four[1] && two == ends->four[0]);
}

#endif
