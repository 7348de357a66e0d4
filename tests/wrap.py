"""Encapsulations as their RFCs say, for tests: an IP packet goes in, what a mirror port delivers of it
comes out; and captures as such packets.

wrap.py WRAPPING CAPTURE OUT: a capture of Ethernet and IPv4, wrapped."""

import struct
import sys

MTU = 1500
DIRECTIONS = CLIENT, SERVER = 0, 1	# who sent it

(ETHERNET, PPP, RAW, NULL, LOOP, PPP_SERIAL, PPP_ETHER, C_HDLC, WIRELESS, SLL, ENC, PRISM, RADIOTAP, AVS, PPI,
	IPV4, IPV6, NFLOG, SLL2, PPP_PPPD, MPLS) = (1, 9, 101, 0, 108, 50, 51, 104, 105, 113, 109, 119, 127, 163, 192, 228,
	229, 239, 276, 166, 219)


# ---- headers ------------------------------------------------------------------------------------

def sum16(data):
	data += b"\0" * (len(data) % 2)
	total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
	while total >> 16:
		total = (total & 0xffff) + (total >> 16)
	return ~total & 0xffff


def macs(way, group=0):
	ends = [bytes([2, 0, 0, group, 0, 1]), bytes([2, 0, 0, group, 0, 2])]
	return ends[1 - way] + ends[way]


def ethernet(kind, body, way=CLIENT, group=0):
	return macs(way, group) + struct.pack(">H", kind) + body


ident = 0


def ip4(protocol, body, way, fragment=0, number=None):
	"""The outer header of a tunnel."""
	global ident
	ident = (ident + 1) & 0xffff
	ends = [b"\xc0\x00\x02\x65", b"\xc0\x00\x02\x66"]
	head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), ident if number is None else number, fragment, 60, protocol,
		0) + ends[way] + ends[1 - way]
	return head[:10] + struct.pack(">H", sum16(head)) + head[12:] + body


def ip6(protocol, body, way):
	ends = [b"\x20\x01\x0d\xb8" + bytes(11) + b"\x65", b"\x20\x01\x0d\xb8" + bytes(11) + b"\x66"]
	return struct.pack(">IHBB", 0x60000000, len(body), protocol, 60) + ends[way] + ends[1 - way] + body


def udp(port, body, way, source=49200):
	return struct.pack(">HHHH", source + way, port, 8 + len(body), 0) + body


def udp_between(ports, body, way):
	return struct.pack(">HHHH", ports[way], ports[1 - way], 8 + len(body), 0) + body


def gre(kind, body, key=None, sequence=None, checksum=False):
	flags = (0x8000 if checksum else 0) | (0x2000 if key is not None else 0) | (0x1000 if sequence is not None else 0)
	rest = (struct.pack(">I", key) if key is not None else b"") + \
		(struct.pack(">I", sequence) if sequence is not None else b"")
	if checksum:
		total = sum16(struct.pack(">HHI", flags, kind, 0) + rest + body)
		rest = struct.pack(">HH", total, 0) + rest
	return struct.pack(">HH", flags, kind) + rest + body


def kind_of(ip):
	return 0x0800 if ip[0] >> 4 == 4 else 0x86dd


def on_wire(ip, way):
	return ethernet(kind_of(ip), ip, way, 9)


def in_gre(kind, body, way, **fields):
	return on_wire(ip4(47, gre(kind, body, **fields), way), way)


def in_udp(port, body, way):
	return on_wire(ip4(17, udp(port, body, way), way), way)


def tag(frame, vlan, kind=0x8100, priority=0):
	return frame[:12] + struct.pack(">HH", kind, priority << 13 | vlan) + frame[12:]


def vxlan(frame, vni, flags=8):
	return struct.pack(">BBHI", flags, 0, 0, vni << 8) + frame


def label(number, last):
	return struct.pack(">I", number << 12 | (0x100 if last else 0) | 60)


def snap(ip):
	return b"\xaa\xaa\x03\0\0\0" + struct.pack(">H", kind_of(ip)) + ip


def wireless(ip, way, qos=False, four=False):
	flags = 3 if four else (1 if way == CLIENT else 2)
	ends = macs(way)
	head = bytes([0x88 if qos else 0x08, flags, 0, 0]) + ends + b"\2\0\0\0\0\3" + b"\x10\0"
	return head + (b"\2\0\0\0\0\4" if four else b"") + (b"\0\0" if qos else b"") + snap(ip)


def attribute(kind, value):
	return struct.pack("<HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def nflog(ip, way):
	return bytes([2 if ip[0] >> 4 == 4 else 10, 0, 0, 1]) + attribute(1, struct.pack(">HBB", kind_of(ip), 0, 0)) + \
		attribute(10, b"tap\0") + attribute(9, ip)


def erspan2(frame, way):
	return in_gre(0x88be, struct.pack(">HHI", 0x1000 | 5, 100, 0) + frame, way, sequence=7)


def erspan3(frame, way, subheader=b""):
	last = 1 if subheader else 0
	return in_gre(0x22eb, struct.pack(">HHIHH", 0x2000 | 5, 100, 12345, 0, last) + subheader + frame, way, sequence=7)


def geneve(kind, body, way, options=b""):
	return in_udp(6081, struct.pack(">BBHI", len(options) // 4, 0, kind, 77 << 8) + options + body, way)


def gtp(ip, way, flags=0x30, middle=b""):
	return on_wire(ip4(17, udp_between((2152, 2152), struct.pack(">BBHI", flags, 255, len(middle) + len(ip), 0xabcd) +
		middle + ip, way), way), way)


def teredo(ip, way, indications=b""):
	return on_wire(ip4(17, udp_between((51413, 3544), indications + ip, way), way), way)


def ppp(ip):
	return b"\xff\x03" + (b"\x00\x21" if ip[0] >> 4 == 4 else b"\x00\x57") + ip


def l2tp2(ip, way, flags=0x4002):
	body = ppp(ip)
	head = struct.pack(">H", flags)
	if flags & 0x4000:
		head += struct.pack(">H", 8 + len(body))
	head += struct.pack(">HH", 11, 22)
	if flags & 0x0800:
		head += struct.pack(">HH", 1, 2)
	return on_wire(ip4(17, udp_between((1701, 1701), head + body, way), way), way)


def nsh(protocol, body):
	return struct.pack(">HBBI", 60 << 6 | 6, 1, protocol, 256) + bytes(16) + body


def gpe(protocol, body, way):
	return in_udp(4790, struct.pack(">BHBI", 0x0c, 0, protocol, 5 << 8) + body, way)


def fragmented(packet):
	"""An IPv4 packet as the fragments that fit the MTU."""
	head, body, step, out = packet[:20], packet[20:], (MTU - 20) & ~7, []
	if len(packet) <= MTU:
		return [packet]
	for at in range(0, len(body), step):
		more = 0x2000 if at + step < len(body) else 0
		part = head[:2] + struct.pack(">HHH", 20 + len(body[at:at + step]), struct.unpack(">H", head[4:6])[0],
			more | at // 8) + head[8:10] + b"\0\0" + head[12:]
		out.append(part[:10] + struct.pack(">H", sum16(part)) + part[12:] + body[at:at + step])
	return out


def radiotap(ip, way):
	return struct.pack("<BBHIBB", 0, 0, 10, 0x6, 0, 12) + wireless(ip, way, qos=True)


def prism(ip, way):
	return struct.pack("<II", 0x44, 144) + b"wlan0".ljust(16, b"\0") + bytes(120) + wireless(ip, way)


def sll(ip, way, vlan=b""):
	return struct.pack(">HHH", 4 * way, 1, 6) + b"\2\0\0\0\0\1\0\0" + vlan + struct.pack(">H", kind_of(ip)) + ip


def sll2(ip, way):
	return struct.pack(">HHIHBB", kind_of(ip), 0, 3, 1, 4 * way, 6) + b"\2\0\0\0\0\1\0\0" + ip


class Wrapping:
	"""name, link type, how: (IP packet, way) -> frame or frames; what the records say of it."""

	def __init__(self, name, how, tunnel=None, vlan=None, link=ETHERNET, family=4):
		self.name, self.how, self.tunnel, self.vlan, self.link, self.family = name, how, tunnel, vlan, link, family

	def frames(self, ip, way):
		made = self.how(ip, way)
		return made if isinstance(made, list) else [made]


def bare(ip, way):
	return ethernet(kind_of(ip), ip, way)


W = Wrapping
WRAPPINGS = [
	W("VLAN", lambda p, w: tag(bare(p, w), 42), vlan=42),
	W("priority tag", lambda p, w: tag(bare(p, w), 0, priority=5)),
	W("QinQ", lambda p, w: tag(tag(bare(p, w), 8), 7), vlan=8),
	W("802.1ad", lambda p, w: tag(tag(bare(p, w), 8), 7, 0x88a8), vlan=8),
	W("QinQ 0x9100", lambda p, w: tag(tag(bare(p, w), 8), 7, 0x9100), vlan=8),
	W("three tags", lambda p, w: tag(tag(tag(bare(p, w), 9), 8), 7, 0x88a8), vlan=9),
	W("VN-tag", lambda p, w: bare(p, w)[:12] + b"\x89\x26\x00\x01\x00\x02" + bare(p, w)[12:]),
	W("VN-tag and VLAN", lambda p, w: bare(p, w)[:12] + b"\x89\x26\x00\x01\x00\x02" + tag(bare(p, w), 5)[12:], vlan=5),
	W("MPLS", lambda p, w: ethernet(0x8847, label(16, True) + p, w), "mpls"),
	W("MPLS, three labels", lambda p, w: ethernet(0x8847, label(16, 0) + label(17, 0) + label(18, 1) + p, w), "mpls"),
	W("pseudowire", lambda p, w: ethernet(0x8847, label(16, True) + bare(p, w), w, 3), "mpls"),
	W("pseudowire, control word", lambda p, w: ethernet(0x8847, label(16, 1) + bytes(4) + bare(p, w), w, 3), "mpls"),
	W("pseudowire of a VLAN", lambda p, w: ethernet(0x8847, label(16, 1) + bytes(4) + tag(bare(p, w), 6), w, 3),
		"mpls", 6),
	W("PPPoE", lambda p, w: ethernet(0x8864, struct.pack(">BBHH", 0x11, 0, 9, len(ppp(p)) - 2) + ppp(p)[2:], w), "pppoe"),
	W("GRE", lambda p, w: in_gre(0x0800, p, w), "gre"),
	W("GRE, key", lambda p, w: in_gre(0x0800, p, w, key=5), "gre"),
	W("GRE, sequence", lambda p, w: in_gre(0x0800, p, w, sequence=5), "gre"),
	W("GRE, checksum", lambda p, w: in_gre(0x0800, p, w, checksum=True), "gre"),
	W("GRE, all", lambda p, w: in_gre(0x0800, p, w, key=1, sequence=5, checksum=True), "gre"),
	W("GRE over IPv6", lambda p, w: on_wire(ip6(47, gre(0x0800, p), w), w), "gre"),
	W("GRE bridging", lambda p, w: in_gre(0x6558, bare(p, w), w), "gre"),
	W("GRE bridging, key, VLAN", lambda p, w: in_gre(0x6558, tag(bare(p, w), 12), w, key=1), "gre", 12),
	W("GRE of MPLS", lambda p, w: in_gre(0x8847, label(16, True) + p, w), "gre/mpls"),
	W("ERSPAN I", lambda p, w: in_gre(0x88be, bare(p, w), w), "erspan"),
	W("ERSPAN II", lambda p, w: erspan2(bare(p, w), w), "erspan"),
	W("ERSPAN II of a VLAN", lambda p, w: erspan2(tag(bare(p, w), 100), w), "erspan", 100),
	W("ERSPAN III", lambda p, w: erspan3(bare(p, w), w), "erspan"),
	W("ERSPAN III, subheader", lambda p, w: erspan3(bare(p, w), w, bytes(8)), "erspan"),
	W("VXLAN", lambda p, w: in_udp(4789, vxlan(bare(p, w), 42), w), "vxlan 42"),
	W("VXLAN of a VLAN", lambda p, w: in_udp(4789, vxlan(tag(bare(p, w), 3), 42), w), "vxlan 42", 3),
	W("VXLAN on 8472", lambda p, w: in_udp(8472, vxlan(bare(p, w), 1), w), "vxlan 1"),
	W("VXLAN, group policy", lambda p, w: in_udp(4789, vxlan(bare(p, w), 1, 0x88), w), "vxlan 1"),
	W("VXLAN over IPv6", lambda p, w: on_wire(ip6(17, udp(4789, vxlan(bare(p, w), 2), w), w), w), "vxlan 2"),
	W("VXLAN-GPE of IP", lambda p, w: gpe(1, p, w), "vxlan-gpe 5"),
	W("VXLAN-GPE of Ethernet", lambda p, w: gpe(3, bare(p, w), w), "vxlan-gpe 5"),
	W("VXLAN-GPE and NSH", lambda p, w: gpe(4, nsh(3, bare(p, w)), w), "vxlan-gpe 5/nsh"),
	W("NSH on Ethernet", lambda p, w: ethernet(0x894f, nsh(1, p), w), "nsh"),
	W("GENEVE", lambda p, w: geneve(0x6558, bare(p, w), w), "geneve 77"),
	W("GENEVE, options", lambda p, w: geneve(0x6558, bare(p, w), w, b"\1\2\x80\1\0\0\0\0\1\3\0\0"), "geneve 77"),
	W("GENEVE of IP", lambda p, w: geneve(0x0800, p, w), "geneve 77"),
	W("GTP-U", gtp, "gtp"),
	W("GTP-U, sequence", lambda p, w: gtp(p, w, 0x32, b"\0\1\0\0"), "gtp"),
	W("GTP-U, extension headers", lambda p, w: gtp(p, w, 0x34, b"\0\0\0\x85\1\0\1\x40\1\0\0\0"), "gtp"),
	W("IP in IP", lambda p, w: on_wire(ip4(4, p, w), w), "ipip"),
	W("4in6", lambda p, w: on_wire(ip6(4, p, w), w), "4in6"),
	W("EtherIP", lambda p, w: on_wire(ip4(97, b"\x30\0" + bare(p, w), w), w), "etherip"),
	W("TZSP", lambda p, w: in_udp(37008, b"\1\0\0\1\1" + bare(p, w), w), "tzsp"),
	W("TZSP, tags", lambda p, w: in_udp(37008, b"\1\0\0\1\x0a\1\x30\0\x29\2\0\1\1" + bare(p, w), w), "tzsp"),
	W("TZSP of 802.11", lambda p, w: in_udp(37008, b"\1\0\0\x12\1" + wireless(p, w), w), "tzsp"),
	W("L2TPv2", l2tp2, "l2tp"),
	W("L2TPv2, sequence", lambda p, w: l2tp2(p, w, 0x4802), "l2tp"),
	W("L2TPv3", lambda p, w: on_wire(ip4(115, struct.pack(">I", 9) + bare(p, w), w), w), "l2tp"),
	W("L2TPv3, cookie", lambda p, w: on_wire(ip4(115, struct.pack(">IQ", 9, 77) + bare(p, w), w), w), "l2tp"),
	W("L2TPv3 in UDP", lambda p, w: on_wire(ip4(17, udp_between((1701, 1701), struct.pack(">HHII", 3, 0, 9, 77) +
		bare(p, w), w), w), w), "l2tp"),
	W("GRE in fragments", lambda p, w: [on_wire(f, w) for f in fragmented(ip4(47, gre(0x0800, p), w))], "gre"),
	W("VXLAN in fragments", lambda p, w: [on_wire(f, w) for f in
		fragmented(ip4(17, udp(4789, vxlan(bare(p, w), 9), w), w))], "vxlan 9"),
	W("nested: QinQ, MPLS, GRE, VXLAN, VLAN", lambda p, w: tag(tag(ethernet(0x8847, label(16, 1) +
		ip4(47, gre(0x0800, ip4(17, udp(4789, vxlan(tag(bare(p, w), 11), 4), w), w)), w), w, 3), 2), 1),
		"mpls/gre/vxlan 4", 11),
	W("nested: ERSPAN of GTP-U", lambda p, w: erspan2(gtp(p, w), w), "erspan/gtp"),
	W("nested: VXLAN of PPPoE", lambda p, w: in_udp(4789, vxlan(ethernet(0x8864, struct.pack(">BBHH", 0x11, 0, 9,
		len(p) + 2) + ppp(p)[2:], w), 8), w), "vxlan 8/pppoe"),
	W("raw IP", lambda p, w: p, link=RAW),
	W("raw IPv4", lambda p, w: p, link=IPV4),
	W("null", lambda p, w: struct.pack("<I", 2) + p, link=NULL),
	W("loop", lambda p, w: struct.pack(">I", 2) + p, link=LOOP),
	W("enc", lambda p, w: struct.pack("<III", 2, 0x1234, 0) + p, link=ENC),
	W("PPP", lambda p, w: ppp(p), link=PPP),
	W("PPP serial", lambda p, w: ppp(p), link=PPP_SERIAL),
	W("PPP with direction", lambda p, w: bytes([w]) + ppp(p), link=PPP_PPPD),
	W("PPPoE link", lambda p, w: struct.pack(">BBHH", 0x11, 0, 9, len(p) + 2) + ppp(p)[2:], "pppoe", link=PPP_ETHER),
	W("Cisco HDLC", lambda p, w: b"\x0f\0" + struct.pack(">H", kind_of(p)) + p, link=C_HDLC),
	W("cooked", sll, link=SLL),
	W("cooked, VLAN", lambda p, w: sll(p, w, b"\x81\0\0\3"), vlan=3, link=SLL),
	W("cooked, stacked tags as Linux leaves them", lambda p, w: sll(p, w, b"\x81\0\0\7\x08\0\0\x08"), vlan=8,
		link=SLL),
	W("cooked 2", sll2, link=SLL2),
	W("cooked 2, stacked tags as Linux leaves them", lambda p, w: sll2(p, w)[:20] + b"\x60\x08\x08\0" + p, vlan=8,
		link=SLL2),
	W("NFLOG", nflog, link=NFLOG),
	W("802.11", wireless, link=WIRELESS),
	W("802.11 QoS", lambda p, w: wireless(p, w, qos=True), link=WIRELESS),
	W("802.11, four addresses", lambda p, w: wireless(p, w, four=True), link=WIRELESS),
	W("radiotap", radiotap, link=RADIOTAP),
	W("PPI", lambda p, w: struct.pack("<BBHI", 0, 0, 8, 105) + wireless(p, w), link=PPI),
	W("Prism", prism, link=PRISM),
	W("AVS", lambda p, w: struct.pack(">II", 0x80211001, 64) + bytes(56) + wireless(p, w), link=AVS),
	W("MPLS link", lambda p, w: label(16, True) + p, "mpls", link=MPLS),
	W("IPv6: VLAN", lambda p, w: tag(bare(p, w), 42), vlan=42, family=6),
	W("IPv6: MPLS", lambda p, w: ethernet(0x8847, label(16, True) + p, w), "mpls", family=6),
	W("IPv6: GRE", lambda p, w: in_gre(0x86dd, p, w), "gre", family=6),
	W("IPv6: 6in4", lambda p, w: on_wire(ip4(41, p, w), w), "6in4", family=6),
	W("IPv6: 6in6", lambda p, w: on_wire(ip6(41, p, w), w), "6in6", family=6),
	W("IPv6: Teredo", teredo, "teredo", family=6),
	W("IPv6: Teredo, indications", lambda p, w: teredo(p, w, b"\0\1\0\0" + bytes(9) + b"\0\0" + bytes(6)), "teredo",
		family=6),
	W("IPv6: GTP-U", gtp, "gtp", family=6),
	W("IPv6: GENEVE", lambda p, w: geneve(0x86dd, p, w), "geneve 77", family=6),
	W("IPv6: VXLAN-GPE", lambda p, w: gpe(2, p, w), "vxlan-gpe 5", family=6),
	W("IPv6: PPP", lambda p, w: ppp(p), link=PPP, family=6),
	W("IPv6: raw", lambda p, w: p, link=IPV6, family=6),
	W("IPv6: null, macOS", lambda p, w: struct.pack("<I", 30) + p, link=NULL, family=6),
	W("IPv6: cooked 2", sll2, link=SLL2, family=6),
	W("IPv6: NFLOG", nflog, link=NFLOG, family=6),
	W("IPv6: radiotap", radiotap, link=RADIOTAP, family=6),
]
del W

OPAQUE = [
	("ESP", lambda p, w: on_wire(ip4(50, struct.pack(">II", 1, 2) + p, w), w)),
	("ESP in UDP", lambda p, w: on_wire(ip4(17, udp_between((4500, 4500), struct.pack(">II", 1, 2) + p, w), w), w)),
	("encrypted MACsec", lambda p, w: ethernet(0x88e5, bytes([0x2c, 0]) + struct.pack(">IQ", 1, 1) + p, w)),
	("nested nine deep", lambda p, w: nine_deep(p, w)),
]


def nine_deep(packet, way):
	for _ in range(9):
		packet = ip4(4, packet, way)
	return on_wire(packet, way)


# ---- captures -----------------------------------------------------------------------------------

def packets_of(path):
	"""[(nanoseconds, IP packet, way)] of a classic pcap of Ethernet that carries only IPv4, else None."""
	with open(path, "rb") as f:
		data = f.read()
	magic = data[:4]
	if magic not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") or struct.unpack("<I", data[20:24])[0] != 1:
		return None
	unit, packets, at, client = (1000 if magic[0] == 0xd4 else 1), [], 24, None
	while at + 16 <= len(data):
		seconds, fraction, kept, full = struct.unpack("<IIII", data[at:at + 16])
		frame = data[at + 16:at + 16 + kept]
		at += 16 + kept
		if kept < full or frame[12:14] != b"\x08\0":
			return None
		total = struct.unpack(">H", frame[16:18])[0]
		packet = frame[14:14 + total] if total else frame[14:]
		client = client or packet[12:16]
		packets.append((seconds * 10 ** 9 + fraction * unit, packet, CLIENT if packet[12:16] == client else SERVER))
	return packets


def as_ip6(packet):
	"""The same over IPv6; None for what is neither TCP nor UDP, or a fragment."""
	head = (packet[0] & 15) * 4
	if packet[9] not in (6, 17) or struct.unpack(">H", packet[6:8])[0] & 0x3fff:
		return None
	prefix = b"\xfd" + bytes(11)
	return struct.pack(">IHBB", 0x60000000, len(packet) - head, packet[9], packet[8]) + prefix + packet[12:16] + prefix + \
		packet[16:20] + packet[head:]


def write(path, link, packets):
	with open(path, "wb") as f:
		f.write(struct.pack("<IHHIIII", 0xa1b23c4d, 2, 4, 0, 0, 262144, link))
		for when, frame in packets:
			f.write(struct.pack("<IIII", when // 10 ** 9, when % 10 ** 9, len(frame), len(frame)) + frame)


def hop(packet):
	"""As the router sends it on."""
	packet = packet[:8] + bytes([packet[8] - 1]) + packet[9:10] + b"\0\0" + packet[12:]
	return packet[:10] + struct.pack(">H", sum16(packet[:(packet[0] & 15) * 4])) + packet[12:]


def wrapped(wrapping, packets):
	"""[(nanoseconds, frame)]"""
	return [(when, frame) for when, packet, way in packets for frame in wrapping.frames(packet, way)]


if __name__ == "__main__":
	chosen = next(w for w in WRAPPINGS if w.name == sys.argv[1])
	write(sys.argv[3], chosen.link, wrapped(chosen, packets_of(sys.argv[2])))
