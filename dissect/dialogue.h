/*
 * One protocol's talk before TLS, as upgrade.c runs it: upgrade.c cuts the stream of each side
 * into units (a line, a packet), a family of protocols says how long a unit is and what it means.
 */
#ifndef TLSWHY_DIALOGUE_H
#define TLSWHY_DIALOGUE_H

#include "dissect.h"

/* What a unit led to. */
enum heard {
	HEARD,			/* the talk goes on */
	HEARD_YES,		/* the next bytes of both sides are TLS */
	HEARD_TUNNEL,		/* both sides start over: TLS or another protocol follows */
	HEARD_NO_MORE,		/* a session in clear from here on, which is nothing to tell */
	HEARD_FOREIGN		/* this side speaks in clear and TLS cannot follow: worth telling */
};

struct dialogue;

/* A family of protocols: one const row each. */
struct dialogue_kind {
	uint8_t delimiter;	/* each unit ends with this byte; 0: measure() tells */
	/* measure: the length of the unit that these bytes begin with; false while too few are
	 * there to tell. 0 says that they make no sense in this protocol. */
	bool (*measure)(const struct dialogue *d, enum side from, struct reader bytes, size_t *len);
	/* hear: one whole unit, or the beginning of one that is longer than UNIT_MAX. */
	enum heard (*hear)(struct dialogue *d, enum side from, struct reader unit);
};

/* RFC 5321 4.5.3.1.5 allows 512 bytes in a reply line, RFC 9051 4.3 has clients expect 8000: what
 * matters to TLS stands at a line's beginning. */
enum { UNIT_MAX = 2048 };

/* Nobody pipelines more than this before TLS; further commands count as answered. */
enum { COMMANDS_WAITING = 8, STRIPPED_MAX = 32 };

struct text_state {
	const struct text_protocol *is;
	uint8_t waiting[COMMANDS_WAITING];	/* enum text_command: commands without an answer */
	uint8_t waiting_count;
	bool listing;			/* in a list of capabilities that a dot ends */
	bool greeted;
	char stripped[STRIPPED_MAX];	/* a capability that somebody overwrote with X */
	uint8_t stripped_len;
};

struct http_state {
	bool connecting;		/* the request is CONNECT */
	bool in_request, in_reply;	/* between the first line and the empty one */
	bool asked_upgrade;
	uint16_t status;
	uint16_t read;			/* bytes of the reply so far, for what explains a 400 */
};

enum socks_phase { SOCKS_METHOD, SOCKS_AUTH, SOCKS_REPLY, SOCKS_OVER };

struct socks_state {
	uint8_t version;
	bool greeted;			/* version 5: the client's list of methods is through */
	enum socks_phase expected;	/* of the server */
};

enum { TDS_HEADER = 8 };

/* One side's packets around TLS (MS-TDS 2.2.3.1). */
struct wrapping {
	uint8_t header[TDS_HEADER];
	uint8_t header_len;
	uint16_t body;		/* bytes of the packet still to come */
	bool raw;		/* the wrapping has ended: TLS records as they are */
	bool over;		/* and here TLS has ended too: login only */
};

struct dialogue {
	const struct dialogue_kind *kind;	/* NULL while nothing was recognised */
	enum foreign_protocol protocol;
	struct mark mark;		/* of the bytes being heard */
	bool proxy;			/* a tunnel through a third party, not an upgrade */
	bool seen, asked;		/* told; asked and not answered */
	bool offered, not_offered, required;	/* told */
	bool unasked;			/* the offer stands: TLS may begin without a word */
	bool may_abandon;		/* leaving now means giving up for want of TLS */
	bool anew;			/* it asks anew: what the server left unfinished is over */
	bool wraps;			/* TLS goes inside packets from here on */
	uint32_t told;			/* events so far */
	struct tls_event *events;	/* not yet pulled */
	uint8_t event_count, event_next, event_room;
	struct tls_event *refusal;	/* held back: the client may ask in another way */
	char target[256];
	uint16_t target_port;
	/* What shows a foreign server better than its first bytes. */
	uint8_t excerpt[FOREIGN_SAMPLE_MAX];
	uint16_t excerpt_len;
	union {
		struct text_state text;
		struct http_state http;
		struct socks_state socks;
		struct { bool in_features, offers; } xmpp;
		struct { uint32_t ask_id; } ldap;
		struct { bool ssl_asked, gss_asked, started; } postgres;
		struct { bool greeted, logged_in; } mysql;
		struct { uint8_t client_wants; bool answered; } tds;
	} of;
};

/* The row for a protocol that this side just began; NULL if it has no way to TLS. */
const struct dialogue_kind *dialogue_kind_of(enum foreign_protocol protocol, enum side from);

/* Begins a dialogue, with a fresh state; the events and the count of them stay. */
void dialogue_begin(struct dialogue *d, const struct dialogue_kind *kind,
		    enum foreign_protocol protocol);

/* Tells one step; UPGRADE_SEEN goes before the first by itself. OFFERED, NOT_OFFERED and REQUIRED
 * are told once. `words` is borrowed. */
void dialogue_tell(struct dialogue *d, enum side from, enum upgrade_step step, uint32_t status,
		   struct reader words);

/* UPGRADE_REFUSED, held back until it is clear that the client does not ask in another way: FTP
 * clients try AUTH SSL and AUTH TLS, proxies want a password first. */
void dialogue_refuse_for_now(struct dialogue *d, uint32_t status, struct reader words);

/* The client asked (anew). */
void dialogue_ask(struct dialogue *d, struct reader words);

/* The client goes on in clear; it leaves, by word or by closing. Both settle a refusal. */
void dialogue_went_on(struct dialogue *d);
void dialogue_left(struct dialogue *d);
void dialogue_settle(struct dialogue *d);

/* A TLS_FOREIGN event. */
void dialogue_tell_foreign(struct dialogue *d, enum side from, struct mark mark,
			   const struct tls_foreign *foreign);

bool dialogue_next(struct dialogue *d, struct tls_event *out);
void dialogue_clear(struct dialogue *d);

/* The name or address that a proxy was asked for: what cannot be printed becomes '?'. */
void dialogue_target(struct dialogue *d, struct reader name, uint16_t port);
void dialogue_target_ip(struct dialogue *d, struct reader ip, uint16_t port);

/* A NUL-terminated text of ours as words. */
struct reader words_of(const char *text);

extern const struct dialogue_kind text_dialogue, xmpp_dialogue, ldap_dialogue, postgres_dialogue,
	mysql_dialogue, tds_dialogue, rdp_dialogue, http_dialogue, socks_dialogue,
	proxy_header_dialogue, amqp_dialogue, nats_dialogue;

/* As upgrade_unwrap. */
struct reader tds_unwrap(struct wrapping *w, struct reader bytes, size_t *taken);

/* The text family has a row per protocol: which one it is now. */
void text_begin(struct dialogue *d);
/* Bytes are missing: nobody knows any more what waits for an answer. */
void text_gap(struct dialogue *d);

#endif
