/*
 * The facts of one handshake, noted as they come (analyze.h says what they are).
 */
#ifndef TLSWHY_HANDSHAKE_H
#define TLSWHY_HANDSHAKE_H

#include "analyze.h"

enum { CACHE_LINE = 64 };	/* bytes that the processor fetches at once */

/* handshake_new: no facts yet. NULL only without memory. */
struct handshake *handshake_new(const char *file, uint64_t serial, char dissected_as);

/* The two halves of each, for who keeps the memory to use it again: handshake_begin makes an empty one
 * of whatever is there, handshake_empty releases all that it owns, to `d` what that can use again (may
 * be NULL). */
void handshake_begin(struct handshake *h, const char *file, uint64_t serial, char dissected_as);
void handshake_empty(struct handshake *h, struct dissector *d);

/* Bytes that it keeps, about; certificates are counted where they are shared. 0 for NULL. */
size_t handshake_bytes(const struct handshake *h);

/* An event for it is about to come: fetches what every one touches into the processor's cache, where
 * thousands of other connections were since. */
void handshake_expect(const struct handshake *h);

/* handshake_note takes one event; the body of a message is moved into the facts. */
void handshake_note(struct handshake *h, struct tls_event *event);

/* handshake_close takes the flow's facts when it is over, turns the sides so that the client is
 * who sent the ClientHello, and reads what is hidden (infer.c). The facts are borrowed until
 * handshake_keep makes them the handshake's own. */
void handshake_close(struct handshake *h, const struct flow_facts *flow);
void handshake_keep(struct handshake *h);

void handshake_add_alert(struct handshake *h, const struct alert_fact *alert);

/* Did this happen, and does `a` come before `b` in its flow? A mark that never happened comes after
 * all. */
static inline bool happened(struct mark mark)
{
	return mark.frame != 0;
}

static inline bool mark_before(struct mark a, struct mark b)
{
	if (!happened(a) || !happened(b))
		return happened(a);
	return mark_turn(a) < mark_turn(b);
}

static inline struct mark mark_earlier(struct mark a, struct mark b)
{
	return mark_before(b, a) ? b : a;
}

/* Of those that happened. */
static inline struct mark mark_later(struct mark a, struct mark b)
{
	if (!happened(a) || !happened(b))
		return happened(a) ? a : b;
	return mark_before(a, b) ? b : a;
}

/* A SYN of either side was captured: nothing of the connection came before. */
bool beginning_was_seen(const struct flow_facts *flow);

/* An SSLv2 SERVER-HELLO answered a hello in SSLv2's format: whatever follows, it is no TLS. */
bool went_on_in_sslv2(const struct handshake *h);

/* An encrypted application_data record that is hidden and from a TLS 1.3 stream. */
static inline bool record_is_hidden13(const struct handshake *h, const struct record_fact *r)
{
	return r->hidden && is_tls13(h->version) &&
	       (r->type == CONTENT_APPLICATION_DATA || h->dissected_as != 't');
}

/* infer.c: Finished, alerts, client certificates and data that only lengths and places show. */
void infer_hidden(struct handshake *h);

/* Whether application data went both ways, as far as can be told by now; later records only add to
 * it, so a handshake of which this is true has completed. */
bool infer_data_both_ways(const struct handshake *h);

/* What the lengths after the ServerHello say of a TLS 1.3 client's flight (RFC 8446 5.2). */
enum client_flight {
	FLIGHT_NONE,		/* nothing hidden came from the client */
	FLIGHT_ALERT,		/* the first record has an alert's length: it refused */
	FLIGHT_FINISHED,	/* Finished alone */
	FLIGHT_EMPTY_CERTIFICATE,	/* an empty Certificate, then Finished */
	FLIGHT_CERTIFICATE,	/* Certificate, CertificateVerify, Finished */
	FLIGHT_OTHER		/* lengths that fit nothing known */
};

enum client_flight infer_client_flight(const struct handshake *h);

/* Behind the ServerHello nothing hidden came but records of an alert's length. */
bool infer_only_alerts_after_server_hello(const struct handshake *h);

/* Bytes of hidden records that the server sent before the client's first one. */
uint64_t infer_server_flight_bytes(const struct handshake *h);

/* Bytes of the server's hidden records up to its Finished; 0 where that does not stand alone. */
uint32_t infer_flight_to_finished(const struct handshake *h);

#endif
