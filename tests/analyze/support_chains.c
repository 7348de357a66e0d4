/* Reads the fixtures of tests/chains. */
#include "support_chains.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "../../dissect/pem.h"

struct certificate_list chain_from(const char *name)
{
	struct certificate_list list = { .count = 0 };
	struct file_bytes file, der;
	char path[200], problem[200];

	snprintf(path, sizeof(path), "tests/chains/%s.pem", name);
	if (!file_read(path, 1 << 20, &file, problem, sizeof(problem)))
		fail_msg("%s", problem);
	struct reader text = reader_of(file.at, file.len);

	while (list.count < 16 && pem_next(&text, "CERTIFICATE", &der)) {
		list.at[list.count++] = certificate_get(NULL, der.at, der.len);
		list.bytes += (uint32_t)der.len;
		free(der.at);
	}
	list.total = list.count;
	free(file.at);
	assert_true(list.count > 0);
	return list;
}

void chain_free(struct certificate_list *list)
{
	while (list->count)
		certificate_release(list->at[--list->count]);
}

struct trust_store *trust_from(const char *name)
{
	char path[200], problem[200];

	snprintf(path, sizeof(path), "tests/chains/trust/%s.pem", name);
	struct trust_store *store = trust_open(path, NULL, problem, sizeof(problem));

	if (!store)
		fail_msg("%s", problem);
	return store;
}

struct crl_set *crls_from(const char *name)
{
	char path[200], problem[200];

	snprintf(path, sizeof(path), "tests/chains/trust/%s.crl", name);
	struct crl_set *crls = crl_open(path, problem, sizeof(problem));

	if (!crls)
		fail_msg("%s", problem);
	return crls;
}

int64_t time_from(const char *text)
{
	struct tm parts = { .tm_year = 0 };

	assert_non_null(strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts));
	return (int64_t)timegm(&parts);
}

static const char *const words[DEFECT_COUNT] = {
	[DEFECT_NONE] = "ok", [DEFECT_MALFORMED] = "malformed", [DEFECT_BAD_SERIAL] = "bad_serial",
	[DEFECT_V1_LEAF] = "v1_leaf", [DEFECT_UNKNOWN_CRITICAL] = "unknown_critical",
	[DEFECT_EXPIRED] = "expired", [DEFECT_NOT_YET_VALID] = "not_yet_valid",
	[DEFECT_EXPIRES_SOON] = "expires_soon", [DEFECT_TOO_LONG_VALIDITY] = "too_long_validity",
	[DEFECT_INTERCEPTED] = "intercepted", [DEFECT_SELF_SIGNED_LEAF] = "self_signed_leaf",
	[DEFECT_UNKNOWN_CA] = "unknown_ca", [DEFECT_INCOMPLETE] = "incomplete",
	[DEFECT_BAD_SIGNATURE] = "bad_signature", [DEFECT_ISSUER_NOT_CA] = "issuer_not_ca",
	[DEFECT_PATH_LENGTH] = "path_length", [DEFECT_NAME_CONSTRAINT] = "name_constraint",
	[DEFECT_WRONG_ORDER] = "wrong_order", [DEFECT_UNRELATED] = "unrelated",
	[DEFECT_NAME_MISMATCH] = "name_mismatch", [DEFECT_NO_SAN] = "no_san",
	[DEFECT_DEFAULT_CERTIFICATE] = "default_certificate",
	[DEFECT_WRONG_PURPOSE] = "wrong_purpose", [DEFECT_WEAK_KEY] = "weak_key",
	[DEFECT_WEAK_SIGNATURE] = "weak_signature", [DEFECT_REVOKED] = "revoked",
	[DEFECT_STAPLE_BAD] = "staple_bad", [DEFECT_STAPLE_STALE] = "staple_stale",
	[DEFECT_STAPLE_FUTURE] = "staple_future", [DEFECT_STAPLE_MISSING] = "staple_missing",
};

const char *defect_word(enum chain_defect_kind kind)
{
	return kind < DEFECT_COUNT && words[kind] ? words[kind] : "?";
}
