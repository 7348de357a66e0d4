/*
 * From the facts of one attempt to what the run keeps of it (struct gist, analyze.h).
 */
#ifndef TLSWHY_GIST_H
#define TLSWHY_GIST_H

#include "handshake.h"

/* gist_read reads it from a handshake that is closed, whose certificates it borrows; gist_take makes
 * them its own. gist_release frees what it owns. */
void gist_read(const struct handshake *h, const struct ending *e, struct gist *out);
void gist_take_certificates(struct gist *g, struct handshake *h);
void gist_release(struct gist *g);

/* The server's name, escaped; "" if none was sent. */
const char *gist_name(const struct gist *g);

/* What tells the far ends of one proxy's tunnels apart; 0 for NULL. */
uint64_t tunnel_hash(const struct tls_upgrade *tunnel);

/* What hellos of one client have in common. */
uint64_t hello_fingerprint(const struct client_hello *c);

/* Frees a list and gives up what it refers to; NULL allowed. */
void certificates_free(struct certificate_list *list);

#endif
