/*
 * Which TLS implementation a side seems to be, from the shape of its hello, its flight and its way
 * of failing. A guess with a confidence; rules lean on it only where stacks differ.
 */
#ifndef TLSWHY_STACK_H
#define TLSWHY_STACK_H

#include "ending.h"

enum stack_kind {
	STACK_UNKNOWN, STACK_OPENSSL, STACK_NODE, STACK_PHP, STACK_DOTNET, STACK_BORINGSSL,
	STACK_BORINGSSL_LIBRARY, STACK_FIREFOX, STACK_NSS, STACK_GO, STACK_JSSE, STACK_GNUTLS,
	STACK_WOLFSSL, STACK_MBEDTLS, STACK_RUSTLS, STACK_ERLANG, STACK_S2N, STACK_SCHANNEL,
	STACK_APPLE
};

struct stack_guess {
	enum stack_kind kind;
	enum confidence confidence;
};

/* "OpenSSL", "BoringSSL (Chromium)", ...; NULL for STACK_UNKNOWN. */
const char *stack_name(enum stack_kind kind);

/* OpenSSL itself, or what brings OpenSSL along. */
bool is_openssl(enum stack_kind kind);

/* Applications that judge the server's certificate once the library has finished, and then leave. */
bool judges_afterwards(enum stack_kind kind);

/* Refuses without an alert: those, and s2n, which waits 10 to 30 s before it closes. */
bool refuses_in_silence(enum stack_kind kind);

struct stack_guess stack_of_client(const struct handshake *h);
struct stack_guess stack_of_server(const struct handshake *h);

#endif
