#include "ending.h"
#include "alerts.h"
#include "stack.h"

enum {
	SMALLEST_FLIGHT_BYTES =
	    450 /* hidden bytes of EncryptedExtensions to Finished with any certificate */
};

static const int64_t IDLE_NS =
    INT64_C(60000000000); /* nobody waits longer in silence for a handshake */

/* Did either side say anything of the handshake behind this alert? */
static bool went_on_behind(const struct handshake *h, struct mark alert)
{
	for (int side = 0; side < 2; side++) {
		const struct record_fact *last = &h->last_record[side];

		if (h->record_total[side] && last->type != CONTENT_ALERT &&
		    mark_before(alert, last->mark))
			return true;
	}
	return false;
}

/* RFC 8446 6: all but close_notify and user_canceled are fatal in TLS 1.3, whatever the level; and
 * a warning behind which nothing comes has ended the handshake all the same. */
static bool is_fatal(const struct handshake *h, const struct alert_fact *a)
{
	if (a->hidden || a->code == ALERT_CLOSE_NOTIFY || a->code == ALERT_USER_CANCELED)
		return false;
	if (a->level != LEVEL_WARNING ||
	    (is_tls13(h->version) && a->code != ALERT_UNRECOGNIZED_NAME))
		return true;
	return !happened(h->finished[a->from]) && !went_on_behind(h, a->mark);
}

static struct mark side_reset(const struct handshake *h, enum side side)
{
	const struct tcp_side *s = &h->flow->side[side];

	return s->reset_count ? s->resets[0].mark : (struct mark){ 0 };
}

static struct mark side_gone(const struct handshake *h, enum side side)
{
	return mark_earlier(h->flow->side[side].fin, side_reset(h, side));
}

/*
 * Stacks answer the peer's FIN, RST or alert with an alert of their own: OpenSSL 3 with
 * decode_error, JSSE with handshake_failure, gnutls-cli with unexpected_message, several with a
 * bad_record_mac for a plaintext alert in TLS 1.3. It says nothing of the cause.
 */
static bool is_usual_echo(const struct alert_fact *a)
{
	return a->hidden || a->code == ALERT_DECODE_ERROR || a->code == ALERT_UNEXPECTED_MESSAGE ||
	       a->code == ALERT_HANDSHAKE_FAILURE || a->code == ALERT_BAD_RECORD_MAC ||
	       a->code == ALERT_CLOSE_NOTIFY || a->code == ALERT_USER_CANCELED;
}

static bool peer_alerted_before(const struct handshake *h, const struct alert_fact *a)
{
	for (uint8_t i = 0; i < h->alert_count; i++) {
		const struct alert_fact *b = &h->alerts[i];

		if (b->from != a->from && mark_before(b->mark, a->mark) &&
		    (b->hidden || is_fatal(h, b)))
			return true;
	}
	return false;
}

static void mark_echoes(struct handshake *h)
{
	for (uint8_t i = 0; i < h->alert_count; i++) {
		struct alert_fact *a = &h->alerts[i];
		bool peer_gone = mark_before(side_gone(h, other_side(a->from)), a->mark);

		a->after_peer_end = (peer_gone && is_usual_echo(a)) || peer_alerted_before(h, a);
	}
}

static void sort_alerts(struct handshake *h)
{
	for (uint8_t i = 1; i < h->alert_count; i++)
		for (uint8_t j = i; j && mark_before(h->alerts[j].mark, h->alerts[j - 1].mark);
		     j--) {
			struct alert_fact kept = h->alerts[j];

			h->alerts[j] = h->alerts[j - 1];
			h->alerts[j - 1] = kept;
		}
}

/* ---- phase ---- */

/* An alert that came in one go with what the server had sent before: it broke off its flight, as
 * rustls does between Certificate and CertificateVerify. */
static bool server_broke_off(const struct handshake *h)
{
	for (uint8_t i = 0; i < h->alert_count; i++) {
		const struct alert_fact *a = &h->alerts[i];

		if (a->from == SIDE_SERVER && a->hidden && !a->after_peer_end &&
		    a->mark.time - h->server_mark.time < STALL_NS)
			return true;
	}
	return false;
}

static bool server_flight_is_whole(const struct handshake *h)
{
	if (happened(h->finished[SIDE_SERVER]) || happened(h->finished[SIDE_CLIENT]))
		return true;
	if (!is_tls13(h->version))
		return happened(h->hello_done) || happened(h->change_cipher[SIDE_SERVER]);
	return infer_server_flight_bytes(h) >= SMALLEST_FLIGHT_BYTES && !server_broke_off(h);
}

/* The capture lacks its SYN-ACK: it resets where the client's ACK said that the next byte belongs. */
static bool answered_all_the_same(const struct tcp_side *server)
{
	return server->reset_count && server->resets[0].answers_packet;
}

bool tcp_never_up(const struct flow_facts *flow)
{
	const struct tcp_side *client = &flow->side[SIDE_CLIENT],
			      *server = &flow->side[SIDE_SERVER];
	bool only_syns =
	    happened(client->syn) && client->last_packet.frame == client->last_syn.frame;

	if (flow->transport != TRANSPORT_TCP || !happened(client->syn) || client->data_segments ||
	    server->data_segments)
		return false;
	return (!happened(server->syn) && !answered_all_the_same(server)) ||
	       (only_syns && server->syn_count > 1);
}

static enum phase phase_of(const struct handshake *h)
{
	if (happened(h->finished[SIDE_CLIENT]) &&
	    (happened(h->finished[SIDE_SERVER]) || is_tls13(h->version)))
		return PHASE_DONE;
	if (happened(h->finished[SIDE_CLIENT]))
		return PHASE_SERVER_TURN;
	if (h->server)
		return server_flight_is_whole(h) ? PHASE_CLIENT_TURN : PHASE_SERVER_FLIGHT;
	if ((h->retry && !h->second_hello) ||
	    (happened(h->hello_verify_request) && !h->second_hello))
		return PHASE_RETRY;
	if (h->hello)	/* a ServerHello that began and was cut off is the beginning of a flight */
		return h->pending_want[SIDE_SERVER] ? PHASE_SERVER_FLIGHT : PHASE_HELLO;
	return tcp_never_up(h->flow) ? PHASE_TCP : PHASE_BEFORE_HELLO;
}

/* ---- who ended it ---- */

static const struct alert_fact *first_alert(const struct handshake *h, bool hidden)
{
	for (uint8_t i = 0; i < h->alert_count; i++) {
		const struct alert_fact *a = &h->alerts[i];

		if (a->after_peer_end || a->hidden != hidden)
			continue;
		if (hidden || is_fatal(h, a))
			return a;
	}
	return NULL;
}

static const struct alert_fact *first_leave(const struct handshake *h)
{
	for (uint8_t i = 0; i < h->alert_count; i++) {
		const struct alert_fact *a = &h->alerts[i];

		if (!a->hidden && !a->after_peer_end &&
		    (a->code == ALERT_CLOSE_NOTIFY || a->code == ALERT_USER_CANCELED))
			return a;
	}
	return NULL;
}

static void take_alert(struct ending *e, const struct alert_fact *a, enum ending_how how)
{
	e->how = how;
	e->by = a->from;
	e->mark = a->mark;
	e->alert = a;
}

static bool take_gone(const struct handshake *h, struct ending *e)
{
	struct mark client = side_gone(h, SIDE_CLIENT), server = side_gone(h, SIDE_SERVER);
	struct mark reset;

	if (!happened(client) && !happened(server))
		return false;
	e->by = mark_before(client, server) ? SIDE_CLIENT : SIDE_SERVER;
	e->mark = mark_earlier(client, server);
	reset = side_reset(h, e->by);
	e->how = happened(reset) && reset.frame == e->mark.frame ? ENDED_BY_RST : ENDED_BY_FIN;
	return true;
}

static bool take_icmp(const struct handshake *h, struct ending *e)
{
	for (uint8_t i = 0; i < h->flow->icmp_count; i++) {
		const struct icmp_error *icmp = &h->flow->icmp[i];

		if (icmp->kind == ICMP_TOO_BIG || icmp->kind == ICMP_OTHER ||
		    icmp->about != SIDE_CLIENT || e->phase > PHASE_HELLO)
			continue;
		e->how = ENDED_BY_ICMP;
		e->mark = icmp->mark;
		return true;
	}
	return false;
}

/* libldap compares the certificate when the handshake is over, and takes leave of the directory
 * without TLS if it does not like it. Who has sent data is not judging any more (FTP has CCC), and where
 * the server finishes behind it those bytes were damaged, not clear. */
static bool take_clear(const struct handshake *h, struct ending *e)
{
	struct mark clear = h->broken_mark[SIDE_CLIENT];

	if (!happened(clear) || h->broken[SIDE_CLIENT]->kind != BROKEN_RECORD_HEADER ||
	    h->dissected_as != 't' || h->data_records[SIDE_CLIENT] ||
	    !happened(h->finished[SIDE_CLIENT]) || mark_before(clear, h->finished[SIDE_CLIENT]) ||
	    mark_before(side_gone(h, SIDE_SERVER), clear) ||
	    (happened(h->finished[SIDE_SERVER]) && mark_before(clear, h->finished[SIDE_SERVER])))
		return false;
	e->by = SIDE_CLIENT;
	e->how = ENDED_IN_CLEAR;
	e->mark = clear;
	return true;
}

/* The first CONNECTION_CLOSE that names no alert (RFC 9000 19.19). */
static bool take_quic_close(const struct handshake *h, struct ending *e)
{
	struct mark closed[2] = { { 0 }, { 0 } };

	for (int side = 0; side < 2; side++)
		if (h->quic[side]->kind == QUIC_CLOSE)
			closed[side] = h->quic_mark[side];
	e->mark = mark_earlier(closed[SIDE_CLIENT], closed[SIDE_SERVER]);
	if (!happened(e->mark))
		return false;
	e->by = mark_before(closed[SIDE_CLIENT], closed[SIDE_SERVER]) ? SIDE_CLIENT : SIDE_SERVER;
	e->how = ENDED_BY_QUIC_CLOSE;
	return true;
}

/* Nobody ended it, and the capture shows that nobody will: it goes on for long without a packet,
 * or one side repeats its datagrams to one that has fallen silent (RFC 9147 5.8, RFC 9002 6.2). */
static bool fell_silent(const struct handshake *h, const struct ending *e)
{
	struct mark quieter = mark_earlier(h->flow->side[SIDE_CLIENT].last_packet,
					   h->flow->side[SIDE_SERVER].last_packet);

	if (happened(h->ended) && h->ended.time - h->flow->last.time >= IDLE_NS)
		return true;
	return h->flow->transport == TRANSPORT_UDP && e->phase >= PHASE_RETRY &&
	       e->phase < PHASE_DONE && happened(h->flow->side[SIDE_SERVER].last_packet) &&
	       h->flow->last.time - quieter.time >= STALL_NS;
}

/* The first thing that a side did to end it: a FIN that precedes an alert of the same side is the
 * kernel's order, not the cause's, so readable alerts come first, then what is merely hidden. */
static void find_end(const struct handshake *h, struct ending *e)
{
	const struct alert_fact *alert = first_alert(h, false);
	const struct alert_fact *hidden = first_alert(h, true);
	const struct alert_fact *leave = first_leave(h);

	if (take_clear(h, e))
		return;
	bool gone = take_gone(h, e);

	if (alert &&
	    !(hidden && mark_before(hidden->mark, alert->mark) && hidden->from != alert->from)) {
		take_alert(e, alert, ENDED_BY_ALERT);
		return;
	}
	if (hidden && (!gone || !mark_before(e->mark, hidden->mark) || e->by == hidden->from)) {
		take_alert(e, hidden, ENDED_BY_HIDDEN_ALERT);
		return;
	}
	if (leave && (!gone || !mark_before(e->mark, leave->mark))) {
		take_alert(e, leave, ENDED_BY_CLOSE_NOTIFY);
		return;
	}
	if (gone || take_quic_close(h, e) || take_icmp(h, e))
		return;
	e->mark = h->flow->last;
	e->how = fell_silent(h, e) ? ENDED_BY_SILENCE : ENDED_NOT;
}

/* The last record of `side` that came before `end`, of those that were kept; else its first data or SYN. */
static struct mark last_record_before(const struct handshake *h, enum side side, struct mark end)
{
	struct mark last = h->flow->side[side].syn, first = h->flow->side[side].first_data;

	if (happened(first) && mark_before(first, end))
		last = first;
	for (uint16_t i = 0; i < h->record_count[side]; i++)
		if (mark_before(h->records[side][i].mark, end))
			last = mark_later(last, h->records[side][i].mark);
	if (h->record_total[side] && mark_before(h->last_record[side].mark, end))
		last = mark_later(last, h->last_record[side].mark);
	return last;
}

static void read_waiting(const struct handshake *h, struct ending *e)
{
	struct mark last = { 0 };

	for (int side = 0; side < 2; side++) {
		const struct tcp_side *s = &h->flow->side[side];
		struct mark data = s->last_data;

		if (h->flow->transport == TRANSPORT_UDP)
			data = s->last_packet;
		/* A FIN or an alert's own segment is not what was waited for. */
		if (!happened(data) || !mark_before(data, e->mark))
			data = last_record_before(h, (enum side)side, e->mark);
		e->heard[side] = data;
		last = mark_later(last, data);
	}
	/* Datagrams carry no acknowledgement: the wait began when the quieter side was heard. */
	if (h->flow->transport == TRANSPORT_UDP)
		last = happened(e->heard[SIDE_SERVER])
			   ? mark_earlier(e->heard[SIDE_SERVER], e->heard[SIDE_CLIENT])
			   : h->flow->first;
	e->waited = happened(last) && e->mark.time > last.time ? e->mark.time - last.time : 0;
}

/* The way from here to the client and back, at most: how soon it acknowledged, or spoke. */
static int64_t round_trip_to_client(const struct handshake *h)
{
	const struct tcp_side *client = &h->flow->side[SIDE_CLIENT], *server = &h->flow->side[SIDE_SERVER];
	int64_t least = INT64_MAX;

	if (happened(server->syn) && happened(client->first_data))
		least = client->first_data.time - server->syn.time;
	if (happened(server->first_data) && happened(client->first_ack) &&
	    client->first_ack.time - server->first_data.time < least)
		least = client->first_ack.time - server->first_data.time;
	return least == INT64_MAX || least < 0 ? 0 : least;
}

/* How long the client took to end what both had finished, wherever on the way this was captured. */
static int64_t time_to_leave(const struct handshake *h, const struct ending *e)
{
	struct mark client = h->finished[SIDE_CLIENT], server = h->finished[SIDE_SERVER];
	int64_t took;

	if (!happened(client))
		return e->waited;
	if (!happened(server) || !mark_before(client, server) || !mark_before(server, e->mark))
		return e->mark.time - client.time;
	took = e->mark.time - server.time - round_trip_to_client(h);
	return took < 0 ? 0 : took;
}

/* ---- outcome ---- */

static bool data_both_ways(const struct handshake *h)
{
	return h->data_records[SIDE_CLIENT] && h->data_records[SIDE_SERVER];
}

/* An encrypted goodbye of the client's is answered with another (RFC 8446 6.1). */
static bool client_said_goodbye(const struct handshake *h, struct mark before)
{
	for (uint8_t i = 0; i < h->alert_count; i++)
		if (h->alerts[i].from == SIDE_CLIENT && h->alerts[i].hidden &&
		    mark_before(h->alerts[i].mark, before))
			return true;
	return false;
}

/* Nobody says goodbye at once to a client that has just finished and asked for nothing yet. */
static bool is_verdict_on_finished(const struct handshake *h, const struct alert_fact *a)
{
	static const int64_t at_once = INT64_C(1000000000);
	struct mark finished = h->finished[SIDE_CLIENT];

	return happened(finished) && !h->data_records[SIDE_CLIENT] && h->dissected_as == 't' &&
	       happened(side_gone(h, SIDE_SERVER)) && a->mark.time - finished.time < at_once &&
	       !client_said_goodbye(h, a->mark);
}

/* The client showed a certificate, or an empty list in its stead. */
static bool answered_request(const struct handshake *h)
{
	enum client_flight flight = infer_client_flight(h);

	return flight == FLIGHT_EMPTY_CERTIFICATE || flight == FLIGHT_CERTIFICATE ||
	       (h->keys && happened(h->request_mark));
}

/* A goodbye that is answered at once, though the client had been at peace for longer before it. */
static bool answers_goodbye(const struct handshake *h, const struct alert_fact *a)
{
	for (uint8_t i = 0; i < h->alert_count; i++) {
		const struct alert_fact *bye = &h->alerts[i];

		if (bye->from == SIDE_CLIENT && bye->hidden && mark_before(bye->mark, a->mark) &&
		    a->mark.time - bye->mark.time < bye->mark.time - h->finished[SIDE_CLIENT].time)
			return true;
	}
	return false;
}

/* Behind a fatal alert nothing more is sent (RFC 8446 6.2), and OpenSSL keeps to it: what its client answers,
 * while the server waits, was a goodbye. */
static bool was_answered(const struct handshake *h, const struct alert_fact *a)
{
	if (!is_openssl(stack_of_client(h).kind))
		return false;
	for (uint8_t i = 0; i < h->alert_count; i++) {
		const struct alert_fact *answer = &h->alerts[i];

		if (answer->from == SIDE_CLIENT && answer->hidden && mark_before(a->mark, answer->mark) &&
		    mark_before(answer->mark, side_gone(h, SIDE_SERVER)))
			return true;
	}
	return false;
}

/* In TLS 1.3 the place of a ticket or of data: the first thing that the server says behind a client
 * certificate; without one, only what comes at once. */
static const struct alert_fact *alert_in_place_of_ticket(const struct handshake *h)
{
	bool certificate = answered_request(h);

	/* What the capture lacks may have been the ticket. */
	if (!is_tls13(h->version) || h->data_records[SIDE_SERVER] || happened(h->gap[SIDE_SERVER]))
		return NULL;
	for (uint8_t i = 0; i < h->alert_count; i++) {
		const struct alert_fact *a = &h->alerts[i];

		if (a->from == SIDE_SERVER && a->hidden &&
		    !mark_before(side_gone(h, SIDE_CLIENT), a->mark) && !answers_goodbye(h, a) && !was_answered(h, a) &&
		    (certificate || is_verdict_on_finished(h, a)))
			return a;
	}
	return NULL;
}

/* Servers on Node.js and Bun judge the client's certificate when the library is done, and leave
 * without a word: no ticket, no data, not even an alert. */
static bool server_left_over_certificate(const struct handshake *h, const struct ending *e)
{
	static const int64_t at_once = INT64_C(1000000000);

	return is_tls13(h->version) && h->dissected_as == 't' && answered_request(h) &&
	       !h->data_records[SIDE_SERVER] && e->by == SIDE_SERVER &&
	       (e->how == ENDED_BY_FIN || e->how == ENDED_BY_RST) &&
	       !happened(h->gap[SIDE_SERVER]) && !h->flow->side[SIDE_SERVER].missing &&
	       e->mark.time - h->finished[SIDE_CLIENT].time < at_once;
}

/* A server that judges the client after its Finished refuses with an alert in the place of a
 * ticket or data (RFC 8446 4.4.2.4, 4.6.1), whether or not the client had said goodbye already. */
static bool server_refused_late(const struct handshake *h, struct ending *e)
{
	const struct alert_fact *alert = alert_in_place_of_ticket(h);

	/* A QUIC server sends data before it has seen the client's Finished; an alert there is a
	 * CONNECTION_CLOSE about the handshake whenever it comes (RFC 9001 4.8). */
	if (h->dissected_as == 'q')
		return e->by == SIDE_SERVER &&
		       (e->how == ENDED_BY_ALERT || e->how == ENDED_BY_HIDDEN_ALERT);
	if (alert) {
		take_alert(e, alert, ENDED_BY_HIDDEN_ALERT);
		return true;
	}
	return (e->by == SIDE_SERVER && e->how == ENDED_BY_ALERT &&
		!h->data_records[SIDE_SERVER]) || server_left_over_certificate(h, e);
}

static bool client_refused_late(const struct handshake *h, const struct ending *e)
{
	return e->by == SIDE_CLIENT && e->how == ENDED_BY_ALERT && !data_both_ways(h) &&
	       !h->data_records[SIDE_CLIENT];
}

/*
 * RFC 9849 6.1.6: a client whose Encrypted ClientHello was not accepted finishes the handshake with
 * the public name, then aborts it with ech_required. Its alert is hidden and has the length of any
 * other, or is lost where it resets because of tickets unread; but few finish and leave in one
 * breath. Who sends GREASE (6.2) goes on, and Chromium drops spare connections; BoringSSL elsewhere
 * sends the alert, and what leaves without one is a program that judges by itself.
 */
static bool ech_refused(const struct handshake *h, const struct ending *e)
{
	static const int64_t a_breath = INT64_C(300000000);
	bool gone = e->how == ENDED_BY_FIN || e->how == ENDED_BY_RST;
	enum stack_kind client = stack_of_client(h).kind;

	if (e->by != SIDE_CLIENT || h->dissected_as != 't' || h->resumed || !h->hello ||
	    h->hello->ech != ECH_OUTER || h->data_records[SIDE_CLIENT])
		return false;
	if (e->how != ENDED_BY_HIDDEN_ALERT &&
	    !(gone && client != STACK_BORINGSSL && client != STACK_BORINGSSL_LIBRARY))
		return false;
	return e->took_to_leave < a_breath;
}

bool client_flight_never_arrived(const struct handshake *h)
{
	const struct tcp_side *client = &h->flow->side[SIDE_CLIENT], *server = &h->flow->side[SIDE_SERVER];
	enum { OFTEN = 3 };

	return h->flow->transport == TRANSPORT_TCP && h->server && client->acked &&
	       client->acked < client->sent && client->retransmitted_offset >= client->acked &&
	       client->retransmissions >= OFTEN &&
	       client->last_retransmission.time - client->first_retransmission.time >= STALL_NS &&
	       mark_before(h->server_mark, client->first_retransmission) &&
	       !mark_before(client->first_retransmission, server->last_ack) &&
	       !mark_before(client->first_retransmission, server->last_data);
}

/* In TLS 1.3 the server has not finished before the client's Finished comes. */
static bool finished_never_arrived(const struct handshake *h)
{
	return is_tls13(h->version) && client_flight_never_arrived(h) &&
	       !mark_before(h->finished[SIDE_CLIENT], h->flow->side[SIDE_SERVER].last_ack);
}

int64_t quic_handshake_span(const struct handshake *h, enum side side, uint32_t *count)
{
	enum { EPOCH_HANDSHAKE = 2 };
	const struct record_fact *first = NULL, *last = NULL;

	*count = 0;
	for (uint16_t i = 0; h->dissected_as == 'q' && i < h->record_count[side]; i++) {
		if (h->records[side][i].epoch != EPOCH_HANDSHAKE)
			continue;
		first = first ? first : &h->records[side][i];
		last = &h->records[side][i];
		++*count;
	}
	if (first && h->last_record[side].epoch == EPOCH_HANDSHAKE)
		last = &h->last_record[side];	/* the list is short */
	return first ? last->mark.time - first->mark.time : 0;
}

bool quic_never_confirmed(const struct handshake *h)
{
	enum { OFTEN = 4 };
	uint32_t count;

	return quic_handshake_span(h, SIDE_CLIENT, &count) >= STALL_NS && count >= OFTEN;
}

static bool anyone_left(const struct ending *e)
{
	return e->how != ENDED_NOT && e->how != ENDED_BY_SILENCE;
}

static void judge_outcome(const struct handshake *h, struct ending *e)
{
	bool done = (e->phase == PHASE_DONE || data_both_ways(h)) && !finished_never_arrived(h) &&
		    !quic_never_confirmed(h);

	e->outcome = OUTCOME_FAILED;
	if (done) {
		e->rejected_late = e->how == ENDED_IN_CLEAR || server_refused_late(h, e) ||
				   client_refused_late(h, e) || ech_refused(h, e);
		e->left_without_data = !h->data_records[SIDE_CLIENT] && anyone_left(e) &&
				       e->by == SIDE_CLIENT;
		e->outcome = e->rejected_late ? OUTCOME_FAILED : OUTCOME_COMPLETED;
	} else if (e->how == ENDED_NOT) {
		e->outcome = OUTCOME_INCONCLUSIVE;
	}
}

void ending_read(struct handshake *h, struct ending *out)
{
	*out = (struct ending){ .how = ENDED_NOT };
	sort_alerts(h);
	mark_echoes(h);
	out->phase = phase_of(h);
	find_end(h, out);
	read_waiting(h, out);
	out->took_to_leave = time_to_leave(h, out);
	judge_outcome(h, out);
}

enum step handshake_reached(const struct handshake *h)
{
	const struct { struct mark mark; enum step step; } seen[] = {
		{ h->flow->side[SIDE_CLIENT].syn, STEP_TCP_SYN },
		{ mark_later(h->flow->side[SIDE_SERVER].syn, h->flow->side[SIDE_CLIENT].first_data),
		  STEP_TCP_ESTABLISHED },
		{ h->hello_mark, STEP_CLIENT_HELLO },
		{ h->retry_mark, STEP_HELLO_RETRY_REQUEST },
		{ h->server_mark, STEP_SERVER_HELLO },
		{ h->certificates_mark, STEP_CERTIFICATE },
		{ h->key_exchange_mark, STEP_SERVER_KEY_EXCHANGE },
		{ h->request_mark, STEP_CERTIFICATE_REQUEST },
		{ h->hello_done, STEP_SERVER_HELLO_DONE },
		{ h->client_certificates_mark, STEP_CLIENT_CERTIFICATE },
		{ h->client_key_exchange, STEP_CLIENT_KEY_EXCHANGE },
		{ h->finished[SIDE_CLIENT], STEP_CLIENT_FINISHED },
		{ h->finished[SIDE_SERVER], STEP_SERVER_FINISHED },
		{ data_both_ways(h) ? h->first_data[SIDE_CLIENT] : (struct mark){ 0 },
		  STEP_APPLICATION_DATA },
	};
	enum step reached = STEP_NONE;

	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
		if (happened(seen[i].mark))
			reached = seen[i].step;
	return reached;
}
