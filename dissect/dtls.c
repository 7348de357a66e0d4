/*
 * DTLS 1.0, 1.2 (RFC 6347) and 1.3 (RFC 9147), with connection ids (RFC 9146): datagrams to records
 * to messages. Other protocols may share the port (RFC 7983: WebRTC's STUN and RTP): passed over.
 */
#include "dtls_keys.h"
#include "dtls_messages.h"
#include "foreign.h"

enum {
	DTLS10 = 0xfeff, DTLS12 = 0xfefd, DTLS13 = 0xfefc,
	DTLS_BAD_VERSION = 0x0100,	/* OpenSSL before 0.9.8f, and AnyConnect after it */
	FRAGMENT_MAX = 16384 + 2048,	/* RFC 5246 6.2.3 */
	CID_LEN_MAX = 32,		/* longer ones are allowed, but not used */
	RANDOM_AT = 2			/* in a ClientHello body */
};

struct dtls_side {
	struct dtls_messages messages;
	uint64_t bytes;			/* of all datagrams before this one */
	uint8_t cid_len;		/* as found in its records */
	bool spoke_dtls;
	bool was_foreign;		/* said so, once */
	bool has_data;			/* application data under keys was seen */
};

struct dtls {
	struct tls *tls;
	struct message_context context;
	struct dtls_keys *keys;		/* NULL without a key log */
	bool has_random;
	uint8_t client_random[32];
	enum side client;		/* who sent the ClientHello */
	struct dtls_side side[2];
};

/* One record's header, whichever of its three forms. */
struct dtls_record {
	uint8_t type;
	uint16_t version, epoch;
	uint64_t number;		/* epoch and sequence number in one; 0 in DTLS 1.3 */
	struct reader fragment;
	bool hidden, decrypted;
};

struct dtls *dtls_new(struct tls *t)
{
	struct dtls *d = must(calloc(1, sizeof(*d)));

	d->tls = t;
	d->context.datagram = true;
	d->context.cache = tls_cache(t);
	d->context.stock = tls_stock(t);
	d->keys = dtls_keys_new(tls_keylog(t));
	return d;
}

size_t dtls_bytes(const struct dtls *d)
{
	return sizeof(*d) + d->side[SIDE_CLIENT].messages.held + d->side[SIDE_SERVER].messages.held;
}

void dtls_free(struct dtls *d)
{
	if (!d)
		return;
	dtls_messages_clear(&d->side[SIDE_CLIENT].messages);
	dtls_messages_clear(&d->side[SIDE_SERVER].messages);
	dtls_keys_free(d->keys);
	free(d);
}

/* Both sides sent data under keys: how the handshake ended is settled. */
bool dtls_is_done(const struct dtls *d)
{
	return d->side[SIDE_CLIENT].has_data && d->side[SIDE_SERVER].has_data;
}

/* ---- records -------------------------------------------------------------------------------- */

static bool is_version(uint16_t version)
{
	return version == DTLS10 || version == DTLS12 || version == DTLS13 ||
	       version == DTLS_BAD_VERSION;
}

/* RFC 9147 4: the first byte of a protected DTLS 1.3 record is 001CSLEE. */
static bool is_unified(uint8_t first)
{
	return first >> 5 == 1;
}

bool dtls_recognise(const uint8_t *datagram, size_t len)
{
	struct reader r = reader_of(datagram, len);
	uint8_t type = take_u8(&r);
	uint16_t version = take_u16(&r);
	uint16_t epoch = take_u16(&r);
	take(&r, 6);
	uint16_t length = take_u16(&r);

	/* Epochs count up from 0 with each handshake: a high one is another protocol's bytes. */
	bool is_header = read_ok(&r) && type >= CONTENT_CHANGE_CIPHER_SPEC &&
			 type <= CONTENT_HEARTBEAT && is_version(version) && epoch <= 4 &&
			 length > 0 && length <= FRAGMENT_MAX;
	if (!is_header || length <= left(&r))
		return is_header;
	/* The capture may have cut it: a ClientHello is one all the same. */
	return type == CONTENT_HANDSHAKE && epoch == 0 && take_u8(&r) == HS_CLIENT_HELLO;
}

/*
 * How long the connection id is only the hellos say, and those may be lost or hidden: the length
 * that makes the record end where the datagram ends, the one found before first.
 */
static bool take_cid(struct dtls_side *side, struct reader *r, size_t behind)
{
	for (uint8_t i = 0; i <= CID_LEN_MAX; i++) {
		uint8_t len = i == 0 ? side->cid_len : (uint8_t)(i - 1);
		struct reader guess = *r;
		take(&guess, len + behind);
		struct reader fragment = take_vector16(&guess);
		if (read_whole(&guess) && more(&fragment)) {
			side->cid_len = len;
			take(r, len);
			return true;
		}
	}
	take(r, side->cid_len);
	return read_ok(r);
}

static bool take_unified(struct dtls_side *side, struct dtls_record *out, struct reader *r)
{
	uint8_t first = take_u8(r);
	bool has_cid = first & 0x10, long_sequence = first & 0x08, has_length = first & 0x04;
	size_t sequence_len = long_sequence ? 2 : 1;

	out->type = CONTENT_APPLICATION_DATA;
	out->version = DTLS13;
	out->epoch = first & 0x03;
	out->hidden = true;
	if (has_cid && has_length)
		take_cid(side, r, sequence_len);
	else if (has_cid)
		take(r, side->cid_len);
	take(r, sequence_len);
	out->fragment = has_length ? take_vector16(r) : take_reader(r, left(r));
	return read_ok(r);
}

static bool take_record(struct dtls_side *side, struct dtls_record *out, struct reader *r)
{
	*out = (struct dtls_record){ 0 };
	if (more(r) && is_unified(*r->at))
		return take_unified(side, out, r);
	out->type = take_u8(r);
	out->version = take_u16(r);
	out->number = take_u64(r);
	out->epoch = (uint16_t)(out->number >> 48);
	out->hidden = out->epoch > 0;
	if (out->type == CONTENT_CID)
		take_cid(side, r, 0);
	out->fragment = take_vector16(r);
	return read_ok(r) && is_version(out->version) && out->type >= CONTENT_CHANGE_CIPHER_SPEC &&
	       out->type <= CONTENT_ACK && left(&out->fragment) <= FRAGMENT_MAX;
}

/* ---- messages ------------------------------------------------------------------------------- */

static void note_client_hello(struct dtls *d, enum side from, const struct client_hello *hello)
{
	d->has_random = true;
	memcpy(d->client_random, hello->random, sizeof(d->client_random));
	d->client = from;
	if (d->keys)
		dtls_keys_client_hello(d->keys, hello);
}

static void note_server_hello(struct dtls *d, const struct server_hello *hello)
{
	d->context.version = hello->version;
	d->context.suite = hello->suite;
	if (d->keys)
		dtls_keys_server_hello(d->keys, hello);
}

static void note_hellos(struct dtls *d, enum side from, const struct tls_message *message)
{
	const struct server_hello *server = message->body.server_hello;

	if (message->decrypted)		/* a renegotiation, in another epoch */
		return;
	if (message->type == HS_CLIENT_HELLO && message->body.client_hello)
		note_client_hello(d, from, message->body.client_hello);
	if (message->type == HS_SERVER_HELLO && server && !server->is_retry)
		note_server_hello(d, server);
}

static void hand_out(struct dtls *d, enum side from, const struct dtls_pending *whole)
{
	uint8_t *body = must(malloc(whole->length + 1u));
	struct tls_event event = { .kind = TLS_MESSAGE, .from = from, .mark = whole->last };

	fragments_copy(&whole->fragments, 0, body, whole->length);
	d->context.record_count = whole->record_count;
	message_parse(&d->context, whole->type, body, whole->length, &event.message);
	event.message.first = whole->first;
	event.message.decrypted = whole->decrypted;
	note_hellos(d, from, &event.message);
	tls_push(d->tls, &event);
	free(body);
}

static void hand_out_whole(struct dtls *d, enum side from, bool any_order)
{
	struct dtls_messages *messages = &d->side[from].messages;

	for (struct dtls_pending *whole; (whole = dtls_messages_next(messages, any_order)); ) {
		hand_out(d, from, whole);
		dtls_messages_release(messages, whole);
	}
}

/* A ClientHello numbered 0 with another random: the ports are used for a new handshake. */
static bool begins_anew(const struct dtls *d, const struct dtls_fragment *fragment)
{
	struct reader body = fragment->body;

	if (!d->has_random || fragment->type != HS_CLIENT_HELLO || fragment->sequence != 0 ||
	    fragment->offset != 0)
		return false;
	take(&body, RANDOM_AT);
	const uint8_t *random = take(&body, sizeof(d->client_random));
	return random && memcmp(random, d->client_random, sizeof(d->client_random)) != 0;
}

static void begin_anew(struct dtls *d)
{
	for (int side = 0; side < 2; side++) {
		dtls_messages_clear(&d->side[side].messages);
		d->side[side].has_data = false;
	}
	d->has_random = false;
	d->context.version = 0;
	d->context.suite = 0;
}

static void take_fragments(struct dtls *d, const struct capture_event *event,
			   const struct dtls_record *record, uint64_t offset)
{
	struct dtls_messages *messages = &d->side[event->from].messages;
	struct reader content = record->fragment;

	while (more(&content)) {
		struct reader rest = content;
		struct dtls_fragment fragment;
		bool whole = dtls_fragment_take(&fragment, &content);
		if (whole && begins_anew(d, &fragment))
			begin_anew(d);
		if (whole && dtls_messages_is_done(messages, &fragment))
			continue;
		if (whole && dtls_messages_add(messages, &fragment, event->mark, record->decrypted))
			continue;
		tls_push_broken(d->tls, event->from, event->mark,
				whole && fragment.length > MESSAGE_MAX ? BROKEN_MESSAGE_LENGTH
								       : BROKEN_FRAME,
				fragment.type, offset, rest.at, left(&rest));
		return;
	}
	d->context.record_version = d->context.record_version ? d->context.record_version
							       : record->version;
	hand_out_whole(d, event->from, false);
}

/* ---- what a record says --------------------------------------------------------------------- */

static bool only_repeats(const struct dtls *d, enum side from, const struct dtls_record *record)
{
	struct reader content = record->fragment;
	struct dtls_fragment fragment;

	while (more(&content)) {
		if (!dtls_fragment_take(&fragment, &content) || begins_anew(d, &fragment) ||
		    !dtls_messages_is_done(&d->side[from].messages, &fragment))
			return false;
	}
	return true;
}

static void push_record(struct dtls *d, const struct capture_event *event,
			const struct dtls_record *record, size_t wire_len, uint64_t offset)
{
	bool in_clear = record->type == CONTENT_HANDSHAKE && !record->hidden &&
			more(&record->fragment);	/* nothing is left of one that was cut */
	struct tls_event out = {
		.kind = TLS_RECORD, .from = event->from, .mark = event->mark,
		.record = {
			.type = record->type, .version = record->version, .offset = offset,
			.length = (uint32_t)wire_len, .epoch = record->epoch,
			.hidden = record->hidden, .decrypted = record->decrypted,
			.inner_type = record->decrypted ? record->type : 0,
			.repeated = in_clear && only_repeats(d, event->from, record),
		},
	};
	tls_push(d->tls, &out);
}

static void take_alert(struct dtls *d, const struct capture_event *event,
		       const struct dtls_record *record, uint64_t offset)
{
	struct reader r = record->fragment;
	struct tls_event out = {
		.kind = TLS_ALERT, .from = event->from, .mark = event->mark,
		.alert.decrypted = record->decrypted,
	};

	out.alert.level = take_u8(&r);
	out.alert.code = take_u8(&r);
	if (read_whole(&r))
		tls_push(d->tls, &out);
	else
		tls_push_broken(d->tls, event->from, event->mark, BROKEN_ALERT, 0, offset,
				record->fragment.at, left(&record->fragment));
}

/* With the right secret the record's fragment becomes its plaintext, kept in `room`. */
static void open_record(struct dtls *d, enum side from, struct dtls_record *record, uint8_t *room)
{
	struct sealed sealed = {
		.sequence = record->number, .type = record->type, .version = record->version,
		.fragment = record->fragment.at, .len = left(&record->fragment),
	};
	size_t len;

	if (record->type == CONTENT_CID || record->version == DTLS13 ||
	    !dtls_keys_open(d->keys, from, &sealed, room, &len))
		return;
	record->fragment = reader_of(room, len);
	record->hidden = false;
	record->decrypted = true;
}

static void read_content(struct dtls *d, const struct capture_event *event,
			 const struct dtls_record *record, size_t wire_len, uint64_t offset)
{
	push_record(d, event, record, wire_len, offset);
	if (record->hidden)
		return;
	if (record->type == CONTENT_HANDSHAKE)
		take_fragments(d, event, record, offset);
	else if (record->type == CONTENT_ALERT)
		take_alert(d, event, record, offset);
}

static void read_record(struct dtls *d, const struct capture_event *event,
			struct dtls_record *record, uint64_t offset)
{
	struct dtls_side *side = &d->side[event->from];
	size_t wire_len = left(&record->fragment);
	uint8_t *room = NULL;

	if (record->hidden) {
		bool is_data = record->type == CONTENT_APPLICATION_DATA ||
			       record->type == CONTENT_CID;
		/* A DTLS 1.3 handshake is hidden too: its data comes in epoch 3 (RFC 9147 6.1). */
		side->has_data |= is_data && (record->version != DTLS13 || record->epoch == 3);
		hand_out_whole(d, event->from, true);
	}
	if (record->hidden && d->keys) {
		room = must(malloc(wire_len + 1));
		open_record(d, event->from, record, room);
	}
	read_content(d, event, record, wire_len, offset);
	free(room);
}

/* ---- datagrams ------------------------------------------------------------------------------ */

/* RFC 7983: by their first byte STUN, ZRTP, TURN channels and RTP share a port with DTLS. */
static bool shares_the_port(uint8_t first)
{
	return first <= 3 || (first >= 16 && first <= 19) || (first >= 64 && first <= 79) ||
	       (first >= 128 && first <= 191);
}

/* Short headers come with DTLS 1.3 only, and their first bytes are those of digits in text. */
static bool may_be_unified(const struct dtls *d, const struct capture_event *event)
{
	if (d->context.version)
		return is_tls13(d->context.version);
	return !foreign_is_text(reader_of(event->bytes, event->len));
}

static bool is_dtls(const struct dtls *d, const struct capture_event *event)
{
	struct reader r = reader_of(event->bytes, event->len);
	uint8_t first = take_u8(&r);
	uint16_t version = take_u16(&r);

	if (is_unified(first))
		return may_be_unified(d, event);
	bool fits = first >= CONTENT_CHANGE_CIPHER_SPEC && first <= CONTENT_ACK;
	return fits && (is_version(version) || d->side[event->from].spoke_dtls);
}

/* This side never spoke DTLS: what it says instead is told once. */
static void push_foreign(struct dtls *d, const struct capture_event *event)
{
	struct tls_event out = {
		.kind = TLS_FOREIGN, .from = event->from, .mark = event->mark,
		.foreign.protocol = foreign_recognise(event->from, event->bytes, event->len),
		.foreign.instead_of_answer = d->has_random && d->client != event->from,
	};
	size_t len = event->len < FOREIGN_SAMPLE_MAX ? event->len : FOREIGN_SAMPLE_MAX;

	memcpy(out.foreign.sample, event->bytes, len);
	out.foreign.sample_len = (uint16_t)len;
	d->side[event->from].was_foreign = true;
	tls_push(d->tls, &out);
}

static void read_datagram(struct dtls *d, const struct capture_event *event)
{
	struct dtls_side *side = &d->side[event->from];
	struct reader datagram = reader_of(event->bytes, event->len);

	while (more(&datagram)) {
		struct reader rest = datagram;
		uint64_t offset = side->bytes + (event->len - left(&datagram));
		struct dtls_record record;
		if (take_record(side, &record, &datagram)) {
			read_record(d, event, &record, offset);
			continue;
		}
		if (event->cut && !read_ok(&datagram))
			push_record(d, event, &record, left(&rest), offset);
		else
			tls_push_broken(d->tls, event->from, event->mark, BROKEN_RECORD_HEADER, 0,
					offset, rest.at, left(&rest));
		return;
	}
}

void dtls_feed(struct dtls *d, const struct capture_event *event)
{
	struct dtls_side *side = &d->side[event->from];

	if (event->kind != FLOW_DATAGRAM || event->len == 0)
		return;
	/* An answer means that whatever order the other side's messages lack will not come. */
	hand_out_whole(d, other_side(event->from), true);
	if (is_dtls(d, event)) {
		side->spoke_dtls = true;
		read_datagram(d, event);
	} else if (!side->spoke_dtls && !side->was_foreign && !shares_the_port(event->bytes[0])) {
		push_foreign(d, event);
	}
	side->bytes += event->len;
}
