/* One side's DTLS handshake messages, from fragments (RFC 6347 4.2.3, RFC 9147 5.5). */
#ifndef TLSWHY_DTLS_MESSAGES_H
#define TLSWHY_DTLS_MESSAGES_H

#include "fragments.h"
#include "parse.h"

/* A flight has at most eight messages; more incomplete ones at a time only a broken sender has. */
enum { DTLS_PENDING_MAX = 12 };

struct dtls_pending {
	bool in_use;
	uint8_t type;
	uint16_t sequence;		/* message_seq */
	uint32_t length;
	struct mark first, last;	/* packets with its first and its latest new fragment */
	uint32_t record_count;
	bool decrypted;
	struct fragments fragments;
};

struct dtls_messages {
	uint16_t next;			/* message_seq that is due */
	uint64_t done;			/* bit n: the message with message_seq n was handed out */
	size_t held;			/* bytes in all fragments */
	struct dtls_pending pending[DTLS_PENDING_MAX];
};

/* The header of one fragment and what it carries. */
struct dtls_fragment {
	uint8_t type;
	uint32_t length;		/* of the whole message */
	uint16_t sequence;
	uint32_t offset;
	struct reader body;
};

/* dtls_fragment_take reads one; false when it leaves its message or the record. */
bool dtls_fragment_take(struct dtls_fragment *out, struct reader *content);

/* dtls_messages_is_done: it belongs to a message that was handed out before: a retransmission. */
bool dtls_messages_is_done(const struct dtls_messages *m, const struct dtls_fragment *fragment);

/* dtls_messages_add keeps one fragment; false when it contradicts others or exceeds the bounds. */
bool dtls_messages_add(struct dtls_messages *m, const struct dtls_fragment *fragment,
		       struct mark mark, bool decrypted);

/*
 * dtls_messages_next: a whole message, the next one in order or, with `any_order`, whichever is
 * whole, because what is missing was lost. NULL if there is none. The caller is done with it when
 * it calls dtls_messages_release.
 */
struct dtls_pending *dtls_messages_next(struct dtls_messages *m, bool any_order);
void dtls_messages_release(struct dtls_messages *m, struct dtls_pending *message);

void dtls_messages_clear(struct dtls_messages *m);

#endif
