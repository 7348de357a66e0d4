/*
 * Frames into packets, through tunnels and fragments. Input: the link type's place in the list,
 * then frames behind their 16-bit lengths; a frame whose length has its top bit was cut.
 */
#include <pcap/dlt.h>
#include <stdlib.h>

#include "../../bytes.h"
#include "../../capture/glance.h"
#include "support.h"

static const int link_types[] = {
	DLT_EN10MB, DLT_RAW, DLT_IPV4, DLT_IPV6, DLT_NULL, DLT_LOOP, DLT_LINUX_SLL, DLT_LINUX_SLL2,
	DLT_PPP, DLT_PPP_SERIAL, DLT_PPP_ETHER, DLT_PPP_PPPD, DLT_C_HDLC, DLT_NFLOG, DLT_PFLOG, DLT_ENC,
	DLT_MPLS, DLT_APPLE_IP_OVER_IEEE1394, DLT_FDDI, DLT_ATM_RFC1483, DLT_FRELAY, DLT_NETANALYZER,
	DLT_IEEE802_11, DLT_IEEE802_11_RADIO, DLT_PRISM_HEADER, DLT_PPI, DLT_IEEE802_11_RADIO_AVS
};

static void check(const struct packet *p)
{
	claim(p->kind != PACKET_NONE, "a decoded packet has a kind");
	claim(p->payload_len <= p->payload_wire_len, "no more is captured than was on the wire");
	claim(p->source.ip_len == 4 || p->source.ip_len == 16, "an address has 4 or 16 bytes");
	claim(p->sack_count <= TCP_SACK_BLOCKS_MAX, "SACK blocks fit");
	touch(p->payload, p->payload_len);
	touch_text(p->tunnel);
}

/* What is known at a glance is what the long way finds. */
static void check_glance(const struct frame *frame, bool decoded, const struct packet *slow)
{
	const struct capture_key words = { { 3, 4 } };
	const struct hash_key key = hash_key_of(&words);
	struct packet quick = { 0 };
	struct ends ends;
	struct glance g;

	if (!glance(frame, &g))
		return;
	claim(decoded && slow->kind == PACKET_TCP, "a glance takes only TCP for TCP");
	glance_packet(&g, frame, &quick);
	claim(!memcmp(&quick.source, &slow->source, sizeof(quick.source)) &&
	      !memcmp(&quick.destination, &slow->destination, sizeof(quick.destination)), "the same ends");
	claim(quick.payload == slow->payload && quick.payload_len == slow->payload_len &&
	      quick.payload_wire_len == slow->payload_wire_len, "the same payload");
	claim(quick.seq == slow->seq && quick.ack == slow->ack && quick.flags == slow->flags &&
	      quick.window == slow->window && quick.ttl == slow->ttl && quick.ip_id == slow->ip_id &&
	      quick.has_vlan == slow->has_vlan && quick.vlan == slow->vlan, "the same fields");
	claim(!memcmp(quick.link, slow->link, sizeof(quick.link)), "the same link");
	claim(quick.mss == slow->mss && quick.has_options == slow->has_options &&
	      quick.has_timestamps == slow->has_timestamps &&
	      (!quick.has_timestamps || quick.stamp == slow->stamp) && quick.sack_count == slow->sack_count &&
	      !memcmp(quick.sack, slow->sack, quick.sack_count * sizeof(quick.sack[0])), "the same options");
	glance_ends(&g, &ends);
	claim(hash_ends(&key, &ends) == hash_flow(&key, TRANSPORT_TCP, &slow->source, &slow->destination),
	      "the same flow");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_of(data, size);
	struct decoder *decoder = decoder_new(1 << 16);
	struct frame frame = { .link_type = link_types[take_u8(&r) % (sizeof(link_types) / sizeof(link_types[0]))] };

	while (more(&r)) {
		struct packet packet = { 0 };
		bool undecodable = false;
		uint16_t len = take_u16(&r), captured = len & 0x7fff;
		struct reader bytes = take_reader(&r, captured < left(&r) ? captured : left(&r));
		uint8_t *copy = exact_copy(bytes.at, left(&bytes));

		frame.bytes = copy;
		frame.len = (uint32_t)left(&bytes);
		frame.wire_len = frame.len + (len & 0x8000 ? 40 : 0);
		frame.mark.frame++;
		frame.mark.time += 1000000;
		bool decoded = decode(decoder, &frame, &packet, &undecodable);
		if (decoded)
			check(&packet);
		check_glance(&frame, decoded, &packet);
		free(copy);
	}
	decoder_free(decoder);
	return 0;
}
