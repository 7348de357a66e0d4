/* The record of one handshake: who, when, how far, and the messages in order. */
#include <stdio.h>

#include "json_parts.h"

static const char *side_name(enum side side)
{
	return side == SIDE_CLIENT ? "client" : "server";
}

static json_t *address_object(const struct address *a)
{
	char ip[IP_TEXT];
	json_t *object = new_object();

	ip_text(a, ip);
	put_text(object, "ip", ip);
	put_count(object, "port", a->port);
	return object;
}

static void put_when(json_t *record, const struct verdict *v)
{
	const struct handshake *h = v->handshake;
	struct mark end = handshake_end(v);

	put_text(record, "file", h->file);
	put_count(record, "first_frame", h->flow->first.frame);
	put_count(record, "last_frame", end.frame);
	put_time(record, "time", h->flow->first.time);
	put(record, "duration_ms", json_real((double)(end.time - h->flow->first.time) / 1e6));
	put_count(record, h->flow->transport == TRANSPORT_TCP ? "tcp_stream" : "udp_stream",
		  h->flow->stream);
}

static void put_flow(json_t *record, const struct flow_facts *f)
{
	json_t *flow = new_object();
	char community[COMMUNITY_ID_MAX];

	put_name(flow, "transport", f->transport == TRANSPORT_TCP ? "tcp" : "udp");
	put(flow, "client", address_object(&f->side[SIDE_CLIENT].address));
	put(flow, "server", address_object(&f->side[SIDE_SERVER].address));
	flow_community_id(f, community);
	put_text(flow, "community_id", community);
	if (f->has_vlan)
		put_count(flow, "vlan", f->vlan);
	put_text(flow, "tunnel", f->tunnel);
	put(record, "flow", flow);
}

/* What was said before TLS about whom the two ends stand for. */
static void put_between(json_t *record, const struct handshake *h)
{
	const struct tls_upgrade *tunnel = asked_tunnel(h), *header = proxy_header_of(h);
	json_t *object, *client;

	if (tunnel) {
		object = new_object();
		put_text(object, "protocol", foreign_name(tunnel->protocol));
		put_text(object, "host", tunnel->target);
		put_count(object, "port", tunnel->target_port);
		put(record, "proxy", object);
	}
	if (header) {
		object = new_object();
		client = new_object();
		put_count(object, "version", header->status);
		put_text(client, "ip", header->target);
		put_count(client, "port", header->target_port);
		put(object, "client", client);
		put(record, "proxy_header", object);
	}
}

static void put_retry(json_t *record, const struct retry *r)
{
	json_t *object;

	if (!r->attempts)
		return;
	object = new_object();
	put_count(object, "attempt", r->attempt);
	put_count(object, "attempts", r->attempts);
	put_name(object, "outcome", outcome_name(r->outcome));
	put(object, "span_ms", json_real((double)r->span / 1e6));
	put(record, "retry", object);
}

/* Neither level nor code of an alert that nobody could read. */
static json_t *alert_object(const struct alert_fact *a)
{
	json_t *object = new_object();
	char unknown[16];

	put_name(object, "from", side_name(a->from));
	if (!a->hidden) {
		const char *name = alert_name(a->code);
		snprintf(unknown, sizeof(unknown), "alert_%u", a->code);
		put_name(object, "level", a->level == 1 ? "warning" : "fatal");
		put_count(object, "code", a->code);
		put_name(object, "name", name ? name : unknown);
	}
	put_mark(object, &a->mark);
	put_flag(object, "encrypted", a->hidden);
	if (a->inferred)
		put_flag(object, "inferred", true);
	if (a->hidden)
		put_count(object, "record_length", a->length);
	return object;
}

static void put_alerts(json_t *record, const struct handshake *h)
{
	json_t *list = new_array();

	for (uint8_t i = 0; i < h->alert_count; i++)
		append(list, alert_object(&h->alerts[i]));
	put_unless_empty(record, "alerts", list);
}

static json_t *message_object(const struct message_fact *m)
{
	json_t *object = new_object();
	const char *name = handshake_type_name(m->type);
	char unknown[32];

	snprintf(unknown, sizeof(unknown), "handshake_type_%u", m->type);
	put_name(object, "from", side_name(m->from));
	put_name(object, "name", name ? name : unknown);
	put_mark(object, &m->mark);
	put_count(object, "length", m->length);
	if (m->decrypted)
		put_flag(object, "decrypted", true);
	return object;
}

static void put_messages(json_t *record, const struct handshake *h)
{
	json_t *list = new_array();

	for (uint16_t i = 0; i < h->message_count; i++)
		append(list, message_object(&h->messages[i]));
	put_unless_empty(record, "messages", list);
}

json_t *handshake_record(const struct verdict *v)
{
	const struct handshake *h = v->handshake;
	json_t *record = new_record("handshake");

	put_when(record, v);
	put_flow(record, h->flow);
	put_between(record, h);
	put_name(record, "outcome", outcome_name(v->outcome));
	put_name(record, "reached", step_name(v->reached));
	put_tls(record, v);
	put_certificates(record, "certificates", h->certificates);
	put_certificates(record, "client_certificates", h->client_certificates);
	put_alerts(record, h);
	put_messages(record, h);
	if (v->outcome != OUTCOME_COMPLETED)
		put_diagnosis(record, &v->diagnosis);
	put_findings(record, v->findings.at, v->findings.count);
	put_some(record, "incident", v->incident);
	put_retry(record, &v->retry);
	if (v->probe)
		put_flag(record, "probe", true);
	return record;
}
