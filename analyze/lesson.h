/*
 * What one server (address and port) showed in other flows: the half of the truth about a failure
 * that lies in other packets. Bounded per server and in servers.
 */
#ifndef TLSWHY_LESSON_H
#define TLSWHY_LESSON_H

#include "gist.h"

enum { LESSON_CODES = 12, LESSON_NAMES = 8, LESSON_CHAINS = 4 };

struct code_set {
	uint16_t at[LESSON_CODES];
	uint8_t count;
};

struct name_lesson {
	uint32_t completed, failed;
	struct certificate_list *chain;	/* last one seen in clear for it; owned, NULL if none */
	struct mark chain_mark;
	uint32_t chain_stream;
	const char *chain_file;
	char name[];			/* "" for a hello without one */
};

/* Another flow, to be pointed at. */
struct elsewhere {
	struct mark mark;		/* frame 0: there was none */
	uint32_t stream;
	struct address client;
};

struct lesson {
	struct address server;
	uint64_t tunnel;				/* and whom this one, a proxy, led to; 0: itself */
	uint32_t completed, failed;
	struct code_set versions, suites, groups;	/* that the server chose */
	struct code_set signatures;			/* that it signed with */
	bool rsa_leaf, ecdsa_leaf;			/* key types of its certificates */
	uint32_t largest_hello_passed;			/* message bytes answered by a ServerHello */
	uint32_t smallest_hello_lost;			/* that got no answer; 0 none */
	uint32_t tls13_answered;			/* hellos with TLS 1.3 in the offer that got a ServerHello */
	struct elsewhere older;				/* first one that completed without it in the offer */
	struct elsewhere upgrade;			/* first one in which STARTTLS was offered, or taken */
	bool words_first;				/* TLS comes behind an upgrade or in a tunnel there */
	uint32_t hidden_data_first;			/* TLS 1.3 flows in which the server sent tickets or data */
	bool alpn_http11, alpn_h2;
	char alpn[32];					/* last one it chose, printable */
	uint8_t ttl;					/* of its SYN-ACKs, 0 unknown */
	struct name_lesson *names[LESSON_NAMES];	/* owned */
	uint8_t name_count;
};

struct lessons;

struct lessons *lessons_new(size_t memory);
void lessons_free(struct lessons *l);

/* Learns from a concluded handshake, failed ones too. */
void lessons_learn(struct lessons *l, const struct gist *g);

/* What is known of this server will be asked soon: fetches it into the processor's cache. */
void lessons_expect(const struct lessons *l, const struct address *server);

/* What is known of this handshake's server, itself included; NULL if nothing. `tunnel` as tunnel_hash
 * gives it: behind a proxy, each far end is a server of its own. Borrowed. */
const struct lesson *lessons_of(const struct lessons *l, const struct address *server, uint64_t tunnel);

const struct name_lesson *lesson_name(const struct lesson *l, const char *name);
bool code_set_has(const struct code_set *s, uint16_t code);

#endif
