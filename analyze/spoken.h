/*
 * What is known of the protocols that come to TLS by words: names for people, how a client asks,
 * and how the steps of such a dialogue are quoted.
 */
#ifndef TLSWHY_SPOKEN_H
#define TLSWHY_SPOKEN_H

#include "rules.h"

struct spoken {
	enum foreign_protocol protocol;
	const char *server;	/* "an SMTP server" */
	const char *ask;	/* "STARTTLS" */
	uint16_t at_once;	/* the port where TLS comes first; 0 none */
	const char *enable;	/* how TLS is switched on there */
	const char *missing;	/* what to look for when the offer is missing */
	const char *refused;	/* what a refusal mostly means */
};

/* NULL for a protocol that has no way to TLS. */
const struct spoken *spoken_by(enum foreign_protocol protocol);

/* What a port is for where words come first; NULL for all others. */
const struct spoken *spoken_at(uint16_t port);

/* The last of these steps, and where it was; NULL if there was none. */
const struct tls_upgrade *last_step(const struct view *v, enum upgrade_step step, struct mark *mark);

/* The first line of what was said, escaped; bytes that are no text as hexadecimal. */
void quote(char out[LIST_MAX], const uint8_t *bytes, size_t len);

#endif
