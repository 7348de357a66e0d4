/*
 * Whether TLS begins with these bytes, where something else was or might have been spoken.
 */
#ifndef TLSWHY_BEGINS_H
#define TLSWHY_BEGINS_H

#include "dissect.h"

enum begins { BEGINS_NOT, BEGINS, BEGINS_MAYBE /* too few bytes to tell */ };

/* Any TLS record (RFC 8446 5.1): at the start of a stream also one that is not a hello, as when
 * the capture starts late. */
enum begins begins_record(struct reader r);

/* An SSLv2-compatible hello (RFC 5246 E.2): its length, type 1 and a version. */
enum begins begins_sslv2(struct reader r);

/* In the middle of something else only what can be nothing but a ClientHello, or the answer to
 * one: a ServerHello or an alert. */
enum begins begins_hello(enum side from, struct reader r);

#endif
