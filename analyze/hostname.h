/*
 * Does a certificate stand for a name? RFC 9525 6: DNS names against dNSName SANs, addresses
 * against iPAddress SANs, never one against the other.
 */
#ifndef TLSWHY_HOSTNAME_H
#define TLSWHY_HOSTNAME_H

#include "chain.h"

/* `name` without SNI is NULL; then only the address can speak for the certificate. */
enum name_match hostname_match(const struct certificate *c, const char *name,
			       const struct address *server);

/* An IPv4 or IPv6 address in its text form. */
bool hostname_is_address(const char *name);
void hostname_address(const char *text, uint16_t port, struct address *out);

/* One presented name ("*.example.com") against one asked for; neither need be lower-case. */
bool hostname_covers(const char *presented, const char *asked);

#endif
