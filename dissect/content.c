#include "keylog.h"
#include "stream.h"

enum { MESSAGE_HEADER_LEN = 4 };

/* Whether this side may have sent what the capture does not have. */
static bool began_before_us(const struct stream *s, enum side from)
{
	bool no_hello = !s->side[0].sent_hello && !s->side[1].sent_hello && !s->version;

	return s->side[from].lost_once || no_hello;
}

/*
 * Application data always is, other types behind this side's ChangeCipherSpec. TLS 1.3 protects as
 * type 23 only (RFC 8446 5.2). An alert of two bytes has no room for a MAC or tag: it is in clear
 * whatever came before, as OpenSSL's clients send it in TLS 1.3.
 */
bool content_is_hidden(const struct stream *s, enum side from, uint8_t type, uint32_t length)
{
	if (type == CONTENT_APPLICATION_DATA)
		return true;
	if (type == CONTENT_ALERT && length == 2)
		return false;
	if (is_tls13(s->version))
		return type == CONTENT_ALERT;
	if (type == CONTENT_ALERT && began_before_us(s, from))
		return true;	/* what was lost may have been the ChangeCipherSpec */
	if (type == CONTENT_HANDSHAKE && !s->version)
		return false;	/* maybe a second ClientHello: is_doubtful_handshake looks inside */
	return s->side[from].is_protected;
}

void content_lose(struct direction *d)
{
	pile_free(&d->message);
	d->message_want = 0;
	d->message_records = 0;
	d->message_skip = 0;
	d->message_lost = true;
}

/* What the connection's state takes from a message. */
static void note_message(struct stream *s, enum side from, const struct tls_message *m)
{
	if (m->type == HS_CLIENT_HELLO)
		s->side[from].sent_hello = true;
	if (m->type == HS_CLIENT_HELLO && !s->decryptor && !keylog_is_empty(tls_keylog(s->tls)))
		s->decryptor = decryptor_new(tls_keylog(s->tls), TRANSPORT_TCP);
	if (m->type == HS_SERVER_HELLO) {
		s->version = m->body.server_hello->version;
		s->suite = m->body.server_hello->suite;
	}
	if (!s->decryptor)
		return;
	if (m->type == HS_CLIENT_HELLO)
		decryptor_client_hello(s->decryptor, m->body.client_hello);
	else if (m->type == HS_SERVER_HELLO && !m->body.server_hello->is_retry)
		decryptor_server_hello(s->decryptor, m->body.server_hello);
	else if (m->type == HS_FINISHED && is_tls13(s->version))
		decryptor_finished(s->decryptor, from);
	else if (m->type == HS_END_OF_EARLY_DATA)
		decryptor_end_of_early_data(s->decryptor, from);
	else if (m->type == HS_KEY_UPDATE)
		decryptor_key_update(s->decryptor, from);
}

/* A ClientHello in answer to a ClientHello: something sends back what it gets. */
static void push_echo(struct stream *s, enum side from, const uint8_t *body, size_t len)
{
	struct tls_event event = { .kind = TLS_FOREIGN, .from = from, .mark = s->mark };
	size_t n = len < FOREIGN_SAMPLE_MAX ? len : FOREIGN_SAMPLE_MAX;

	event.foreign.protocol = FOREIGN_ECHO;
	memcpy(event.foreign.sample, body, n);
	event.foreign.sample_len = (uint16_t)n;
	event.foreign.instead_of_answer = true;
	tls_push(s->tls, &event);
}

void content_message(struct stream *s, enum side from, uint8_t type, const uint8_t *body,
		     size_t len, struct mark first, bool decrypted)
{
	struct direction *d = &s->side[from];
	struct message_context context = {
		.version = s->version, .record_version = d->message_version, .suite = s->suite,
		.record_count = d->message_records, .cache = tls_cache(s->tls), .stock = tls_stock(s->tls),
	};
	struct tls_message message;

	message_parse(&context, type, body, len, &message);
	message.first = first;
	message.decrypted = decrypted;
	if (type == HS_CLIENT_HELLO && !decrypted && s->side[other_side(from)].sent_hello)
		push_echo(s, from, body, len);
	note_message(s, from, &message);
	d->resumed = false;
	tls_begin(s->tls, TLS_MESSAGE, from, s->mark)->message = message;
	if (message.malformed)
		tls_push_broken(s->tls, from, s->mark, BROKEN_MESSAGE, type, message.broke_at,
				body + message.broke_at, len - message.broke_at);
}

/* After a gap a record may begin amid a message: what follows must look like a header. */
static bool looks_like_message(uint8_t type, uint32_t len)
{
	return type != HS_HELLO_REQUEST && handshake_type_name(type) && len <= MESSAGE_MAX;
}

/* Where in the record a message's first byte stood tells in which packet it came. */
static struct mark first_mark(const struct stream *s, const struct record *record, size_t at)
{
	return at < record->first_len ? record->first : s->mark;
}

/* The first bytes of a message are there: may it go on? */
static bool message_begins(struct stream *s, enum side from, const struct record *record,
			   uint8_t type, uint32_t len, const struct reader *at)
{
	struct direction *d = &s->side[from];

	if (d->resumed && !looks_like_message(type, len)) {
		d->message_lost = true;
		return false;
	}
	if (len > MESSAGE_MAX) {
		tls_push_broken(s->tls, from, s->mark, BROKEN_MESSAGE_LENGTH, type, record->offset,
				at->at, left(at));
		d->message_skip = len;
		return false;
	}
	return true;
}

/* A message that lies whole in one fragment is parsed where it stands. */
static bool take_in_place(struct stream *s, enum side from, const struct record *record,
			  const uint8_t *fragment, struct reader *r, bool decrypted)
{
	struct direction *d = &s->side[from];
	struct reader ahead = *r;
	uint8_t type = take_u8(&ahead);
	uint32_t len = take_u24(&ahead);
	const uint8_t *body = take(&ahead, len);

	if (!body || len > MESSAGE_MAX)
		return false;
	if (!message_begins(s, from, record, type, len, r))
		return false;
	d->message_records = 1;
	d->message_version = record->version;
	content_message(s, from, type, body, len,
			first_mark(s, record, (size_t)(r->at - fragment)), decrypted);
	d->message_records = 0;
	*r = ahead;
	return true;
}

/* Adds to the message that is being put together what of the fragment belongs to it. */
static void put_together(struct stream *s, enum side from, const struct record *record,
			 const uint8_t *fragment, struct reader *r, bool decrypted)
{
	struct direction *d = &s->side[from];

	if (!d->message.have) {
		d->message_first = first_mark(s, record, (size_t)(r->at - fragment));
		d->message_version = record->version;
		d->message_want = MESSAGE_HEADER_LEN;
	}
	while (more(r) && d->message.have < d->message_want) {
		size_t missing = d->message_want - d->message.have;
		size_t n = missing < left(r) ? missing : left(r);

		pile_add(&d->message, take(r, n), n);
		if (d->message.have != MESSAGE_HEADER_LEN)
			continue;

		struct reader header = reader_of(d->message.at, MESSAGE_HEADER_LEN);
		uint8_t type = take_u8(&header);
		uint32_t len = take_u24(&header);
		struct reader at = reader_of(d->message.at, MESSAGE_HEADER_LEN);

		if (!message_begins(s, from, record, type, len, &at)) {
			pile_free(&d->message);
			d->message_want = 0;
			return;
		}
		d->message_want = MESSAGE_HEADER_LEN + (size_t)len;
	}
	if (d->message.have < d->message_want || d->message_want < MESSAGE_HEADER_LEN)
		return;
	content_message(s, from, d->message.at[0], d->message.at + MESSAGE_HEADER_LEN,
			d->message.have - MESSAGE_HEADER_LEN, d->message_first, decrypted);
	pile_free(&d->message);
	d->message_want = 0;
	d->message_records = 0;
}

/* Two HelloRequests in one record are no messages but zeros that somebody padded with. */
static bool is_zeros(struct reader r)
{
	uint32_t first = take_u32(&r), second = take_u32(&r);

	return read_ok(&r) && first == 0 && second == 0;
}

/* Passes over what is left of a message too long to be kept. */
static void skip_message(struct direction *d, struct reader *r)
{
	size_t n = d->message_skip < left(r) ? d->message_skip : left(r);

	take(r, n);
	d->message_skip -= (uint32_t)n;
}

/* Handshake messages may share a record or be spread over several (RFC 8446 5.1). */
static void take_handshake(struct stream *s, enum side from, const struct record *record,
			   const uint8_t *fragment, size_t len, bool decrypted)
{
	struct direction *d = &s->side[from];
	struct reader r = reader_of(fragment, len);

	if (!len) {
		tls_push_broken(s->tls, from, s->mark, BROKEN_RECORD_EMPTY, 0, record->offset,
				NULL, 0);
		return;
	}
	if (d->message_lost && d->resumed)
		d->message_lost = false;	/* each record is another chance to find a beginning */
	if (d->message_want)
		d->message_records++;
	skip_message(d, &r);
	while (more(&r) && !d->message_lost) {
		if (!d->message_want && is_zeros(r))
			break;
		if (!d->message_want && take_in_place(s, from, record, fragment, &r, decrypted))
			continue;
		if (d->message_lost)
			break;
		if (!d->message_want)
			d->message_records = 1;
		put_together(s, from, record, fragment, &r, decrypted);
		skip_message(d, &r);
	}
}

/* RFC 8446 6: two bytes. Several in one record were legal until TLS 1.2, halves of one as well, but
 * nobody sends those. */
static void take_alerts(struct stream *s, enum side from, const struct record *record,
			const uint8_t *fragment, size_t len, bool decrypted)
{
	enum { AT_ONCE_MAX = 4 };
	struct reader r = reader_of(fragment, len);

	if (len == 0 || len % 2 != 0 || len > 2 * AT_ONCE_MAX) {
		tls_push_broken(s->tls, from, s->mark, len ? BROKEN_ALERT : BROKEN_RECORD_EMPTY, 0,
				record->offset, fragment, len);
		return;
	}
	while (more(&r)) {
		struct tls_alert *alert = &tls_begin(s->tls, TLS_ALERT, from, s->mark)->alert;

		alert->level = take_u8(&r);
		alert->code = take_u8(&r);
		alert->decrypted = decrypted;
	}
}

static void take_content(struct stream *s, enum side from, const struct record *record,
			 uint8_t type, const uint8_t *fragment, size_t len, bool decrypted)
{
	if (type == CONTENT_HANDSHAKE)
		take_handshake(s, from, record, fragment, len, decrypted);
	else if (type == CONTENT_ALERT)
		take_alerts(s, from, record, fragment, len, decrypted);
	else if (type == CONTENT_CHANGE_CIPHER_SPEC && !is_tls13(s->version)) {
		s->side[from].is_protected = true;
		if (s->decryptor && s->version)
			decryptor_change_cipher_spec(s->decryptor, from);
	}
}

/*
 * A handshake record that may be protected for all we know: the ChangeCipherSpec may have been in a
 * gap, or the version may be unknown because the other side is not in the capture. Then a client
 * sends ChangeCipherSpec before protected records, or (RFC 8446 D.4) before a second ClientHello.
 */
static bool is_doubtful_handshake(const struct stream *s, enum side from,
				  const struct record *record)
{
	const struct direction *d = &s->side[from];
	struct reader r = reader_of(record->fragment, record->fragment ? record->length : 0);
	uint8_t type = take_u8(&r);
	uint32_t len = take_u24(&r);

	if (record->type != CONTENT_HANDSHAKE || d->message_want)
		return false;
	if (d->is_protected && !s->version)
		return type != HS_CLIENT_HELLO || len < left(&r);
	return d->resumed && !looks_like_message(type, len);
}

/* Opens a protected record where the keys are known. */
static bool try_decrypt(struct stream *s, enum side from, const struct record *record,
			struct tls_record *facts, size_t *plain_len)
{
	if (!s->decryptor || !record->fragment)
		return false;
	if (s->plain.room < record->length) {
		s->plain.at = must(realloc(s->plain.at, record->length));
		s->plain.room = record->length;
	}
	return decrypt_record(s->decryptor, from, record->header, record->fragment, record->length,
			      s->plain.at, plain_len, &facts->inner_type, &facts->handshake_keys);
}

static void note_data(struct direction *d, const struct record *record)
{
	if (record->type != CONTENT_APPLICATION_DATA)
		return;
	d->data_records++;
	d->data_bytes += record->length;
}

void content_take(struct stream *s, enum side from, const struct record *record)
{
	bool hidden = content_is_hidden(s, from, record->type, record->length) ||
		      is_doubtful_handshake(s, from, record);
	struct tls_record facts = { .type = record->type, .version = record->version,
		.length = record->length, .offset = record->offset };
	size_t plain_len = 0;

	facts.decrypted = hidden && try_decrypt(s, from, record, &facts, &plain_len);
	facts.hidden = hidden && !facts.decrypted;
	note_data(&s->side[from], record);
	tls_begin(s->tls, TLS_RECORD, from, s->mark)->record = facts;
	if (facts.decrypted)
		take_content(s, from, record, facts.inner_type, s->plain.at, plain_len, true);
	else if (!hidden && record->fragment)
		take_content(s, from, record, record->type, record->fragment, record->length, false);
}
