/* Defects: noting them in words, finding the one that counts, naming their codes. */
#include "chain_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

struct chain_defect *note_defect(struct chain_judgement *j, enum chain_defect_kind kind,
				 uint8_t index, int64_t amount, const char *words, ...)
{
	struct chain_defect *d = &j->defects[j->defect_count];
	va_list arguments;

	if (j->defect_count < CHAIN_DEFECTS_KEPT)
		j->defect_count++;

	*d = (struct chain_defect){ .kind = kind, .index = index, .amount = amount };
	va_start(arguments, words);
	vsnprintf(d->text, sizeof(d->text), words, arguments);
	va_end(arguments);
	return d;
}

void span_words(int64_t seconds, char out[SPAN_TEXT_MAX])
{
	static const struct { int64_t seconds; const char *unit; } units[] = {
		{ 2 * 365 * 86400LL, "year" }, { 2 * 86400, "day" }, { 2 * 3600, "hour" },
		{ 2 * 60, "minute" }, { 0, "second" },
	};
	static const int64_t lengths[] = { 365 * 86400LL, 86400, 3600, 60, 1 };
	size_t i = 0;

	if (seconds < 0)
		seconds = -seconds;
	while (seconds < units[i].seconds)
		i++;
	int64_t count = seconds / lengths[i];

	snprintf(out, SPAN_TEXT_MAX, "%lld %s%s", (long long)count, units[i].unit,
		 count == 1 ? "" : "s");
}

void date_words(int64_t when, int64_t near, char out[DATE_TEXT_MAX])
{
	struct tm parts;
	time_t seconds = (time_t)when;
	bool close = near > -2 * 86400 && near < 2 * 86400;

	if (!gmtime_r(&seconds, &parts) ||
	    !strftime(out, DATE_TEXT_MAX, close ? "%Y-%m-%d %H:%M:%S UTC" : "%Y-%m-%d", &parts))
		snprintf(out, DATE_TEXT_MAX, "an impossible date");
}

void certificate_words(const struct chain_path *p, size_t position, char out[CERTIFICATE_TEXT_MAX])
{
	const struct certificate *c = p->at[position];
	const char *name = *c->subject_cn ? c->subject_cn : c->subject;
	const char *what = c->self_issued ? "root" : "intermediate";

	if (position == 0)
		snprintf(out, CERTIFICATE_TEXT_MAX, "the certificate");
	else
		snprintf(out, CERTIFICATE_TEXT_MAX, "the %s \"%.80s\"", what, name);
}

const struct chain_defect *chain_defect(const struct chain_judgement *j,
					enum chain_defect_kind kind)
{
	for (uint8_t i = 0; i < j->defect_count; i++)
		if (j->defects[i].kind == kind)
			return &j->defects[i];
	return NULL;
}

/* The order in which stacks look, with one change: what only our store does not know comes last,
 * because the client's store may well know it, while everything else is proven by the bytes. */
static const enum chain_defect_kind battery[] = {
	DEFECT_MALFORMED, DEFECT_EXPIRED, DEFECT_NOT_YET_VALID, DEFECT_INTERCEPTED,
	DEFECT_SELF_SIGNED_LEAF, DEFECT_BAD_SIGNATURE, DEFECT_ISSUER_NOT_CA, DEFECT_PATH_LENGTH,
	DEFECT_NAME_CONSTRAINT, DEFECT_UNKNOWN_CRITICAL, DEFECT_NAME_MISMATCH, DEFECT_NO_SAN,
	DEFECT_WRONG_PURPOSE, DEFECT_WEAK_KEY, DEFECT_WEAK_SIGNATURE, DEFECT_REVOKED,
	DEFECT_STAPLE_BAD, DEFECT_STAPLE_STALE, DEFECT_STAPLE_FUTURE, DEFECT_STAPLE_MISSING,
	DEFECT_INCOMPLETE, DEFECT_UNKNOWN_CA, DEFECT_WRONG_ORDER, DEFECT_UNRELATED,
	DEFECT_BAD_SERIAL, DEFECT_V1_LEAF,
};

static const struct chain_defect *untolerated(const struct chain_judgement *j,
					      enum chain_defect_kind kind)
{
	for (uint8_t i = 0; i < j->defect_count; i++)
		if (j->defects[i].kind == kind && !j->defects[i].tolerated)
			return &j->defects[i];
	return NULL;
}

const struct chain_defect *chain_worst(const struct chain_judgement *j)
{
	const struct chain_defect *incomplete = untolerated(j, DEFECT_INCOMPLETE);

	/* A gap that the bytes prove ranks with the other faults of the path. */
	for (size_t i = 0; i < sizeof(battery) / sizeof(*battery); i++) {
		if (battery[i] == DEFECT_NAME_MISMATCH && incomplete && j->instead == DEFECT_NONE)
			return incomplete;
		const struct chain_defect *d = untolerated(j, battery[i]);

		if (d)
			return d;
	}
	return NULL;
}

static const struct {
	const char *server, *client, *finding;
} codes[DEFECT_COUNT] = {
	[DEFECT_MALFORMED] = { "cert_malformed", "client_cert_rejected", NULL },
	[DEFECT_BAD_SERIAL] = { "cert_malformed", "client_cert_rejected", NULL },
	[DEFECT_V1_LEAF] = { "cert_malformed", "client_cert_rejected", NULL },
	[DEFECT_UNKNOWN_CRITICAL] = { "cert_chain_invalid", "client_cert_rejected", NULL },
	[DEFECT_EXPIRED] = { "cert_expired", "client_cert_expired", "cert_expired" },
	[DEFECT_NOT_YET_VALID] = { "cert_not_yet_valid", "client_cert_expired", "cert_expired" },
	[DEFECT_EXPIRES_SOON] = { NULL, NULL, "cert_expires_soon" },
	[DEFECT_INTERCEPTED] = { "cert_intercepted", "client_cert_unknown_ca", "intercepted" },
	[DEFECT_SELF_SIGNED_LEAF] = { "cert_self_signed", "client_cert_unknown_ca",
				      "cert_self_signed" },
	[DEFECT_UNKNOWN_CA] = { "cert_unknown_ca", "client_cert_unknown_ca", NULL },
	[DEFECT_INCOMPLETE] = { "cert_chain_incomplete", "client_cert_unknown_ca",
				"cert_chain_incomplete" },
	[DEFECT_BAD_SIGNATURE] = { "cert_chain_invalid", "client_cert_rejected", NULL },
	[DEFECT_ISSUER_NOT_CA] = { "cert_chain_invalid", "client_cert_rejected", NULL },
	[DEFECT_PATH_LENGTH] = { "cert_chain_invalid", "client_cert_rejected", NULL },
	[DEFECT_NAME_CONSTRAINT] = { "cert_chain_invalid", "client_cert_rejected", NULL },
	[DEFECT_WRONG_ORDER] = { "cert_chain_invalid", "client_cert_rejected", "cert_chain_order" },
	[DEFECT_UNRELATED] = { "cert_chain_invalid", "client_cert_rejected", "cert_chain_order" },
	[DEFECT_NAME_MISMATCH] = { "cert_name_mismatch", "client_cert_rejected",
				   "cert_name_mismatch" },
	[DEFECT_NO_SAN] = { "cert_name_mismatch", "client_cert_rejected", "cert_name_mismatch" },
	[DEFECT_DEFAULT_CERTIFICATE] = { "cert_name_mismatch", NULL, NULL },
	[DEFECT_WRONG_PURPOSE] = { "cert_wrong_purpose", "client_cert_rejected", NULL },
	[DEFECT_WEAK_KEY] = { "cert_weak", "client_cert_rejected", "weak_key" },
	[DEFECT_WEAK_SIGNATURE] = { "cert_weak", "client_cert_rejected", "weak_signature" },
	[DEFECT_REVOKED] = { "cert_revoked", "client_cert_revoked", NULL },
	[DEFECT_STAPLE_BAD] = { "cert_status_invalid", NULL, NULL },
	[DEFECT_STAPLE_STALE] = { "cert_status_invalid", NULL, NULL },
	[DEFECT_STAPLE_FUTURE] = { "cert_status_invalid", NULL, NULL },
	[DEFECT_STAPLE_MISSING] = { "cert_status_invalid", NULL, NULL },
};

const char *chain_defect_code(enum chain_defect_kind kind, enum chain_purpose purpose)
{
	if (kind >= DEFECT_COUNT)
		return NULL;
	return purpose == CHAIN_CLIENT ? codes[kind].client : codes[kind].server;
}

const char *chain_defect_finding(enum chain_defect_kind kind)
{
	return kind < DEFECT_COUNT ? codes[kind].finding : NULL;
}
