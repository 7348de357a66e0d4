/*
 * Packets that were captured before those that they answer or follow. A card with several queues, or a
 * tap that merges two directions badly, writes them so; who ended a handshake, and in reply to
 * what, would be read the wrong way round. They wait until their turn comes, or does not.
 */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

enum {
	PARKED_MAX = 40,	/* packets of one flow */
	PATIENCE = 16,		/* packets of the flow that may come while one waits */
	IN_VAIN_MAX = 3,	/* a capture that lacks packets is not one in disorder */
	EARLY_MAX = 1 << 20,	/* further ahead is no place that the other side is about to reach */
};

static uint64_t max64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static bool is_ahead(const struct flow *w, enum side s, uint32_t seq, uint64_t of)
{
	int64_t ahead = side_offset(w, s, seq) - (int64_t)of;

	return ahead > 0 && ahead <= EARLY_MAX;
}

/* It acknowledges what the other side has not said yet, its FIN counted; what was acknowledged before
 * will not come any more. */
static bool answers_the_future(const struct flow *w, enum side s, const struct packet *p)
{
	enum side o = other_side(s);
	const struct half *h = &w->half[o];
	const struct tcp_side *other = &w->facts.side[o];
	bool finished = h->has_fin && other->delivered >= other->fin_offset;

	return p->flags & TCP_ACK && !(p->flags & TCP_SYN) && h->settled && other->first_packet.frame &&
	       is_ahead(w, o, p->ack, max64(other->delivered + finished, other->acked + h->fin_acked));
}

/* A RST behind bytes that have not come. What comes after a first RST may be somebody's guess. */
static bool follows_the_future(const struct flow *w, enum side s, const struct packet *p)
{
	const struct tcp_side *side = &w->facts.side[s];
	uint64_t sent = side->sent + (w->half[s].has_fin && side->fin_offset >= side->sent);

	return p->flags & TCP_RST && w->half[s].has_syn && !side->reset_count &&
	       is_ahead(w, s, p->seq, max64(sent, side->acked));
}

static bool is_near(const struct flow *w, enum side s, uint32_t seq)
{
	return seq == w->half[s].base || is_ahead(w, s, seq, 0);
}

/* The client's SYN was captured, the answer to it was not, and this is of the connection that it opened.
 * Until that answer comes, nobody knows where the server's bytes begin. An ACK of other numbers is what
 * is left of another connection (RFC 5961 4.2). */
static bool precedes_the_opening(const struct flow *w, enum side s, const struct packet *p)
{
	const struct half *client = &w->half[SIDE_CLIENT];

	if (!client->has_syn || w->half[SIDE_SERVER].has_syn || w->in_vain || p->flags & TCP_SYN)
		return false;
	if (p->flags & TCP_RST && !w->parked)
		return false;
	return is_near(w, SIDE_CLIENT, s == SIDE_CLIENT ? p->seq : p->ack);
}

static bool is_early(const struct flow *w, enum side s, const struct packet *p)
{
	return precedes_the_opening(w, s, p) || answers_the_future(w, s, p) ||
	       follows_the_future(w, s, p);
}

static size_t size_of(const struct packet *p)
{
	return sizeof(struct parked) + p->payload_len;
}

bool park(struct flows *f, struct flow *w, enum side s, const struct packet *p)
{
	struct parked **link = &w->parked;
	struct parked *at;

	if (w->forgotten || w->in_vain == IN_VAIN_MAX || w->parked_count == PARKED_MAX ||
	    !is_early(w, s, p) || !store_affords(f, size_of(p)))
		return false;
	at = malloc(size_of(p));
	if (!at)
		return false;
	f->stirred = true;
	at->next = NULL;
	at->packet = *p;
	if (p->payload_len)
		memcpy(at->bytes, p->payload, p->payload_len);
	at->packet.payload = at->bytes;
	while (*link)
		link = &(*link)->next;
	*link = at;
	w->parked_count++;
	if (precedes_the_opening(w, s, p))
		w->waited++;	/* all that comes waits: there is nothing else to count */
	f->held_bytes += size_of(p);
	return true;
}

static struct parked *take_out(struct flows *f, struct flow *w, struct parked **link)
{
	struct parked *at = *link;

	*link = at->next;
	w->parked_count--;
	w->waited = 0;
	f->held_bytes -= size_of(&at->packet);
	return at;
}

struct parked *park_next(struct flows *f, struct flow *w, bool any)
{
	for (struct parked **link = &w->parked; *link; link = &(*link)->next)
		if (!is_early(w, flow_side(w, &(*link)->packet.source), &(*link)->packet))
			return take_out(f, w, link);
	if (!w->parked || (!any && w->waited < PATIENCE))
		return NULL;
	w->in_vain++;
	return take_out(f, w, &w->parked);
}

void park_lend(struct flows *f, struct parked *at)
{
	at->next = f->lent;
	f->lent = at;
}

void park_take_back(struct flows *f)
{
	while (f->lent) {
		struct parked *next = f->lent->next;

		free(f->lent);
		f->lent = next;
	}
}

void park_drop(struct flows *f, struct flow *w)
{
	while (w->parked)
		free(take_out(f, w, &w->parked));
}
