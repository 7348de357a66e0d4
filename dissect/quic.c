/*
 * QUIC (RFC 9000, 9001, 9369) as far as its handshake: Initial packets are opened with the keys
 * that everybody can derive, the rest with those of a key log or not at all.
 */
#include "fragments.h"
#include "parse.h"
#include "quic_packet.h"

/* Packets of one space in a row that did not authenticate: then its keys are not the right ones. */
enum { ATTEMPTS = 64 };

/* Packet number spaces (RFC 9000 12.3) that have CRYPTO frames. */
enum space { SPACE_INITIAL, SPACE_HANDSHAKE, SPACE_DATA, SPACE_COUNT };

struct crypto_stream {
	struct fragments fragments;
	uint64_t next;			/* offset of the message that is due */
	struct mark first;		/* packet with that message's first bytes */
	uint32_t packets;		/* that it was spread over so far */
	uint64_t counted;		/* the latest of them */
	bool broken;
};

struct quic_side {
	struct crypto_stream crypto[SPACE_COUNT];
	struct quic_keys keys[SPACE_COUNT];
	bool keyed[SPACE_COUNT];
	uint8_t attempts_left[SPACE_COUNT];
	uint64_t bytes;			/* of all datagrams before this one */
	uint8_t cid_len;		/* of this side's own connection ids */
	uint8_t data_packets;
	bool closed;			/* its CONNECTION_CLOSE was told */
};

struct quic {
	struct tls *tls;
	struct message_context context;
	const struct quic_version *version;
	uint32_t version_number;	/* of the client's first packet */
	uint64_t packets;		/* so far, in both directions */
	struct quic_cid key_cid;	/* that the Initial keys come from */
	bool has_client_random;
	uint8_t client_random[RANDOM_LEN];
	enum side client;
	struct quic_side side[2];
};

struct quic *quic_new(struct tls *t)
{
	struct quic *q = must(calloc(1, sizeof(*q)));

	q->tls = t;
	q->context.cache = tls_cache(t);
	q->context.stock = tls_stock(t);
	for (int side = 0; side < 2; side++)
		memset(q->side[side].attempts_left, ATTEMPTS, SPACE_COUNT);
	return q;
}

size_t quic_bytes(const struct quic *q)
{
	size_t bytes = sizeof(*q);

	for (int side = 0; side < 2; side++)
		for (int space = 0; space < SPACE_COUNT; space++)
			bytes += fragments_bytes(&q->side[side].crypto[space].fragments);
	return bytes;
}

void quic_free(struct quic *q)
{
	if (!q)
		return;
	for (int side = 0; side < 2; side++) {
		for (int space = 0; space < SPACE_COUNT; space++)
			fragments_clear(&q->side[side].crypto[space].fragments);
	}
	free(q);
}

/* Both sent data, the server after the client: it took the client's Finished. */
bool quic_is_done(const struct quic *q)
{
	return q->side[SIDE_CLIENT].data_packets > 1 && q->side[SIDE_SERVER].data_packets > 1;
}

/* RFC 9000 15: made to force Version Negotiation. */
static bool is_reserved_version(uint32_t version)
{
	return (version & 0x0f0f0f0f) == 0x0a0a0a0a;
}

/* A client's first packet of which the capture did not keep all: its header is whole. */
static bool is_cut_initial(const struct quic_packet *packet)
{
	return packet->type == QUIC_INITIAL && quic_version(packet->version) &&
	       packet->destination.len >= 8 && packet->sealed.header_len > 0;
}

bool quic_recognise(const uint8_t *datagram, size_t len)
{
	struct reader r = reader_of(datagram, len);
	struct quic_packet packet;

	if (!quic_packet_take(&packet, &r, 0))
		return is_cut_initial(&packet);
	if (packet.type == QUIC_ONE_RTT || !(datagram[0] & 0x40))
		return false;
	/* Only a client's first packet, padded to 1200 (RFC 9000 14.1). */
	if (packet.type == QUIC_UNKNOWN)
		return is_reserved_version(packet.version) && len >= 1200;
	if (packet.type == QUIC_VERSIONS)
		return false;
	return packet.type == QUIC_RETRY_PACKET || left(&packet.sealed.rest) >= QUIC_SAMPLE_LEN;
}

/* ---- messages ------------------------------------------------------------------------------- */

static void note_message(struct quic *q, enum side from, const struct tls_message *message)
{
	const struct client_hello *client = message->body.client_hello;
	const struct server_hello *server = message->body.server_hello;

	if (message->type == HS_CLIENT_HELLO && client) {
		q->client = from;
		q->has_client_random = true;
		memcpy(q->client_random, client->random, RANDOM_LEN);
	}
	if (message->type == HS_SERVER_HELLO && server && !server->is_retry) {
		q->context.version = server->version;
		q->context.suite = server->suite;
	}
}

/* One whole message at the stream's front, if there is one. */
static bool hand_out_message(struct quic *q, const struct capture_event *event, enum space space)
{
	struct crypto_stream *crypto = &q->side[event->from].crypto[space];
	enum { HEADER_LEN = 4 };
	uint8_t header[HEADER_LEN];
	size_t reach = fragments_reach(&crypto->fragments, crypto->next);

	if (crypto->broken || reach < HEADER_LEN)
		return false;
	fragments_copy(&crypto->fragments, crypto->next, header, HEADER_LEN);
	struct reader r = reader_of(header, HEADER_LEN);
	uint8_t type = take_u8(&r);
	size_t len = take_u24(&r);
	if (len > MESSAGE_MAX) {
		crypto->broken = true;
		tls_push_broken(q->tls, event->from, event->mark, BROKEN_MESSAGE_LENGTH, type,
				crypto->next, header, HEADER_LEN);
		return false;
	}
	if (reach - HEADER_LEN < len)
		return false;
	struct tls_event out = { .kind = TLS_MESSAGE, .from = event->from, .mark = event->mark };
	uint8_t *body = must(malloc(len + 1));
	fragments_copy(&crypto->fragments, crypto->next + HEADER_LEN, body, len);
	q->context.record_count = crypto->packets;
	message_parse(&q->context, type, body, len, &out.message);
	free(body);
	out.message.first = crypto->first;
	out.message.decrypted = space != SPACE_INITIAL;
	note_message(q, event->from, &out.message);
	tls_push(q->tls, &out);
	crypto->next += HEADER_LEN + len;
	crypto->first = event->mark;
	crypto->packets = 1;
	fragments_drop(&crypto->fragments, crypto->next);
	return true;
}

static void take_crypto(struct quic *q, const struct capture_event *event, enum space space,
			const struct quic_frame *frame)
{
	struct crypto_stream *crypto = &q->side[event->from].crypto[space];
	size_t held = crypto->fragments.held;

	if (crypto->broken || frame->offset + left(&frame->data) <= crypto->next)
		return;
	/* RFC 9000 7.5: nobody needs to buffer more than a message's worth. */
	bool kept = frame->offset <= crypto->next + MESSAGE_MAX &&
		    fragments_add(&crypto->fragments, frame->offset, frame->data.at,
				  left(&frame->data), MESSAGE_MAX);
	if (!kept) {
		crypto->broken = true;
		tls_push_broken(q->tls, event->from, event->mark, BROKEN_FRAME, 0, frame->offset,
				frame->data.at, left(&frame->data));
		return;
	}
	if (held == 0) {
		crypto->first = event->mark;
		crypto->packets = 0;
	}
	if (crypto->packets == 0 || crypto->counted != q->packets)
		crypto->packets++;
	crypto->counted = q->packets;
	while (hand_out_message(q, event, space))
		continue;
}

/* ---- frames --------------------------------------------------------------------------------- */

/* RFC 9001 4.8: error 0x100 and the alert's number. */
static bool is_crypto_error(const struct quic_frame *frame)
{
	return frame->type == FRAME_CLOSE && frame->error >= 0x100 && frame->error <= 0x1ff;
}

static void push_close(struct quic *q, const struct capture_event *event, enum space space,
		       const struct quic_frame *frame)
{
	struct tls_event out = { .kind = TLS_QUIC, .from = event->from, .mark = event->mark };
	size_t len = left(&frame->data) < QUIC_REASON_MAX ? left(&frame->data) : QUIC_REASON_MAX;

	if (q->side[event->from].closed)	/* said in every space, and again to who goes on */
		return;
	q->side[event->from].closed = true;
	if (is_crypto_error(frame)) {
		out.kind = TLS_ALERT;
		out.alert = (struct tls_alert){
			.level = 2, .code = (uint8_t)frame->error,
			.decrypted = space != SPACE_INITIAL,
		};
	} else {
		out.quic = (struct tls_quic){
			.kind = QUIC_CLOSE, .version = q->version_number, .error = frame->error,
			.frame_type = frame->cause, .decrypted = space != SPACE_INITIAL,
			.application = frame->type == FRAME_CLOSE_APPLICATION,
		};
		memcpy(out.quic.reason, frame->data.at, len);
		out.quic.reason_len = (uint16_t)len;
	}
	tls_push(q->tls, &out);
}

static void read_frames(struct quic *q, const struct capture_event *event, enum space space,
			struct reader payload, uint64_t offset)
{
	while (more(&payload)) {
		struct reader rest = payload;
		struct quic_frame frame;
		if (!quic_frame_take(&frame, &payload)) {
			/* Behind the handshake extensions bring frames that are not known here. */
			if (space != SPACE_DATA)
				tls_push_broken(q->tls, event->from, event->mark, BROKEN_FRAME, 0,
						offset, rest.at, left(&rest));
			return;
		}
		if (frame.type == FRAME_CRYPTO)
			take_crypto(q, event, space, &frame);
		else if (frame.type == FRAME_CLOSE || frame.type == FRAME_CLOSE_APPLICATION)
			push_close(q, event, space, &frame);
	}
}

/* CRYPTO frames, and none with anything new. */
static bool only_repeats(const struct crypto_stream *crypto, struct reader payload)
{
	struct quic_frame frame;
	bool has_crypto = false;

	while (more(&payload) && quic_frame_take(&frame, &payload)) {
		if (frame.type != FRAME_CRYPTO)
			continue;
		has_crypto = true;
		if (frame.offset + left(&frame.data) > crypto->next)
			return false;
	}
	return has_crypto;
}

/* ---- keys ----------------------------------------------------------------------------------- */

static void install_initial(struct quic *q, const struct quic_keys *of_client,
			    const struct quic_keys *of_server, const struct quic_cid *cid,
			    enum side client)
{
	enum side server = other_side(client);

	q->key_cid = *cid;
	q->client = client;
	q->side[client].keys[SPACE_INITIAL] = *of_client;
	q->side[server].keys[SPACE_INITIAL] = *of_server;
	for (int side = 0; side < 2; side++) {
		q->side[side].keyed[SPACE_INITIAL] = true;
		q->side[side].attempts_left[SPACE_INITIAL] = ATTEMPTS;
	}
}

static void key_initial(struct quic *q, const struct quic_cid *cid, enum side client)
{
	struct quic_keys of_client, of_server;

	if (quic_initial_keys(&of_client, &of_server, q->version, cid))
		install_initial(q, &of_client, &of_server, cid, client);
}

static bool key_from_log(struct quic *q, enum side from, enum space space)
{
	bool is_client = from == q->client;
	enum secret_label label =
		space == SPACE_HANDSHAKE
			? (is_client ? SECRET_CLIENT_HANDSHAKE : SECRET_SERVER_HANDSHAKE)
			: (is_client ? SECRET_CLIENT_TRAFFIC : SECRET_SERVER_TRAFFIC);
	const struct cipher_suite *suite = cipher_suite(q->context.suite);
	struct quic_side *side = &q->side[from];
	struct secret secret;

	if (!side->keyed[space] && q->has_client_random && suite && q->version &&
	    keylog_find(tls_keylog(q->tls), &secret, label, q->client_random, 0))
		side->keyed[space] = quic_traffic_keys(&side->keys[space], q->version, suite,
						       &secret);
	return side->keyed[space];
}

static bool try_open(struct quic_side *side, enum space space, const struct quic_packet *packet,
		     uint8_t *out, size_t *out_len)
{
	if (!side->keyed[space] || side->attempts_left[space] == 0)
		return false;
	bool opened = quic_open(&side->keys[space], &packet->sealed, out, out_len);
	side->attempts_left[space] =
		opened ? ATTEMPTS : (uint8_t)(side->attempts_left[space] - 1);
	return opened;
}

static bool same_cid(const struct quic_cid *a, const struct quic_cid *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* As a client's first packet, or its first after a Retry that was not seen. */
static bool open_as_first(struct quic *q, enum side from, const struct quic_packet *packet,
			  uint8_t *out, size_t *out_len)
{
	struct quic_keys of_client, of_server;

	if (!quic_initial_keys(&of_client, &of_server, q->version, &packet->destination) ||
	    !quic_open(&of_client, &packet->sealed, out, out_len))
		return false;
	install_initial(q, &of_client, &of_server, &packet->destination, from);
	return true;
}

static bool open_initial(struct quic *q, enum side from, const struct quic_packet *packet,
			 uint8_t *out, size_t *out_len)
{
	bool keyed = q->side[from].keyed[SPACE_INITIAL];

	if (try_open(&q->side[from], SPACE_INITIAL, packet, out, out_len))
		return true;
	if (!q->version || (keyed && from != q->client) ||
	    (keyed && same_cid(&q->key_cid, &packet->destination)))
		return false;
	return open_as_first(q, from, packet, out, out_len);
}

/* ---- packets -------------------------------------------------------------------------------- */

static uint16_t epoch_of(enum quic_type type)
{
	switch (type) {
	case QUIC_ZERO_RTT:
		return 1;
	case QUIC_HANDSHAKE:
		return 2;
	case QUIC_ONE_RTT:
		return 3;
	default:
		return 0;
	}
}

static void push_record(struct quic *q, const struct capture_event *event,
			const struct quic_packet *packet, uint64_t offset, bool opened,
			bool repeated)
{
	struct tls_event out = {
		.kind = TLS_RECORD, .from = event->from, .mark = event->mark,
		.record = {
			.type = packet->type == QUIC_ONE_RTT || packet->type == QUIC_ZERO_RTT
				? CONTENT_APPLICATION_DATA : CONTENT_HANDSHAKE,
			.version = 0x0304, .offset = offset, .epoch = epoch_of(packet->type),
			.length = (uint32_t)left(&packet->sealed.rest), .hidden = !opened,
			.decrypted = opened && packet->type != QUIC_INITIAL,
			.handshake_keys = opened && packet->type == QUIC_HANDSHAKE,
			.repeated = repeated,
		},
	};
	tls_push(q->tls, &out);
}

static void read_protected(struct quic *q, const struct capture_event *event,
			   const struct quic_packet *packet, uint64_t offset)
{
	enum space space = packet->type == QUIC_INITIAL ? SPACE_INITIAL
			   : packet->type == QUIC_HANDSHAKE ? SPACE_HANDSHAKE : SPACE_DATA;
	struct quic_side *side = &q->side[event->from];
	uint8_t *payload = must(malloc(left(&packet->sealed.rest) + 1));
	size_t len = 0;
	bool opened = false;

	q->packets++;
	if (packet->type == QUIC_INITIAL)
		opened = open_initial(q, event->from, packet, payload, &len);
	else if (packet->type != QUIC_ZERO_RTT && key_from_log(q, event->from, space))
		opened = try_open(side, space, packet, payload, &len);
	struct reader frames = reader_of(payload, opened ? len : 0);
	push_record(q, event, packet, offset, opened,
		    opened && only_repeats(&side->crypto[space], frames));
	read_frames(q, event, space, frames, offset);
	free(payload);
	if (packet->type != QUIC_ONE_RTT)
		return;
	/* A server sends data before it has the client's Finished: only what follows counts. */
	bool counts = event->from == q->client || q->side[q->client].data_packets > 0;
	if (counts && side->data_packets < UINT8_MAX)
		side->data_packets++;
}

/* What follows Version Negotiation is another attempt, with a ClientHello of its own. */
static void begin_anew(struct quic *q)
{
	for (int side = 0; side < 2; side++) {
		struct quic_side *s = &q->side[side];
		for (int space = 0; space < SPACE_COUNT; space++) {
			fragments_clear(&s->crypto[space].fragments);
			s->crypto[space] = (struct crypto_stream){ 0 };
			s->keyed[space] = false;
		}
	}
	q->version = NULL;
	q->key_cid.len = 0;
}

static void read_versions(struct quic *q, const struct capture_event *event, struct reader list)
{
	struct tls_event out = {
		.kind = TLS_QUIC, .from = event->from, .mark = event->mark,
		.quic = { .kind = QUIC_VERSION_NEGOTIATION, .version = q->version_number },
	};

	while (left(&list) >= 4 && out.quic.version_count < QUIC_VERSIONS_MAX)
		out.quic.versions[out.quic.version_count++] = take_u32(&list);
	tls_push(q->tls, &out);
	begin_anew(q);
}

/* RFC 9001 5.2: from now on the keys come from the connection id that the server chose. */
static void read_retry(struct quic *q, const struct capture_event *event,
		       const struct quic_packet *packet)
{
	struct tls_event out = {
		.kind = TLS_QUIC, .from = event->from, .mark = event->mark,
		.quic = { .kind = QUIC_RETRY, .version = q->version_number },
	};

	tls_push(q->tls, &out);
	if (q->version)
		key_initial(q, &packet->source, other_side(event->from));
}

static void read_packet(struct quic *q, const struct capture_event *event,
			const struct quic_packet *packet, uint64_t offset)
{
	if (packet->type != QUIC_ONE_RTT && packet->type != QUIC_VERSIONS) {
		q->side[event->from].cid_len = packet->source.len;
		if (!q->version_number)
			q->version_number = packet->version;
		/* Also after Version Negotiation, and where a server switches (RFC 9368). */
		const struct quic_version *version = quic_version(packet->version);
		if (version && version != q->version) {
			q->version = version;
			if (q->key_cid.len)
				key_initial(q, &q->key_cid, q->client);
		}
	}
	if (packet->type == QUIC_VERSIONS)
		read_versions(q, event, packet->body);
	else if (packet->type == QUIC_RETRY_PACKET)
		read_retry(q, event, packet);
	else if (packet->type == QUIC_UNKNOWN)
		push_record(q, event, packet, offset, false, false);
	else
		read_protected(q, event, packet, offset);
}

/* The datagram ends before the packet does: by the capture's doing a hidden one, else malformed. */
static void push_short(struct quic *q, const struct capture_event *event,
		       const struct quic_packet *packet, uint64_t offset)
{
	if (event->cut)
		push_record(q, event, packet, offset, false, false);
	else
		tls_push_broken(q->tls, event->from, event->mark, BROKEN_FRAME, 0, offset, NULL, 0);
}

void quic_feed(struct quic *q, const struct capture_event *event)
{
	struct quic_side *side = &q->side[event->from];
	struct reader datagram = reader_of(event->bytes, event->len);

	if (event->kind != FLOW_DATAGRAM)
		return;
	while (more(&datagram)) {
		uint64_t offset = side->bytes + (event->len - left(&datagram));
		struct quic_packet packet;
		uint8_t cid_len = q->side[other_side(event->from)].cid_len;
		if (!quic_packet_take(&packet, &datagram, cid_len)) {
			if (quic_version(packet.version))
				push_short(q, event, &packet, offset);
			break;
		}
		read_packet(q, event, &packet, offset);
	}
	side->bytes += event->len;
}
