/*
 * Rules: each row tries one explanation and, if it fits what a view shows, fills in a guess. Every
 * rule is tried; order means nothing; confidence, then weight, ranks.
 */
#ifndef TLSWHY_RULES_H
#define TLSWHY_RULES_H

#include "chain.h"
#include "lesson.h"
#include "stack.h"
#include "trace.h"

/* Everything that a rule may look at. */
struct view {
	const struct handshake *h;
	const struct ending *end;
	const struct chain_judgement *chain;	/* of the server's certificates; NULL if none are known */
	bool chain_is_borrowed;			/* seen in another flow to the same server and name */
	const struct name_lesson *chain_lesson;	/* that flow, when borrowed */
	const struct chain_judgement *client_chain;	/* NULL if none was seen */
	const struct lesson *lesson;		/* other flows to this server; NULL if none */
	struct stack_guess stack[2];
	char name[256];		/* SNI, escaped; without one, the name that a proxy was asked for; "" if none */
	struct address peer;	/* whom TLS was spoken with, as far as known: behind a proxy, its far end */
	char server[264];	/* address:port as text; behind a proxy what it was asked for */
	char client[48];	/* without its port, which is another one next time */
	bool tls_expected;	/* the port is one where TLS is spoken */
	bool tls_at_once;	/* and from the first byte on, with no upgrade or tunnel before it */
	const struct trace *next_try;	/* of the same user; NULL if none is known */
};

enum { GUESS_EVIDENCE = 6, GUESS_REMEDIES = 3 };

struct guess {
	const char *code;
	enum confidence confidence;
	int weight;		/* 0 to 99, among guesses of equal confidence; 50 unless set */
	enum party aborted_by, fix_at;
	char summary[TEXT_MAX];
	struct evidence evidence[GUESS_EVIDENCE];
	uint8_t evidence_count;
	char remedies[GUESS_REMEDIES][TEXT_MAX];
	uint8_t remedy_count;
	bool remedies_suffice;	/* the cause's own are for others than this server */
};

struct rule {
	const char *code;
	bool (*fits)(const struct view *v, struct guess *g);
};

struct rule_set {
	const struct rule *rules;
	size_t count;
};

/* One set per question; diagnose.c tries them all. */
struct rule_set version_rules(void);
struct rule_set offer_rules(void);
struct rule_set answer_rules(void);
struct rule_set extension_rules(void);
struct rule_set certificate_rules(void);
struct rule_set client_certificate_rules(void);
struct rule_set name_rules(void);
struct rule_set protocol_rules(void);
struct rule_set upgrade_rules(void);
struct rule_set network_rules(void);
struct rule_set loss_rules(void);
struct rule_set quic_rules(void);
struct rule_set alert_rules(void);
struct rule_set capture_rules(void);

/* ---- say.c: words into guesses ---- */

__attribute__((format(printf, 2, 3))) void say(struct guess *g, const char *format, ...);
__attribute__((format(printf, 3, 4))) void show(struct guess *g, struct mark mark, const char *format, ...);
__attribute__((format(printf, 2, 3))) void advise(struct guess *g, const char *format, ...);

/* How sure, who ended it, where the remedy lies; the weight stays what it is. */
void blame(struct guess *g, enum confidence confidence, enum party by, enum party fix);

enum { LIST_MAX = 200 };

/* The names of code points, GREASE left out, at most a few and then "and N more". */
enum code_kind { CODE_VERSION, CODE_SUITE, CODE_GROUP, CODE_SIGNATURE };
const char *list_codes(char out[LIST_MAX], enum code_kind kind, const uint16_t *at, uint16_t count);
const char *offered_versions(char out[LIST_MAX], const struct client_hello *hello);

/* The name of one code point, or "0x1234"; from a small rotating store in `out`. */
const char *code_name(char out[LIST_MAX], enum code_kind kind, uint16_t code);

/* Bytes of the peer as printable ASCII: anything else becomes \xNN. NUL-terminated. */
void escape_text(char *out, size_t room, const void *bytes, size_t len);

/* "12 ms", "3.4 s" */
const char *duration_text(char out[32], int64_t ns);

void host_text(char out[48], const struct address *a);	/* without the port */
void address_text(char out[80], const struct address *a);

/* ---- predicates that several sets use ---- */

/* The fatal alert, readable, that ended it: from this side, with this code. */
bool ended_by_alert(const struct view *v, enum side from, uint8_t code);
bool ended_by_any_alert(const struct view *v, enum side from);
const char *party_noun(enum side side);			/* "client", "server" */
enum party party_of(enum side side);

/* Highest and lowest real version that the hello offers; 0 without a hello. */
uint16_t highest_version(const struct client_hello *hello);
uint16_t lowest_version(const struct client_hello *hello);
bool is_outdated(uint16_t version);	/* below TLS 1.2 and DTLS 1.2 (RFC 8996) */
bool offers_version(const struct client_hello *hello, uint16_t version);
const struct client_hello *last_hello(const struct handshake *h);

/* The server has not answered the ClientHello with anything but an alert. */
bool before_server_hello(const struct view *v);
/* All that came from the server for a ClientHello, whole or begun, is acknowledgements. */
bool waiting_for_server(const struct view *v);

bool is_tcp(const struct view *v);
const struct tcp_side *side_of(const struct view *v, enum side side);
/* What came back for a packet of this side; NULL if nothing. */
const struct icmp_error *icmp_for(const struct view *v, enum side side, enum icmp_kind kind);
enum party who_gave_up(const struct view *v);	/* unknown where nobody says so */

/* A datagram handshake is repeated at about 1 s and 3 s (RFC 9147 5.8.2, RFC 9002 6.2.2): less
 * silence than that proves nothing. */
#define DATAGRAM_PATIENCE_NS INT64_C(2500000000)

/* Evidence that most rules start with: the hello, the ServerHello, the alert or end. */
void show_hello(struct guess *g, const struct view *v);
void show_end(struct guess *g, const struct view *v);
void show_exchange(struct guess *g, const struct view *v);	/* the hello and the end */
void show_certificate(struct guess *g, const struct view *v);
void show_icmp(struct guess *g, const struct icmp_error *i);

/* What a RST of this side says of its reason (RFC 9293 3.5.3), for the end of a line; "" if it is silent. */
enum { RESET_WORDS_TEXT = RESET_WORDS_MAX + 20 };
const char *reset_words(char out[RESET_WORDS_TEXT], const struct view *v, enum side from);

#endif
