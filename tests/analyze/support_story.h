/*
 * Handshakes told as stories: who said what, in order, a millisecond apart. Each word becomes the
 * event that dissect/ would hand out and is counted in the flow as capture/ would count it.
 */
#ifndef TLSWHY_SUPPORT_STORY_H
#define TLSWHY_SUPPORT_STORY_H

#include "../../analyze/diagnose.h"

struct story {
	struct handshake *h;
	struct flow_facts flow;		/* sides as capture/ sees them */
	struct ending ending;
	struct mark now;
	uint64_t silence;		/* seconds of capture after the last packet */
};

/* ---- beginning and end ---- */

struct story begin(void);		/* SYN and SYN-ACK between 10.0.0.1 and 192.0.2.1:443 */
struct story begin_datagrams(char kind);	/* 'd' or 'q' */
void conclude_story(struct story *s);	/* handshake_close, ending_read */
void forget(struct story *s);

/* ---- hellos: release by giving them to says_hello or hears_hello ---- */

struct client_hello *hello13(void);	/* what a current OpenSSL offers: TLS 1.3 and 1.2, a name */
struct client_hello *hello12(void);
struct server_hello *answer(uint16_t version, uint16_t suite);

/* A list of code points that lives as long as the program. */
#define CODES(...) ((struct code_list){ (static_codes((const uint16_t[]){ __VA_ARGS__ }, \
	sizeof((const uint16_t[]){ __VA_ARGS__ }) / 2)), sizeof((const uint16_t[]){ __VA_ARGS__ }) / 2 })
const uint16_t *static_codes(const uint16_t *at, size_t count);
void offer_alpn(struct client_hello *hello, const char *protocol);

/* ---- words ---- */

void pass(struct story *s, double seconds);
void says_hello(struct story *s, struct client_hello *hello);
void hears_hello(struct story *s, struct server_hello *hello);
void message(struct story *s, enum side from, uint8_t type);	/* one without a body */
void certificates(struct story *s, enum side from, const char *chain);	/* tests/chains/CHAIN.pem; NULL: none */
void key_exchange(struct story *s, struct server_key_exchange facts);
void request_certificate(struct story *s);
void change_cipher(struct story *s, enum side from);
void hidden(struct story *s, enum side from, uint8_t type, uint32_t length);
void packet(struct story *s, enum side from, uint16_t epoch, uint32_t length);	/* hidden, QUIC or DTLS 1.3 */
void beside(struct story *s, enum side from, uint16_t epoch, uint32_t length);	/* in the same datagram */
void quic_word(struct story *s, enum side from, struct tls_quic word);
void fatal(struct story *s, enum side from, uint8_t code);
void warning(struct story *s, enum side from, uint8_t code);
void breaks(struct story *s, enum side from, enum broken_kind kind, uint8_t type);
void foreign(struct story *s, enum side from, enum foreign_protocol protocol, const char *text);
void upgrade(struct story *s, enum side from, enum foreign_protocol protocol, bool proxy,
	     enum upgrade_step step, const char *words);
void leaves_tls(struct story *s, enum side from);	/* bytes that are no record, where one was due */
void gap(struct story *s, enum side from);
void bytes_of(struct story *s, enum side from, uint64_t count);	/* a segment that says no TLS */
void acknowledges(struct story *s, enum side from);
void fin(struct story *s, enum side from);
void rst(struct story *s, enum side from);

/* Whole flights, for what comes behind them. */
void up_to_server_flight13(struct story *s);	/* flight of many hidden records */
void up_to_server_flight12(struct story *s, const char *chain);
void client_finishes12(struct story *s);
void completes13(struct story *s);
void completes12(struct story *s, const char *chain);

#endif
