/* AlgorithmIdentifier and SubjectPublicKeyInfo (RFC 3279, 4055, 5480, 8410, 9881): what signs, and
 * with which key. */
#ifndef TLSWHY_ALGORITHM_H
#define TLSWHY_ALGORITHM_H

#include "certificate.h"
#include "der.h"

struct signature_algorithm {
	char name[OID_TEXT_MAX];	/* or the dotted OID */
	enum key_type key;
	enum hash_kind hash;		/* RSASSA-PSS: that of its parameters */
	enum hash_kind mask_hash;	/* RSASSA-PSS: MGF1's */
	uint32_t salt_len;		/* RSASSA-PSS */
};

/* Takes one AlgorithmIdentifier. An unknown one is not broken: KEY_UNKNOWN and its OID. */
void signature_algorithm_read(struct reader *r, struct signature_algorithm *out);

struct public_key {
	enum key_type type;
	uint32_t bits;			/* 0 when the type has no such measure */
	const char *curve;		/* EC: static */
	struct reader modulus, exponent;	/* RSA, without leading zeros */
	struct reader octets;		/* the subjectPublicKey of all others */
};

/* Reads the inside of a SubjectPublicKeyInfo; borrows. Breaks the reader where it breaks. */
void public_key_read(struct reader *spki, struct public_key *out);

#endif
