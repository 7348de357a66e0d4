#include "wire.h"

#include <string.h>

enum { ETHERNET_LEN = 14, IPV4_LEN = 20, TCP_LEN = 20, OPTIONS_MAX = 40, TCP_PROTOCOL = 6,
       HEADERS_MAX = ETHERNET_LEN + IPV4_LEN + TCP_LEN + OPTIONS_MAX,
       PCAP_HEAD = 24, PACKET_HEAD = 16, SNAP_LEN = 262144, OUT_BUFFER = 1 << 20 };

static const uint8_t ethernet[ETHERNET_LEN] = {
	0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x00,
};

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

/* RFC 1071, before the last fold; `bytes` begin at an even place. */
static uint64_t sum(uint64_t so_far, const uint8_t *bytes, uint32_t len)
{
	uint32_t i = 0;

	for (; i + 4 <= len; i += 4) {
		uint32_t word;

		memcpy(&word, bytes + i, 4);
		so_far += __builtin_bswap32(word);
	}
	for (; i < len; i++)
		so_far += (uint64_t)bytes[i] << (i % 4 == 0 ? 24 : i % 4 == 1 ? 16 : i % 4 == 2 ? 8 : 0);
	return so_far;
}

static uint16_t folded(uint64_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)~total;
}

static void put_ipv4(uint8_t *ip, const struct wire_packet *p, uint32_t tcp_len)
{
	memset(ip, 0, IPV4_LEN);
	ip[0] = 0x45;
	put16(ip + 2, IPV4_LEN + tcp_len);
	put16(ip + 4, p->ip_id);
	put16(ip + 6, p->fragment);
	ip[8] = p->ttl;
	ip[9] = TCP_PROTOCOL;
	put32(ip + 12, p->source);
	put32(ip + 16, p->destination);
	put16(ip + 10, folded(sum(0, ip, IPV4_LEN)));
}

/* The pseudo-header's sum comes from the addresses in front (RFC 9293 3.1). */
static void put_tcp(uint8_t *tcp, const struct wire_packet *p, uint32_t tcp_len)
{
	uint32_t head = TCP_LEN + p->options_len;
	uint64_t total = sum((uint64_t)TCP_PROTOCOL + tcp_len, tcp - 8, 8);

	memset(tcp, 0, TCP_LEN);
	put16(tcp, p->source_port);
	put16(tcp + 2, p->destination_port);
	put32(tcp + 4, p->seq);
	put32(tcp + 8, p->ack);
	tcp[12] = (uint8_t)(head / 4 << 4);
	tcp[13] = p->flags;
	put16(tcp + 14, p->window);
	if (p->options_len)
		memcpy(tcp + TCP_LEN, p->options, p->options_len);
	put16(tcp + 16, folded(sum(sum(total, tcp, head), p->payload, p->len)));
}

bool wire_open(struct wire *w, const char *path)
{
	static const uint32_t version = 2 | 4 << 16;
	const uint32_t head[PCAP_HEAD / 4] = { 0xa1b2c3d4, version, 0, 0, SNAP_LEN, 1 };

	*w = (struct wire){ .out = fopen(path, "wb") };
	if (!w->out)
		return false;
	setvbuf(w->out, NULL, _IOFBF, OUT_BUFFER);
	return fwrite(head, sizeof(head), 1, w->out) == 1;
}

bool wire_close(struct wire *w)
{
	bool good = !ferror(w->out);

	return !fclose(w->out) && good;
}

void wire_put(struct wire *w, const struct wire_packet *p)
{
	uint8_t frame[HEADERS_MAX];
	uint32_t tcp_len = TCP_LEN + p->options_len + p->len;
	uint32_t len = ETHERNET_LEN + IPV4_LEN + tcp_len;
	const uint32_t head[PACKET_HEAD / 4] = {
		(uint32_t)(p->time / 1000000000), (uint32_t)(p->time % 1000000000 / 1000), len, len,
	};

	memcpy(frame, ethernet, ETHERNET_LEN);
	put_ipv4(frame + ETHERNET_LEN, p, tcp_len);
	put_tcp(frame + ETHERNET_LEN + IPV4_LEN, p, tcp_len);
	fwrite(head, sizeof(head), 1, w->out);
	fwrite(frame, len - p->len, 1, w->out);
	if (p->len)
		fwrite(p->payload, p->len, 1, w->out);
	w->packets++;
	w->bytes += len;
}
