/*
 * MPLS (RFC 3032), whose labels do not say what they carry: IP, or a pseudowire's Ethernet
 * with a control word (RFC 4385) or without.
 */
#include "descent.h"

static enum found guess(struct descent *d, enum found (*next)(struct descent *, struct reader),
			struct reader r)
{
	struct trial before;

	if (!trial_begin(d, &before))
		return FOUND_BROKEN;
	return trial_end(d, &before, next(d, r));
}

static enum found take_control_word(struct descent *d, struct reader r)
{
	take_u32(&r);
	return take_ethernet(d, r);
}

/* RFC 4928 3: an IP version where a label stack ends is IP, unless a MAC address begins so. */
enum found take_mpls(struct descent *d, struct reader r)
{
	enum { BOTTOM_OF_STACK = 0x100, CONTROL_WORD = 0 };
	uint32_t label;

	do {
		label = take_u32(&r);
	} while (more(&r) && !(label & BOTTOM_OF_STACK));
	if (!more(&r) || !enter_tunnel(d, "mpls", NO_ID))
		return FOUND_BROKEN;
	enum found found = FOUND_NO_TUNNEL;
	if (looks_like_ip(d, r, FIT_PADDED))
		found = guess(d, take_ip, r);
	else if (*r.at >> 4 == CONTROL_WORD)
		found = guess(d, take_control_word, r);
	if (found == FOUND_NO_TUNNEL)
		found = guess(d, take_ethernet, r);
	return found == FOUND_NO_TUNNEL ? FOUND_NOTHING : found;
}
