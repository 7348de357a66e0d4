/*
 * What did not end the handshake but a person should know: cheap tests on facts.
 */
#include "diagnose.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const int64_t SLOW_NS = INT64_C(1000000000);

__attribute__((format(printf, 4, 5))) static void
add(struct finding_list *l, const char *code, enum severity severity, const char *format, ...)
{
	struct finding *f;
	va_list args;

	for (uint8_t i = 0; i < l->count; i++)
		if (!strcmp(l->at[i].code, code))
			return;
	if (l->count == FINDINGS_MAX)
		return;
	f = &l->at[l->count++];
	f->code = code;
	f->severity = severity;
	va_start(args, format);
	vsnprintf(f->summary, sizeof(f->summary), format, args);
	va_end(args);
}

static void find_parameters(const struct view *v, struct finding_list *l)
{
	const struct handshake *h = v->h;
	const struct cipher_suite *s = cipher_suite(h->suite);
	char name[LIST_MAX];

	if (!h->server)
		return;
	if (is_outdated(h->version))
		add(l, "weak_version", SEVERITY_WARN, "%s is outdated (RFC 8996)",
		    code_name(name, CODE_VERSION, h->version));
	if (!s)
		return;
	if (!strcmp(s->auth, "NULL") || !strcmp(s->auth, "anon") || !strcmp(s->auth, "Anon") ||
	    s->mode == MODE_NULL)
		add(l, "null_or_anonymous_cipher", SEVERITY_BAD,
		    "%s encrypts or authenticates nothing", s->name);
	else if (s->bad)
		add(l, "weak_cipher", SEVERITY_BAD, "%s is broken", s->name);
	if (!s->forward_secrecy && !s->tls13)
		add(l, "no_forward_secrecy", SEVERITY_WARN, "%s has no forward secrecy: use ECDHE",
		    s->name);
	if (h->server->compression)
		add(l, "compression", SEVERITY_BAD, "TLS compression is on (CRIME): disable it on the server");
	if (h->server->heartbeat)
		add(l, "heartbeat", SEVERITY_INFO, "the server agreed to heartbeats (RFC 6520); make sure that it is patched against Heartbleed");
}

static void find_hello(const struct view *v, struct finding_list *l)
{
	const struct handshake *h = v->h;
	char name[LIST_MAX];

	if (!h->hello)
		return;
	if (h->hello->sslv2)
		add(l, "sslv2_hello", SEVERITY_WARN, "the client sends an SSLv2-compatible hello (RFC 6176)");
	if (h->retry)
		add(l, "hello_retry", SEVERITY_INFO, "HelloRetryRequest: the server wanted %s; one more round trip",
		    code_name(name, CODE_GROUP, h->retry->group));
	if (h->hello->length + 9u > 1420)
		add(l, "large_client_hello", SEVERITY_INFO, "a ClientHello of %u bytes needs more than one packet", h->hello->length);
}

static void find_alerts(const struct view *v, struct finding_list *l)
{
	for (uint8_t i = 0; i < v->h->alert_count; i++) {
		const struct alert_fact *a = &v->h->alerts[i];
		const char *name = alert_name(a->code);

		if (!a->hidden && a->level == 1 && a->code != 0 && a->code != 90)
			add(l, "alert_warning", SEVERITY_INFO, "the %s sent the warning %s",
			    party_noun(a->from), name ? name : "unknown");
	}
}

static void find_timing(const struct view *v, struct finding_list *l)
{
	const struct handshake *h = v->h;
	int64_t server, client;

	if (h->flow->side[0].retransmissions + h->flow->side[1].retransmissions >= 2)
		add(l, "retransmissions", SEVERITY_INFO, "%u segments of the client and %u of the server were sent again",
		    h->flow->side[0].retransmissions, h->flow->side[1].retransmissions);
	if (!happened(h->hello_mark) || !happened(h->server_mark))
		return;
	server = h->server_mark.time - h->hello_mark.time;
	if (server > SLOW_NS)
		add(l, "slow_handshake", SEVERITY_WARN,
		    "the server took %.1f s to answer the ClientHello", (double)server / 1e9);
	if (!happened(h->finished[SIDE_CLIENT]) || !happened(h->hello_done))
		return;
	client = h->finished[SIDE_CLIENT].time - h->hello_done.time;
	if (client > SLOW_NS)
		add(l, "slow_handshake", SEVERITY_WARN, "the client took %.1f s to answer the server's flight", (double)client / 1e9);
}

static enum severity severity_of(const struct chain_defect *d)
{
	if (d->kind == DEFECT_EXPIRES_SOON)
		return d->amount <= 7 ? SEVERITY_BAD : SEVERITY_WARN;
	return d->kind == DEFECT_EXPIRED || d->kind == DEFECT_NAME_MISMATCH ? SEVERITY_BAD
									    : SEVERITY_WARN;
}

static void find_certificates(const struct view *v, struct finding_list *l)
{
	if (!v->chain || v->chain_is_borrowed)
		return;
	for (uint8_t i = 0; i < v->chain->defect_count; i++) {
		const struct chain_defect *d = &v->chain->defects[i];
		const char *code = chain_defect_finding(d->kind);

		if (code)
			add(l, code, severity_of(d), "certificate %u: %s",
			    d->index == CHAIN_STORE_ROOT ? 0u : d->index + 1u, d->text);
	}
}

void find(const struct view *v, struct finding_list *out)
{
	out->count = 0;
	find_parameters(v, out);
	find_hello(v, out);
	find_alerts(v, out);
	find_timing(v, out);
	find_certificates(v, out);
}
