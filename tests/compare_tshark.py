#!/usr/bin/env python3
"""compare_tshark.py PROGRAM [CAPTURE or DIRECTORY ...]: holds `--json` against what tshark reads.

For every TLS, DTLS and QUIC stream: its number, SNI, offered and chosen version, suite, JA3, ALPN,
certificate serials and readable alerts. Lists each difference, then how often the two agree.

Differences that remain, with tshark 4.0, and why:
- It computes no JA3 for a ClientHello in SSLv2's format; tlswhy takes the cipher specs that are
  TLS suites, as the server does. It reads the certificate of a pure SSLv2 session, tlswhy does not.
- It finds the TLS inside OpenVPN's framing over TCP; tlswhy takes OpenVPN for what it is.
- It leaves a certificate out from the first byte of its DER that is wrong, and every message of a
  record longer than the RFCs allow; tlswhy reports what could be read before the defect.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
FIELDS = ("tcp_stream", "sni", "offered_versions", "version", "cipher", "ja3", "alpn", "serials", "alerts")
ENDINGS = (".pcap", ".pcapng", ".cap", ".gz")
HELLO_RETRY = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
CLIENT_HELLO, SERVER_HELLO = "1", "2"

PLACE = ("frame.number", "tcp.stream", "udp.stream", "tcp.srcport", "udp.srcport")
# The same names behind "tls." and "dtls.".
MESSAGE = ("handshake.type", "handshake.random", "handshake.version", "handshake.ciphersuite", "handshake.ja3",
	"handshake.extensions_server_name", "handshake.extensions.supported_version",
	"handshake.extensions_alpn_str", "handshake.certificate", "alert_message.level", "alert_message.desc")
BESIDE = ("x509af.serialNumber", "quic.cc.error_code.tls_alert")
PREFERENCES = ("tcp.reassemble_out_of_order:TRUE", "tcp.try_heuristic_first:TRUE")


def registry(name, columns=(0, 1)):
	path = os.path.join(ROOT, "dissect", "registry", name)
	with open(path) as f:
		rows = [line.rstrip("\n").split("\t") for line in f if not line.startswith("#")]
	return {int(row[columns[0]], 0): row[columns[1]] for row in rows}


VERSIONS, SUITES = registry("versions.tsv"), registry("cipher_suites.tsv")


def is_grease(code):
	return code & 0x0f0f == 0x0a0a and code >> 8 == code & 0xff


def named(names, code):
	code = int(code, 0)
	return names.get(code, "0x%04X" % code)


class Packet:
	"""What tshark says of one packet: a list of values for each field."""

	def __init__(self, line):
		names = PLACE + tuple(p + "." + m for p in ("tls", "dtls") for m in MESSAGE) + BESIDE
		self.values = {n: v.split("\x1f") if v else [] for n, v in zip(names, line.split("\x1e"))}

	def message(self, name):
		return self.values["tls." + name] + self.values["dtls." + name]

	def last(self, *names):
		"""The innermost header's, where packets are tunnelled."""
		for name in names:
			if self.values[name]:
				return int(self.values[name][-1])
		return None


def read_with_tshark(path):
	"""Packets in order of the file, and whether tshark could read it."""
	names = PLACE + tuple(p + "." + m for p in ("tls", "dtls") for m in MESSAGE) + BESIDE
	argv = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=\x1e", "-E", "aggregator=\x1f"]
	argv += sum((["-o", p] for p in PREFERENCES), []) + sum((["-e", n] for n in names), [])
	done = subprocess.run(argv, capture_output=True)
	return [Packet(line) for line in done.stdout.decode("utf-8", "replace").split("\n") if line]


class Stream:
	"""What tshark says of one stream."""

	def __init__(self, number, client_port):
		self.number, self.client_port = number, client_port
		self.facts = {}
		self.alerts, self.serials = [], []

	def take(self, packet):
		from_client = packet.last("tcp.srcport", "udp.srcport") == self.client_port
		kinds = packet.message("handshake.type")
		if CLIENT_HELLO in kinds and from_client:
			self.take_client_hello(packet)
		if not from_client:
			self.take_server(packet, kinds)
		self.take_alerts(packet, "client" if from_client else "server")

	def fact(self, name, value):
		if value:
			self.facts.setdefault(name, value)

	def take_client_hello(self, packet):
		if "ja3" in self.facts:
			return
		listed = packet.message("handshake.extensions.supported_version") or packet.message("handshake.version")[:1]
		listed = [int(v, 0) for v in listed]
		self.fact("offered_versions", [named(VERSIONS, str(v)) for v in listed if not is_grease(v)])
		self.fact("sni", "".join(packet.message("handshake.extensions_server_name")[:1]))
		self.fact("ja3", "".join(packet.message("handshake.ja3")[:1]))

	def take_server(self, packet, kinds):
		retry = "".join(packet.message("handshake.random")[:1]).replace(":", "") == HELLO_RETRY
		if SERVER_HELLO in kinds and not retry and "cipher" not in self.facts:
			chosen = packet.message("handshake.extensions.supported_version") or packet.message("handshake.version")
			self.fact("version", named(VERSIONS, chosen[0]))
			self.fact("cipher", named(SUITES, packet.message("handshake.ciphersuite")[0]))
		self.fact("alpn", "".join(packet.message("handshake.extensions_alpn_str")[:1]))
		# What a stapled OCSP response has of certificates follows those of the message.
		if not self.serials:
			serials = packet.values["x509af.serialNumber"][:len(packet.message("handshake.certificate"))]
			self.serials = [s.replace(":", "").lstrip("0").upper() for s in serials]

	def take_alerts(self, packet, side):
		frame = packet.last("frame.number")
		pairs = zip(packet.message("alert_message.level"), packet.message("alert_message.desc"))
		found = [(side, int(level), int(code), frame) for level, code in pairs]
		found += [(side, 2, int(code), frame) for code in packet.values["quic.cc.error_code.tls_alert"][:1]]
		self.alerts += found

	def answers(self):
		return {**self.facts, "tcp_stream": self.number, "serials": self.serials, "alerts": self.alerts}


def streams_of(packets):
	"""Where each frame belongs, and the streams in which tshark found TLS."""
	place, found = {}, {}
	for packet in packets:
		tcp, udp = packet.last("tcp.stream"), packet.last("udp.stream")
		key = ("tcp", tcp) if tcp is not None else ("udp", udp)
		place[packet.last("frame.number")] = key
		if packet.message("handshake.type") or packet.message("alert_message.desc"):
			found.setdefault(key, []).append(packet)
	return place, found


def our_answers(record):
	tls = record.get("tls", {})
	levels = {"warning": 1, "fatal": 2}
	return {
		"tcp_stream": record.get("tcp_stream"), "sni": tls.get("sni"), "version": tls.get("version"),
		"offered_versions": tls.get("offered_versions"), "cipher": tls.get("cipher"), "ja3": tls.get("ja3"),
		"alpn": tls.get("alpn"),
		"serials": [c["serial"].lstrip("0") for c in record.get("certificates", []) if c.get("serial")],
		"alerts": [(a["from"], levels.get(a["level"], a["level"]), a["code"], a["frame"])
			for a in record.get("alerts", []) if "code" in a],
	}


class Comparison:
	"""The differences in one capture, and how often the two agreed, by field."""

	def __init__(self, path, program):
		self.path = path
		self.lines, self.agreed, self.compared = [], dict.fromkeys(FIELDS, 0), dict.fromkeys(FIELDS, 0)
		out = subprocess.run([program, "--json", "-r", path], capture_output=True).stdout.decode()
		records = [json.loads(line) for line in out.splitlines()]
		place, found = streams_of(read_with_tshark(path))
		for record in records:
			if record["type"] == "handshake":
				key = place.get(record["first_frame"])
				self.compare(record, key, found.pop(key, []))
		for (kind, number), packets in found.items():
			if any(p.message("handshake.type") for p in packets):
				self.lines.append("%s stream %s: TLS for tshark only" % (kind, number))

	def compare(self, record, key, packets):
		ours = our_answers(record)
		kind, number = key or ("no", None)
		if not packets and ("ja3" in ours and ours["ja3"] or ours["cipher"]):
			self.lines.append("%s stream %s: TLS for tlswhy only" % (kind, number))
			return
		stream = Stream(number if kind == "tcp" else None, record["flow"]["client"]["port"])
		for packet in packets:
			stream.take(packet)
		theirs = stream.answers()
		for field in FIELDS:
			self.compare_field(field, "%s stream %s" % (kind, number), ours.get(field), theirs.get(field))

	def compare_field(self, field, where, ours, theirs):
		empty = (None, "", [])
		if ours in empty and theirs in empty:
			return
		self.compared[field] += 1
		if ours == theirs:
			self.agreed[field] += 1
		else:
			self.lines.append("%s: %s is %s, for tshark %s" % (where, field, ours, theirs))


def captures_in(arguments):
	for argument in arguments:
		if not os.path.isdir(argument):
			yield argument
			continue
		for folder, _, names in sorted(os.walk(argument)):
			yield from (os.path.join(folder, n) for n in sorted(names) if n.endswith(ENDINGS))


def main():
	program = os.path.abspath(sys.argv[1])
	paths = list(captures_in(sys.argv[2:] or [os.path.join(ROOT, "pcaps")]))
	agreed, compared = dict.fromkeys(FIELDS, 0), dict.fromkeys(FIELDS, 0)
	with ThreadPoolExecutor(2) as pool:
		for done in pool.map(lambda path: Comparison(path, program), paths):
			for line in done.lines:
				print("%s: %s" % (os.path.relpath(done.path), line))
			for field in FIELDS:
				agreed[field] += done.agreed[field]
				compared[field] += done.compared[field]
	for field in FIELDS:
		share = 100.0 * agreed[field] / compared[field] if compared[field] else 100.0
		print("%-16s %5d of %5d agree, %5.1f %%" % (field, agreed[field], compared[field], share))


main()
