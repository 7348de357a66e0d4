#include "recording.h"

#include <pcap.h>
#include <stdlib.h>
#include <string.h>

enum { ETHERNET_LEN = 14, IPV4_LEN = 20, TCP_LEN = 20, FLAG_FIN = 1, FLAG_SYN = 2, FLAG_RST = 4,
       FLAG_ACK = 16, RECORD_HEAD = 5, RECORD_ALERT = 21, RECORD_DATA = 23,
       HIDDEN_ALERT = 19 };	/* TLS 1.3: two bytes, the type, the tag */

struct isns {
	uint32_t of[2];
	bool known[2];
	uint8_t client[4];
};

static uint16_t u16(const uint8_t *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

static uint32_t u32(const uint8_t *b)
{
	return (uint32_t)u16(b) << 16 | u16(b + 2);
}

static bool is_tcp_over_ipv4(const struct pcap_pkthdr *head, const uint8_t *b)
{
	return head->caplen == head->len && head->len >= ETHERNET_LEN + IPV4_LEN + TCP_LEN &&
	       u16(b + 12) == 0x0800 && b[ETHERNET_LEN] == 0x45 && b[ETHERNET_LEN + 9] == 6 &&
	       ETHERNET_LEN + (uint32_t)u16(b + ETHERNET_LEN + 2) <= head->len;
}

/* The first SYN says who is the client; each side's SYN, where its numbers begin. */
static void learn(struct isns *isns, struct recording *r, const uint8_t *ip, const uint8_t *tcp)
{
	enum from from;

	if (!isns->known[FROM_CLIENT] && (tcp[13] & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN) {
		memcpy(isns->client, ip + 12, 4);
		r->server_port = u16(tcp + 2);
	}
	from = memcmp(ip + 12, isns->client, 4) ? FROM_SERVER : FROM_CLIENT;
	if (tcp[13] & FLAG_SYN && !isns->known[from]) {
		isns->of[from] = u32(tcp + 4);
		isns->known[from] = true;
	}
}

static bool take_step(struct recording *r, struct isns *isns, const uint8_t *ip)
{
	const uint8_t *tcp = ip + IPV4_LEN;
	uint32_t head = (uint32_t)(tcp[12] >> 4) * 4, total = u16(ip + 2);
	struct step *s = &r->steps[r->count];
	const struct step *before = r->count ? s - 1 : NULL;

	learn(isns, r, ip, tcp);
	if (r->count == STEPS_MAX || head < TCP_LEN || total < IPV4_LEN + head)
		return false;
	s->from = memcmp(ip + 12, isns->client, 4) ? FROM_SERVER : FROM_CLIENT;
	s->seq = u32(tcp + 4) - isns->of[s->from];
	s->ack = u32(tcp + 8) - isns->of[!s->from];
	s->flags = tcp[13];
	s->window = u16(tcp + 14);
	s->ip_id = u16(ip + 4);
	s->fragment = u16(ip + 6);
	s->ttl = ip[8];
	s->turns = before ? before->turns + (before->from != s->from) : 0;
	s->options_len = (uint8_t)(head - TCP_LEN);
	memcpy(s->options, tcp + TCP_LEN, s->options_len);
	s->len = total - IPV4_LEN - head;
	s->payload = malloc(s->len + 1);
	if (!s->payload)
		abort();
	memcpy(s->payload, tcp + head, s->len);
	r->count++;
	return isns->known[s->from];
}

/* Whether a step is the beginning of the end: FIN, RST or an alert, in clear or hidden. */
static bool ends(const struct step *s)
{
	if (s->flags & (FLAG_FIN | FLAG_RST))
		return true;
	return s->len >= RECORD_HEAD && (s->payload[0] == RECORD_ALERT ||
		(s->payload[0] == RECORD_DATA && u16(s->payload + 3) == HIDDEN_ALERT));
}

/* Whether the server's stream until this step ends where a record does, and how long it is. */
static bool whole_records(const struct recording *r, uint32_t until)
{
	uint64_t record_end = 0, sent = 0;

	for (uint32_t i = 0; i < until; i++) {
		const struct step *s = &r->steps[i];
		uint64_t begins = (uint64_t)s->seq - 1, at = record_end;

		if (s->from != FROM_SERVER || !s->len)
			continue;
		if (begins != sent)
			return false;		/* sent again: not worth following */
		sent += s->len;
		while (at >= begins && at + RECORD_HEAD <= sent)
			at += RECORD_HEAD + u16(s->payload + (at - begins) + 3);
		record_end = at;
	}
	return sent && record_end == sent;
}

static uint32_t place_for_data(const struct recording *r)
{
	uint32_t at = 0;

	while (at < r->count && !ends(&r->steps[at]))
		at++;
	return at < r->count && whole_records(r, at) ? at : r->count;
}

bool recording_load(struct recording *r, const char *path)
{
	char problem[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, problem);
	struct isns isns = { 0 };
	struct pcap_pkthdr *head;
	const uint8_t *bytes;
	bool good = p && pcap_datalink(p) == DLT_EN10MB;

	*r = (struct recording){ 0 };
	while (good && pcap_next_ex(p, &head, &bytes) == 1) {
		int64_t time = (int64_t)head->ts.tv_sec * 1000000000 + head->ts.tv_usec;

		good = is_tcp_over_ipv4(head, bytes) && take_step(r, &isns, bytes + ETHERNET_LEN);
		if (r->count == 1)
			r->began = time;
		if (good)
			r->steps[r->count - 1].after = time - r->began;
	}
	if (p)
		pcap_close(p);
	r->data_at = place_for_data(r);
	return good && r->count;
}

void recording_free(struct recording *r)
{
	for (uint32_t i = 0; i < r->count; i++)
		free(r->steps[i].payload);
}
