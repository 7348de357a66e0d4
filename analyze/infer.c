/*
 * Reading encrypted handshakes without keys: what lengths, order and direction of hidden records
 * say (RFC 8446 5.2: length = content + 1 + padding + tag; RFC 5246 6.2.3 before TLS 1.3). What is
 * found here is marked as inferred; reports must say so.
 */
#include "infer.h"

enum {
	ALERT_BYTES = 2,		/* level, description */
	MESSAGE_HEADER = 4,		/* type, length */
	EMPTY_CERTIFICATE_BYTES = MESSAGE_HEADER + 1 + 3,	/* empty context, empty list */
	END_OF_EARLY_DATA_BYTES = MESSAGE_HEADER,
	JSSE_PADDING = 16,		/* JSSE pads every TLS 1.3 alert and handshake record so */
	SMALLEST_CERTIFICATE_BYTES = 200	/* no client certificate with a key is smaller */
};

struct lengths {
	uint32_t tag, hash;
};

static struct lengths lengths_of(uint16_t suite)
{
	uint8_t traits = cipher_suite_traits(suite);

	return (struct lengths){ .tag = traits & SUITE_CCM8 ? 8 : 16, .hash = traits & SUITE_SHA384 ? 48 : 32 };
}

/* Is this the length of a record with `content` bytes, plain or padded as JSSE does? */
static bool has_content13(struct lengths l, uint32_t length, uint32_t content)
{
	return length == content + 1 + l.tag || length == content + 1 + l.tag + JSSE_PADDING;
}

/* A side that sent a Finished of the plain length does not pad: its 35-byte record is data. */
static bool sends_unpadded(const struct handshake *h, enum side side)
{
	struct lengths l = lengths_of(h->suite);

	for (uint16_t i = 0; i < h->record_count[side]; i++)
		if (record_is_hidden13(h, &h->records[side][i]) &&
		    h->records[side][i].length == MESSAGE_HEADER + l.hash + 1 + l.tag)
			return true;
	return false;
}

static bool is_alert13(const struct handshake *h, enum side side, uint32_t length)
{
	struct lengths l = lengths_of(h->suite);

	if (length == ALERT_BYTES + 1 + l.tag)
		return true;
	return has_content13(l, length, ALERT_BYTES) && !sends_unpadded(h, side);
}

static bool is_finished13(const struct handshake *h, uint32_t length)
{
	struct lengths l = lengths_of(h->suite);

	return has_content13(l, length, MESSAGE_HEADER + l.hash);
}

/* Chromium answers ALPS (draft-vvv-tls-alps) with an EncryptedExtensions of its own, in one record
 * with Finished. */
static bool is_finished_with_alps(const struct handshake *h, uint32_t length)
{
	enum { ALPS = 17613, OLD_ALPS = 17513, ALPS_BYTES_MAX = 80 };
	struct lengths l = lengths_of(h->suite);
	uint32_t finished = MESSAGE_HEADER + l.hash + 1 + l.tag;

	return h->hello && length > finished && length <= finished + ALPS_BYTES_MAX &&
	       length != finished + EMPTY_CERTIFICATE_BYTES &&
	       (code_list_has(&h->hello->extensions, ALPS) ||
		code_list_has(&h->hello->extensions, OLD_ALPS));
}

/* The client's hidden records behind the ServerHello, end_of_early_data left out. */
static uint16_t client_records(const struct handshake *h, const struct record_fact **out,
			       uint16_t max)
{
	struct lengths l = lengths_of(h->suite);
	uint16_t count = 0;

	for (uint16_t i = 0; i < h->record_count[SIDE_CLIENT] && count < max; i++) {
		const struct record_fact *r = &h->records[SIDE_CLIENT][i];

		if (!record_is_hidden13(h, r) || mark_before(r->mark, h->server_mark))
			continue;
		if (!count && h->hello && h->hello->early_data &&
		    has_content13(l, r->length, END_OF_EARLY_DATA_BYTES))
			continue;
		out[count++] = r;
	}
	return count;
}

enum client_flight infer_client_flight(const struct handshake *h)
{
	struct lengths l = lengths_of(h->suite);
	const struct record_fact *r[4];
	uint16_t count = client_records(h, r, 4);

	if (!count || !h->server)
		return FLIGHT_NONE;
	if (is_alert13(h, SIDE_CLIENT, r[0]->length))
		return FLIGHT_ALERT;
	if (is_finished13(h, r[0]->length) || is_finished_with_alps(h, r[0]->length))
		return FLIGHT_FINISHED;
	if (has_content13(l, r[0]->length, EMPTY_CERTIFICATE_BYTES))
		return count > 1 && is_finished13(h, r[1]->length) ? FLIGHT_EMPTY_CERTIFICATE
								   : FLIGHT_OTHER;
	if (has_content13(l, r[0]->length, EMPTY_CERTIFICATE_BYTES + MESSAGE_HEADER + l.hash))
		return FLIGHT_EMPTY_CERTIFICATE;
	if (r[0]->length >= SMALLEST_CERTIFICATE_BYTES)
		return FLIGHT_CERTIFICATE;
	return FLIGHT_OTHER;
}

bool infer_only_alerts_after_server_hello(const struct handshake *h)
{
	uint16_t count = 0;

	for (uint16_t i = 0; i < h->record_count[SIDE_SERVER]; i++) {
		const struct record_fact *r = &h->records[SIDE_SERVER][i];

		if (!record_is_hidden13(h, r))
			continue;
		if (!is_alert13(h, SIDE_SERVER, r->length))
			return false;
		count++;
	}
	return count > 0;
}

uint64_t infer_server_flight_bytes(const struct handshake *h)
{
	const struct record_fact *first = NULL;
	uint64_t bytes = 0;

	client_records(h, &first, 1);
	for (uint16_t i = 0; i < h->record_count[SIDE_SERVER]; i++) {
		const struct record_fact *r = &h->records[SIDE_SERVER][i];

		if (record_is_hidden13(h, r) && (!first || mark_before(r->mark, first->mark)))
			bytes += r->length;
	}
	return bytes;
}

uint32_t infer_flight_to_finished(const struct handshake *h)
{
	uint32_t bytes = 0;

	if (!is_tls13(h->version) || h->dissected_as != 't' || happened(h->gap[SIDE_SERVER]))
		return 0;
	for (uint16_t i = 0; i < h->record_count[SIDE_SERVER]; i++) {
		const struct record_fact *r = &h->records[SIDE_SERVER][i];

		if (!record_is_hidden13(h, r) || mark_before(r->mark, h->server_mark))
			continue;
		bytes += r->length;
		if (is_finished13(h, r->length))
			return bytes;
	}
	return 0;
}

/* The client's Finished: the record that its flight ends in; NULL if none can be told. */
static const struct record_fact *client_finished13(const struct handshake *h)
{
	const struct record_fact *r[RECORDS_KEPT];
	uint16_t count = client_records(h, r, RECORDS_KEPT);
	enum client_flight flight = infer_client_flight(h);

	if (flight == FLIGHT_FINISHED)
		return r[0];
	if (flight == FLIGHT_NONE || flight == FLIGHT_ALERT)
		return NULL;
	for (uint16_t i = 0; i < count; i++)
		if (is_finished13(h, r[i]->length))
			return r[i];
	/* One record holds the whole flight (NSS), or records are cut unusually small: only a sum
	 * that no alert could have tells that it was a flight at all. */
	if (flight != FLIGHT_OTHER)
		return r[0];
	while (count > 1 && is_alert13(h, SIDE_CLIENT, r[count - 1]->length))
		count--;
	return count > 1 ? r[count - 1] : NULL;
}

static struct mark server_finished13(const struct handshake *h)
{
	const struct record_fact *first = NULL;
	struct mark last = { 0 };

	client_records(h, &first, 1);
	for (uint16_t i = 0; i < h->record_count[SIDE_SERVER]; i++) {
		const struct record_fact *r = &h->records[SIDE_SERVER][i];

		if (!record_is_hidden13(h, r) || (first && !mark_before(r->mark, first->mark)))
			continue;
		if (is_finished13(h, r->length))
			return r->mark;
		last = r->mark;
	}
	/* Coalesced flights show no Finished of their own; the client's proves that it was there. */
	return happened(h->finished[SIDE_CLIENT]) ? last : (struct mark){ 0 };
}

void add_hidden_alert(struct handshake *h, enum side from, const struct record_fact *r)
{
	handshake_add_alert(h, &(struct alert_fact){ .from = from, .hidden = true,
		.inferred = true, .mark = r->mark, .length = r->length });
}

void add_data(struct handshake *h, enum side side, uint64_t records, struct mark mark)
{
	h->data_records[side] += records;
	if (!happened(h->first_data[side]))
		h->first_data[side] = mark;
	h->last_data[side] = mark;
}

static uint32_t greatest_common_divisor(uint32_t a, uint32_t b)
{
	while (b) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* Who pads all records to a multiple of so many bytes (RFC 8446 5.4; OpenSSL's record_padding); 0 for
 * a side that does not. Three lengths agree by chance in less than one of a thousand handshakes. */
static uint32_t padding_of(const struct handshake *h, enum side side)
{
	enum { RECORDS_ENOUGH = 3, SMALLEST_BLOCK = 32 };
	struct lengths l = lengths_of(h->suite);
	uint32_t block = 0;
	uint16_t count = 0;

	for (uint16_t i = 0; i < h->record_count[side]; i++) {
		const struct record_fact *r = &h->records[side][i];

		if (!record_is_hidden13(h, r) || r->length <= l.tag)
			continue;
		block = greatest_common_divisor(r->length - l.tag, block);
		count++;
	}
	return count >= RECORDS_ENOUGH && block >= SMALLEST_BLOCK ? block : 0;
}

/* Padded, an alert is as long as much else: only the last record of all can be told for one. */
static bool is_padded_alert(const struct handshake *h, enum side side, const struct record_fact *r)
{
	uint32_t block;

	if (h->record_total[side] > h->record_count[side] ||
	    r != &h->records[side][h->record_count[side] - 1] || !happened(h->flow->side[side].fin))
		return false;
	block = padding_of(h, side);
	return block && r->length == block + lengths_of(h->suite).tag;
}

/* A hidden record behind the handshake: an alert by its length, else data or a ticket. */
static void read_late_record13(struct handshake *h, enum side side, const struct record_fact *r)
{
	if (!record_is_hidden13(h, r))
		return;
	if (is_alert13(h, side, r->length) || is_padded_alert(h, side, r))
		add_hidden_alert(h, side, r);
	else
		add_data(h, side, 1, r->mark);
}

static void read_client_after_finished13(struct handshake *h, const struct record_fact *finished)
{
	const struct record_fact *end = h->records[SIDE_CLIENT] + h->record_count[SIDE_CLIENT];

	for (const struct record_fact *r = finished + 1; r < end; r++)
		read_late_record13(h, SIDE_CLIENT, r);
}

/* A server may refuse an empty client certificate before the Finished behind it has come. */
static void read_server_behind_flight13(struct handshake *h, struct mark flight)
{
	for (uint16_t i = 0; i < h->record_count[SIDE_SERVER]; i++)
		if (mark_before(flight, h->records[SIDE_SERVER][i].mark))
			read_late_record13(h, SIDE_SERVER, &h->records[SIDE_SERVER][i]);
}

/* Records beyond those that are kept: data, unless the very last one has an alert's length. */
static void read_uncounted13(struct handshake *h, enum side side)
{
	uint64_t uncounted = h->record_total[side] - h->record_count[side];
	const struct record_fact *last = &h->last_record[side];

	if (!uncounted || !mark_before(h->finished[SIDE_CLIENT], last->mark))
		return;
	if (is_alert13(h, side, last->length)) {
		add_hidden_alert(h, side, last);
		uncounted--;
	}
	if (uncounted)
		add_data(h, side, uncounted, last->mark);
}

/*
 * The server refuses in the middle of its own flight, which then ends in an alert; with another one
 * behind it where the stack says goodbye as well (rustls). No message of a flight is as short as an
 * alert, so the first record of that length tells; padded as JSSE does, other messages are as long,
 * and only the last one tells.
 */
static void read_server_alert_in_flight13(struct handshake *h)
{
	const struct record_fact *last = NULL;
	struct lengths l = lengths_of(h->suite);

	for (uint16_t i = 0; i < h->record_count[SIDE_SERVER]; i++) {
		const struct record_fact *r = &h->records[SIDE_SERVER][i];

		if (!record_is_hidden13(h, r))
			continue;
		last = r;
		if (r->length == ALERT_BYTES + 1 + l.tag)
			break;
	}
	if (last && is_alert13(h, SIDE_SERVER, last->length))
		add_hidden_alert(h, SIDE_SERVER, last);
}

static void infer_hidden13(struct handshake *h)
{
	const struct record_fact *first = NULL;
	const struct record_fact *finished = client_finished13(h);

	client_records(h, &first, 1);
	if (infer_client_flight(h) == FLIGHT_ALERT)
		add_hidden_alert(h, SIDE_CLIENT, first);
	if (finished)
		h->finished[SIDE_CLIENT] = finished->mark;
	if (!happened(h->finished[SIDE_SERVER]))
		h->finished[SIDE_SERVER] = server_finished13(h);
	if (!finished) {
		read_server_alert_in_flight13(h);
		return;
	}
	read_client_after_finished13(h, finished);
	read_server_behind_flight13(h, first->mark);
	read_uncounted13(h, SIDE_CLIENT);
	read_uncounted13(h, SIDE_SERVER);
}

/* A record of this side, behind the client's Finished, that is no alert. */
static bool has_data13(const struct handshake *h, enum side side,
		       const struct record_fact *finished)
{
	for (uint16_t i = 0; i < h->record_count[side]; i++) {
		const struct record_fact *r = &h->records[side][i];
		bool behind =
		    side == SIDE_CLIENT ? r > finished : mark_before(finished->mark, r->mark);

		if (behind && record_is_hidden13(h, r) && !is_alert13(h, side, r->length))
			return true;
	}
	return false;
}

/* Without keys only where the client's Finished stands alone: other flights may read differently
 * with each record that comes. */
bool infer_data_both_ways(const struct handshake *h)
{
	const struct record_fact *r[2];

	if (h->data_records[SIDE_CLIENT] && h->data_records[SIDE_SERVER])
		return true;
	/* Asked at each packet: most often one of them cannot have said anything behind its Finished. */
	if (h->hidden_total[SIDE_CLIENT] < 2 || h->hidden_total[SIDE_SERVER] < 2)
		return false;
	if (!h->server || !is_tls13(h->version) || h->dissected_as != 't' || h->keys)
		return false;
	if (client_records(h, r, 2) < 2 || infer_client_flight(h) != FLIGHT_FINISHED)
		return false;
	return has_data13(h, SIDE_CLIENT, r[0]) && has_data13(h, SIDE_SERVER, r[0]);
}

/* In a full handshake before TLS 1.3 the server finishes last (RFC 5246 7.3): where its Finished is, the
 * client's was, though it cannot be read in this capture. */
static void infer_client_finished12(struct handshake *h)
{
	if (happened(h->client_key_exchange) && happened(h->finished[SIDE_SERVER]) &&
	    !happened(h->finished[SIDE_CLIENT]))
		h->finished[SIDE_CLIENT] = h->client_key_exchange;
}

void infer_hidden(struct handshake *h)
{
	const struct record_fact *first = NULL;

	if (!h->server)
		return;
	if (!is_tls13(h->version)) {
		infer_client_finished12(h);
		return;
	}
	if (h->dissected_as != 't') {
		infer_datagrams(h);
		return;
	}
	/* A key log may lack one side's secrets, or the records were changed on the way. */
	if (!h->keys || (!happened(h->finished[SIDE_CLIENT]) && client_records(h, &first, 1)))
		infer_hidden13(h);
}
