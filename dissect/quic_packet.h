/* QUIC packets and frames as they stand on the wire (RFC 8999, RFC 9000 12, 17, 19). */
#ifndef TLSWHY_QUIC_PACKET_H
#define TLSWHY_QUIC_PACKET_H

#include "quic_keys.h"

enum quic_type {
	/* as version 1 numbers them */
	QUIC_INITIAL, QUIC_ZERO_RTT, QUIC_HANDSHAKE, QUIC_RETRY_PACKET,
	QUIC_ONE_RTT,
	QUIC_VERSIONS,				/* Version Negotiation */
	QUIC_UNKNOWN				/* long header of a version that is not known */
};

struct quic_packet {
	enum quic_type type;
	uint32_t version;			/* 0 for 1-RTT */
	struct quic_cid destination, source;	/* source: long headers */
	struct quic_sealed sealed;		/* unprotected packets: only its `rest` */
	struct reader body;			/* Version Negotiation, Retry: behind the header */
};

/*
 * quic_packet_take reads the next packet of a datagram: `short_cid_len` is how long the receiver's
 * connection ids are, which a short header does not say. False when there is none: with the reader
 * whole it is padding or another protocol, broken it ended too early.
 */
bool quic_packet_take(struct quic_packet *out, struct reader *datagram, uint8_t short_cid_len);

/* Variable-length integer, RFC 9000 16. */
uint64_t take_varint(struct reader *r);

enum {
	FRAME_PADDING = 0x00, FRAME_ACK = 0x02, FRAME_ACK_ECN = 0x03, FRAME_CRYPTO = 0x06,
	FRAME_STREAM = 0x08, FRAME_STREAM_LAST = 0x0f, FRAME_NEW_CONNECTION_ID = 0x18,
	FRAME_CLOSE = 0x1c, FRAME_CLOSE_APPLICATION = 0x1d
};

struct quic_frame {
	uint64_t type;
	uint64_t offset;		/* CRYPTO */
	struct reader data;		/* CRYPTO; the reason of CONNECTION_CLOSE */
	uint64_t error, cause;		/* CONNECTION_CLOSE: code, frame type that caused it */
};

/* quic_frame_take reads the next frame; false when it is unknown or leaves the packet. */
bool quic_frame_take(struct quic_frame *out, struct reader *payload);

#endif
