/*
 * One handshake reduced to what comparing many of them needs: some 150 bytes.
 */
#ifndef TLSWHY_ATTEMPT_H
#define TLSWHY_ATTEMPT_H

#include "gist.h"
#include "kinds.h"

struct attempt {
	struct mark mark;
	enum outcome outcome;
	const char *code;		/* NULL if it completed */
	struct address client;
	uint64_t fingerprint;		/* of the hello's lists: versions, suites, groups, extensions */
	const struct hello_kind *kind;	/* NULL: unknown */
	uint32_t hello_len;		/* message bytes, or as many as it promised; 0 without a hello */
	uint16_t highest_version;
	bool tls12, tls13, name, alpn, hybrid;	/* what the hello offers */
	uint16_t offers;		/* OFFERS_..., see analyze.h */
	uint16_t version, suite, group;	/* what the server chose; 0 if nothing */
	bool retry, resumed;		/* HelloRetryRequest; a session */
	enum key_type leaf_key;
	uint64_t leaf;			/* of the server's certificate's digest; 0 if not visible */
	int64_t leaf_not_after;		/* seconds */
	uint32_t alpn_chosen;		/* hash of the protocol; 0 none visible */
	uint32_t flight_len;		/* of what is hidden up to the server's Finished; 0 unknown */
	bool intercepted;		/* issued by a known inspection product */
};

void attempt_read(const struct gist *g, enum outcome outcome, const char *code, struct attempt *out);

/* The server answered, refused or dropped this attempt for what it is, not for what the client is. */
bool attempt_failed(const struct attempt *a);

#endif
