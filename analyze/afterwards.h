/*
 * Clients that judge the server's certificate when the handshake is over, and then leave without a byte
 * of data: many programs on OpenSSL compare the name so late (curl, PHP, socat, ncat, libpq), those
 * on GnuTLS (wget, git), Node.js and .NET check everything then; NSS sends its alert then in TLS 1.2.
 */
#ifndef TLSWHY_AFTERWARDS_H
#define TLSWHY_AFTERWARDS_H

#include "rules.h"

/* Whether a handshake that worked was refused so: by what is wrong with the certificate, or where
 * that is hidden, by how this client takes its leave. */
bool refused_after_finishing(const struct view *v);

#endif
