/*
 * What a ClientHello offers, and whether the server refused it: for the rules on negotiation.
 */
#ifndef TLSWHY_OFFER_H
#define TLSWHY_OFFER_H

#include "rules.h"

/* The server answered the ClientHello with nothing but a fatal alert. */
bool refused_hello(const struct view *v);

/* The readable alert that ended the handshake; 0 if none did. */
uint8_t end_alert(const struct view *v);

/* Entries of a list that are no GREASE and, for suites, no signalling value. */
uint16_t real_count(const struct code_list *list, bool suites);

/* Suites that can serve the versions offered. */
uint16_t usable_suites(const struct client_hello *c);

#endif
