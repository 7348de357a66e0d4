/* What the reading half of a run (conversations.c) and the judging half (analysis.c) share. */
#ifndef TLSWHY_ANALYSIS_H
#define TLSWHY_ANALYSIS_H

#include "handshake.h"

enum {
	UNEXPECTED_KEPT = 4096,	/* refused or unanswered connections that wait for a lesson on their port */
	LONE_SYNS_KEPT = 1024	/* SYNs sent once: beyond so many they are a flood, and only counted */
};

/* Borrowed until analysis_free. */
const struct analyze_options *analysis_options(const struct analysis *a);
struct certificate_cache *analysis_certificates(struct analysis *a);
struct hello_kinds *analysis_kinds(struct analysis *a);

/* What completed and nobody wants to see: it is learned from and counted. */
bool is_settled(const struct analyze_options *o, const struct gist *g);

/* Whether who connects to this port means TLS, by the registry or --tls-port. */
bool port_expects_tls(const struct analyze_options *o, uint16_t port);

#endif
