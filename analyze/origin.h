/*
 * Who really sent a RST or a FIN (Weaver, Sommer, Paxson: Detecting Forged TCP Reset Packets, NDSS 2009):
 * signs that speak against the endpoint, each with its words.
 */
#ifndef TLSWHY_ORIGIN_H
#define TLSWHY_ORIGIN_H

#include "handshake.h"

enum { ORIGIN_SIGNS_MAX = 6, ORIGIN_TEXT_MAX = 160 };

struct origin_sign {
	struct mark mark;
	bool strong;
	char text[ORIGIN_TEXT_MAX];
};

struct origin {
	struct origin_sign signs[ORIGIN_SIGNS_MAX];
	uint8_t count, strong;
	int hops;		/* about so many nearer to the capture than the endpoint; 0 unknown */
};

/* Judges the first reset of `side`, or its FIN. */
void origin_of_reset(const struct handshake *h, enum side side, struct origin *out);
void origin_of_fin(const struct handshake *h, enum side side, struct origin *out);

#endif
