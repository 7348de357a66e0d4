/*
 * Reading encrypted DTLS 1.3 and QUIC handshakes without keys. Both say in clear which keys a
 * packet uses (RFC 9147 6.1, RFC 9001 4.1.4): a side that sends with application keys has finished.
 * Who goes on with handshake keys when the other side no longer needs them says that it has closed.
 */
#include "infer.h"

enum {
	EPOCH_HANDSHAKE = 2,
	EPOCH_APPLICATION = 3,
	CLOSES_SEEN = 2, /* the same packet again for whatever arrives (RFC 9000 10.2.1) */
	/* A QUIC packet's number, CRYPTO frame header, Finished and tag take at least 1 + 3 + 36 +
	 * 16 bytes, and with an ACK and SHA-384 at most this many: */
	SMALLEST_FINISHED_PACKET = 56,
	LARGEST_FINISHED_PACKET = 100,
	SMALLEST_CERTIFICATE_PACKET = 300,
	ALERT_RECORD = 2 + 1 + 16,
	ALERT_RECORD_CCM8 = 2 + 1 + 8
};

/* More than a probe timeout in which a living client repeats its Finished (RFC 9002 6.2). */
static const int64_t GONE_NS = INT64_C(1500000000);

static void add_data_by_epoch(struct handshake *h, enum side side)
{
	const struct record_fact *last = &h->last_record[side];
	uint64_t uncounted = h->record_total[side] - h->record_count[side];

	for (uint16_t i = 0; i < h->record_count[side]; i++)
		if (h->records[side][i].epoch >= EPOCH_APPLICATION)
			add_data(h, side, 1, h->records[side][i].mark);
	if (uncounted && last->epoch >= EPOCH_APPLICATION)
		add_data(h, side, uncounted, last->mark);
	if (!happened(h->finished[side]))
		h->finished[side] = h->first_data[side];
}

static bool is_hidden_handshake(const struct record_fact *r)
{
	return r->hidden && r->epoch == EPOCH_HANDSHAKE;
}

/* ---- the client leaves ---- */

/* Whether what the client sent with handshake keys fits a CONNECTION_CLOSE and no Finished. */
static bool packets_fit_a_close(const struct handshake *h)
{
	const struct record_fact *last = &h->last_record[SIDE_CLIENT];
	uint16_t small = 0, count = 0;

	for (uint16_t i = 0; i < h->record_count[SIDE_CLIENT]; i++) {
		const struct record_fact *r = &h->records[SIDE_CLIENT][i];

		if (!is_hidden_handshake(r))
			continue;
		count++;
		if (r->length < SMALLEST_FINISHED_PACKET)
			small++;
	}
	if (last->length > LARGEST_FINISHED_PACKET && last->length < SMALLEST_CERTIFICATE_PACKET)
		return true; /* a close with a reason in words */
	return count > 1 && small == count;
}

/*
 * A QUIC client that has finished sends with application keys in the same breath (RFC 9001 5.7).
 * One whose last words are Handshake packets, with the server's flight there, has closed.
 */
static void read_close_of_client(struct handshake *h)
{
	const struct record_fact *last = &h->last_record[SIDE_CLIENT];
	bool gone = happened(h->ended) && h->ended.time - last->mark.time >= GONE_NS;

	if (!is_hidden_handshake(last) || h->data_records[SIDE_CLIENT] ||
	    !happened(h->finished[SIDE_SERVER]) ||
	    mark_before(last->mark, h->finished[SIDE_SERVER]) ||
	    mark_before(last->mark, h->last_record[SIDE_SERVER].mark))
		return;
	if (gone || packets_fit_a_close(h))
		add_hidden_alert(h, SIDE_CLIENT, last);
}

/* ---- the server closes ---- */

static bool shares_datagram_with_data(const struct handshake *h, const struct record_fact *r)
{
	for (uint16_t i = 0; i < h->record_count[SIDE_SERVER]; i++)
		if (h->records[SIDE_SERVER][i].epoch == EPOCH_APPLICATION &&
		    h->records[SIDE_SERVER][i].mark.frame == r->mark.frame)
			return true;
	return false;
}

/* The client's Finished, by its size alone. */
static struct mark finished_packet(const struct handshake *h)
{
	for (uint16_t i = 0; i < h->record_count[SIDE_CLIENT]; i++) {
		const struct record_fact *r = &h->records[SIDE_CLIENT][i];

		if (is_hidden_handshake(r) && r->length >= SMALLEST_FINISHED_PACKET)
			return r->mark;
	}
	return (struct mark){0};
}

/* Datagrams of the server alone that came again byte for byte. Each QUIC packet has its own number,
 * so only who is closing repeats one (RFC 9000 10.2.1). A capture that doubles packets doubles the
 * client's as well: what it adds to each of those is no repetition. */
static uint32_t repeated_by_server(const struct handshake *h)
{
	const struct tcp_side *client = &h->flow->side[SIDE_CLIENT];
	const struct tcp_side *server = &h->flow->side[SIDE_SERVER];
	uint32_t more_copies = client->data_segments ? client->duplicates / client->data_segments : 0;
	uint64_t expected = (uint64_t)more_copies * server->data_segments;
	uint64_t repeats;

	if (client->duplicates != (uint64_t)more_copies * client->data_segments ||
	    server->duplicates < expected)
		return 0;
	repeats = (server->duplicates - expected) / (more_copies + 1);
	return repeats < server->data_segments ? (uint32_t)repeats : 0;
}

/*
 * A QUIC server that has taken the client's Finished drops its handshake keys (RFC 9001 4.9.2). One
 * that answers every packet with the same pair of Handshake and 1-RTT packets is closing, in each
 * space that the client may be able to read (RFC 9000 10.2.3).
 */
static void read_close_of_server(struct handshake *h)
{
	const struct record_fact *first = NULL, *last = NULL;
	struct mark finished = finished_packet(h);
	uint32_t times = repeated_by_server(h);

	for (uint16_t i = 0; i < h->record_count[SIDE_SERVER]; i++) {
		const struct record_fact *r = &h->records[SIDE_SERVER][i];

		if (!is_hidden_handshake(r) || !mark_before(finished, r->mark) ||
		    !shares_datagram_with_data(h, r))
			continue;
		if (first && first->length != r->length)
			return;
		first = first ? first : r;
		last = r;
		times++;
	}
	if (last && times >= CLOSES_SEEN && !mark_before(last->mark, h->last_data[SIDE_SERVER]))
		add_hidden_alert(h, SIDE_SERVER, first);
}

/* ---- DTLS 1.3 ---- */

/* Its records are as long as those of TLS 1.3; an ACK (RFC 9147 7) is longer than an alert. */
static void read_alert_of_dtls_client(struct handshake *h)
{
	for (uint16_t i = 0; i < h->record_count[SIDE_CLIENT]; i++) {
		const struct record_fact *r = &h->records[SIDE_CLIENT][i];

		if (!is_hidden_handshake(r))
			continue;
		if (r->length == ALERT_RECORD || r->length == ALERT_RECORD_CCM8) {
			add_hidden_alert(h, SIDE_CLIENT, r);
			return;
		}
	}
}

void infer_datagrams(struct handshake *h)
{
	add_data_by_epoch(h, SIDE_CLIENT);
	add_data_by_epoch(h, SIDE_SERVER);
	if (h->dissected_as == 'd') {
		if (!happened(h->finished[SIDE_CLIENT]))
			read_alert_of_dtls_client(h);
		return;
	}
	read_close_of_client(h);
	if (happened(h->finished[SIDE_CLIENT]))
		read_close_of_server(h);
}
