/* The secrets of a key log, as decrypt.c and quic.c look them up; dissect.h makes and fills it. */
#ifndef TLSWHY_KEYLOG_H
#define TLSWHY_KEYLOG_H

#include "dissect.h"

/* RFC 9850 2; the same labels serve TLS, DTLS and QUIC. */
enum secret_label {
	SECRET_MASTER,			/* CLIENT_RANDOM: the master secret up to TLS 1.2 */
	SECRET_CLIENT_EARLY,
	SECRET_CLIENT_HANDSHAKE,
	SECRET_SERVER_HANDSHAKE,
	SECRET_CLIENT_TRAFFIC,
	SECRET_SERVER_TRAFFIC,
	SECRET_LABEL_COUNT
};

enum { RANDOM_LEN = 32, SECRET_MAX = 64, MASTER_SECRET_LEN = 48 };

struct secret {
	uint8_t len;
	uint8_t bytes[SECRET_MAX];
};

/* Peers that disagree on the transcript each log their own: so many are kept for one handshake. */
enum { SECRETS_ALIKE_MAX = 4 };

/*
 * keylog_find copies the secret with that label of the handshake with that ClientHello.random.
 * Where there are several, `nth` counts them from 0; false when there are no more.
 */
bool keylog_find(const struct keylog *k, struct secret *out, enum secret_label label,
		 const uint8_t random[RANDOM_LEN], unsigned nth);

/* keylog_is_empty: nothing can be found, so nothing needs to be kept for later. */
bool keylog_is_empty(const struct keylog *k);

#endif
