#include <stdlib.h>

#include "support_tls.h"

static void touch_list(const struct certificate_list *list)
{
	for (uint16_t i = 0; list && i < list->count; i++) {
		touch(list->at[i]->der, list->at[i]->der_len);
		touch_text(list->at[i]->subject);
	}
}

static void touch_hello(const struct client_hello *h)
{
	char ja3[JA3_LEN + 1], ja4[JA4_LEN + 1];

	if (!h)
		return;
	touch(h->server_name.at, h->server_name.len);
	for (uint16_t i = 0; i < h->alpn.count; i++)
		touch(h->alpn.at[i].at, h->alpn.at[i].len);
	client_hello_ja3(h, ja3);
	client_hello_ja4(h, 't', ja4);
}

static void touch_message(struct tls_event *e)
{
	struct tls_message *m = &e->message;

	claim(m->broke_at <= m->length, "a message breaks inside itself");
	if (m->type == HS_CLIENT_HELLO)
		touch_hello(m->body.client_hello);
	else if (m->type == HS_CERTIFICATE)
		touch_list(m->body.certificates);
	if (m->length % 2) {		/* half of them are taken */
		tls_take(e);
		message_free(m);
	}
}

static void check_event(struct tls_event *e)
{
	switch (e->kind) {
	case TLS_MESSAGE:
		touch_message(e);
		break;
	case TLS_FOREIGN:
		claim(e->foreign.sample_len <= FOREIGN_SAMPLE_MAX, "a sample fits");
		touch_text(foreign_name(e->foreign.protocol));
		break;
	case TLS_UPGRADE:
		claim(e->upgrade.words_len <= FOREIGN_SAMPLE_MAX, "words fit");
		touch_text(e->upgrade.target);
		break;
	case TLS_QUIC:
		claim(e->quic.reason_len <= QUIC_REASON_MAX, "a reason fits");
		claim(e->quic.version_count <= QUIC_VERSIONS_MAX, "versions fit");
		break;
	default:
		break;
	}
}

void tls_pull(struct tls *t)
{
	for (struct tls_event *e; (e = tls_next(t)); )
		check_event(e);
}

static void write_line(const struct tls_event *e, FILE *out)
{
	fprintf(out, "%c %d", "CS"[e->from], (int)e->kind);
	switch (e->kind) {
	case TLS_RECORD:
		fprintf(out, " %u %u at %llu%s", e->record.type, e->record.length,
			(unsigned long long)e->record.offset, e->record.hidden ? " hidden" : "");
		break;
	case TLS_MESSAGE:
		fprintf(out, " %u %u%s at %u", e->message.type, e->message.length,
			e->message.malformed ? " malformed" : "", e->message.broke_at);
		break;
	case TLS_ALERT:
		fprintf(out, " %u %u", e->alert.level, e->alert.code);
		break;
	case TLS_BROKEN:
		fprintf(out, " %d at %llu", (int)e->broken.kind, (unsigned long long)e->broken.offset);
		break;
	case TLS_UPGRADE:
		fprintf(out, " %d %d %u %s:%u", (int)e->upgrade.protocol, (int)e->upgrade.step, e->upgrade.status,
			e->upgrade.target, e->upgrade.target_port);
		break;
	case TLS_FOREIGN:
	case TLS_QUIC:
	case TLS_GAP:
		break;
	}
	putc('\n', out);
}

/* A record in step with those before it. */
static bool joins(struct tls_lines *l, const struct tls_event *e)
{
	uint64_t *next = &l->next[e->from];
	bool so = e->record.offset == *next || (l->upgraded && !*next);

	*next = e->record.offset + 5 + e->record.length;
	return so;
}

void tls_pull_lines(struct tls *t, struct tls_lines *l)
{
	for (struct tls_event *e; (e = tls_next(t)); ) {
		l->upgraded |= e->kind == TLS_UPGRADE;
		l->began |= l->upgraded || (e->kind == TLS_MESSAGE && e->message.type == HS_CLIENT_HELLO);
		bool strays = e->kind == TLS_RECORD && e->record.version != 0x0002 && !joins(l, e);

		bool late = !l->began && e->kind != TLS_RECORD;

		l->loose |= !l->over && (e->kind == TLS_FOREIGN || strays || late);
		l->over |= l->loose;
		if (!l->over)
			write_line(e, l->out);
		l->over |= e->kind == TLS_BROKEN;
		check_event(e);
	}
}

void tls_feed_exact(struct tls *t, struct capture_event *e, struct reader bytes)
{
	e->bytes = exact_copy(bytes.at, left(&bytes));
	e->len = left(&bytes);
	e->mark.frame++;
	e->mark.time += 1000000;
	tls_feed(t, e);
}

void tls_fed(struct capture_event *e)
{
	free((void *)e->bytes);
	e->bytes = NULL;
}

void tls_check_pending(const struct tls *t)
{
	uint64_t have, want;

	for (int side = 0; side < 2; side++) {
		tls_pending(t, (enum side)side, &have, &want);
		claim(!want || have <= want, "no more waits than was promised");
	}
}
