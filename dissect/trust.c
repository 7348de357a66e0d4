/* The roots that a client trusts, sorted by subject so that an issuer is found by its name. */
#include <dirent.h>
#include <stdio.h>

#include "parse.h"
#include "pem.h"
#include "x509.h"

enum {
	FILE_MAX = 64 * 1024 * 1024,	/* the system's bundle has 220 KiB */
	ROOTS_MAX = 20000		/* a hundred times what browsers ship */
};

struct trust_store {
	struct certificate **roots;
	size_t count, room;
};

static int compare_bytes(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	int difference = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return difference ? difference : (a_len > b_len) - (a_len < b_len);
}

static int compare_subjects(const void *a, const void *b)
{
	const struct certificate *const *x = a, *const *y = b;

	return compare_bytes((*x)->subject_der, (*x)->subject_der_len, (*y)->subject_der,
			     (*y)->subject_der_len);
}

/* What cannot be read to its key cannot anchor anything. */
static void add_root(struct trust_store *t, const uint8_t *der, size_t len)
{
	struct certificate *c = certificate_parse(der, len);

	if (!c->spki || t->count == ROOTS_MAX) {
		certificate_release(c);
		return;
	}
	if (t->count == t->room) {
		t->room = t->room ? t->room * 2 : 256;
		t->roots = must(realloc(t->roots, t->room * sizeof(struct certificate *)));
	}
	t->roots[t->count++] = c;
}

/* "TRUSTED CERTIFICATE" has OpenSSL's own settings behind the certificate: only the first item. */
static void add_der(struct trust_store *t, struct reader der)
{
	struct der_item whole;

	if (der_next(&der, &whole))
		add_root(t, whole.start, whole.len);
}

static bool add_file(struct trust_store *t, const char *path, char *problem, size_t problem_len)
{
	struct file_bytes file, der;
	size_t before = t->count;

	if (!file_read(path, FILE_MAX, &file, problem, problem_len))
		return false;
	struct reader text = reader_of(file.at, file.len);

	if (!is_pem(text))
		add_der(t, text);
	while (pem_next(&text, "CERTIFICATE", &der)) {
		add_der(t, reader_of(der.at, der.len));
		free(der.at);
	}
	free(file.at);
	if (t->count == before)
		snprintf(problem, problem_len, "%s: no certificate in it", path);
	return t->count > before;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Files of other kinds lie in such directories too: it is enough that some hold certificates. */
static bool add_directory(struct trust_store *t, const char *path, char *problem, size_t problem_len)
{
	struct dirent **entries;
	char file[4096], ignored[256];
	int count = scandir(path, &entries, is_visible, alphasort);
	bool any = false;

	if (count < 0) {
		snprintf(problem, problem_len, "%s: cannot read the directory", path);
		return false;
	}
	for (int i = 0; i < count; i++) {
		int len = snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);

		if (len > 0 && (size_t)len < sizeof(file))
			any = add_file(t, file, ignored, sizeof(ignored)) || any;
		free(entries[i]);
	}
	free(entries);
	if (!any)
		snprintf(problem, problem_len, "%s: no certificate in it", path);
	return any;
}

struct trust_store *trust_open(const char *ca_file, const char *ca_path, char *problem,
			       size_t problem_len)
{
	struct trust_store *t = must(calloc(1, sizeof(*t)));

	if ((ca_file && !add_file(t, ca_file, problem, problem_len)) ||
	    (ca_path && !add_directory(t, ca_path, problem, problem_len))) {
		trust_free(t);
		return NULL;
	}
	if (t->count)
		qsort(t->roots, t->count, sizeof(*t->roots), compare_subjects);
	return t;
}

void trust_free(struct trust_store *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		certificate_release(t->roots[i]);
	free(t->roots);
	free(t);
}

/* The first root whose subject is not below this name. */
static size_t lower_bound(const struct trust_store *t, const uint8_t *name, size_t len)
{
	size_t low = 0, high = t->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct certificate *c = t->roots[middle];

		if (compare_bytes(c->subject_der, c->subject_der_len, name, len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t trust_by_subject(const struct trust_store *t, const uint8_t *name_der, size_t name_len,
			const struct certificate **out, size_t max)
{
	size_t found = 0;

	if (!t || !name_der)
		return 0;
	for (size_t i = lower_bound(t, name_der, name_len); i < t->count && found < max; i++) {
		const struct certificate *c = t->roots[i];

		if (compare_bytes(c->subject_der, c->subject_der_len, name_der, name_len) != 0)
			break;
		out[found++] = c;
	}
	return found;
}

bool trust_has(const struct trust_store *t, const struct certificate *c)
{
	const struct certificate *roots[16];	/* no two roots of one name are common, sixteen unknown */
	size_t count = trust_by_subject(t, c->subject_der, c->subject_der_len, roots, 16);

	for (size_t i = 0; i < count; i++)
		if (c->spki && roots[i]->spki_len == c->spki_len &&
		    !memcmp(roots[i]->spki, c->spki, c->spki_len))
			return true;
	return false;
}

size_t trust_count(const struct trust_store *t)
{
	return t ? t->count : 0;
}

bool trust_has_organization(const struct trust_store *t, const char *organization)
{
	for (size_t i = 0; t && *organization && i < t->count; i++)
		if (!strcmp(t->roots[i]->issuer_o, organization))
			return true;
	return false;
}
