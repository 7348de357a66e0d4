#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <pcap/dlt.h>

#include "../../capture/packet.h"
#include "support_frames.h"

/* The innermost packet of every wrapping: 10.0.0.1:40000 to 10.0.0.2:443, "hello". */
#define TCP_HELLO \
	"9c40 01bb 00000001 00000002" /* ports, seq, ack */ \
	"50 18 2000 0000 0000"	/* 20 bytes of header, PSH ACK, window */ \
	"68656c6c6f"
#define IP4 \
	"45 00 002d 1234 4000 40 06 0000" /* DF, TTL 64, TCP */ \
	"0a000001 0a000002" TCP_HELLO
#define IP6 \
	"60000000 0019 06 40" /* 25 bytes of TCP, hop limit 64 */ \
	"20010db8000000000000000000000001 20010db8000000000000000000000002" TCP_HELLO
#define MACS "020000000002 020000000001"
#define ETHERNET MACS "0800" IP4
/* Outer headers leave lengths zero, as offload does. */
#define OUTER4(protocol) "45 00 0000 0001 0000 40" protocol "0000 c0a80001 c0a80002"
#define OUTER6(protocol) "60000000 0000" protocol "40" \
	"20010db8000000000000000000000008 20010db8000000000000000000000009"
#define UDP_TO(port) "c000" port "0000 0000"
#define IN_UDP(port) MACS "0800" OUTER4("11") UDP_TO(port)
#define IN_GRE MACS "0800" OUTER4("2f")

struct wrapping {
	const char *name;
	int link_type;
	const char *hex;
	const char *tunnel;
	int vlan;		/* 0: none */
};

static const struct wrapping wrappings[] = {
	{ "Ethernet", DLT_EN10MB, ETHERNET, "", 0 },
	{ "Ethernet, IPv6", DLT_EN10MB, MACS "86dd" IP6, "", 0 },
	{ "802.1Q", DLT_EN10MB, MACS "8100 602a 0800" IP4, "", 42 },
	{ "a priority tag is no VLAN", DLT_EN10MB, MACS "8100 e000 0800" IP4, "", 0 },
	{ "QinQ: the inner one", DLT_EN10MB, MACS "8100 0007 8100 0008 0800" IP4, "", 8 },
	{ "802.1ad", DLT_EN10MB, MACS "88a8 0007 8100 0fff 86dd" IP6, "", 4095 },
	{ "0x9100, 0x9200", DLT_EN10MB, MACS "9100 0001 9200 0002 0800" IP4, "", 2 },
	{ "VN-tag", DLT_EN10MB, MACS "8926 00010002 8100 0005 0800" IP4, "", 5 },
	{ "Cisco metadata", DLT_EN10MB, MACS "8909 01 01 0001 0010 0800" IP4, "", 0 },
	{ "MACsec in clear", DLT_EN10MB,
	  MACS "88e5 20 00 00000001 0200000000010001 0800" IP4, "", 0 },
	{ "LLC and SNAP", DLT_EN10MB, MACS "0035 aaaa03 000000 0800" IP4, "", 0 },
	{ "LLC", DLT_EN10MB, MACS "0030 060603" IP4, "", 0 },
	{ "raw IP", DLT_RAW, IP4, "", 0 },
	{ "raw IPv6", DLT_IPV6, IP6, "", 0 },
	{ "null, little-endian", DLT_NULL, "02000000" IP4, "", 0 },
	{ "null, big-endian, macOS", DLT_NULL, "0000001e" IP6, "", 0 },
	{ "loop", DLT_LOOP, "00000018" IP6, "", 0 },
	{ "cooked", DLT_LINUX_SLL, "0000 0001 0006 0200000000010000 0800" IP4, "", 0 },
	{ "cooked with VLAN", DLT_LINUX_SLL,
	  "0000 0001 0006 0200000000010000 8100 0003 0800" IP4, "", 3 },
	{ "cooked 2", DLT_LINUX_SLL2, "86dd 0000 00000002 0001 00 06 0200000000010000" IP6, "", 0 },
	{ "PPP", DLT_PPP, "ff03 0021" IP4, "", 0 },
	{ "PPP, all compressed", DLT_PPP, "57" IP6, "", 0 },
	{ "PPP serial as Cisco HDLC", DLT_PPP_SERIAL, "0f00 0800" IP4, "", 0 },
	{ "PPP with direction", DLT_PPP_PPPD, "01 ff03 0021" IP4, "", 0 },
	{ "Cisco HDLC", DLT_C_HDLC, "0f00 86dd" IP6, "", 0 },
	{ "PPPoE", DLT_EN10MB, MACS "8864 11 00 0001 0000 0021" IP4, "pppoe", 0 },
	{ "PPPoE link", DLT_PPP_ETHER, "11 00 0001 0000 0057" IP6, "pppoe", 0 },
	{ "NFLOG, little-endian", DLT_NFLOG,
	  "02 00 0001 0800 0100 08000100 0500 0a00 61 000000 3100 0900" IP4,
	  "", 0 },
	{ "NFLOG, big-endian", DLT_NFLOG, "02 00 0001 0008 0001 08000100 0031 0009" IP4, "", 0 },
	{ "FDDI", DLT_FDDI, "50" MACS "aaaa03 000000 0800" IP4, "", 0 },
	{ "ATM", DLT_ATM_RFC1483, "aaaa03 000000 86dd" IP6, "", 0 },
	{ "Frame Relay", DLT_FRELAY, "1841 03 cc" IP4, "", 0 },
	{ "Frame Relay with SNAP", DLT_FRELAY, "1841 03 00 80 000000 86dd" IP6, "", 0 },
	{ "Frame Relay of Cisco", DLT_FRELAY, "1841 0800" IP4, "", 0 },
	{ "PFLOG", DLT_PFLOG, "05 02 00 00 01 000000" IP4, "", 0 },
	{ "802.11 from the distribution system", DLT_IEEE802_11,
	  "08 02 0000 020000000001 020000000002 020000000003 0010 aaaa03 000000 0800" IP4, "", 0 },
	{ "802.11 QoS, four addresses", DLT_IEEE802_11,
	  "88 03 0000 020000000001 020000000002 020000000003 0010 020000000004 0000"
	  "aaaa03 000000 86dd" IP6, "", 0 },
	{ "802.11 QoS, aggregated", DLT_IEEE802_11,
	  "88 01 0000 020000000001 020000000002 020000000003 0010 8000"
	  MACS "0035 aaaa03 000000 0800" IP4, "", 0 },
	{ "radiotap with timer, flags and padded body", DLT_IEEE802_11_RADIO,
	  "00 00 1900 03000080 00000000 00000000"	/* timer, flags; a second bitmap */
	  "0000000000000000 20"
	  "88 01 0000 020000000001 020000000002 020000000003 0010 0000 0000"
	  "aaaa03 000000 0800" IP4, "", 0 },
	{ "PPI around 802.11", DLT_PPI, "00 00 0800 69000000"
	  "08 01 0000 020000000001 020000000002 020000000003 0010 aaaa03 000000 0800" IP4, "", 0 },
	{ "AVS", DLT_IEEE802_11_RADIO_AVS, "80211001 0000000c 00000000"
	  "08 01 0000 020000000001 020000000002 020000000003 0010 aaaa03 000000 0800" IP4, "", 0 },
	{ "GRE", DLT_EN10MB, IN_GRE "0000 0800" IP4, "gre", 0 },
	{ "GRE with checksum, key, sequence", DLT_EN10MB,
	  IN_GRE "b000 86dd 00000000 00000001 00000002" IP6,
	  "gre", 0 },
	{ "GRE bridging", DLT_EN10MB,
	  IN_GRE "2000 6558 00000001" MACS "8100 0009 0800" IP4, "gre", 9 },
	{ "PPTP", DLT_EN10MB,
	  IN_GRE "3081 880b 00310001 00000001 00000002 ff03 0021" IP4, "gre", 0 },
	{ "WCCP", DLT_EN10MB, IN_GRE "0000 883e 00000000" IP4, "gre", 0 },
	{ "ERSPAN I", DLT_EN10MB, IN_GRE "0000 88be" ETHERNET, "erspan", 0 },
	{ "ERSPAN II", DLT_EN10MB,
	  IN_GRE "1000 88be 00000001 10050064 00000000" ETHERNET, "erspan", 0 },
	{ "ERSPAN III", DLT_EN10MB,
	  IN_GRE "1000 22eb 00000001 20050064 00000000 0000 0000" ETHERNET,
	  "erspan", 0 },
	{ "ERSPAN III with a subheader", DLT_EN10MB,
	  IN_GRE "1000 22eb 00000001 20050064 00000000 0000 0001 0000000000000000" ETHERNET,
	  "erspan", 0 },
	{ "ERSPAN III of an IP packet", DLT_EN10MB,
	  IN_GRE "1000 22eb 00000001 20050064 00000000 0000 0800" IP4, "erspan", 0 },
	{ "VXLAN", DLT_EN10MB, IN_UDP("12b5") "08 000000 00002a 00" ETHERNET, "vxlan 42", 0 },
	{ "VXLAN on Linux's old port, group policy", DLT_EN10MB,
	  IN_UDP("2118") "88 000010 ffffff 00" MACS "8100 0004 86dd" IP6, "vxlan 16777215", 4 },
	{ "VXLAN-GPE and NSH", DLT_EN10MB, IN_UDP("12b6") "0c 0000 04 000001 00"
	  "0fc6 01 03 00000100 00000000000000000000000000000000" ETHERNET, "vxlan-gpe 1/nsh", 0 },
	{ "GENEVE with an option", DLT_EN10MB,
	  IN_UDP("17c1") "02 00 6558 00000b 00 0102 80 01 00000000" ETHERNET, "geneve 11", 0 },
	{ "GENEVE with IP", DLT_EN10MB, IN_UDP("17c1") "00 40 86dd 000000 00" IP6, "geneve 0", 0 },
	{ "GTP-U", DLT_EN10MB, IN_UDP("0868") "30 ff 002d 00000001" IP4, "gtp", 0 },
	{ "GTP-U with an extension header", DLT_EN10MB,
	  IN_UDP("0868") "34 ff 0035 00000001 0000 00 85 01 0000 00" IP4, "gtp", 0 },
	{ "IP in IP", DLT_EN10MB, MACS "0800" OUTER4("04") IP4, "ipip", 0 },
	{ "6in4", DLT_EN10MB, MACS "0800" OUTER4("29") IP6, "6in4", 0 },
	{ "4in6", DLT_EN10MB, MACS "86dd" OUTER6("04") IP4, "4in6", 0 },
	{ "EtherIP", DLT_EN10MB, MACS "0800" OUTER4("61") "3000" ETHERNET, "etherip", 0 },
	{ "Teredo", DLT_EN10MB, IN_UDP("0dd8") IP6, "teredo", 0 },
	{ "Teredo with authentication and origin", DLT_EN10MB,
	  IN_UDP("0dd8") "0001 00 00 0000000000000000 00 0000 0000 00000000" IP6, "teredo", 0 },
	{ "TZSP", DLT_EN10MB, IN_UDP("9090") "01 00 0001 00 0a 01 05 01" ETHERNET, "tzsp", 0 },
	{ "L2TPv2", DLT_EN10MB, IN_UDP("06a5") "4002 003d 0001 0002 ff03 0021" IP4, "l2tp", 0 },
	{ "L2TPv2, sequenced, offset", DLT_EN10MB,
	  IN_UDP("06a5") "0a02 0001 0002 0000 0001 0002 0000 0021" IP4, "l2tp", 0 },
	{ "L2TPv3 with a cookie", DLT_EN10MB,
	  MACS "0800" OUTER4("73") "00000001 aabbccdd" ETHERNET, "l2tp", 0 },
	{ "L2TPv3 in UDP with a sublayer", DLT_EN10MB,
	  IN_UDP("06a5") "0003 0000 00000001 40000001" ETHERNET, "l2tp", 0 },
	{ "MPLS", DLT_EN10MB, MACS "8847 00010040 00010140" IP4, "mpls", 0 },
	{ "pseudowire with a control word", DLT_EN10MB,
	  MACS "8847 00010140 00000000" ETHERNET, "mpls", 0 },
	{ "pseudowire without", DLT_EN10MB, MACS "8848 00010140" ETHERNET, "mpls", 0 },
	{ "pseudowire whose address looks like IPv4", DLT_EN10MB,
	  MACS "8847 00010140 450000000002 020000000001 0800" IP4, "mpls", 0 },
	{ "MPLS in UDP", DLT_EN10MB, IN_UDP("19eb") "00010140" IP6, "mpls", 0 },
	{ "mirrored over an MPLS backbone", DLT_EN10MB,
	  MACS "8847 00010140 45 00 005f 0001 0000 40 2f 0000 c0a80001 c0a80002"
	  "1000 88be 00000001 10050064 00000000" ETHERNET,
	  "mpls/erspan", 0 },
	{ "IPv4 options", DLT_RAW,
	  "46 00 0000 1234 4000 40 06 0000 0a000001 0a000002 01010100" TCP_HELLO,
	  "", 0 },
	{ "IPv6 extension headers", DLT_RAW, "60000000 0000 00 40"
	  "20010db8000000000000000000000001 20010db8000000000000000000000002"
	  "2b 00 010400000000"		/* hop-by-hop */
	  "3c 00 000000000000"		/* routing */
	  "33 01 01040000000001020304 00000000"	/* destination, 16 bytes */
	  "2c 04 0000 00000001 00000001 000000000000000000000000"	/* AH, 24 bytes */
	  "06 00 0000 00000007"		/* atomic fragment */
	  TCP_HELLO, "", 0 },
};

enum { WRAPPINGS = sizeof(wrappings) / sizeof(wrappings[0]) };

/* Decodes `len` captured of `wire_len` bytes out of an allocation of that length. */
static bool decode_bytes(int link_type, const uint8_t *bytes, size_t len, size_t wire_len,
			 struct packet *out)
{
	struct decoder *d = decoder_new(1 << 20);
	uint8_t *copy = exact_copy(bytes, len);
	struct frame frame = { .mark = { .frame = 7, .time = 8 }, .bytes = copy, .len = (uint32_t)len,
			       .wire_len = (uint32_t)wire_len, .link_type = link_type };
	bool undecodable = true;

	assert_non_null(d);
	bool found = decode(d, &frame, out, &undecodable);
	if (found && out->payload_len) {	/* read all of it while the sanitizer watches */
		volatile uint8_t sum = 0;
		for (uint32_t i = 0; i < out->payload_len; i++)
			sum = (uint8_t)(sum ^ out->payload[i]);
		assert_true(out->payload_len <= out->payload_wire_len);
		assert_true(out->payload_len <= len);
	}
	free(copy);
	decoder_free(d);
	return found;
}

static bool decode_hex(int link_type, const char *hex, struct packet *out)
{
	static struct buffer b;

	b.len = 0;
	put_hex(&b, hex);
	return decode_bytes(link_type, b.bytes, b.len, b.len, out);
}

static void is_hello(const struct packet *p, const struct wrapping *w)
{
	assert_int_equal(p->kind, PACKET_TCP);
	assert_string_equal(p->tunnel, w->tunnel);
	assert_int_equal(p->has_vlan, w->vlan != 0);
	assert_int_equal(p->vlan, w->vlan);
	assert_int_equal(p->source.port, 40000);
	assert_int_equal(p->destination.port, 443);
	assert_int_equal(p->source.ip[p->source.ip_len - 1], 1);
	assert_int_equal(p->destination.ip[p->destination.ip_len - 1], 2);
	assert_int_equal(p->source.ip[0], p->source.ip_len == 4 ? 10 : 0x20);
	assert_int_equal(p->seq, 1);
	assert_int_equal(p->ack, 2);
	assert_int_equal(p->flags, TCP_PSH | TCP_ACK);
	assert_int_equal(p->window, 0x2000);
	assert_int_equal(p->payload_len, 5);
	assert_int_equal(p->payload_wire_len, 5);
	assert_int_equal(p->mark.frame, 7);
}

static void every_wrapping_gives_up_what_it_carries(void **state)
{
	(void)state;
	struct packet p;
	for (size_t i = 0; i < WRAPPINGS; i++) {
		if (!decode_hex(wrappings[i].link_type, wrappings[i].hex, &p))
			fail_msg("nothing found: %s", wrappings[i].name);
		is_hello(&p, &wrappings[i]);
	}
}

static void every_wrapping_may_end_at_any_byte(void **state)
{
	(void)state;
	static struct buffer b;
	for (size_t i = 0; i < WRAPPINGS; i++) {
		b.len = 0;
		put_hex(&b, wrappings[i].hex);
		for (size_t len = 0; len < b.len; len++) {
			struct packet cut_by_snap, cut;
			int link_type = wrappings[i].link_type;
			bool found = decode_bytes(link_type, b.bytes, len, b.len, &cut_by_snap);
			if (found && cut_by_snap.kind == PACKET_TCP) {
				assert_int_equal(cut_by_snap.payload_wire_len, 5);
				assert_int_equal(b.len - len + cut_by_snap.payload_len, 5);
			}
			decode_bytes(link_type, b.bytes, len, len, &cut);
		}
	}
}

static void a_flipped_byte_anywhere_does_no_harm(void **state)
{
	(void)state;
	static struct buffer b;
	static const uint8_t flips[] = { 0x01, 0x0f, 0x80, 0xff };
	for (size_t i = 0; i < WRAPPINGS; i++) {
		b.len = 0;
		put_hex(&b, wrappings[i].hex);
		for (size_t at = 0; at < b.len * sizeof(flips); at++) {
			struct packet p;
			uint8_t *byte = &b.bytes[at / sizeof(flips)], before = *byte;
			*byte = (uint8_t)(before ^ flips[at % sizeof(flips)]);
			decode_bytes(wrappings[i].link_type, b.bytes, b.len, b.len, &p);
			*byte = before;
		}
	}
}

static void the_padding_of_ethernet_is_no_payload(void **state)
{
	(void)state;
	struct packet p;
	assert_true(decode_hex(DLT_EN10MB, ETHERNET "000000000000", &p));
	assert_int_equal(p.payload_len, 5);
	assert_int_equal(p.payload_wire_len, 5);
}

static void a_zero_ip_length_is_offload_and_takes_all(void **state)
{
	(void)state;
	struct packet p;
	assert_true(decode_hex(DLT_RAW, "45 00 0000 1234 4000 40 06 0000 0a000001 0a000002"
					TCP_HELLO "4141", &p));
	assert_int_equal(p.payload_len, 7);
	assert_int_equal(p.payload_wire_len, 7);
}

static void a_payload_cut_by_the_snap_length_keeps_its_length_on_the_wire(void **state)
{
	(void)state;
	static struct buffer b;
	struct packet p;
	b.len = 0;
	put_hex(&b, "45 00 05dc 1234 4000 40 06 0000 0a000001 0a000002" TCP_HELLO);
	assert_true(decode_bytes(DLT_RAW, b.bytes, b.len, 1500, &p));
	assert_int_equal(p.payload_len, 5);
	assert_int_equal(p.payload_wire_len, 1460);
}

static void tcp_options_are_read(void **state)
{
	(void)state;
	struct packet p;
	assert_true(decode_hex(DLT_RAW,
		"45 00 0000 1234 0000 40 06 0000 0a000001 0a000002"
		"9c40 01bb 00000001 00000002 f0 12 2000 0000 0000"
		"0204 05b4"			/* MSS 1460 */
		"0402"				/* SACK permitted */
		"080a 00000001 00000002"	/* timestamps */
		"01 030307"			/* window scale */
		"0512 00000064 000000c8 0000012c 00000190"	/* two SACK blocks */
		"0000", &p));
	assert_int_equal(p.mss, 1460);
	assert_true(p.has_options && p.has_sack_permitted);
	assert_true(p.has_timestamps && p.has_window_scale);
	assert_int_equal(p.sack_count, 2);
	assert_int_equal(p.sack[1][0], 300);
	assert_int_equal(p.sack[1][1], 400);
	assert_int_equal(p.payload_len, 0);
	assert_int_equal(p.ip_id, 0x1234);
	assert_int_equal(p.ttl, 64);
	assert_false(p.has_df);
}

static void malformed_tcp_options_hide_only_those_behind_them(void **state)
{
	(void)state;
	static const char *const options[] = {
		"020405b4 0300 0402", "020405b4 03ff 0402", "020405b4 0301 0402",
	};
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		static struct buffer b;
		struct packet p;
		b.len = 0;
		put_hex(&b, "45 00 0000 1234 0000 40 06 0000 0a000001 0a000002"
			    "9c40 01bb 00000001 00000002 70 02 2000 0000 0000");
		put_hex(&b, options[i]);
		put_hex(&b, "6869");
		assert_true(decode_bytes(DLT_RAW, b.bytes, b.len, b.len, &p));
		assert_int_equal(p.mss, 1460);
		assert_false(p.has_sack_permitted);
		assert_int_equal(p.payload_len, 2);
	}
}

static void broken_headers_are_undecodable_and_other_protocols_are_not(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		bool undecodable;
	} rows[] = {
		{ MACS "0806 0001 0800", true },	/* ARP: no IP in it */
		{ MACS "0800" OUTER4("84") "00010002", false },	/* SCTP */
		{ MACS "0800" OUTER4("01") "08000000 00010001", false },	/* a ping */
		{ MACS "0800 44 00 0000", true },	/* header length below 20 */
		{ MACS "0800" OUTER4("06") "9c40", true },
		{ MACS "0800" OUTER4("06") "9c40 01bb 00000001 00000002 40 18 2000 0000 0000",
		  true },	/* a TCP header of 16 bytes */
		{ MACS "0800" OUTER4("11") "9c40 01bb 0007 0000", true },
		{ MACS "0800 45 00 0010 0001 0000 40 06 0000 c0a80001 c0a80002", true },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static struct buffer b;
		struct decoder *d = decoder_new(1 << 20);
		bool undecodable;
		struct packet p;
		b.len = 0;
		put_hex(&b, rows[i].hex);
		uint8_t *copy = exact_copy(b.bytes, b.len);
		struct frame frame = { .bytes = copy, .len = (uint32_t)b.len,
				       .wire_len = (uint32_t)b.len, .link_type = DLT_EN10MB };
		assert_false(decode(d, &frame, &p, &undecodable));
		assert_int_equal(undecodable, rows[i].undecodable);
		free(copy);
		decoder_free(d);
	}
}

static void a_udp_datagram_ends_where_its_header_says(void **state)
{
	(void)state;
	struct packet p;
	assert_true(decode_hex(DLT_RAW, OUTER4("11") "c001 01bb 000a 0000 6869 000000", &p));
	assert_int_equal(p.kind, PACKET_UDP);
	assert_int_equal(p.payload_len, 2);
	assert_int_equal(p.payload_wire_len, 2);
	assert_int_equal(p.source.port, 0xc001);
}

static void a_tunnel_port_with_something_else_is_plain_udp(void **state)
{
	(void)state;
	static const char *const ports[] = {
		"12b5", "12b6", "17c1", "0868", "0dd8", "9090", "06a5", "19eb", "2118",
	};
	static const char *const contents[] = {
		/* DTLS handshake and heartbeat */
		"16 fefd 0000 000000000000 0030 0100002400000000 000000240102",
		"18 fefd 0001 000000000001 0010 aabbccddeeff00112233445566778899",
		/* QUIC, long and short headers */
		"c3 00000001 08 0102030405060708 00 00 4140 aabbccddeeff00112233445566",
		"45 aabbccddeeff0011223344556677889900112233445566778899aabbccddeeff",
		"65 aabbccddeeff0011223344556677889900112233445566778899aabbccddeeff0011223344"
		"55667788",
		"65 aabbcc0001 ff0011223344556677889900112233445566778899aabbccddeeff0011223344"
		"55667788",
	};
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		for (size_t j = 0; j < sizeof(contents) / sizeof(contents[0]); j++) {
			static struct buffer b;
			struct packet p;
			b.len = 0;
			put_hex(&b, OUTER4("11") "c000");
			put_hex(&b, ports[i]);
			put_hex(&b, "0000 0000");
			size_t headers = b.len;
			put_hex(&b, contents[j]);
			assert_true(decode_bytes(DLT_RAW, b.bytes, b.len, b.len, &p));
			assert_int_equal(p.kind, PACKET_UDP);
			assert_string_equal(p.tunnel, "");
			assert_int_equal(p.payload_len, b.len - headers);
			assert_int_equal(p.source.ip[0], 0xc0);
		}
	}
}

static void a_ping_in_a_tunnel_is_nothing_and_no_datagram(void **state)
{
	(void)state;
	struct packet p;
	assert_false(decode_hex(DLT_EN10MB, IN_UDP("12b5") "08 000000 00002a 00" MACS "0800"
		"45 00 001c 0001 0000 40 01 0000 0a000001 0a000002 08000000 00010001", &p));
}

static void an_icmp_error_tells_whom_it_quotes(void **state)
{
	(void)state;
	struct packet p;
	assert_true(decode_hex(DLT_RAW,
		"45 00 0000 0001 0000 40 01 0000 c0a80001 0a000001"
		"03 04 0000 0000 0578"		/* fragmentation needed, next hop 1400 */
		"45 00 05dc 1234 4000 3f 06 0000 0a000001 0a000002 9c40 01bb 00000001", &p));
	assert_int_equal(p.kind, PACKET_ICMP);
	assert_int_equal(p.icmp.kind, ICMP_TOO_BIG);
	assert_int_equal(p.icmp.mtu, 1400);
	assert_int_equal(p.icmp.from.ip[0], 0xc0);
	assert_int_equal(p.icmp.mark.frame, 7);
	assert_true(p.quotes_tcp && !p.quotes_udp);
	assert_int_equal(p.quoted_source.port, 40000);
	assert_int_equal(p.quoted_destination.port, 443);
	assert_int_equal(p.quoted_destination.ip[3], 2);
}

static void an_icmpv6_error_quotes_through_extension_headers(void **state)
{
	(void)state;
	struct packet p;
	assert_true(decode_hex(DLT_RAW, OUTER6("3a")
		"02 00 0000 00000500"		/* packet too big: 1280 */
		"60000000 0000 2c 40"
		"20010db8000000000000000000000001 20010db8000000000000000000000002"
		"11 00 0001 00000007 c000 01bb 0400 0000", &p));
	assert_int_equal(p.kind, PACKET_ICMP);
	assert_int_equal(p.icmp.kind, ICMP_TOO_BIG);
	assert_int_equal(p.icmp.mtu, 1280);
	assert_true(p.quotes_udp && !p.quotes_tcp);
	assert_int_equal(p.quoted_source.port, 0xc000);
}

static void icmp_codes_have_their_kinds(void **state)
{
	(void)state;
	static const struct {
		unsigned version, type, code;
		enum icmp_kind kind;
	} rows[] = {
		{ 4, 3, 0, ICMP_HOST_UNREACHABLE }, { 4, 3, 1, ICMP_HOST_UNREACHABLE },
		{ 4, 3, 2, ICMP_HOST_UNREACHABLE }, { 4, 3, 3, ICMP_PORT_UNREACHABLE },
		{ 4, 3, 9, ICMP_ADMIN_PROHIBITED }, { 4, 3, 10, ICMP_ADMIN_PROHIBITED },
		{ 4, 3, 13, ICMP_ADMIN_PROHIBITED }, { 4, 11, 0, ICMP_TIME_EXCEEDED },
		{ 4, 5, 0, ICMP_OTHER }, { 6, 1, 0, ICMP_HOST_UNREACHABLE },
		{ 6, 1, 1, ICMP_ADMIN_PROHIBITED }, { 6, 1, 3, ICMP_HOST_UNREACHABLE },
		{ 6, 1, 4, ICMP_PORT_UNREACHABLE }, { 6, 1, 5, ICMP_ADMIN_PROHIBITED },
		{ 6, 1, 6, ICMP_ADMIN_PROHIBITED }, { 6, 3, 0, ICMP_TIME_EXCEEDED },
		{ 6, 4, 0, ICMP_OTHER },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static struct buffer b;
		struct packet p;
		b.len = 0;
		put_hex(&b, rows[i].version == 4 ? OUTER4("01") : OUTER6("3a"));
		put_u8(&b, rows[i].type);
		put_u8(&b, rows[i].code);
		put_hex(&b, "0000 00000000");
		put_hex(&b, rows[i].version == 4 ? IP4 : IP6);
		assert_true(decode_bytes(DLT_RAW, b.bytes, b.len, b.len, &p));
		assert_int_equal(p.icmp.kind, rows[i].kind);
		assert_int_equal(p.icmp.type, rows[i].type);
		assert_int_equal(p.icmp.mtu, 0);
	}
}

static void nesting_ends_at_eight_wrappings(void **state)
{
	(void)state;
	for (int depth = 1; depth <= 40; depth++) {
		static struct buffer b;
		struct packet p;
		b.len = 0;
		for (int i = 0; i < depth; i++)
			put_hex(&b, OUTER4("04"));
		put_hex(&b, IP4);
		assert_int_equal(decode_bytes(DLT_RAW, b.bytes, b.len, b.len, &p), depth <= 8);
	}
}

static void nested_guesses_do_not_multiply(void **state)
{
	(void)state;
	static struct buffer b;
	struct packet p;
	b.len = 0;
	/* each layer could be entered at four places and leads to the next, the last to nothing */
	for (int i = 0; i < 1000; i++)
		put_hex(&b, MACS "0800" OUTER4("73") "00000001");
	for (int i = 0; i < 2000; i++)
		decode_bytes(DLT_EN10MB, b.bytes, b.len, b.len, &p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_wrapping_gives_up_what_it_carries),
		cmocka_unit_test(every_wrapping_may_end_at_any_byte),
		cmocka_unit_test(a_flipped_byte_anywhere_does_no_harm),
		cmocka_unit_test(the_padding_of_ethernet_is_no_payload),
		cmocka_unit_test(a_zero_ip_length_is_offload_and_takes_all),
		cmocka_unit_test(a_payload_cut_by_the_snap_length_keeps_its_length_on_the_wire),
		cmocka_unit_test(tcp_options_are_read),
		cmocka_unit_test(malformed_tcp_options_hide_only_those_behind_them),
		cmocka_unit_test(broken_headers_are_undecodable_and_other_protocols_are_not),
		cmocka_unit_test(a_udp_datagram_ends_where_its_header_says),
		cmocka_unit_test(a_tunnel_port_with_something_else_is_plain_udp),
		cmocka_unit_test(a_ping_in_a_tunnel_is_nothing_and_no_datagram),
		cmocka_unit_test(an_icmp_error_tells_whom_it_quotes),
		cmocka_unit_test(an_icmpv6_error_quotes_through_extension_headers),
		cmocka_unit_test(icmp_codes_have_their_kinds),
		cmocka_unit_test(nesting_ends_at_eight_wrappings),
		cmocka_unit_test(nested_guesses_do_not_multiply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
