#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "support_datagrams.h"
#include "support_hex.h"

void datagrams_open(struct datagrams *d, const struct keylog *keylog)
{
	*d = (struct datagrams){ .frame = 1 };
	d->cache = certificate_cache_new(1 << 20);
	d->dissector = dissector_new(keylog, d->cache);
	d->tls = tls_new(d->dissector, TRANSPORT_UDP);
	assert_non_null(d->tls);
}

void datagrams_close(struct datagrams *d)
{
	tls_free(d->tls);
	dissector_free(d->dissector);
	certificate_cache_free(d->cache);
}

static void write_line(struct datagrams *d, const struct tls_event *e, const char *format, ...)
{
	char text[160];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (d->len + sizeof(text) + 2 < sizeof(d->lines))
		d->len += (size_t)snprintf(d->lines + d->len, sizeof(d->lines) - d->len, "%s %s\n",
					   e->from == SIDE_CLIENT ? "C" : "S", text);
}

static void write_record(struct datagrams *d, const struct tls_event *e)
{
	const struct tls_record *r = &e->record;
	char epoch[16] = "";

	if (r->epoch)
		snprintf(epoch, sizeof(epoch), " epoch %u", r->epoch);
	write_line(d, e, "record %u %u%s%s%s%s", r->type, r->length, epoch, r->hidden ? " hidden" : "",
		   r->decrypted ? " decrypted" : "", r->repeated ? " repeated" : "");
}

static void write_event(struct datagrams *d, const struct tls_event *e)
{
	if (e->kind == TLS_RECORD)
		write_record(d, e);
	else if (e->kind == TLS_MESSAGE)
		write_line(d, e, "%s %u in %u%s%s", handshake_type_name(e->message.type),
			   e->message.length, e->message.record_count,
			   e->message.decrypted ? " decrypted" : "",
			   e->message.malformed ? " malformed" : "");
	else if (e->kind == TLS_ALERT)
		write_line(d, e, "alert %u %u", e->alert.level, e->alert.code);
	else if (e->kind == TLS_BROKEN)
		write_line(d, e, "broken %d", e->broken.kind);
	else if (e->kind == TLS_FOREIGN)
		write_line(d, e, "foreign %s", foreign_name(e->foreign.protocol));
	else if (e->kind == TLS_QUIC)
		write_line(d, e, "quic %d error %llu versions %u '%.*s'", e->quic.kind,
			   (unsigned long long)e->quic.error, e->quic.version_count,
			   e->quic.reason_len, (const char *)e->quic.reason);
	else
		write_line(d, e, "event %d", e->kind);
}

static void feed(struct datagrams *d, enum side from, const void *bytes, size_t len, bool cut)
{
	struct bytes exact = bytes_copy(bytes, len);
	struct capture_event event = {
		.kind = FLOW_DATAGRAM, .from = from, .mark = { .frame = d->frame++, .time = 1 },
		.bytes = exact.at, .len = exact.len, .cut = cut,
	};

	tls_feed(d->tls, &event);
	for (struct tls_event *e; (e = tls_next(d->tls)); )
		write_event(d, e);
	free(exact.at);
}

void datagram(struct datagrams *d, enum side from, const void *bytes, size_t len)
{
	feed(d, from, bytes, len, false);
}

void datagram_cut(struct datagrams *d, enum side from, const void *bytes, size_t len)
{
	feed(d, from, bytes, len, true);
}

void datagram_hex(struct datagrams *d, enum side from, const char *hex)
{
	struct bytes b = bytes_of_hex(hex);

	datagram(d, from, b.at, b.len);
	free(b.at);
}

void datagram_lines(struct datagrams *d, const char *expected)
{
	assert_string_equal(d->lines, expected);
	d->len = 0;
	d->lines[0] = '\0';
}
