#include "support_story.h"

#include <stdlib.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "support_chains.h"

enum { MILLISECOND = 1000000, LISTS = 4096 };

static const int64_t noon = INT64_C(1718452800000000000);	/* 2024-06-15T12:00:00Z */

/* ---- beginning and end ---- */

static struct mark tick(struct story *s)
{
	s->now.frame++;
	s->now.time += MILLISECOND;
	s->flow.last = s->now;
	s->flow.packets++;
	return s->now;
}

static struct mark packet_of(struct story *s, enum side from)
{
	struct tcp_side *side = &s->flow.side[from];
	struct mark mark = tick(s);

	if (!happened(side->first_packet))
		side->first_packet = mark;
	side->last_packet = mark;
	return mark;
}

/* A segment with payload; the other side acknowledges whatever came before it. */
static struct mark segment_of(struct story *s, enum side from, uint64_t count)
{
	struct tcp_side *side = &s->flow.side[from], *other = &s->flow.side[other_side(from)];
	struct mark mark = packet_of(s, from);

	if (!happened(side->first_data))
		side->first_data = mark;
	side->last_data = mark;
	side->data_segments++;
	side->sent += count;
	other->acked = other->sent;
	return mark;
}

static struct story open_story(enum transport transport, char kind)
{
	struct story s = { .now.time = noon };

	s.h = handshake_new("story", 1, kind);
	assert_non_null(s.h);
	s.flow.transport = transport;
	s.flow.side[SIDE_CLIENT].address = (struct address){ .ip = { 10, 0, 0, 1 }, .ip_len = 4, .port = 40000 };
	s.flow.side[SIDE_SERVER].address = (struct address){ .ip = { 192, 0, 2, 1 }, .ip_len = 4, .port = 443 };
	return s;
}

struct story begin(void)
{
	struct story s = open_story(TRANSPORT_TCP, 't');

	for (int side = 0; side < 2; side++) {
		struct tcp_side *t = &s.flow.side[side];

		t->syn = t->last_syn = packet_of(&s, (enum side)side);
		t->syn_count = 1;
		t->mss = 1460;
		t->syn_ttl = t->ttl_min = t->ttl_max = 64;
	}
	s.flow.first = s.flow.side[SIDE_CLIENT].syn;
	s.flow.client_known = true;
	return s;
}

struct story begin_datagrams(char kind)
{
	struct story s = open_story(TRANSPORT_UDP, kind);

	s.flow.first = (struct mark){ .frame = 1, .time = noon + MILLISECOND };
	return s;
}

void conclude_story(struct story *s)
{
	if (s->flow.end == END_OPEN)
		s->flow.end = END_OF_CAPTURE;
	s->h->ended = s->flow.last;
	s->h->ended.time += (int64_t)s->silence * 1000 * MILLISECOND;
	handshake_close(s->h, &s->flow);
	handshake_keep(s->h);
	ending_read(s->h, &s->ending);
}

void forget(struct story *s)
{
	handshake_free(s->h);
	s->h = NULL;
}

/* ---- hellos ---- */

const uint16_t *static_codes(const uint16_t *at, size_t count)
{
	static uint16_t store[LISTS];
	static size_t used;
	uint16_t *copy = store + used;

	assert_true(used + count <= LISTS);
	memcpy(copy, at, count * sizeof(*at));
	used += count;
	return copy;
}

static struct client_hello *bare_hello(void)
{
	struct client_hello *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	c->legacy_version = 0x0303;
	c->record_version = 0x0301;
	c->length = 300;
	c->record_count = 1;
	c->session_id_len = 32;
	c->groups = CODES(29, 23, 30, 25, 24);
	c->signatures = CODES(0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501);
	c->point_formats = CODES(0, 1, 2);
	c->has_extensions = c->has_server_name = c->has_groups = c->has_signatures = true;
	c->secure_renegotiation = c->extended_master_secret = c->encrypt_then_mac = c->session_ticket = true;
	c->server_name = (struct text){ "www.example.com", 15 };
	return c;
}

struct client_hello *hello13(void)
{
	struct client_hello *c = bare_hello();

	c->suites = CODES(0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc02b, 0xc02f, 0x009c, 0x00ff);
	c->extensions = CODES(0, 11, 10, 35, 22, 23, 13, 43, 45, 51);
	c->versions = CODES(0x0304, 0x0303);
	c->key_shares = CODES(29);
	c->has_versions = c->has_key_shares = c->psk_dhe_ke = true;
	return c;
}

struct client_hello *hello12(void)
{
	struct client_hello *c = bare_hello();

	c->suites = CODES(0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc02b, 0xc02f, 0x009c, 0x00ff);
	c->extensions = CODES(0, 11, 10, 35, 22, 23, 13);
	c->length = 200;
	return c;
}

struct server_hello *answer(uint16_t version, uint16_t suite)
{
	struct server_hello *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->legacy_version = s->record_version = version > 0x0303 ? 0x0303 : version;
	s->version = version;
	s->suite = suite;
	s->secure_renegotiation = true;
	s->group = is_tls13(version) ? 29 : 0;
	s->length = 90;
	return s;
}

void offer_alpn(struct client_hello *hello, const char *protocol)
{
	static struct text names[64];
	static size_t used;

	assert_true(used < 64);
	names[used] = (struct text){ protocol, (uint16_t)strlen(protocol) };
	hello->alpn = (struct text_list){ &names[used++], 1 };
	hello->has_alpn = true;
}

/* ---- words ---- */

void pass(struct story *s, double seconds)
{
	s->now.time += (int64_t)(seconds * 1e9);
}

static void note(struct story *s, struct tls_event *e)
{
	handshake_note(s->h, e);
}

static void note_record(struct story *s, enum side from, struct mark mark, struct tls_record record)
{
	struct tls_event e = { .kind = TLS_RECORD, .from = from, .mark = mark, .record = record };

	note(s, &e);
}

static struct tls_message note_message(struct story *s, enum side from, struct mark mark, struct tls_message m)
{
	struct tls_event e = { .kind = TLS_MESSAGE, .from = from, .mark = mark };

	m.first = mark;
	m.record_count = 1;
	e.message = m;
	note(s, &e);
	assert_true(e.taken);
	return e.message;
}

static void clear_message(struct story *s, enum side from, struct tls_message m)
{
	struct mark mark = segment_of(s, from, m.length + 9);

	note_record(s, from, mark, (struct tls_record){ .type = CONTENT_HANDSHAKE, .version = 0x0303,
							.length = m.length + 4 });
	note_message(s, from, mark, m);
}

void says_hello(struct story *s, struct client_hello *hello)
{
	struct tls_message m = { .type = HS_CLIENT_HELLO, .length = hello->length };

	m.body.client_hello = hello;
	clear_message(s, SIDE_CLIENT, m);
}

void hears_hello(struct story *s, struct server_hello *hello)
{
	struct tls_message m = { .type = HS_SERVER_HELLO, .length = hello->length };

	m.body.server_hello = hello;
	clear_message(s, SIDE_SERVER, m);
}

void message(struct story *s, enum side from, uint8_t type)
{
	clear_message(s, from, (struct tls_message){ .type = type, .length = 40 });
}

void certificates(struct story *s, enum side from, const char *chain)
{
	struct certificate_list *list = calloc(1, sizeof(*list));
	struct tls_message m = { .type = HS_CERTIFICATE, .length = 3 };

	assert_non_null(list);
	if (chain)
		*list = chain_from(chain);
	m.length += list->bytes;
	m.body.certificates = list;
	clear_message(s, from, m);
}

void key_exchange(struct story *s, struct server_key_exchange facts)
{
	struct server_key_exchange *k = malloc(sizeof(*k));
	struct tls_message m = { .type = HS_SERVER_KEY_EXCHANGE, .length = 300 };

	assert_non_null(k);
	*k = facts;
	m.body.server_key_exchange = k;
	clear_message(s, SIDE_SERVER, m);
}

void request_certificate(struct story *s)
{
	struct certificate_request *r = calloc(1, sizeof(*r));
	struct tls_message m = { .type = HS_CERTIFICATE_REQUEST, .length = 30 };

	assert_non_null(r);
	m.body.certificate_request = r;
	clear_message(s, SIDE_SERVER, m);
}

void change_cipher(struct story *s, enum side from)
{
	note_record(s, from, segment_of(s, from, 6), (struct tls_record){
		.type = CONTENT_CHANGE_CIPHER_SPEC, .version = 0x0303, .length = 1 });
}

void hidden(struct story *s, enum side from, uint8_t type, uint32_t length)
{
	note_record(s, from, segment_of(s, from, length + 5), (struct tls_record){
		.type = type, .version = 0x0303, .length = length, .hidden = true });
}

static void clear_alert(struct story *s, enum side from, uint8_t level, uint8_t code)
{
	struct mark mark = segment_of(s, from, 7);
	struct tls_event e = { .kind = TLS_ALERT, .from = from, .mark = mark,
			       .alert = { .level = level, .code = code } };

	note_record(s, from, mark, (struct tls_record){ .type = CONTENT_ALERT, .version = 0x0303, .length = 2 });
	note(s, &e);
}

static void note_packet(struct story *s, enum side from, struct mark mark, uint16_t epoch, uint32_t length)
{
	note_record(s, from, mark, (struct tls_record){
		.type = epoch == 3 ? CONTENT_APPLICATION_DATA : CONTENT_HANDSHAKE, .version = 0x0304,
		.length = length, .epoch = epoch, .hidden = true });
}

void packet(struct story *s, enum side from, uint16_t epoch, uint32_t length)
{
	note_packet(s, from, segment_of(s, from, length), epoch, length);
}

void beside(struct story *s, enum side from, uint16_t epoch, uint32_t length)
{
	note_packet(s, from, s->now, epoch, length);
}

void quic_word(struct story *s, enum side from, struct tls_quic word)
{
	struct tls_event e = { .kind = TLS_QUIC, .from = from, .mark = segment_of(s, from, 60), .quic = word };

	note(s, &e);
}

void fatal(struct story *s, enum side from, uint8_t code)
{
	clear_alert(s, from, 2, code);
}

void warning(struct story *s, enum side from, uint8_t code)
{
	clear_alert(s, from, 1, code);
}

void breaks(struct story *s, enum side from, enum broken_kind kind, uint8_t type)
{
	struct tls_event e = { .kind = TLS_BROKEN, .from = from, .mark = segment_of(s, from, 100) };

	e.broken = (struct tls_broken){ .kind = kind, .message_type = type };
	handshake_note(s->h, &e);
}

void foreign(struct story *s, enum side from, enum foreign_protocol protocol, const char *text)
{
	struct tls_event e = { .kind = TLS_FOREIGN, .from = from, .mark = segment_of(s, from, strlen(text)) };
	size_t len = strlen(text);

	e.foreign.protocol = protocol;
	e.foreign.sample_len = (uint16_t)(len < FOREIGN_SAMPLE_MAX ? len : FOREIGN_SAMPLE_MAX);
	memcpy(e.foreign.sample, text, e.foreign.sample_len);
	note(s, &e);
}

void upgrade(struct story *s, enum side from, enum foreign_protocol protocol, bool proxy,
	     enum upgrade_step step, const char *words)
{
	struct tls_event e = { .kind = TLS_UPGRADE, .from = from, .mark = segment_of(s, from, strlen(words)) };

	e.upgrade.protocol = protocol;
	e.upgrade.proxy = proxy;
	e.upgrade.step = step;
	e.upgrade.words_len = (uint16_t)strlen(words);
	memcpy(e.upgrade.words, words, e.upgrade.words_len);
	note(s, &e);
}

void leaves_tls(struct story *s, enum side from)
{
	struct tls_event e = { .kind = TLS_BROKEN, .from = from, .mark = segment_of(s, from, 7),
			       .broken = { .kind = BROKEN_RECORD_HEADER, .sample = { 0x30, 5, 2, 1, 2 },
					   .sample_len = 5 } };

	note(s, &e);
}

void gap(struct story *s, enum side from)
{
	struct tls_event e = { .kind = TLS_GAP, .from = from, .mark = packet_of(s, from) };

	s->flow.side[from].missing += 1460;
	note(s, &e);
}

void bytes_of(struct story *s, enum side from, uint64_t count)
{
	segment_of(s, from, count);
}

void acknowledges(struct story *s, enum side from)
{
	struct tcp_side *other = &s->flow.side[other_side(from)];

	s->flow.side[from].last_ack = packet_of(s, from);
	other->acked = other->sent;
}

void fin(struct story *s, enum side from)
{
	s->flow.side[from].fin = packet_of(s, from);
	s->flow.side[from].fin_offset = s->flow.side[from].sent;
	s->flow.end = END_CLOSED;
}

void rst(struct story *s, enum side from)
{
	struct tcp_side *side = &s->flow.side[from];
	struct tcp_reset reset = { .mark = packet_of(s, from), .ttl = side->ttl_max,
		.answers_packet = side->syn.frame != 0,	/* a lone SYN acknowledges nothing */
		.since_asked = -1 };

	if (side->reset_count < TCP_RESETS_KEPT)
		side->resets[side->reset_count] = reset;
	side->reset_count++;
	s->flow.end = END_RESET;
}

/* ---- flights ---- */

void up_to_server_flight13(struct story *s)
{
	static const uint32_t lengths[] = { 23, 900, 281, 53 };	/* each message a record, as OpenSSL has it */

	says_hello(s, hello13());
	hears_hello(s, answer(0x0304, 0x1301));
	change_cipher(s, SIDE_SERVER);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		hidden(s, SIDE_SERVER, CONTENT_APPLICATION_DATA, lengths[i]);
}

void up_to_server_flight12(struct story *s, const char *chain)
{
	says_hello(s, hello12());
	hears_hello(s, answer(0x0303, 0xc02f));
	certificates(s, SIDE_SERVER, chain);
	key_exchange(s, (struct server_key_exchange){ .group = 29, .signature = 0x0804 });
	message(s, SIDE_SERVER, HS_SERVER_HELLO_DONE);
}

void client_finishes12(struct story *s)
{
	message(s, SIDE_CLIENT, HS_CLIENT_KEY_EXCHANGE);
	change_cipher(s, SIDE_CLIENT);
	hidden(s, SIDE_CLIENT, CONTENT_HANDSHAKE, 40);
}

void completes13(struct story *s)
{
	up_to_server_flight13(s);
	change_cipher(s, SIDE_CLIENT);
	hidden(s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 53);
	hidden(s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 120);
	hidden(s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 500);
}

void completes12(struct story *s, const char *chain)
{
	up_to_server_flight12(s, chain);
	client_finishes12(s);
	change_cipher(s, SIDE_SERVER);
	hidden(s, SIDE_SERVER, CONTENT_HANDSHAKE, 40);
	hidden(s, SIDE_CLIENT, CONTENT_APPLICATION_DATA, 120);
	hidden(s, SIDE_SERVER, CONTENT_APPLICATION_DATA, 500);
}
