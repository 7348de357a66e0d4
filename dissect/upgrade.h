/*
 * The dialogue before TLS, on one TCP flow: STARTTLS and its kin, HTTP CONNECT, SOCKS, PROXY
 * headers, one after the other where they are stacked, up to the first byte of TLS.
 *
 * Feed it each side's bytes in order, from the first, cut anywhere. It holds no more than one
 * unfinished line or packet header of each side, and nothing for a flow that begins with TLS.
 */
#ifndef TLSWHY_UPGRADE_H
#define TLSWHY_UPGRADE_H

#include "dissect.h"

enum upgrade_verdict {
	UPGRADE_MORE,		/* all bytes were taken in; go on feeding */
	UPGRADE_TLS,		/* this side's TLS begins: feed no more of this side */
	UPGRADE_FOREIGN		/* no TLS that we could know comes here: feed no more of this side */
};

struct upgrade;

/* upgrade_free: NULL allowed. */
struct upgrade *upgrade_new(void);
void upgrade_free(struct upgrade *u);

/* Bytes that it keeps, about; 0 for NULL. */
size_t upgrade_bytes(const struct upgrade *u);

/*
 * upgrade_feed takes the next bytes of one side.
 * UPGRADE_TLS: the side's TLS begins with the bytes of upgrade_held(), usually none, followed by
 * those from bytes + *consumed on. It is the caller's word to keep: the dialogue is over for this
 * side but not for the other, which begins with its own next bytes behind its own last reply, and
 * must still be fed until it has its own verdict. That holds after UPGRADE_FOREIGN too: a server
 * may answer plaintext with a TLS alert, which is then its UPGRADE_TLS.
 * With the other verdicts *consumed is len.
 */
enum upgrade_verdict upgrade_feed(struct upgrade *u, enum side from, struct mark mark,
				  const uint8_t *bytes, size_t len, size_t *consumed);

/* After UPGRADE_TLS: the bytes of earlier feeds that turned out to be the beginning of this side's
 * TLS (a hello cut into tiny segments). Borrowed until the next call. Returns how many. */
size_t upgrade_held(const struct upgrade *u, enum side from, const uint8_t **bytes);

/* Hands out TLS_UPGRADE and TLS_FOREIGN events in order; false when there is none. Pull them after
 * each feed, gap and end. */
bool upgrade_next(struct upgrade *u, struct tls_event *out);

/* Bytes of this side are missing: its dialogue goes on with the next line, if it has lines. */
void upgrade_gap(struct upgrade *u, enum side from);

/* This side closed or reset at `mark`. A client that leaves after a refusal or a missing offer is
 * UPGRADE_ABANDONED; what was held back for want of bytes is told. */
void upgrade_end(struct upgrade *u, enum side from, struct mark mark);

/*
 * True when TLS records travel inside packets (TDS: MS-TDS 2.2.3, type 0x12) until the handshake
 * is over. Then all bytes of a side behind its UPGRADE_TLS go through upgrade_unwrap: it takes the
 * next bytes, says by *taken how many of them it has used (never 0 of some), and returns a
 * piece of TLS, borrowed from `bytes`, maybe empty. Call it until all are used. Once the
 * wrapping has ended, the piece is simply the rest.
 */
bool upgrade_wraps(const struct upgrade *u);
struct reader upgrade_unwrap(struct upgrade *u, enum side from, struct reader bytes, size_t *taken);

#endif
