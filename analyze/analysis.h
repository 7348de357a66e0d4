/* What the reading half of a run (conversations.c) and the judging half (analysis.c) share. */
#ifndef TLSWHY_ANALYSIS_H
#define TLSWHY_ANALYSIS_H

#include "handshake.h"

/* Borrowed until analysis_free. */
const struct analyze_options *analysis_options(const struct analysis *a);
struct certificate_cache *analysis_certificates(struct analysis *a);

/* Whether who connects to this port means TLS, by the registry or --tls-port. */
bool port_expects_tls(const struct analyze_options *o, uint16_t port);

#endif
