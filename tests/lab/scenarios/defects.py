"""Captures with something missing or odd, made of good captures of the lab."""

import json
import os
import struct

import pcapfile
from scenarios import Row


def client_of(packets):
	return next(p.tcp()[:2] for p in packets if p.tcp() and p.tcp()[4] & 2)


def only(side):
	def change(packets):
		client = client_of(packets)
		return [p for p in packets if p.tcp() and (p.tcp()[:2] == client) == (side == "client")]
	return change


def with_data(packets):
	"""Numbers of the packets that carry payload."""
	return [i for i, p in enumerate(packets) if p.tcp() and p.tcp()[5]]


def from_data(nth):
	return lambda packets: packets[with_data(packets)[nth]:]


def until_data(nth):
	"""Up to the nth packet with payload, and the ACK after it."""
	return lambda packets: packets[:with_data(packets)[nth] + 2]


def without_data(*nth):
	def change(packets):
		gone = {with_data(packets)[n] for n in nth}
		return [p for i, p in enumerate(packets) if i not in gone]
	return change


def cut(snaplen):
	def change(packets):
		return [pcapfile.Packet(p.seconds, p.fraction, p.data[:snaplen], p.length) for p in packets]
	return change


def doubled(packets):
	"""A span port that sees every packet twice."""
	return [pcapfile.Packet(p.seconds, p.fraction + i, p.data, p.length) for p in packets for i in (0, 1)]


def shuffled(packets):
	"""Neighbours with payload change places in the file and keep their time."""
	out = list(packets)
	for i in range(4, len(out) - 1, 3):
		out[i], out[i + 1] = out[i + 1], out[i]
	return out


def tagged(packets):
	return [pcapfile.Packet(p.seconds, p.fraction, p.data[:12] + b"\x81\x00\x00\x2a" + p.data[12:], p.length + 4) for p in packets]


def cooked(packets):
	return [pcapfile.Packet(p.seconds, p.fraction, b"\x00\x00\x00\x01\x00\x06" + p.data[6:12] + b"\x00\x00" + p.data[12:], p.length + 2) for p in packets]


def bare(packets):
	return [pcapfile.Packet(p.seconds, p.fraction, p.data[14:], p.length - 14) for p in packets]


def checksum(data):
	total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
	while total >> 16:
		total = (total & 0xffff) + (total >> 16)
	return ~total & 0xffff


def vxlan(packets):
	out = []
	for p in packets:
		inner = b"\x08\x00\x00\x00\x00\x00\x2a\x00" + p.data
		udp = struct.pack(">HHHH", 50000, 4789, 8 + len(inner), 0) + inner
		ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 7, 0, 64, 17, 0, b"\xc0\x00\x02\xfa", b"\xc6\x33\x64\xfa")
		ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
		data = p.data[:12] + b"\x08\x00" + ip + udp
		out.append(pcapfile.Packet(p.seconds, p.fraction, data, len(data)))
	return out


# Name: source, change, what is to be said now: outcome, others, codes (empty: as for the source).
EXPIRED, HEALTHY, HIDDEN = "cert_expired-openssl-tls12", "completed-tls12-curl-go", "cert_expired-gnutls-tls13"
HEALTHY13 = "completed-tls13-go-stunnel"
UNKNOWN = dict(outcome="inconclusive", by=["unknown"])
SPOILED = {
	"capture_one_sided-server-expired": (EXPIRED, only("server"), "the server's packets only", dict(outcome="inconclusive", also=["failed"], codes=["capture_one_sided", "cert_expired"], by=["client", "unknown"])),
	"capture_one_sided-client-expired": (EXPIRED, only("client"), "the client's packets only, with its alert", dict(outcome="inconclusive", also=["failed"], codes=["capture_one_sided", "cert_expired"], by=["client", "unknown"])),
	"capture_one_sided-server-healthy": (HEALTHY, only("server"), "the server's packets only", dict(outcome="inconclusive", also=["completed"], codes=["capture_one_sided"])),
	"capture_one_sided-client-healthy": (HEALTHY, only("client"), "the client's packets only", dict(outcome="inconclusive", also=["completed"], codes=["capture_one_sided"])),
	"capture_one_sided-client-healthy13": (HEALTHY13, only("client"), "the client's packets only", dict(outcome="inconclusive", also=["completed"], codes=["capture_one_sided"])),
	"capture_one_sided-server-healthy13": (HEALTHY13, only("server"), "the server's packets only", dict(outcome="inconclusive", also=["completed"], codes=["capture_one_sided"])),
	"capture_starts_late-expired": (EXPIRED, from_data(1), "begins with the server's flight", dict(outcome="failed", also=["inconclusive"], codes=["cert_expired", "capture_starts_late"], by=["client", "unknown"])),
	"capture_starts_late-hidden13": (HIDDEN, from_data(1), "begins with the server's flight", dict(outcome="inconclusive", also=["failed"], codes=["capture_starts_late", "cert_rejected", "cert_expired"], by=["client", "unknown"])),
	"capture_starts_late-healthy": (HEALTHY, from_data(2), "begins within the handshake", dict(outcome="inconclusive", also=["completed"], codes=["capture_starts_late"])),
	"capture_starts_late-data": (HEALTHY, from_data(4), "begins with application data", dict(outcome="none")),
	"capture_ends_early-hello": (HEALTHY, until_data(0), "ends after the ClientHello", dict(outcome="inconclusive", codes=["capture_ends_early"])),
	"capture_ends_early-flight": (HEALTHY, until_data(1), "ends after the server's flight", dict(outcome="inconclusive", codes=["capture_ends_early"])),
	"capture_ends_early-hello13": (HEALTHY13, until_data(0), "ends after the ClientHello", dict(outcome="inconclusive", codes=["capture_ends_early"])),
	"capture_ends_early-flight13": (HEALTHY13, until_data(2), "ends after the server's flight", dict(outcome="inconclusive", codes=["capture_ends_early"])),
	"capture_ends_early-before-alert": (EXPIRED, until_data(1), "ends just before the alert", dict(outcome="inconclusive", codes=["capture_ends_early"])),
	"capture_gaps-certificate-expired": (EXPIRED, without_data(1), "the server's flight is missing", dict(outcome="failed", also=["inconclusive"], codes=["cert_expired", "capture_gaps"], by=["client", "unknown"])),
	"capture_gaps-alert-expired": (EXPIRED, without_data(2), "the alert is missing", dict(outcome="inconclusive", also=["failed"], codes=["capture_gaps", "client_abandoned", "cert_expired"], by=["client", "unknown"])),
	"capture_gaps-hello-healthy": (HEALTHY, without_data(0), "the ClientHello is missing", dict(outcome="completed", also=["inconclusive"], codes=["capture_gaps"])),
	"capture_gaps-flight-healthy": (HEALTHY, without_data(1), "the server's flight is missing", dict(outcome="completed", also=["inconclusive"], codes=["capture_gaps"])),
	"capture_gaps-flight-healthy13": (HEALTHY13, without_data(2), "part of the server's flight is missing", dict(outcome="completed", also=["inconclusive"], codes=["capture_gaps"])),
	"capture_truncated-96-expired": (EXPIRED, cut(96), "96 bytes of each packet", dict(outcome="failed", also=["inconclusive"], codes=["cert_expired", "capture_truncated"], by=["client", "unknown"])),
	"capture_truncated-96-healthy": (HEALTHY, cut(96), "96 bytes of each packet", dict(outcome="completed", also=["inconclusive"], codes=["capture_truncated"])),
	"capture_truncated-96-hidden13": (HIDDEN, cut(96), "96 bytes of each packet", dict(outcome="failed", also=["inconclusive"], codes=["cert_rejected", "capture_truncated", "cert_expired"], by=["client", "unknown"])),
	"capture_truncated-68-expired": (EXPIRED, cut(68), "68 bytes of each packet: not even the alert", dict(outcome="inconclusive", also=["failed"], codes=["capture_truncated"], by=["client", "unknown"])),
	"odd-doubled-expired": (EXPIRED, doubled, "every packet twice", {}),
	"odd-doubled-healthy13": (HEALTHY13, doubled, "every packet twice", {}),
	"odd-shuffled-expired": (EXPIRED, shuffled, "packets out of order in the file", {}),
	"odd-shuffled-healthy": (HEALTHY, shuffled, "packets out of order in the file", {}),
	"odd-vlan-expired": (EXPIRED, tagged, "a VLAN tag", {}),
	"odd-cooked-expired": (EXPIRED, (cooked, dict(link=113)), "Linux cooked capture", {}),
	"odd-raw-ip-hidden13": (HIDDEN, (bare, dict(link=101)), "raw IP", {}),
	"odd-vxlan-healthy": (HEALTHY, vxlan, "in a VXLAN tunnel", {}),
	"odd-big-endian-expired": (EXPIRED, (list, dict(order=">")), "a file of the other byte order", {}),
	"odd-nanoseconds-expired": (EXPIRED, (list, dict(nano=True)), "a file with nanoseconds", {}),
}


def rows():
	for name, (source, change, story, said) in SPOILED.items():
		given = dict(said)
		outcome = given.pop("outcome", None)
		if outcome and "by" not in given:
			given["by"] = [] if outcome in ("completed", "none") else ["unknown"]
		yield Row(name, story, None, None, outcome=outcome, source=source, change=change, **given)
	for source, kept in ((EXPIRED, False), (HIDDEN, True), (HEALTHY13, False)):
		yield Row("odd-pcapng-" + source, "the same as pcapng" + (", with the secrets in it" if kept else ""), None, None, outcome=None, source=source,
			change=(list, dict(pcapng=True, secrets=kept)))


def spoil(row, out):
	"""Makes the capture; gives its path and the expectation of its source."""
	base = os.path.join(out, row.more["source"])
	change, how = row.more["change"] if isinstance(row.more["change"], tuple) else (row.more["change"], {})
	packets = change(pcapfile.read(base + ".pcap"))
	how = dict(how)
	secrets = how.pop("secrets", False)
	path = os.path.join(out, row.name + (".pcapng" if how.pop("pcapng", False) else ".pcap"))
	if path.endswith("ng"):
		keys = open(base + ".keys", "rb").read() if secrets else b""
		pcapfile.write_pcapng(path, packets, keys)
	else:
		pcapfile.write(path, packets, snaplen=max(len(p.data) for p in packets) if "truncated" in row.name else 262144, **how)
	with open(base + ".expect") as f:
		return path, json.load(f)
