/* Certificate revocation lists (RFC 5280 5) from files: which serial of which issuer is revoked. */
#include <stdio.h>

#include "parse.h"
#include "pem.h"
#include "x509.h"

enum {
	FILE_MAX = 256 * 1024 * 1024,	/* the largest public CRLs have some 100 MiB */
	LISTS_MAX = 4096
};

struct revoked {
	struct reader serial;	/* of a list's DER */
	int64_t at;
};

struct crl {
	struct file_bytes der;
	struct reader issuer;	/* raw Name */
	struct revoked *revoked;	/* sorted by serial */
	size_t count;
};

struct crl_set {
	struct crl *lists;
	size_t count;
};

static int compare_readers(const struct reader *a, const struct reader *b)
{
	size_t shorter = left(a) < left(b) ? left(a) : left(b);
	int difference = shorter ? memcmp(a->at, b->at, shorter) : 0;

	return difference ? difference : (left(a) > left(b)) - (left(a) < left(b));
}

static int compare_serials(const void *a, const void *b)
{
	const struct revoked *x = a, *y = b;

	return compare_readers(&x->serial, &y->serial);
}

static bool take_revoked(struct reader *list, struct revoked *out)
{
	struct der_item whole, serial;

	if (!der_expect(list, DER_SEQUENCE, &whole) ||
	    !der_expect(&whole.body, DER_INTEGER, &serial))
		return false;
	out->serial = serial.body;
	out->at = der_time(&whole.body);
	return read_ok(&whole.body);
}

static void read_revoked(struct crl *crl, struct reader list)
{
	size_t room = 0;
	struct revoked r;

	while (more(&list) && take_revoked(&list, &r)) {
		if (crl->count == room) {
			room = room ? room * 2 : 64;
			crl->revoked = must(realloc(crl->revoked, room * sizeof(*crl->revoked)));
		}
		crl->revoked[crl->count++] = r;
	}
	if (crl->count)
		qsort(crl->revoked, crl->count, sizeof(*crl->revoked), compare_serials);
}

/* TBSCertList: version, signature, issuer, thisUpdate, nextUpdate, revokedCertificates. */
static bool read_crl(struct crl *crl)
{
	struct reader der = reader_of(crl->der.at, crl->der.len);
	struct der_item whole, tbs, item, issuer, list;

	if (!der_expect(&der, DER_SEQUENCE, &whole) || !der_expect(&whole.body, DER_SEQUENCE, &tbs))
		return false;
	der_optional(&tbs.body, DER_INTEGER, &item);
	der_expect(&tbs.body, DER_SEQUENCE, &item);
	if (!der_expect(&tbs.body, DER_SEQUENCE, &issuer))
		return false;
	crl->issuer = reader_of(issuer.start, issuer.len);
	der_time(&tbs.body);
	if (!der_optional(&tbs.body, DER_UTC_TIME, &item))
		der_optional(&tbs.body, DER_GENERALIZED_TIME, &item);
	if (der_optional(&tbs.body, DER_SEQUENCE, &list))
		read_revoked(crl, list.body);
	return read_ok(&tbs.body);
}

static void free_crl(struct crl *crl)
{
	free(crl->revoked);
	free(crl->der.at);
}

/* Takes over the bytes. */
static void add_crl(struct crl_set *s, struct file_bytes der)
{
	struct crl crl = { .der = der };

	if (!read_crl(&crl) || s->count == LISTS_MAX) {
		free_crl(&crl);
		return;
	}
	s->lists = must(realloc(s->lists, (s->count + 1) * sizeof(*s->lists)));
	s->lists[s->count++] = crl;
}

struct crl_set *crl_open(const char *path, char *problem, size_t problem_len)
{
	struct file_bytes file, der;

	if (!file_read(path, FILE_MAX, &file, problem, problem_len))
		return NULL;
	struct crl_set *s = must(calloc(1, sizeof(*s)));
	struct reader text = reader_of(file.at, file.len);

	if (is_pem(text)) {
		while (pem_next(&text, "CRL", &der))
			add_crl(s, der);
		free(file.at);
	} else {
		add_crl(s, file);
	}
	if (s->count)
		return s;
	snprintf(problem, problem_len, "%s: no CRL in it", path);
	crl_free(s);
	return NULL;
}

void crl_free(struct crl_set *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		free_crl(&s->lists[i]);
	free(s->lists);
	free(s);
}

/* The serial as it stands in the certificate, for which the struct has only text. */
static bool take_serial(const struct certificate *c, struct reader *out)
{
	struct reader der = reader_of(c->der, c->der_len);
	struct der_item whole, tbs, item, serial;

	if (!der_expect(&der, DER_SEQUENCE, &whole) || !der_expect(&whole.body, DER_SEQUENCE, &tbs))
		return false;
	der_optional(&tbs.body, DER_CONSTRUCTED_CONTEXT + 0, &item);
	if (!der_expect(&tbs.body, DER_INTEGER, &serial))
		return false;
	*out = serial.body;
	return true;
}

bool crl_lists(const struct crl_set *s, const struct certificate *c, int64_t *revoked_at)
{
	struct revoked wanted;
	struct reader issuer = reader_of(c->issuer_der, c->issuer_der_len);

	if (!s || !c->der || !take_serial(c, &wanted.serial))
		return false;
	for (size_t i = 0; i < s->count; i++) {
		const struct crl *crl = &s->lists[i];

		if (!crl->count || compare_readers(&crl->issuer, &issuer) != 0)
			continue;
		const struct revoked *found = bsearch(&wanted, crl->revoked, crl->count,
						      sizeof(*crl->revoked), compare_serials);
		if (found) {
			*revoked_at = found->at;
			return true;
		}
	}
	return false;
}
