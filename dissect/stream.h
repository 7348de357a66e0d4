/*
 * One TCP connection's TLS, between stream.c (bytes to records) and content.c (records to what is
 * in them).
 */
#ifndef TLSWHY_STREAM_H
#define TLSWHY_STREAM_H

#include "parse.h"
#include "pile.h"
#include "upgrade.h"

enum {
	HEADER_LEN = 5,
	FRAGMENT_MAX = 16384,		/* RFC 8446 5.1 */
	EXPANSION_MAX = 2048		/* protected, RFC 5246 6.2.3; 256 in TLS 1.3 */
};

enum phase {
	PHASE_FIRST,		/* too few bytes to know */
	PHASE_DIALOGUE,		/* plaintext that may turn into TLS: upgrade.c's */
	PHASE_RECORDS,
	PHASE_SSLV2,		/* inside an SSLv2-compatible ClientHello */
	PHASE_FOREIGN,		/* not TLS: enough is gathered to tell what it is */
	PHASE_LOST,		/* after a gap: looks for the next record */
	PHASE_DEAD		/* nothing more is read */
};

/* What one side sends. */
struct direction {
	enum phase phase;
	uint64_t offset;		/* in the stream, of the next byte to be parsed */

	uint8_t header[HEADER_LEN];	/* of the record being read, or the first bytes */
	uint8_t header_have;
	bool in_fragment;		/* the header is whole */
	bool skipping;			/* nobody wants the fragment: count, do not keep */
	bool damaged;			/* a gap swallowed part of the fragment */
	uint32_t fragment_left;
	struct pile fragment;
	struct mark fragment_first;	/* packet with its first byte */
	uint32_t fragment_first_len;	/* how much of it came in that packet */
	uint64_t record_offset;

	struct pile message;		/* a message spread over records, with its header */
	size_t message_want;		/* 0: none pending */
	struct mark message_first;
	uint32_t message_records;
	uint16_t message_version;	/* record version of its first record */
	uint32_t message_skip;		/* bytes left of a message too long to be kept */
	bool message_lost;		/* the rest of a message that nobody can put together */
	bool lost_once;			/* bytes were lost or passed over at some time */
	bool resumed;			/* after a gap, until a message was read */
	bool unconfirmed;		/* found by looking for a header: the next one must fit */
	bool doubtful;			/* so far nothing of it was TLS */
	uint32_t scanned;		/* bytes passed over in PHASE_LOST */

	bool upgraded;			/* its TLS began behind a dialogue */
	bool is_protected;		/* ChangeCipherSpec was sent; means nothing in TLS 1.3 */
	bool sent_hello;		/* a ClientHello */
	uint32_t data_records;		/* of type 23 */
	uint64_t data_bytes;
};

struct stream {
	struct tls *tls;
	struct direction side[2];
	struct upgrade *upgrade;	/* NULL for a flow that begins with TLS */
	struct decryptor *decryptor;	/* from the ClientHello on, if there are any keys */
	struct pile plain;		/* room for decrypted fragments */
	uint16_t version, suite;	/* selected; 0 before the ServerHello */

	/* the feed that is being parsed */
	enum side from;
	struct mark mark;
	struct reader input;		/* bytes of records */
	struct reader rest;		/* behind them, perhaps still wrapped */
	uint64_t rest_offset;
};

/* A record whose fragment is there, or was not kept: then `fragment` is NULL. */
struct record {
	const uint8_t *header;
	uint8_t type;
	uint16_t version;
	uint32_t length;
	const uint8_t *fragment;
	struct mark first;		/* packet with the fragment's first byte */
	size_t first_len;		/* how much of it came in that packet */
	uint64_t offset;
};

/* ---- what a header looks like ---------------------------------------------------------------- */

static inline uint32_t header_length(const uint8_t h[HEADER_LEN])
{
	return (uint32_t)h[3] << 8 | h[4];
}

/* SSL 3.0 to TLS 1.3 put 3.x there; TLCP (GB/T 38636) is 1.1. */
static inline bool is_record_version(uint8_t major, uint8_t minor)
{
	return major == 3 || (major == 1 && minor == 1);
}

/* ---- stream.c: records ----------------------------------------------------------------------- */

/* The side whose bytes are being fed. */
struct direction *stream_sender(struct stream *s);

/* The next n bytes of the input, which has them. */
const uint8_t *stream_consume(struct stream *s, size_t n);

/* Up to HEADER_LEN bytes into the sender's header; true once it is full. */
bool stream_fill_header(struct stream *s);

/* The sender's header is whole: decide what is done with its fragment. */
void stream_begin_fragment(struct stream *s);

/* The sender's record is complete. `fragment` is NULL where it was not kept. */
void stream_end_fragment(struct stream *s, const uint8_t *fragment);

/* Bytes of this side were lost or passed over: what comes next may stand anywhere. */
void stream_note_loss(struct direction *d);

/* ---- opening.c: the beginning of a side ------------------------------------------------------ */

void opening_first(struct stream *s);	/* PHASE_FIRST */
void opening_sslv2(struct stream *s);	/* PHASE_SSLV2 */
void opening_foreign(struct stream *s);	/* PHASE_FOREIGN */

/* Hands the sender's plaintext to upgrade.c, and takes over where TLS begins. */
void opening_dialogue(struct stream *s, struct reader bytes);

/* No more of the sender will come: what was gathered must do. */
void opening_end(struct stream *s);

/* ---- gap.c: finding one's place again -------------------------------------------------------- */

void gap_take(struct stream *s, uint64_t lost);
void gap_find_record(struct stream *s);	/* PHASE_LOST */

/* ---- content.c: what is in a record ---------------------------------------------------------- */

/* Whether a record of this direction is unreadable without keys. */
bool content_is_hidden(const struct stream *s, enum side from, uint8_t type, uint32_t length);

/* Queues the record and what is in it. */
void content_take(struct stream *s, enum side from, const struct record *record);

/* Gives up the message that is being put together. */
void content_lose(struct direction *d);

/* Queues a whole message: `body` without header. */
void content_message(struct stream *s, enum side from, uint8_t type, const uint8_t *body,
		     size_t len, struct mark first, bool decrypted);

#endif
