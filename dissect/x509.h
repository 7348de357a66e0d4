/* What the files that make a certificate share, and nobody else needs. */
#ifndef TLSWHY_X509_H
#define TLSWHY_X509_H

#include "algorithm.h"
#include "arena.h"
#include "certificate.h"
#include "name.h"

/*
 * A chain of 128 KiB already fails in most stacks, and 10,000 SANs fit in 400 KiB. A larger one is
 * kept as its digest and as malformed.
 */
enum { CERTIFICATE_MAX = 1024 * 1024 };

/* certificate_parse makes one from a copy of the bytes, with one reference; never NULL. */
struct certificate *certificate_parse(const uint8_t *der, size_t len);

/* Bytes of memory behind it. */
size_t certificate_size(const struct certificate *c);

/* Notes that the walk broke, if this reader did; only the first time counts. */
void certificate_note(struct certificate *c, const struct reader *r, const char *where);

/* extensions_read fills in what the extensions say; `list` is inside the SEQUENCE OF Extension. */
void extensions_read(struct certificate *c, struct arena *arena, struct reader list);

/* The three parts of everything that X.509 signs: certificates, CRLs, BasicOCSPResponses. */
struct signed_parts {
	struct reader covered;		/* the whole item that the signature covers, tag included */
	struct signature_algorithm algorithm;
	struct reader signature;
	struct reader rest;		/* what follows inside the outer SEQUENCE */
};

/* False when it is not of that shape. */
bool signed_parts_read(struct reader der, struct signed_parts *out);

/* Was it signed by this key? `spki` is a whole SubjectPublicKeyInfo. */
enum signature_check signed_parts_check(const struct signed_parts *s, struct reader spki);

/* Room for the signature checks already made, to hang on a new certificate; release with free(). */
void *verdicts_new(void);

/* SHA-256. */
void digest_of(const uint8_t *bytes, size_t len, uint8_t out[32]);

#endif
