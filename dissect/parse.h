/*
 * What the files of dissect/ have in common: the queue of events, the message parsers that know
 * nothing of records, and the seams between the stream (TCP), DTLS, QUIC and decryption.
 *
 * Only stream.c, dtls.c and quic.c may say "not yet". What they hand to message_parse is whole.
 */
#ifndef TLSWHY_PARSE_H
#define TLSWHY_PARSE_H

#include <stdlib.h>

#include "../must.h"
#include "dissect.h"
#include "stock.h"

/*
 * No handshake message that works is larger: certificate chains of RFC 8446 4.4.2 may promise
 * 2^24 bytes, but stacks stop between 64 and 200 KiB. Asked before anything is allocated.
 */
enum { MESSAGE_MAX = 256 * 1024 };

/* ---- tls.c: the queue ------------------------------------------------------------------------ */

/* tls_push queues a copy of the event. The body of a message is the queue's from then on. */
void tls_push(struct tls *t, const struct tls_event *event);

/* tls_begin queues an event whose own member the caller fills in, before anything else is queued. */
struct tls_event *tls_begin(struct tls *t, enum tls_event_kind kind, enum side from, struct mark mark);

/* tls_push_broken queues TLS_BROKEN with the first of `sample` (len bytes, may be 0). */
void tls_push_broken(struct tls *t, enum side from, struct mark mark, enum broken_kind kind,
		     uint8_t message_type, uint64_t offset, const uint8_t *sample, size_t len);

const struct keylog *tls_keylog(const struct tls *t);		/* may be NULL */
struct certificate_cache *tls_cache(const struct tls *t);
struct stock *tls_stock(const struct tls *t);

/* ---- message.c, hello.c: whole messages ------------------------------------------------------- */

/* What the reading of one message depends on beyond its own bytes. */
struct message_context {
	uint16_t version;	/* negotiated; 0 before the ServerHello */
	uint16_t record_version;	/* of the first record; 0 for QUIC */
	uint16_t suite;		/* selected; 0 before the ServerHello */
	uint32_t record_count;	/* records that the message was spread over */
	bool datagram;		/* DTLS: ClientHello has a cookie */
	struct certificate_cache *cache;
	struct stock *stock;	/* where bodies come from; NULL: malloc */
};

/*
 * message_parse reads one whole handshake message: `body` without its header. Fills in type,
 * length, record_count, malformed, broke_at and body of `out`, zeroes the rest (`decrypted` and
 * `first` are the caller's). A body that breaks is a fact: what could be read is there. Types
 * without a parser have no body.
 */
void message_parse(const struct message_context *context, uint8_t type, const uint8_t *body,
		   size_t len, struct tls_message *out);

/* Each gives one block for free(), never NULL; *broke_at is set and false returned when it breaks. */
bool client_hello_parse(const struct message_context *context, const uint8_t *body, size_t len,
			struct client_hello **out, uint32_t *broke_at);
bool server_hello_parse(const struct message_context *context, const uint8_t *body, size_t len,
			struct server_hello **out, uint32_t *broke_at);
bool encrypted_extensions_parse(const uint8_t *body, size_t len, struct encrypted_extensions **out,
				uint32_t *broke_at);

/* The SSLv2-compatible ClientHello (RFC 5246 E.2), behind its two-byte record header. */
bool sslv2_hello_parse(const uint8_t *body, size_t len, struct client_hello **out,
		       uint32_t *broke_at);

/* ---- decrypt.c: between record and message ----------------------------------------------------- */

struct decryptor;

/*
 * decryptor_new: follows the keys of one connection. NULL without a keylog: then every other call
 * is skipped, and protected fragments are not even buffered. The stream calls what follows in wire
 * order, decrypted messages included (renegotiation, HelloRetryRequest).
 */
struct decryptor *decryptor_new(const struct keylog *keylog, enum transport transport);
void decryptor_free(struct decryptor *d);			/* NULL allowed */

void decryptor_client_hello(struct decryptor *d, const struct client_hello *hello);
void decryptor_server_hello(struct decryptor *d, const struct server_hello *hello);	/* no retries */
/* TLS 1.2 and before: the next record of this side is protected with new keys, number 0. */
void decryptor_change_cipher_spec(struct decryptor *d, enum side from);
/* TLS 1.3: this side's Finished, EndOfEarlyData or KeyUpdate was read: its next record uses the
 * application keys, the handshake keys, the next generation. */
void decryptor_finished(struct decryptor *d, enum side from);
void decryptor_end_of_early_data(struct decryptor *d, enum side from);
void decryptor_key_update(struct decryptor *d, enum side from);
/* Bytes of this side are lost: record numbers are no longer known. */
void decryptor_gap(struct decryptor *d, enum side from);

/*
 * decrypt_record opens one protected record: `header` is its 5 bytes (additional data), `out` has
 * room for `len` bytes. True: *out_len bytes of plaintext, *inner_type its content type (TLS 1.3
 * padding removed; before 1.3 the outer type), *handshake_keys whether those opened it. False:
 * the record stays hidden. Called for each protected record of a side exactly once, in order.
 */
bool decrypt_record(struct decryptor *d, enum side from, const uint8_t header[5],
		    const uint8_t *fragment, size_t len, uint8_t *out, size_t *out_len,
		    uint8_t *inner_type, bool *handshake_keys);

/* ---- stream.c, dtls.c, quic.c: one of them follows a flow --------------------------------------- */

/* The TCP stream. *_feed borrows the event's bytes until its events are pulled; *_more parses on
 * and queues at least one event, false when the bytes are used up. */
struct stream;
void stream_begin(struct stream *s, struct tls *t);	/* of whatever is there */
void stream_end(struct stream *s);			/* releases what it owns */
size_t stream_bytes(const struct stream *s);
void stream_feed(struct stream *s, const struct capture_event *event);
bool stream_more(struct stream *s);
bool stream_is_done(const struct stream *s);
void stream_pending(const struct stream *s, enum side side, uint64_t *have, uint64_t *want);

/* UDP: the first datagrams decide. *_recognise says whether this one is the protocol's; *_feed
 * takes FLOW_DATAGRAM and pushes what it found. */
struct dtls;
bool dtls_recognise(const uint8_t *datagram, size_t len);
struct dtls *dtls_new(struct tls *t);
void dtls_free(struct dtls *d);
size_t dtls_bytes(const struct dtls *d);
void dtls_feed(struct dtls *d, const struct capture_event *event);
bool dtls_is_done(const struct dtls *d);

struct quic;
bool quic_recognise(const uint8_t *datagram, size_t len);
struct quic *quic_new(struct tls *t);
void quic_free(struct quic *q);
size_t quic_bytes(const struct quic *q);
void quic_feed(struct quic *q, const struct capture_event *event);
bool quic_is_done(const struct quic *q);

#endif
