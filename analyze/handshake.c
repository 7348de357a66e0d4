#include "../must.h"
#include "gist.h"
#include "handshake.h"

#include <stddef.h>
#include <stdlib.h>

/* What is parsed of a hello takes up to so many times its bytes: lists of pointers and copies. */
enum { PARSED_FACTOR = 3, PARSED_LITTLE = 256 };

static const struct tls_foreign nothing_foreign;
static const struct tls_broken nothing_broken;
static const struct tls_quic nothing_quic;

/* The lists' own room need not be cleared. */
void handshake_begin(struct handshake *h, const char *file, uint64_t serial, char dissected_as)
{
	memset(h, 0, offsetof(struct handshake, first_messages));
	h->file = file;
	h->serial = serial;
	h->dissected_as = dissected_as;
	h->messages = h->first_messages;
	h->alerts = h->first_alerts;
	for (int side = 0; side < 2; side++) {
		h->records[side] = h->first_records[side];
		h->foreign[side] = &nothing_foreign;
		h->broken[side] = &nothing_broken;
		h->quic[side] = &nothing_quic;
	}
}

struct handshake *handshake_new(const char *file, uint64_t serial, char dissected_as)
{
	struct handshake *h = malloc(sizeof(*h));

	if (h)
		handshake_begin(h, file, serial, dissected_as);
	return h;
}

/* Turned, a side's records begin in the other's room. */
static void free_lists(struct handshake *h)
{
	if (h->messages != h->first_messages)
		free(h->messages);
	if (h->alerts != h->first_alerts)
		free(h->alerts);
	for (int side = 0; side < 2; side++) {
		if (h->records[side] != h->first_records[0] && h->records[side] != h->first_records[1])
			free(h->records[side]);
		if (h->foreign[side] != &nothing_foreign)
			free((void *)(uintptr_t)h->foreign[side]);
		if (h->broken[side] != &nothing_broken)
			free((void *)(uintptr_t)h->broken[side]);
		if (h->quic[side] != &nothing_quic)
			free((void *)(uintptr_t)h->quic[side]);
	}
	free(h->upgrades);
}

static void release_certificates(struct certificate_list *list, struct dissector *d)
{
	for (uint16_t i = 0; list && i < list->count; i++)
		certificate_release(list->at[i]);
	dissector_reuse(d, list);
}

void handshake_empty(struct handshake *h, struct dissector *d)
{
	free_lists(h);
	free(h->own_flow);
	free(h->encrypted_extensions);
	free(h->staple);
	dissector_reuse(d, h->hello);
	dissector_reuse(d, h->second_hello);
	dissector_reuse(d, h->retry);
	dissector_reuse(d, h->server);
	dissector_reuse(d, h->key_exchange);
	dissector_reuse(d, h->request);
	release_certificates(h->certificates, d);
	release_certificates(h->client_certificates, d);
}

void handshake_free(struct handshake *h)
{
	if (!h)
		return;
	handshake_empty(h, NULL);
	free(h);
}

void handshake_expect(const struct handshake *h)
{
	const char *at = &h->dissected_as, *end = (const char *)(h->last_data + 2);

	for (; at < end; at += CACHE_LINE)
		__builtin_prefetch(at);
}

/* Asked at each packet, so the bodies are not looked at again. */
size_t handshake_bytes(const struct handshake *h)
{
	size_t bytes;

	if (!h)
		return 0;
	bytes = sizeof(*h) + h->body_bytes;
	bytes += h->message_count > MESSAGES_FIRST ? MESSAGES_KEPT * sizeof(*h->messages) : 0;
	for (int side = 0; side < 2; side++)
		bytes += h->record_count[side] > RECORDS_FIRST ? RECORDS_KEPT * sizeof(**h->records) : 0;
	return bytes;
}

bool beginning_was_seen(const struct flow_facts *flow)
{
	return happened(flow->side[SIDE_CLIENT].syn) || happened(flow->side[SIDE_SERVER].syn);
}

bool went_on_in_sslv2(const struct handshake *h)
{
	enum { SERVER_HELLO = 4 };	/* behind a length of two bytes */
	const struct tls_foreign *answer = h->foreign[SIDE_SERVER];

	return h->hello && h->hello->sslv2 && !h->server && answer->sample_len > 2 &&
	       (answer->sample[0] & 0x80) && answer->sample[2] == SERVER_HELLO;
}

static void note_first(struct mark *into, struct mark mark)
{
	if (!happened(*into))
		*into = mark;
}

/* Moves a body of so many bytes into an empty place and out of the event, so that nobody frees it
 * twice. */
static void *move_body(struct handshake *h, void *have, void **body, size_t bytes)
{
	void *moved = have;

	if (!have) {
		moved = *body;
		*body = NULL;
		h->body_bytes += moved ? bytes : 0;
	}
	return moved;
}

static void note_client_hello(struct handshake *h, const struct tls_event *e)
{
	struct client_hello *hello = e->message.body.client_hello;

	if (!hello)
		return;
	if (h->hello && happened(h->finished[SIDE_CLIENT])) {
		h->renegotiating = true;
		note_first(&h->renegotiation, e->mark);
		free(hello);
		return;
	}
	if (!h->hello) {
		h->hello = hello;
		h->hello_mark = e->mark;
		h->hello_first = e->message.first;
	} else if (!h->second_hello && (h->retry || happened(h->hello_verify_request))) {
		h->second_hello = hello;
		h->second_hello_mark = e->mark;
	} else {
		free(hello);
		return;
	}
	h->body_bytes += sizeof(*hello) + (size_t)hello->length * PARSED_FACTOR;
}

static void note_server_hello(struct handshake *h, const struct tls_event *e)
{
	struct server_hello *hello = e->message.body.server_hello;

	if (!hello)
		return;
	if (hello->is_retry && !h->retry) {
		h->retry = hello;
		h->retry_mark = e->mark;
		h->group = hello->group;
		return;
	}
	if (hello->is_retry || h->server) {
		free(hello);
		return;
	}
	h->body_bytes += sizeof(*hello) + PARSED_LITTLE;
	h->server = hello;
	h->server_mark = e->mark;
	h->version = hello->version;
	h->suite = hello->suite;
	if (hello->group)
		h->group = hello->group;
}

static void note_certificates(struct handshake *h, const struct tls_event *e)
{
	bool client = e->from == SIDE_CLIENT;
	struct certificate_list **list = client ? &h->client_certificates : &h->certificates;
	struct certificate_list *sent = e->message.body.certificates;

	if (*list) {
		certificates_free(sent);
	} else {
		*list = sent;
		h->body_bytes += sent ? sizeof(*sent) + sent->bytes : 0;
		*(client ? &h->client_certificates_mark : &h->certificates_mark) = e->mark;
	}
	if (!client && !h->staple && e->message.leaf_staple) {
		h->staple = e->message.leaf_staple;
		h->staple_mark = e->mark;
		h->body_bytes += PARSED_LITTLE;
	} else {
		free(e->message.leaf_staple);
	}
}

static void note_mark(struct handshake *h, const struct tls_event *e)
{
	switch (e->message.type) {
	case HS_HELLO_REQUEST: note_first(&h->hello_request, e->mark); break;
	case HS_HELLO_VERIFY_REQUEST: note_first(&h->hello_verify_request, e->mark); break;
	case HS_NEW_SESSION_TICKET: note_first(&h->new_session_ticket, e->mark); break;
	case HS_SERVER_HELLO_DONE: note_first(&h->hello_done, e->mark); break;
	case HS_CLIENT_KEY_EXCHANGE: note_first(&h->client_key_exchange, e->mark); break;
	case HS_CERTIFICATE_VERIFY: note_first(&h->certificate_verify[e->from], e->mark); break;
	case HS_FINISHED: note_first(&h->finished[e->from], e->mark); break;
	default: break;
	}
}

static void note_body(struct handshake *h, struct tls_event *e)
{
	void *body;

	switch (e->message.type) {
	case HS_CLIENT_HELLO:
		note_client_hello(h, e);
		break;
	case HS_SERVER_HELLO:
		note_server_hello(h, e);
		break;
	case HS_CERTIFICATE:
	case HS_COMPRESSED_CERTIFICATE:
		note_certificates(h, e);
		break;
	case HS_ENCRYPTED_EXTENSIONS:
		body = e->message.body.encrypted_extensions;
		h->encrypted_extensions = move_body(h, h->encrypted_extensions, &body, PARSED_LITTLE);
		free(body);
		break;
	case HS_SERVER_KEY_EXCHANGE:
		body = e->message.body.server_key_exchange;
		note_first(&h->key_exchange_mark, e->mark);
		h->key_exchange = move_body(h, h->key_exchange, &body, sizeof(*h->key_exchange));
		if (h->key_exchange && h->key_exchange->group)
			h->group = h->key_exchange->group;
		free(body);
		break;
	case HS_CERTIFICATE_REQUEST:
		body = e->message.body.certificate_request;
		note_first(&h->request_mark, e->mark);
		h->request = move_body(h, h->request, &body, sizeof(*h->request) + PARSED_LITTLE);
		free(body);
		break;
	case HS_CERTIFICATE_STATUS:
		body = e->message.body.staple;
		note_first(&h->staple_mark, e->mark);
		h->staple = move_body(h, h->staple, &body, PARSED_LITTLE);
		free(body);
		break;
	default:
		break;
	}
}

/* Once the first `from` are there, a list's elements move into room for `to`; nobody holds on to one
 * while more are noted. `mine`: their room in the handshake. */
static void *grow(void *list, const void *mine, size_t size, size_t from, size_t to)
{
	void *room = must(list == mine ? malloc(to * size) : realloc(list, to * size));

	if (list == mine)
		memcpy(room, list, from * size);
	return room;
}

static void *copy_of(const void *what, size_t size)
{
	return memcpy(must(malloc(size)), what, size);
}

static void note_broken(struct handshake *h, const struct tls_event *e, const struct tls_broken *broken)
{
	if (h->broken[e->from] != &nothing_broken)
		return;
	h->broken[e->from] = copy_of(broken, sizeof(*broken));
	h->broken_mark[e->from] = e->mark;
}

static void add_message(struct handshake *h, const struct tls_event *e)
{
	if (h->message_count == MESSAGES_KEPT)
		return;
	if (h->message_count == MESSAGES_FIRST)
		h->messages = grow(h->messages, h->first_messages, sizeof(*h->messages), MESSAGES_FIRST,
				   MESSAGES_KEPT);
	h->messages[h->message_count++] = (struct message_fact){ .from = e->from,
		.type = e->message.type, .decrypted = e->message.decrypted, .mark = e->mark,
		.length = e->message.length };
}

static void note_message(struct handshake *h, struct tls_event *e)
{
	tls_take(e);
	note_mark(h, e);
	note_body(h, e);
	h->keys |= e->message.decrypted;
	if (e->message.malformed)
		note_broken(h, e, &(struct tls_broken){ .kind = BROKEN_MESSAGE,
			.message_type = e->message.type, .offset = e->message.broke_at });
	add_message(h, e);
}

/* Before TLS 1.3 the first hidden handshake record behind ChangeCipherSpec is Finished, and a
 * later one renegotiates (RFC 5246 7.4.9); the content type of records stays readable. */
static void note_hidden12(struct handshake *h, const struct tls_event *e)
{
	if (!happened(h->change_cipher[e->from]) && !e->record.epoch)
		return;		/* not protected: its bytes are missing from the capture */
	if (e->record.type == CONTENT_HANDSHAKE) {
		if (!happened(h->finished[e->from])) {
			h->finished[e->from] = e->mark;
		} else if (happened(h->finished[other_side(e->from)])) {
			h->renegotiating = true;
			note_first(&h->renegotiation, e->mark);
		}
	}
	if (e->record.type == CONTENT_APPLICATION_DATA) {
		h->data_records[e->from]++;
		note_first(&h->first_data[e->from], e->mark);
		h->last_data[e->from] = e->mark;
	}
}

void handshake_add_alert(struct handshake *h, const struct alert_fact *alert)
{
	if (h->alert_count == ALERTS_KEPT)
		return;
	if (h->alert_count == ALERTS_FIRST)
		h->alerts = grow(h->alerts, h->first_alerts, sizeof(*h->alerts), ALERTS_FIRST, ALERTS_KEPT);
	h->alerts[h->alert_count++] = *alert;
}

static void note_decrypted(struct handshake *h, const struct tls_event *e)
{
	h->keys = true;
	if (e->record.inner_type != CONTENT_APPLICATION_DATA)
		return;
	h->data_records[e->from]++;
	note_first(&h->first_data[e->from], e->mark);
	h->last_data[e->from] = e->mark;
}

static void add_record(struct handshake *h, enum side from, const struct record_fact *fact)
{
	bool other = h->records[from] == h->first_records[other_side(from)];

	if (h->record_count[from] == RECORDS_KEPT)
		return;
	if (h->record_count[from] == RECORDS_FIRST)
		h->records[from] = grow(h->records[from],
					h->first_records[other ? other_side(from) : from],
					sizeof(*fact), RECORDS_FIRST, RECORDS_KEPT);
	h->records[from][h->record_count[from]++] = *fact;
}

static void note_record(struct handshake *h, const struct tls_event *e)
{
	const struct tls_record *r = &e->record;
	struct record_fact fact = { .type = r->decrypted ? r->inner_type : r->type,
		.hidden = r->hidden, .epoch = r->epoch, .length = r->length, .mark = e->mark };

	add_record(h, e->from, &fact);
	h->last_record[e->from] = fact;
	h->record_total[e->from]++;
	h->hidden_total[e->from] += r->hidden;
	if (r->type == CONTENT_CHANGE_CIPHER_SPEC)
		note_first(&h->change_cipher[e->from], e->mark);
	if (r->decrypted)
		note_decrypted(h, e);
	else if (r->hidden && !is_tls13(h->version) && h->dissected_as != 'q')
		note_hidden12(h, e);
	if (r->hidden && r->type == CONTENT_ALERT && !is_tls13(h->version))
		handshake_add_alert(h, &(struct alert_fact){ .from = e->from, .hidden = true,
			.mark = e->mark, .length = r->length });
}

static void note_alert(struct handshake *h, const struct tls_event *e)
{
	h->keys |= e->alert.decrypted;
	handshake_add_alert(h, &(struct alert_fact){ .from = e->from, .level = e->alert.level,
		.code = e->alert.code, .mark = e->mark, .length = 2 });
}

static const struct tls_upgrade *last_tunnel(const struct handshake *h, bool opened)
{
	for (uint8_t i = h->upgrade_count; i; i--) {
		const struct tls_upgrade *told = &h->upgrades[i - 1].told;

		if (told->proxy && told->target[0] && (!opened || told->step == UPGRADE_ACCEPTED))
			return told;
	}
	return NULL;
}

const struct tls_upgrade *opened_tunnel(const struct handshake *h)
{
	return last_tunnel(h, true);
}

const struct tls_upgrade *asked_tunnel(const struct handshake *h)
{
	return last_tunnel(h, false);
}

const struct tls_upgrade *proxy_header_of(const struct handshake *h)
{
	for (uint8_t i = h->upgrade_count; i; i--)
		if (h->upgrades[i - 1].told.protocol == FOREIGN_PROXY && h->upgrades[i - 1].told.target[0])
			return &h->upgrades[i - 1].told;
	return NULL;
}

static void note_upgrade(struct handshake *h, const struct tls_event *e)
{
	if (h->upgrade_count == UPGRADES_KEPT)
		return;
	if (h->upgrade_count == 0 || h->upgrade_count == UPGRADES_FIRST)
		h->upgrades = grow(h->upgrades, h, sizeof(*h->upgrades), h->upgrade_count,
				   h->upgrade_count ? UPGRADES_KEPT : UPGRADES_FIRST);
	h->upgrades[h->upgrade_count++] = (struct upgrade_fact){ e->mark, e->upgrade };
	h->body_bytes += sizeof(*h->upgrades);
}

static void note_quic(struct handshake *h, const struct tls_event *e)
{
	bool had_word = h->quic[e->from] != &nothing_quic;

	/* The last word is what counts: a server may send a Retry and close all the same. */
	if (had_word && (h->quic[e->from]->kind == QUIC_CLOSE || e->quic.kind != QUIC_CLOSE))
		return;
	if (had_word)
		free((void *)(uintptr_t)h->quic[e->from]);
	h->quic[e->from] = copy_of(&e->quic, sizeof(e->quic));
	h->quic_mark[e->from] = e->mark;
}

static void swap_bytes(void *a, void *b, size_t len)
{
	unsigned char *x = a, *y = b;

	for (size_t i = 0; i < len; i++) {
		unsigned char kept = x[i];

		x[i] = y[i];
		y[i] = kept;
	}
}

/* The TLS client is who sends the ClientHello, whoever sent the SYN (simultaneous open, captures
 * that start late): what was noted so far changes sides. */
static void turn_sides(struct handshake *h)
{
	h->turned = !h->turned;
	swap_bytes(&h->records[0], &h->records[1], sizeof(h->records[0]));
	swap_bytes(&h->record_count[0], &h->record_count[1], sizeof(h->record_count[0]));
	swap_bytes(&h->record_total[0], &h->record_total[1], sizeof(h->record_total[0]));
	swap_bytes(&h->hidden_total[0], &h->hidden_total[1], sizeof(h->hidden_total[0]));
	swap_bytes(&h->last_record[0], &h->last_record[1], sizeof(h->last_record[0]));
	swap_bytes(&h->change_cipher[0], &h->change_cipher[1], sizeof(h->change_cipher[0]));
	swap_bytes(&h->finished[0], &h->finished[1], sizeof(h->finished[0]));
	swap_bytes(&h->data_records[0], &h->data_records[1], sizeof(h->data_records[0]));
	swap_bytes(&h->first_data[0], &h->first_data[1], sizeof(h->first_data[0]));
	swap_bytes(&h->last_data[0], &h->last_data[1], sizeof(h->last_data[0]));
	swap_bytes(&h->foreign[0], &h->foreign[1], sizeof(h->foreign[0]));
	swap_bytes(&h->foreign_mark[0], &h->foreign_mark[1], sizeof(h->foreign_mark[0]));
	swap_bytes(&h->broken[0], &h->broken[1], sizeof(h->broken[0]));
	swap_bytes(&h->broken_mark[0], &h->broken_mark[1], sizeof(h->broken_mark[0]));
	swap_bytes(&h->gap[0], &h->gap[1], sizeof(h->gap[0]));
	swap_bytes(&h->last_gap[0], &h->last_gap[1], sizeof(h->last_gap[0]));
	for (uint8_t i = 0; i < h->alert_count; i++)
		h->alerts[i].from = other_side(h->alerts[i].from);
	for (uint16_t i = 0; i < h->message_count; i++)
		h->messages[i].from = other_side(h->messages[i].from);
}

/* Whether this message can only come from the side that is taken for the other one. */
static bool on_the_wrong_side(const struct handshake *h, const struct tls_event *e)
{
	if (e->kind != TLS_MESSAGE || h->hello || h->server)
		return false;
	return (e->message.type == HS_CLIENT_HELLO && e->from == SIDE_SERVER) ||
	       (e->message.type == HS_SERVER_HELLO && e->from == SIDE_CLIENT);
}

void handshake_note(struct handshake *h, struct tls_event *e)
{
	if (h->turned)
		e->from = other_side(e->from);
	if (on_the_wrong_side(h, e)) {
		turn_sides(h);
		e->from = other_side(e->from);
	}
	switch (e->kind) {
	case TLS_RECORD:
		note_record(h, e);
		break;
	case TLS_MESSAGE:
		note_message(h, e);
		break;
	case TLS_ALERT:
		note_alert(h, e);
		break;
	case TLS_FOREIGN:
		if (h->foreign[e->from] == &nothing_foreign) {
			h->foreign[e->from] = copy_of(&e->foreign, sizeof(e->foreign));
			h->foreign_mark[e->from] = e->mark;
		}
		break;
	case TLS_BROKEN:
		note_broken(h, e, &e->broken);
		break;
	case TLS_UPGRADE:
		note_upgrade(h, e);
		break;
	case TLS_GAP:
		note_first(&h->gap[e->from], e->mark);
		h->last_gap[e->from] = e->mark;
		break;
	case TLS_QUIC:
		note_quic(h, e);
		break;
	}
}

static void turn_flow(struct flow_facts *flow)
{
	swap_bytes(&flow->side[0], &flow->side[1], sizeof(flow->side[0]));
	for (uint8_t i = 0; i < flow->icmp_count; i++)
		flow->icmp[i].about = other_side(flow->icmp[i].about);
}

void handshake_keep(struct handshake *h)
{
	if (h->own_flow)
		return;
	h->flow = h->own_flow = copy_of(h->flow, sizeof(*h->flow));
	h->body_bytes += sizeof(*h->flow);
}

void handshake_close(struct handshake *h, const struct flow_facts *flow)
{
	h->flow = flow;
	if (h->turned) {
		handshake_keep(h);
		turn_flow(h->own_flow);
	}
	if (h->server && h->hello && !is_tls13(h->version))
		h->resumed = h->server->session_id_len &&
			     h->server->session_id_len == h->hello->session_id_len &&
			     !memcmp(h->server->session_id, h->hello->session_id,
				     h->hello->session_id_len);
	if (h->server && is_tls13(h->version))
		h->resumed = h->server->has_psk;
	infer_hidden(h);
}
