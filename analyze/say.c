/*
 * Words: how facts become text in a guess. All that comes from the wire is escaped on its way in.
 */
#include "rules.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>

void say(struct guess *g, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(g->summary, sizeof(g->summary), format, args);
	va_end(args);
}

void show(struct guess *g, struct mark mark, const char *format, ...)
{
	struct evidence *e;
	va_list args;

	if (g->evidence_count == GUESS_EVIDENCE)
		return;
	e = &g->evidence[g->evidence_count++];
	e->mark = mark;
	va_start(args, format);
	vsnprintf(e->text, sizeof(e->text), format, args);
	va_end(args);
}

void advise(struct guess *g, const char *format, ...)
{
	va_list args;

	if (g->remedy_count == GUESS_REMEDIES)
		return;
	va_start(args, format);
	vsnprintf(g->remedies[g->remedy_count], sizeof(g->remedies[0]), format, args);
	va_end(args);
	g->remedy_count++;
}

void blame(struct guess *g, enum confidence confidence, enum party by, enum party fix)
{
	g->confidence = confidence;
	g->aborted_by = by;
	g->fix_at = fix;
}

void escape_text(char *out, size_t room, const void *bytes, size_t len)
{
	const unsigned char *b = bytes;
	size_t used = 0;

	for (size_t i = 0; i < len && used + 5 < room; i++) {
		if (b[i] >= 0x20 && b[i] < 0x7f)
			out[used++] = (char)b[i];
		else
			used += (size_t)snprintf(out + used, room - used, "\\x%02x", b[i]);
	}
	out[used] = '\0';
}

static const char *iana_name(enum code_kind kind, uint16_t code)
{
	const struct cipher_suite *suite;
	const struct named_group *group;
	const struct signature_scheme *scheme;

	switch (kind) {
	case CODE_VERSION:
		return version_name(code);
	case CODE_SUITE:
		suite = cipher_suite(code);
		return suite ? suite->name : NULL;
	case CODE_GROUP:
		group = named_group(code);
		return group ? group->name : NULL;
	case CODE_SIGNATURE:
		scheme = signature_scheme(code);
		return scheme ? scheme->name : NULL;
	}
	return NULL;
}

const char *code_name(char out[LIST_MAX], enum code_kind kind, uint16_t code)
{
	const char *name = iana_name(kind, code);

	if (name)
		snprintf(out, LIST_MAX, "%s", name);
	else
		snprintf(out, LIST_MAX, "0x%04x", code);
	return out;
}

static bool is_signalling(enum code_kind kind, uint16_t code)
{
	return is_grease(code) || (kind == CODE_SUITE && (code == 0x00ff || code == 0x5600));
}

const char *list_codes(char out[LIST_MAX], enum code_kind kind, const uint16_t *at, uint16_t count)
{
	enum { SHOWN = 4 };
	char name[LIST_MAX];
	size_t used = 0;
	uint16_t listed = 0, all = 0;

	out[0] = '\0';
	for (uint16_t i = 0; i < count; i++)
		if (!is_signalling(kind, at[i]))
			all++;
	for (uint16_t i = 0; i < count && listed < SHOWN; i++) {
		if (is_signalling(kind, at[i]))
			continue;
		code_name(name, kind, at[i]);
		if (used + strlen(name) + 20 >= LIST_MAX)
			break;
		used +=
		    (size_t)snprintf(out + used, LIST_MAX - used, "%s%s", listed ? ", " : "", name);
		listed++;
	}
	if (all > listed)
		snprintf(out + used, LIST_MAX - used, " and %d more", all - listed);
	return all ? out : "none";
}

const char *offered_versions(char out[LIST_MAX], const struct client_hello *hello)
{
	uint16_t legacy = hello->legacy_version;
	char name[LIST_MAX];

	if (hello->versions.count)
		return list_codes(out, CODE_VERSION, hello->versions.at, hello->versions.count);
	snprintf(out, LIST_MAX, "up to %.100s", code_name(name, CODE_VERSION, legacy));
	return out;
}

const char *duration_text(char out[32], int64_t ns)
{
	if (ns < INT64_C(1000000))
		snprintf(out, 32, "%lld us", (long long)(ns / 1000));
	else if (ns < INT64_C(1000000000))
		snprintf(out, 32, "%lld ms", (long long)(ns / 1000000));
	else
		snprintf(out, 32, "%.1f s", (double)ns / 1e9);
	return out;
}

void host_text(char out[48], const struct address *a)
{
	if (!a->ip_len || !inet_ntop(a->ip_len == 4 ? AF_INET : AF_INET6, a->ip, out, 48))
		out[0] = '\0';
}

void address_text(char out[80], const struct address *a)
{
	char ip[48];

	host_text(ip, a);
	snprintf(out, 80, a->ip_len == 4 ? "%.47s:%d" : "[%.47s]:%d", ip, a->port);
}

/* ---- predicates ---- */

bool ended_by_any_alert(const struct view *v, enum side from)
{
	return v->end->how == ENDED_BY_ALERT && v->end->by == from;
}

bool ended_by_alert(const struct view *v, enum side from, uint8_t code)
{
	return ended_by_any_alert(v, from) && v->end->alert->code == code;
}

const char *party_noun(enum side side)
{
	return side == SIDE_CLIENT ? "client" : "server";
}

enum party party_of(enum side side)
{
	return side == SIDE_CLIENT ? PARTY_CLIENT : PARTY_SERVER;
}

const struct client_hello *last_hello(const struct handshake *h)
{
	return h->second_hello ? h->second_hello : h->hello;
}

/* DTLS counts versions downwards (RFC 6347 4.1); make them comparable. */
static int version_rank(uint16_t version)
{
	if (is_tls13(version))
		return 0x304;
	switch (version) {
	case 0xfeff: return 0x302;
	case 0xfefd: return 0x303;
	default: return version;
	}
}

static bool ranks_beyond(uint16_t candidate, uint16_t best, bool highest)
{
	if (!best)
		return true;
	return highest ? version_rank(candidate) > version_rank(best)
		       : version_rank(candidate) < version_rank(best);
}

static uint16_t extreme_version(const struct client_hello *hello, bool highest)
{
	uint16_t best = 0;

	if (!hello)
		return 0;
	for (uint16_t i = 0; i < hello->versions.count; i++)
		if (!is_grease(hello->versions.at[i]) &&
		    ranks_beyond(hello->versions.at[i], best, highest))
			best = hello->versions.at[i];
	return best ? best : hello->legacy_version;
}

uint16_t highest_version(const struct client_hello *hello)
{
	return extreme_version(hello, true);
}

uint16_t lowest_version(const struct client_hello *hello)
{
	return extreme_version(hello, false);
}

bool is_outdated(uint16_t version)
{
	return version_rank(version) < 0x303;
}

bool offers_version(const struct client_hello *hello, uint16_t version)
{
	if (hello->versions.count)
		return code_list_has(&hello->versions, version);
	return version_rank(version) <= version_rank(hello->legacy_version);
}

bool before_server_hello(const struct view *v)
{
	return v->h->hello && !v->h->server && v->end->phase <= PHASE_RETRY;
}

const struct tcp_side *side_of(const struct view *v, enum side side)
{
	return &v->h->flow->side[side];
}

bool is_tcp(const struct view *v)
{
	return v->h->flow->transport == TRANSPORT_TCP;
}

const struct icmp_error *icmp_for(const struct view *v, enum side side, enum icmp_kind kind)
{
	for (uint8_t i = 0; i < v->h->flow->icmp_count; i++) {
		const struct icmp_error *icmp = &v->h->flow->icmp[i];

		if (icmp->kind == kind && icmp->about == side)
			return icmp;
	}
	return NULL;
}

bool waiting_for_server(const struct view *v)
{
	return v->end->phase == PHASE_HELLO ||
	       (v->end->phase == PHASE_BEFORE_HELLO && v->h->pending_want[SIDE_CLIENT]);
}

enum party who_gave_up(const struct view *v)
{
	if (v->end->how == ENDED_NOT || v->end->how == ENDED_BY_SILENCE ||
	    v->end->how == ENDED_BY_ICMP)
		return PARTY_UNKNOWN;
	return party_of(v->end->by);
}

/* ---- evidence ---- */

void show_hello(struct guess *g, const struct view *v)
{
	const struct client_hello *hello = v->h->hello;
	char versions[LIST_MAX];
	const char *for_whom;

	if (!hello)
		return;
	for_whom = !v->name[0]		   ? ""
		   : hello->has_server_name ? " for "
					    : " without a name, in a tunnel to ";
	show(g, v->h->hello_mark, "ClientHello%s%s, offering %s%s", for_whom, v->name, offered_versions(versions, hello),
	     hello->sslv2 ? " in an SSLv2-compatible hello" : "");
}

static void show_alert(struct guess *g, const struct view *v)
{
	const struct alert_fact *a = v->end->alert;
	const char *name;

	if (a->hidden && v->h->dissected_as == 'q') {
		show(g, a->mark,
		     "%s: encrypted packets with handshake keys are its last, as a "
		     "CONNECTION_CLOSE would be",
		     party_noun(a->from));
		return;
	}
	if (a->hidden) {
		show(g, a->mark, "%s: a %u-byte encrypted record%s", party_noun(a->from), a->length,
		     a->inferred ? ", the length of an alert, in the place of what was due" :
				   " of type alert");
		return;
	}
	name = alert_name(a->code);
	show(g, a->mark, "%s: %s alert %s (%u)", party_noun(a->from),
	     a->level == 1 ? "warning" : "fatal", name ? name : "unknown", a->code);
}

static void show_quic_close(struct guess *g, const struct view *v)
{
	const struct tls_quic *q = v->h->quic[v->end->by];
	char reason[LIST_MAX];

	escape_text(reason, sizeof(reason), q->reason, q->reason_len);
	show(g, v->end->mark, "%s: CONNECTION_CLOSE with error 0x%llx%s%s%s",
	     party_noun(v->end->by), (unsigned long long)q->error, reason[0] ? " (\"" : "", reason,
	     reason[0] ? "\")" : "");
}

const char *reset_words(char out[RESET_WORDS_TEXT], const struct view *v, enum side from)
{
	const struct flow_facts *f = v->h->flow;
	int len = 0;

	if (f->reset_words_from != from)
		return "";
	while (len < f->reset_words_len && f->reset_words[len] >= ' ' && f->reset_words[len] <= '~')
		len++;
	snprintf(out, RESET_WORDS_TEXT, ", which says \"%.*s\"", len, (const char *)f->reset_words);
	return len ? out : "";
}

void show_end(struct guess *g, const struct view *v)
{
	const struct ending *e = v->end;
	char waited[32], words[RESET_WORDS_TEXT];

	switch (e->how) {
	case ENDED_BY_ALERT:
	case ENDED_BY_HIDDEN_ALERT:
	case ENDED_BY_CLOSE_NOTIFY:
		show_alert(g, v);
		break;
	case ENDED_BY_FIN:
		show(g, e->mark, "%s closes (FIN)%s, %s after the last data", party_noun(e->by),
		     v->h->record_total[0] || v->h->record_total[1] ? " without an alert" : "",
		     duration_text(waited, e->waited));
		break;
	case ENDED_BY_RST:
		show(g, e->mark, "RST from the %s's address, %s after the last data%s", party_noun(e->by),
		     duration_text(waited, e->waited), reset_words(words, v, e->by));
		break;
	case ENDED_IN_CLEAR:
		show(g, e->mark, "%s leaves TLS and goes on in clear, %s after the last data",
		     party_noun(e->by), duration_text(waited, e->waited));
		break;
	case ENDED_BY_QUIC_CLOSE:
		show_quic_close(g, v);
		break;
	case ENDED_BY_ICMP:
		show(g, e->mark, "ICMP error about this connection");
		break;
	case ENDED_NOT:
	case ENDED_BY_SILENCE:
		show(g, e->mark, "the last packet of this connection in the capture");
		break;
	}
}

void show_exchange(struct guess *g, const struct view *v)
{
	show_hello(g, v);
	show_end(g, v);
}

void show_certificate(struct guess *g, const struct view *v)
{
	const struct certificate_list *list = v->h->certificates;

	if (list && list->count)
		show(g, v->h->certificates_mark, "Certificate: %s, issued by %s",
		     list->at[0]->subject, list->at[0]->issuer);
}

void show_icmp(struct guess *g, const struct icmp_error *i)
{
	char from[48];

	host_text(from, &i->from);
	if (i->kind == ICMP_TOO_BIG)
		show(g, i->mark, "ICMP from %s: packet too big, next-hop MTU %u", from, i->mtu);
	else
		show(g, i->mark, "ICMP from %s: type %u code %u", from, i->type, i->code);
}
