/*
 * What a certificate chain looks like to a client that verifies it, as of a given time.
 *
 * chain_judge() builds the path from the leaf (RFC 5280 6, tolerant of order as TLS clients are),
 * collects everything that is wrong with it, each defect with the words for people, and leaves the
 * diagnosis to the rules. Nothing is asked of anybody: what is known is the message, the stapled
 * OCSP response, the trust store, the CRL file, and the issuers that other chains of this run
 * showed.
 */
#ifndef TLSWHY_CHAIN_H
#define TLSWHY_CHAIN_H

#include "../dissect/dissect.h"

enum chain_defect_kind {
	DEFECT_NONE,
	/* the certificate itself */
	DEFECT_MALFORMED,		/* cannot be read, or violates RFC 5280's syntax */
	DEFECT_BAD_SERIAL,		/* negative, zero or longer than 20 octets (RFC 5280 4.1.2.2) */
	DEFECT_V1_LEAF,			/* version 1 or 2: no extensions, so no names either */
	DEFECT_UNKNOWN_CRITICAL,	/* a critical extension nobody here understands */
	/* time; amount: seconds by which it missed, EXPIRES_SOON: days left */
	DEFECT_EXPIRED,
	DEFECT_NOT_YET_VALID,
	DEFECT_EXPIRES_SOON,
	DEFECT_TOO_LONG_VALIDITY,	/* longer than browsers accept; amount: days */
	/* who issued it */
	DEFECT_INTERCEPTED,		/* issued by a known inspection product and not trusted by the store */
	DEFECT_SELF_SIGNED_LEAF,
	DEFECT_UNKNOWN_CA,		/* ends in a root, or below an issuer, that the store lacks */
	DEFECT_INCOMPLETE,		/* an intermediate is missing */
	DEFECT_BAD_SIGNATURE,
	DEFECT_ISSUER_NOT_CA,
	DEFECT_PATH_LENGTH,
	DEFECT_NAME_CONSTRAINT,
	DEFECT_WRONG_ORDER,		/* a path exists, but not in the order sent */
	DEFECT_UNRELATED,		/* certificates that have nothing to do with the path */
	/* the name */
	DEFECT_NAME_MISMATCH,
	DEFECT_NO_SAN,			/* the name stands only in the subject's CN */
	DEFECT_DEFAULT_CERTIFICATE,	/* a placeholder of a well-known server; beside NAME_MISMATCH */
	/* what it may be used for */
	DEFECT_WRONG_PURPOSE,
	/* how strong it is; amount: bits */
	DEFECT_WEAK_KEY,
	DEFECT_WEAK_SIGNATURE,
	/* its status */
	DEFECT_REVOKED,			/* amount: when, seconds since 1970 */
	DEFECT_STAPLE_BAD,		/* unreadable, not signed by the issuer, for another certificate, "unknown" */
	DEFECT_STAPLE_STALE,		/* amount: seconds since nextUpdate */
	DEFECT_STAPLE_FUTURE,		/* amount: seconds until thisUpdate */
	DEFECT_STAPLE_MISSING,		/* must-staple (RFC 7633); moot when the client did not ask for status */
	DEFECT_COUNT
};

/* DEFECT index of a root that came from the store and not in the message. */
enum { CHAIN_STORE_ROOT = 255 };

enum { CHAIN_DEFECTS_KEPT = 24, CHAIN_TEXT_MAX = 240, CHAIN_PATH_MAX = 16 };

struct chain_defect {
	enum chain_defect_kind kind;
	uint8_t index;			/* of the certificate in the message, leaf 0; or CHAIN_STORE_ROOT */
	bool tolerated;			/* many clients accept it (repair, ignore): a finding, seldom the cause */
	int64_t amount;
	char text[CHAIN_TEXT_MAX];	/* a clause for people: "expired 3 days before (2024-03-01)" */
};

enum chain_purpose { CHAIN_SERVER, CHAIN_CLIENT };

/* What the key exchange asks of the leaf's keyUsage (RFC 5246 7.4.2; TLS 1.3 always signs). */
enum chain_key_use { KEY_USE_UNKNOWN, KEY_USE_SIGN, KEY_USE_ENCIPHER, KEY_USE_AGREE };

enum chain_end {
	CHAIN_EMPTY,		/* no certificate at all */
	CHAIN_ANCHORED,		/* reaches a root of the store */
	CHAIN_SELF_SIGNED,	/* the leaf signed itself */
	CHAIN_UNKNOWN_ROOT,	/* reaches a self-signed certificate that the store lacks */
	CHAIN_NO_ISSUER		/* the last certificate's issuer was not found */
};

enum name_match {
	NAME_NOT_ASKED,		/* no name is known to hold it against */
	NAME_MATCHES,
	NAME_MATCHES_CN,	/* no SAN; the CN matches, as only old clients accept */
	NAME_MATCHES_ADDRESS,	/* no SNI, and an iPAddress SAN is the server's address */
	NAME_DIFFERS
};

struct chain_question {
	const struct certificate_list *certificates;
	const struct ocsp_staple *staple;	/* NULL: none */
	const char *name;			/* the SNI, NUL-terminated; NULL: none */
	const struct address *server;		/* NULL allowed */
	int64_t time;				/* seconds since 1970 UTC, by the capture */
	enum chain_purpose purpose;
	enum chain_key_use key_use;
};

struct chain_judgement {
	enum chain_end end;
	bool store;			/* there was a trust store to hold it against */
	enum signature_check signatures;	/* worst on the path: BAD, then NOT_CHECKED, then GOOD */
	enum name_match name;
	uint8_t path[CHAIN_PATH_MAX];	/* indices into the message, leaf first */
	uint8_t path_count;
	struct chain_defect defects[CHAIN_DEFECTS_KEPT + 1];	/* the last one is never counted */
	uint8_t defect_count;
	/* UNKNOWN_CA and INCOMPLETE look alike when only an unknown issuer's name is known. The kind
	 * among the defects is the more plausible one, this the other; NONE when there is no doubt. */
	enum chain_defect_kind instead;
	const char *product;		/* inspection product that issued it, static; NULL */
	const char *placeholder;	/* whose default certificate this is, static; NULL */
};

/* ---- what a run knows about issuers ---- */

struct trust_context;

/* Store and CRLs are borrowed and must outlive the context; NULL: none. NULL only without memory. */
struct trust_context *trust_context_new(const struct trust_store *store, const struct crl_set *crls);
void trust_context_free(struct trust_context *t);

/* Remembers the CA certificates of a chain, so that a later one that lacks them is called
 * incomplete. Bounded; chain_judge does it by itself for what it judges. */
void trust_context_remember(struct trust_context *t, const struct certificate_list *certificates);

/* Judges one chain. The answer owns nothing and borrows nothing but static text. */
void chain_judge(struct trust_context *t, const struct chain_question *question,
		 struct chain_judgement *out);

/* The first defect of this kind, or NULL. */
const struct chain_defect *chain_defect(const struct chain_judgement *j, enum chain_defect_kind kind);

/* The defect that a verifying client would most likely have named, in the order in which stacks
 * look: syntax, validity, interception, self-signed, path, name, purpose, strength, status; and last
 * what only our store does not know (UNKNOWN_CA, a doubtful INCOMPLETE), because the client's may.
 * Without any but tolerated ones, NULL. */
const struct chain_defect *chain_worst(const struct chain_judgement *j);

/* The contract's code for a defect: "cert_expired"; for a client certificate "client_cert_expired".
 * NULL for what is only a finding. */
const char *chain_defect_code(enum chain_defect_kind kind, enum chain_purpose purpose);

/* The contract's finding code for a defect ("cert_expires_soon"), NULL if it has none. */
const char *chain_defect_finding(enum chain_defect_kind kind);

#endif
