"""One capture of 500 handshakes at once, 30 of them failed in 12 ways; the same shuffled, doubled, and
with packets that have another's time.

usage: mixed.py PROGRAM

The handshakes are those of pcaps/, each given a client of its own and a start of its own within a few
seconds; handshakes of one source keep one server. Nothing is drawn but from a fixed seed.
"""

import glob
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PCAPS = os.path.join(HERE, "..", "pcaps")
HANDSHAKES, FAILURES, KINDS = 500, 30, 12
SEED = 500
SPREAD_US = 4000000
WINDOW = 12		# packets within which the shuffled capture changes the order
MOVES = 4		# places by which a packet of a restamped flow stands wrong, at most
DOUBLE_US = 3		# a mirror port's second copy comes so much later
WANTED = ["alpn_mismatch", "cert_chain_invalid", "cert_expired", "cert_name_mismatch", "cert_self_signed",
	"cert_unknown_ca", "client_cert_missing", "plaintext_to_tls_port", "server_not_tls", "sni_unrecognized",
	"starttls_refused", "version_mismatch"]


def packets_of(path):
	"""[(microseconds, frame bytes)] of a little-endian microsecond pcap of Ethernet; None for others."""
	if not os.path.exists(path):
		return None
	with open(path, "rb") as f:
		data = f.read()
	if data[:4] != b"\xd4\xc3\xb2\xa1" or struct.unpack("<I", data[20:24])[0] != 1:
		return None
	packets, at = [], 24
	while at + 16 <= len(data):
		seconds, micros, kept, _ = struct.unpack("<IIII", data[at:at + 16])
		packets.append((seconds * 1000000 + micros, data[at + 16:at + 16 + kept]))
		at += 16 + kept
	return packets


def ports(frame):
	"""(source, destination) of TCP over IPv4 over Ethernet, else None."""
	if frame[12:14] != b"\x08\x00" or frame[14] != 0x45 or frame[23] != 6:
		return None
	return struct.unpack(">HH", frame[34:38])


def sum16(data):
	total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
	while total >> 16:
		total = (total & 0xffff) + (total >> 16)
	return ~total & 0xffff


def readdressed(frame, client_port, client, server):
	"""The frame between other addresses, with its IP checksum put right."""
	source, _ = ports(frame)
	ends = client + server if source == client_port else server + client
	head = bytearray(frame[14:26]) + ends
	head[10:12] = b"\0\0"
	head[10:12] = struct.pack(">H", sum16(bytes(head)))
	return frame[:14] + bytes(head) + frame[34:]


class Source:
	"""A capture of pcaps/ that holds one TCP flow."""

	def __init__(self, number, expect):
		with open(expect) as f:
			flows = json.load(f)["flows"]
		self.server = bytes([198, 18, number >> 8, number & 255])
		self.flow = flows[0]
		self.packets = packets_of(expect[:-len(".expect")] + ".pcap")
		self.usable = len(flows) == 1 and self.packets is not None and \
			all(ports(f) and self.flow.get("client_port") in ports(f) for _, f in self.packets)

	def outcome(self):
		return self.flow["outcome"]

	def codes(self):
		return self.flow.get("codes", [])

	def at(self, start, client):
		first = self.packets[0][0]
		port = self.flow["client_port"]
		return [(start + when - first, readdressed(frame, port, client, self.server)) for when, frame in self.packets]


def choose(sources, dice):
	"""500 sources: 30 that fail, as many of each kind as of any other, and others that complete."""
	failures = []
	for i in range(FAILURES):
		kind = WANTED[i % KINDS]
		fitting = [s for s in sources if s.outcome() == "failed" and s.codes() == [kind]]
		failures.append(fitting[(i // KINDS * 5) % len(fitting)])
	completed = [s for s in sources if s.outcome() == "completed" and not s.codes()]
	chosen = failures + [completed[i % len(completed)] for i in range(HANDSHAKES - FAILURES)]
	dice.shuffle(chosen)
	return chosen


def mix(chosen, dice):
	"""The packets of all of them by time, and by client address what each must turn out to be."""
	start = max(s.packets[0][0] for s in chosen)
	packets, expected = [], {}
	for i, source in enumerate(chosen):
		client = bytes([10, 1 + (i >> 8), i & 255, 7])
		packets += source.at(start + dice.randrange(SPREAD_US), client)
		expected[".".join(map(str, client))] = source
	packets.sort(key=lambda p: p[0])
	return packets, expected


def shuffled(packets, dice):
	out = []
	for at in range(0, len(packets), WINDOW):
		window = packets[at:at + WINDOW]
		dice.shuffle(window)
		out += window
	return out


def restamped(packets, dice):
	"""Each flow's packets moved within it, with the times of those whose places they take: no clock tells."""
	places = {}
	for i, (_, frame) in enumerate(packets):
		places.setdefault(frozenset((frame[26:30], frame[30:34])), []).append(i)
	out = list(packets)
	for own in places.values():
		order = sorted(range(len(own)), key=lambda k: k + dice.uniform(0, MOVES))
		for place, k in zip(own, order):
			out[place] = packets[place][0], packets[own[k]][1]
	return out


def doubled(packets):
	return sorted(packets + [(when + DOUBLE_US, frame) for when, frame in packets], key=lambda p: p[0])


def write(path, packets):
	with open(path, "wb") as f:
		f.write(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
		for when, frame in packets:
			f.write(struct.pack("<IIII", when // 1000000, when % 1000000, len(frame), len(frame)) + frame)


def verdicts(program, packets, directory, name, sure=False):
	"""{client address: [(outcome, code)]} as the program says; with `sure`, and its confidence."""
	path = os.path.join(directory, name + ".pcap")
	write(path, packets)
	run = subprocess.run([program, "--json", "-r", path], stdout=subprocess.PIPE, timeout=120, check=True)
	return by_client(map(json.loads, run.stdout.decode().splitlines()), sure)


def by_client(records, sure=False):
	said = {}
	for record in records:
		if record["type"] == "handshake":
			diagnosis = record.get("diagnosis", {})
			said.setdefault(record["flow"]["client"]["ip"], []).append(
				(record["outcome"], diagnosis.get("code")) + ((diagnosis.get("confidence"),) if sure else ()))
	return said


def wrong(said, expected):
	"""What is missing, invented or different, a line each."""
	lines = ["%s was not there" % client for client in said if client not in expected]
	for client, source in expected.items():
		got = said.get(client, [])
		right = len(got) == 1 and got[0][0] == source.outcome() and \
			(source.outcome() == "completed" or got[0][1] in source.codes())
		if not right:
			lines.append("%s wants %s %s, has %s" % (client, source.outcome(), "/".join(source.codes()), got))
	return lines


def contradicted(said, expected):
	"""What is told as failed though it worked, or as certain though it is something else, a line each."""
	lines = []
	for client, source in expected.items():
		for outcome, code, confidence in said.get(client, []):
			if outcome == "failed" and (source.outcome() == "completed" or
					confidence == "certain" and code not in source.codes()):
				lines.append("%s wants %s %s, has %s %s" % (client, source.outcome(), "/".join(source.codes()), confidence, code))
	return lines


def tell(checks):
	"""Prints what is wrong, [(claim, [text])], and the counts; true if anything is."""
	for name, lines in checks:
		for line in lines[:20]:
			print("%s: %s" % (name, line))
	failed = sum(1 for _, lines in checks if lines)
	print("%d passed, %d failed" % (len(checks) - failed, failed))
	return failed > 0


def capture(dice=None):
	"""(packets, {client address: what it must turn out to be})"""
	dice = dice or random.Random(SEED)
	paths = sorted(glob.glob(os.path.join(PCAPS, "*.expect")))
	sources = [s for s in (Source(i, p) for i, p in enumerate(paths)) if s.usable]
	return mix(choose(sources, dice), dice)


def main():
	program = os.path.abspath(sys.argv[1])
	dice = random.Random(SEED)
	packets, expected = capture(dice)
	kinds = {s.codes()[0] for s in expected.values() if s.outcome() == "failed"}
	checks = [("%d handshakes, %d ways to fail" % (len(expected), len(kinds)),
		[] if len(expected) == HANDSHAKES and len(kinds) == KINDS else ["not the capture that was meant"])]
	with tempfile.TemporaryDirectory() as directory:
		plain = verdicts(program, packets, directory, "plain")
		checks.append(("all failures found, none invented", wrong(plain, expected)))
		for name, changed in (("shuffled", shuffled(packets, dice)), ("doubled", doubled(packets)),
				("shuffled and doubled", shuffled(doubled(packets), dice))):
			said = verdicts(program, changed, directory, "changed")
			checks.append((name + ": the same verdicts", ["%s was %s, is %s" % (c, plain.get(c), said.get(c))
				for c in sorted(set(plain) | set(said)) if plain.get(c) != said.get(c)]))
		said = verdicts(program, restamped(packets, dice), directory, "changed", True)
		checks.append(("moved and restamped: nothing contradicted", contradicted(said, expected)))
	return tell(checks)


if __name__ == "__main__":
	sys.exit(main())
