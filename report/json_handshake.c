/* The record of one handshake: who, when, how far, and the messages in order. */
#include <stdio.h>

#include "json_parts.h"

static const char *side_name(enum side side)
{
	return side == SIDE_CLIENT ? "client" : "server";
}

static void put_address(struct json_line *l, const char *key, const struct address *a)
{
	char ip[IP_TEXT];

	ip_text(a, ip);
	line_open_object(l, key);
	put_text(l, "ip", ip);
	put_count(l, "port", a->port);
	line_close_object(l);
}

static void put_when(struct json_line *l, const struct verdict *v)
{
	const struct handshake *h = v->handshake;
	struct mark end = handshake_end(v);

	put_text(l, "file", h->file);
	put_count(l, "first_frame", h->flow->first.frame);
	put_count(l, "last_frame", end.frame);
	put_time(l, "time", h->flow->first.time);
	put_milliseconds(l, "duration_ms", end.time - h->flow->first.time);
	put_count(l, h->flow->transport == TRANSPORT_TCP ? "tcp_stream" : "udp_stream",
		  h->flow->stream);
}

static void put_flow(struct json_line *l, const struct flow_facts *f)
{
	char community[COMMUNITY_ID_MAX];

	line_open_object(l, "flow");
	put_name(l, "transport", f->transport == TRANSPORT_TCP ? "tcp" : "udp");
	put_address(l, "client", &f->side[SIDE_CLIENT].address);
	put_address(l, "server", &f->side[SIDE_SERVER].address);
	flow_community_id(f, community);
	put_text(l, "community_id", community);
	if (f->has_vlan)
		put_count(l, "vlan", f->vlan);
	put_text(l, "tunnel", f->tunnel);
	line_close_object(l);
}

/* What was said before TLS about whom the two ends stand for. */
static void put_between(struct json_line *l, const struct handshake *h)
{
	const struct tls_upgrade *tunnel = asked_tunnel(h), *header = proxy_header_of(h);

	if (tunnel) {
		line_open_object(l, "proxy");
		put_text(l, "protocol", foreign_name(tunnel->protocol));
		put_text(l, "host", tunnel->target);
		put_count(l, "port", tunnel->target_port);
		line_close_object(l);
	}
	if (header) {
		line_open_object(l, "proxy_header");
		put_count(l, "version", header->status);
		line_open_object(l, "client");
		put_text(l, "ip", header->target);
		put_count(l, "port", header->target_port);
		line_close_object(l);
		line_close_object(l);
	}
}

static void put_retry(struct json_line *l, const struct retry *r)
{
	if (!r->attempts)
		return;
	line_open_object(l, "retry");
	put_count(l, "attempt", r->attempt);
	put_count(l, "attempts", r->attempts);
	put_name(l, "outcome", outcome_name(r->outcome));
	put_milliseconds(l, "span_ms", r->span);
	line_close_object(l);
}

/* Neither level nor code of an alert that nobody could read. */
static void put_alert(struct json_line *l, const struct alert_fact *a)
{
	const char *name = alert_name(a->code);
	char unknown[16];

	line_open_object(l, NULL);
	put_name(l, "from", side_name(a->from));
	if (!a->hidden) {
		snprintf(unknown, sizeof(unknown), "alert_%u", a->code);
		put_name(l, "level", a->level == 1 ? "warning" : "fatal");
		put_count(l, "code", a->code);
		put_name(l, "name", name ? name : unknown);
	}
	put_mark(l, &a->mark);
	put_flag(l, "encrypted", a->hidden);
	if (a->inferred)
		put_flag(l, "inferred", true);
	if (a->hidden)
		put_count(l, "record_length", a->length);
	line_close_object(l);
}

static void put_alerts(struct json_line *l, const struct handshake *h)
{
	if (!h->alert_count)
		return;
	line_open_array(l, "alerts");
	for (uint8_t i = 0; i < h->alert_count; i++)
		put_alert(l, &h->alerts[i]);
	line_close_array(l);
}

static void put_message(struct json_line *l, const struct message_fact *m)
{
	const char *name = handshake_type_name(m->type);
	char unknown[32];

	if (!name)
		snprintf(unknown, sizeof(unknown), "handshake_type_%u", m->type);
	line_open_object(l, NULL);
	put_name(l, "from", side_name(m->from));
	put_name(l, "name", name ? name : unknown);
	put_mark(l, &m->mark);
	put_count(l, "length", m->length);
	if (m->decrypted)
		put_flag(l, "decrypted", true);
	line_close_object(l);
}

static void put_messages(struct json_line *l, const struct handshake *h)
{
	if (!h->message_count)
		return;
	line_open_array(l, "messages");
	for (uint16_t i = 0; i < h->message_count; i++)
		put_message(l, &h->messages[i]);
	line_close_array(l);
}

void put_handshake(struct json_line *l, const struct verdict *v)
{
	const struct handshake *h = v->handshake;

	begin_record(l, "handshake");
	put_when(l, v);
	put_flow(l, h->flow);
	put_between(l, h);
	put_name(l, "outcome", outcome_name(v->outcome));
	put_name(l, "reached", step_name(v->reached));
	put_tls(l, v);
	put_certificates(l, "certificates", h->certificates);
	put_certificates(l, "client_certificates", h->client_certificates);
	put_alerts(l, h);
	put_messages(l, h);
	if (v->outcome != OUTCOME_COMPLETED)
		put_diagnosis(l, &v->diagnosis);
	put_findings(l, v->findings.at, v->findings.count);
	put_some(l, "incident", v->incident);
	put_retry(l, &v->retry);
	if (v->probe)
		put_flag(l, "probe", true);
	line_end(l);
}
